// Events of the global scope: errors that are reported, and rejections that nobody handles.

import { ErrorEvent, EventTarget, PromiseRejectionEvent, hasListeners } from "../web/events.js";
import { reportError as logError } from "../web/report-error.js";
import { INTERNAL } from "../web/util.js";
import { describe } from "./errors.js";

/** Where the global scope's listeners are. */
export const globalTarget = new EventTarget();

/** Tells listeners of a rejection; true when one of them prevents its being reported. */
export function announceRejection(type, promise, reason) {
  if (!hasListeners(globalTarget, type)) return false;
  return !globalTarget.dispatchEvent(new PromiseRejectionEvent(INTERNAL, type, { promise, reason, cancelable: type === "unhandledrejection" }));
}

/** The global reportError function: listeners first, then the log. */
export function reportError(...args) {
  if (args.length > 0 && hasListeners(globalTarget, "error")) {
    const [error] = args;
    const [name, message, stack] = describe(error);
    const place = /\(?([^()\s]+):(\d+):(\d+)\)?/.exec(stack) ?? ["", "", 0, 0];
    const text = error instanceof Error ? `Uncaught ${name}: ${message}` : `Uncaught ${message}`;
    const event = new ErrorEvent("error", { message: text, filename: place[1], lineno: place[2], colno: place[3], error, cancelable: true });
    if (!globalTarget.dispatchEvent(event)) return;
  }
  logError(...args);
}
