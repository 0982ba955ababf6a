// Secret keys: AES, HMAC, and what PBKDF2 and HKDF start from.

import { host } from "../../native.js";
import { viewBytes } from "../util.js";
import { dataError, fail, hashBlock, hashName, hashOf, needed, notSupported, operationError } from "./arguments.js";
import { checkUsages, DERIVATION, fromBase64Url, makeJwk, makeKey, toBase64Url } from "./key.js";

/** Rounds of PBKDF2 that Workers allow. */
const MAX_ROUNDS = 100_000;
/** The longest HMAC key that is generated, bits. */
const MAX_HMAC_BITS = 1 << 23;

const isAesLength = (bits) => bits === 128 || bits === 192 || bits === 256;
const badFormat = (format) => notSupported(`Unrecognized key import format "${format}".`);

// ---- AES ----

const aesUsages = (name, what, usages) =>
  checkUsages(name, what, usages, name === "AES-KW" ? ["wrapKey", "unwrapKey"] : ["encrypt", "decrypt", "wrapKey", "unwrapKey"]);

export function generateAes(name, algorithm, extractable, given) {
  const usages = aesUsages(name, "generate", given);
  const length = needed(algorithm, "length");
  if (!isAesLength(length)) operationError(`Generated AES key length must be 128, 192, or 256 bits but requested ${length}.`);
  return makeKey("secret", { name, length }, extractable, usages, new Uint8Array(host("crypto.random", length / 8)));
}

export function importAes(name, format, keyData, algorithm, extractable, given) {
  const usages = aesUsages(name, "import secret", given);
  if (format !== "raw" && format !== "jwk") badFormat(format);
  const data = format === "raw" ? keyData : aesFromJwk(name, keyData);
  const length = data.byteLength * 8;
  if (!isAesLength(length)) dataError(`Imported AES key length must be 128, 192, or 256 bits but provided ${length}.`);
  if (format === "jwk") checkAesJwk(name, keyData, length, given);
  return makeKey("secret", { name, length }, extractable, usages, data);
}

function aesFromJwk(name, jwk) {
  if (jwk.kty !== "oct") dataError(`Symmetric "jwk" key import requires a JSON Web Key with Key Type parameter "kty" equal to "oct" (encountered "${jwk.kty}").`);
  return fromBase64Url(jwk.k, 'Symmetric "jwk" key import requires a base64Url encoding of the key.');
}

function checkAesJwk(name, jwk, length, usages) {
  const expected = `A${length}${name.slice(4)}`;
  if (jwk.alg !== undefined && jwk.alg !== expected) {
    dataError(`Symmetric "jwk" key contains invalid "alg" value "${jwk.alg}", expected "${expected}".`);
  }
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== "enc") {
    dataError(`Symmetric "jwk" key must have a "use" of "enc", not "${jwk.use}".`);
  }
  if (jwk.key_ops === undefined) return;
  const ops = jwk.key_ops.toSorted();
  const twice = ops.find((op, i) => op === ops[i + 1]);
  if (twice !== undefined) dataError(`Symmetric "jwk" key contains duplicate value "${twice}", in "key_op".`);
  for (const usage of usages) {
    if (!ops.includes(usage)) dataError(`"jwk" key missing usage "${usage}", in "key_ops".`);
  }
}

export function exportAes(key, format) {
  const { name, length } = key.algorithm;
  if (format === "raw") return key.data.slice().buffer;
  if (format !== "jwk") notSupported(`${name} key only supports exporting "raw", "raw-secret" & "jwk", not "${format}".`);
  return makeJwk({ kty: "oct", k: toBase64Url(key.data), alg: `A${length}${name.slice(4)}`, key_ops: [...key.usages], ext: true });
}

const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];
const EMPTY = new Uint8Array(0);

function failedToDecrypt(name, input, output) {
  operationError(`Decryption failed. This could be due to a ciphertext authentication failure, bad padding, incorrect CryptoKey, or another algorithm-specific reason. Input length was ${input}, output length expected to be ${output} for ${name}`);
}

