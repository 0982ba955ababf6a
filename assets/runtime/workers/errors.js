// Errors between sandboxes: what leaves is name, message and stack; what arrives is an Error
// with the marks that the contract names.

import { host } from "../native.js";

const builtin = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };

/** Name, message and stack of anything that was thrown. */
export function describe(thrown) {
  if (thrown instanceof Error || (typeof thrown === "object" && thrown !== null && "message" in thrown)) {
    const name = typeof thrown.name === "string" ? thrown.name : "Error";
    return [name, String(thrown.message), typeof thrown.stack === "string" ? thrown.stack : ""];
  }
  return ["Error", String(thrown), ""];
}

/**
 * An error as its receiver sees it. `marks` are the names of properties that are true on it:
 * remote, durableObjectReset, overloaded, retryable.
 */
export function revive(name, message, marks, objectId) {
  const Class = builtin[name] ?? (name.endsWith("Error") && globalThis.DOMException && isDomName(name)
    ? null : Error);
  const error = Class === null ? new DOMException(message, name) : new Class(message);
  if (error.name !== name) {
    Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  }
  for (const mark of marks) error[mark] = true;
  if (objectId) error.durableObjectId = objectId;
  return error;
}

const domNames = new Set(["AbortError", "DataCloneError", "InvalidAccessError", "InvalidStateError",
  "NotSupportedError", "OperationError", "QuotaExceededError", "TimeoutError", "InvalidCharacterError"]);
const isDomName = (name) => domNames.has(name);

/** Tells the operator about an error that nobody caught. */
export function reportUncaught(prefix, thrown) {
  const [name, message, stack] = describe(thrown);
  host("uncaught", `${prefix}${name}: ${message}`, stack);
}

/** Web IDL's error for an argument that is not there or of the wrong type. */
export function argumentError(method, owner, position, type) {
  return new TypeError(
    `Failed to execute '${method}' on '${owner}': parameter ${position} is not of type '${type}'.`,
  );
}
