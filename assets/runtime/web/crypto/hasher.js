// A digest in pieces. The host keeps nothing: it gives back the state of the digest as bytes.

import { host } from "../../native.js";
import { concatBytes, copyBytes } from "../util.js";

/** Pieces are gathered until they are this long, bytes: a host call for each small one would be slow. */
const GATHER = 64 * 1024;
const EMPTY = new Uint8Array(0);

export class Hasher {
  #hash;
  #state = EMPTY;
  #pieces = [];
  #size = 0;

  /** `hash` is a name that the host knows: "SHA-256", … */
  constructor(hash) {
    this.#hash = hash;
  }

  /** Adds a view of bytes. */
  update(bytes) {
    this.#pieces.push(this.#size + bytes.byteLength < GATHER ? copyBytes(bytes) : bytes);
    this.#size += bytes.byteLength;
    if (this.#size < GATHER) return;
    this.#state = new Uint8Array(host("crypto.update", this.#hash, this.#state, this.#take()));
  }

  #take() {
    const all = concatBytes(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return all;
  }

  /** The digest of everything as an ArrayBuffer; the end of this hasher. */
  finish() {
    return host("crypto.finish", this.#hash, this.#state, this.#take());
  }

  copy() {
    const twin = new Hasher(this.#hash);
    twin.#state = this.#state;
    twin.#pieces = [...this.#pieces];
    twin.#size = this.#size;
    return twin;
  }
}
