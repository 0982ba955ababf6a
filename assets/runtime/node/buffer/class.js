// Buffer: Uint8Array with text encodings and the methods of Node's.

import { inspect } from "../../web/inspect.js";
import { ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE_RANGE, ERR_INVALID_BUFFER_SIZE, ERR_OUT_OF_RANGE } from "../errors.js";
import { validateInteger, validateString } from "../validate.js";
import { decode, encode, encodedLength, encodingNamed, requireEncoding, wholeCharacters } from "./encodings.js";
import { copy, fill, indexOf, lastIndexOf } from "./content.js";
import { numberMethods } from "./numbers.js";

/** Bytes that a Buffer may have. */
export const kMaxLength = 2147483647;
/** Bytes that `inspect` shows. */
export const INSPECT_MAX_BYTES = 50;

const isAnyArrayBuffer = (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
const Bytes = Uint8Array;
const construct = Reflect.construct;
const { call } = Function.prototype;
const subarray = call.bind(Uint8Array.prototype.subarray);
const plain = (buffer) => new Bytes(buffer.buffer, buffer.byteOffset, buffer.byteLength);

export function Buffer(value, encodingOrOffset, length) {
  if (typeof value !== "number") return from(value, encodingOrOffset, length);
  if (typeof encodingOrOffset === "string") throw new ERR_INVALID_ARG_TYPE("string", "string", value);
  return allocate(value);
}
Object.setPrototypeOf(Buffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(Buffer, Uint8Array);

/** A Buffer on the memory of `bytes`. */
export const asBuffer = (bytes) => construct(Bytes, [bytes.buffer, bytes.byteOffset, bytes.byteLength], Buffer);

function fromArrayBuffer(memory, byteOffset, length) {
  const start = byteOffset === undefined || Number.isNaN(+byteOffset) ? 0 : +byteOffset;
  const most = memory.byteLength - start;
  if (most < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS("offset");
  const count = length === undefined ? most : +length > 0 ? +length : 0;
  if (count > most) throw new ERR_BUFFER_OUT_OF_BOUNDS("length");
  if (start < 0) throw new RangeError(`Start offset ${start} is outside the bounds of the buffer`);
  return construct(Bytes, [memory, start, count], Buffer);
}

function fromText(text, encoding) {
  return asBuffer(encode(text, requireEncoding(typeof encoding === "string" ? encoding : undefined)));
}

const SOURCES = ["string", "Buffer", "TypedArray", "ArrayBuffer", "SharedArrayBuffer", "Array", "Array-like Object"];

function from(value, encodingOrOffset, length) {
  if (typeof value === "string") return fromText(value, encodingOrOffset);
  if (typeof value === "object" && value !== null) {
    if (isAnyArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const inner = value.valueOf?.();
    if (inner !== undefined && inner !== null && inner !== value && (typeof inner === "string" || typeof inner === "object")) {
      return from(inner, encodingOrOffset, length);
    }
    if (value.length !== undefined || isAnyArrayBuffer(value.buffer)) {
      return typeof value.length === "number" ? asBuffer(Bytes.from(value)) : allocate(0);
    }
    if (value.type === "Buffer" && Array.isArray(value.data)) return asBuffer(Bytes.from(value.data));
    const toPrimitive = value[Symbol.toPrimitive];
    const text = typeof toPrimitive === "function" ? toPrimitive("string") : undefined;
    if (typeof text === "string") return fromText(text, encodingOrOffset);
  }
  throw new ERR_INVALID_ARG_TYPE("first argument", SOURCES, value);
}

function allocate(size) {
  if (typeof size !== "number") throw new ERR_INVALID_ARG_TYPE("size", "number", size);
  if (Number.isNaN(size)) throw new ERR_INVALID_ARG_VALUE_RANGE("size", size);
  if (size >= kMaxLength) throw new ERR_OUT_OF_RANGE("size", `0 to ${kMaxLength}`, size);
  if (size < 0) throw new RangeError(`Invalid typed array length: ${size}`);
  return construct(Bytes, [size], Buffer);
}

function bytesOf(value, name) {
  if (!(value instanceof Bytes)) throw new ERR_INVALID_ARG_TYPE(name, ["Buffer", "Uint8Array"], typeof value);
  return value;
}

/** -1, 0 or 1, as the bytes of `a` come before, with or after those of `b`. */
function order(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

function concat(list, length) {
  if (!Array.isArray(list)) throw new ERR_INVALID_ARG_TYPE("list", "(Buffer|Uint8Array)[]", list);
  if (list.length === 0) return allocate(0);
  let total = length;
  if (total === undefined) {
    total = 0;
    for (const each of list) {
      if (each.length === undefined) throw new ERR_INVALID_ARG_TYPE("list", "(Buffer|Uint8Array)[]", each);
      total += each.length;
    }
  }
  validateInteger(total, "length", 0);
  list.forEach((each, at) => {
    if (!(each instanceof Bytes)) throw new TypeError(`Incorrect type for array element ${at}: the provided value is not of type 'Uint8Array'.`);
  });
  const joined = allocate(total);
  let at = 0;
  for (const each of list) {
    if (at >= total) break;
    joined.set(each.length > total - at ? subarray(each, 0, total - at) : each, at);
    at += each.length;
  }
  return joined;
}

const statics = {
  poolSize: 0,
  from(value, encodingOrOffset, length) {
    return from(value, encodingOrOffset, length);
  },
  of(...bytes) {
    return asBuffer(Bytes.from(bytes));
  },
  alloc(size, filling, encoding) {
    const buffer = allocate(size);
    if (filling === undefined) return buffer;
    if (encoding !== undefined) validateString(encoding, "encoding");
    return buffer.fill(filling, encoding);
  },
  allocUnsafe: (size) => allocate(size),
  allocUnsafeSlow: (size) => allocate(size),
  isBuffer: (value) => value instanceof Buffer && value !== Buffer.prototype,
  compare: (a, b) => order(bytesOf(a, "a"), bytesOf(b, "b")),
  isEncoding: (name) => typeof name === "string" && encodingNamed(name) !== undefined,
  concat,
  byteLength(text, encoding) {
    if (typeof text === "string") return encodedLength(text, encodingNamed(encoding) ?? "utf8");
    if (ArrayBuffer.isView(text) || isAnyArrayBuffer(text)) return text.byteLength;
    throw new ERR_INVALID_ARG_TYPE("string", ["string", "Buffer", "ArrayBuffer"], text);
  },
};
for (const [name, value] of Object.entries(statics)) {
  const constant = name === "poolSize";
  Object.defineProperty(Buffer, name, { value, enumerable: true, writable: !constant, configurable: !constant });
}

/** Both old properties are of Buffers alone. */
const getter = (get) => ({ get() { return this instanceof Buffer && this !== Buffer.prototype ? get(this) : undefined; }, enumerable: true });
Object.defineProperties(Buffer.prototype, {
  parent: getter((buffer) => buffer.buffer),
  offset: getter((buffer) => buffer.byteOffset),
});

function swapper(bits) {
  const size = bits / 8;
  return { [`swap${bits}`]() {
    if (this.length % size !== 0) throw new ERR_INVALID_BUFFER_SIZE(bits);
    for (let at = 0; at < this.length; at += size) subarray(plain(this), at, at + size).reverse();
    return this;
  } };
}

/** A place of a range that need not be given. */
function place(value, otherwise, name, most) {
  if (value === undefined) return otherwise;
  validateInteger(value, name, 0, most);
  return value;
}

/** Writes what of `bytes` fits as whole characters. */
function put(buffer, bytes, offset, length, encoding) {
  const count = wholeCharacters(bytes, Math.min(length, buffer.length - offset), encoding);
  buffer.set(subarray(bytes, 0, count), offset);
  return count;
}

function slicer(name, encoding) {
  return { [`${name}Slice`](start, end) {
    validateInteger(start, "start", 0, this.length);
    validateInteger(end, "end", 0, this.length);
    return start >= end ? "" : decode(subarray(plain(this), start, end), encoding);
  } };
}

function writer(name, encoding) {
  return { [`${name}Write`](text, offset, length) {
    const at = offset ?? 0;
    const most = length ?? this.length;
    validateInteger(at, "offset", 0, this.length);
    validateInteger(most, "length", 0, this.length - at);
    return put(this, encode(`${text}`, encoding), at, most, encoding);
  } };
}

const KINDS = [["ascii", "ascii"], ["base64", "base64"], ["base64url", "base64url"], ["hex", "hex"], ["latin1", "latin1"], ["ucs2", "utf16le"], ["utf8", "utf8"]];

const methods = {
  ...swapper(16), ...swapper(32), ...swapper(64),
  toString(encoding, start, end) {
    if (arguments.length === 0) return decode(this, "utf8");
    const { length } = this;
    let from = 0;
    if (start !== undefined && !(start <= 0)) {
      if (start >= length) return "";
      from = start | 0;
    }
    const to = end === undefined || end > length ? length : end | 0;
    if (to <= from) return "";
    return decode(subarray(plain(this), from, to), requireEncoding(encoding));
  },
  toLocaleString: undefined,
  equals(other) {
    return order(this, bytesOf(other, "b")) === 0;
  },
  inspect(_, options) {
    let text = decode(subarray(plain(this), 0, INSPECT_MAX_BYTES), "hex").replace(/(.{2})(?=.)/g, "$1 ");
    const rest = this.length - INSPECT_MAX_BYTES;
    if (rest > 0) text += ` ... ${rest} more byte${rest > 1 ? "s" : ""}`;
    const own = options ? Object.keys(this).filter((key) => !/^\d+$/.test(key)) : [];
    if (own.length > 0) {
      const shown = own.map((key) => `${/^[a-zA-Z_][\w]*$/.test(key) ? key : inspect(key)}: ${inspect(this[key], options)}`).join(", ");
      text += `${this.length > 0 ? ", " : ""}${shown}`;
    }
    return `<Buffer ${text}>`;
  },
  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    if (!(target instanceof Bytes)) throw new ERR_INVALID_ARG_TYPE("target", ["Buffer", "Uint8Array"], target);
    const [from, to] = [place(targetStart, 0, "targetStart", kMaxLength), place(targetEnd, target.length, "targetEnd", target.length)];
    const [own, last] = [place(sourceStart, 0, "sourceStart", kMaxLength), place(sourceEnd, this.length, "sourceEnd", this.length)];
    return order(subarray(plain(this), own, Math.max(own, last)), subarray(plain(target), from, Math.max(from, to)));
  },
  includes(value, byteOffset, encoding) {
    return this.indexOf(value, byteOffset, encoding) !== -1;
  },
  indexOf, lastIndexOf,
  ...Object.assign({}, ...KINDS.map(([name, encoding]) => slicer(name, encoding))),
  ...Object.assign({}, ...KINDS.map(([name, encoding]) => writer(name, encoding))),
  write(text, offset, length, encoding) {
    let [at, most, name] = [offset, length, encoding];
    if (offset === undefined) [at, most] = [0, this.length];
    else if (length === undefined && typeof offset === "string") [at, most, name] = [0, this.length, offset];
    else {
      validateInteger(offset, "offset", 0, this.length);
      const remaining = this.length - offset;
      if (length === undefined) most = remaining;
      else if (typeof length === "string") [most, name] = [remaining, length];
      else {
        validateInteger(length, "length", 0, this.length);
        most = Math.min(length, remaining);
      }
    }
    const kind = requireEncoding(offset === undefined || !name ? undefined : name);
    return put(this, encode(`${text}`, kind), at, most, kind);
  },
  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  },
  slice(start, end) {
    return asBuffer(subarray(plain(this), ~~start, end === undefined ? this.length : ~~end));
  },
  ...numberMethods,
  copy, fill,
};
methods.toLocaleString = methods.toString;

for (const name of Object.keys(methods)) {
  Object.defineProperty(Buffer.prototype, name, { value: methods[name], enumerable: true, configurable: true, writable: true });
}
Object.defineProperty(Buffer.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: methods.inspect, enumerable: true, configurable: true, writable: true });

/** The old way to a Buffer. */
export function SlowBuffer(length) {
  return allocate(+length);
}
Object.setPrototypeOf(SlowBuffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(SlowBuffer, Uint8Array);
