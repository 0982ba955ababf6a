// The input gate: while a critical section runs, events that it did not cause wait in order.

import { awaitTurnEnd, host } from "../native.js";
import { currentSection, setSection } from "../sections.js";
import { argumentError, describe } from "./errors.js";
import { setInternalTimeout } from "./timeouts.js";

const MAX_DEPTH = 64;
/** Milliseconds that a section may take, as in the reference. */
const MAX_MS = 30_000;
const TOO_LONG = "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.";

/** Numbers of the open sections, the innermost last. Numbers only grow. */
const open = [];
const queue = [];
let last = 0;

/** Whether no critical section is open. */
export const isOpen = () => open.length === 0;

/** An event of the innermost section, or of one inside it that has closed. */
const mayRun = (section) => open.length === 0 || section >= open[open.length - 1];

/** Runs `event` now, or when no critical section of others is open any more. */
export function enter(event, section = 0) {
  if (!mayRun(section)) {
    queue.push({ event, section });
    return;
  }
  setSection(section);
  event();
}

/** Opens a critical section around whatever `work` returns a promise of. */
export function critical(work) {
  if (open.length >= MAX_DEPTH) throw new Error("blockConcurrencyWhile() calls are nested too deeply.");
  const [section, outer] = [++last, currentSection()];
  open.push(section);
  setSection(section);
  let result;
  try {
    result = Promise.resolve(work());
  } catch (error) {
    result = Promise.reject(error);
  }
  return result.finally(() => leave(section, outer));
}

function leave(section, outer) {
  open.splice(open.indexOf(section), 1);
  setSection(outer);
  if (queue.length > 0) awaitTurnEnd();
}

/**
 * Lets in the next event that waits, if any may. Called when all jobs of the one before have run:
 * it may open a section, and then others go on waiting.
 */
export function admit() {
  const next = queue.findIndex((waiting) => mayRun(waiting.section));
  if (next < 0) return;
  const [{ event, section }] = queue.splice(next, 1);
  setSection(section);
  if (queue.length > 0) awaitTurnEnd();
  event();
}

/** A critical section whose failure resets the object. */
export function blockConcurrencyWhile(callback) {
  if (typeof callback !== "function") throw argumentError("blockConcurrencyWhile", "DurableObjectState", 1, "function");
  const cancel = setInternalTimeout(() => host("reset", "Error", TOO_LONG, ""), MAX_MS);
  return critical(callback).finally(cancel).catch((error) => {
    host("reset", ...describe(error));
    throw error;
  });
}
