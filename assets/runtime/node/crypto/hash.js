// node:crypto: Hash, Hmac and the one-shot hash().

import { keyState } from "../../web/crypto/key.js";
import { Hasher } from "../../web/crypto/hasher.js";
import { host } from "../../native.js";
import { Buffer } from "../buffer.js";
import { plainError } from "../errors.js";
import { Transform } from "../stream.js";
import { validateString, validateUint32 } from "../validate.js";
import { output, toBytes, VIEWS, wrongType } from "./bytes.js";
import { secretOf } from "./key-object.js";

const ERR_CRYPTO_HASH_FINALIZED = plainError("ERR_CRYPTO_HASH_FINALIZED", () => "Digest already called");

/** Names of digests, as the host has them. */
const HASHES = {
  __proto__: null,
  md5: "MD5", sha1: "SHA-1", sha224: "SHA-224", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512",
  "sha512-256": "SHA-512/256", ripemd160: "RIPEMD-160", rmd160: "RIPEMD-160",
};
/** Bytes of a digest, and of the block that HMAC works on. */
const SIZES = { MD5: [16, 64], "SHA-1": [20, 64], "SHA-224": [28, 64], "SHA-256": [32, 64], "SHA-384": [48, 128], "SHA-512": [64, 128], "SHA-512/256": [32, 128], "RIPEMD-160": [20, 64] };

/** The host's name of a digest; undefined for one that there is not. */
export const digestNamed = (name) => HASHES[name.toLowerCase().replace(/^rsa-/, "")];

export const digestSize = (hash) => SIZES[hash][0];

export const getHashes = () => [
  "md5", "ripemd160", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-256", "RSA-MD5", "RSA-SHA1", "RSA-SHA224", "RSA-SHA256",
  "RSA-SHA384", "RSA-SHA512",
];

function requireDigest(name) {
  return digestNamed(name) ?? unsupported();
}

function unsupported() {
  throw new Error("Digest method not supported");
}

function checkLength(hash, options) {
  const length = options?.outputLength;
  if (length === undefined) return;
  validateUint32(length, "options.outputLength");
  if (length !== digestSize(hash)) throw new Error("invalid digest size");
}

/** What Hash and Hmac share: a stream in, one digest out. */
class Digesting extends Transform {
  _transform(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }
  _flush(callback) {
    this.push(this.digest());
    callback();
  }
}

export class Hash extends Digesting {
  #name;
  #hasher;
  #options;
  /** `from` is a Hash to go on from. */
  constructor(algorithm, options, from) {
    super(options);
    if (from === undefined) validateString(algorithm, "algorithm");
    this.#name = from === undefined ? requireDigest(algorithm) : from.#name;
    checkLength(this.#name, options);
    this.#options = options;
    this.#hasher = from === undefined ? new Hasher(this.#name) : from.#hasher.copy();
  }
  #open() {
    if (this.#hasher === undefined) throw new ERR_CRYPTO_HASH_FINALIZED();
  }
  copy(options = this.#options) {
    this.#open();
    return new Hash(undefined, options, this);
  }
  update(data, encoding) {
    const bytes = toBytes(data, "data", ["string", ...VIEWS], encoding);
    this.#open();
    this.#hasher.update(bytes);
    return this;
  }
  digest(outputEncoding) {
    this.#open();
    const result = this.#hasher.finish();
    this.#hasher = undefined;
    return output(result, outputEncoding);
  }
}

export const createHash = (algorithm, options) => new Hash(algorithm, options);

export function hash(algorithm, data, outputEncoding = "hex") {
  validateString(algorithm, "algorithm");
  const name = requireDigest(algorithm);
  return output(host("crypto.digest", name, toBytes(data, "data", ["string", ...VIEWS])), outputEncoding);
}

export class Hmac extends Digesting {
  #name;
  #inner;
  #outer;
  constructor(algorithm, key, options) {
    super(options);
    validateString(algorithm, "hmac");
    const secret = keyBytes(key, options?.encoding);
    this.#name = requireDigest(algorithm);
    const block = SIZES[this.#name][1];
    const short = secret.byteLength > block ? new Uint8Array(host("crypto.digest", this.#name, secret)) : secret;
    this.#inner = this.#keyed(short, block, 0x36);
    this.#outer = this.#keyed(short, block, 0x5c);
  }
  #keyed(secret, block, mask) {
    const hasher = new Hasher(this.#name);
    hasher.update(Uint8Array.from({ length: block }, (_, i) => (secret[i] ?? 0) ^ mask));
    return hasher;
  }
  update(data, encoding) {
    const bytes = toBytes(data, "data", ["string", ...VIEWS], encoding);
    if (this.#inner === undefined) throw new ERR_CRYPTO_HASH_FINALIZED();
    this.#inner.update(bytes);
    return this;
  }
  /** A second time there is nothing, as Node has it. */
  digest(outputEncoding) {
    if (this.#inner === undefined) return output(new ArrayBuffer(0), outputEncoding);
    this.#outer.update(new Uint8Array(this.#inner.finish()));
    this.#inner = undefined;
    return output(this.#outer.finish(), outputEncoding);
  }
}

function keyBytes(key, encoding) {
  if (typeof key === "string") return Buffer.from(key, encoding);
  const expected = ["string", "ArrayBuffer", "Buffer", "ArrayBufferView", "KeyObject", "CryptoKey"];
  return secretOf(key) ?? (keyState(key)?.type === "secret" ? keyState(key).data : toBytes(key, "key", expected));
}

export const createHmac = (algorithm, key, options) => {
  validateString(algorithm, "hmac");
  if (key === null || key === undefined) wrongType("key", ["string", "ArrayBuffer", "Buffer", "ArrayBufferView", "KeyObject", "CryptoKey"], key);
  return new Hmac(algorithm, key, options);
};
