// All of the streams, from one place.

export * from "./byte-transform.js";
export {
  byteStream, expectedLength, isDisturbed, readAll, readableCore, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController,
  ReadableStreamDefaultReader, streamFrom, takeOrigin,
} from "./readable.js";
export * from "./strategies.js";
export * from "./text-streams.js";
export { TransformStream, TransformStreamDefaultController } from "./transform.js";
export {
  WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter, writableCore,
} from "./writable.js";
