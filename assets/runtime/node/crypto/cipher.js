// node:crypto: AES in pieces (GCM, CBC, CTR, ECB), and encryption with RSA.

import { host } from "../../native.js";
import { keyState } from "../../web/crypto/key.js";
import { sameBytes } from "../../web/crypto/symmetric.js";
import { concatBytes, copyBytes } from "../../web/util.js";
import { Buffer } from "../buffer.js";
import { ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED } from "../errors.js";
import { Transform } from "../stream.js";
import { StringDecoder } from "../string_decoder.js";
import { validateString } from "../validate.js";
import { toBytes, VIEWS } from "./bytes.js";
import { digestNamed } from "./hash.js";
import { asymmetricOf, secretOf } from "./key-object.js";

const BLOCK = 16;
const EMPTY = new Uint8Array(0);
const MODES = { cbc: { block: 16, iv: 16, nid: [419, 423, 427] }, ctr: { block: 1, iv: 16, nid: [904, 905, 906] }, ecb: { block: 16, iv: 0, nid: [418, 422, 426] }, gcm: { block: 1, iv: 12, nid: [895, 898, 901] } };
const SIZES = [128, 192, 256];

export const getCiphers = () => Object.keys(MODES).flatMap((mode) => SIZES.map((bits) => `aes-${bits}-${mode}`));

/** Mode and size of key (bytes) of a cipher's name, in any case; undefined for others. */
function cipherNamed(name) {
  const [, bits, mode] = /^aes-?(128|192|256)-(cbc|ctr|ecb|gcm)$/.exec(name.toLowerCase().replace("id-aes", "aes-")) ?? [];
  return mode === undefined ? undefined : { mode, size: bits / 8, ...MODES[mode] };
}

export function getCipherInfo(name) {
  const found = cipherNamed(`${name}`);
  if (found === undefined) return undefined;
  const { mode, size, block, iv, nid } = found;
  const known = mode === "gcm" ? `id-aes${size * 8}-GCM` : `AES-${size * 8}-${mode.toUpperCase()}`;
  return { name: known, nid: nid[SIZES.indexOf(size * 8)], blockSize: block, ivLength: iv, keyLength: size, mode };
}

const fail = (message) => {
  throw new Error(message);
};

function keyBytes(key, encoding) {
  const secret = secretOf(key) ?? (keyState(key)?.type === "secret" ? keyState(key).data : undefined);
  return secret ?? toBytes(key, "key", ["string", ...VIEWS, "KeyObject", "CryptoKey"], encoding);
}

/** Big-endian addition to a block. */
function plus(counter, count) {
  const sum = copyBytes(counter);
  for (let i = BLOCK - 1; i >= 0 && count > 0; i--) {
    count += sum[i];
    sum[i] = count % 256;
    count = Math.floor(count / 256);
  }
  return sum;
}

class AesTransform extends Transform {
  #encrypt;
  #cipher;
  #key;
  #iv;
  /** Bytes that have gone through, of a stream mode. */
  #position = 0;
  /** Bytes of a block that is not whole yet, and the block that may be padding. */
  #pending = EMPTY;
  #padding = true;
  #aad = [];
  #ciphertext = [];
  #tag;
  #tagLength;
  #done = false;
  #decoder;

