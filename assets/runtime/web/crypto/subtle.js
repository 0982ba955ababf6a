// crypto.subtle: finds the algorithm, checks the key, and lets symmetric.js or asymmetric.js do it.

import { host, utf8Decode, utf8Encode } from "../../native.js";
import { assertNotGlobalScope } from "../scope.js";
import { copyBytes, INTERNAL, viewBytes, webClass } from "../util.js";
import {
  algorithmParameter, bytesParameter, dataError, fail, hashBlock, hashName, hashOf, invalidAccess, needed, notSupported, operationError,
  textParameter, usagesParameter,
} from "./arguments.js";
import {
  agree, exportAsymmetric, generateEc, generateEdwards, generateRsa, importEc, importEdwards, importRsa, oaep, signAsymmetric,
  verifyAsymmetric,
} from "./asymmetric.js";
import { keyParameter, keyState, readJwk } from "./key.js";
import {
  aesCipher, deriveHkdf, derivePbkdf2, exportAes, exportHmac, generateAes, generateHmac, importAes, importBase, importHmac, sameBytes,
  signHmac, unwrapAes, verifyHmac, wrapAes,
} from "./symmetric.js";

const ALGORITHMS = [
  ["AES-CTR", importAes, generateAes],
  ["AES-CBC", importAes, generateAes],
  ["AES-GCM", importAes, generateAes],
  ["AES-KW", importAes, generateAes],
  ["HMAC", importHmac, generateHmac],
  ["PBKDF2", importBase],
  ["HKDF", importBase],
  ["RSASSA-PKCS1-v1_5", importRsa, generateRsa],
  ["RSA-PSS", importRsa, generateRsa],
  ["RSA-OAEP", importRsa, generateRsa],
  ["ECDSA", importEc, generateEc],
  ["ECDH", importEc, generateEc],
  ["NODE-ED25519", importEdwards, generateEdwards],
  ["Ed25519", importEdwards, generateEdwards],
  ["X25519", importEdwards, generateEdwards],
];

function lookUp(given) {
  const name = given.toUpperCase();
  return ALGORITHMS.find(([known]) => known.toUpperCase() === name) ?? [];
}

/** Whether a key may do what is asked, in the reference's order. */
function checkOperation(key, requested, usage) {
  const { name } = key.algorithm;
  if (requested.toUpperCase() !== name.toUpperCase()) {
    invalidAccess(`Requested algorithm "${requested}" does not match this CryptoKey's algorithm "${name}".`);
  }
  if (!key.usages.includes(usage)) invalidAccess(`Requested key usage "${usage}" does not match any usage listed in this CryptoKey.`);
}

const isEmptySecret = (key) => key.type !== "public" && key.usages.length === 0;
const NEED_USAGE = "Secret/private CryptoKeys must have at least one usage.";

function importNow(format, keyData, algorithm, extractable, usages) {
  if (format === "raw-secret" || format === "raw-public" || format === "raw-private" || format === "raw-seed") {
    notSupported(`Key format "${format}" requires the webcrypto_modern_algorithms flag.`);
  }
  let data = keyData;
  if (format === "raw" || format === "pkcs8" || format === "spki") {
    const bytes = viewBytes(keyData);
    if (bytes === null) throw new TypeError("Import data provided for buffer-based import formats must be a buffer source.");
    data = copyBytes(bytes);
  } else if (format === "jwk") {
    if (viewBytes(keyData) !== null) throw new TypeError('Import data provided for "jwk" import format must be a JsonWebKey.');
    data = readJwk(keyData);
    if (data.ext === false && extractable) dataError(`JWK ext field for "${algorithm.name}" is set to false but extractable is true`);
  } else {
    notSupported(`Unrecognized key import format "${format}".`);
  }
  const [name, read] = lookUp(algorithm.name);
  if (read === undefined) notSupported(`Unrecognized key import algorithm "${algorithm.name}" requested.`);
  const key = read(name, format, data, algorithm, extractable, usages);
  if (isEmptySecret(keyState(key))) fail("SyntaxError", NEED_USAGE);
  return key;
}

/** importKey without the promise, for Node's KeyObject. */
export function importKeyNow(format, keyData, algorithm, extractable, keyUsages) {
  const how = algorithmParameter(algorithm, "importKey", 3, "ImportKeyAlgorithm");
  return importNow(format, keyData, how, !!extractable, usagesParameter(keyUsages, "importKey", 5));
}

function exportNow(format, key) {
  const { name } = key.algorithm;
  if (!key.extractable) invalidAccess(`Attempt to export non-extractable ${name} key.`);
  if (key.type !== "secret") return exportAsymmetric(key, format);
  return name === "HMAC" ? exportHmac(key, format) : exportAes(key, format);
}

