// Text to bytes and back, in the encodings that Buffer knows.

import { latin1Decode, latin1Encode, utf8Decode, utf8Encode } from "../../native.js";
import { ERR_UNKNOWN_ENCODING } from "../errors.js";

const NAMES = {
  utf8: "utf8", "utf-8": "utf8", hex: "hex", ucs2: "utf16le", "ucs-2": "utf16le", utf16le: "utf16le", "utf-16le": "utf16le",
  latin1: "latin1", binary: "latin1", base64: "base64", base64url: "base64url", ascii: "ascii", __proto__: null,
};

/** The plain name of an encoding; undefined when there is none of that name. */
export function encodingNamed(name) {
  return NAMES[name] ?? (typeof name === "string" ? NAMES[name.toLowerCase()] : undefined);
}

/** The same with UTF-8 for nothing, and an error for a name that is unknown. */
export function requireEncoding(name) {
  if (name === undefined || name === "") return "utf8";
  const found = encodingNamed(`${name}`);
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(name);
  return found;
}

const toHex = Uint8Array.prototype.toHex;
const toBase64 = Uint8Array.prototype.toBase64;
const { fromHex, fromBase64 } = Uint8Array;
const BASE64 = { alphabet: "base64" };
const BASE64URL = { alphabet: "base64url", omitPadding: true };

/** Digits up to the first that is none; half a byte at the end is left out. */
function hexBytes(text) {
  const digits = /^(?:[0-9a-fA-F]{2})*/.exec(text)[0];
  return fromHex.call(Uint8Array, digits);
}

/** Both alphabets; other characters are skipped, and the first `=` ends the text. */
function base64Bytes(text) {
  let plain = text;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    const end = text.indexOf("=");
    plain = (end < 0 ? text : text.slice(0, end))
      .replace(/[^\0-\xff]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) & 0xff))
      .replaceAll("-", "+").replaceAll("_", "/").replace(/[^A-Za-z0-9+/]/g, "");
  } else if (plain.endsWith("=")) {
    plain = plain.slice(0, plain.indexOf("="));
  }
  if (plain.length % 4 === 1) plain = plain.slice(0, -1);
  return fromBase64.call(Uint8Array, plain);
}

/** How many UTF-16 units are handed to one call of `String.fromCharCode`. */
const UNITS = 4096;

function utf16Text(bytes) {
  const even = bytes.length & ~1;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice(0, even);
  const units = new Uint16Array(aligned.buffer, aligned.byteOffset, even >> 1);
  let text = "";
  for (let at = 0; at < units.length; at += UNITS) text += String.fromCharCode.apply(null, units.subarray(at, at + UNITS));
  return text;
}

function utf16Bytes(text) {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  return new Uint8Array(units.buffer);
}

function asciiText(bytes) {
  const low = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) low[at] = bytes[at] & 0x7f;
  return latin1Decode(low);
}

/** The bytes of `text` in an encoding that `encodingNamed` gave; a Uint8Array of its own. */
export function encode(text, encoding) {
  switch (encoding) {
    case "utf8": return utf8Encode(text);
    case "latin1": case "ascii": return latin1Encode(text);
    case "utf16le": return utf16Bytes(text);
    case "hex": return hexBytes(text);
    default: return base64Bytes(text);
  }
}

/** The text that `bytes` are in an encoding that `encodingNamed` gave. */
export function decode(bytes, encoding) {
  switch (encoding) {
    case "utf8": return utf8Decode(bytes, false, true);
    case "latin1": return latin1Decode(bytes);
    case "ascii": return asciiText(bytes);
    case "utf16le": return utf16Text(bytes);
    case "hex": return toHex.call(bytes);
    default: return toBase64.call(bytes, encoding === "base64" ? BASE64 : BASE64URL);
  }
}

/** How many of `bytes`, at most `room`, hold whole characters. */
export function wholeCharacters(bytes, room, encoding) {
  if (bytes.length <= room) return bytes.length;
  if (encoding === "utf16le") return room & ~1;
  if (encoding !== "utf8") return room;
  let end = room;
  while (end > 0 && (bytes[end] & 0xc0) === 0x80) end--;
  return end;
}

/** Bytes that `text` would take; for base64 and hex an estimate from its length alone. */
export function encodedLength(text, encoding) {
  switch (encoding) {
    case "latin1": case "ascii": return text.length;
    case "utf16le": return text.length * 2;
    case "hex": return text.length >>> 1;
    case "base64": case "base64url": {
      let { length } = text;
      if (text.charCodeAt(length - 1) === 0x3d) length--;
      if (length > 1 && text.charCodeAt(length - 1) === 0x3d) length--;
      return (length * 3) >>> 2;
    }
    default: return utf8Encode(text).length;
  }
}
