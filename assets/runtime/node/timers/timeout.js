// Node's timers over the Web's: objects in place of numbers.

import { clearTimeout as clearWebTimeout, setInterval as setWebInterval, setTimeout as setWebTimeout } from "../../web/timers.js";
import { validateFunction } from "../validate.js";

export class Timeout {
  #id;
  #run;
  #delay;
  #repeats;
  #referenced = true;
  constructor(callback, delay, args, repeats) {
    this.#run = () => Reflect.apply(callback, globalThis, args);
    this.#delay = delay;
    this.#repeats = repeats;
    this.refresh();
  }
  refresh() {
    if (this.#id !== undefined) clearWebTimeout(this.#id);
    this.#id = (this.#repeats ? setWebInterval : setWebTimeout)(this.#run, this.#delay);
    return this;
  }
  // a timer never keeps a worker alive by itself
  unref() {
    this.#referenced = false;
    return this;
  }
  ref() {
    this.#referenced = true;
    return this;
  }
  hasRef() {
    return this.#referenced;
  }
  close() {
    clearWebTimeout(this.#id);
    return this;
  }
  [Symbol.dispose]() {
    clearWebTimeout(this.#id);
  }
  [Symbol.toPrimitive]() {
    return this.#id;
  }
}

const INTERNAL = Symbol();

export class Immediate {
  #id;
  constructor(key, callback, args) {
    if (key !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#id = setWebTimeout(() => Reflect.apply(callback, globalThis, args), 0);
  }
  ref() {}
  unref() {}
  hasRef() {
    return false;
  }
  static clear(immediate) {
    clearWebTimeout(immediate.#id);
  }
  static is = (value) => typeof value === "object" && value !== null && #id in value;
  [Symbol.dispose]() {
    clearWebTimeout(this.#id);
  }
}
Object.defineProperty(Immediate.prototype, Symbol.toStringTag, { value: "Immediate", configurable: true });

/** Milliseconds; what is left out is one. */
const delayOf = (delay) => (delay === undefined ? 1 : Number(delay));

export function setTimeout(callback, delay, ...args) {
  validateFunction(callback, "callback");
  return new Timeout(callback, delayOf(delay), args, false);
}

export function setInterval(callback, delay, ...args) {
  validateFunction(callback, "callback");
  return new Timeout(callback, delayOf(delay), args, true);
}

export function clearTimeout(timer) {
  if (timer instanceof Timeout) timer.close();
  else if (typeof timer === "number" || typeof timer === "string") clearWebTimeout(timer);
}

export function clearInterval(timer) {
  clearTimeout(timer);
}

const notFunction = (owner) => new TypeError(`Failed to execute 'setImmediate' on '${owner}': parameter 1 is not of type 'function'.`);

function startImmediate(owner, callback, args) {
  if (typeof callback !== "function") throw notFunction(owner);
  return new Immediate(INTERNAL, callback, args);
}

/** The module's; the global one says the global scope in its error. */
export function setImmediate(callback, ...args) {
  return startImmediate("TimersUtil", callback, args);
}

export function clearImmediate(immediate) {
  if (immediate === undefined || immediate === null) return;
  if (!Immediate.is(immediate)) throw new TypeError("Failed to execute 'clearImmediate' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'Immediate'.");
  Immediate.clear(immediate);
}

export const globalImmediate = {
  setImmediate(...args) {
    const [callback, ...rest] = args;
    return startImmediate("ServiceWorkerGlobalScope", callback, rest);
  },
};
