// node:assert. The reference's is strict throughout: `equal` is `strictEqual`, and so on.

import { inspect } from "../inspect/index.js";
import { AssertionError, strictDifference } from "./assert/error.js";
import { builtinError, ERR_AMBIGUOUS_ARGUMENT, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_RETURN_VALUE, ERR_MISSING_ARGS } from "./errors.js";
import { isDeepEqual } from "./util/equal.js";
import { validateFunction } from "./validate.js";

export { AssertionError };

const ERR_CONSTRUCT_CALL_REQUIRED = builtinError(TypeError, "ERR_CONSTRUCT_CALL_REQUIRED", (name) => `Class constructor ${name} cannot be invoked without \`new\``);

const failure = (options) => new AssertionError(options);

function assertTruth(args) {
  if (args.length === 0) throw failure({ message: "No value argument passed to `assert.ok()`" });
  const [actual, message] = args;
  if (actual) return;
  throw failure({ message, actual, expected: true, operator: "==" });
}

export default function assert(actual, message) {
  assertTruth(arguments);
}

function ok(actual, message) {
  assertTruth(arguments);
}
Object.defineProperty(ok, "name", { value: "assert" });

export function fail(message) {
  if (message instanceof Error || (message !== undefined && message !== null && typeof message !== "string")) throw message;
  const error = failure({ message: message ?? "Failed", operator: "fail" });
  error.generatedMessage = message === undefined || message === null;
  throw error;
}

function requireTwo(args) {
  if (args.length < 2) throw new ERR_MISSING_ARGS("actual", "expected");
}

function assertSame(actual, expected, message) {
  if (Object.is(actual, expected)) return;
  throw failure({ message: message ?? strictDifference(actual, expected), actual, expected, operator: "strictEqual" });
}

function assertNotSame(actual, expected, message) {
  if (!Object.is(actual, expected)) return;
  throw failure({ message: message ?? "Expected actual to be strictly unequal to expected", actual, expected, operator: "notStrictEqual" });
}

export function strictEqual(actual, expected, message) {
  requireTwo(arguments);
  assertSame(actual, expected, message);
}

export function notStrictEqual(actual, expected, message) {
  requireTwo(arguments);
  assertNotSame(actual, expected, message);
}

export function equal(actual, expected, message) {
  assertSame(actual, expected, message);
}

export function notEqual(actual, expected, message) {
  assertNotSame(actual, expected, message);
}

export function deepStrictEqual(actual, expected, message) {
  if (isDeepEqual(actual, expected)) return;
  throw failure({ message, actual, expected, operator: "deepStrictEqual" });
}

export function notDeepStrictEqual(actual, expected, message) {
  if (!isDeepEqual(actual, expected)) return;
  throw failure({ message: message ?? "Expected actual to not be deeply strictly equal to expected", actual, expected, operator: "notDeepStrictEqual" });
}

export function deepEqual(actual, expected, message) {
  deepStrictEqual(actual, expected, message);
}

export function notDeepEqual(actual, expected, message) {
  notDeepStrictEqual(actual, expected, message);
}

export function partialDeepStrictEqual(actual, expected, message) {
  if (isDeepEqual(actual, expected, true)) return;
  throw failure({ message: message ?? "Expected actual to be partially deeply strictly equal to expected", actual, expected, operator: "partialDeepStrictEqual" });
}

function requireRegExp(value) {
  if (!(value instanceof RegExp)) throw new ERR_INVALID_ARG_TYPE("regexp", "RegExp", value);
}

export function match(actual, expected, message) {
  requireRegExp(expected);
  if (expected.test(actual)) return;
  throw failure({ message: message ?? `actual: "${actual}" expected to match: "${expected}"`, actual, expected, operator: "match" });
}

