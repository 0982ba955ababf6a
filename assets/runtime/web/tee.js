// Splitting one readable stream into two.

import { ByteController } from "./readable-byte.js";
import { DefaultController, ReadableCore, ReaderHandle } from "./readable-core.js";
import { Deferred, noop } from "./util.js";

/** One of the two branches, as a source. */
class Branch {
  constructor(shared, index) {
    this.shared = shared;
    this.index = index;
  }
  pull() {
    return this.shared.pull();
  }
  cancel(reason) {
    return this.shared.cancel(this.index, reason);
  }
}

/** What the branches share: the reader, and who has cancelled. */
class Tee {
  #handle;
  #core;
  #bytes;
  #reading = false;
  #readAgain = false;
  #cancelled = [false, false];
  #reasons = [undefined, undefined];
  #finished = new Deferred();
  cores = [new ReadableCore(), new ReadableCore()];
  #controllers;
  constructor(core) {
    this.#core = core;
    this.#handle = new ReaderHandle(core, false);
    this.#bytes = core.controller instanceof ByteController;
    this.#controllers = this.cores.map((branch, index) => {
      const source = new Branch(this, index);
      const controller = this.#bytes
        ? new ByteController(branch, source, source.pull, source.cancel, 0)
        : new DefaultController(branch, source, source.pull, source.cancel, 1, undefined);
      branch.expectedLength = core.expectedLength;
      controller.start(undefined);
      return controller;
    });
    this.#handle.closed.then(undefined, (reason) => {
      for (const controller of this.#controllers) controller.error(reason);
      if (!this.#cancelled[0] || !this.#cancelled[1]) this.#finished.resolve(undefined);
    });
  }
  pull() {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    this.#core.read({
      // a microtask later, so that an error between is seen before the chunk
      chunk: (value) => void Promise.resolve().then(() => this.#deliver(value)),
      close: () => {
        this.#reading = false;
        this.#controllers.forEach((controller, index) => {
          if (this.#cancelled[index]) return;
          if (this.#bytes) controller.end();
          else if (controller.canCloseOrEnqueue()) controller.close();
        });
        if (!this.#cancelled[0] || !this.#cancelled[1]) this.#finished.resolve(undefined);
      },
      error: () => {
        this.#reading = false;
      },
    });
  }
  #deliver(value) {
    this.#readAgain = false;
    // byte chunks belong to their reader, so the second one gets a copy
    const values = [value, this.#bytes && !this.#cancelled[0] && !this.#cancelled[1] ? value.slice() : value];
    this.#controllers.forEach((controller, index) => {
      if (!this.#cancelled[index] && controller.canCloseOrEnqueue()) controller.enqueue(values[index]);
    });
    this.#reading = false;
    if (this.#readAgain) this.pull();
  }
  cancel(index, reason) {
    this.#cancelled[index] = true;
    this.#reasons[index] = reason;
    if (this.#cancelled[1 - index]) {
      const result = this.#core.cancel(this.#reasons.slice());
      result.then(undefined, noop);
      this.#finished.resolve(result);
    }
    return this.#finished.promise;
  }
}

/** The cores of two streams that both yield what `core` yields. Locks `core`. */
export function tee(core) {
  return new Tee(core).cores;
}
