// The module "node:timers/promises".

import { AbortError, ERR_INVALID_ARG_TYPE } from "./errors.js";
import { scheduler as webScheduler } from "./timers/scheduler.js";
import { clearImmediate, clearTimeout, setImmediate as startImmediate, setInterval as startInterval, setTimeout as startTimeout } from "./timers/timeout.js";
import { validateAbortSignal, validateBoolean, validateNumber } from "./validate.js";

function optionsOf(options) {
  if (options === null || typeof options !== "object") throw new ERR_INVALID_ARG_TYPE("options", "object", options);
  validateAbortSignal(options.signal, "options.signal");
  if (options.ref !== undefined) validateBoolean(options.ref, "options.ref");
  if (options.signal?.aborted) throw new AbortError(undefined, { cause: options.signal.reason });
  return options.signal;
}

/** A promise of what `start` calls back with, which `stop` ends when the signal aborts. */
function abortable(signal, start, stop) {
  return new Promise((resolve, reject) => {
    const timer = start((value) => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    });
    const onAbort = () => {
      stop(timer);
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export async function setTimeout(delay, value, options = {}) {
  if (delay !== undefined) validateNumber(delay, "delay");
  const signal = optionsOf(options);
  return abortable(signal, (done) => startTimeout(() => done(value), delay), clearTimeout);
}

export async function setImmediate(value, options = {}) {
  const signal = optionsOf(options);
  return abortable(signal, (done) => startImmediate(() => done(value)), clearImmediate);
}

export async function* setInterval(delay, value, options = {}) {
  if (delay !== undefined) validateNumber(delay, "delay");
  const signal = optionsOf(options);
  let due = 0;
  let wake = null;
  const ring = () => {
    wake?.();
    wake = null;
  };
  const timer = startInterval(() => {
    due++;
    ring();
  }, delay);
  signal?.addEventListener("abort", ring, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
      if (due === 0) await new Promise((resolve) => { wake = resolve; });
      if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
      for (; due > 0; due--) yield value;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", ring);
  }
}

export const scheduler = webScheduler;
export default { setTimeout, setImmediate, setInterval, scheduler };
