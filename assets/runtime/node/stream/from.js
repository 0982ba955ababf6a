// Readable.from: a stream of what an iterable gives.

import { Buffer } from "../buffer/class.js";
import { ERR_INVALID_ARG_TYPE } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { ERR_STREAM_NULL_VALUES } from "./errors.js";
import { Readable } from "./readable.js";

export function from(iterable, options) {
  if (typeof iterable === "string" || iterable instanceof Buffer) {
    return new Readable({
      objectMode: true,
      ...options,
      read() {
        this.push(iterable);
        this.push(null);
      },
    });
  }
  const asynchronous = typeof iterable?.[Symbol.asyncIterator] === "function";
  const iterator = asynchronous ? iterable[Symbol.asyncIterator]() : iterable?.[Symbol.iterator]?.();
  if (iterator === undefined) throw new ERR_INVALID_ARG_TYPE("iterable", ["Iterable"], iterable);
  const readable = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  let reading = false;
  readable._read = () => {
    if (reading) return;
    reading = true;
    next();
  };
  readable._destroy = (error, callback) => {
    close(error).then(() => nextTick(callback, error), (failure) => nextTick(callback, failure || error));
  };

  async function close(error) {
    if (error !== undefined && error !== null && typeof iterator.throw === "function") {
      const { value, done } = await iterator.throw(error);
      await value;
      if (done) return;
    }
    if (typeof iterator.return === "function") {
      const { value } = await iterator.return();
      await value;
    }
  }

  async function next() {
    for (;;) {
      try {
        const { value, done } = asynchronous ? await iterator.next() : iterator.next();
        if (done) {
          readable.push(null);
          return;
        }
        const chunk = typeof value?.then === "function" ? await value : value;
        if (chunk === null) {
          reading = false;
          throw new ERR_STREAM_NULL_VALUES();
        }
        if (readable.push(chunk)) continue;
        reading = false;
      } catch (error) {
        readable.destroy(error);
      }
      return;
    }
  }
  return readable;
}
Readable.from = (iterable, options) => from(iterable, options);
