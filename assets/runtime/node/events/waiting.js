// Waiting for events: a promise of one, an asynchronous iterator over all.

import { AbortError, ERR_INVALID_ARG_TYPE } from "../errors.js";
import { validateAbortSignal, validateFunction } from "../validate.js";

function listen(emitter, name, listener, once) {
  if (typeof emitter.on === "function") {
    if (once) emitter.once(name, listener);
    else emitter.on(name, listener);
  } else if (typeof emitter.addEventListener === "function") {
    emitter.addEventListener(name, listener, { once });
  } else {
    throw new ERR_INVALID_ARG_TYPE("emitter", "EventEmitter", emitter);
  }
}

function unlisten(emitter, name, listener) {
  if (typeof emitter.removeListener === "function") emitter.removeListener(name, listener);
  else if (typeof emitter.removeEventListener === "function") emitter.removeEventListener(name, listener);
  else throw new ERR_INVALID_ARG_TYPE("emitter", "EventEmitter", emitter);
}

/** Resolves with the arguments of the next event `name`. */
export async function once(emitter, name, options = {}) {
  const signal = options?.signal;
  validateAbortSignal(signal, "options.signal");
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  return new Promise((resolve, reject) => {
    const stop = () => {
      unlisten(emitter, name, onEvent);
      if (typeof emitter.removeListener === "function") emitter.removeListener("error", onError);
      if (signal) unlisten(signal, "abort", onAbort);
    };
    const onEvent = (...args) => {
      stop();
      resolve(args);
    };
    const onError = (error) => {
      stop();
      reject(error);
    };
    const onAbort = () => {
      stop();
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    listen(emitter, name, onEvent, true);
    if (name !== "error" && typeof emitter.once === "function") emitter.once("error", onError);
    if (signal) listen(signal, "abort", onAbort, true);
  });
}

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);
const result = (value, done) => ({ value, done });

/** Iterates over the arguments of every event `event` from now on. */
export function on(emitter, event, options = {}) {
  const signal = options?.signal;
  validateAbortSignal(signal, "options.signal");
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const events = [];
  const waiting = [];
  let failure = null;
  let finished = false;
  const onEvent = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve(result(args, false));
    else events.push(args);
  };
  const onError = (error) => {
    finished = true;
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = error;
    iterator.return();
  };
  const onAbort = () => onError(new AbortError(undefined, { cause: signal.reason }));
  const stop = () => {
    unlisten(emitter, event, onEvent);
    unlisten(emitter, "error", onError);
  };
  const iterator = Object.setPrototypeOf({
    next() {
      if (events.length > 0) return Promise.resolve(result(events.shift(), false));
      if (failure) {
        const rejection = Promise.reject(failure);
        failure = null;
        return rejection;
      }
      if (finished) return Promise.resolve(result(undefined, true));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return() {
      stop();
      if (signal) unlisten(signal, "abort", onAbort);
      finished = true;
      for (const each of waiting) each.resolve(result(undefined, true));
      return Promise.resolve(result(undefined, true));
    },
    throw(error) {
      if (!(error instanceof Error)) throw new ERR_INVALID_ARG_TYPE("EventEmitter.AsyncIterator", "Error", error);
      failure = error;
      stop();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  }, AsyncIteratorPrototype);
  listen(emitter, event, onEvent, false);
  if (event !== "error" && typeof emitter.on === "function") emitter.on("error", onError);
  if (signal) listen(signal, "abort", onAbort, true);
  return iterator;
}

/** Calls `listener` when `signal` aborts, even if it has; what it returns takes that back. */
export function addAbortListener(signal, listener) {
  if (signal === undefined) throw new ERR_INVALID_ARG_TYPE("signal", "AbortSignal", signal);
  validateAbortSignal(signal, "signal");
  validateFunction(listener, "listener");
  let stop;
  if (signal.aborted) {
    queueMicrotask(() => listener());
  } else {
    signal.addEventListener("abort", listener, { once: true });
    stop = () => signal.removeEventListener("abort", listener);
  }
  return {
    __proto__: null,
    [Symbol.dispose]() {
      stop?.();
    },
  };
}
