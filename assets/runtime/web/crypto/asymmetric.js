// Key pairs: RSA, elliptic curves of NIST, Ed25519 and X25519. A key's data is its DER.

import { host } from "../../native.js";
import { dataError, hashOf, hashSize, invalidAccess, needed, notSupported, operationError } from "./arguments.js";
import { among, checkUsages, DERIVATION, fromBase64Url, keyState, makeJwk, makeKey, PRIVATE_USAGES, PUBLIC_USAGES } from "./key.js";

/** Bits of an RSA modulus that the host works with. */
const RSA_BITS = { least: 1024, most: 4096 };
const SIGNING = ["sign", "verify"];
const CURVES = ["P-256", "P-384", "P-521"];

const usagesOf = (name) => {
  if (name === "RSA-OAEP") return ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
  return name === "ECDH" || name === "X25519" ? DERIVATION : SIGNING;
};
const isRsa = (name) => name.startsWith("RSA");
const isNist = (name) => name === "ECDSA" || name === "ECDH";
const isAgreement = (name) => name === "ECDH" || name === "X25519";

// ---- making ----

function makePair(pair, algorithm, extractable, usages) {
  return {
    publicKey: makeKey("public", algorithm, true, isAgreement(algorithm.name) ? [] : among(usages, PUBLIC_USAGES), new Uint8Array(pair.public)),
    privateKey: makeKey("private", algorithm, extractable, among(usages, PRIVATE_USAGES), new Uint8Array(pair.private)),
  };
}

function withoutZeros(bytes) {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? bytes.byteLength : first);
}

/** The public exponent as a number; undefined beyond 32 bits. */
function exponentOf(bytes) {
  const digits = withoutZeros(bytes);
  return digits.byteLength > 4 ? undefined : digits.reduce((all, byte) => all * 256 + byte, 0);
}

export function generateRsa(name, algorithm, extractable, given) {
  const publicExponent = needed(algorithm, "publicExponent");
  needed(algorithm, "hash");
  const modulusLength = needed(algorithm, "modulusLength");
  if (modulusLength <= 0) operationError(`modulusLength must be greater than zero (requested ${modulusLength}).`);
  const hash = hashOf(algorithm);
  const usages = checkUsages(name, "generate", given, usagesOf(name));
  if (modulusLength % 8 !== 0 || modulusLength < 256 || modulusLength > 16384) {
    operationError(`The modulus length must be a multiple of 8 and between 256 and 16k, but ${modulusLength} was requested.`);
  }
  const exponent = exponentOf(publicExponent);
  if (exponent !== 3 && exponent !== 65537) {
    operationError(`The "publicExponent" must be either 3 or 65537, but got ${exponent ?? "a number larger than 2^32"}.`);
  }
  if (modulusLength % 128 !== 0) operationError("Can't generate key: RSA key size is required to be a multiple of 128");
  if (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most) {
    operationError(`RSA keys of ${modulusLength} bits are not supported: ${RSA_BITS.least} to ${RSA_BITS.most} bits are.`);
  }
  const pair = host("crypto.generate", "rsa", modulusLength, exponent);
  return makePair(pair, { name, modulusLength, publicExponent, hash }, extractable, usages);
}

function curveOf(algorithm) {
  const given = needed(algorithm, "namedCurve");
  const curve = CURVES.find((known) => known === given.toUpperCase());
  return curve ?? notSupported(`Unrecognized or unimplemented EC curve "${given}" requested.`);
}

export function generateEc(name, algorithm, extractable, given) {
  const usages = checkUsages(name, "generate", given, usagesOf(name));
  const namedCurve = curveOf(algorithm);
  return makePair(host("crypto.generate", namedCurve), { name, namedCurve }, extractable, usages);
}

