// Checks of arguments, each with Node's error.

import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } from "./errors.js";

const wrong = (name, type, value) => new ERR_INVALID_ARG_TYPE(name, type, value);

export function validateString(value, name) {
  if (typeof value !== "string") throw wrong(name, "string", value);
}

export function validateBoolean(value, name) {
  if (typeof value !== "boolean") throw wrong(name, "boolean", value);
}

export function validateFunction(value, name) {
  if (typeof value !== "function") throw wrong(name, "function", value);
}

export function validateArray(value, name, least = 0) {
  if (!Array.isArray(value)) throw wrong(name, "Array", value);
  if (value.length < least) throw new ERR_INVALID_ARG_VALUE(name, value, `must be longer than ${least}`);
}

/** `allow` may hold `nullable`, `allowArray`, `allowFunction`. */
export function validateObject(value, name, allow = undefined) {
  if ((value === null && !allow?.nullable) || (Array.isArray(value) && !allow?.allowArray)
    || (typeof value !== "object" && (typeof value !== "function" || !allow?.allowFunction))) {
    throw wrong(name, "Object", value);
  }
}

export function validateAbortSignal(signal, name) {
  if (signal !== undefined && (signal === null || typeof signal !== "object" || !("aborted" in signal))) {
    throw wrong(name, "AbortSignal", signal);
  }
}

export function validateNumber(value, name, least = undefined, most = undefined) {
  if (typeof value !== "number") throw wrong(name, "number", value);
  if ((least !== undefined && value < least) || (most !== undefined && value > most)
    || ((least !== undefined || most !== undefined) && Number.isNaN(value))) {
    const range = [least === undefined ? "" : `>= ${least}`, most === undefined ? "" : `<= ${most}`].filter(Boolean).join(" && ");
    throw new ERR_OUT_OF_RANGE(name, range, value);
  }
}

export function validateInteger(value, name, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== "number") throw wrong(name, "number", value);
  if (!Number.isInteger(value)) throw new ERR_OUT_OF_RANGE(name, "an integer", value);
  if (value < least || value > most) throw new ERR_OUT_OF_RANGE(name, `>= ${least} && <= ${most}`, value);
}

export const validateInt32 = (value, name, least = -2147483648, most = 2147483647) => validateInteger(value, name, least, most);

export const validateUint32 = (value, name, positive = false) => validateInteger(value, name, positive ? 1 : 0, 4294967295);

export function validateOneOf(value, name, all) {
  if (all.includes(value)) return;
  const allowed = all.map((one) => (typeof one === "string" ? `'${one}'` : String(one))).join(", ");
  throw new ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${allowed}`);
}
