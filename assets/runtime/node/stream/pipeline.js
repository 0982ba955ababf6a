// pipeline: streams, iterables and functions one behind the other, which end and fail together.

import { AbortError, ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE, ERR_MISSING_ARGS } from "../errors.js";
import { addAbortListener } from "../events/waiting.js";
import { nextTick } from "../next-tick.js";
import { validateAbortSignal, validateFunction } from "../validate.js";
import { destroyer } from "./destroy.js";
import { PassThrough } from "./duplex.js";
import { duplexify } from "./duplexify.js";
import { ERR_STREAM_DESTROYED, ERR_STREAM_PREMATURE_CLOSE } from "./errors.js";
import { finished } from "./finished.js";
import { isIterable, isNodeStream, isReadable, isReadableFinished, isReadableNodeStream, isReadableStream, isTransformStream, isWebStream } from "./predicates.js";
import { Readable } from "./readable.js";

/** Watches one stream; what it returns destroys it, and `cleanup` stops watching. */
function watch(stream, reading, writing) {
  let over = false;
  stream.on("close", () => { over = true; });
  const cleanup = finished(stream, { readable: reading, writable: writing }, (error) => { over = !error; });
  return {
    destroy(error) {
      if (over) return;
      over = true;
      destroyer(stream, error || new ERR_STREAM_DESTROYED("pipe"));
    },
    cleanup,
  };
}

const iterableOf = (value) => {
  if (isIterable(value)) return value;
  if (isReadableNodeStream(value)) return Readable.prototype[Symbol.asyncIterator].call(value);
  throw new ERR_INVALID_ARG_TYPE("val", ["Readable", "Iterable", "AsyncIterable"], value);
};

/** Writes all of an iterable to a Writable, as fast as that one takes it. */
async function pump(iterable, writable, done, { end }) {
  let error;
  let wake = null;
  const resume = (failure) => {
    if (failure) error = failure;
    const callback = wake;
    wake = null;
    callback?.();
  };
  const wait = () => new Promise((resolve, reject) => {
    if (error) reject(error);
    else wake = () => (error ? reject(error) : resolve());
  });
  writable.on("drain", resume);
  const stop = finished(writable, { readable: false }, resume);
  try {
    if (writable.writableNeedDrain) await wait();
    for await (const chunk of iterable) if (!writable.write(chunk)) await wait();
    if (end) {
      writable.end();
      await wait();
    }
    done();
  } catch (failure) {
    done(error !== undefined && error !== failure ? error : failure);
  } finally {
    stop();
    writable.off("drain", resume);
  }
}

async function pumpToWeb(readable, writable, done, { end }) {
  const writer = (isTransformStream(writable) ? writable.writable : writable).getWriter();
  try {
    for await (const chunk of readable) {
      await writer.ready;
      writer.write(chunk).catch(() => {});
    }
    await writer.ready;
    if (end) await writer.close();
    done();
  } catch (failure) {
    try {
      await writer.abort(failure);
      done(failure);
    } catch (other) {
      done(other);
    }
  }
}

function pipe(source, destination, done, { end }) {
  let ended = false;
  destination.on("close", () => {
    if (!ended) done(new ERR_STREAM_PREMATURE_CLOSE());
  });
  source.pipe(destination, { end: false });
  if (end) {
    const endDestination = () => {
      ended = true;
      destination.end();
    };
    if (isReadableFinished(source)) nextTick(endDestination);
    else source.once("end", endDestination);
  } else {
    done();
  }
  finished(source, { readable: true, writable: false }, (error) => {
    const state = source._readableState;
    // an old stream that ends early but had said that it ended has done its part
    if (error?.code === "ERR_STREAM_PREMATURE_CLOSE" && state?.ended && !state.errored && !state.errorEmitted) {
      source.once("end", done).once("error", done);
    } else {
      done(error);
    }
  });
  return finished(destination, { readable: false, writable: true }, done);
}

export function pipeline(...streams) {
  const callback = streams.pop();
  validateFunction(callback, "streams[stream.length - 1]");
  let called = false;
  return run(streams, (...args) => {
    if (called) return;
    called = true;
    callback(...args);
  });
}

