// node:crypto: Diffie-Hellman on elliptic curves.

import { host } from "../../native.js";
import { Buffer } from "../buffer.js";
import { validateObject, validateOneOf, validateString } from "../validate.js";
import { BUFFERS, output, toBytes, wrongType } from "./bytes.js";
import { asymmetricOf, curveNamed, isKeyObject } from "./key-object.js";

const fail = (message) => {
  throw new Error(message);
};

export function diffieHellman(options) {
  if (typeof options !== "object") wrongType("options", "object", options);
  validateObject(options, "options");
  for (const name of ["publicKey", "privateKey"]) {
    if (!isKeyObject(options[name])) wrongType(`options.${name}`, "KeyObject", options[name]);
  }
  const [own, other] = [asymmetricOf(options.privateKey, "private"), asymmetricOf(options.publicKey, "public")];
  return Buffer.from(host("crypto.agree", own.der, other.der) ?? fail("Failed to derive shared diffie-hellman secret"));
}

/** A point in the form that `format` names: "uncompressed", "compressed" or "hybrid". */
function formed(point, format = "uncompressed") {
  validateOneOf(format, "format", ["compressed", "uncompressed", "hybrid"]);
  if (format === "uncompressed") return point;
  const size = (point.byteLength - 1) / 2;
  const odd = point[point.byteLength - 1] & 1;
  if (format === "hybrid") return point.with(0, 6 + odd);
  return point.slice(0, size + 1).with(0, 2 + odd);
}

/** Curves that there are, but not here. */
const ELSEWHERE = ["secp224r1", "secp256k1"];

function requireCurve(name) {
  validateString(name, "curve");
  return curveNamed(name) ?? fail(ELSEWHERE.includes(name) ? "Failed to create key using named curve" : "Invalid curve");
}

function readPoint(curve, bytes) {
  const plain = bytes[0] === 6 || bytes[0] === 7 ? new Uint8Array(bytes).with(0, 4) : bytes;
  return host("crypto.key.raw", curve, plain);
}

export class ECDH {
  #curve;
  #key;
  constructor(curve) {
    this.#curve = requireCurve(curve);
  }
  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    const point = readPoint(requireCurve(curve), toBytes(key, "key", ["string", ...BUFFERS], inputEncoding)) ?? fail("Failed to convert Buffer to EC_POINT");
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
    const other = readPoint(this.#curve, bytes) ?? fail("Failed to set point");
    return output(host("crypto.agree", this.#made().private, other.public), outputEncoding);
  }
}

const rawOf = (key) => new Uint8Array(host("crypto.key.write", "raw", key.public));

export const createECDH = (curve) => new ECDH(curve);
