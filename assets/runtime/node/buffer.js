// The module "node:buffer".

import { utf8Decode } from "../native.js";
import { Blob, File } from "../web/blob.js";
import { atob, btoa } from "../web/encoding.js";
import { Buffer, INSPECT_MAX_BYTES, SlowBuffer, asBuffer, kMaxLength } from "./buffer/class.js";
import { decode, encode, requireEncoding } from "./buffer/encodings.js";
import { ERR_INVALID_ARG_TYPE } from "./errors.js";

/** UTF-16 units that a text may have. */
export const kStringMaxLength = 536870888;
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

function bytesOf(value, method) {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`Failed to execute '${method}' on 'BufferUtil': parameter 1 is not of type 'Uint8Array'.`);
}

export function isAscii(value) {
  return bytesOf(value, "isAscii").every((byte) => byte < 0x80);
}

export function isUtf8(value) {
  const bytes = bytesOf(value, "isUtf8");
  try {
    utf8Decode(bytes, true, true);
    return true;
  } catch {
    return false;
  }
}

const TRANSCODED = ["ascii", "latin1", "utf8", "utf16le"];

/** Bytes of one encoding in another one; what the other one lacks becomes "?". */
export function transcode(source, fromEncoding, toEncoding) {
  if (!ArrayBuffer.isView(source)) throw new ERR_INVALID_ARG_TYPE("source", "ArrayBufferView", typeof source);
  const [from, to] = [requireEncoding(fromEncoding), requireEncoding(toEncoding)];
  if (!TRANSCODED.includes(from) || !TRANSCODED.includes(to)) throw new Error("Unable to transcode buffer due to unsupported encoding");
  if (from === "utf16le" && source.byteLength % 2 !== 0) throw new Error("UTF-16le input size should be multiple of 2");
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const text = decode(bytes, from === "ascii" ? "latin1" : from);
  if (to !== "ascii" && to !== "latin1") return asBuffer(encode(text, to));
  return asBuffer(encode(Array.from(text, (letter) => (letter > "\xff" ? "?" : letter)).join(""), "latin1"));
}

export function resolveObjectURL(_) {
  throw new Error("resolveObjectURL is not implemented");
}

export { Blob, Buffer, File, INSPECT_MAX_BYTES, SlowBuffer, atob, btoa, kMaxLength };
export default {
  atob, btoa, constants, kMaxLength, kStringMaxLength, Blob, Buffer, File, SlowBuffer, isAscii, isUtf8, transcode, INSPECT_MAX_BYTES,
  resolveObjectURL,
};
