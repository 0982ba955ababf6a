// The input gate: while a critical section runs, new events wait in order.

import { host } from "../native.js";
import { describe } from "./errors.js";

const MAX_DEPTH = 64;

let depth = 0;
const queue = [];

/** Whether no critical section is open. */
export const isOpen = () => depth === 0;

/** Runs `event` now, or when no critical section is open any more. */
export function enter(event) {
  if (depth === 0) event();
  else queue.push(event);
}

/** Opens a critical section around whatever `work` returns a promise of. */
export function critical(work) {
  if (depth >= MAX_DEPTH) throw new Error("blockConcurrencyWhile() calls are nested too deeply.");
  depth++;
  let result;
  try {
    result = Promise.resolve(work());
  } catch (error) {
    result = Promise.reject(error);
  }
  return result.finally(leave);
}

function leave() {
  depth--;
  // an event may open the next section, and then the rest goes on waiting
  while (depth === 0 && queue.length > 0) queue.shift()();
}

/** A critical section whose failure resets the object. */
export function blockConcurrencyWhile(callback) {
  return critical(callback).catch((error) => {
    host("reset", ...describe(error));
    throw error;
  });
}