function gcm(encrypt, key, algorithm, data) {
  const iv = needed(algorithm, "iv");
  if (iv.byteLength === 0) operationError("AES-GCM IV must not be empty.");
  const { tagLength = 128, additionalData = EMPTY } = algorithm;
  if (!TAG_LENGTHS.includes(tagLength)) operationError(`Invalid AES-GCM tag length ${tagLength}.`);
  const bits = data.byteLength * 8;
  if (!encrypt && bits < tagLength) {
    operationError(`Ciphertext length of ${bits} bits must be greater than or equal to the size of the AES-GCM tag length of ${tagLength} bits.`);
  }
  const result = host("crypto.gcm", encrypt, key.data, iv, additionalData, tagLength / 8, data);
  const size = data.byteLength - tagLength / 8;
  return result ?? failedToDecrypt("AES-GCM", size, size);
}

function cbc(encrypt, key, algorithm, data) {
  const iv = needed(algorithm, "iv");
  if (iv.byteLength !== 16) operationError(`AES-CBC IV must be 16 bytes long (provided ${iv.byteLength}${encrypt ? " bytes" : ""}).`);
  const result = data.byteLength === 0 && !encrypt ? null : host("crypto.cbc", encrypt, key.data, iv, true, data);
  if (result !== null) return result;
  // what is known to be out by then: all but the block that may be padding
  const blocks = Math.max(Math.ceil(data.byteLength / 16) - 1, 0);
  failedToDecrypt("AES-CBC", data.byteLength, blocks * 16);
}

function ctr(key, algorithm, data) {
  const { counter, length } = algorithm;
  if (counter === undefined) throw new TypeError('Missing "counter" member in "algorithm".');
  if (counter.byteLength !== 16) operationError(`Counter must have length of 16 bytes (provided ${counter.byteLength}).`);
  if (length === undefined) throw new TypeError('Missing "length" member in "algorithm".');
  if (length < 1 || length > 128) operationError(`Invalid counter of ${length} bits length provided.`);
  return host("crypto.ctr", key.data, counter, length, data) ?? operationError("Counter block values will repeat.");
}

/** Encrypts or decrypts with a key of AES. */
export function aesCipher(encrypt, key, algorithm, data) {
  switch (key.algorithm.name) {
    case "AES-GCM":
      return gcm(encrypt, key, algorithm, data);
    case "AES-CBC":
      return cbc(encrypt, key, algorithm, data);
    case "AES-CTR":
      return ctr(key, algorithm, data);
  }
  notSupported(`The ${encrypt ? "encrypt" : "decrypt"} operation is not implemented for "${key.algorithm.name}".`);
}

export function wrapAes(key, data) {
  const size = data.byteLength;
  if (size % 8 !== 0) operationError(`Unwrapped key bit length must be a multiple of 64 bits but unwrapped key has a length of ${size * 8} bits.`);
  if (size < 16) operationError(`Unwrapped key has length ${size} bytes but it should be greater than or equal to 16 and less than or equal to 18446744073709551607`);
  return host("crypto.wrap", key.data, data);
}

export function unwrapAes(key, data) {
  const bits = data.byteLength * 8;
  if (bits % 64 !== 0) operationError(`Provided a wrapped key to unwrap that is ${bits} bits which isn't a multiple of 64 bits.`);
  if (bits < 192) operationError(`Provided a wrapped key to unwrap this is ${bits} bits that is less than the minimal length of 192 bits.`);
  return host("crypto.unwrap", key.data, data) ?? operationError("AES-KW key unwrapping failed.");
}

// ---- HMAC ----

/** Clears the bits of the last byte that are not part of the key. */
function trim(data, bits) {
  const unused = data.byteLength * 8 - bits;
  if (unused > 0) data[data.byteLength - 1] &= 0xff << unused;
  return data;
}

function makeHmac(hash, length, extractable, usages, data) {
  // the reference shows the length in 16 bits
  return makeKey("secret", { name: "HMAC", hash, length: length & 0xffff }, extractable, usages, trim(data, length));
}

export function generateHmac(name, algorithm, extractable, given) {
  const hash = hashOf(algorithm);
  const usages = checkUsages(name, "generate", given, ["sign", "verify"]);
  const { length = hashBlock(hash) * 8 } = algorithm;
  if (length <= 0) operationError(`HMAC key length must be a non-zero unsigned long integer (requested ${length}).`);
  if (length > MAX_HMAC_BITS) operationError(`HMAC key length must be at most ${MAX_HMAC_BITS} bits (requested ${length}).`);
  return makeHmac(hash, length, extractable, usages, new Uint8Array(host("crypto.random", Math.ceil(length / 8))));
}

