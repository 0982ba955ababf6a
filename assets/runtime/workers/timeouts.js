// Timers of the runtime's own, apart from the user's: negative numbers.

import { host } from "../native.js";

let last = 0;
const timeouts = new Map();

/** Calls `callback` after `ms`; returns a function that prevents it. */
export function setInternalTimeout(callback, ms) {
  const id = --last;
  timeouts.set(id, callback);
  host("timer.set", id, ms);
  return () => {
    if (timeouts.delete(id)) host("timer.clear", id);
  };
}

/** The host says that timer `id`, a negative one, is due. */
export function fireInternal(id) {
  const callback = timeouts.get(id);
  timeouts.delete(id);
  callback?.();
}
