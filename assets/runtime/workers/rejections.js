// Promises that are rejected and that nobody looks at: reported once the turn is over, when
// nobody has attached a handler until then.

import { reportUncaught } from "./errors.js";
import { announceRejection } from "./global-events.js";

const open = new Map();
/** Rejections that have been reported; what handles them later is an event too. */
const reported = new WeakSet();
let late = [];

/** C calls this whenever a rejection appears or gets its handler. */
export function trackRejection(promise, reason, handled) {
  if (handled) {
    if (!open.delete(promise) && reported.delete(promise)) late.push(promise);
  } else open.set(promise, reason);
}

/** Reports what is unhandled at a turn's end. */
export function reportRejections() {
  if (late.length > 0) {
    const handled = late;
    late = [];
    for (const promise of handled) announceRejection("rejectionhandled", promise, undefined);
  }
  if (open.size === 0) return;
  const unhandled = [...open];
  open.clear();
  for (const [promise, reason] of unhandled) {
    reported.add(promise);
    if (!announceRejection("unhandledrejection", promise, reason)) reportUncaught("Uncaught (in promise) ", reason);
  }
}