/** The legacy name has a curve, which must be of the same name. */
function edwards(name, algorithm) {
  if (name !== "NODE-ED25519") return { name };
  const namedCurve = needed(algorithm, "namedCurve");
  if (namedCurve !== name) notSupported(`EDDSA curve "${namedCurve}" isn't supported.`);
  return { name, namedCurve };
}

const edwardsKind = (name) => (name === "X25519" ? "x25519" : "ed25519");

export function generateEdwards(name, algorithm, extractable, given) {
  const usages = checkUsages(name, "generate", given, usagesOf(name));
  return makePair(host("crypto.generate", edwardsKind(name)), edwards(name, algorithm), extractable, usages);
}

// ---- reading ----

/** Reads SPKI, PKCS #8 or a JSON Web Key: the key as the host writes it, and its usages. */
function importKey(name, format, keyData, extractable, given, fromJwk) {
  const allowed = usagesOf(name);
  if (format === "jwk") {
    const isPrivate = keyData.d !== undefined;
    const forPublic = isAgreement(name) ? [] : PUBLIC_USAGES;
    const usages = checkUsages(name, isPrivate ? "import private" : "import public", given, among(allowed, isPrivate ? PRIVATE_USAGES : forPublic));
    if (isPrivate && keyData.oth !== undefined) notSupported("Multi-prime private keys not supported.");
    checkJwkUse(name, keyData, given);
    if (extractable && keyData.ext === false) dataError("Cannot create an extractable CryptoKey from an unextractable JSON Web Key.");
    return { key: fromJwk(keyData), usages };
  }
  if (format === "spki" || format === "pkcs8") {
    const isPublic = format === "spki";
    const key = host(isPublic ? "crypto.key.spki" : "crypto.key.private", keyData);
    if (key === null) dataError(`Invalid ${format.toUpperCase()} input.`);
    if (typeof key === "number") dataError(`Invalid ${key} trailing bytes after ${format.toUpperCase()} input.`);
    const those = isPublic ? (isAgreement(name) ? [] : PUBLIC_USAGES) : PRIVATE_USAGES;
    return { key, usages: checkUsages(name, isPublic ? "import public" : "import private", given, among(allowed, those)) };
  }
  notSupported(`Unrecognized key import format "${format}".`);
}

/** What `use` and `key_ops` of a JSON Web Key must say (RFC 7517, 4.2 and 4.3). */
function checkJwkUse(name, { use, key_ops }, given) {
  const [expected, ...operations] = name === "RSA-OAEP" ? ["enc", "encrypt", "wrapKey"] : isAgreement(name) ? ["enc"] : ["sig", "sign", "verify"];
  if (given.length > 0 && use !== undefined && use !== expected) {
    dataError(`Asymmetric "jwk" key import with usages requires a JSON Web Key with Public Key Use parameter "use" ("${use}") equal to "sig".`);
  }
  if (key_ops === undefined) return;
  if (new Set(key_ops).size < key_ops.length) dataError(`A JSON Web Key's Key Operations parameter ("key_ops") must not contain duplicates.`);
  if (use !== undefined) {
    if (use !== expected) dataError(`Asymmetric "jwk" import requires a JSON Web Key with Public Key Use "use" ("${use}") equal to "${expected}".`);
    for (const op of key_ops.toSorted()) checkOperation(name, op, operations);
  }
  if (given.some((usage) => !key_ops.includes(usage))) {
    dataError(`All specified key usages must be present in the JSON Web Key's Key Operations parameter ("key_ops").`);
  }
}

function checkOperation(name, op, operations) {
  const rule = `A JSON Web Key should have either a Public Key Use parameter ("use") or a Key Operations parameter ("key_ops"); otherwise, the parameters must be consistent with each other.`;
  if (operations.length === 0) {
    dataError(`${rule} For public ${name} keys, there are no valid usages,so keys with a non-empty "key_ops" parameter are not allowed.`);
  }
  if (!operations.includes(op)) {
    dataError(`${rule} A Public Key Use for ${name} would allow a Key Operations array with only "${operations[0]}" and/or "${operations[1]}" values (not "${op}").`);
  }
}

