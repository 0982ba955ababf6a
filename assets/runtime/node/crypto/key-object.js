// node:crypto: KeyObject, and how keys are read.

import { host } from "../../native.js";
import { crypto } from "../../web/crypto/index.js";
import { fromBase64Url, keyState, makeJwk, readJwk, toBase64Url } from "../../web/crypto/key.js";
import { copyBytes, viewBytes } from "../../web/util.js";
import { Buffer } from "../buffer.js";
import { plainError } from "../errors.js";
import { validateObject, validateOneOf } from "../validate.js";
import { toBytes, wrongType } from "./bytes.js";
import { fromPem, toPem } from "./pem.js";

const ERR_INCOMPATIBLE = plainError("ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", (type, needed) => `The selected key encoding ${type} ${needed}.`);
const ERR_WRONG_TYPE = plainError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", (type, expected) => `Invalid key object type ${type}, expected ${expected}.`);

const CURVES = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };
const CURVE_NAMES = { __proto__: null, "p-256": "P-256", prime256v1: "P-256", secp256r1: "P-256", "p-384": "P-384", secp384r1: "P-384", "p-521": "P-521", secp521r1: "P-521" };

/** The proper name of a curve under any of its names; undefined for others. */
export const curveNamed = (name) => CURVE_NAMES[`${name}`.toLowerCase()];
export const getCurves = () => Object.values(CURVES);

const fail = (message) => {
  throw new Error(message);
};

let stateOf;