function cipher(encrypt, key, algorithm, data) {
  return key.algorithm.name === "RSA-OAEP" ? oaep(encrypt, key, algorithm, data) : aesCipher(encrypt, key, algorithm, data);
}

function derive(key, algorithm, length) {
  switch (key.algorithm.name) {
    case "PBKDF2":
      return derivePbkdf2(key, algorithm, length);
    case "HKDF":
      return deriveHkdf(key, algorithm, length);
  }
  return agree(key, algorithm, length);
}

/** How many bits a key of `algorithm` is derived from; undefined when that is open. */
function derivedLength(algorithm) {
  const [name = ""] = lookUp(algorithm.name);
  if (name.startsWith("AES-")) {
    const length = needed(algorithm, "length", "derivedKeyParams");
    if (![128, 192, 256].includes(length)) operationError(`Derived AES key must be 128, 192, or 256 bits in length but provided ${length}.`);
    return length;
  }
  if (name === "HMAC") {
    if (algorithm.length > 0) return algorithm.length;
    if (algorithm.length !== undefined) throw new TypeError("HMAC key length must be a non-zero unsigned long integer.");
    return hashBlock(hashOf(algorithm, "derivedKeyParams")) * 8;
  }
  if (name !== "HKDF" && name !== "PBKDF2") notSupported(`Unrecognized derived key type "${algorithm.name}" requested.`);
}

function isKeyData(value) {
  return (typeof value === "object" && value !== null && !(value instanceof SharedArrayBuffer)) || typeof value === "function";
}

