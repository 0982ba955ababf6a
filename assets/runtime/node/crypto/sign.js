// node:crypto: Sign and Verify, and the one-shot sign() and verify().

import { host } from "../../native.js";
import { concatBytes, copyBytes } from "../../web/util.js";
import { Buffer } from "../buffer.js";
import { ERR_INVALID_ARG_VALUE, plainError } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { Writable } from "../stream.js";
import { validateFunction, validateInteger, validateString } from "../validate.js";
import { output, toBytes, VIEWS, wrongType } from "./bytes.js";
import { digestNamed, digestSize } from "./hash.js";
import { asymmetricOf } from "./key-object.js";

const ERR_CRYPTO_SIGN_KEY_REQUIRED = plainError("ERR_CRYPTO_SIGN_KEY_REQUIRED", () => "No key provided to sign");

const RSA_PKCS1_PADDING = 1;
const RSA_PKCS1_PSS_PADDING = 6;
/** Lengths of PSS's salt: of the digest; as long as can be (when verifying: whatever it is). */
const SALT_DIGEST = -1;
const SALT_MOST = -2;

const fail = (message) => {
  throw new Error(message);
};

const requireDigest = (name) => digestNamed(name) ?? fail(`Unknown digest: ${name}`);

function saltOf(options, hash, modulus, isVerifying) {
  const { saltLength = SALT_MOST } = options;
  validateInteger(saltLength, "options.saltLength", -2, 2147483647);
  if (saltLength === SALT_DIGEST) return digestSize(hash);
  if (saltLength !== SALT_MOST) return saltLength;
  return isVerifying ? null : modulus - digestSize(hash) - 2;
}

/** The host's arguments for how a signature with `key` is made. */
function scheme(key, options, hash, isVerifying) {
  const { kind, modulus } = key;
  if (kind === "ed25519") return hash === undefined ? ["ed25519", "", 0] : fail("Failed to set signature digest");
  if (hash === undefined || kind === "x25519") fail("Failed to initialize signing context");
  if (kind !== "rsa") {
    const { dsaEncoding = "der" } = options;
    if (dsaEncoding !== "der" && dsaEncoding !== "ieee-p1363") throw new ERR_INVALID_ARG_VALUE("options.dsaEncoding", dsaEncoding);
    return [dsaEncoding === "der" ? "ecdsaDer" : "ecdsa", hash, 0];
  }
  const { padding = RSA_PKCS1_PADDING } = options;
  if (padding === RSA_PKCS1_PADDING) return ["pkcs1", hash, 0];
  if (padding !== RSA_PKCS1_PSS_PADDING) throw new ERR_INVALID_ARG_VALUE("options.padding", padding);
  return ["pss", hash, saltOf(options, hash, modulus, isVerifying)];
}

/** Options of a key that is given with some; none for a key alone. */
const optionsOf = (given) => (given?.key === undefined ? {} : given);

function signNow(hash, data, given) {
  if (!given) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
  const key = asymmetricOf(given, "private");
  const how = scheme(key, optionsOf(given), hash, false);
  if (how[2] < 0) fail("Failed to sign: the key is too small for the digest");
  return host("crypto.sign", key.der, ...how, data) ?? fail("Failed to sign: the key is too small for the digest");
}

function verifyNow(hash, data, given, signature) {
  const key = asymmetricOf(given, "public");
  return host("crypto.verify", key.der, ...scheme(key, optionsOf(given), hash, true), signature, data);
}

/** What Sign and Verify share: a stream of data, of which all is kept until the end. */
class Gathering extends Writable {
  #hash;
  #chunks = [];
  #size = 0;
  constructor(algorithm, options) {
    super(options);
    validateString(algorithm, "algorithm");
    this.#hash = requireDigest(algorithm);
  }
  update(data, encoding) {
    const bytes = toBytes(data, "data", ["string", ...VIEWS], encoding);
    if (this.#chunks === undefined) fail("Signing context has already been finalized");
    this.#chunks.push(copyBytes(bytes));
    this.#size += bytes.byteLength;
    return this;
  }
  _write(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }
  /** Hash and data; nothing can be added any more. */
  taken() {
    if (this.#chunks === undefined) fail("Signing context has already been finalized");
    const data = concatBytes(this.#chunks, this.#size);
    this.#chunks = undefined;
    return [this.#hash, data];
  }
}

export class Sign extends Gathering {
  sign(key, outputEncoding) {
    if (!key) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
    return output(signNow(...this.taken(), key), outputEncoding);
  }
}

export class Verify extends Gathering {
  verify(key, signature, encoding) {
    const bytes = toBytes(signature, "signature", ["string", ...VIEWS], encoding);
    return verifyNow(...this.taken(), key, bytes);
  }
}

export const createSign = (algorithm, options) => new Sign(algorithm, options);
export const createVerify = (algorithm, options) => new Verify(algorithm, options);

function once(algorithm, data) {
  if (algorithm !== null && algorithm !== undefined) validateString(algorithm, "algorithm");
  const bytes = typeof data === "string" ? wrongType("data", VIEWS, data) : toBytes(data, "data", VIEWS);
  return [algorithm === null || algorithm === undefined ? undefined : requireDigest(algorithm), bytes];
}

function deliver(callback, make) {
  if (callback === undefined) return make();
  validateFunction(callback, "callback");
  let result;
  try {
    result = [null, make()];
  } catch (error) {
    result = [error];
  }
  nextTick(callback, ...result);
}

export function sign(algorithm, data, key, callback) {
  const given = once(algorithm, data);
  return deliver(callback, () => Buffer.from(signNow(...given, key)));
}

export function verify(algorithm, data, key, signature, callback) {
  const given = once(algorithm, data);
  const bytes = toBytes(signature, "signature", VIEWS);
  return deliver(callback, () => verifyNow(...given, key, bytes));
}
