// AbortController and AbortSignal.

import { DOMException } from "./dom-exception.js";
import { Event, EventTarget, eventHandler } from "./events.js";
import { startTimer } from "./timers.js";
import { INTERNAL, webClass } from "./util.js";

let abortWith;
let algorithmsOf;
let follow;

/** Tells whether and why something should stop. */
export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  // functions that the runtime runs before the listeners; null until the first
  #algorithms = null;
  // signals made by AbortSignal.any that follow this one
  #dependents = null;
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    super();
  }
  static abort(reason = undefined) {
    const signal = new AbortSignal(INTERNAL);
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }
  static timeout(milliseconds) {
    const delay = Number(milliseconds);
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError("AbortSignal.timeout: the delay must be a number of milliseconds that is not negative.");
    }
    const signal = new AbortSignal(INTERNAL);
    startTimer(() => abortWith(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")), delay);
    return signal;
  }
  static any(signals) {
    const sources = [...signals];
    for (const source of sources) {
      if (!(source instanceof AbortSignal)) throw new TypeError("AbortSignal.any: each element must be an AbortSignal.");
    }
    const signal = new AbortSignal(INTERNAL);
    const aborted = sources.find((source) => source.#aborted);
    if (aborted !== undefined) {
      signal.#aborted = true;
      signal.#reason = aborted.#reason;
    } else {
      for (const source of new Set(sources)) follow(source, signal);
    }
    return signal;
  }
  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
  static {
    abortWith = (signal, reason) => {
      if (signal.#aborted) return;
      const why = reason === undefined ? abortError() : reason;
      // every dependent is marked before any listener runs
      const reached = [];
      const mark = (one) => {
        if (one.#aborted) return;
        one.#aborted = true;
        one.#reason = why;
        reached.push(one);
        one.#dependents?.forEach(mark);
        one.#dependents = null;
      };
      mark(signal);
      for (const one of reached) {
        const algorithms = one.#algorithms;
        one.#algorithms = null;
        algorithms?.forEach((algorithm) => algorithm());
        one.dispatchEvent(new Event("abort"));
      }
    };
    algorithmsOf = (signal) => (signal.#algorithms ??= new Set());
    follow = (source, dependent) => (source.#dependents ??= new Set()).add(dependent);
  }
}
webClass(AbortSignal);
eventHandler(AbortSignal, "abort");

function abortError() {
  return new DOMException("The operation was aborted", "AbortError");
}

/** A fresh signal that only the runtime can abort. */
export function newSignal() {
  return new AbortSignal(INTERNAL);
}

/** Aborts a signal, with an AbortError unless a reason is given. */
export function abortSignal(signal, reason) {
  abortWith(signal, reason);
}

/** Runs `algorithm` when the signal aborts. Returns a function that takes it back. */
export function onAbort(signal, algorithm) {
  const algorithms = algorithmsOf(signal);
  algorithms.add(algorithm);
  return () => algorithms.delete(algorithm);
}

/** Owner of one AbortSignal. */
export class AbortController {
  #signal = null;
  get signal() {
    this.#signal ??= new AbortSignal(INTERNAL);
    return this.#signal;
  }
  abort(reason = undefined) {
    abortWith(this.signal, reason);
  }
}
webClass(AbortController);
