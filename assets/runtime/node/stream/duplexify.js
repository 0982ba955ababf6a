// Duplex.from: a Duplex of nearly anything.

import { AbortError, ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { destroyer } from "./destroy.js";
import { Duplex } from "./duplex.js";
import { finished } from "./finished.js";
import { from } from "./from.js";
import { isDuplexNodeStream, isIterable, isNodeStream, isReadable, isReadableNodeStream, isReadableStream, isWritable, isWritableNodeStream, isWritableStream } from "./predicates.js";
import { Readable } from "./readable.js";
import { Writable } from "./writable.js";

const SOURCES = ["Blob", "ReadableStream", "WritableStream", "Stream", "Iterable", "AsyncIterable", "Function", "{ readable, writable } pair", "Promise"];

export function duplexify(body, name = "body") {
  if (isDuplexNodeStream(body)) return body;
  if (isReadableNodeStream(body)) return join({ readable: body });
  if (isWritableNodeStream(body)) return join({ writable: body });
  if (isNodeStream(body)) return join({ writable: false, readable: false });
  if (isReadableStream(body)) return join({ readable: Readable.fromWeb(body) });
  if (isWritableStream(body)) return join({ writable: Writable.fromWeb(body) });
  if (typeof body === "function") return ofFunction(body, name);
  if (body instanceof Blob) return duplexify(body.arrayBuffer());
  if (isIterable(body)) return readOnly(body);
  if (isReadableStream(body?.readable) && isWritableStream(body?.writable)) return Duplex.fromWeb(body);
  if (typeof body?.writable === "object" || typeof body?.readable === "object") {
    const half = (part, is) => (part ? (is(part) ? part : duplexify(part)) : undefined);
    return join({ readable: half(body.readable, isReadableNodeStream), writable: half(body.writable, isWritableNodeStream) });
  }
  if (typeof body?.then === "function") {
    const made = new Duplex({ objectMode: true, writable: false, read() {} });
    body.then((value) => {
      if (value !== null && value !== undefined) made.push(value);
      made.push(null);
    }, (error) => destroyer(made, error));
    return made;
  }
  throw new ERR_INVALID_ARG_TYPE(name, SOURCES, body);
}

/** A Duplex whose writable side is closed from the start, on an iterable. */
function readOnly(iterable) {
  const source = from(iterable, { objectMode: true });
  return join({ readable: source, writable: false });
}

function ofFunction(body, name) {
  const { value, write, final, destroy } = asyncGenerator(body);
  if (isDuplexNodeStream(value)) return value;
  if (isIterable(value)) {
    const readable = from(value, { objectMode: true });
    const made = new Duplex({
      objectMode: true, autoDestroy: true, write, final,
      read: () => readable.resume(),
      destroy(error, callback) {
        destroy(error, () => {
          destroyer(readable, error);
          callback(error);
        });
      },
    });
    readable.on("data", (chunk) => { if (!made.push(chunk)) readable.pause(); });
    readable.on("end", () => made.push(null));
    readable.on("error", (error) => destroyer(made, error));
    return made;
  }
  if (typeof value?.then !== "function") throw new ERR_INVALID_RETURN_VALUE("Iterable, AsyncIterable or AsyncFunction", name, value);
  let made;
  const promise = value.then((result) => {
    if (result !== null && result !== undefined) throw new ERR_INVALID_RETURN_VALUE("nully", "body", result);
  }, (error) => destroyer(made, error));
  made = new Duplex({
    objectMode: true, readable: false, write, destroy,
    final(callback) {
      final(async () => {
        try {
          await promise;
          nextTick(callback, null);
        } catch (error) {
          nextTick(callback, error);
        }
      });
    },
  });
  return made;
}

/** Calls `run` with an iterable of what will be written. */
function asyncGenerator(run) {
  let { promise, resolve } = Promise.withResolvers();
  const controller = new AbortController();
  const { signal } = controller;
  const value = run((async function* () {
    for (;;) {
      const waiting = promise;
      promise = null;
      const { chunk, done, callback } = await waiting;
      nextTick(callback);
      if (done) return;
      if (signal.aborted) throw new AbortError(undefined, { cause: signal.reason });
      ({ promise, resolve } = Promise.withResolvers());
      yield chunk;
    }
  })(), { signal });
  return {
    value,
    write(chunk, _, callback) {
      const give = resolve;
      resolve = null;
      give({ chunk, done: false, callback });
    },
    final(callback) {
      const give = resolve;
      resolve = null;
      give({ done: true, callback });
    },
    destroy(error, callback) {
      controller.abort();
      callback(error);
    },
  };
}

/** A Duplex over a stream to read and one to write. */
function join({ readable, writable: given }) {
  const source = readable && typeof readable.read !== "function" ? Readable.wrap(readable) : readable || null;
  const target = given || null;
  let [reads, writes] = [!!isReadable(source), !!isWritable(target)];
  let onDrain = null;
  let onFinish = null;
  let onReadable = null;
  let onClose = null;
  const over = (error) => {
    const callback = onClose;
    onClose = null;
    if (callback) callback(error);
    else if (error) made.destroy(error);
  };
  const made = new Duplex({
    readableObjectMode: !!source?.readableObjectMode,
    writableObjectMode: !!target?.writableObjectMode,
    readable: reads,
    writable: writes,
  });
  if (writes) {
    finished(target, (error) => {
      writes = false;
      if (error) destroyer(source, error);
      over(error);
    });
    made._write = (chunk, encoding, callback) => {
      if (target.write(chunk, encoding)) callback();
      else onDrain = callback;
    };
    made._final = (callback) => {
      target.end();
      onFinish = callback;
    };
    target.on("drain", () => {
      const callback = onDrain;
      onDrain = null;
      callback?.();
    });
    target.on("finish", () => {
      const callback = onFinish;
      onFinish = null;
      callback?.();
    });
  }
  if (reads) {
    finished(source, (error) => {
      reads = false;
      if (error) destroyer(source, error);
      over(error);
    });
    source.on("readable", () => {
      const callback = onReadable;
      onReadable = null;
      callback?.();
    });
    source.on("end", () => made.push(null));
    made._read = () => {
      for (;;) {
        const chunk = source.read();
        if (chunk === null) {
          onReadable = made._read;
          return;
        }
        if (!made.push(chunk)) return;
      }
    };
  }
  made._destroy = (error, callback) => {
    const reason = !error && onClose !== null ? new AbortError() : error;
    onReadable = onDrain = onFinish = null;
    if (onClose === null && !reads && !writes) {
      callback(reason);
    } else {
      onClose = callback;
      destroyer(target, reason);
      destroyer(source, reason);
    }
  };
  return made;
}

Duplex.from = (body) => duplexify(body, "body");
