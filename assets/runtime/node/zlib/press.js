// One run of a codec over bytes, as zlib's functions and streams need it: members of a gzip file in
// a row, formats that are told by their first bytes, errors in zlib's words. The host compresses.

import { host } from "../../native.js";
import { Codec } from "../../web/codecs.js";

const NONE = new Uint8Array(0);
const FINISH = 2;
export const END_OF_FILE = "unexpected end of file";

export class Press {
  #format;
  #level;
  #codec;
  #begun = false;
  ended = false;
  /** `format` is a codec's, or "unzip" for gzip or deflate; `back` unpacks; `level` null is the usual one. */
  constructor(format, back, level) {
    this.#format = format;
    this.back = back;
    this.#level = level;
    this.reset();
  }
  reset() {
    this.#codec?.close();
    this.#codec = this.#format === "unzip" ? undefined : this.#make(this.#format);
    this.#begun = false;
    this.ended = false;
  }
  #make(format) {
    return new Codec(format, this.back, this.#level);
  }
  /** Gives `take` the output of `bytes`; `flush`: 0 none, 1 all so far, 2 the last input. */
  run(bytes, flush, take) {
    let rest = bytes;
    for (;;) {
      if (this.ended && !this.#next(rest)) return;
      if (rest.byteLength === 0 && (flush === 0 || (this.back && !this.#begun))) return;
      this.#begun = true;
      this.#codec ??= this.#make(rest[0] === 0x1f ? "gzip" : "deflate");
      const { output, used, more, ended } = this.#step(rest, flush);
      if (output.byteLength > 0) take(output);
      rest = rest.subarray(used);
      this.ended = ended;
      if (!ended && !more && rest.byteLength === 0) return;
    }
  }
  /** Begins with another member of a gzip file; false when what follows is none. */
  #next(rest) {
    const follows = this.back && rest.byteLength > 0 && rest[0] !== 0 && (this.#format === "gzip" || this.#format === "unzip");
    if (follows) this.reset();
    return follows;
  }
  #step(bytes, flush) {
    try {
      return this.#codec.step(bytes, flush);
    } catch {
      const why = host("compress.why");
      throw new Error(why ?? "Compression failed");
    }
  }
  /** The last output; for unpacking, an error unless the data is whole. */
  finish(take, mayBeCut) {
    this.run(NONE, FINISH, take);
    if (this.back && !this.ended && !mayBeCut) throw new Error(END_OF_FILE);
  }
  close() {
    this.#codec?.close();
  }
}
