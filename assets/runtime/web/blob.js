// Blob and File: bytes that never change.

import { host, utf8Decode, utf8Encode } from "../native.js";
import { streamFrom } from "./readable.js";
import { concatBytes, copyBytes, exactBuffer, INTERNAL, viewBytes, needArguments, webClass } from "./util.js";

let bytesOf;

function partBytes(part, endings) {
  if (typeof part !== "string") {
    const own = bytesOf(part);
    if (own !== undefined) return own;
    const view = viewBytes(part);
    // a copy, because the program may change its buffer later
    if (view !== null) return copyBytes(view);
  }
  const text = `${part}`;
  return utf8Encode(endings === "native" ? text.replace(/\r\n?/g, "\n") : text);
}

function join(parts, endings) {
  if (parts === null || typeof parts !== "object" || typeof parts[Symbol.iterator] !== "function") {
    throw new TypeError("Blob: parameter 1 is not iterable.");
  }
  const chunks = [];
  let total = 0;
  for (const part of parts) {
    const bytes = partBytes(part, endings);
    chunks.push(bytes);
    total += bytes.byteLength;
  }
  return concatBytes(chunks, total);
}

function cleanType(type) {
  const text = `${type ?? ""}`;
  return /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : "";
}

function place(value, size, byDefault) {
  if (value === undefined) return byDefault;
  const at = Math.trunc(Number(value)) || 0;
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}

/** Bytes with a MIME type. */
export class Blob {
  #bytes;
  #type;
  constructor(parts = undefined, options = undefined, type = undefined) {
    if (parts === INTERNAL) {
      this.#bytes = options;
      this.#type = type;
      return;
    }
    const endings = options?.endings ?? "transparent";
    if (endings !== "transparent" && endings !== "native") throw new TypeError("Blob: endings must be 'transparent' or 'native'.");
    this.#bytes = parts === undefined ? new Uint8Array(0) : join(parts, endings);
    this.#type = cleanType(options?.type);
  }
  get size() {
    return this.#bytes.byteLength;
  }
  get type() {
    return this.#type;
  }
  arrayBuffer() {
    return Promise.resolve(exactBuffer(this.#bytes.slice()));
  }
  bytes() {
    return Promise.resolve(this.#bytes.slice());
  }
  text() {
    return Promise.resolve(utf8Decode(this.#bytes, false, false));
  }
  stream() {
    return streamFrom(this.#bytes.slice());
  }
  slice(start = undefined, end = undefined, contentType = undefined) {
    const { size } = this;
    const from = place(start, size, 0);
    const to = Math.max(place(end, size, size), from);
    return new Blob(INTERNAL, this.#bytes.subarray(from, to), cleanType(contentType));
  }
  static {
    bytesOf = (value) => (typeof value === "object" && value !== null && #bytes in value ? value.#bytes : undefined);
  }
}
webClass(Blob);

/** The bytes of a Blob itself, which nobody may change; undefined for any other value. */
export function blobBytes(blob) {
  return bytesOf(blob);
}

/** A Blob over `bytes` itself. The caller gives them up. */
export function blobOver(bytes, type) {
  return new Blob(INTERNAL, bytes, cleanType(type));
}

/** A Blob with a name and a time. */
export class File extends Blob {
  #name;
  #lastModified;
  constructor(parts, name, options = undefined, ...internal) {
    if (parts === INTERNAL) super(INTERNAL, internal[0], internal[1]);
    else super(parts, options);
    needArguments(arguments.length, 2, "File");
    this.#name = `${name}`.toWellFormed();
    const time = options?.lastModified;
    this.#lastModified = time === undefined ? Math.floor(host("time.now")) : Math.trunc(Number(time)) || 0;
  }
  get name() {
    return this.#name;
  }
  get lastModified() {
    return this.#lastModified;
  }
}
webClass(File);

/** A File over `bytes` itself. The caller gives them up. */
export function fileOver(bytes, name, type) {
  return new File(INTERNAL, name, undefined, bytes, cleanType(type));
}
