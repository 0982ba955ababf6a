// The input gate: while a critical section runs, events wait in order, but for the timers and
// answers that the section itself waits for.

import { host } from "../native.js";
import { beginSection, closeSection, openSection } from "../section.js";
import { describe } from "./errors.js";
import { setInternalTimeout } from "./timeouts.js";

const MAX_DEPTH = 64;
/** Milliseconds that a section may take, as in the reference. */
const MAX_MS = 30_000;
const TOO_LONG = "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.";

let depth = 0;
const queue = [];

/** Whether no critical section is open. */
export const isOpen = () => depth === 0;

/** Runs `event` now, or when no critical section is open any more; `section` is what began it. */
export function enter(event, section = 0) {
  if (depth === 0 || (section !== 0 && section === openSection())) event();
  else queue.push(event);
}

/** Opens a critical section around whatever `work` returns a promise of. */
export function critical(work) {
  if (depth >= MAX_DEPTH) throw new Error("blockConcurrencyWhile() calls are nested too deeply.");
  if (depth++ === 0) beginSection();
  const cancel = setInternalTimeout(() => host("reset", "Error", TOO_LONG, ""), MAX_MS);
  let result;
  try {
    result = Promise.resolve(work());
  } catch (error) {
    result = Promise.reject(error);
  }
  return result.finally(() => {
    cancel();
    leave();
  });
}

function leave() {
  if (--depth === 0) closeSection();
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
