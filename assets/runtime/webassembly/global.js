// WebAssembly.Global.

import { ask, decode, encode, isObject, NO_FUNCTION, requireNew, States, typeLetter, wasmClass } from "./support.js";

const states = new States("Global");

export function Global(descriptor, value) {
  requireNew(new.target, "Global");
  const where = "WebAssembly.Global()";
  if (!isObject(descriptor)) throw new TypeError(`${where}: Argument 0 must be a global descriptor`);
  const mutable = Boolean(descriptor.mutable);
  const letter = typeLetter(String(descriptor.value));
  if (letter === undefined) throw new TypeError(`${where}: Descriptor property 'value' must be a WebAssembly type`);
  if (letter === "v") throw new TypeError(`${where}: A global of type 'v128' cannot be created in JavaScript`);
  const keeps = [];
  const given = encode(letter, value === undefined ? initial(letter) : value, (kept) => keeps.push(kept));
  if (given === undefined) throw new TypeError(`${where}: ${NO_FUNCTION}`);
  return states.make(new.target, { number: ask("global", mutable ? 1 : 0, letter, given), letter, mutable, keeps, owner: undefined });
}

const initial = (letter) => ({ l: 0n, a: null, e: undefined })[letter] ?? (letter === "a" ? null : letter === "e" ? undefined : 0);

/** The Global of a number; what it is set to is added to `keeps`, and `owner` keeps those. */
export const makeGlobal = (number, letter, mutable, keeps, owner) => states.make(Global, { number, letter, mutable, keeps, owner });
export const globalState = (value) => states.find(value);

function valueOf(state, where) {
  if (state.letter === "v") throw new TypeError(`${where}: Can't get the value of s128 WebAssembly.Global`);
  return decode(state.letter, ask("value", state.number), state.owner);
}

wasmClass(Global, {
  valueOf() {
    const where = "WebAssembly.Global.valueOf()";
    return valueOf(states.of(this, where), where);
  },
  get value() {
    const where = "get WebAssembly.Global.value)";
    return valueOf(states.of(this, where), where);
  },
  set value(value) {
    const where = "set WebAssembly.Global.value)";
    const state = states.of(this, where);
    if (!state.mutable) throw new TypeError(`${where}: Can't set the value of an immutable global.`);
    if (state.letter === "v") throw new TypeError(`${where}: Can't set the value of s128 WebAssembly.Global`);
    const given = encode(state.letter, value, (kept) => state.keeps.push(kept));
    if (given === undefined) throw new TypeError(`${where}: ${NO_FUNCTION}`);
    ask("assign", state.number, given);
  },
});
Object.defineProperty(Global, "length", { value: 1 });
