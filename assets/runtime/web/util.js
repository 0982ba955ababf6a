// Small helpers that every Web API module shares.

/** First argument of constructors that only the runtime may use in their internal form. */
export const INTERNAL = Symbol("internal");

export const noop = () => {};

/** Marks a promise as handled, so that its rejection is never reported. Returns it. */
export function handled(promise) {
  promise.then(undefined, noop);
  return promise;
}

/** A promise with its two ends, and whether it is still pending. */
export class Deferred {
  constructor() {
    this.pending = true;
    this.promise = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
  }
  resolve(value) {
    if (!this.pending) return;
    this.pending = false;
    this.settle(value);
  }
  reject(reason) {
    if (!this.pending) return;
    this.pending = false;
    this.fail(reason);
  }
}

/** A first-in first-out list whose `shift` does not move every element. */
export class Queue {
  #items = [];
  #head = 0;
  get length() {
    return this.#items.length - this.#head;
  }
  peek() {
    return this.#items[this.#head];
  }
  push(item) {
    this.#items.push(item);
  }
  replaceFirst(item) {
    this.#items[this.#head] = item;
  }
  shift() {
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
  clear() {
    this.#items = [];
    this.#head = 0;
  }
}

/**
 * Gives a class what Web IDL asks for: enumerable members and `Symbol.toStringTag`; and what the
 * reference has: functions of length 0, getters and setters without a name. The engine has them
 * look native; a class whose constructor's first parameter is called `token` is, for it, one that
 * only the runtime makes.
 */
export function webClass(Class, tag = Class.name) {
  Object.defineProperty(Class, "length", { value: 0, configurable: true });
  for (const target of [Class.prototype, Class]) {
    for (const key of Reflect.ownKeys(target)) {
      if (key === "constructor" || (target === Class && (key === "prototype" || key === "name" || key === "length"))) continue;
      const { value, get, set } = Object.getOwnPropertyDescriptor(target, key);
      if (typeof value === "function") nativeLike(value, typeof key === "symbol" ? "" : key);
      for (const accessor of [get, set]) if (accessor !== undefined) nativeLike(accessor, "");
      if (typeof key === "string") Object.defineProperty(target, key, { enumerable: true });
    }
  }
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: tag, writable: true, configurable: true });
  return Class;
}

/** Refuses to construct `name` with fewer than `least` of `count` arguments. */
export function needArguments(count, least, name, type = "string") {
  if (count < least) throw new TypeError(`Failed to construct '${name}': constructor parameter ${least} is not of type '${type}'.`);
}

/** Gives a function the length that the reference's functions have, and perhaps a name. */
export function nativeLike(fn, name = fn.name) {
  Object.defineProperty(fn, "length", { value: 0, configurable: true });
  Object.defineProperty(fn, "name", { value: name, configurable: true });
  return fn;
}

/** Defines read-only enumerable constants on a class and its prototype. */
export function constants(Class, values) {
  for (const key of Object.keys(values)) {
    const property = { value: values[key], enumerable: true, configurable: true };
    Object.defineProperty(Class, key, property);
    Object.defineProperty(Class.prototype, key, property);
  }
}

/** A Web IDL USVString: lone surrogates become U+FFFD. */
export function usv(value) {
  const text = typeof value === "string" ? value : `${value}`;
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** A view of the bytes of an ArrayBuffer or a view of one, or null for anything else. */
export function viewBytes(source) {
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8Array(source);
  return null;
}

/** Like `viewBytes`, but throws a TypeError: `what` names the argument, or is a whole sentence. */
export function requireBytes(source, what) {
  const bytes = viewBytes(source);
  if (bytes === null) {
    throw new TypeError(what.endsWith(".") ? what : `${what}: the provided value is not of type 'ArrayBuffer or ArrayBufferView'.`);
  }
  return bytes;
}

/** A copy of the bytes of a view; a plain Uint8Array whatever the view's class is. */
export function copyBytes(view) {
  return new Uint8Array(view);
}

/** Joins chunks into one array. A single chunk is returned as it is. */
export function concatBytes(chunks, total) {
  if (chunks.length === 1) return chunks[0];
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** The whole of `bytes` as an ArrayBuffer, without a copy where the array spans its buffer. */
export function exactBuffer(bytes) {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

export const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
export const asyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(async function* () {}.prototype),
);

/**
 * A pair iterator class as Web IDL defines one. `pairAt(target, index)` yields a pair or
 * undefined at the end; it is asked anew at each step, so changes show while iterating.
 */
function pairIteratorClass(tag, pairAt) {
  class PairIterator {
    #target;
    #kind;
    #index = 0;
    constructor(target, kind) {
      this.#target = target;
      this.#kind = kind;
    }
    next() {
      const pair = pairAt(this.#target, this.#index);
      if (pair === undefined) return { done: true, value: undefined };
      this.#index++;
      return { done: false, value: this.#kind === "entries" ? [pair[0], pair[1]] : pair[this.#kind === "keys" ? 0 : 1] };
    }
  }
  Object.setPrototypeOf(PairIterator.prototype, iteratorPrototype);
  delete PairIterator.prototype.constructor;
  Object.defineProperty(PairIterator.prototype, "next", { enumerable: true });
  Object.defineProperty(PairIterator.prototype, Symbol.toStringTag, { value: tag, configurable: true });
  return PairIterator;
}

/** Adds entries, keys, values, forEach and `Symbol.iterator` to a class of pairs. */
export function pairIterable(Class, pairAt) {
  const Iterator = pairIteratorClass(`${Class.name} Iterator`, pairAt);
  const methods = {
    entries() {
      pairAt(this, 0);
      return new Iterator(this, "entries");
    },
    keys() {
      pairAt(this, 0);
      return new Iterator(this, "keys");
    },
    values() {
      pairAt(this, 0);
      return new Iterator(this, "values");
    },
    forEach(callback, thisArg = undefined) {
      if (typeof callback !== "function") throw new TypeError("forEach: the callback is not a function.");
      for (let i = 0, pair; (pair = pairAt(this, i)) !== undefined; i++) {
        callback.call(thisArg, pair[1], pair[0], this);
      }
    },
  };
  for (const name of Object.keys(methods)) {
    Object.defineProperty(Class.prototype, name, {
      value: nativeLike(methods[name]), writable: true, enumerable: true, configurable: true,
    });
  }
  Object.defineProperty(Class.prototype, Symbol.iterator, {
    value: nativeLike(function () { return methods.entries.call(this); }, ""), writable: true, configurable: true,
  });
}
