// WritableStream, its writer and controller, after the Streams Standard.

import { abortSignal, newSignal } from "./abort.js";
import { chunkSize, highWaterMarkOf, methodOf } from "./readable-core.js";
import { Deferred, handled, INTERNAL, needArguments, Queue, webClass } from "./util.js";

const CLOSE = Symbol("close");
const NO_BYTES = "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.";

/** State of one writable stream. States: writable, erroring, errored, closed. */
export class WritableCore {
  state = "writable";
  storedError = undefined;
  writer = null;
  controller = null;
  backpressure = false;
  // Deferreds of writes that have not begun; the one that has begun is apart
  requests = new Queue();
  inFlightWrite = null;
  closeRequest = null;
  inFlightClose = null;
  // {deferred, reason, wasErroring}
  pendingAbort = null;
  // for a stream of bytes: makes bytes of a chunk, or null of what is none
  bytesOf = undefined;
  isAborted = false;

  get locked() {
    return this.writer !== null;
  }
  get closing() {
    return this.closeRequest !== null || this.inFlightClose !== null;
  }
  abort(reason) {
    if (this.state === "closed" || this.state === "errored") return Promise.resolve(undefined);
    this.isAborted = true;
    this.controller.signalAbort(reason);
    if (this.state === "closed" || this.state === "errored") return Promise.resolve(undefined);
    if (this.pendingAbort !== null) return this.pendingAbort.deferred.promise;
    const wasErroring = this.state === "erroring";
    this.pendingAbort = { deferred: new Deferred(), reason: wasErroring ? undefined : reason, wasErroring };
    const { promise } = this.pendingAbort.deferred;
    if (!wasErroring) this.startErroring(reason);
    return promise;
  }
  close() {
    if (this.state === "closed" || this.state === "errored") {
      return Promise.reject(new TypeError("This WritableStream has been closed or has failed."));
    }
    this.closeRequest = new Deferred();
    const { promise } = this.closeRequest;
    if (this.writer !== null && this.backpressure && this.state === "writable") this.writer.ready.resolve(undefined);
    this.controller.close();
    return promise;
  }
  startErroring(reason) {
    this.state = "erroring";
    this.storedError = reason;
    this.writer?.readyRejected(reason);
    if (this.inFlightWrite === null && this.inFlightClose === null && this.controller.started) this.finishErroring();
  }
  dealWithRejection(error) {
    if (this.state === "writable") this.startErroring(error);
    else this.finishErroring();
  }
  finishErroring() {
    this.state = "errored";
    this.controller.resetQueue();
    while (this.requests.length > 0) this.requests.shift().reject(this.storedError);
    const abort = this.pendingAbort;
    this.pendingAbort = null;
    if (abort === null) {
      this.rejectClosed();
      return;
    }
    if (abort.wasErroring) {
      abort.deferred.reject(this.storedError);
      this.rejectClosed();
      return;
    }
    this.controller.abortSteps(abort.reason).then(() => {
      abort.deferred.resolve(undefined);
      this.rejectClosed();
    }, (reason) => {
      abort.deferred.reject(reason);
      this.rejectClosed();
    });
  }
  rejectClosed() {
    if (this.closeRequest !== null) {
      this.closeRequest.reject(this.storedError);
      this.closeRequest = null;
    }
    if (this.writer !== null) {
      handled(this.writer.closed.promise);
      this.writer.closed.reject(this.storedError);
    }
  }
  finishWrite(error, failed) {
    const request = this.inFlightWrite;
    this.inFlightWrite = null;
    if (failed) {
      request.reject(error);
      this.dealWithRejection(error);
    } else {
      request.resolve(undefined);
    }
  }
  finishClose() {
    this.inFlightClose.resolve(undefined);
    this.inFlightClose = null;
    if (this.state === "erroring") {
      this.storedError = undefined;
      this.pendingAbort?.deferred.resolve(undefined);
      this.pendingAbort = null;
    }
    this.state = "closed";
    this.writer?.closed.resolve(undefined);
  }
  finishCloseWithError(error) {
    this.inFlightClose.reject(error);
    this.inFlightClose = null;
    this.pendingAbort?.deferred.reject(error);
    this.pendingAbort = null;
    this.dealWithRejection(error);
  }
  updateBackpressure(backpressure) {
    if (this.writer !== null && backpressure !== this.backpressure) {
      if (backpressure) this.writer.ready = new Deferred();
      else this.writer.ready.resolve(undefined);
    }
    this.backpressure = backpressure;
  }
}

