// The module "node:crypto".
//
//   hash.js     digests and HMAC       derive.js    keys from passwords and keys
//   cipher.js   AES, RSA               sign.js      signatures
//   random.js   chance                 agree.js     Diffie-Hellman on curves
//   key-object.js, generate.js, pem.js: keys

import { crypto } from "../web/crypto/index.js";
import { CryptoKey } from "../web/crypto/key.js";
import { importKeyNow } from "../web/crypto/subtle.js";
import { ERR_METHOD_NOT_IMPLEMENTED } from "./errors.js";
import { createECDH, diffieHellman, ECDH } from "./crypto/agree.js";
import {
  Cipheriv, createCipheriv, createDecipheriv, Decipheriv, getCipherInfo, getCiphers, privateDecrypt, privateEncrypt, publicDecrypt,
  publicEncrypt,
} from "./crypto/cipher.js";
import { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from "./crypto/derive.js";
import { generateKey, generateKeyPair, generateKeyPairSync, generateKeySync } from "./crypto/generate.js";
import { createHash, createHmac, getHashes, hash, Hash, Hmac } from "./crypto/hash.js";
import {
  createPrivateKey, createPublicKey, createSecretKey, getCurves, KeyObject, PrivateKeyObject, PublicKeyObject, SecretKeyObject, setImport,
} from "./crypto/key-object.js";
import { getRandomValues, randomBytes, randomFill, randomFillSync, randomInt, randomUUID } from "./crypto/random.js";
import { createSign, createVerify, sign, Sign, verify, Verify } from "./crypto/sign.js";

setImport(importKeyNow);

const timingSafeEqual = (a, b) => crypto.subtle.timingSafeEqual(a, b);
const getFips = () => true;
const secureHeapUsed = () => ({ total: 0, used: 0, utilization: 0, min: 0 });
const fips = true;
const webcrypto = crypto;
const { subtle } = crypto;
const pseudoRandomBytes = randomBytes;

/** Numbers of OpenSSL that Node's options are given in. */
const NUMBERS = {
  DH_CHECK_P_NOT_SAFE_PRIME: 2, DH_CHECK_P_NOT_PRIME: 1, DH_UNABLE_TO_CHECK_GENERATOR: 4, DH_NOT_SUITABLE_GENERATOR: 8,
  RSA_PKCS1_PADDING: 1, RSA_NO_PADDING: 3, RSA_PKCS1_OAEP_PADDING: 4, RSA_X931_PADDING: 5, RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_MAX_SIGN: -2, RSA_PSS_SALTLEN_AUTO: -2,
  POINT_CONVERSION_COMPRESSED: 2, POINT_CONVERSION_UNCOMPRESSED: 4, POINT_CONVERSION_HYBRID: 6,
};
const constants = Object.create(null);
for (const [name, value] of Object.entries(NUMBERS)) Object.defineProperty(constants, name, { value });

/** A function that is there but says that it is not implemented, as the reference does. */
const missing = (name) => ({ [name]() {
  throw new ERR_METHOD_NOT_IMPLEMENTED(name);
} })[name];

const Cipher = missing("Cipher");
const Decipher = missing("Decipher");
const createCipher = missing("createCipher");
const createDecipher = missing("createDecipher");
const setEngine = missing("setEngine");
const setFips = missing("setFips");
// what the reference has and this runtime does not: Diffie-Hellman with numbers, primes, certificates
const checkPrime = missing("checkPrime");
const checkPrimeSync = missing("checkPrimeSync");
const createDiffieHellman = missing("createDiffieHellman");
const createDiffieHellmanGroup = missing("createDiffieHellmanGroup");
const generatePrime = missing("generatePrime");
const generatePrimeSync = missing("generatePrimeSync");
const getDiffieHellman = missing("getDiffieHellman");
const absent = (name) => ({ [name]: class {
  constructor() {
    throw new ERR_METHOD_NOT_IMPLEMENTED(name);
  }
} })[name];
const Certificate = absent("Certificate");
const DiffieHellman = absent("DiffieHellman");
const DiffieHellmanGroup = absent("DiffieHellmanGroup");
const X509Certificate = absent("X509Certificate");

const all = {
  Certificate, Cipher, Cipheriv, CryptoKey, Decipher, Decipheriv, DiffieHellman, DiffieHellmanGroup, ECDH, Hash, Hmac, KeyObject, PrivateKeyObject,
  PublicKeyObject, SecretKeyObject, Sign, Verify, X509Certificate, checkPrime, checkPrimeSync, constants, createCipher, createCipheriv,
  createDecipher, createDecipheriv, createDiffieHellman, createDiffieHellmanGroup, createECDH, createHash, createHmac, createPrivateKey,
  createPublicKey, createSecretKey, createSign, createVerify, diffieHellman, fips, generateKey, generateKeyPair, generateKeyPairSync,
  generateKeySync, generatePrime, generatePrimeSync, getCipherInfo, getCiphers, getCurves, getDiffieHellman, getFips, getHashes,
  getRandomValues, hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, privateDecrypt, privateEncrypt, pseudoRandomBytes, publicDecrypt,
  publicEncrypt, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, scrypt, scryptSync, secureHeapUsed, setEngine, setFips,
  sign, subtle, timingSafeEqual, verify, webcrypto,
};

export default all;
export {
  Certificate, Cipher, Cipheriv, CryptoKey, Decipher, Decipheriv, DiffieHellman, DiffieHellmanGroup, ECDH, Hash, Hmac, KeyObject, PrivateKeyObject,
  PublicKeyObject, SecretKeyObject, Sign, Verify, X509Certificate, checkPrime, checkPrimeSync, constants, createCipher, createCipheriv,
  createDecipher, createDecipheriv, createDiffieHellman, createDiffieHellmanGroup, createECDH, createHash, createHmac, createPrivateKey,
  createPublicKey, createSecretKey, createSign, createVerify, diffieHellman, fips, generateKey, generateKeyPair, generateKeyPairSync,
  generateKeySync, generatePrime, generatePrimeSync, getCipherInfo, getCiphers, getCurves, getDiffieHellman, getFips, getHashes,
  getRandomValues, hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, privateDecrypt, privateEncrypt, pseudoRandomBytes, publicDecrypt,
  publicEncrypt, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, scrypt, scryptSync, secureHeapUsed, setEngine, setFips,
  sign, subtle, timingSafeEqual, verify, webcrypto,
};
