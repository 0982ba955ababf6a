// node:util.
//
//   functions.js  promisify, callbackify, inherits, deprecate, debuglog
//   text.js       styles, escape sequences, environment files, differences
//   parse-args.js, mime.js, types.js, system.js, equal.js

import { classOf } from "../native.js";
import { format as formatText } from "../inspect/format.js";
import { inspect as inspectValue } from "../inspect/index.js";
import { colors, CUSTOM, defaultOptions, styles } from "../inspect/styles.js";
import { TextDecoder, TextEncoder } from "../web/encoding.js";
import { ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED } from "./errors.js";
import { isDeepEqual } from "./util/equal.js";
import { _extend, callbackify, debuglog, deprecate, inherits, log, promisify } from "./util/functions.js";
import { MIMEParams, MIMEType } from "./util/mime.js";
import { parseArgs } from "./util/parse-args.js";
import { convertProcessSignalToExitCode, getSystemErrorMap, getSystemErrorMessage, getSystemErrorName } from "./util/system.js";
import { diff, parseEnv, stripVTControlCharacters, styleText, toUSVString } from "./util/text.js";
import types from "./util/types.js";
import { validateNumber, validateObject } from "./validate.js";

export { _extend, callbackify, convertProcessSignalToExitCode, debuglog, deprecate, diff, getSystemErrorMap, getSystemErrorMessage,
  getSystemErrorName, inherits, log, MIMEParams, MIMEType, parseArgs, parseEnv, promisify, stripVTControlCharacters, styleText,
  toUSVString, types };
export const debug = debuglog;
export { TextDecoder, TextEncoder };

export const inspect = inspectValue;
inspect.custom = CUSTOM;
Object.defineProperty(inspect, "defaultOptions", {
  get: () => defaultOptions,
  set(options) {
    validateObject(options, "options");
    Object.assign(defaultOptions, options);
  },
  configurable: true,
});
inspect.colors = colors;
inspect.styles = styles;

export function format(...args) {
  return formatText(undefined, args);
}

export function formatWithOptions(inspectOptions, ...args) {
  if (typeof inspectOptions !== "object" || inspectOptions === null) throw new ERR_INVALID_ARG_TYPE("inspectOptions", "object", inspectOptions);
  return formatText(inspectOptions, args);
}

export function isDeepStrictEqual(a, b) {
  return isDeepEqual(a, b);
}

/** Resolves when `signal` aborts. */
export async function aborted(signal, resource) {
  if (!(signal instanceof AbortSignal)) throw new ERR_INVALID_ARG_TYPE("signal", "AbortSignal", signal);
  validateResource(resource);
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

function validateResource(resource) {
  validateObject(resource, "resource", { allowFunction: true, allowArray: true });
}

/** Whether the functions of the call are asked for as an object with one option. */
function callSites(count = 8) {
  const frames = typeof count === "object" ? 8 : count;
  validateNumber(frames, "frameCount", 1, 200);
  const lines = (new Error().stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)).slice(2, 2 + frames);
  return lines.map((line) => {
    const [, functionName = "", scriptName, lineNumber, columnNumber] = /^\s+at (?:(?:async )?(.*?) \()?(.*?):(\d+):(\d+)\)?$/.exec(line) ?? [];
    return { functionName, scriptName: scriptName ?? "", lineNumber: Number(lineNumber ?? 0), columnNumber: Number(columnNumber ?? 0), column: Number(columnNumber ?? 0) };
  });
}

export const getCallSites = Object.defineProperty((...args) => callSites(args[0]), "name", { value: "bound getCallSites" });
export const getCallSite = getCallSites;

export function transferableAbortController() {
  return new AbortController();
}

export function transferableAbortSignal(signal) {
  if (!(signal instanceof AbortSignal)) throw new ERR_INVALID_ARG_TYPE("signal", "AbortSignal", signal);
  return signal;
}

export function setTraceSigInt(enable) {}

export function _errnoException() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("_errnoException");
}

export function _exceptionWithHostPort() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("_exceptionWithHostPort");
}

const isOf = (engineClass) => (value) => classOf(value) === engineClass;

// the older tests, of which Node has kept isArray alone
export function isArray(value) { return Array.isArray(value); }
export function isBoolean(value) { return typeof value === "boolean"; }
export function isBuffer(value) { return globalThis.Buffer !== undefined && Buffer.isBuffer(value); }
export function isDate(value) { return isOf("Date")(value); }
export function isError(value) { return isOf("Error")(value) || value instanceof Error; }
export function isFunction(value) { return typeof value === "function"; }
export function isNull(value) { return value === null; }
export function isNullOrUndefined(value) { return value === null || value === undefined; }
export function isNumber(value) { return typeof value === "number"; }
export function isObject(value) { return value !== null && typeof value === "object"; }
export function isPrimitive(value) { return value === null || (typeof value !== "object" && typeof value !== "function"); }
export function isRegExp(value) { return isOf("RegExp")(value); }
export function isString(value) { return typeof value === "string"; }
export function isSymbol(value) { return typeof value === "symbol"; }
export function isUndefined(value) { return value === undefined; }

export default {
  types, callbackify, promisify, inspect, format, formatWithOptions, stripVTControlCharacters, inherits, _extend, MIMEParams, MIMEType,
  toUSVString, log, aborted, debuglog, debug, deprecate, getSystemErrorMap, getSystemErrorMessage, getSystemErrorName, TextEncoder,
  TextDecoder, parseArgs, parseEnv, styleText, transferableAbortController, transferableAbortSignal, getCallSite, getCallSites,
  isDeepStrictEqual, convertProcessSignalToExitCode, setTraceSigInt, diff, _errnoException, _exceptionWithHostPort, isArray, isBoolean,
  isBuffer, isDate, isError, isFunction, isNull, isNullOrUndefined, isNumber, isObject, isPrimitive, isRegExp, isString, isSymbol,
  isUndefined,
};
