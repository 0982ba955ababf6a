// What may answer for a worker: exported objects with handlers, and entrypoint classes.

import { WorkerEntrypoint } from "./bases.js";

/** Whether an export can be called or fetched from. */
export const isHandler = (value) =>
  (typeof value === "object" && value !== null) || (typeof value === "function" && value.prototype instanceof WorkerEntrypoint);

/** Marks an error that is the runtime's, not one of the worker's code. */
export const OWN = Symbol("own");

/** The error of an export that is not there. */
export function noEntrypoint(name) {
  const problem = new Error(name === null ? "Worker has no default entrypoint." : `Worker has no such entrypoint: ${name}`);
  return Object.defineProperty(problem, OWN, { value: true });
}
