// crypto: random values, digests of streams, and crypto.subtle.
//
//   subtle.js      the methods            arguments.js   how their arguments are read
//   symmetric.js   secret keys            asymmetric.js  pairs of keys
//   key.js         CryptoKey, JWK         hasher.js      digests in pieces

import { host, utf8Encode } from "../../native.js";
import { assertNotGlobalScope } from "../scope.js";
import { Deferred, handled, INTERNAL, viewBytes, webClass } from "../util.js";
import { WritableStream } from "../writable.js";
import { algorithmParameter, hashName } from "./arguments.js";
import { Hasher } from "./hasher.js";
import { CryptoKey } from "./key.js";
import { SubtleCrypto } from "./subtle.js";
import { DOMException } from "../dom-exception.js";

/** Bytes that one getRandomValues call may fill. */
const MAX_RANDOM = 65_536;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function bytesOfChunk(chunk) {
  const bytes = typeof chunk === "string" ? utf8Encode(chunk) : viewBytes(chunk);
  if (bytes !== null) return bytes;
  throw new TypeError("DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/string type on its writable side.");
}

/** Workers extension: a stream whose content's digest is the promise `digest`. */
export class DigestStream extends WritableStream {
  #digest;
  #state;
  constructor(...args) {
    const [algorithm] = args;
    if (algorithm === undefined) {
      throw new TypeError("Failed to construct 'DigestStream': constructor parameter 1 is not of type 'string or HashAlgorithm'.");
    }
    const { name } = algorithmParameter(algorithm, "DigestStream", 1, "HashAlgorithm");
    const state = { hasher: new Hasher(hashName(name)), bytesWritten: 0 };
    const digest = new Deferred();
    super({
      write(chunk) {
        const bytes = bytesOfChunk(chunk);
        state.hasher.update(bytes);
        state.bytesWritten += bytes.byteLength;
      },
      close() {
        digest.resolve(state.hasher.finish());
      },
      abort(reason) {
        digest.reject(reason);
      },
    });
    this.#state = state;
    this.#digest = handled(digest.promise);
  }
  get digest() {
    return this.#digest;
  }
  get bytesWritten() {
    return BigInt(this.#state.bytesWritten);
  }
}
webClass(DigestStream);

function integerView(array) {
  if (!ArrayBuffer.isView(array)) throw new TypeError("Failed to execute 'getRandomValues' on 'Crypto': parameter 1 is not of type 'ArrayBufferView'.");
  if (array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
    throw new DOMException("ArrayBufferView argument to getRandomValues() must be an integer-typed view.", "TypeMismatchError");
  }
  return viewBytes(array);
}

/** The class of the global `crypto`. */
export class Crypto {
  #subtle = new SubtleCrypto(INTERNAL);
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  }
  get subtle() {
    return this.#subtle;
  }
  getRandomValues(...args) {
    const [array] = args;
    assertNotGlobalScope();
    const view = integerView(array);
    const { byteLength } = view;
    if (byteLength > MAX_RANDOM) {
      throw new DOMException(`getRandomValues() only accepts buffers of size <= 64K but provided ${byteLength} bytes.`, "QuotaExceededError");
    }
    if (byteLength > 0) view.set(new Uint8Array(host("crypto.random", byteLength)));
    return array;
  }
  randomUUID() {
    assertNotGlobalScope();
    const b = new Uint8Array(host("crypto.random", 16));
    const h = HEX;
    return h[b[0]] + h[b[1]] + h[b[2]] + h[b[3]] + "-" + h[b[4]] + h[b[5]] + "-" +
      h[(b[6] & 0x0f) | 0x40] + h[b[7]] + "-" + h[(b[8] & 0x3f) | 0x80] + h[b[9]] + "-" +
      h[b[10]] + h[b[11]] + h[b[12]] + h[b[13]] + h[b[14]] + h[b[15]];
  }
  get DigestStream() {
    return DigestStream;
  }
}
webClass(Crypto);

export const crypto = new Crypto(INTERNAL);
export { CryptoKey, SubtleCrypto };
