// How arguments of crypto.subtle are read: as Web IDL dictionaries, with the reference's texts.

import { DOMException } from "../dom-exception.js";
import { copyBytes, viewBytes } from "../util.js";

export const fail = (name, message) => {
  throw new DOMException(message, name);
};
export const notSupported = (message) => fail("NotSupportedError", message);
export const invalidAccess = (message) => fail("InvalidAccessError", message);
export const operationError = (message) => fail("OperationError", message);
export const dataError = (message) => fail("DataError", message);

function wrongParameter(method, position, type) {
  return new TypeError(`Failed to execute '${method}' on 'SubtleCrypto': parameter ${position} is not of type '${type}'.`);
}

/** A view of the bytes of a parameter: copy it to keep it beyond this call. */
export function bytesParameter(value, method, position) {
  const bytes = value instanceof SharedArrayBuffer ? null : viewBytes(value);
  if (bytes === null) throw wrongParameter(method, position, "BufferSource");
  return bytes;
}

export function textParameter(value, method, position) {
  if (value === undefined) throw wrongParameter(method, position, "string");
  return `${value}`;
}

/** A list of usages; names are checked later. */
export function usagesParameter(value, method, position) {
  if (!Array.isArray(value)) throw wrongParameter(method, position, "Array");
  return Array.from(value, (usage) => `${usage}`);
}

export const keyParameterError = (method, position) => wrongParameter(method, position, "CryptoKey");

const bytes = (value, field, type) => {
  const view = value instanceof SharedArrayBuffer ? null : viewBytes(value);
  if (view === null) {
    throw new TypeError(`Incorrect type for the '${field}' field on '${type}': the provided value is not of type 'BufferSource'.`);
  }
  return copyBytes(view);
};
const int = (value) => Number(value) | 0;
const text = (value) => `${value}`;
const hash = (value) => nameOf(value);
const same = (value) => value;

/** The members of each dictionary. */
const ENCRYPT = { iv: bytes, additionalData: bytes, tagLength: int, counter: bytes, length: int, label: bytes };
const SIGN = { hash, saltLength: int };
const GENERATE = { hash, modulusLength: int, publicExponent: bytes, length: int, namedCurve: text };
const DERIVE = { salt: bytes, iterations: int, hash, public: same, info: bytes };
const IMPORT = { hash, length: int, namedCurve: text };
export const TYPES = {
  HashAlgorithm: {}, EncryptAlgorithm: ENCRYPT, SignAlgorithm: SIGN, GenerateKeyAlgorithm: GENERATE,
  DeriveKeyAlgorithm: DERIVE, ImportKeyAlgorithm: IMPORT,
};

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

function nameOf(value) {
  return `${isObject(value) ? value.name : value}`;
}

/** An algorithm given by name or as a dictionary of `type`: its name and the members that are there. */
export function algorithmParameter(value, method, position, type) {
  if (value === undefined || value === null) throw wrongParameter(method, position, `string or ${type}`);
  const algorithm = { name: nameOf(value) };
  if (!isObject(value)) return algorithm;
  const members = TYPES[type];
  for (const field of Object.keys(members)) {
    const member = value[field];
    if (member !== undefined) algorithm[field] = members[field](member, field, type);
  }
  return algorithm;
}

/** A member that must be there. */
export function needed(algorithm, field, owner = "algorithm") {
  const value = algorithm[field];
  if (value === undefined) throw new TypeError(`Missing field "${field}" in "${owner}".`);
  return value;
}

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5"];

/** The proper name of a digest algorithm. */
export function hashName(given) {
  const name = given.toUpperCase();
  if (!HASHES.includes(name)) notSupported("Unrecognized or unimplemented digest algorithm requested.");
  return name;
}

/** The hash that `algorithm` names. */
export const hashOf = (algorithm, owner) => hashName(needed(algorithm, "hash", owner));

/** Sizes in bytes. */
export const hashSize = (name) => ({ MD5: 16, "SHA-1": 20, "SHA-256": 32, "SHA-384": 48 })[name] ?? 64;
export const hashBlock = (name) => (name === "SHA-384" || name === "SHA-512" ? 128 : 64);
