// node:crypto: Diffie-Hellman on elliptic curves.

import { host } from "../../native.js";
import { Buffer } from "../buffer.js";
import { plainError } from "../errors.js";
import { validateObject, validateString } from "../validate.js";
import { BUFFERS, output, toBytes } from "./bytes.js";
import { asymmetricOf, curveNamed } from "./key-object.js";

const ERR_INVALID_PUBLIC = plainError("ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", () => "Public key is not valid for specified curve");
const ERR_INVALID_FORMAT = plainError("ERR_CRYPTO_ECDH_INVALID_FORMAT", (format) => `Invalid ECDH format: ${format}`);
const fail = (message) => {
  throw new Error(message);
};

export function diffieHellman(options) {
  validateObject(options, "options");
  const [own, other] = [asymmetricOf(options.privateKey, "private"), asymmetricOf(options.publicKey, "public")];
  return Buffer.from(host("crypto.agree", own.der, other.der) ?? fail("Failed to derive shared diffie-hellman secret"));
}

/** A point in the form that `format` names: "uncompressed", "compressed" or "hybrid". */
function formed(point, format = "uncompressed") {
  if (format === "uncompressed") return point;
  const size = (point.byteLength - 1) / 2;
  const odd = point[point.byteLength - 1] & 1;
  if (format === "hybrid") return point.with(0, 6 + odd);
  if (format !== "compressed") throw new ERR_INVALID_FORMAT(format);
  return point.slice(0, size + 1).with(0, 2 + odd);
}

function readPoint(curve, bytes) {
  const plain = bytes[0] === 6 || bytes[0] === 7 ? new Uint8Array(bytes).with(0, 4) : bytes;
  return host("crypto.key.raw", curve, plain);
}

export class ECDH {
  #curve;
  #key;
  constructor(curve) {
    validateString(curve, "curve");
    this.#curve = curveNamed(curve) ?? fail("Failed to create key using named curve");
  }
  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    validateString(curve, "curve");
    const named = curveNamed(curve) ?? fail("Failed to create key using named curve");
    const point = readPoint(named, toBytes(key, "key", ["string", ...BUFFERS], inputEncoding)) ?? fail("Failed to convert Buffer to EC_POINT");
    return output(formed(rawOf(point), format), outputEncoding);
  }
  #made() {
    return this.#key ?? fail("Failed to get ECDH public key");
  }
  generateKeys(encoding, format) {
    this.#key = host("crypto.generate", this.#curve);
    return this.getPublicKey(encoding, format);
  }
  getPublicKey(encoding, format) {
    return output(formed(rawOf(this.#made()), format), encoding);
  }
  getPrivateKey(encoding) {
    if (this.#key === undefined) fail("Failed to get ECDH private key");
    return output(host("crypto.key.parts", true, this.#key.private).d, encoding);
  }
  setPrivateKey(key, encoding) {
    const d = toBytes(key, "key", ["string", ...BUFFERS], encoding);
    this.#key = host("crypto.key.join", this.#curve, { d }) ?? fail("Private key is not valid for specified curve.");
  }
  computeSecret(otherPublicKey, inputEncoding, outputEncoding) {
    const bytes = toBytes(otherPublicKey, "otherPublicKey", ["string", ...BUFFERS], inputEncoding);
    const other = readPoint(this.#curve, bytes);
    if (other === null) throw new ERR_INVALID_PUBLIC();
    return output(host("crypto.agree", this.#made().private, other.public), outputEncoding);
  }
}

const rawOf = (key) => new Uint8Array(host("crypto.key.write", "raw", key.public));

export const createECDH = (curve) => new ECDH(curve);
