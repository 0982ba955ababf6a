// Between Node's streams and those of the Web.

import { AbortError, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } from "../errors.js";
import { Buffer } from "../buffer/class.js";
import { nextTick } from "../next-tick.js";
import { validateBoolean, validateObject } from "../validate.js";
import { destroyer } from "./destroy.js";
import { Duplex } from "./duplex.js";
import { ERR_STREAM_PREMATURE_CLOSE } from "./errors.js";
import { finished } from "./finished.js";
import { isDestroyed, isReadable, isReadableStream, isWritable, isWritableEnded, isWritableStream } from "./predicates.js";
import { Readable } from "./readable.js";
import { Writable } from "./writable.js";

const noop = () => {};

function requireStream(stream, is, name) {
  if (!is(stream)) throw new ERR_INVALID_ARG_TYPE("readableStream", name, stream);
}

Readable.fromWeb = (readableStream, options = {}) => {
  if (!isReadableStream(readableStream)) throw new ERR_INVALID_ARG_TYPE("readableStream", "ReadableStream", readableStream);
  validateObject(options, "options");
  const { highWaterMark, encoding, objectMode = false, signal } = options;
  if (encoding !== undefined && !Buffer.isEncoding(encoding)) throw new ERR_INVALID_ARG_VALUE("options.encoding", encoding);
  validateBoolean(objectMode, "options.objectMode");
  const reader = readableStream.getReader();
  let closed = false;
  const readable = new Readable({
    objectMode, highWaterMark, encoding, signal,
    read() {
      reader.read().then(({ done, value }) => readable.push(done ? null : value), (error) => destroyer(readable, error));
    },
    destroy(error, callback) {
      const done = (failure) => nextTick(() => callback(failure ?? error));
      if (closed) done(error);
      else reader.cancel(error).then(() => done(error), done);
    },
  });
  reader.closed.then(() => { closed = true; }, (error) => {
    closed = true;
    destroyer(readable, error);
  });
  return readable;
};

Readable.toWeb = (readable, options = {}) => {
  if (typeof readable?._readableState !== "object") throw new ERR_INVALID_ARG_TYPE("streamReadable", "stream.Readable", readable);
  if (isDestroyed(readable) || !isReadable(readable)) {
    const empty = new ReadableStream();
    empty.cancel();
    return empty;
  }
  const { readableObjectMode: objectMode, readableHighWaterMark: highWaterMark } = readable;
  const strategy = options?.strategy ?? (objectMode ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark });
  let controller;
  let cancelled = false;
  const onData = (chunk) => {
    controller.enqueue(chunk instanceof Buffer && !objectMode ? new Uint8Array(chunk) : chunk);
    if (controller.desiredSize <= 0) readable.pause();
  };
  readable.pause();
  const stop = finished(readable, (error) => {
    stop();
    readable.on("error", noop);
    if (cancelled) return;
    if (error) controller.error(error.code === "ERR_STREAM_PREMATURE_CLOSE" ? new AbortError(undefined, { cause: error }) : error);
    else controller.close();
  });
  readable.on("data", onData);
  return new ReadableStream({
    start(own) {
      controller = own;
    },
    pull() {
      readable.resume();
    },
    cancel(reason) {
      cancelled = true;
      destroyer(readable, reason);
    },
  }, strategy);
};

Writable.fromWeb = (writableStream, options = {}) => {
  if (!isWritableStream(writableStream)) throw new ERR_INVALID_ARG_TYPE("writableStream", "WritableStream", writableStream);
  validateObject(options, "options");
  const { highWaterMark, decodeStrings = true, objectMode = false, signal } = options;
  validateBoolean(objectMode, "options.objectMode");
  validateBoolean(decodeStrings, "options.decodeStrings");
  return writeInto(writableStream.getWriter(), (methods) => new Writable({ highWaterMark, objectMode, decodeStrings, signal, ...methods }));
};

