// CryptoKey, its usages, and JSON Web Keys as dictionaries.

import { latin1Decode, latin1Encode } from "../../native.js";
import { atob, btoa } from "../encoding.js";
import { INTERNAL, webClass } from "../util.js";
import { dataError, fail, keyParameterError } from "./arguments.js";

const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
/** What a private or a public key may be used for. */
export const PRIVATE_USAGES = ["decrypt", "sign", "deriveKey", "deriveBits", "unwrapKey"];
export const PUBLIC_USAGES = ["encrypt", "verify", "wrapKey"];
export const DERIVATION = ["deriveKey", "deriveBits"];

let stateOf;

/** A key for crypto.subtle. */
export class CryptoKey {
  #state;
  constructor(token, state) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#state = state;
    const { usages, algorithm, extractable, type } = state;
    for (const [name, value] of Object.entries({ usages: [...usages], algorithm: copy(algorithm), extractable, type })) {
      Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
    }
  }
  static {
    stateOf = (value) => (typeof value === "object" && value !== null && #state in value ? value.#state : undefined);
  }
}
webClass(CryptoKey);

/** What the owner of a key sees of its algorithm; changes to it change nothing. */
function copy(algorithm) {
  const seen = { ...algorithm };
  if (seen.publicExponent !== undefined) seen.publicExponent = seen.publicExponent.slice();
  if (seen.hash !== undefined) seen.hash = { name: seen.hash };
  return seen;
}

/**
 * Makes a key. `type` is "secret", "private" or "public"; `algorithm` is what it shows, with the
 * hash as a name; `data` is its secret, or its DER (SPKI or PKCS #8).
 */
export const makeKey = (type, algorithm, extractable, usages, data) =>
  new CryptoKey(INTERNAL, { type, algorithm, extractable, usages, data });

/** The state behind a key, or undefined for anything else. */
export const keyState = (value) => stateOf(value);

export function keyParameter(value, method, position) {
  const state = stateOf(value);
  if (state === undefined) throw keyParameterError(method, position);
  return state;
}

/** The usages in their order, each once, when all of them are `allowed`. */
export function checkUsages(name, what, given, allowed) {
  for (const usage of given) {
    if (!allowed.includes(usage)) fail("SyntaxError", `Attempt to ${what} ${name} key with invalid usage "${usage}".`);
  }
  return USAGES.filter((usage) => given.includes(usage));
}

export const among = (usages, allowed) => usages.filter((usage) => allowed.includes(usage));

/** The members of a JSON Web Key in the order in which an exported one has them. */
const MEMBERS = ["kty", "use", "key_ops", "alg", "ext", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "oth", "k", "pub", "priv"];

/** A JSON Web Key with every member; bytes become base64url. */
export function makeJwk(known) {
  const jwk = {};
  for (const name of MEMBERS) jwk[name] = known[name] instanceof ArrayBuffer ? toBase64Url(new Uint8Array(known[name])) : known[name];
  return jwk;
}

/** Reads a JSON Web Key's members as a dictionary. */
export function readJwk(given) {
  const jwk = {};
  for (const name of MEMBERS) {
    const value = given[name];
    if (value === undefined) continue;
    if (name === "ext") jwk.ext = !!value;
    else if (name === "key_ops" && Array.isArray(value)) jwk.key_ops = Array.from(value, (op) => `${op}`);
    else if (name === "oth" && Array.isArray(value)) jwk.oth = value;
    else if (name === "key_ops" || name === "oth") throw new TypeError(`Incorrect type for the '${name}' field on 'JsonWebKey': the provided value is not of type 'Array'.`);
    else jwk[name] = `${value}`;
  }
  jwk.kty ??= "undefined";
  return jwk;
}

export function toBase64Url(bytes) {
  return btoa(latin1Decode(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of a base64url member; a DataError that says `message` when it is missing or none. */
export function fromBase64Url(text, message) {
  if (text === undefined) dataError(message);
  let binary;
  try {
    binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    dataError(message);
  }
  return latin1Encode(binary);
}
