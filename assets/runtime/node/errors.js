// The errors that Node's modules throw: a code beside the message, and texts that name the argument.

import { inspect } from "../web/inspect.js";

class NodeErrorAbstraction extends Error {
  constructor(name, code, message) {
    super(message);
    this.code = code;
    this.name = name;
  }
  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

/** An error with a code that is no TypeError or RangeError. */
export class NodeError extends NodeErrorAbstraction {
  constructor(code, message) {
    super("Error", code, message);
  }
}

/** A class named `code` of plain errors whose message `text` makes from the constructor's arguments. */
export const plainError = (code, text) => ({ [code]: class extends NodeError {
  constructor(...args) {
    super(code, text(...args));
  }
} })[code];

/** The same for a built-in class: the errors are instances of that class itself. */
export const builtinError = (Class, code, text) => ({ [code]: class {
  constructor(...args) {
    return coded(Class, code, text(...args));
  }
} })[code];

/** An error of the built-in class `Class` with a code. */
export function coded(Class, code, message) {
  const error = new Class(message);
  error.code = code;
  error.name = Class.name;
  error.toString = nameless(function () {
    return `${this.name} [${this.code}]: ${this.message}`;
  });
  return error;
}

const nameless = (make) => make;

const TYPES = ["string", "function", "number", "object", "Function", "Object", "boolean", "bigint", "symbol"];
const CLASS_NAME = /^([A-Z][a-z0-9]*)+$/;

/** "a, b, or c"; with fewer words, "a or b". */
function listed(words) {
  return words.length > 2 ? `${words.slice(0, -1).join(", ")}, or ${words.at(-1)}` : words.join(" or ");
}

function expectation(expected) {
  const all = Array.isArray(expected) ? expected : [expected];
  const types = all.filter((word) => TYPES.includes(word)).map((word) => word.toLowerCase());
  const classes = all.filter((word) => !TYPES.includes(word) && CLASS_NAME.test(word));
  const others = all.filter((word) => !TYPES.includes(word) && !CLASS_NAME.test(word));
  if (classes.length > 0 && types.includes("object")) {
    types.splice(types.indexOf("object"), 1);
    classes.push("Object");
  }
  const parts = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? "one of type" : "of type"} ${listed(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${listed(classes)}`);
  if (others.length > 1) parts.push(`one of ${listed(others)}`);
  if (others.length === 1) parts.push(`${others[0].toLowerCase() === others[0] ? "" : "an "}${others[0]}`);
  return parts.join(" or ");
}

/** How a message speaks of a value of the wrong type. */
export function received(value, longest = 25) {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function" && value.name) return `function ${value.name}`;
  if (typeof value === "object") {
    if (value.constructor?.name) return `an instance of ${value.constructor.name}`;
    return inspect(value, { depth: -1 });
  }
  const text = inspect(value);
  return `type ${typeof value} (${text.length > longest ? `${text.slice(0, 25)}...` : text})`;
}

function wrongType(name, expected, value) {
  const subject = name.endsWith(" argument") ? name : `"${name}" ${name.includes(".") ? "property" : "argument"}`;
  return `The ${subject} must be ${expectation(expected)}. Received ${received(value)}`;
}

const separated = (digits) => digits.replace(/\d(?=(\d{3})+$)/g, "$&_");

function shownNumber(value) {
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 32) return separated(String(value));
  if (typeof value !== "bigint") return inspect(value);
  return `${value > 2n ** 32n || value < -(2n ** 32n) ? separated(String(value)) : value}n`;
}

const invalidValue = (name, value, reason = "is invalid") =>
  `The ${name.includes(".") ? "property" : "argument"} '${name}' ${reason}. Received ${inspect(value)}`;

function missing(names) {
  const quoted = names.map((name) => (Array.isArray(name) ? name.map((one) => `"${one}"`).join(" or ") : `"${name}"`));
  if (quoted.length === 1) return `The ${quoted[0]} argument must be specified`;
  if (quoted.length === 2) return `The ${quoted[0]} and ${quoted[1]} arguments must be specified`;
  return `The ${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)} arguments must be specified`;
}

const named = (name) => (typeof name === "symbol" ? name.description : name);

export class ERR_OUT_OF_RANGE extends RangeError {
  constructor(name, range, value, isWholeMessage = false) {
    super(`${isWholeMessage ? name : `The value of "${name}" is out of range.`} It must be ${range}. Received ${shownNumber(value)}`);
    this.code = "ERR_OUT_OF_RANGE";
    this.name = "RangeError";
  }
}

export const ERR_INVALID_ARG_TYPE = builtinError(TypeError, "ERR_INVALID_ARG_TYPE", wrongType);
export const ERR_INVALID_ARG_VALUE = builtinError(TypeError, "ERR_INVALID_ARG_VALUE", invalidValue);
export const ERR_INVALID_ARG_VALUE_RANGE = builtinError(RangeError, "ERR_INVALID_ARG_VALUE", invalidValue);
export const ERR_INVALID_THIS = builtinError(TypeError, "ERR_INVALID_THIS", (name) => `Value of "this" must be of type ${name}`);
export const ERR_INVALID_RETURN_VALUE = builtinError(TypeError, "ERR_INVALID_RETURN_VALUE",
  (input, name, value) => `Expected ${input} to be returned from the "${name}" function but got ${received(value, 28)}.`);
export const ERR_MISSING_ARGS = builtinError(TypeError, "ERR_MISSING_ARGS", (...names) => missing(names));
export const ERR_AMBIGUOUS_ARGUMENT = builtinError(TypeError, "ERR_AMBIGUOUS_ARGUMENT", (name, why) => `The "${name}" argument is ambiguous. ${why}`);
export const ERR_UNKNOWN_ENCODING = builtinError(TypeError, "ERR_UNKNOWN_ENCODING", (name) => `Unknown encoding: ${name}`);
export const ERR_BUFFER_OUT_OF_BOUNDS = builtinError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS",
  (name) => (name ? `"${name}" is outside of buffer bounds` : "Attempt to access memory outside buffer bounds"));
export const ERR_INVALID_BUFFER_SIZE = builtinError(RangeError, "ERR_INVALID_BUFFER_SIZE", (bits) => `Buffer size must be a multiple of ${bits}-bits`);
export const ERR_BUFFER_TOO_LARGE = builtinError(RangeError, "ERR_BUFFER_TOO_LARGE", (size) => `Cannot create a Buffer larger than ${size} bytes`);
export const ERR_UNHANDLED_ERROR = plainError("ERR_UNHANDLED_ERROR", (value) => `Unhandled error. (${value})`);
export const ERR_METHOD_NOT_IMPLEMENTED = plainError("ERR_METHOD_NOT_IMPLEMENTED", (name) => `The ${named(name)} method is not implemented`);
export const ERR_MULTIPLE_CALLBACK = plainError("ERR_MULTIPLE_CALLBACK", () => "Callback called multiple times");

/** What an aborted operation fails with. */
export class AbortError extends Error {
  constructor(message = "The operation was aborted", options = undefined) {
    if (options !== undefined && typeof options !== "object") throw new ERR_INVALID_ARG_TYPE("options", "Object", options);
    super(message, options);
    this.code = "ABORT_ERR";
    this.name = "AbortError";
  }
}
