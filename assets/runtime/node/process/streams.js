// process.stdout and stderr, whose lines go to the log, and stdin, which has none.

import { host } from "../../native.js";
import { Readable } from "../stream/readable.js";
import { Writable } from "../stream/writable.js";
import "../stream/pipe.js";

/** Characters of a line that are kept until its end comes. */
const MAX_LINE = 64 * 1024;

class SyncWriteStream extends Writable {
  #level;
  #prefix;
  #line = "";
  constructor(fd, level, prefix) {
    super({ autoDestroy: false, decodeStrings: false });
    this.fd = fd;
    this.readable = false;
    this._type = "fs";
    this._isStdio = true;
    this.#level = level;
    this.#prefix = prefix;
  }
  _write(chunk, encoding, callback) {
    const text = typeof chunk === "string" ? chunk : chunk.toString();
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop().slice(0, MAX_LINE);
    for (const line of lines) host("log", this.#level, `${this.#prefix}: ${line.slice(0, MAX_LINE)}`);
    // the rest of a line is shown when nothing more of it comes in this turn
    if (this.#line !== "") Promise.resolve().then(() => this.#flush());
    callback();
  }
  #flush() {
    if (this.#line === "") return;
    host("log", this.#level, `${this.#prefix}: ${this.#line}`);
    this.#line = "";
  }
  destroySoon() {
    this.destroy();
  }
}

class ReadStream extends Readable {
  constructor() {
    super({ highWaterMark: 64 * 1024 });
    Object.assign(this, { fd: 0, start: 0, end: null, pos: 0, bytesRead: 0 });
  }
  _read() {
    this.push(null);
  }
}

const made = {};

/** Each is made when it is first looked at. */
export const stream = (name) => (made[name] ??= name === "stdin" ? new ReadStream()
  : name === "stdout" ? new SyncWriteStream(1, "log", "stdout") : new SyncWriteStream(2, "log", "stderr"));
