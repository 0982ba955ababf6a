// Errors between sandboxes: what leaves is name, message and stack; what arrives is an Error
// with the marks that the contract names.

import { cloneRead, cloneWrite, host } from "../native.js";
import { framesOf } from "./stacks.js";

const builtin = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };

/** Name, message and stack of anything that was thrown. */
export function describe(thrown) {
  if (thrown instanceof Error || (typeof thrown === "object" && thrown !== null && "message" in thrown)) {
    const name = typeof thrown.name === "string" ? thrown.name : "Error";
    return [name, String(thrown.message), framesOf(thrown)];
  }
  return ["Error", textOf(thrown), ""];
}

/** A thrown value in V8's words: an object by its class. */
function textOf(thrown) {
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  if (Array.isArray(thrown)) return "[object Array]";
  let name;
  try {
    name = thrown.constructor?.name;
  } catch {
    // its own code may throw; it has no class then
  }
  return `#<${typeof name === "string" && name !== "" ? name : "Object"}>`;
}

const MARKS = ["remote", "durableObjectReset", "overloaded", "retryable"];
/** Flag of `cloneWrite`: errors keep all they have. */
const WHOLE_ERRORS = 2;

/** Which of the marks an error carries. */
export const marksOf = (thrown) =>
  typeof thrown === "object" && thrown !== null ? MARKS.filter((mark) => thrown[mark] === true) : [];

/** The clone of a thrown value that is more than a class, a message and marks; null otherwise. */
export function payloadOf(thrown) {
  if (typeof thrown !== "object" || thrown === null || !hasMore(thrown)) return null;
  try {
    return cloneWrite(thrown, undefined, WHOLE_ERRORS);
  } catch {
    return null;
  }
}

const hasMore = (thrown) =>
  !(thrown instanceof Error) || "cause" in thrown || Object.hasOwn(thrown, "errors")
  || (!(thrown instanceof DOMException) && Object.keys(thrown).some((key) => !MARKS.includes(key)));

/**
 * An error as its receiver sees it. `marks` are the names of properties that are true on it:
 * remote, durableObjectReset, overloaded, retryable.
 */
export function revive(name, message, marks, payload) {
  if (payload) {
    const value = cloneRead(payload);
    for (const mark of marks) value[mark] = true;
    return value;
  }
  const Class = builtin[name] ?? (name.endsWith("Error") && globalThis.DOMException && isDomName(name)
    ? null : Error);
  const error = Class === null ? new DOMException(message, name) : new Class(message);
  if (error.name !== name) {
    Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  }
  for (const mark of marks) error[mark] = true;
  return error;
}

const domNames = new Set(["AbortError", "DataCloneError", "InvalidAccessError", "InvalidStateError",
  "NotSupportedError", "OperationError", "QuotaExceededError", "TimeoutError", "InvalidCharacterError"]);
const isDomName = (name) => domNames.has(name);

/** Tells the operator about an error that nobody caught. */
export function reportUncaught(prefix, thrown) {
  const [name, message, stack] = describe(thrown);
  host("uncaught", `${prefix}${name}`, message, stack);
}

/** Web IDL's error for an argument that is not there or of the wrong type. */
export function argumentError(method, owner, position, type) {
  return new TypeError(
    `Failed to execute '${method}' on '${owner}': parameter ${position} is not of type '${type}'.`,
  );
}

/** Options are an object, or left out. */
export function checkOptions(options, method, owner, position, type) {
  if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
    throw argumentError(method, owner, position, type);
  }
}

/** Text of any value but a symbol. */
export function text(value) {
  if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return String(value);
}
