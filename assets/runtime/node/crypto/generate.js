// node:crypto: making keys.

import { host } from "../../native.js";
import { nextTick } from "../next-tick.js";
import { validateFunction, validateInteger, validateObject, validateOneOf, validateString, validateUint32 } from "../validate.js";
import { curveNamed, pairOf, secretFor } from "./key-object.js";

const PAIRS = ["rsa", "ec", "ed25519", "x25519", "dh"];
const RSA_BITS = [1024, 4096];
/** The longest secret that is made, bits. */
const MAX_SECRET = 2 ** 23;

function rsa(options) {
  const { modulusLength, publicExponent = 65537 } = options;
  validateUint32(modulusLength, "options.modulusLength");
  validateUint32(publicExponent, "options.publicExponent");
  if (modulusLength < RSA_BITS[0] || modulusLength > RSA_BITS[1]) {
    throw new RangeError(`RSA keys of ${modulusLength} bits are not supported: ${RSA_BITS[0]} to ${RSA_BITS[1]} bits are`);
  }
  if (publicExponent < 3 || publicExponent % 2 === 0) throw new RangeError(`${publicExponent} is no public exponent of RSA: it must be odd and at least 3`);
  return host("crypto.generate", "rsa", modulusLength, publicExponent);
}

function ec(options) {
  validateString(options.namedCurve, "options.namedCurve");
  const curve = curveNamed(options.namedCurve);
  if (curve === undefined) throw new Error("Invalid or unsupported curve");
  return host("crypto.generate", curve);
}

export function generateKeyPairSync(type, options = {}) {
  validateOneOf(type, "type", PAIRS);
  validateObject(options, "options");
  if (type === "dh") throw new Error('Keys of type "dh" are not supported: use "ec" or "x25519"');
  const key = type === "rsa" ? rsa(options) : type === "ec" ? ec(options) : host("crypto.generate", type);
  return pairOf(key, options);
}

export function generateKeyPair(type, options, callback) {
  if (typeof options === "function") return generateKeyPair(type, undefined, options);
  validateFunction(callback, "callback");
  const { publicKey, privateKey } = generateKeyPairSync(type, options);
  nextTick(callback, null, publicKey, privateKey);
}

export function generateKeySync(type, options) {
  validateOneOf(type, "type", ["hmac", "aes"]);
  validateObject(options, "options");
  const { length } = options;
  if (type === "aes") validateOneOf(length, "options.length", [128, 192, 256]);
  else validateInteger(length, "options.length", 8, MAX_SECRET);
  return secretFor(length - (length % 8));
}

export function generateKey(type, options, callback) {
  validateFunction(callback, "callback");
  nextTick(callback, null, generateKeySync(type, options));
}

