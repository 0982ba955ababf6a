// crypto: random values, digests and HMAC. Other algorithms are refused by name.

import { host } from "../native.js";
import { DOMException } from "./dom-exception.js";
import { CryptoKey, exportKey, generateKey, importKey, sign, verify } from "./crypto-hmac.js";
import { assertNotGlobalScope } from "./scope.js";
import { concatBytes, copyBytes, Deferred, handled, INTERNAL, requireBytes, viewBytes, webClass } from "./util.js";
import { WritableStream } from "./writable.js";

/** Bytes that one getRandomValues call may fill. */
const MAX_RANDOM = 65_536;
const DIGESTS = ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5"];
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function algorithmName(algorithm) {
  return `${(typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm) ?? ""}`;
}

/** The canonical name of a digest algorithm; a NotSupportedError for any other. */
function digestName(algorithm) {
  const given = algorithmName(algorithm);
  const found = DIGESTS.find((name) => name === given.toUpperCase());
  if (found === undefined) {
    throw new DOMException("Unrecognized or unimplemented digest algorithm requested.", "NotSupportedError");
  }
  return found;
}

function unsupported(method, algorithm) {
  const name = algorithmName(algorithm);
  throw new DOMException(`crypto.subtle.${method}${name === "" ? "" : ` with ${name}`} is not implemented in this runtime. Available: digest (${DIGESTS.join(", ")}) and HMAC.`, "NotSupportedError");
}

function requireHmac(method, algorithm) {
  if (algorithmName(algorithm).toUpperCase() !== "HMAC") unsupported(method, algorithm);
}

/** The class of `crypto.subtle`. */
export class SubtleCrypto {
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  }
  async digest(algorithm, data) {
    return host("crypto.digest", digestName(algorithm), copyBytes(requireBytes(data, "Failed to execute 'digest' on 'SubtleCrypto': parameter 2 is not of type 'BufferSource'.")));
  }
  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    requireHmac("importKey", algorithm);
    return importKey(`${format}`, keyData, algorithm, extractable, keyUsages);
  }
  async exportKey(format, key) {
    return exportKey(`${format}`, key);
  }
  async generateKey(algorithm, extractable, keyUsages) {
    requireHmac("generateKey", algorithm);
    assertNotGlobalScope();
    return generateKey(algorithm, extractable, keyUsages);
  }
  async sign(algorithm, key, data) {
    requireHmac("sign", algorithm);
    return sign(key, requireBytes(data, "crypto.subtle.sign"));
  }
  async verify(algorithm, key, signature, data) {
    requireHmac("verify", algorithm);
    return verify(key, requireBytes(signature, "crypto.subtle.verify"), requireBytes(data, "crypto.subtle.verify"));
  }
  async encrypt(algorithm, key, data) {
    unsupported("encrypt", algorithm);
  }
  async decrypt(algorithm, key, data) {
    unsupported("decrypt", algorithm);
  }
  async deriveKey(algorithm, baseKey, derivedKeyAlgorithm, extractable, keyUsages) {
    unsupported("deriveKey", algorithm);
  }
  async deriveBits(algorithm, baseKey, length = null) {
    unsupported("deriveBits", algorithm);
  }
  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    unsupported("wrapKey", wrapAlgorithm);
  }
  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
    unsupported("unwrapKey", unwrapAlgorithm);
  }
  /** Workers extension: compares in a time that does not depend on the content. */
  timingSafeEqual(a, b) {
    const left = requireBytes(a, "crypto.subtle.timingSafeEqual");
    const right = requireBytes(b, "crypto.subtle.timingSafeEqual");
    if (left.byteLength !== right.byteLength) throw new TypeError("Input buffers must have the same byte length.");
    let difference = 0;
    for (let i = 0; i < left.byteLength; i++) difference |= left[i] ^ right[i];
    return difference === 0;
  }
}
webClass(SubtleCrypto);

/** Workers extension: a stream whose content's digest is the promise `digest`. */
export class DigestStream extends WritableStream {
  #digest;
  #state;
  constructor(algorithm) {
    const name = digestName(algorithm);
    const state = { chunks: [], bytesWritten: 0 };
    const digest = new Deferred();
    super({
      write(chunk) {
        const bytes = typeof chunk === "string" ? null : viewBytes(chunk);
        if (bytes === null) throw new TypeError("DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/string type on its writable side.");
        state.chunks.push(copyBytes(bytes));
        state.bytesWritten += bytes.byteLength;
      },
      close() {
        digest.resolve(host("crypto.digest", name, concatBytes(state.chunks, state.bytesWritten)));
        state.chunks = [];
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

/** The class of the global `crypto`. */
export class Crypto {
  #subtle = new SubtleCrypto(INTERNAL);
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  }
  get subtle() {
    return this.#subtle;
  }
  getRandomValues(array) {
    assertNotGlobalScope();
    if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
      throw new DOMException("ArrayBufferView argument to getRandomValues() must be an integer-typed view.", "TypeMismatchError");
    }
    const { byteLength } = array;
    if (byteLength > MAX_RANDOM) {
      throw new DOMException(`getRandomValues() only accepts buffers of size <= 64K but provided ${byteLength} bytes.`, "QuotaExceededError");
    }
    if (byteLength > 0) viewBytes(array).set(new Uint8Array(host("crypto.random", byteLength)));
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
export { CryptoKey };
