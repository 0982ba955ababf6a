// The Workers' own byte streams: IdentityTransformStream and FixedLengthStream.

import { utf8Encode } from "../native.js";
import { byteStream, readableCore } from "./readable.js";
import { TransformStream } from "./transform.js";
import { copyBytes, Deferred, INTERNAL, needArguments, usv, viewBytes, webClass } from "./util.js";
import { WritableController, WritableCore, WritableStream } from "./writable.js";

const bytesOf = (chunk) => {
  if (chunk === undefined) return new Uint8Array(0);
  return typeof chunk === "string" ? utf8Encode(usv(chunk)) : viewBytes(chunk);
};

/** The two sides of a byte stream whose sink and source is `joint`. */
export function byteSides(joint, highWaterMark) {
  const readable = byteStream(joint, 0);
  const { controller } = readableCore(readable);
  const core = new WritableCore();
  core.bytesOf = bytesOf;
  new WritableController(core, joint, joint, highWaterMark, undefined).start(undefined);
  return { readable, controller, core, writable: new WritableStream(INTERNAL, core) };
}

/** Hands bytes from the writable side over when the readable side asks for them. */
class Joint {
  #limit;
  #left;
  #waiting = null;
  constructor(limit, strategy) {
    this.#limit = limit;
    this.#left = limit;
    Object.assign(this, byteSides(this, strategy?.highWaterMark ?? 1));
    readableCore(this.readable).expectedLength = limit;
  }
  write(view) {
    if (view.byteLength === 0) return undefined;
    if (this.#limit !== undefined) {
      if (view.byteLength > this.#left) throw this.#fail(new TypeError("Attempt to write too many bytes through a FixedLengthStream."));
      this.#left -= view.byteLength;
    }
    // the writer may reuse its buffer once the write is answered
    const bytes = copyBytes(view);
    if (readableCore(this.readable).requests.length > 0) {
      this.controller.enqueue(bytes);
      return undefined;
    }
    this.#waiting = { bytes, done: new Deferred() };
    return this.#waiting.done.promise;
  }
  close() {
    if (this.#limit !== undefined && this.#left > 0) {
      throw this.#fail(new TypeError("FixedLengthStream did not see all expected bytes before close()."));
    }
    this.controller.end();
  }
  abort(reason) {
    this.#waiting?.done.resolve(undefined);
    this.controller.error(reason);
  }
  // the source's methods
  pull() {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.controller.enqueue(waiting.bytes);
    waiting.done.resolve(undefined);
  }
  cancel(reason) {
    this.#waiting?.done.reject(reason);
    this.core.controller.errorIfNeeded(reason);
  }
  #fail(error) {
    this.controller.error(error);
    return error;
  }
}

/** Passes bytes through unchanged; a write is answered when its bytes are read. */
export class IdentityTransformStream extends TransformStream {
  constructor(strategy = undefined, token = undefined, limit = undefined) {
    super(INTERNAL, new Joint(token === INTERNAL ? limit : undefined, strategy));
  }
}
webClass(IdentityTransformStream);

/** An IdentityTransformStream that carries exactly `expectedLength` bytes. */
export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength, strategy = undefined) {
    needArguments(arguments.length, 1, "FixedLengthStream", "bigint");
    const length = Number(expectedLength);
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new TypeError("FixedLengthStream requires an integer expected length less than 2^53.");
    }
    super(strategy, INTERNAL, length);
  }
}
webClass(FixedLengthStream);
