// Bodies on their way to the host: null, text and bytes go as they are, a stream of the host
// goes by its number, and any other stream is pumped.

import { host } from "../native.js";
import { op } from "../ops.js";
import { readableCore } from "../web/readable.js";
import { describe } from "./errors.js";

/**
 * The wire form of a body source: null, string, bytes, or `[streamId]`. Whatever goes wrong with
 * a stream's chunks, its reader sees `failure` if one is given.
 */
export function toHostBody(source, failure) {
  if (source === null || source === undefined) return null;
  if (typeof source === "string" || source instanceof Uint8Array || source instanceof ArrayBuffer) return source;
  if (!(source instanceof ReadableStream)) return [source.streamId];
  const id = host("stream.open", readableCore(source)?.expectedLength ?? null);
  pump(source, id, failure);
  return [id];
}

/** A body from the host as the Web classes take it. */
export function fromHostBody(body) {
  if (Array.isArray(body)) return { streamId: body[0], length: body[1] ?? undefined };
  return body instanceof ArrayBuffer ? new Uint8Array(body) : body;
}

async function pump(stream, id, failure) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await op("stream.write", id, toBytes(value));
    }
    host("stream.close", id);
  } catch (error) {
    host("stream.abort", id, failure ?? describe(error)[1]);
    reader.cancel(error).catch(() => {});
  }
}

function toBytes(chunk) {
  if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk)) return chunk;
  throw new TypeError("This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.");
}
