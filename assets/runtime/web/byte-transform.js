// The Workers' own byte streams: IdentityTransformStream and FixedLengthStream.

import { byteStream, readableCore } from "./readable.js";
import { copyBytes, Deferred, INTERNAL, viewBytes, webClass } from "./util.js";
import { WritableController, WritableCore, WritableStream } from "./writable.js";

/** Hands bytes from the writable side over when the readable side asks for them. */
class Joint {
  #limit;
  #left;
  #controller;
  #waiting = null;
  constructor(limit, strategy) {
    this.#limit = limit;
    this.#left = limit;
    this.readable = byteStream(this, 0);
    const core = readableCore(this.readable);
    core.expectedLength = limit;
    this.#controller = core.controller;
    this.core = new WritableCore();
    new WritableController(this.core, this, this, strategy?.highWaterMark ?? 1, undefined).start(undefined);
    this.writable = new WritableStream(INTERNAL, this.core);
  }
  write(chunk) {
    const view = viewBytes(chunk);
    if (view === null) {
      throw this.#fail(new TypeError("This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side."));
    }
    if (view.byteLength === 0) return undefined;
    if (this.#limit !== undefined) {
      if (view.byteLength > this.#left) throw this.#fail(new TypeError("Attempt to write too many bytes through a FixedLengthStream."));
      this.#left -= view.byteLength;
    }
    // the writer may reuse its buffer once the write is answered
    const bytes = copyBytes(view);
    if (readableCore(this.readable).requests.length > 0) {
      this.#controller.enqueue(bytes);
      return undefined;
    }
    this.#waiting = { bytes, done: new Deferred() };
    return this.#waiting.done.promise;
  }
  close() {
    if (this.#limit !== undefined && this.#left > 0) {
      throw this.#fail(new TypeError("FixedLengthStream did not see all expected bytes before close()."));
    }
    this.#controller.end();
  }
  abort(reason) {
    this.#waiting?.done.resolve(undefined);
    this.#controller.error(reason);
  }
  // the source's methods
  pull() {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.#controller.enqueue(waiting.bytes);
    waiting.done.resolve(undefined);
  }
  cancel(reason) {
    this.#waiting?.done.reject(reason);
    this.core.controller.errorIfNeeded(reason);
  }
  #fail(error) {
    this.#controller.error(error);
    return error;
  }
}

/** Passes bytes through unchanged; a write is answered when its bytes are read. */
export class IdentityTransformStream {
  #joint;
  constructor(strategy = undefined, token = undefined, limit = undefined) {
    this.#joint = new Joint(token === INTERNAL ? limit : undefined, strategy);
  }
  get readable() {
    return this.#joint.readable;
  }
  get writable() {
    return this.#joint.writable;
  }
}
webClass(IdentityTransformStream);

/** An IdentityTransformStream that carries exactly `expectedLength` bytes. */
export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength, strategy = undefined) {
    const length = Number(expectedLength);
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new TypeError("FixedLengthStream requires an integer expected length less than 2^53.");
    }
    super(strategy, INTERNAL, length);
  }
}
webClass(FixedLengthStream);
