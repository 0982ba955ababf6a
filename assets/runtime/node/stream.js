// The module "node:stream".

import { Buffer } from "./buffer/class.js";
import { addAbortSignal } from "./stream/abort.js";
import { compose } from "./stream/compose.js";
import { destroyer } from "./stream/destroy.js";
import { Duplex, PassThrough, Transform, duplexPair } from "./stream/duplex.js";
import "./stream/duplexify.js";
import { finished, finishedPromise } from "./stream/finished.js";
import "./stream/from.js";
import { Stream } from "./stream/legacy.js";
import "./stream/operators.js";
import { pipeline } from "./stream/pipeline.js";
import { isDestroyed, isDisturbed, isErrored, isReadable, isWritable } from "./stream/predicates.js";
import { Readable } from "./stream/readable.js";
import { getDefaultHighWaterMark, setDefaultHighWaterMark } from "./stream/state.js";
import "./stream/web.js";
import { Writable } from "./stream/writable.js";
import promises from "./stream-promises.js";

export const _isArrayBufferView = ArrayBuffer.isView;
export const _isUint8Array = (value) => value instanceof Uint8Array;
export const _uint8ArrayToBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

Object.assign(Stream, {
  isDestroyed, isDisturbed, isErrored, isReadable, isWritable, Readable, Writable, Duplex, Transform, PassThrough, pipeline,
  duplexPair, addAbortSignal, finished, destroy: destroyer, compose, setDefaultHighWaterMark, getDefaultHighWaterMark, promises,
  Stream, _isArrayBufferView, _isUint8Array, _uint8ArrayToBuffer,
});
// what util.promisify makes of them
const custom = Symbol.for("nodejs.util.promisify.custom");
Object.defineProperty(pipeline, custom, { value: promises.pipeline });
Object.defineProperty(finished, custom, { value: finishedPromise });

export {
  Duplex, PassThrough, Readable, Stream, Transform, Writable, addAbortSignal, compose, destroyer as destroy, duplexPair, finished,
  getDefaultHighWaterMark, isDestroyed, isDisturbed, isErrored, isReadable, isWritable, pipeline, promises, setDefaultHighWaterMark,
};
export default Stream;
