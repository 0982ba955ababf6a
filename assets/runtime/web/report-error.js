// Where errors go that no code can catch: those of timers, listeners and reportError.

import { host } from "../native.js";
import { inspect } from "./inspect.js";

let reporter = (error) => host("log", "error", `Uncaught ${inspect(error)}`);

/** Replaces what happens with uncaught errors; by default they are logged. */
export function setErrorReporter(report) {
  reporter = report;
}

/** Hands an error to the reporter. Never throws. */
export function reportException(error) {
  try {
    reporter(error);
  } catch {
    // a reporter that fails must not hide the next error
  }
}

/** The global reportError function. */
export function reportError(error) {
  if (arguments.length === 0) throw new TypeError("reportError: 1 argument required, but only 0 present.");
  reportException(error);
}