function keep({ key, usages }, algorithm, extractable) {
  return key.private === undefined
    ? makeKey("public", algorithm, extractable, usages, new Uint8Array(key.public))
    : makeKey("private", algorithm, extractable, usages, new Uint8Array(key.private));
}

const JWK_PREFIX = { "RSASSA-PKCS1-v1_5": "RS", "RSA-PSS": "PS", "RSA-OAEP": "RSA-OAEP-" };

/** The name that a JSON Web Key gives to an algorithm of RSA. */
const rsaAlg = (name, hash) => (name === "RSA-OAEP" && hash === "SHA-1" ? name : JWK_PREFIX[name] + hash.slice(4));
const SHA = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

export function importRsa(name, format, keyData, algorithm, extractable, given) {
  const hash = hashOf(algorithm);
  const imported = importKey(name, format, keyData, extractable, given, (jwk) => rsaFromJwk(name, hash, jwk));
  const { kind, parts } = imported.key;
  if (kind !== "rsa") dataError("Input was not an RSA key.");
  const publicExponent = new Uint8Array(parts.e);
  const modulusLength = parts.n.byteLength * 8;
  checkRsa(modulusLength, publicExponent);
  return keep(imported, { name, modulusLength, publicExponent, hash }, extractable);
}

function checkRsa(modulusLength, publicExponent) {
  if (modulusLength < 256 || modulusLength > 16384) {
    operationError(`The modulus length must be a multiple of 8 and between 256 and 16k, but ${modulusLength} was requested.`);
  }
  const exponent = exponentOf(publicExponent);
  if (exponent === undefined) operationError('The "publicExponent" must be either 3 or 65537, but got a number larger than 2^32.');
  if (![3, 17, 37, 65537].includes(exponent)) operationError(`Imported RSA key has invalid publicExponent ${exponent}.`);
  if (modulusLength > RSA_BITS.most) operationError(`RSA keys of ${modulusLength} bits are not supported: at most ${RSA_BITS.most} bits are.`);
}

function rsaFromJwk(name, hash, jwk) {
  if (jwk.kty !== "RSA") dataError(`RSASSA-PKCS1-v1_5 "jwk" key import requires a JSON Web Key with Key Type parameter "kty" ("${jwk.kty}") equal to "RSA".`);
  if (jwk.alg !== undefined) {
    if (!SHA.some((known) => rsaAlg(name, known) === jwk.alg)) notSupported(`Unrecognized or unimplemented algorithm "${jwk.alg}" listed in JSON Web Key Algorithm parameter.`);
    if (rsaAlg(name, hash) !== jwk.alg) dataError(`JSON Web Key Algorithm parameter "alg" ("${jwk.alg}") does not match requested hash algorithm "${jwk.alg}".`);
  }
  const invalid = "Invalid RSA key in JSON Web Key; missing or invalid";
  const parts = { n: fromBase64Url(jwk.n, `${invalid} Modulus parameter ("n").`), e: fromBase64Url(jwk.e, `${invalid} Exponent parameter ("e").`) };
  if (jwk.d !== undefined) {
    parts.d = fromBase64Url(jwk.d, `${invalid} Private Exponent parameter ("d").`);
    const factors = [["p", "First Prime Factor"], ["q", "Second Prime Factor"], ["dp", "First Factor CRT Exponent"], ["dq", "Second Factor CRT Exponent"], ["qi", "First CRT Coefficient"]];
    const present = factors.filter(([member]) => jwk[member] !== undefined);
    if (present.length !== 0 && present.length !== 5) {
      dataError('Invalid RSA private key in JSON Web Key; if one Prime Factor or CRT Exponent/Coefficient parameter is present, then they must all be present ("p", "q", "dp", "dq", "qi").');
    }
    for (const [member, what] of present) parts[member] = fromBase64Url(jwk[member], `Invalid RSA key in JSON Web Key; invalid ${what} parameter ("${member}").`);
  }
  checkRsa(withoutZeros(parts.n).byteLength * 8, parts.e);
  return host("crypto.key.join", "rsa", parts) ?? dataError("Invalid RSA key in JSON Web Key.");
}

