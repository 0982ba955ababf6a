// Codecs of the host: compressors and decompressors, made when first used.

import { host } from "../native.js";

/** What one step is given at most, bytes. */
const PIECE = 64 << 10;

/** Codecs whose stream was forgotten before its end. */
const forgotten = new FinalizationRegistry((number) => host("compress.close", number));

/** One stream's codec. */
export class Codec {
  closed = false;
  #format;
  #verb;
  #number = 0;
  #level;
  /** `back` unpacks; `level` null is the format's usual one. */
  constructor(format, back, level = null) {
    this.#format = format;
    this.#level = level;
    this.#verb = back ? "compress.openBack" : "compress.open";
  }
  /**
   * Takes some of `bytes`: gives the output, the count of bytes used, whether another step gives
   * more, and whether the compressed stream is complete. `flush`: 0 none, 1 sync, 2 the last input.
   */
  step(bytes, flush) {
    if (this.#number === 0) {
      this.#number = host(this.#verb, this.#format, this.#level);
      forgotten.register(this, this.#number, this);
    }
    const piece = bytes.byteLength > PIECE ? bytes.subarray(0, PIECE) : bytes;
    const [output, used, more, ended] = host("compress.step", this.#number, piece, piece === bytes ? flush : 0);
    if (ended) this.#forget();
    return { output: new Uint8Array(output), used, more, ended };
  }
  close() {
    this.closed = true;
    if (this.#number === 0) return;
    host("compress.close", this.#number);
    this.#forget();
  }
  #forget() {
    forgotten.unregister(this);
    this.#number = 0;
  }
}
