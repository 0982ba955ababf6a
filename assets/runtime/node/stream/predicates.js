// What can be told about a stream from outside, also of streams of other libraries.

export const kDestroyed = Symbol("kDestroyed");
export const kIsErrored = Symbol("kIsErrored");
export const kIsReadable = Symbol("kIsReadable");
export const kIsDisturbed = Symbol("kIsDisturbed");

export const isReadableNodeStream = (stream, strict = false) =>
  !!(stream && typeof stream.pipe === "function" && typeof stream.on === "function"
    && (!strict || (typeof stream.pause === "function" && typeof stream.resume === "function"))
    // a Duplex may be writable only
    && (!stream._writableState || stream._readableState?.readable !== false)
    && (!stream._writableState || stream._readableState));

export const isWritableNodeStream = (stream) =>
  !!(stream && typeof stream.write === "function" && typeof stream.on === "function"
    && (!stream._readableState || stream._writableState?.writable !== false));

export const isDuplexNodeStream = (stream) =>
  !!(stream && typeof stream.pipe === "function" && stream._readableState && typeof stream.on === "function" && typeof stream.write === "function");

export const isNodeStream = (stream) =>
  !!(stream && (stream._readableState || stream._writableState
    || (typeof stream.write === "function" && typeof stream.on === "function")
    || (typeof stream.pipe === "function" && typeof stream.on === "function")));

export const isReadableStream = (stream) => stream instanceof ReadableStream;
export const isWritableStream = (stream) => stream instanceof WritableStream;
export const isTransformStream = (stream) =>
  !!(stream && !isNodeStream(stream) && typeof stream.readable === "object" && typeof stream.writable === "object");
export const isWebStream = (stream) => isReadableStream(stream) || isWritableStream(stream) || isTransformStream(stream);

/** Whether it can be iterated: asynchronously for true, synchronously for false, either way for nothing. */
export function isIterable(object, asynchronous = undefined) {
  if (object === null || object === undefined) return false;
  if (asynchronous === true) return typeof object[Symbol.asyncIterator] === "function";
  if (asynchronous === false) return typeof object[Symbol.iterator] === "function";
  return typeof object[Symbol.asyncIterator] === "function" || typeof object[Symbol.iterator] === "function";
}

export function isDestroyed(stream) {
  if (!isNodeStream(stream)) return null;
  const state = stream._writableState ?? stream._readableState;
  return !!(stream.destroyed || stream[kDestroyed] || state?.destroyed);
}

export function isWritableEnded(stream) {
  if (!isWritableNodeStream(stream)) return null;
  if (stream.writableEnded === true) return true;
  const state = stream._writableState;
  if (state?.errored) return false;
  return typeof state?.ended !== "boolean" ? null : state.ended;
}

export function isWritableFinished(stream, strict = undefined) {
  if (!isWritableNodeStream(stream)) return null;
  if (stream.writableFinished === true) return true;
  const state = stream._writableState;
  if (state?.errored) return false;
  if (typeof state?.finished !== "boolean") return null;
  return !!(state.finished || (strict === false && state.ended === true && state.length === 0));
}

export function isReadableFinished(stream, strict = undefined) {
  if (!isReadableNodeStream(stream)) return null;
  const state = stream._readableState;
  if (state?.errored) return false;
  if (typeof state?.endEmitted !== "boolean") return null;
  return !!(state.endEmitted || (strict === false && state.ended === true && state.length === 0));
}

export function isReadable(stream) {
  if (stream && stream[kIsReadable] !== undefined) return stream[kIsReadable];
  if (typeof stream?.readable !== "boolean") return null;
  if (isDestroyed(stream)) return false;
  return isReadableNodeStream(stream) && stream.readable && !isReadableFinished(stream);
}

export function isWritable(stream) {
  if (typeof stream?.writable !== "boolean") return null;
  if (isDestroyed(stream)) return false;
  return isWritableNodeStream(stream) && stream.writable && !isWritableEnded(stream);
}

export function isFinished(stream, { readable, writable } = {}) {
  if (!isNodeStream(stream)) return null;
  if (isDestroyed(stream)) return true;
  if (readable !== false && isReadable(stream)) return false;
  return !(writable !== false && isWritable(stream));
}

export function isErrored(stream) {
  return !!(stream && (stream[kIsErrored] ?? stream.readableErrored ?? stream.writableErrored
    ?? stream._readableState?.errorEmitted ?? stream._writableState?.errorEmitted
    ?? stream._readableState?.errored ?? stream._writableState?.errored));
}

export function isDisturbed(stream) {
  return !!(stream && (stream[kIsDisturbed] ?? (stream.readableDidRead || stream.readableAborted)));
}

export function isClosed(stream) {
  if (!isNodeStream(stream)) return null;
  if (typeof stream.closed === "boolean") return stream.closed;
  const [w, r] = [stream._writableState, stream._readableState];
  return typeof w?.closed === "boolean" || typeof r?.closed === "boolean" ? w?.closed || r?.closed : null;
}

export function willEmitClose(stream) {
  if (!isNodeStream(stream)) return null;
  const state = stream._writableState ?? stream._readableState;
  return !!(state && state.autoDestroy && state.emitClose && state.closed === false);
}
