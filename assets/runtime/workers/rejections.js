// Promises that are rejected and that nobody looks at: reported once the turn is over, when
// nobody has attached a handler until then.

import { reportUncaught } from "./errors.js";

const open = new Map();

/** C calls this whenever a rejection appears or gets its handler. */
export function trackRejection(promise, reason, handled) {
  if (handled) open.delete(promise);
  else open.set(promise, reason);
}

/** Reports what is unhandled at a turn's end. */
export function reportRejections() {
  if (open.size === 0) return;
  for (const reason of open.values()) reportUncaught("Uncaught (in promise) ", reason);
  open.clear();
}