/** A writer's hold on a stream, with its two promises. */
export class WriterHandle {
  core;
  ready = new Deferred();
  closed = new Deferred();
  constructor(core) {
    if (core.locked) throw new TypeError("This WritableStream is currently locked to a writer.");
    this.core = core;
    core.writer = this;
    const { state, storedError } = core;
    if (state === "writable") {
      if (core.closing || !core.backpressure) this.ready.resolve(undefined);
    } else if (state === "closed") {
      this.ready.resolve(undefined);
      this.closed.resolve(undefined);
    } else {
      this.#reject("ready", storedError);
      if (state === "errored") this.#reject("closed", storedError);
    }
  }
  #reject(which, reason) {
    if (!this[which].pending) this[which] = new Deferred();
    handled(this[which].promise);
    this[which].reject(reason);
  }
  readyRejected(reason) {
    this.#reject("ready", reason);
  }
  get desiredSize() {
    const { state } = this.core;
    if (state === "errored" || state === "erroring") return null;
    return state === "closed" ? 0 : this.core.controller.desiredSize;
  }
  write(chunk) {
    const { core } = this;
    if (core.bytesOf !== undefined) {
      // what is no bytes fails alone; the stream goes on
      const bytes = core.bytesOf(chunk);
      if (bytes === null) return Promise.reject(new TypeError(NO_BYTES));
      chunk = bytes;
      if (core.isAborted) return Promise.reject(new TypeError("This WritableStream has been closed."));
    }
    const size = core.controller.sizeOf(chunk);
    if (this.core !== core || core === null) return Promise.reject(lockReleased());
    if (core.state === "errored") return Promise.reject(core.storedError);
    if (core.closing || core.state === "closed") {
      return Promise.reject(new TypeError("This WritableStream has been closed."));
    }
    if (core.state === "erroring") return Promise.reject(core.storedError);
    const request = new Deferred();
    core.requests.push(request);
    core.controller.write(chunk, size);
    return request.promise;
  }
  /** Closes, or gives the promise that tells how the stream's end went. */
  closeWithErrors() {
    const { core } = this;
    if (core.closing || core.state === "closed") return Promise.resolve(undefined);
    if (core.state === "errored") return Promise.reject(core.storedError);
    return core.close();
  }
  release() {
    const { core } = this;
    if (core === null) return;
    const error = lockReleased();
    this.#reject("ready", error);
    this.#reject("closed", error);
    core.writer = null;
    this.core = null;
  }
}

function lockReleased() {
  return new TypeError("This WritableStream writer has been released.");
}

/** Queue and sink of a stream. */
export class WritableController {
  core;
  started = false;
  #sink;
  #write;
  #close;
  #abort;
  #size;
  #highWaterMark;
  #queue = new Queue();
  #sizes = new Queue();
  #total = 0;
  #signal = null;
  constructor(core, sink, methods, highWaterMark, size) {
    this.core = core;
    core.controller = this;
    this.#sink = sink;
    this.#write = methods.write;
    this.#close = methods.close;
    this.#abort = methods.abort;
    this.#highWaterMark = highWaterMark;
    this.#size = size;
    this.face = new WritableStreamDefaultController(INTERNAL, this);
    core.updateBackpressure(this.desiredSize <= 0);
  }
  start(startMethod) {
    const result = startMethod === undefined ? undefined : Reflect.apply(startMethod, this.#sink, [this.face]);
    Promise.resolve(result).then(() => {
      this.started = true;
      this.#advance();
    }, (reason) => {
      this.started = true;
      this.core.dealWithRejection(reason);
    });
  }
  get signal() {
    this.#signal ??= newSignal();
    return this.#signal;
  }
  signalAbort(reason) {
    abortSignal(this.signal, reason);
  }
  get desiredSize() {
    return this.#highWaterMark - this.#total;
  }
  sizeOf(chunk) {
    const measure = this.#size;
    if (measure === undefined) return 1;
    try {
      return measure(chunk);
    } catch (error) {
      this.errorIfNeeded(error);
      return 1;
    }
  }
  write(chunk, size) {
    let count;
    try {
      count = chunkSize(size);
    } catch (error) {
      this.errorIfNeeded(error);
      return;
    }
    this.#queue.push(chunk);
    this.#sizes.push(count);
    this.#total += count;
    this.#backpressure();
    this.#advance();
  }
  close() {
    this.#queue.push(CLOSE);
    this.#sizes.push(0);
    this.#advance();
  }
  error(reason) {
    if (this.core.state === "writable") this.errorIfNeeded(reason);
  }
  errorIfNeeded(reason) {
    if (this.core.state !== "writable") return;
    this.#clear();
    this.core.startErroring(reason);
  }
  abortSteps(reason) {
    const abort = this.#abort;
    this.#clear();
    return call(abort, this.#sink, [reason]);
  }
  resetQueue() {
    this.#queue.clear();
    this.#sizes.clear();
    this.#total = 0;
  }
  #clear() {
    this.#write = this.#close = this.#abort = this.#size = undefined;
  }
  #backpressure() {
    const { core } = this;
    if (!core.closing && core.state === "writable") core.updateBackpressure(this.desiredSize <= 0);
  }
  #advance() {
    const { core } = this;
    if (!this.started || core.inFlightWrite !== null) return;
    if (core.state === "erroring") {
      core.finishErroring();
      return;
    }
    if (this.#queue.length === 0 || core.state !== "writable") return;
    const chunk = this.#queue.peek();
    if (chunk === CLOSE) this.#processClose();
    else this.#processWrite(chunk);
  }
  #dequeue() {
    this.#queue.shift();
    this.#total = Math.max(0, this.#total - this.#sizes.shift());
  }
  #processClose() {
    const { core } = this;
    core.inFlightClose = core.closeRequest;
    core.closeRequest = null;
    this.#dequeue();
    const close = this.#close;
    this.#clear();
    call(close, this.#sink, []).then(() => core.finishClose(), (reason) => core.finishCloseWithError(reason));
  }
  #processWrite(chunk) {
    const { core } = this;
    core.inFlightWrite = core.requests.shift();
    call(this.#write, this.#sink, [chunk, this.face]).then(() => {
      core.finishWrite(undefined, false);
      this.#dequeue();
      this.#backpressure();
      this.#advance();
    }, (reason) => {
      if (core.state === "writable") this.#clear();
      core.finishWrite(reason, true);
    });
  }
}