export function importHmac(name, format, keyData, algorithm, extractable, given) {
  const usages = checkUsages(name, "import secret", given, ["sign", "verify"]);
  const hash = needed(algorithm, "hash");
  if (format !== "raw" && format !== "jwk") badFormat(format);
  const data = format === "raw" ? keyData : hmacFromJwk(keyData, hash);
  const bits = data.byteLength * 8;
  const { length = bits } = algorithm;
  if (length === 0 || length > bits || length <= bits - 8) {
    dataError(`Imported HMAC key length (${length}) must be a non-zero value up to 7 bits less than, and no greater than, the bit length of the raw key data (${bits}).`);
  }
  return makeHmac(hashName(hash), length, extractable, usages, data);
}

function hmacFromJwk(jwk, hash) {
  if (jwk.kty !== "oct") dataError(`HMAC "jwk" key import requires a JSON Web Key with Key Type parameter ("kty") equal to "oct" (encountered "${jwk.kty}").`);
  const data = fromBase64Url(jwk.k, 'HMAC "jwk" key import requires a base64Url encoding of the key');
  if (jwk.alg === undefined) return data;
  if (!hash.startsWith("SHA-")) notSupported(`Unrecognized or unimplemented hash algorithm requested${jwk.alg}`);
  const expected = `HS${hash.slice(4)}`;
  if (jwk.alg !== expected) dataError(`HMAC "jwk" key import specifies "alg" that is incompatible with the hash name (encountered "${jwk.alg}", expected "${expected}").`);
  return data;
}

export function exportHmac(key, format) {
  if (format === "raw") return key.data.slice().buffer;
  if (format !== "jwk") notSupported(`Unimplemented key export format "${format}".`);
  const { hash } = key.algorithm;
  if (!hash.startsWith("SHA-")) notSupported(`Unimplemented JWK key export format for key algorithm "${hash}".`);
  return makeJwk({ kty: "oct", k: toBase64Url(key.data), alg: `HS${hash.slice(4)}`, key_ops: [...key.usages], ext: true });
}

export const signHmac = (key, data) => host("crypto.hmac", key.algorithm.hash, key.data, data);

export const verifyHmac = (key, signature, data) => sameBytes(new Uint8Array(signHmac(key, data)), signature);

/** Compares in a time that depends on the lengths alone. */
export function sameBytes(a, b) {
  if (a.byteLength !== b.byteLength) return false;
  let difference = 0;
  for (let i = 0; i < a.byteLength; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

// ---- PBKDF2 and HKDF ----

export function importBase(name, format, keyData, algorithm, extractable, given) {
  const usages = checkUsages(name, "import secret", given, DERIVATION);
  if (extractable) fail("SyntaxError", `${name} key cannot be extractable.`);
  if (format !== "raw") notSupported(`${name} key must be imported in "raw" format (requested "${format}")${name === "HKDF" ? "" : "."}`);
  return makeKey("secret", { name }, false, usages, viewBytes(keyData));
}

function checkLength(name, length) {
  if (length === undefined) operationError(`${name} cannot derive a key with null length.`);
  if (length % 8 !== 0) operationError(`${name} requires a derived key length that is a multiple of eight (requested ${length}).`);
}

export function derivePbkdf2(key, algorithm, length) {
  const hash = hashOf(algorithm);
  const salt = needed(algorithm, "salt");
  const rounds = needed(algorithm, "iterations");
  checkLength("PBKDF2", length);
  if (rounds <= 0) operationError(`PBKDF2 requires a positive iteration count (requested ${rounds}).`);
  if (rounds > MAX_ROUNDS) notSupported(`Pbkdf2 failed: iteration counts above ${MAX_ROUNDS} are not supported (requested ${rounds}).`);
  return host("crypto.pbkdf2", hash, key.data, salt, rounds, length / 8);
}

export function deriveHkdf(key, algorithm, length) {
  const hash = hashOf(algorithm);
  const salt = needed(algorithm, "salt");
  const info = needed(algorithm, "info");
  checkLength("HKDF", length);
  return host("crypto.hkdf", hash, key.data, salt, info, length / 8) ?? operationError("HKDF deriveBits failed.");
}
