// pipeTo: moves chunks from a readable to a writable stream until one of them ends.

import { onAbort } from "./abort.js";
import { ReaderHandle } from "./readable-core.js";
import { handled, noop } from "./util.js";
import { WriterHandle } from "./writable.js";

class Pipe {
  #source;
  #target;
  #reader;
  #writer;
  #options;
  #lastWrite = Promise.resolve();
  #shuttingDown = false;
  #unlisten = noop;
  constructor(source, target, options) {
    this.#options = options;
    this.#source = source;
    this.#target = target;
    this.#reader = new ReaderHandle(source, false);
    this.#writer = new WriterHandle(target);
    source.disturbed = true;
    this.done = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
  }
  start() {
    const { signal } = this.#options;
    if (signal !== undefined) {
      if (signal.aborted) {
        this.#abort(signal.reason);
        return;
      }
      this.#unlisten = onAbort(signal, () => this.#abort(signal.reason));
    }
    // the order decides which end wins when both have ended already
    const { preventAbort, preventCancel, preventClose } = this.#options;
    this.#watch(this.#source.state === "errored", this.#reader.closed, true, () =>
      this.#shutdown(preventAbort ? null : () => this.#target.abort(this.#source.storedError), true, this.#source.storedError));
    this.#watch(this.#target.state === "errored", this.#writer.closed.promise, true, () =>
      this.#shutdown(preventCancel ? null : () => this.#source.cancel(this.#target.storedError), true, this.#target.storedError));
    this.#watch(this.#source.state === "closed", this.#reader.closed, false, () =>
      this.#shutdown(preventClose ? null : () => this.#writer.closeWithErrors(), false, undefined));
    if (this.#target.closing || this.#target.state === "closed") {
      const error = new TypeError("The destination WritableStream is closed.");
      this.#shutdown(preventCancel ? null : () => this.#source.cancel(error), true, error);
    }
    this.#step();
  }
  #watch(already, promise, onReject, action) {
    if (already) action();
    else handled(onReject ? promise.then(undefined, action) : promise.then(action));
  }
  #abort(reason) {
    const { preventAbort, preventCancel } = this.#options;
    const both = () => Promise.all([
      !preventAbort && this.#target.state === "writable" ? this.#target.abort(reason) : undefined,
      !preventCancel && this.#source.state === "readable" ? this.#source.cancel(reason) : undefined,
    ]);
    this.#shutdown(both, true, reason);
  }
  #step() {
    if (this.#shuttingDown) return;
    this.#writer.ready.promise.then(() => {
      if (this.#shuttingDown) return;
      this.#source.read({
        // a microtask later, because a write may run code of the program at once
        chunk: (value) => {
          if (this.#target.bytesOf?.(value) === null) {
            this.#abort(new TypeError("This WritableStream only supports writing byte types."));
            return;
          }
          this.#lastWrite = handled(Promise.resolve().then(() => {
            const written = this.#writer.write(value);
            this.#step();
            return written;
          }));
        },
        close: noop,
        error: noop,
      });
    }, noop);
  }
  /** Waits for writes that have begun, runs `action`, then settles. */
  #shutdown(action, failed, error) {
    if (this.#shuttingDown) return;
    this.#shuttingDown = true;
    const finish = () => {
      if (action === null) {
        this.#finalise(failed, error);
        return;
      }
      action().then(() => this.#finalise(failed, error), (reason) => this.#finalise(true, reason));
    };
    if (this.#target.state === "writable" && !this.#target.closing) this.#drain().then(finish);
    else finish();
  }
  async #drain() {
    let last;
    do {
      last = this.#lastWrite;
      await last.then(noop, noop);
    } while (last !== this.#lastWrite);
  }
  #finalise(failed, error) {
    this.#unlisten();
    this.#writer.release();
    this.#reader.release();
    if (failed) this.fail(error);
    else this.settle(undefined);
  }
}

/** Pipes `source` (a ReadableCore) to `target` (a WritableCore). */
export function pipe(source, target, options) {
  const { signal } = options;
  if (signal !== undefined && (typeof signal !== "object" || signal === null || !("aborted" in signal))) {
    throw new TypeError("pipeTo: options.signal is not of type 'AbortSignal'.");
  }
  const run = new Pipe(source, target, options);
  run.start();
  return run.done;
}
