// Buffer's methods that search, fill and copy.

import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_UNKNOWN_ENCODING } from "../errors.js";
import { encode, encodingNamed, requireEncoding } from "./encodings.js";

const Bytes = Uint8Array;
const { call } = Function.prototype;
const fillBytes = call.bind(Uint8Array.prototype.fill);
const firstByte = call.bind(Uint8Array.prototype.indexOf);
const lastByte = call.bind(Uint8Array.prototype.lastIndexOf);

/** Where `needle` lies in `hay` at `start` or after; `step` 2 looks at whole UTF-16 units only. */
function searchForward(hay, needle, start, step) {
  const last = hay.length - needle.length;
  for (let at = start; at <= last; at += step) {
    if (step === 1) {
      at = firstByte(hay, needle[0], at);
      if (at < 0 || at > last) return -1;
    }
    let same = 1;
    if (hay[at] !== needle[0]) continue;
    while (same < needle.length && hay[at + same] === needle[same]) same++;
    if (same === needle.length) return at;
  }
  return -1;
}

function searchBackward(hay, needle, start, step) {
  for (let at = Math.min(start, hay.length - needle.length); at >= 0; at -= step) {
    let same = 0;
    while (same < needle.length && hay[at + same] === needle[same]) same++;
    if (same === needle.length) return at;
  }
  return -1;
}

function search(buffer, value, byteOffset, encoding, forward) {
  let [offset, name] = typeof byteOffset === "string" ? [undefined, byteOffset] : [byteOffset, encoding];
  offset = +offset;
  if (Number.isNaN(offset)) offset = forward ? 0 : buffer.length;
  offset = Math.trunc(Math.max(-0x80000000, Math.min(0x7fffffff, offset)));
  if (typeof value === "number") {
    const byte = (value >>> 0) & 0xff;
    return forward ? firstByte(buffer, byte, offset) : lastByte(buffer, byte, offset);
  }
  if (typeof value !== "string" && !(value instanceof Bytes)) {
    throw new ERR_INVALID_ARG_TYPE("value", ["number", "string", "Buffer", "Uint8Array"], value);
  }
  const kind = requireEncoding(name ?? undefined);
  const needle = typeof value === "string" ? encode(value, kind) : value;
  const start = offset < 0 ? offset + buffer.length : offset;
  if (needle.length === 0) return Math.max(0, Math.min(start, buffer.length));
  if (start < 0 && !forward) return -1;
  const step = kind === "utf16le" ? 2 : 1;
  const from = Math.max(0, step === 2 ? start & ~1 : start);
  return forward ? searchForward(buffer, needle, from, step) : searchBackward(buffer, needle, from, step);
}

export function indexOf(value, byteOffset, encoding) {
  return search(this, value, byteOffset, encoding, true);
}

export function lastIndexOf(value, byteOffset, encoding) {
  return search(this, value, byteOffset, encoding, false);
}

/** What a fill repeats: the bytes of a text or of a view; undefined for a single byte. */
function pattern(value, encoding) {
  if (typeof value === "string") {
    if (encoding === "hex" && !/^(?:[0-9a-fA-F]{2})*$/.test(value)) throw new TypeError("The text is not valid hex");
    return encode(value, encoding);
  }
  if (!ArrayBuffer.isView(value)) return undefined;
  if (value.byteLength === 0) throw new ERR_INVALID_ARG_VALUE("value", "zero-length");
  return value instanceof Bytes ? value : encode(`${value}`, "utf8");
}

function requireNumber(value, name) {
  if (value !== undefined && typeof value !== "number") throw new ERR_INVALID_ARG_TYPE(name, "number", value);
}

export function fill(value, start, end, encoding) {
  let [from, to, name] = [start, end, encoding];
  if (typeof value === "string") {
    if (typeof start === "string") [from, to, name] = [0, this.length, start];
    else if (typeof end === "string") [to, name] = [this.length, end];
    if (name !== undefined && encodingNamed(name) === undefined && name !== "") throw new ERR_UNKNOWN_ENCODING(name);
  }
  requireNumber(from, "start");
  requireNumber(to, "end");
  if (to < 0 || to > this.length) throw new ERR_OUT_OF_RANGE("end", `0 to ${this.length}`, to);
  if (from < 0 || from > this.length) throw new ERR_OUT_OF_RANGE("start", "0 to end", from);
  if (to <= from) return this;
  const first = from >>> 0;
  const last = to === undefined ? this.length : to >>> 0;
  const bytes = pattern(value, encodingNamed(name) ?? "utf8");
  if (bytes === undefined) return fillBytes(this, typeof value === "number" ? value & 255 : Number(value ?? 0), first, last);
  if (bytes.length === 0) return fillBytes(this, 0, first, last);
  if (bytes.length === 1) return fillBytes(this, bytes[0], first, last);
  for (let at = first; at < last; at++) this[at] = bytes[(at - first) % bytes.length];
  return this;
}

function toInteger(value) {
  const number = value === undefined ? 0 : +value;
  return Number.isNaN(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER ? 0 : Math.floor(number);
}

const MAX_PLACE = 2 ** 32;

function sourcePlace(value, name) {
  const place = toInteger(value);
  if (place < 0) throw new ERR_OUT_OF_RANGE(name, ">= 0", place);
  if (place >= MAX_PLACE) throw new ERR_OUT_OF_RANGE(name, `< ${MAX_PLACE}`, place);
  return place;
}

export function copy(target, targetStart, sourceStart, sourceEnd) {
  if (!(target instanceof Bytes)) throw new ERR_INVALID_ARG_TYPE("target", ["Buffer", "Uint8Array"], target);
  const to = toInteger(targetStart);
  if (to < 0) throw new ERR_OUT_OF_RANGE("targetStart", ">= 0", to);
  const from = sourcePlace(sourceStart, "sourceStart");
  const end = Math.min(sourcePlace(sourceEnd ?? this.length, "sourceEnd"), this.length);
  const count = Math.min(end - from, target.length - to);
  if (count <= 0) return 0;
  target.set(new Bytes(this.buffer, this.byteOffset + from, count), to);
  return count;
}
