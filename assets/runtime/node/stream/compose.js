// compose: several streams as one Duplex, the first written to and the last read from.

import { AbortError, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS } from "../errors.js";
import { destroyer } from "./destroy.js";
import { Duplex } from "./duplex.js";
import { duplexify } from "./duplexify.js";
import { finished } from "./finished.js";
import { pipeline } from "./pipeline.js";
import { isNodeStream, isReadable, isReadableStream, isTransformStream, isWebStream, isWritable, isWritableStream } from "./predicates.js";

export function compose(...given) {
  if (given.length === 0) throw new ERR_MISSING_ARGS("streams");
  if (given.length === 1) return duplexify(given[0]);
  const original = [...given];
  const streams = [...given];
  if (typeof streams[0] === "function") streams[0] = duplexify(streams[0]);
  const last = streams.length - 1;
  if (typeof streams[last] === "function") streams[last] = duplexify(streams[last]);
  streams.forEach((stream, at) => {
    if (!isNodeStream(stream) && !isWebStream(stream)) return;
    const canRead = isReadable(stream) || isReadableStream(stream) || isTransformStream(stream);
    const canWrite = isWritable(stream) || isWritableStream(stream) || isTransformStream(stream);
    if (at < last && !canRead) throw new ERR_INVALID_ARG_VALUE(`streams[${at}]`, original[at], "must be readable");
    if (at > 0 && !canWrite) throw new ERR_INVALID_ARG_VALUE(`streams[${at}]`, original[at], "must be writable");
  });
  let onDrain = null;
  let onFinish = null;
  let onReadable = null;
  let onClose = null;
  const over = (error) => {
    const callback = onClose;
    onClose = null;
    if (callback) callback(error);
    else if (error) made.destroy(error);
    else if (!reads && !writes) made.destroy();
  };
  const head = streams[0];
  const tail = pipeline(...streams, over);
  const writes = !!(isWritable(head) || isWritableStream(head) || isTransformStream(head));
  const reads = !!(isReadable(tail) || isReadableStream(tail) || isTransformStream(tail));
  const made = new Duplex({
    writableObjectMode: !!head?.writableObjectMode,
    readableObjectMode: !!tail?.readableObjectMode,
    writable: writes,
    readable: reads,
  });
  if (writes) writeTo(head, made, { drain: (callback) => { onDrain = callback; }, finish: (callback) => { onFinish = callback; } });
  if (writes && isNodeStream(head)) {
    head.on("drain", () => {
      const callback = onDrain;
      onDrain = null;
      callback?.();
    });
    if (isNodeStream(tail)) finished(tail, () => {
      const callback = onFinish;
      onFinish = null;
      callback?.();
    });
  }
  if (reads) readFrom(tail, made, (callback) => { onReadable = callback; }, () => {
    const callback = onReadable;
    onReadable = null;
    callback?.();
  });
  made._destroy = (error, callback) => {
    const reason = !error && onClose !== null ? new AbortError() : error;
    onReadable = onDrain = onFinish = null;
    if (isNodeStream(tail)) destroyer(tail, reason);
    if (onClose === null) onClose = callback;
  };
  return made;
}

function writeTo(head, made, wait) {
  if (isNodeStream(head)) {
    made._write = (chunk, encoding, callback) => {
      if (head.write(chunk, encoding)) callback();
      else wait.drain(callback);
    };
    made._final = (callback) => {
      head.end();
      wait.finish(callback);
    };
    return;
  }
  const writer = (isTransformStream(head) ? head.writable : head).getWriter();
  made._write = async (chunk, _, callback) => {
    try {
      await writer.ready;
      writer.write(chunk).catch(() => {});
      callback();
    } catch (error) {
      callback(error);
    }
  };
  made._final = async (callback) => {
    try {
      await writer.ready;
      writer.close().catch(() => {});
      wait.finish(callback);
    } catch (error) {
      callback(error);
    }
  };
}

function readFrom(tail, made, wait, wake) {
  if (isNodeStream(tail)) {
    tail.on("readable", wake);
    tail.on("end", () => made.push(null));
    made._read = () => {
      for (;;) {
        const chunk = tail.read();
        if (chunk === null) {
          wait(made._read);
          return;
        }
        if (!made.push(chunk)) return;
      }
    };
    return;
  }
  const reader = (isTransformStream(tail) ? tail.readable : tail).getReader();
  made._read = async () => {
    for (;;) {
      try {
        const { value, done } = await reader.read();
        if (!made.push(value)) return;
        if (done) {
          made.push(null);
          return;
        }
      } catch {
        return;
      }
    }
  };
}
