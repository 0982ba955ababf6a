// The body that Request and Response share. A body stays what it was made from (a string,
// bytes, a Blob, a host stream) until something needs it as a stream.

import { op } from "../ops.js";
import { utf8Decode, utf8Encode } from "../native.js";
import { Blob, blobBytes, blobOver } from "./blob.js";
import { encodeMultipart, FormData, parseForm } from "./form-data.js";
import { isDisturbed, readAll, ReadableStream, readableCore, streamFrom, takeOrigin } from "./readable.js";
import { URLSearchParams } from "./url.js";
import { concatBytes, copyBytes, exactBuffer, INTERNAL, usv, viewBytes, webClass } from "./util.js";

const USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

// Content-Type of the body that bodySource made last; read at once by takeBodyType.
let bodyType = null;

/** The Content-Type that the body given to `bodySource` last implies, or null. */
export function takeBodyType() {
  const type = bodyType;
  bodyType = null;
  return type;
}

/**
 * What a Body keeps of a BodyInit: null, a string, bytes of its own, a Blob or a stream.
 * Leaves the implied Content-Type for `takeBodyType`.
 */
export function bodySource(init) {
  bodyType = null;
  if (init === null || init === undefined) return null;
  if (typeof init === "string") {
    bodyType = "text/plain;charset=UTF-8";
    return init.isWellFormed() ? init : init.toWellFormed();
  }
  if (typeof init === "object") {
    const core = readableCore(init);
    if (core !== undefined) {
      if (core.disturbed) throw new TypeError("This ReadableStream is disturbed (has already been read from), and cannot be used as a body.");
      if (core.locked) throw new TypeError("This ReadableStream is locked to a reader, and cannot be used as a body.");
      return init;
    }
    const bytes = viewBytes(init);
    if (bytes !== null) return copyBytes(bytes);
    if (init instanceof Blob) {
      if (init.type !== "") bodyType = init.type;
      return init;
    }
    if (init instanceof URLSearchParams) {
      bodyType = "application/x-www-form-urlencoded;charset=UTF-8";
      return init.toString();
    }
    if (init instanceof FormData) {
      const { source, type } = encodeMultipart(init);
      bodyType = type;
      return source;
    }
  }
  bodyType = "text/plain;charset=UTF-8";
  return usv(init);
}

function toBytes(source) {
  if (source === null) return new Uint8Array(0);
  if (typeof source === "string") return utf8Encode(source);
  return blobBytes(source)?.slice() ?? viewBytes(source);
}

// everything else that a body can be made from is a string or bytes, or has a brand
function isHostStream(source) {
  return typeof source === "object" && viewBytes(source) === null && blobBytes(source) === undefined;
}

async function pullAll(streamId) {
  const chunks = [];
  let total = 0;
  for (let chunk; (chunk = await op("stream.pull", streamId)) !== null && chunk !== undefined;) {
    chunks.push(viewBytes(chunk));
    total += chunk.byteLength;
  }
  return concatBytes(chunks, total);
}

// How each method makes its result from a whole body: null, string, bytes or Blob.
const asText = (source) => {
  if (typeof source === "string") return source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  return source === null ? "" : utf8Decode(blobBytes(source) ?? source, false, false);
};
const asJson = (source) => JSON.parse(asText(source));
const asBytes = toBytes;
const asBuffer = (source) => exactBuffer(toBytes(source));

let take;
let cloneOf;

/** Base class of Request and Response. */
export class Body {
  // null, string, bytes, Blob or host stream {streamId, length?}
  #source = null;
  // the stream that stands for the body once there is one; it goes before #source
  #stream = null;
  #used = false;
  constructor(token, source) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    if (source !== null && typeof source === "object" && source instanceof ReadableStream) this.#stream = source;
    else this.#source = source;
  }
  get body() {
    if (this.#stream === null && this.#source !== null) {
      const source = this.#source;
      this.#stream = streamFrom(isHostStream(source) ? source : toBytes(source));
      this.#source = null;
      // a body that a method has used is a stream with nothing left
      if (this.#used) takeOrigin(this.#stream);
    }
    return this.#stream;
  }
  get bodyUsed() {
    return this.#used || (this.#stream !== null && isDisturbed(this.#stream));
  }
  text() {
    return this.#consume(asText);
  }
  json() {
    return this.#consume(asJson);
  }
  arrayBuffer() {
    return this.#consume(asBuffer);
  }
  bytes() {
    return this.#consume(asBytes);
  }
  blob() {
    return this.#consume((source) => blobOver(toBytes(source), this.headers.get("content-type") ?? ""));
  }
  formData() {
    return this.#consume((source) => parseForm(toBytes(source), this.headers.get("content-type")));
  }
  #consume(convert) {
    try {
      const source = this.#take();
      if (source === null || typeof source === "string") return Promise.resolve(convert(source));
      if (source instanceof ReadableStream) return readAll(source).then(convert);
      if (isHostStream(source)) return pullAll(source.streamId).then(convert);
      return Promise.resolve(convert(source));
    } catch (error) {
      return Promise.reject(error);
    }
  }
  /** The body as its source or its stream; the body is used from then on. */
  #take() {
    if (this.bodyUsed) throw new TypeError(USED);
    const stream = this.#stream;
    if (stream === null) {
      // an absent body can be read again and again
      if (this.#source !== null) this.#used = true;
      return this.#source;
    }
    if (stream.locked) throw new TypeError("This ReadableStream is currently locked to a reader.");
    this.#used = true;
    return takeOrigin(stream) ?? stream;
  }
  /** A source for a copy of this body; a stream is split in two. */
  #clone() {
    if (this.bodyUsed) throw new TypeError(USED);
    const source = this.#source;
    if (this.#stream === null && (source === null || !isHostStream(source))) {
      return source instanceof Uint8Array || source instanceof ArrayBuffer ? source.slice() : source;
    }
    const [mine, theirs] = this.body.tee();
    this.#stream = mine;
    return theirs;
  }
  static {
    take = (body) => body.#take();
    cloneOf = (body) => body.#clone();
  }
}
webClass(Body);

/**
 * Takes a body away: null, a string, bytes, `{streamId, length?}` (untouched host stream) or a
 * ReadableStream. A TypeError when it has been used or is locked.
 */
export function takeBody(body) {
  const source = take(body);
  if (source === null || typeof source === "string") return source;
  return blobBytes(source) ?? (source instanceof ArrayBuffer ? new Uint8Array(source) : source);
}

/** Like `takeBody`, but keeps a Blob a Blob: for moving a body into another Request or Response. */
export function moveBody(body) {
  return take(body);
}

/** A source for a second body with the same content. */
export function cloneBody(body) {
  return cloneOf(body);
}
