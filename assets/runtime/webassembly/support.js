// What the classes of WebAssembly share: receivers, numbers, values of each type.
//
// The host knows modules, functions, memories, tables and globals by number (assets/engine/
// borrowed.c, src/sandbox/modules); `ask` asks it about them. The letters of types are the host's.

import { functionNumber, functionObject, functionOwner, modules as ask, fromReference, toReference } from "../native.js";

export { ask };

export const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/** The private state of a class's instances. */
export class States {
  #states = new WeakMap();
  #name;
  constructor(name) {
    this.#name = name;
  }
  /** A new instance, by `new.target`. */
  make(target, state) {
    const made = Reflect.construct(Object, [], target);
    this.#states.set(made, state);
    return made;
  }
  find(value) {
    return isObject(value) ? this.#states.get(value) : undefined;
  }
  /** The state of a method's receiver. */
  of(value, where) {
    const state = this.find(value);
    if (state === undefined) throw new TypeError(`${where}: Receiver is not a WebAssembly.${this.#name}`);
    return state;
  }
}

/** Makes the function `Class` a class of WebAssembly. */
export function wasmClass(Class, members, statics = {}) {
  const name = Class.name;
  const { prototype } = Class;
  for (const [target, group] of [[prototype, members], [Class, statics]]) {
    for (const key of Object.keys(Object.getOwnPropertyDescriptors(group))) {
      Object.defineProperty(target, key, Object.getOwnPropertyDescriptor(group, key));
    }
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `WebAssembly.${name}`, configurable: true });
  Object.defineProperty(Class, "prototype", { writable: false });
  return Class;
}

/** Throws when a class is called as a function. */
export function requireNew(target, name, where = `WebAssembly.${name}(): `) {
  if (target === undefined) throw new TypeError(`${where}WebAssembly.${name} must be invoked with 'new'`);
}

/** Web IDL's unsigned long with [EnforceRange], in the reference's words. */
export function unsigned(value, what, lower = 0, upper = 4294967295) {
  const number = +value;
  if (!Number.isFinite(number)) throw new TypeError(`${what} must be convertible to a valid number`);
  if (number < 0) throw new TypeError(`${what} must be non-negative`);
  if (number > 4294967295) throw new TypeError(`${what} must be in the unsigned long range`);
  const whole = Math.trunc(number);
  if (whole < lower) throw new RangeError(`${what}: value ${whole} is below the lower bound ${lower}`);
  if (whole > upper) throw new RangeError(`${what}: value ${whole} is above the upper bound ${upper}`);
  return whole;
}

/** `[initial, maximum]` of a descriptor; the maximum is null when there is none. */
export function sizes(descriptor, where, most, mostMaximum = most) {
  const { initial, maximum } = descriptor;
  if (initial === undefined) throw new TypeError(`${where}: Property 'initial' is required`);
  const from = unsigned(initial, `${where}: Property 'initial'`, 0, most);
  return [from, maximum === undefined ? null : unsigned(maximum, `${where}: Property 'maximum'`, from, mostMaximum)];
}

export const NO_FUNCTION = "function-typed object must be null (if nullable) or a Wasm function object";

/** The letter of a reference type's name. */
export const referenceLetter = (name) => ({ anyfunc: "a", externref: "e" })[name];
/** The letter of any type's name. */
export const typeLetter = (name) => ({ i32: "i", i64: "l", f32: "f", f64: "d", v128: "v" })[name] ?? referenceLetter(name);

const integer = BigInt.asIntN;
const single = Math.fround;

/**
 * A value of the type for the host, or undefined for what is no function. `keep` is told what
 * must stay as long as whoever holds it. Conversion may run the program's own code.
 */
export function encode(letter, value, keep, sweep = true) {
  switch (letter) {
    case "i":
      return value | 0;
    case "l":
      // the text of 64 bits
      return String(integer(64, toBigInt(value)));
    case "f":
      return single(value);
    case "d":
      return +value;
    case "e":
      return toReference(value, sweep);
    default: {
      if (value === null) return null;
      const number = functionNumber(value);
      if (number !== undefined) keep(value);
      return number;
    }
  }
}

function toBigInt(value) {
  const primitive = isObject(value) ? toPrimitive(value) : value;
  if (typeof primitive === "number") throw new TypeError(`Cannot convert ${primitive} to a BigInt`);
  return BigInt(primitive);
}

const toPrimitive = (object) => {
  const exotic = object[Symbol.toPrimitive];
  if (exotic !== undefined && exotic !== null) return Reflect.apply(exotic, object, ["number"]);
  const value = object.valueOf();
  return isObject(value) ? object.toString() : value;
};

/** A value of the type from the host. `owner` keeps what it is part of. */
export function decode(letter, value, owner) {
  switch (letter) {
    case "l":
      return BigInt(value);
    case "e":
      return fromReference(value);
    case "a":
      return value === null ? null : functionOf(value, owner);
    default:
      return value;
  }
}

/** The function with that number. */
function functionOf(number, owner) {
  const [signature, name] = ask("function", number);
  return functionObject(number, signature, name, owner);
}

/** What keeps everything that a function is part of. */
export const ownerOf = functionOwner;
