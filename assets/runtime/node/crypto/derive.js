// node:crypto: keys from passwords and from other keys.

import { host } from "../../native.js";
import { Buffer } from "../buffer.js";
import { ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { validateFunction, validateInteger, validateObject, validateString, validateUint32 } from "../validate.js";
import { BUFFERS, toBytes } from "./bytes.js";
import { digestNamed } from "./hash.js";
import { secretOf } from "./key-object.js";

const MAX = 2147483647;
const MAX_ROUNDS = 100_000;
const MAX_COST = 1048576;
const bytesOf = (value, name) => toBytes(value, name, ["string", ...BUFFERS]);

/** Calls back with what `run` gives or throws. */
function later(callback, run) {
  let result;
  try {
    result = [null, run()];
  } catch (error) {
    result = [error];
  }
  nextTick(callback, ...result);
}

function pbkdf2Arguments(password, salt, iterations, keylen, digest) {
  validateString(digest, "digest");
  const bytes = [bytesOf(password, "password"), bytesOf(salt, "salt")];
  validateInteger(iterations, "iterations", 1, MAX);
  validateInteger(keylen, "keylen", 0, MAX);
  return bytes;
}

function runPbkdf2(password, salt, iterations, keylen, digest) {
  const hash = digestNamed(digest);
  if (hash === undefined) throw new TypeError(`Invalid Pbkdf2 digest: ${digest}.`);
  if (iterations > MAX_ROUNDS) {
    throw new DOMException(`Pbkdf2 failed: iteration counts above ${MAX_ROUNDS} are not supported (requested ${iterations}).`, "NotSupportedError");
  }
  return Buffer.from(host("crypto.pbkdf2", hash, password, salt, iterations, keylen));
}

export function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  const bytes = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  return runPbkdf2(...bytes, iterations, keylen, digest);
}

export function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === "function") return pbkdf2(password, salt, iterations, keylen, undefined, digest);
  const bytes = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  validateFunction(callback, "callback");
  later(callback, () => runPbkdf2(...bytes, iterations, keylen, digest));
}

/** The parameter under its long or short name, but not both. */
function either(options, short, long, otherwise) {
  if (options[long] === undefined) {
    if (options[short] === undefined) return otherwise;
    validateUint32(options[short], short);
    return options[short];
  }
  validateUint32(options[long], long);
  if (options[short] !== undefined) throw new ERR_INVALID_ARG_VALUE(long, options[long]);
  return options[long];
}

function scryptArguments(password, salt, keylen, options) {
  const bytes = [bytesOf(password, "password"), bytesOf(salt, "salt")];
  validateInteger(keylen, "keylen", 0, MAX);
  if (options !== undefined && options !== null) validateObject(options, "options");
  const given = options ?? {};
  const [N, r, p] = [either(given, "N", "cost", 16384) || 16384, either(given, "r", "blockSize", 8) || 8, either(given, "p", "parallelization", 1) || 1];
  const maxmem = given.maxmem ?? 32 * 1024 * 1024;
  return { bytes, N, r, p, maxmem, keylen };
}

function runScrypt({ bytes, N, r, p, maxmem, keylen }) {
  if (N * r * p > MAX_COST) throw new RangeError(`Scrypt failed: cost exceeds maximum (${MAX_COST}).`);
  const log = Math.log2(N);
  if (!Number.isInteger(log) || log === 0 || 128 * N * r > maxmem) throw new Error("Scrypt failed");
  const derived = host("crypto.scrypt", ...bytes, log, r, p, keylen);
  if (derived === null) throw new Error("Scrypt failed");
  return Buffer.from(derived);
}

export const scryptSync = (password, salt, keylen, options) => runScrypt(scryptArguments(password, salt, keylen, options));

export function scrypt(password, salt, keylen, options, callback) {
  if (typeof options === "function") return scrypt(password, salt, keylen, undefined, options);
  const given = scryptArguments(password, salt, keylen, options);
  validateFunction(callback, "callback");
  later(callback, () => runScrypt(given));
}

const KEYS = ["string", "SecretKeyObject", "ArrayBuffer", "TypedArray", "DataView", "Buffer"];

function hkdfArguments(digest, key, salt, info, length) {
  validateString(digest, "digest");
  const bytes = [secretOf(key) ?? toBytes(key, "ikm", KEYS), bytesOf(salt, "salt"), bytesOf(info, "info")];
  validateInteger(length, "length", 0, MAX);
  if (bytes[2].byteLength > 1024) throw new ERR_OUT_OF_RANGE("info", "must not contain more than 1024 bytes", bytes[2].byteLength);
  return bytes;
}

function runHkdf(digest, bytes, length) {
  const hash = digestNamed(digest);
  if (hash === undefined) throw new TypeError(`Invalid Hkdf digest: ${digest}`);
  const derived = length > 1 << 20 ? null : host("crypto.hkdf", hash, ...bytes, length);
  if (derived === null) throw new RangeError("Invalid Hkdf key length");
  return derived;
}

export const hkdfSync = (digest, key, salt, info, length) => runHkdf(digest, hkdfArguments(digest, key, salt, info, length), length);

export function hkdf(digest, key, salt, info, length, callback) {
  const bytes = hkdfArguments(digest, key, salt, info, length);
  validateFunction(callback, "callback");
  later(callback, () => runHkdf(digest, bytes, length));
}
