// finished: tells when a stream is over, however it ends.

import { AbortError, ERR_INVALID_ARG_TYPE } from "../errors.js";
import { addAbortListener } from "../events/waiting.js";
import { nextTick } from "../next-tick.js";
import { validateAbortSignal, validateBoolean, validateFunction, validateObject } from "../validate.js";
import { ERR_STREAM_PREMATURE_CLOSE } from "./errors.js";
import {
  isClosed, isErrored, isNodeStream, isReadable, isReadableFinished, isReadableNodeStream, isReadableStream, isWritable,
  isWritableFinished, isWritableNodeStream, isWritableStream, willEmitClose,
} from "./predicates.js";

const noop = () => {};
const isRequest = (stream) => stream.setHeader && typeof stream.abort === "function";

function once(callback) {
  let called = false;
  return function (...args) {
    if (called) return;
    called = true;
    callback.apply(this, args);
  };
}

/** Web streams tell by a promise that their readers and writers have. */
function webFinished(stream, options, callback) {
  let over = false;
  let stop = noop;
  const done = (error) => {
    if (over) return;
    over = true;
    stop();
    nextTick(() => callback.call(stream, error));
  };
  if (options.signal) {
    const onAbort = () => done(new AbortError(undefined, { cause: options.signal.reason }));
    if (options.signal.aborted) nextTick(onAbort);
    else {
      const listening = addAbortListener(options.signal, onAbort);
      stop = () => listening[Symbol.dispose]();
    }
  }
  const probe = isReadableStream(stream) ? stream.locked ? null : stream.getReader() : stream.locked ? null : stream.getWriter();
  if (probe === null) {
    done(new ERR_STREAM_PREMATURE_CLOSE());
    return noop;
  }
  probe.closed.then(() => done(), done);
  probe.releaseLock();
  return noop;
}

export function finished(stream, options, callback) {
  if (arguments.length === 2) return finished(stream, {}, options);
  const settings = options ?? {};
  validateObject(settings, "options");
  validateFunction(callback, "callback");
  validateAbortSignal(settings.signal, "options.signal");
  const done = once(callback);
  if (isReadableStream(stream) || isWritableStream(stream)) return webFinished(stream, settings, done);
  if (!isNodeStream(stream)) throw new ERR_INVALID_ARG_TYPE("stream", ["ReadableStream", "WritableStream", "Stream"], stream);
  return watch(stream, settings, done);
}

function watch(stream, options, callback) {
  const wantsRead = options.readable ?? isReadableNodeStream(stream);
  const wantsWrite = options.writable ?? isWritableNodeStream(stream);
  const [w, r] = [stream._writableState, stream._readableState];
  let closes = willEmitClose(stream) && isReadableNodeStream(stream) === wantsRead && isWritableNodeStream(stream) === wantsWrite;
  let written = isWritableFinished(stream, false);
  let read = isReadableFinished(stream, false);
  const onFinish = () => {
    written = true;
    // an old stream says nothing more
    if (stream.destroyed) closes = false;
    if (closes && (!stream.writable || wantsRead)) return;
    if (!wantsRead || read) callback.call(stream);
  };
  const onLegacyFinish = () => {
    if (!stream.writable) onFinish();
  };
  const onEnd = () => {
    read = true;
    if (stream.destroyed) closes = false;
    if (closes && (!stream.readable || wantsWrite)) return;
    if (!wantsWrite || written) callback.call(stream);
  };
  const onError = (error) => callback.call(stream, error);
  let closed = isClosed(stream);
  const onClose = () => {
    closed = true;
    const errored = isErrored(stream) ? stream.errored ?? w?.errored ?? r?.errored ?? true : null;
    if (errored && typeof errored !== "boolean") return callback.call(stream, errored);
    if (wantsRead && !read && isReadableNodeStream(stream, true) && !isReadableFinished(stream, false)) {
      return callback.call(stream, new ERR_STREAM_PREMATURE_CLOSE());
    }
    if (wantsWrite && !written && !isWritableFinished(stream, false)) return callback.call(stream, new ERR_STREAM_PREMATURE_CLOSE());
    return callback.call(stream);
  };
  const onRequest = () => stream.req.on("finish", onFinish);
  if (isRequest(stream)) {
    stream.on("complete", onFinish);
    if (!closes) stream.on("abort", onClose);
    if (stream.req) onRequest();
    else stream.on("request", onRequest);
  } else if (wantsWrite && !w) {
    stream.on("end", onLegacyFinish);
    stream.on("close", onLegacyFinish);
  }
  if (!closes && typeof stream.aborted === "boolean") stream.on("aborted", onClose);
  stream.on("end", onEnd);
  stream.on("finish", onFinish);
  if (options.error !== false) stream.on("error", onError);
  stream.on("close", onClose);
  if (closed) nextTick(onClose);
  else if (w?.errorEmitted || r?.errorEmitted) {
    if (!closes) nextTick(onClose);
  } else if (!wantsRead && (!closes || isReadable(stream)) && (written || isWritable(stream) === false)) nextTick(onClose);
  else if (!wantsWrite && (!closes || isWritable(stream)) && (read || isReadable(stream) === false)) nextTick(onClose);
  const stop = () => {
    for (const [name, listener] of [["aborted", onClose], ["complete", onFinish], ["abort", onClose], ["request", onRequest],
      ["end", onLegacyFinish], ["close", onLegacyFinish], ["finish", onFinish], ["end", onEnd], ["error", onError], ["close", onClose]]) {
      stream.removeListener(name, listener);
    }
    stream.req?.removeListener("finish", onFinish);
  };
  if (options.signal && !closed) abortable(stream, options.signal, stop, callback);
  return stop;
}

function abortable(stream, signal, stop, callback) {
  const onAbort = () => {
    stop();
    callback.call(stream, new AbortError(undefined, { cause: signal.reason }));
  };
  if (signal.aborted) nextTick(onAbort);
  else addAbortListener(signal, onAbort);
}

/** The same as a promise. */
export function finishedPromise(stream, options = {}) {
  if (options?.cleanup !== undefined) validateBoolean(options.cleanup, "cleanup");
  return new Promise((resolve, reject) => {
    const stop = finished(stream, options, (error) => {
      if (options?.cleanup) stop();
      if (error) reject(error);
      else resolve();
    });
  });
}
