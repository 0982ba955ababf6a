// node:crypto: chance.

import { host } from "../../native.js";
import { crypto } from "../../web/crypto/index.js";
import { assertNotGlobalScope } from "../../web/scope.js";
import { viewBytes } from "../../web/util.js";
import { Buffer } from "../buffer.js";
import { ERR_OUT_OF_RANGE } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { validateBoolean, validateFunction, validateInteger, validateNumber, validateObject } from "../validate.js";
import { wrongType } from "./bytes.js";

const MAX_BYTES = 2147483647;
const MAX_RANGE = 281474976710655;
/** What one host call gives at most, bytes. */
const PIECE = 1 << 20;

function fill(bytes) {
  assertNotGlobalScope();
  for (let at = 0; at < bytes.byteLength; at += PIECE) {
    const part = bytes.subarray(at, at + PIECE);
    part.set(new Uint8Array(host("crypto.random", part.byteLength)));
  }
}

/** Gives `make()` to the callback later, or at once when there is none. */
function deliver(callback, make) {
  if (callback === undefined) return make();
  validateFunction(callback, "callback");
  const value = make();
  nextTick(callback, null, value);
}

export function randomBytes(size, callback) {
  validateInteger(size, "size", 0, MAX_BYTES);
  return deliver(callback, () => {
    const bytes = Buffer.alloc(size);
    fill(bytes);
    return bytes;
  });
}

export function randomFillSync(buffer, offset, size) {
  const bytes = viewBytes(buffer);
  if (bytes === null) wrongType("buffer", ["TypedArray", "DataView", "ArrayBuffer", "SharedArrayBuffer"], buffer);
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  const length = bytes.byteLength / unit;
  if (offset !== undefined) validateInteger(offset, "offset", 0, MAX_BYTES);
  const from = Math.min(offset ?? 0, length);
  if (size !== undefined) validateInteger(size, "size", 0, length - from);
  fill(bytes.subarray(from * unit, (from + (size ?? length - from)) * unit));
  return buffer;
}

export function randomFill(buffer, offset, size, callback) {
  const given = [offset, size, callback].find((one) => typeof one === "function");
  validateFunction(given, "callback");
  randomFillSync(buffer, typeof offset === "function" ? undefined : offset, typeof size === "function" ? undefined : size);
  nextTick(given, null, buffer);
}

export function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") return between(0, min, max);
  validateInteger(min, "min");
  return between(min, max, callback);
}

function between(min, max, callback) {
  validateNumber(max, "max");
  if (!Number.isInteger(max)) throw new ERR_OUT_OF_RANGE("max", "an integer", max);
  if (callback !== undefined) validateFunction(callback, "callback");
  if (max <= min) throw new ERR_OUT_OF_RANGE("min", "min < max", min);
  if (max - min > MAX_RANGE) throw new ERR_OUT_OF_RANGE("max", `<= ${MAX_RANGE}`, max);
  return deliver(callback, () => min + below(max - min));
}

/** A number below `range`, all of them equally likely. */
function below(range) {
  const fair = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const bytes = randomBytes(6);
    const number = bytes.readUIntBE(0, 6);
    if (number < fair) return number % range;
  }
}

export function randomUUID(options) {
  if (options !== undefined) {
    validateObject(options, "options");
    if (options.disableEntropyCache !== undefined) validateBoolean(options.disableEntropyCache, "options.disableEntropyCache");
  }
  return crypto.randomUUID();
}

export const getRandomValues = (...args) => crypto.getRandomValues(...args);