/** Runs a pipeline; `options` may hold `signal` and `end`. */
export function run(given, callback, options) {
  const streams = given.length === 1 && Array.isArray(given[0]) ? given[0] : given;
  if (streams.length < 2) throw new ERR_MISSING_ARGS("streams");
  const controller = new AbortController();
  const { signal } = controller;
  const outer = options?.signal;
  validateAbortSignal(outer, "options.signal");
  const lastCleanups = [];
  const destroys = [];
  let error;
  let value;
  let pending = 0;
  const finish = (failure, isFinal) => {
    if (failure && (!error || error.code === "ERR_STREAM_PREMATURE_CLOSE")) error = failure;
    if (!error && !isFinal) return;
    while (destroys.length > 0) destroys.shift()(error);
    listening?.[Symbol.dispose]();
    controller.abort();
    if (!isFinal) return;
    if (!error) for (const cleanup of lastCleanups) cleanup();
    nextTick(callback, error, value);
  };
  const done = (failure) => finish(failure, --pending === 0);
  const abort = () => done(new AbortError(undefined, { cause: outer?.reason }));
  const listening = outer ? addAbortListener(outer, abort) : undefined;
  if (outer) pending++;
  let current;
  streams.forEach((stream, at) => {
    const isLast = at === streams.length - 1;
    const end = !isLast || options?.end !== false;
    if (isNodeStream(stream)) {
      if (end) {
        const { destroy, cleanup } = watch(stream, !isLast, at > 0);
        destroys.push(destroy);
        if (isReadable(stream) && isLast) lastCleanups.push(cleanup);
      }
      const onError = (failure) => {
        if (failure && failure.name !== "AbortError" && failure.code !== "ERR_STREAM_PREMATURE_CLOSE") {
          pending++;
          done(failure);
        }
      };
      stream.on("error", onError);
      if (isReadable(stream) && isLast) lastCleanups.push(() => stream.removeListener("error", onError));
    }
    current = at === 0 ? first(stream, signal) : next(current, stream, { at, isLast, end, signal, outer });
  });
  if (outer) pending--;
  if (outer?.aborted) {
    pending++;
    nextTick(abort);
  }
  return current;

  function next(source, stream, { at, isLast, end, signal: own }) {
    if (typeof stream === "function") return call(source, stream, at, isLast, end, own);
    if (isNodeStream(stream)) {
      if (isReadableNodeStream(source)) {
        pending += 2;
        const cleanup = pipe(source, stream, done, { end });
        if (isReadable(stream) && isLast) lastCleanups.push(cleanup);
      } else {
        const web = isTransformStream(source) || isReadableStream(source);
        const from = web ? source.readable ?? source : source;
        if (!web && !isIterable(source)) {
          throw new ERR_INVALID_ARG_TYPE("val", ["Readable", "Iterable", "AsyncIterable", "ReadableStream", "TransformStream"], source);
        }
        pending++;
        pump(from, stream, done, { end });
      }
      return stream;
    }
    if (isWebStream(stream)) {
      if (!isReadableNodeStream(source) && !isReadableStream(source) && !isTransformStream(source) && !isIterable(source)) {
        throw new ERR_INVALID_ARG_TYPE("val", ["Readable", "Iterable", "AsyncIterable", "ReadableStream", "TransformStream"], source);
      }
      pending++;
      const from = isReadableNodeStream(source) ? iterableOf(source) : isTransformStream(source) ? source.readable : source;
      pumpToWeb(from, stream, done, { end });
      return stream;
    }
    return duplexify(stream);
  }

  function first(stream, own) {
    if (typeof stream === "function") {
      const made = stream({ signal: own });
      if (!isIterable(made)) throw new ERR_INVALID_RETURN_VALUE("Iterable, AsyncIterable or Stream", "source", made);
      return made;
    }
    if (isIterable(stream) || isReadableNodeStream(stream) || isTransformStream(stream)) return stream;
    return duplexify(stream);
  }

  function call(source, transform, at, isLast, end, own) {
    const input = isTransformStream(source) ? iterableOf(source.readable) : iterableOf(source);
    const made = transform(input, { signal: own });
    if (!isLast) {
      if (!isIterable(made, true)) throw new ERR_INVALID_RETURN_VALUE("AsyncIterable", `transform[${at - 1}]`, made);
      return made;
    }
    // the last result is read from a stream, which ends as it does
    const out = new PassThrough({ objectMode: true });
    if (typeof made?.then === "function") {
      pending++;
      made.then((result) => {
        value = result;
        if (result !== null && result !== undefined) out.write(result);
        if (end) out.end();
        nextTick(done);
      }, (failure) => {
        out.destroy(failure);
        nextTick(done, failure);
      });
    } else if (isIterable(made, true)) {
      pending++;
      pump(made, out, done, { end });
    } else if (isReadableStream(made) || isTransformStream(made)) {
      pending++;
      pump(made.readable ?? made, out, done, { end });
    } else {
      throw new ERR_INVALID_RETURN_VALUE("AsyncIterable or Promise", "destination", made);
    }
    const { destroy, cleanup } = watch(out, false, true);
    destroys.push(destroy);
    lastCleanups.push(cleanup);
    return out;
  }
}

/** The same as a promise. */
export function pipelinePromise(...streams) {
  return new Promise((resolve, reject) => {
    let signal;
    let end;
    const last = streams.at(-1);
    if (last && typeof last === "object" && !isNodeStream(last) && !isIterable(last) && !isWebStream(last)) {
      ({ signal, end } = streams.pop());
    }
    run(streams, (error, value) => (error ? reject(error) : resolve(value)), { signal, end });
  });
}
