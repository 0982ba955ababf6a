// CompressionStream and DecompressionStream. The host compresses (codecs.js); here its output
// waits for the reader.

import { Codec } from "./codecs.js";
import { byteSides } from "./byte-transform.js";
import { TransformStream } from "./transform.js";
import { Deferred, INTERNAL, Queue, webClass } from "./util.js";

/** What a plain read gives at most, bytes, as the reference has it. */
const CHUNK = 4096;
/** Output that may wait while nobody reads, bytes; a write that would give more waits with it. */
const MOST_WAITING = 16 << 20;

const TRAILING = "Trailing bytes after end of compressed data";
const INCOMPLETE = "Called close() on a decompression stream with incomplete data";

/** The sink of one side and the source of the other. */
class Press {
  #codec;
  #back;
  #output = new Queue();
  #size = 0;
  #ended = false;
  #closed = false;
  #room = null;
  constructor(format, back) {
    this.#codec = new Codec(format, back);
    this.#back = back;
    Object.assign(this, byteSides(this, 1));
  }
  write(bytes) {
    return this.#run(bytes, false);
  }
  close() {
    return this.#run(new Uint8Array(0), true);
  }
  abort(reason) {
    this.#stop();
    this.controller.error(reason);
  }
  // the source's methods
  pull() {
    this.#deliver();
  }
  cancel(reason) {
    this.#stop();
    this.core.controller.errorIfNeeded(reason ?? new Error("Stream was cancelled."));
  }
  #stop() {
    this.#codec.close();
    this.#output.clear();
    this.#size = 0;
    this.#room?.resolve(undefined);
  }
  /** Feeds `bytes` to the codec; waits only when too much output waits. */
  #run(bytes, last) {
    try {
      for (let rest = bytes; (rest = this.#step(rest, last)) !== null;) {
        this.#deliver();
        if (this.#size > MOST_WAITING) {
          this.#room = new Deferred();
          return this.#room.promise.then(() => this.#run(rest, last));
        }
      }
      if (last) this.#finish();
    } catch (error) {
      this.#codec.close();
      this.controller.error(error);
      throw error;
    }
    this.#deliver();
    return undefined;
  }
  /** One step of the codec; what is left of `bytes`, or null when there is no more to do. */
  #step(bytes, last) {
    const isEmpty = bytes.byteLength === 0;
    if (this.#ended) {
      if (!isEmpty) throw new TypeError(TRAILING);
      return null;
    }
    if (this.#codec.closed || (isEmpty && !last)) return null;
    const { output, used, more, ended } = this.#codec.step(bytes, last ? 2 : 0);
    if (output.byteLength > 0) {
      this.#output.push(output);
      this.#size += output.byteLength;
    }
    this.#ended = ended;
    return more || used < bytes.byteLength ? bytes.subarray(used) : null;
  }
  #finish() {
    if (this.#back && !this.#ended) throw new TypeError(INCOMPLETE);
    this.#closed = true;
  }
  /** Hands output to reads that wait. */
  #deliver() {
    const { controller } = this;
    while (this.#size > 0 && controller.core.requests.length > 0) {
      const first = controller.pending[0];
      controller.enqueue(this.#take(first === undefined ? CHUNK : first.byteLength - first.filled));
    }
    if (this.#room !== null && this.#size <= MOST_WAITING / 2) {
      this.#room.resolve(undefined);
      this.#room = null;
    }
    if (this.#closed && this.#size === 0) controller.end();
  }
  /** Up to `most` bytes of output. */
  #take(most) {
    const bytes = new Uint8Array(Math.min(most, this.#size));
    for (let at = 0; at < bytes.byteLength;) {
      const chunk = this.#output.peek();
      const count = Math.min(chunk.byteLength, bytes.byteLength - at);
      bytes.set(chunk.subarray(0, count), at);
      at += count;
      if (count === chunk.byteLength) this.#output.shift();
      else this.#output.replaceFirst(chunk.subarray(count));
    }
    this.#size -= bytes.byteLength;
    return bytes;
  }
}

const FORMATS = ["deflate", "deflate-raw", "gzip"];

function pressOf(name, args, back) {
  if (args.length === 0) throw new TypeError(`Failed to construct '${name}': constructor parameter 1 is not of type 'string'.`);
  const format = `${args[0]}`;
  if (!FORMATS.includes(format)) throw new TypeError("The compression format must be either 'deflate', 'deflate-raw' or 'gzip'.");
  return new Press(format, back);
}

/** Compresses bytes. */
export class CompressionStream extends TransformStream {
  constructor(...args) {
    super(INTERNAL, pressOf("CompressionStream", args, false));
  }
}
webClass(CompressionStream);

/** Decompresses bytes. */
export class DecompressionStream extends TransformStream {
  constructor(...args) {
    super(INTERNAL, pressOf("DecompressionStream", args, true));
  }
}
webClass(DecompressionStream);