  constructor(encrypt, algorithm, key, iv, options) {
    super(options);
    validateString(algorithm, "algorithm");
    this.#key = copyBytes(keyBytes(key));
    const vector = iv === null ? EMPTY : toBytes(iv, "iv", ["string", ...VIEWS, "null"]);
    this.#cipher = cipherNamed(algorithm) ?? fail(`Unknown or unsupported cipher: ${algorithm}`);
    if (this.#key.byteLength !== this.#cipher.size) fail("Invalid key length");
    const wanted = this.#cipher.iv;
    if (this.#cipher.mode === "gcm" ? vector.byteLength === 0 : vector.byteLength !== wanted) fail("Invalid initialization vector");
    this.#encrypt = encrypt;
    this.#iv = copyBytes(vector);
    this.#tagLength = options?.authTagLength ?? BLOCK;
  }
  #open() {
    if (this.#done) fail("Cipher/decipher context has already been finalized");
  }
  #run(bytes) {
    const { mode } = this.#cipher;
    if (mode === "ctr" || mode === "gcm") return this.#stream(mode, bytes);
    const all = this.#pending.byteLength === 0 ? bytes : concatBytes([this.#pending, bytes], this.#pending.byteLength + bytes.byteLength);
    let whole = all.byteLength - (all.byteLength % BLOCK);
    // the last block may be padding
    if (!this.#encrypt && this.#padding && whole === all.byteLength && whole > 0) whole -= BLOCK;
    this.#pending = copyBytes(all.subarray(whole));
    return this.#blocks(all.subarray(0, whole), false);
  }
  #stream(mode, bytes) {
    const at = this.#position;
    this.#position += bytes.byteLength;
    if (mode === "gcm") {
      const result = new Uint8Array(host("crypto.gcmStream", this.#key, this.#iv, at, bytes));
      this.#ciphertext.push(this.#encrypt ? result : copyBytes(bytes));
      return result;
    }
    const skip = at % BLOCK;
    const padded = concatBytes([new Uint8Array(skip), bytes], skip + bytes.byteLength);
    return new Uint8Array(host("crypto.ctr", this.#key, plus(this.#iv, Math.floor(at / BLOCK)), 128, padded)).subarray(skip);
  }
  #blocks(bytes, padding) {
    if (bytes.byteLength === 0 && !padding) return EMPTY;
    if (this.#cipher.mode === "ecb") return this.#ecb(bytes, padding);
    const result = host("crypto.cbc", this.#encrypt, this.#key, this.#iv, padding, bytes);
    if (result === null) return undefined;
    const out = new Uint8Array(result);
    this.#iv = copyBytes((this.#encrypt ? out : bytes).slice(-BLOCK));
    return out;
  }
  /** Padding of ECB is CBC's with zeros before each block: there is one block of it. */
  #ecb(bytes, padding) {
    const zero = new Uint8Array(BLOCK);
    const result = padding ? host("crypto.cbc", this.#encrypt, this.#key, zero, true, bytes) : host("crypto.ecb", this.#encrypt, this.#key, bytes);
    return result === null ? undefined : new Uint8Array(result);
  }
  #out(bytes, encoding, isLast) {
    if (encoding === undefined || encoding === null || encoding === "buffer") return Buffer.from(bytes);
    this.#decoder ??= new StringDecoder(encoding);
    return isLast ? this.#decoder.end(Buffer.from(bytes)) : this.#decoder.write(Buffer.from(bytes));
  }
  update(data, inputEncoding, outputEncoding) {
    if (typeof data === "string" && inputEncoding === undefined) {
      throw new ERR_INVALID_ARG_VALUE("inputEncoding", inputEncoding, "If inputEncoding is not provided then the data must be a Buffer");
    }
    const bytes = toBytes(data, "data", ["string", ...VIEWS], inputEncoding);
    this.#open();
    return this.#out(this.#run(bytes), outputEncoding, false);
  }
  final(outputEncoding) {
    this.#open();
    const last = this.#cipher.mode === "gcm" ? this.#finishGcm() : this.#finishBlocks();
    this.#done = true;
    return this.#out(last, outputEncoding, true);
  }
  #finishGcm() {
    const total = this.#ciphertext.reduce((sum, part) => sum + part.byteLength, 0);
    const aad = concatBytes(this.#aad, this.#aad.reduce((sum, part) => sum + part.byteLength, 0));
    const tag = new Uint8Array(host("crypto.gcmTag", this.#key, this.#iv, aad, concatBytes(this.#ciphertext, total)));
    if (this.#encrypt) {
      this.#tag = tag.slice(0, this.#tagLength);
      return EMPTY;
    }
    if (this.#tag === undefined) fail("No auth tag provided");
    return sameBytes(tag.subarray(0, this.#tag.byteLength), this.#tag) ? EMPTY : fail("Authentication failed");
  }
  #finishBlocks() {
    if (this.#cipher.block === 1) return EMPTY;
    if (!this.#padding) return this.#pending.byteLength === 0 ? EMPTY : fail("Authentication failed");
    return this.#blocks(this.#pending, true) ?? fail("Authentication failed");
  }
  setAutoPadding(autoPadding = true) {
    this.#open();
    this.#padding = !!autoPadding;
    return this;
  }
  setAAD(data, options) {
    this.#open();
    if (this.#cipher.mode !== "gcm") fail("Cipher does not support authenticated mode");
    this.#aad.push(copyBytes(toBytes(data, "buffer", ["string", ...VIEWS], options?.encoding)));
    return this;
  }
  getTag() {
    if (!this.#done || this.#tag === undefined) fail("Auth tag is only available once cipher context has been finalized");
    return Buffer.from(this.#tag);
  }
  setTag(tag, encoding) {
    const bytes = toBytes(tag, "tag", ["string", ...VIEWS], encoding);
    this.#open();
    if (this.#tag !== undefined) fail("Auth tag is already set");
    if (![4, 8, 12, 13, 14, 15, 16].includes(bytes.byteLength)) fail("Invalid authentication tag length");
    this.#tag = copyBytes(bytes);
    return this;
  }
  _transform(chunk, encoding, callback) {
    this.push(this.update(chunk, encoding));
    callback();
  }
  _flush(callback) {
    try {
      this.push(this.final());
      callback();
    } catch (error) {
      callback(error);
    }
  }
}

export class Cipheriv extends AesTransform {
  constructor(algorithm, key, iv, options) {
    super(true, algorithm, key, iv, options);
  }
  getAuthTag() {
    return this.getTag();
  }
}

export class Decipheriv extends AesTransform {
  constructor(algorithm, key, iv, options) {
    super(false, algorithm, key, iv, options);
  }
  setAuthTag(tag, encoding) {
    return this.setTag(tag, encoding);
  }
}

export const createCipheriv = (algorithm, key, iv, options) => new Cipheriv(algorithm, key, iv, options);
export const createDecipheriv = (algorithm, key, iv, options) => new Decipheriv(algorithm, key, iv, options);

// ---- RSA ----

const RSA_PKCS1_PADDING = 1;
const RSA_PKCS1_OAEP_PADDING = 4;

function rsa(verb, type, options, data) {
  const { der, kind } = asymmetricOf(options, type, "key");
  if (kind !== "rsa") fail("Failed to cipher/decipher");
  const { padding = RSA_PKCS1_OAEP_PADDING, oaepHash = "sha1", oaepLabel } = options ?? {};
  const bytes = toBytes(data, "buffer", ["string", ...VIEWS], options?.encoding);
  if (padding !== RSA_PKCS1_PADDING && padding !== RSA_PKCS1_OAEP_PADDING) fail(`Padding ${padding} is not supported: RSA_PKCS1_PADDING and RSA_PKCS1_OAEP_PADDING are`);
  const hash = digestNamed(oaepHash) ?? fail(`Unknown digest: ${oaepHash}`);
  const how = padding === RSA_PKCS1_PADDING ? ["pkcs1"] : ["oaep", hash, oaepLabel === undefined ? EMPTY : toBytes(oaepLabel, "options.oaepLabel", VIEWS)];
  return Buffer.from(host(`crypto.${verb}`, der, ...how, bytes) ?? fail("Failed to cipher/decipher"));
}

export const publicEncrypt = (options, data) => rsa("encrypt", "public", options, data);
export const privateDecrypt = (options, data) => rsa("decrypt", "private", options, data);

const missing = (name) => ({ [name](...args) {
  throw new ERR_METHOD_NOT_IMPLEMENTED(name);
} })[name];

export const privateEncrypt = missing("privateEncrypt");
export const publicDecrypt = missing("publicDecrypt");