/** A stream made by `make` whose chunks go to a writer of the Web. */
function writeInto(writer, make) {
  let closed = false;
  const stream = make({
    writev(chunks, callback) {
      const done = (error) => nextTick(() => callback(error));
      writer.ready.then(() => Promise.all(chunks.map(({ chunk }) => writer.write(chunk))).then(() => done(), done), done);
    },
    write(chunk, _, callback) {
      const done = (error) => nextTick(() => callback(error));
      writer.ready.then(() => writer.write(chunk).then(() => done(), done), done);
    },
    destroy(error, callback) {
      const done = (failure) => nextTick(() => callback(failure ?? error));
      if (closed) done();
      else if (error) writer.abort(error).then(() => done(error), done);
      else writer.close().then(() => done(), done);
    },
    final(callback) {
      const done = (error) => nextTick(() => callback(error));
      if (closed) done();
      else writer.close().then(() => done(), done);
    },
  });
  writer.closed.then(() => {
    closed = true;
    if (!isWritableEnded(stream)) destroyer(stream, new ERR_STREAM_PREMATURE_CLOSE());
  }, (error) => {
    closed = true;
    destroyer(stream, error);
  });
  return stream;
}

Writable.toWeb = (writable) => {
  if (typeof writable?._writableState !== "object") throw new ERR_INVALID_ARG_TYPE("streamWritable", "stream.Writable", writable);
  if (isDestroyed(writable) || !isWritable(writable)) {
    const closed = new WritableStream();
    closed.close();
    return closed;
  }
  const { writableObjectMode, writableHighWaterMark: highWaterMark } = writable;
  const strategy = writableObjectMode ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark };
  let controller;
  let drained;
  let ended;
  const stop = finished(writable, (given) => {
    stop();
    writable.on("error", noop);
    const error = given?.code === "ERR_STREAM_PREMATURE_CLOSE" ? new AbortError(undefined, { cause: given }) : given;
    if (error) {
      drained?.reject(error);
      ended?.reject(error);
      controller?.error(error);
      controller = undefined;
    } else if (ended) {
      ended.resolve();
    } else {
      controller?.error(new AbortError());
      controller = undefined;
    }
  });
  writable.on("drain", () => {
    drained?.resolve();
    drained = undefined;
  });
  return new WritableStream({
    start(own) {
      controller = own;
    },
    write(chunk) {
      if (!writable.writableNeedDrain && writable.write(chunk)) return undefined;
      drained = Promise.withResolvers();
      return drained.promise.finally(() => { drained = undefined; });
    },
    abort: (reason) => destroyer(writable, reason),
    close() {
      if (ended === undefined && !isWritableEnded(writable)) {
        ended = Promise.withResolvers();
        writable.end();
      }
      controller = undefined;
      return ended?.promise;
    },
  }, strategy);
};

Duplex.fromWeb = (pair, options = {}) => {
  validateObject(pair, "pair");
  const { readable: readableStream, writable: writableStream } = pair;
  requireStream(readableStream, isReadableStream, "ReadableStream");
  requireStream(writableStream, isWritableStream, "WritableStream");
  validateObject(options, "options");
  const { allowHalfOpen = false, objectMode = false, encoding, decodeStrings = true, highWaterMark, signal } = options;
  const reader = readableStream.getReader();
  const duplex = writeInto(writableStream.getWriter(), (methods) => new Duplex({
    allowHalfOpen, objectMode, encoding, decodeStrings, highWaterMark, signal,
    ...methods,
    read() {
      reader.read().then(({ done, value }) => this.push(done ? null : value), (error) => destroyer(this, error));
    },
    destroy(error, callback) {
      reader.cancel(error).catch(noop);
      methods.destroy.call(this, error, callback);
    },
  }));
  reader.closed.catch((error) => destroyer(duplex, error));
  return duplex;
};

Duplex.toWeb = (duplex) => {
  if (typeof duplex?._writableState !== "object" || typeof duplex?._readableState !== "object") {
    throw new ERR_INVALID_ARG_TYPE("duplex", "stream.Duplex", duplex);
  }
  return { writable: Writable.toWeb(duplex), readable: Readable.toWeb(duplex) };
};