export function importEc(name, format, keyData, algorithm, extractable, given) {
  const namedCurve = curveOf(algorithm);
  const imported = format === "raw" ? importRaw(name, namedCurve, keyData, given) : importKey(name, format, keyData, extractable, given, (jwk) => ecFromJwk(name, namedCurve, jwk));
  const { kind } = imported.key;
  if (!CURVES.includes(kind)) dataError(name === "ECDSA" ? "Input was not an EC key." : "Input was not an EC public key nor a DH key.");
  if (kind !== namedCurve) {
    dataError(`"algorithm.namedCurve" "${algorithm.namedCurve}"${name === "ECDSA" ? "" : ","} does not match the curve specified by the input key data.`);
  }
  return keep(imported, { name, namedCurve }, extractable);
}

function importRaw(name, kind, keyData, given) {
  const usages = checkUsages(name, "import public", given, isAgreement(name) ? [] : ["verify"]);
  const size = keyData.byteLength;
  if (kind.endsWith("25519") && size !== 32) dataError(`${kind === "x25519" ? "X25519" : "Ed25519"} raw keys must be exactly 32-bytes (provided ${size}).`);
  const key = host("crypto.key.raw", kind, keyData);
  if (key === null) dataError(`Failed to import raw EC key data${size === 0 ? "" : `: ${whyNoPoint(kind, keyData)}`}.`);
  return { key, usages };
}

/** Bytes of a coordinate. */
const FIELDS = { "P-256": 32, "P-384": 48, "P-521": 66 };

function whyNoPoint(curve, bytes) {
  const size = bytes.byteLength - 1;
  if (bytes[0] === 4 && size === 2 * FIELDS[curve]) return "Point is not on curve.";
  return (bytes[0] === 2 || bytes[0] === 3) && size === FIELDS[curve] ? "Invalid compressed point." : "Invalid point encoding.";
}

const ES = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

function ecFromJwk(name, curve, jwk) {
  if (jwk.kty !== "EC") dataError(`Elliptic curve "jwk" key import requires a JSON Web Key with Key Type parameter "kty" ("${jwk.kty}") equal to "EC".`);
  if (name === "ECDSA" && jwk.alg !== undefined) {
    if (!Object.hasOwn(ES, jwk.alg)) notSupported(`Unrecognized or unimplemented algorithm "${jwk.alg}" listed in JSON Web Key Algorithm parameter.`);
    if (ES[jwk.alg] !== curve) dataError(`JSON Web Key Algorithm parameter "alg" ("${jwk.alg}") does not match requested curve.`);
  }
  const x = fromBase64Url(jwk.x, 'Invalid EC key in JSON Web Key; missing "x".');
  const y = fromBase64Url(jwk.y, 'Invalid EC key in JSON Web Key; missing "y".');
  const key = host("crypto.key.join", curve, { x, y }) ?? operationError('Invalid EC key; public key coordinates "x" and "y" are invalid: Point is not on curve..');
  if (jwk.d === undefined) return key;
  const d = fromBase64Url(jwk.d, 'Invalid EC key in JSON Web Key; missing or invalid private key component ("d").');
  if (host("crypto.key.join", curve, { d }) === null) operationError('Invalid EC key; private key component "d" is invalid.');
  return host("crypto.key.join", curve, { x, y, d }) ?? dataError("Invalid EC key in JSON Web Key.");
}

