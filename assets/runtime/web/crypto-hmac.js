// HMAC keys: import, export, generate, sign and verify, built on the host's digests.

import { host, latin1Decode, latin1Encode } from "../native.js";
import { DOMException } from "./dom-exception.js";
import { atob, btoa } from "./encoding.js";
import { copyBytes, exactBuffer, INTERNAL, requireBytes, webClass } from "./util.js";

/** Block size in bytes and JWK name of each digest that HMAC may use. */
const HASHES = {
  "SHA-1": { block: 64, jwk: "HS1" },
  "SHA-256": { block: 64, jwk: "HS256" },
  "SHA-384": { block: 128, jwk: "HS384" },
  "SHA-512": { block: 128, jwk: "HS512" },
};
const USAGES = ["sign", "verify"];

let secretOf;

/** A key for crypto.subtle. */
export class CryptoKey {
  #bytes;
  #algorithm;
  #extractable;
  #usages;
  constructor(token, bytes, algorithm, extractable, usages) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#bytes = bytes;
    this.#algorithm = algorithm;
    this.#extractable = extractable;
    this.#usages = usages;
  }
  get type() {
    return "secret";
  }
  get algorithm() {
    return this.#algorithm;
  }
  get extractable() {
    return this.#extractable;
  }
  get usages() {
    return this.#usages;
  }
  static {
    secretOf = (key) => {
      if (typeof key !== "object" || key === null || !(#bytes in key)) throw new TypeError("The key is not of type 'CryptoKey'.");
      return key.#bytes;
    };
  }
}
webClass(CryptoKey);

function hashOf(algorithm) {
  const { hash } = algorithm;
  const given = `${(typeof hash === "object" && hash !== null ? hash.name : hash) ?? ""}`;
  const name = given.toUpperCase();
  if (!Object.hasOwn(HASHES, name)) {
    throw new DOMException(`HMAC: '${given}' is not an available hash. Available: ${Object.keys(HASHES).join(", ")}.`, "NotSupportedError");
  }
  return name;
}

function checkUsages(usages) {
  const list = [...usages].map((usage) => `${usage}`);
  for (const usage of list) {
    if (!USAGES.includes(usage)) throw new DOMException(`HMAC: a key cannot be used to '${usage}'.`, "SyntaxError");
  }
  if (list.length === 0) throw new DOMException("HMAC: a secret key needs at least one usage.", "SyntaxError");
  return USAGES.filter((usage) => list.includes(usage));
}

function makeKey(bytes, hash, extractable, usages) {
  const algorithm = { name: "HMAC", hash: { name: hash }, length: bytes.byteLength * 8 };
  return new CryptoKey(INTERNAL, bytes, algorithm, !!extractable, usages);
}

function fromBase64Url(text) {
  try {
    return latin1Encode(atob(`${text}`.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    throw new DOMException("HMAC: the JSON Web Key's 'k' is not base64url.", "DataError");
  }
}

export function importKey(format, keyData, algorithm, extractable, usages) {
  const hash = hashOf(algorithm);
  const allowed = checkUsages(usages);
  let bytes;
  if (format === "raw") {
    bytes = copyBytes(requireBytes(keyData, "crypto.subtle.importKey"));
  } else if (format === "jwk") {
    if (keyData?.kty !== "oct") throw new DOMException("HMAC: a JSON Web Key must have 'kty' \"oct\".", "DataError");
    if (keyData.alg !== undefined && keyData.alg !== HASHES[hash].jwk) {
      throw new DOMException(`HMAC: the JSON Web Key's 'alg' is not "${HASHES[hash].jwk}".`, "DataError");
    }
    bytes = fromBase64Url(keyData.k);
  } else {
    throw new DOMException(`HMAC: keys cannot be imported as '${format}'; use 'raw' or 'jwk'.`, "NotSupportedError");
  }
  if (bytes.byteLength === 0) throw new DOMException("HMAC: the key is empty.", "DataError");
  return makeKey(bytes, hash, extractable, allowed);
}

export function generateKey(algorithm, extractable, usages) {
  const hash = hashOf(algorithm);
  const allowed = checkUsages(usages);
  const bits = algorithm.length === undefined ? HASHES[hash].block * 8 : Number(algorithm.length);
  if (!(bits > 0) || bits % 8 !== 0 || bits > 1 << 20) {
    throw new DOMException("HMAC: a key's length must be a multiple of 8 bits.", "OperationError");
  }
  return makeKey(new Uint8Array(host("crypto.random", bits / 8)), hash, extractable, allowed);
}

export function exportKey(format, key) {
  const bytes = secretOf(key);
  if (!key.extractable) throw new DOMException("The key is not extractable.", "InvalidAccessError");
  if (format === "raw") return exactBuffer(bytes.slice());
  if (format !== "jwk") throw new DOMException(`HMAC: keys cannot be exported as '${format}'; use 'raw' or 'jwk'.`, "NotSupportedError");
  const k = btoa(latin1Decode(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return { kty: "oct", k, alg: HASHES[key.algorithm.hash.name].jwk, key_ops: [...key.usages], ext: true };
}

function digestOf(hash, first, second) {
  const all = new Uint8Array(first.byteLength + second.byteLength);
  all.set(first);
  all.set(second, first.byteLength);
  return new Uint8Array(host("crypto.digest", hash, all));
}

function hmac(key, data, usage) {
  const secret = secretOf(key);
  if (!key.usages.includes(usage)) {
    throw new DOMException(`Requested key usage "${usage}" does not match any usage listed in the CryptoKey.`, "InvalidAccessError");
  }
  const hash = key.algorithm.hash.name;
  const { block } = HASHES[hash];
  const short = secret.byteLength > block ? new Uint8Array(host("crypto.digest", hash, secret)) : secret;
  const inner = new Uint8Array(block).fill(0x36);
  const outer = new Uint8Array(block).fill(0x5c);
  for (let i = 0; i < short.byteLength; i++) {
    inner[i] ^= short[i];
    outer[i] ^= short[i];
  }
  return digestOf(hash, outer, digestOf(hash, inner, data));
}

export function sign(key, data) {
  return exactBuffer(hmac(key, data, "sign"));
}

/** Compares in a time that does not depend on the content. */
export function verify(key, signature, data) {
  const expected = hmac(key, data, "verify");
  let difference = expected.byteLength ^ signature.byteLength;
  for (let i = 0; i < expected.byteLength; i++) difference |= expected[i] ^ (signature[i] ?? 0);
  return difference === 0;
}