/** `state` is the secret, or the kind and DER of an asymmetric key. */
export class KeyObject {
  #state;
  constructor(type, state) {
    validateOneOf(type, "type", ["secret", "public", "private"]);
    if (state === undefined) wrongType("handle", "object", state);
    this.#state = { type, ...state };
  }
  static {
    stateOf = (value) => (typeof value === "object" && value !== null && #state in value ? value.#state : undefined);
  }
  static from(key) {
    const state = keyState(key);
    if (state === undefined) wrongType("key", "CryptoKey", key);
    if (state.type === "secret") return new SecretKeyObject(state.data);
    return state.type === "public" ? new PublicKeyObject(host("crypto.key.spki", state.data)) : new PrivateKeyObject(host("crypto.key.private", state.data));
  }
  get type() {
    return this.#state.type;
  }
  equals(other) {
    const theirs = stateOf(other);
    if (theirs === undefined) return false;
    const [a, b] = [this.#state, theirs].map(({ secret, der }) => secret ?? der);
    return this.#state.type === theirs.type && a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
  }
  get [Symbol.toStringTag]() {
    return "KeyObject";
  }
}

export class SecretKeyObject extends KeyObject {
  constructor(secret) {
    super("secret", { secret: copyBytes(secret) });
  }
  get symmetricKeySize() {
    return stateOf(this).secret.byteLength;
  }
  export(options) {
    const { secret } = stateOf(this);
    if (options !== undefined) validateObject(options, "options");
    if (options?.format === "jwk") return makeJwk({ kty: "oct", k: toBase64Url(secret), ext: true });
    return Buffer.from(secret);
  }
  toCryptoKey(algorithm, extractable, usages) {
    return toCryptoKey("raw", stateOf(this).secret, algorithm, extractable, usages);
  }
}

/** The key of the host's answer: { kind, public, private }. */
const asymmetricState = (key, der) => ({ kind: key.kind, der: new Uint8Array(der), parts: key.parts });

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType() {
    const { kind } = stateOf(this);
    return kind.startsWith("P-") ? "ec" : kind;
  }
  get asymmetricKeyDetails() {
    const { kind, parts } = stateOf(this);
    const details = { modulusLength: undefined, publicExponent: undefined, divisorLength: undefined, namedCurve: CURVES[kind] };
    if (kind === "rsa") {
      details.modulusLength = bitsOf(new Uint8Array(parts.n));
      details.publicExponent = new Uint8Array(parts.e).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
    }
    return details;
  }
  export(options = {}) {
    validateObject(options, "options");
    const state = stateOf(this);
    if (options.format === "jwk") return exportJwk(state);
    if (options.type === undefined) throw new TypeError("Missing type option");
    if (options.cipher !== undefined || options.passphrase !== undefined) fail("Encrypted private keys are not supported: export without cipher and passphrase");
    const [label, der] = state.type === "public" ? publicForm(state, options.type) : privateForm(state, options.type);
    return (options.format ?? "pem") === "pem" ? toPem(label, der) : Buffer.from(der);
  }
}

export class PublicKeyObject extends AsymmetricKeyObject {
  constructor(key) {
    super("public", asymmetricState(key, key.public));
  }
  toCryptoKey(algorithm, extractable, usages) {
    return toCryptoKey("spki", stateOf(this).der, algorithm, extractable, usages);
  }
}

export class PrivateKeyObject extends AsymmetricKeyObject {
  constructor(key) {
    super("private", asymmetricState(key, key.private));
  }
  toCryptoKey(algorithm, extractable, usages) {
    return toCryptoKey("pkcs8", stateOf(this).der, algorithm, extractable, usages);
  }
}

let importNow;

/** crypto.subtle imports later; a KeyObject needs its CryptoKey now. */
export function setImport(run) {
  importNow = run;
}

function toCryptoKey(format, data, algorithm, extractable, usages) {
  return importNow(format, data, algorithm, extractable, usages);
}

function bitsOf(number) {
  return number.byteLength * 8 - Math.clz32(number[0]) + 24;
}

function publicForm({ kind, der }, type) {
  if (type !== "pkcs1") return ["PUBLIC KEY", der];
  if (kind !== "rsa") throw new ERR_INCOMPATIBLE(type, "can only be used for RSA keys");
  return ["RSA PUBLIC KEY", new Uint8Array(host("crypto.key.write", "pkcs1", der))];
}

function privateForm({ kind, der }, type) {
  if (type === "pkcs1" && kind !== "rsa") throw new ERR_INCOMPATIBLE(type, "can only be used for RSA keys");
  if (type === "sec1" && !kind.startsWith("P-")) throw new ERR_INCOMPATIBLE(type, "can only be used for EC keys");
  if (type !== "pkcs1" && type !== "sec1") return ["PRIVATE KEY", der];
  return [type === "sec1" ? "EC PRIVATE KEY" : "RSA PRIVATE KEY", new Uint8Array(host("crypto.key.write", "traditional", der))];
}

const JWK = { rsa: { kty: "RSA" }, ed25519: { kty: "OKP", crv: "Ed25519", alg: "EdDSA" }, x25519: { kty: "OKP", crv: "X25519" } };

function exportJwk({ type, kind, der }) {
  return makeJwk({ ...(JWK[kind] ?? { kty: "EC", crv: kind }), ...host("crypto.key.parts", type === "private", der) });
}

// ---- reading ----

function fromJwk(given, isPrivate) {
  validateObject(given, "options.key");
  const jwk = readJwk(given);
  const kind = jwk.kty === "RSA" ? "rsa" : jwk.kty === "EC" ? curveNamed(jwk.crv) : jwk.kty === "OKP" ? `${jwk.crv}`.toLowerCase() : undefined;
  if (kind === undefined) fail("Unsupported JWK asymmetric key type");
  const names = ["n", "e", "x", "y", ...(isPrivate ? ["d", "p", "q"] : [])].filter((name) => jwk[name] !== undefined);
  if (isPrivate && jwk.d === undefined) fail("JWK import failed");
  const parts = Object.fromEntries(names.map((name) => [name, fromBase64Url(jwk[name], "JWK import failed")]));
  return host("crypto.key.join", kind, parts) ?? fail("JWK import failed");
}

/** What the host makes of DER or PEM; null when it can make nothing of it. */
function readBytes(bytes, format, type, isPrivate) {
  const pem = format === "der" ? undefined : fromPem(Buffer.from(bytes).toString("latin1"));
  if (pem === undefined && format !== "der") return null;
  if (pem?.label === "ENCRYPTED PRIVATE KEY") fail("Encrypted private keys are not supported: decrypt the key first");
  if (pem?.label === "CERTIFICATE") fail("Certificates are not supported: give the public key");
  const der = pem === undefined ? bytes : pem.der;
  if (pem?.label.endsWith("PRIVATE KEY")) return host("crypto.key.private", der);
  if (isPrivate) return pem === undefined ? host("crypto.key.private", der) : null;
  if (pem?.label === "RSA PUBLIC KEY" || type === "pkcs1") return host("crypto.key.pkcs1", der);
  return host("crypto.key.spki", der);
}

const KEYS = ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView", "Object"];

/** Reads what createPrivateKey and createPublicKey take; also a KeyObject where `orObject`. */
function readKey(given, isPrivate) {
  if (given === undefined || given === null) wrongType("key", KEYS, given);
  const isPlain = typeof given !== "string" && viewBytes(given) === null;
  const options = isPlain ? given : { key: given };
  const inner = stateOf(options.key);
  if (inner !== undefined) return fromState(inner, isPrivate);
  if (options.format === "jwk") return fromJwk(options.key, isPrivate);
  if (typeof options.key !== "string" && viewBytes(options.key) === null) wrongType("options.key", KEYS, options.key);
  const bytes = toBytes(options.key, "options.key", KEYS, options.encoding);
  const key = readBytes(bytes, options.format ?? "pem", options.type, isPrivate);
  if (key === null || typeof key === "number") fail(`Failed to parse ${isPrivate ? "private" : "public"} key`);
  return key;
}

function fromState({ type, der }, isPrivate) {
  if (type === "secret" || (isPrivate && type === "public")) throw new ERR_WRONG_TYPE(type, isPrivate ? "private" : "private or public");
  return host(type === "public" ? "crypto.key.spki" : "crypto.key.private", der);
}

export const createPrivateKey = (key) => {
  if (stateOf(key) !== undefined) wrongType("options.key", KEYS, undefined);
  return new PrivateKeyObject(readKey(key, true));
};

export function createPublicKey(key) {
  const state = stateOf(key);
  if (state !== undefined && state.type !== "private") throw new ERR_WRONG_TYPE(state.type, "private");
  return new PublicKeyObject(state === undefined ? readKey(key, false) : fromState(state, false));
}

export function createSecretKey(key, encoding) {
  if (key === undefined || key === null) wrongType("key", ["string", "ArrayBuffer", "TypedArray", "DataView"], key);
  if (typeof key !== "string" && viewBytes(key) === null) {
    throw new TypeError("Failed to execute 'createSecretKey' on 'CryptoImpl': parameter 1 is not of type 'BufferSource'.");
  }
  return new SecretKeyObject(toBytes(key, "key", [], encoding));
}

/** Whether a value is a KeyObject, of any type. */
export const isKeyObject = (value) => stateOf(value) !== undefined;

/** The secret of a secret KeyObject, or undefined for anything else. */
export const secretOf = (value) => stateOf(value)?.secret;

/**
 * DER and kind of a key that is given as a KeyObject, CryptoKey, text, bytes or options with one of
 * them: the private key, or the public one (of a private key too).
 */
export function asymmetricOf(given, type) {
  const inner = given?.key === undefined ? given : given.key;
  const web = keyState(inner);
  const state = stateOf(inner) ?? (web === undefined ? undefined : { type: web.type, der: web.data });
  if (state !== undefined && type === "private" && state.type !== "private") throw new ERR_WRONG_TYPE(state.type, "private");
  const key = state === undefined ? readKey(given, type === "private") : fromState(state, type === "private");
  return { kind: key.kind, der: new Uint8Array(type === "private" ? key.private : key.public), modulus: key.parts.n?.byteLength };
}

// ---- making ----

/** What the encodings in the options of generateKeyPair make of a key. */
const encoded = (key, encoding) => (encoding === undefined || encoding === null ? key : key.export(encoding));

export function pairOf(key, options) {
  return {
    publicKey: encoded(new PublicKeyObject(key), options?.publicKeyEncoding),
    privateKey: encoded(new PrivateKeyObject(key), options?.privateKeyEncoding),
  };
}

export function secretFor(bits) {
  return new SecretKeyObject(new Uint8Array(host("crypto.random", bits / 8)));
}