export function importEdwards(name, format, keyData, algorithm, extractable, given) {
  const shown = edwards(name, algorithm);
  const kind = edwardsKind(name);
  const imported = format === "raw" ? importRaw(name, kind, keyData, given) : importKey(name, format, keyData, extractable, given, (jwk) => okpFromJwk(kind, jwk));
  if (imported.key.kind !== kind) dataError(`Input was not an ${name} key.`);
  return keep(imported, shown, extractable);
}

function okpFromJwk(kind, jwk) {
  const curve = kind === "x25519" ? "X25519" : "Ed25519";
  if (jwk.kty !== "OKP") dataError(`${curve} "jwk" key imports requires a JSON Web Key with Key Type parameter "kty" ("${jwk.kty}") equal to "OKP".`);
  if (jwk.crv === undefined) dataError(`Missing field "crv" for ${curve} key.`);
  if (jwk.crv !== curve) notSupported(`Only ${curve} is supported but "${jwk.crv}" was requested.`);
  if (curve === "Ed25519" && jwk.alg !== undefined && jwk.alg !== "EdDSA") {
    dataError(`JSON Web Key Algorithm parameter "alg" ("${jwk.alg}") does not match requested Ed25519 curve.`);
  }
  const parts = { x: fromBase64Url(jwk.x, `Invalid ${curve} key in JSON WebKey; missing or invalid public key component ("x").`) };
  if (parts.x.byteLength !== 32) dataError(`Invalid length ${parts.x.byteLength} for public key`);
  if (jwk.d !== undefined) {
    parts.d = fromBase64Url(jwk.d, `Invalid ${curve} key in JSON Web Key; missing or invalid private key component ("d").`);
    if (parts.d.byteLength !== 32) dataError(`Invalid length ${parts.d.byteLength} for private key`);
  }
  return host("crypto.key.join", kind, parts);
}

// ---- writing ----

export function exportAsymmetric(key, format) {
  const { name } = key.algorithm;
  switch (format) {
    case "pkcs8":
      if (key.type !== "private") invalidAccess(`Asymmetric pkcs8 export requires private key (not "${key.type}").`);
      return key.data.slice().buffer;
    case "spki":
      if (key.type !== "public") invalidAccess(`Asymmetric spki export requires public key (not "${key.type}").`);
      return key.data.slice().buffer;
    case "jwk":
      return exportJwk(key);
    case "raw":
      if (isRsa(name)) break;
      if (key.type !== "public") invalidAccess(`Raw export of ${isNist(name) ? "elliptic curve" : name} keys is only allowed for public keys.`);
      return host("crypto.key.write", "raw", key.data);
  }
  invalidAccess(`Cannot export "${name}" in "${format}" format.`);
}

function exportJwk(key) {
  const { name, hash, namedCurve } = key.algorithm;
  const known = { key_ops: [...key.usages], ext: true };
  if (isRsa(name)) {
    if (!hash.startsWith("SHA")) notSupported(`JWK export not supported for hash algorithm "${hash}".`);
    Object.assign(known, { kty: "RSA", alg: rsaAlg(name, hash) });
  } else if (isNist(name)) {
    Object.assign(known, { kty: "EC", crv: namedCurve });
  } else {
    Object.assign(known, { kty: "OKP", crv: name === "X25519" ? name : "Ed25519", alg: name === "Ed25519" ? "EdDSA" : undefined });
  }
  return makeJwk(Object.assign(known, host("crypto.key.parts", key.type === "private", key.data)));
}

// ---- using ----

/** The arguments that tell the host how a signature is made: scheme, hash, length of the salt. */
function scheme(key, algorithm, isVerifying) {
  const { name, hash } = key.algorithm;
  switch (name) {
    case "RSASSA-PKCS1-v1_5":
      return ["pkcs1", hash, 0];
    case "RSA-PSS": {
      const salt = algorithm.saltLength;
      if (salt === undefined) {
        const message = "Failed to provide salt for RSA-PSS key operation which requires a salt";
        if (isVerifying) throw new TypeError(message);
        dataError(message);
      }
      if (salt < 0) dataError(`SaltLength for RSA-PSS must be non-negative (provided ${salt}).`);
      return ["pss", hash, salt];
    }
    case "ECDSA":
      if (algorithm.hash === undefined) {
        throw new TypeError('Missing "hash" in AlgorithmIdentifier. (ECDSA requires that the hash algorithm be specified at call time rather than on the key. This differs from other WebCrypto algorithms for historical reasons.)');
      }
      return ["ecdsa", hashOf(algorithm), 0];
  }
  return ["ed25519", "", 0];
}

