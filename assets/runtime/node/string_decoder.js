// The module "node:string_decoder": text from chunks of bytes that may end inside a character.

import { decode, encodingNamed } from "./buffer/encodings.js";
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_UNKNOWN_ENCODING } from "./errors.js";

const NO_BYTES = new Uint8Array(0);
/** Bytes that characters of an encoding have together at most. */
const UNIT = { utf8: 4, utf16le: 4, base64: 3, base64url: 3 };

function joined(head, tail) {
  if (head.length === 0) return tail;
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}

/** How many bytes at the end begin a character of UTF-8 that may still become whole. */
function openUtf8(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf8 ? 0 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    return need > back ? [back, need - back] : [0, 0];
  }
  return [0, 0];
}

/** The same for UTF-16: half a unit, or the first unit of two. */
function openUtf16(bytes) {
  const odd = bytes.length & 1;
  const last = bytes.length - odd - 1;
  const high = last > 0 && bytes[last] >= 0xd8 && bytes[last] <= 0xdb;
  return high ? [odd + 2, 2 - odd] : [odd, odd];
}

function openEnd(bytes, encoding) {
  if (encoding === "utf8") return openUtf8(bytes);
  if (encoding === "utf16le") return openUtf16(bytes);
  const rest = UNIT[encoding] === 3 ? bytes.length % 3 : 0;
  return [rest, rest === 0 ? 0 : 3 - rest];
}

const states = new WeakMap();

function stateOf(decoder) {
  const state = states.get(decoder);
  if (state === undefined) throw new ERR_INVALID_THIS("StringDecoder");
  return state;
}

export function StringDecoder(encoding = "utf8") {
  const name = encodingNamed(`${encoding || "utf8"}`);
  if (name === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  this.encoding = name;
  states.set(this, { encoding: name, open: NO_BYTES, needed: 0 });
}

StringDecoder.prototype.write = function write(chunk) {
  const state = stateOf(this);
  if (typeof chunk === "string") return chunk;
  if (!ArrayBuffer.isView(chunk)) throw new ERR_INVALID_ARG_TYPE("buf", ["string", "Buffer", "TypedArray", "DataView"], chunk);
  const bytes = joined(state.open, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  const [open, needed] = openEnd(bytes, state.encoding);
  state.open = open === 0 ? NO_BYTES : bytes.slice(bytes.length - open);
  state.needed = needed;
  return decode(bytes.subarray(0, bytes.length - open), state.encoding);
};

StringDecoder.prototype.end = function end(chunk) {
  const state = stateOf(this);
  const text = chunk === undefined ? "" : this.write(chunk);
  const { open } = state;
  state.open = NO_BYTES;
  state.needed = 0;
  if (open.length === 0) return text;
  return text + decode(open, state.encoding);
};

StringDecoder.prototype.text = function text(chunk, offset) {
  const state = stateOf(this);
  state.open = NO_BYTES;
  state.needed = 0;
  return this.write(chunk.slice(offset));
};

Object.defineProperties(StringDecoder.prototype, {
  lastChar: {
    get() {
      const { open } = stateOf(this);
      const room = new (globalThis.Buffer ?? Uint8Array)(4);
      room.set(open);
      return room;
    },
    enumerable: true, configurable: true,
  },
  lastNeed: { get() { return stateOf(this).needed; }, enumerable: true, configurable: true },
  lastTotal: { get() { const { open, needed } = stateOf(this); return open.length + needed; }, enumerable: true, configurable: true },
});

export default { StringDecoder };