export function doesNotMatch(string, regexp, message) {
  requireRegExp(regexp);
  if (typeof string !== "string") {
    throw failure({ message: message ?? new ERR_INVALID_ARG_TYPE("string", "string", string).message, actual: string, expected: regexp, operator: "doesNotMatch" });
  }
  if (!regexp.test(string)) return;
  throw failure({ message: message ?? `actual: "${string}" expected to not match: "${regexp}"`, actual: string, expected: regexp, operator: "doesNotMatch" });
}

const NOTHING = Symbol("nothing");

function thrownBy(fn) {
  validateFunction(fn, "fn");
  try {
    fn();
  } catch (error) {
    return error;
  }
  return NOTHING;
}

const isPromise = (value) => value instanceof Promise
  || (typeof value === "object" && value !== null && typeof value.then === "function" && typeof value.catch === "function");

async function rejectionOf(promiseFn) {
  let promise = promiseFn;
  if (typeof promiseFn === "function") {
    promise = promiseFn();
    if (!isPromise(promise)) throw new ERR_INVALID_RETURN_VALUE("instance of Promise", "promiseFn", promise);
  } else if (!isPromise(promise)) {
    throw new ERR_INVALID_ARG_TYPE("promiseFn", ["function", "Promise"], promise);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NOTHING;
}

/** Checks what `throws` or `rejects` caught. */
function checkExpected(operator, actual, error, message) {
  let expected = error, text = message;
  if (typeof expected === "string") {
    if (text !== undefined) throw new ERR_INVALID_ARG_TYPE("error", ["Object", "Error", "Function", "RegExp"], expected);
    if (actual !== NOTHING && typeof actual === "object" && actual !== null) {
      if (actual.message === expected) throw new ERR_AMBIGUOUS_ARGUMENT("error/message", `The error message "${actual.message}" is identical to the message.`);
    } else if (actual === expected) {
      throw new ERR_AMBIGUOUS_ARGUMENT("error/message", `The error "${actual}" is identical to the message.`);
    }
    text = expected;
    expected = undefined;
  } else if (expected !== undefined && typeof expected !== "object" && typeof expected !== "function") {
    throw new ERR_INVALID_ARG_TYPE("error", ["Object", "Error", "Function", "RegExp"], expected);
  }
  if (actual === NOTHING) {
    const name = expected?.name ? ` (${expected.name})` : "";
    const what = operator === "rejects" ? "rejection" : "exception";
    const wrong = failure({ message: `Missing expected ${what}${name}${text === undefined ? "." : `: ${text}`}`, actual: undefined, expected, operator });
    wrong.generatedMessage = operator === "rejects";
    throw wrong;
  }
  if (expected !== undefined) validate(actual, expected, operator);
}

/** Fails with a message of our own. */
function generated(message, actual, expected, operator) {
  const error = failure({ message, actual, expected, operator });
  error.generatedMessage = true;
  return error;
}

function validate(actual, expected, operator) {
  if (expected instanceof RegExp) {
    if (expected.test(String(actual))) return;
    throw generated(`The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(actual))}\n`, actual, expected, operator);
  }
  if (typeof expected === "function") return validateByFunction(actual, expected, operator);
  if (expected === null) throw generated("Invalid expectation: null", actual, expected, operator);
  validateByShape(actual, expected, operator);
}

function validateByFunction(actual, expected, operator) {
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (expected === Error || Object.prototype.isPrototypeOf.call(Error, expected)) {
    throw generated(`The error is expected to be an instance of "${expected.name}". Received "${actual?.constructor?.name}"\n\nError message:\n\n${actual?.message}`, actual, expected, operator);
  }
  const result = Reflect.apply(expected, {}, [actual]);
  if (result === true) return;
  throw generated(`The validation function is expected to return "true". Received ${inspect(result)}\n\nCaught error:\n\n${actual}`, actual, expected, operator);
}

function validateByShape(actual, expected, operator) {
  if (typeof actual !== "object" || actual === null) {
    const what = actual === null ? "null" : `${typeof actual}: ${String(actual)}`;
    throw generated(`object is expected to thrown, but got ${what}`, actual, expected, operator);
  }
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0 && !Array.isArray(expected)) throw new ERR_INVALID_ARG_VALUE("error", expected, "may not be an empty object");
  for (const key of keys) {
    if (!(key in actual)) throw generated(`A key in the expected object is missing: ${key}`, actual, expected, operator);
    if (expected[key] instanceof RegExp && typeof actual[key] === "string") match(actual[key], expected[key]);
    else deepStrictEqual(actual[key], expected[key]);
  }
}