function call(method, object, args) {
  if (method === undefined) return Promise.resolve(undefined);
  try {
    return Promise.resolve(Reflect.apply(method, object, args));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Controller handed to a sink. */
export class WritableStreamDefaultController {
  #c;
  constructor(token, controller) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#c = controller;
  }
  get signal() {
    return this.#c.signal;
  }
  error(reason = undefined) {
    this.#c.error(reason);
  }
}
webClass(WritableStreamDefaultController);

let coreOf;

/** Writes chunks to a stream. */
export class WritableStreamDefaultWriter {
  #handle;
  constructor(stream) {
    const core = coreOf(stream);
    if (core === undefined) needArguments(0, 1, "WritableStreamDefaultWriter", "WritableStream");
    this.#handle = new WriterHandle(core);
  }
  get closed() {
    return this.#handle.closed.promise;
  }
  get ready() {
    return this.#handle.ready.promise;
  }
  get desiredSize() {
    if (this.#handle.core === null) throw lockReleased();
    return this.#handle.desiredSize;
  }
  abort(reason = undefined) {
    return this.#handle.core === null ? Promise.reject(lockReleased()) : this.#handle.core.abort(reason);
  }
  close() {
    const { core } = this.#handle;
    if (core === null) return Promise.reject(lockReleased());
    if (core.closing) return Promise.reject(new TypeError("This WritableStream is already closing."));
    return core.close();
  }
  releaseLock() {
    this.#handle.release();
  }
  write(chunk = undefined) {
    return this.#handle.core === null ? Promise.reject(lockReleased()) : this.#handle.write(chunk);
  }
}
webClass(WritableStreamDefaultWriter);

/** A stream of chunks to write. */
export class WritableStream {
  #core;
  constructor(sink = undefined, strategy = undefined) {
    if (sink === INTERNAL) {
      this.#core = strategy;
      return;
    }
    const object = sink === undefined ? {} : sink;
    if (object === null || (typeof object !== "object" && typeof object !== "function")) {
      throw new TypeError("WritableStream: parameter 1 is not of type 'Object'.");
    }
    if (object.type !== undefined) throw new RangeError("WritableStream: a sink has no type.");
    const size = strategy?.size;
    if (size !== undefined && typeof size !== "function") throw new TypeError("The size of a strategy must be a function.");
    this.#core = new WritableCore();
    const start = methodOf(object, "start");
    const methods = { write: methodOf(object, "write"), close: methodOf(object, "close"), abort: methodOf(object, "abort") };
    new WritableController(this.#core, object, methods, highWaterMarkOf(strategy, 1), size).start(start);
  }
  get locked() {
    return this.#core.locked;
  }
  abort(reason = undefined) {
    if (this.locked) return Promise.reject(new TypeError("This WritableStream is currently locked to a writer."));
    return this.#core.abort(reason);
  }
  close() {
    if (this.locked) return Promise.reject(new TypeError("This WritableStream is currently locked to a writer."));
    if (this.#core.closing) return Promise.reject(new TypeError("This WritableStream is already closing."));
    return this.#core.close();
  }
  getWriter() {
    return new WritableStreamDefaultWriter(this);
  }
  static {
    coreOf = (value) => (typeof value === "object" && value !== null && #core in value ? value.#core : undefined);
  }
}
webClass(WritableStream);

/** The state behind a stream, or undefined for any other value. */
export function writableCore(stream) {
  return coreOf(stream);
}