function checkSize([name, hash, salt], modulus) {
  const size = hashSize(hash);
  if (name === "pkcs1" && size + 32 > modulus) operationError(`key too small for signing with given digest, need at least ${8 * (size + 32)}bits.`);
  if (name === "pss" && size + 2 > modulus) operationError("key too small for signing with given digest");
  if (name === "pss" && salt > modulus - size - 2) operationError("key too small for signing with given digest and salt length");
}

export function signAsymmetric(key, algorithm, data) {
  const how = scheme(key, algorithm, false);
  checkSize(how, key.algorithm.modulusLength / 8);
  return host("crypto.sign", key.data, ...how, data) ?? operationError("The signature could not be made.");
}

export function verifyAsymmetric(key, algorithm, signature, data) {
  const how = scheme(key, algorithm, true);
  if (how[0] === "ed25519" && signature.byteLength !== 64) operationError(`Invalid ${key.algorithm.name} signature length ${signature.byteLength}`);
  return host("crypto.verify", key.data, ...how, signature, data);
}

export function oaep(encrypt, key, algorithm, data) {
  const label = algorithm.label ?? new Uint8Array(0);
  return host(encrypt ? "crypto.encrypt" : "crypto.decrypt", key.data, "oaep", key.algorithm.hash, label, data)
    ?? operationError(`RSA-OAEP failed encrypt/decrypt${encrypt || data.byteLength * 8 === key.algorithm.modulusLength ? "" : ": Invalid RSA signature."}.`);
}

/** The first `length` bits of what two keys agree on; all when that is undefined. */
export function agree(key, algorithm, length) {
  const { name } = key.algorithm;
  if (key.type !== "private") invalidAccess(`The deriveBits operation is only valid for a private key, not "${key.type}".`);
  const other = keyState(needed(algorithm, "public", "derivedKeyParams"));
  if (other === undefined) {
    throw new TypeError("Incorrect type for the 'public' field on 'DeriveKeyAlgorithm': the provided value is not of type 'CryptoKey'.");
  }
  if (other.type !== "public") invalidAccess(`The provided key has type "${other.type}", not "public"`);
  checkPeer(key.algorithm, other.algorithm);
  const secret = host("crypto.agree", key.data, other.data)
    ?? operationError(name === "X25519" ? "Failed to derive EDDH key: public key routines INVALID_PEER_KEY." : "Failed to generate shared ECDH secret.");
  const most = secret.byteLength * 8;
  const bits = length ?? most;
  if (bits > most) operationError(`Derived key length (${bits} bits) is too long (should be at most ${most} bits).`);
  const result = new Uint8Array(secret, 0, Math.ceil(bits / 8)).slice();
  if (bits % 8 !== 0) result[result.byteLength - 1] &= 0xff << (8 - (bits % 8));
  return result.buffer;
}

const shape = (algorithm) => Object.keys(algorithm).join();

function checkPeer(own, other) {
  if (shape(own) !== shape(other)) invalidAccess(`Base ${own.name} private key cannot be used to derive a key from a peer ${other.name} public key`);
  if (own.name !== other.name) invalidAccess(`Private key for derivation is using "${own.name}" while public key is using "${other.name}".`);
  if (own.namedCurve !== other.namedCurve) {
    invalidAccess(`Private key for derivation is using curve "${own.namedCurve}" while public key is using "${other.namedCurve}".`);
  }
}
