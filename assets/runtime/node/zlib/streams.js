// The streams of zlib: what is written comes out compressed, or unpacked.

import { Buffer } from "../buffer/class.js";
import { NodeError } from "../errors.js";
import { finished } from "../stream/finished.js";
import { Transform } from "../stream/duplex.js";
import { settingsOf } from "./options.js";
import { END_OF_FILE, Press } from "./press.js";

/** Chunks that stand for a call of flush() among those that were written. */
const flushes = new WeakSet();

/** What is wrong with the data, with zlib's code. */
function dataError(message) {
  const [code, errno] = message === END_OF_FILE ? ["Z_BUF_ERROR", -5] : ["Z_DATA_ERROR", -3];
  return Object.assign(new NodeError(code, message), { errno });
}

class ZlibBase extends Transform {
  bytesWritten = 0;
  #press;
  #cut;
  #most;
  #given = 0;
  constructor(options, format, back) {
    const { level, most, mayBeCut } = settingsOf(options, format, back);
    super({ ...options, autoDestroy: true });
    this.#press = new Press(format, back, level);
    this.#cut = mayBeCut;
    this.#most = most;
  }
  get bytesRead() {
    return this.bytesWritten;
  }
  #take = (output) => {
    this.#given += output.byteLength;
    if (this.#given > this.#most) throw new RangeError("Memory limit exceeded");
    this.push(Buffer.from(output.buffer, output.byteOffset, output.byteLength));
  };
  #attempt(act, callback) {
    try {
      act();
    } catch (error) {
      callback(error instanceof RangeError ? error : dataError(error.message));
      return;
    }
    callback();
  }
  _transform(chunk, _, callback) {
    this.#attempt(() => {
      this.#press.run(chunk, flushes.has(chunk) ? 1 : 0, this.#take);
      this.bytesWritten += chunk.byteLength;
    }, callback);
  }
  _flush(callback) {
    this.#attempt(() => this.#press.finish(this.#take, this.#cut), callback);
  }
  _destroy(error, callback) {
    this.#press.close();
    callback(error);
  }
  /** Gives out all that the input so far makes. Every kind of flush is a sync flush. */
  flush(kind, callback = undefined) {
    const done = typeof kind === "function" ? kind : callback;
    if (this.writableFinished || this.writableEnded || this.destroyed) {
      if (done) process.nextTick(done);
      return;
    }
    const mark = Buffer.alloc(0);
    flushes.add(mark);
    this.write(mark, undefined, done);
  }
  close(callback = undefined) {
    if (callback) finished(this, callback);
    this.destroy();
  }
  reset() {
    this.#press.reset();
  }
}

class Zlib extends ZlibBase {
  /** What was written is flushed; the level stays, which only the size of the output shows. */
  params(_level, _strategy, callback) {
    this.flush(callback);
  }
}

export class Gzip extends Zlib { constructor(options) { super(options, "gzip", false); } }
export class Gunzip extends Zlib { constructor(options) { super(options, "gzip", true); } }
export class Deflate extends Zlib { constructor(options) { super(options, "deflate", false); } }
export class Inflate extends Zlib { constructor(options) { super(options, "deflate", true); } }
export class DeflateRaw extends Zlib { constructor(options) { super(options, "deflate-raw", false); } }
export class InflateRaw extends Zlib { constructor(options) { super(options, "deflate-raw", true); } }
export class Unzip extends Zlib { constructor(options) { super(options, "unzip", true); } }
export class BrotliCompress extends ZlibBase { constructor(options) { super(options, "brotli", false); } }
export class BrotliDecompress extends ZlibBase { constructor(options) { super(options, "brotli", true); } }
