// The async context: values that follow the flow of asynchronous code. The engine keeps one
// *frame* and gives each promise reaction the one in which it was made (assets/engine/frame.c);
// timers do the same. A frame is undefined, or a list that is never changed: slot, value, slot,
// value, …

import { frame, setFrame } from "./native.js";

/** The frame that is in force; to be given to `runIn` later. */
export const currentFrame = frame;

/** Calls `callback` in `target`. */
export function runIn(target, callback) {
  const outer = frame();
  if (outer === target) return callback();
  setFrame(target);
  try {
    return callback();
  } finally {
    setFrame(outer);
  }
}

/** Calls `callback` where `slot` has `value`, and all else is as it was. */
export function runWith(slot, value, callback) {
  const outer = frame();
  const inner = outer === undefined ? [] : [...outer];
  const at = indexOf(inner, slot);
  inner[at < 0 ? inner.length : at] = slot;
  inner[at < 0 ? inner.length : at + 1] = value;
  return runIn(inner, callback);
}

/** The value of `slot`, or `fallback` where it has none. */
export function valueOf(slot, fallback) {
  const here = frame();
  if (here === undefined) return fallback;
  const at = indexOf(here, slot);
  return at < 0 ? fallback : here[at + 1];
}

function indexOf(list, slot) {
  for (let at = 0; at < list.length; at += 2) if (list[at] === slot) return at;
  return -1;
}