/** The class of `crypto.subtle`. */
export class SubtleCrypto {
  #isThis;
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  }
  static check(value) {
    if (!(typeof value === "object" && value !== null && #isThis in value)) {
      throw new TypeError("Illegal invocation: function called with incorrect `this` reference. See https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.");
    }
  }
  async encrypt(...args) {
    check(this);
    const [algorithm, key, data] = args;
    const how = algorithmParameter(algorithm, "encrypt", 1, "EncryptAlgorithm");
    const state = keyParameter(key, "encrypt", 2);
    const bytes = bytesParameter(data, "encrypt", 3);
    checkOperation(state, how.name, "encrypt");
    return cipher(true, state, how, bytes);
  }
  async decrypt(...args) {
    check(this);
    const [algorithm, key, data] = args;
    const how = algorithmParameter(algorithm, "decrypt", 1, "EncryptAlgorithm");
    const state = keyParameter(key, "decrypt", 2);
    const bytes = bytesParameter(data, "decrypt", 3);
    checkOperation(state, how.name, "decrypt");
    return cipher(false, state, how, bytes);
  }
  async sign(...args) {
    check(this);
    const [algorithm, key, data] = args;
    const how = algorithmParameter(algorithm, "sign", 1, "SignAlgorithm");
    const state = keyParameter(key, "sign", 2);
    const bytes = bytesParameter(data, "sign", 3);
    checkOperation(state, how.name, "sign");
    return state.type === "secret" ? signHmac(state, bytes) : signAsymmetric(state, how, bytes);
  }
  async verify(...args) {
    check(this);
    const [algorithm, key, signature, data] = args;
    const how = algorithmParameter(algorithm, "verify", 1, "SignAlgorithm");
    const state = keyParameter(key, "verify", 2);
    const signed = bytesParameter(signature, "verify", 3);
    const bytes = bytesParameter(data, "verify", 4);
    checkOperation(state, how.name, "verify");
    return state.type === "secret" ? verifyHmac(state, signed, bytes) : verifyAsymmetric(state, how, signed, bytes);
  }
  async digest(...args) {
    check(this);
    const [algorithm, data] = args;
    const how = algorithmParameter(algorithm, "digest", 1, "HashAlgorithm");
    const bytes = bytesParameter(data, "digest", 2);
    return host("crypto.digest", hashName(how.name), bytes);
  }
  async generateKey(...args) {
    check(this);
    const [algorithm, extractable, keyUsages] = args;
    assertNotGlobalScope();
    const how = algorithmParameter(algorithm, "generateKey", 1, "GenerateKeyAlgorithm");
    const usages = usagesParameter(keyUsages, "generateKey", 3);
    const [name, , generate] = lookUp(how.name);
    if (generate === undefined) notSupported(`Unrecognized key generation algorithm "${how.name}" requested.`);
    const made = generate(name, how, !!extractable, usages);
    if (made.privateKey === undefined) {
      if (isEmptySecret(keyState(made))) fail("SyntaxError", NEED_USAGE);
    } else if (keyState(made.privateKey).usages.length === 0) {
      fail("SyntaxError", "Attempt to generate asymmetric keys with no valid private key usages.");
    }
    return made;
  }
  async deriveKey(...args) {
    check(this);
    const [algorithm, baseKey, derivedKeyAlgorithm, extractable, keyUsages] = args;
    const how = algorithmParameter(algorithm, "deriveKey", 1, "DeriveKeyAlgorithm");
    const state = keyParameter(baseKey, "deriveKey", 2);
    const derived = algorithmParameter(derivedKeyAlgorithm, "deriveKey", 3, "ImportKeyAlgorithm");
    const usages = usagesParameter(keyUsages, "deriveKey", 5);
    checkOperation(state, how.name, "deriveKey");
    const secret = derive(state, how, derivedLength(derived));
    return importNow("raw", secret, derived, !!extractable, usages);
  }
  async deriveBits(...args) {
    check(this);
    const [algorithm, baseKey, length] = args;
    const how = algorithmParameter(algorithm, "deriveBits", 1, "DeriveKeyAlgorithm");
    const state = keyParameter(baseKey, "deriveBits", 2);
    const bits = length === undefined || length === null ? undefined : Number(length) | 0;
    if (bits < 0) throw new TypeError("deriveBits length must be an unsigned long integer.");
    checkOperation(state, how.name, "deriveBits");
    return derive(state, how, bits);
  }
  async importKey(...args) {
    check(this);
    const [format, keyData, algorithm, extractable, keyUsages] = args;
    const form = textParameter(format, "importKey", 1);
    if (!isKeyData(keyData)) {
      throw new TypeError("Failed to execute 'importKey' on 'SubtleCrypto': parameter 2 is not of type 'BufferSource or JsonWebKey'.");
    }
    const how = algorithmParameter(algorithm, "importKey", 3, "ImportKeyAlgorithm");
    return importNow(form, keyData, how, !!extractable, usagesParameter(keyUsages, "importKey", 5));
  }
  async exportKey(...args) {
    check(this);
    const [format, key] = args;
    const form = textParameter(format, "exportKey", 1);
    return exportNow(form, keyParameter(key, "exportKey", 2));
  }
  async wrapKey(...args) {
    check(this);
    const [format, key, wrappingKey, wrapAlgorithm] = args;
    const form = textParameter(format, "wrapKey", 1);
    const state = keyParameter(key, "wrapKey", 2);
    const wrapping = keyParameter(wrappingKey, "wrapKey", 3);
    const how = algorithmParameter(wrapAlgorithm, "wrapKey", 4, "EncryptAlgorithm");
    checkOperation(wrapping, how.name, "wrapKey");
    const exported = exportNow(form, state);
    const bytes = exported instanceof ArrayBuffer ? new Uint8Array(exported) : new Uint8Array(utf8Encode(JSON.stringify(exported)));
    return wrapping.algorithm.name === "AES-KW" ? wrapAes(wrapping, bytes) : cipher(true, wrapping, how, bytes);
  }
  async unwrapKey(...args) {
    check(this);
    const [format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages] = args;
    const form = textParameter(format, "unwrapKey", 1);
    const wrapped = bytesParameter(wrappedKey, "unwrapKey", 2);
    const unwrapping = keyParameter(unwrappingKey, "unwrapKey", 3);
    const how = algorithmParameter(unwrapAlgorithm, "unwrapKey", 4, "EncryptAlgorithm");
    const then = algorithmParameter(unwrappedKeyAlgorithm, "unwrapKey", 5, "ImportKeyAlgorithm");
    const usages = usagesParameter(keyUsages, "unwrapKey", 7);
    checkOperation(unwrapping, how.name, "unwrapKey");
    const bytes = unwrapping.algorithm.name === "AES-KW" ? unwrapAes(unwrapping, wrapped) : cipher(false, unwrapping, how, wrapped);
    return importNow(form, form === "jwk" ? unwrappedJwk(bytes) : bytes, then, !!extractable, usages);
  }
  /** Workers extension: compares in a time that does not depend on the content. */
  timingSafeEqual(...args) {
    check(this);
    const [a, b] = args;
    const left = bytesParameter(a, "timingSafeEqual", 1);
    const right = bytesParameter(b, "timingSafeEqual", 2);
    if (left.byteLength !== right.byteLength) throw new TypeError("Input buffers must have the same byte length.");
    return sameBytes(left, right);
  }
}
const { check } = SubtleCrypto;
delete SubtleCrypto.check;
webClass(SubtleCrypto);

function unwrappedJwk(bytes) {
  const jwk = JSON.parse(utf8Decode(new Uint8Array(bytes)));
  return isKeyData(jwk) ? jwk : dataError('Missing "kty" field or corrupt JSON unwrapping key?');
}