export function throws(fn, error, message) {
  checkExpected("throws", thrownBy(fn), error, message);
}

export async function rejects(promiseFn, error, message) {
  checkExpected("rejects", await rejectionOf(promiseFn), error, message);
}

/** Passes on what was not spoken of, and fails for what was not wanted. */
function checkUnwanted(operator, actual, expected, message) {
  if (actual === NOTHING) return;
  const isMessage = typeof expected === "string";
  const text = isMessage ? expected : message;
  const found = () => `Actual message: "${actual === null ? "null" : actual?.message}"`;
  if (expected === undefined || isMessage) {
    throw failure({ message: `Got unwanted exception${text === undefined ? "." : `: ${text}`}\n${found()}`, actual: undefined, expected: undefined, operator });
  }
  if (expected instanceof RegExp) {
    throw failure({ message: `Got unwanted exception.\n${found()}`, actual: undefined, expected: undefined, operator });
  }
  if (typeof expected !== "function") {
    throw new ERR_INVALID_ARG_TYPE("expected", ["Function", "RegExp"], expected);
  }
  if (expected === Error || Object.prototype.isPrototypeOf.call(Error, expected)) {
    if (!(actual instanceof expected)) throw actual;
    throw failure({ message: `Got unwanted exception: ${expected.name}${text === undefined ? "" : ` ${text}`}`, actual: undefined, expected: undefined, operator });
  }
  if (Reflect.apply(expected, {}, [actual]) !== true) throw actual;
  throw failure({ message: `Got unwanted rejection.\n${found()}`, actual: undefined, expected: undefined, operator });
}

export function doesNotThrow(fn, expected, message) {
  checkUnwanted("doesNotThrow", thrownBy(fn), expected, message);
}

export async function doesNotReject(promiseFn, expected, message) {
  checkUnwanted("doesNotReject", await rejectionOf(promiseFn), expected, message);
}

export function ifError(value) {
  if (value === null || value === undefined) return;
  let text;
  if (typeof value === "object" && typeof value.message === "string") text = value.message === "" && value.constructor ? value.constructor.name : value.message;
  else text = inspect(value);
  throw failure({ message: `ifError got unwanted exception: ${text}`, actual: value, expected: null, operator: "ifError" });
}

/** An object with assertions of its own options; the reference takes none into account. */
export function Assert(options) {
  if (!new.target) throw new ERR_CONSTRUCT_CALL_REQUIRED("Assert");
  Object.assign(this, { AssertionError, equal: strictEqual, deepEqual: deepStrictEqual, notEqual: notStrictEqual, notDeepEqual: notDeepStrictEqual });
}

export function strict(actual, message) {
  assertTruth(arguments);
}

const METHODS = {
  fail, deepStrictEqual, notDeepStrictEqual, strictEqual, notStrictEqual, partialDeepStrictEqual, match, doesNotMatch, throws, rejects,
  doesNotThrow, doesNotReject, ifError,
};
for (const [name, method] of Object.entries(METHODS)) {
  Object.defineProperty(Assert.prototype, name, { value: method, writable: true, configurable: true });
}
Object.defineProperty(Assert.prototype, "ok", { value: ok, writable: true, configurable: true });

Object.assign(assert, METHODS, { Assert, AssertionError, ok, strict, equal, notEqual, deepEqual, notDeepEqual });
Object.assign(strict, METHODS, { Assert, AssertionError, ok, strict, equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual });

export { ok };
