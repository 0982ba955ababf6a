// The public face of readable streams: ReadableStream, its readers and controllers.

import { host } from "../native.js";
import { op } from "../ops.js";
import { ByteController } from "./readable-byte.js";
import { DefaultController, highWaterMarkOf, methodOf, ReadableCore, ReaderHandle, ReadRequest } from "./readable-core.js";
import { pipe } from "./pipe.js";
import { tee } from "./tee.js";
import { asyncIteratorPrototype, concatBytes, handled, INTERNAL, nativeLike, needArguments, viewBytes, webClass } from "./util.js";
import { writableCore } from "./writable.js";

let coreOf;

function illegal(token) {
  if (token !== INTERNAL) throw new TypeError("Illegal constructor");
}

/** Controller handed to the source of a stream of any values. */
export class ReadableStreamDefaultController {
  #c;
  constructor(token, controller) {
    illegal(token);
    this.#c = controller;
  }
  get desiredSize() {
    return this.#c.desiredSize;
  }
  close() {
    if (!this.#c.canCloseOrEnqueue()) throw new TypeError("The stream is closing, closed or errored and cannot be closed.");
    this.#c.close();
  }
  enqueue(chunk = undefined) {
    if (!this.#c.canCloseOrEnqueue()) throw new TypeError("The stream is closing, closed or errored and takes no chunk.");
    this.#c.enqueue(chunk);
  }
  error(reason = undefined) {
    this.#c.error(reason);
  }
}
webClass(ReadableStreamDefaultController);

/** A reader's buffer that a byte source may fill. */
export class ReadableStreamBYOBRequest {
  #c;
  #view;
  constructor(token, controller, view) {
    illegal(token);
    this.#c = controller;
    this.#view = view;
  }
  get view() {
    return this.#view;
  }
  respond(bytesWritten) {
    if (this.#c === null) throw new TypeError("This byobRequest has been answered.");
    const count = Number(bytesWritten);
    if (!(count >= 0) || !Number.isFinite(count)) throw new TypeError("bytesWritten must be a number that is not negative.");
    if (this.#view.byteLength === 0 && this.#view.buffer.byteLength === 0) throw new TypeError("The view's buffer has been detached.");
    this.#c.respond(Math.trunc(count));
  }
  respondWithNewView(view) {
    if (!ArrayBuffer.isView(view)) throw new TypeError("respondWithNewView: parameter 1 is not of type 'ArrayBufferView'.");
    if (this.#c === null) throw new TypeError("This byobRequest has been answered.");
    this.#c.respondWithNewView(view);
  }
  static {
    ByteController.makeRequest = (controller, view) => {
      const request = new ReadableStreamBYOBRequest(INTERNAL, controller, view);
      // what the core calls when the request is no longer answerable
      return Object.assign(Object.create(null), {
        face: request,
        invalidate() {
          request.#c = request.#view = null;
        },
      });
    };
  }
}
webClass(ReadableStreamBYOBRequest);

/** Controller handed to the source of a byte stream. */
export class ReadableByteStreamController {
  #c;
  constructor(token, controller) {
    illegal(token);
    this.#c = controller;
  }
  get byobRequest() {
    return this.#c.byobRequest?.face ?? null;
  }
  get desiredSize() {
    return this.#c.desiredSize;
  }
  close() {
    if (!this.#c.canCloseOrEnqueue()) throw new TypeError("The stream is closing, closed or errored and cannot be closed.");
    this.#c.close();
  }
  enqueue(chunk) {
    if (!ArrayBuffer.isView(chunk)) throw new TypeError("enqueue: parameter 1 is not of type 'ArrayBufferView'.");
    if (chunk.byteLength === 0) throw new TypeError("enqueue: the chunk is empty.");
    if (!this.#c.canCloseOrEnqueue()) throw new TypeError("The stream is closing, closed or errored and takes no chunk.");
    this.#c.enqueueTransferred(chunk);
  }
  error(reason = undefined) {
    this.#c.error(reason);
  }
}
webClass(ReadableByteStreamController);

/** Sets up `core` with a program's source; the two constructors and TransformStream use it. */
export function setUpDefault(core, source, start, pull, cancel, highWaterMark, size) {
  const controller = new DefaultController(core, source, pull, cancel, highWaterMark, size);
  controller.face = new ReadableStreamDefaultController(INTERNAL, controller);
  controller.start(start);
  return controller;
}

function setUpByte(core, source, strategy) {
  if (strategy?.size !== undefined) throw new RangeError("A byte stream's strategy has no size function.");
  const mark = highWaterMarkOf(strategy, 0);
  const start = methodOf(source, "start");
  const controller = new ByteController(core, source, methodOf(source, "pull"), methodOf(source, "cancel"), mark);
  if (source.autoAllocateChunkSize !== undefined) {
    const size = Number(source.autoAllocateChunkSize);
    if (!(size > 0)) throw new TypeError("autoAllocateChunkSize must be greater than 0.");
    controller.autoAllocateSize = Math.trunc(size);
  }
  controller.face = new ReadableByteStreamController(INTERNAL, controller);
  controller.start(start);
}

function setUp(core, source, strategy) {
  if (source === null || (typeof source !== "object" && typeof source !== "function")) {
    throw new TypeError("ReadableStream: parameter 1 is not of type 'Object'.");
  }
  const { type } = source;
  if (type !== undefined) {
    if (`${type}` !== "bytes") throw new TypeError(`ReadableStream: the source's type '${type}' is not 'bytes'.`);
    setUpByte(core, source, strategy);
    return;
  }
  const size = strategy?.size;
  if (size !== undefined && typeof size !== "function") throw new TypeError("The size of a strategy must be a function.");
  setUpDefault(core, source, methodOf(source, "start"), methodOf(source, "pull"), methodOf(source, "cancel"),
    highWaterMarkOf(strategy, 1), size);
}

// ---- readers ----

function acquire(stream, reader) {
  const core = coreOf(stream);
  if (core === undefined) needArguments(0, 1, reader, "ReadableStream");
  if (core.locked) throw new TypeError("This ReadableStream is currently locked to a reader.");
  open(core);
  return core;
}

/** Reads chunks as they come. */
export class ReadableStreamDefaultReader {
  #handle;
  constructor(stream) {
    this.#handle = new ReaderHandle(acquire(stream, "ReadableStreamDefaultReader"), false);
  }
  get closed() {
    return this.#handle.closed;
  }
  read() {
    const { core } = this.#handle;
    if (core === null) return Promise.reject(new TypeError("This ReadableStream reader has been released."));
    const { controller } = core;
    // the two usual cases without a request object
    if (core.state === "closed") {
      core.disturbed = true;
      return Promise.resolve({ value: undefined, done: true });
    }
    if (core.state === "readable" && controller instanceof DefaultController && controller.queue.length > 0) {
      core.disturbed = true;
      return Promise.resolve({ value: controller.take(), done: false });
    }
    const request = new ReadRequest();
    core.read(request);
    return request.promise;
  }
  cancel(reason = undefined) {
    const { core } = this.#handle;
    return core === null ? Promise.reject(new TypeError("This ReadableStream reader has been released.")) : core.cancel(reason);
  }
  releaseLock() {
    this.#handle.release();
  }
}
webClass(ReadableStreamDefaultReader);

/** Reads into buffers of the caller's. */
export class ReadableStreamBYOBReader {
  #handle;
  constructor(stream) {
    const core = acquire(stream, "ReadableStreamBYOBReader");
    if (!(core.controller instanceof ByteController)) {
      throw new TypeError("This ReadableStream does not support BYOB reads.");
    }
    this.#handle = new ReaderHandle(core, true);
  }
  get closed() {
    return this.#handle.closed;
  }
  read(view, options = undefined) {
    try {
      if (!ArrayBuffer.isView(view)) throw new TypeError("read: parameter 1 is not of type 'ArrayBufferView'.");
      if (view.byteLength === 0) throw new TypeError("read: the view is empty.");
      const min = options?.min === undefined ? 1 : Math.trunc(Number(options.min));
      if (!(min > 0)) throw new TypeError("read: options.min must be greater than 0.");
      const length = view.length ?? view.byteLength;
      if (min > length) throw new RangeError("read: options.min is larger than the view.");
      return this.#read(view, min * (view.BYTES_PER_ELEMENT ?? 1));
    } catch (error) {
      return Promise.reject(error);
    }
  }
  /** Workers extension: fills `view` with at least `minimum` bytes, unless the stream ends. */
  readAtLeast(minimum, view) {
    return this.read(view, { min: Math.ceil(minimum / (view?.BYTES_PER_ELEMENT ?? 1)) });
  }
  #read(view, minimum) {
    const { core } = this.#handle;
    if (core === null) throw new TypeError("This ReadableStream reader has been released.");
    core.disturbed = true;
    if (core.state === "errored") throw core.storedError;
    const request = new ReadRequest();
    core.controller.pullInto(view, minimum, request);
    return request.promise;
  }
  cancel(reason = undefined) {
    const { core } = this.#handle;
    return core === null ? Promise.reject(new TypeError("This ReadableStream reader has been released.")) : core.cancel(reason);
  }
  releaseLock() {
    this.#handle.release();
  }
}
webClass(ReadableStreamBYOBReader);

class StreamIterator {
  #handle;
  #preventCancel;
  #last = Promise.resolve();
  #finished = false;
  constructor(core, preventCancel) {
    this.#handle = new ReaderHandle(core, false);
    this.#preventCancel = preventCancel;
  }
  next() {
    const step = () => this.#next();
    return (this.#last = this.#last.then(step, step));
  }
  #next() {
    if (this.#finished) return { value: undefined, done: true };
    const { core } = this.#handle;
    const request = new ReadRequest();
    core.read(request);
    return request.promise.then((result) => {
      if (result.done) this.#finish();
      return result;
    }, (error) => {
      this.#finish();
      throw error;
    });
  }
  return(value = undefined) {
    const step = async () => {
      if (this.#finished) return { value, done: true };
      const { core } = this.#handle;
      const cancelled = this.#preventCancel ? undefined : core.cancel(value);
      this.#finish();
      await cancelled;
      return { value, done: true };
    };
    return (this.#last = this.#last.then(step, step));
  }
  #finish() {
    this.#finished = true;
    this.#handle.release();
  }
}
Object.setPrototypeOf(StreamIterator.prototype, asyncIteratorPrototype);
delete StreamIterator.prototype.constructor;
for (const name of ["next", "return"]) Object.defineProperty(StreamIterator.prototype, name, { enumerable: true });

/** A stream of chunks to read. */
export class ReadableStream {
  #core;
  constructor(source = undefined, strategy = undefined) {
    if (source === INTERNAL) {
      this.#core = strategy;
      return;
    }
    this.#core = new ReadableCore();
    setUp(this.#core, source === undefined ? {} : source, strategy);
  }
  static from(iterable) {
    return fromIterable(iterable);
  }
  get locked() {
    return this.#core.locked;
  }
  cancel(reason = undefined) {
    const core = this.#core;
    if (core.locked) return Promise.reject(new TypeError("This ReadableStream is currently locked to a reader."));
    open(core);
    return core.cancel(reason);
  }
  getReader(options = undefined) {
    const mode = options?.mode;
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== "byob") throw new TypeError(`getReader: '${mode}' is not a reader mode.`);
    return new ReadableStreamBYOBReader(this);
  }
  pipeThrough(transform, options = undefined) {
    const { readable, writable } = transform ?? {};
    if (coreOf(readable) === undefined) throw new TypeError("pipeThrough: 'readable' is not of type 'ReadableStream'.");
    const target = writableCore(writable);
    if (target === undefined) throw new TypeError("pipeThrough: 'writable' is not of type 'WritableStream'.");
    if (this.locked) throw new TypeError("This ReadableStream is currently locked to a reader.");
    if (target.locked) throw new TypeError("This WritableStream is currently locked to a writer.");
    handled(this.pipeTo(writable, options));
    return readable;
  }
  pipeTo(destination, options = undefined) {
    try {
      const target = writableCore(destination);
      if (target === undefined) throw new TypeError("pipeTo: parameter 1 is not of type 'WritableStream'.");
      if (target.locked) throw new TypeError("This WritableStream is currently locked to a writer.");
      return pipe(acquire(this), target, options ?? {});
    } catch (error) {
      return Promise.reject(error);
    }
  }
  tee() {
    const core = acquire(this);
    const [first, second] = tee(core);
    return [new ReadableStream(INTERNAL, first), new ReadableStream(INTERNAL, second)];
  }
  values(options = undefined) {
    return new StreamIterator(acquire(this), !!options?.preventCancel);
  }
  static {
    coreOf = (value) => (typeof value === "object" && value !== null && #core in value ? value.#core : undefined);
  }
}
webClass(ReadableStream);
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
  value: nativeLike(function (options = undefined) { return this.values(options); }, ""), writable: true, configurable: true,
});

class IterableSource {
  constructor(iterator) {
    this.iterator = iterator;
    this.next = iterator.next;
  }
  async pull(controller) {
    const result = await Reflect.apply(this.next, this.iterator, []);
    if (typeof result !== "object" || result === null) throw new TypeError("The iterator's result is not an object.");
    if (result.done) controller.close();
    else controller.enqueue(await result.value);
  }
  async cancel(reason) {
    const { iterator } = this;
    if (iterator.return === undefined) return;
    const result = await iterator.return(reason);
    if (typeof result !== "object" || result === null) throw new TypeError("The iterator's result is not an object.");
  }
}

function fromIterable(iterable) {
  const asyncMethod = iterable?.[Symbol.asyncIterator];
  const method = asyncMethod ?? iterable?.[Symbol.iterator];
  if (typeof method !== "function") throw new TypeError("ReadableStream.from: parameter 1 is not iterable.");
  const iterator = Reflect.apply(method, iterable, []);
  if (typeof iterator !== "object" || iterator === null) throw new TypeError("ReadableStream.from: the iterator is not an object.");
  return new ReadableStream(new IterableSource(iterator), { highWaterMark: 0 });
}

// ---- streams that the runtime makes ----

class HostSource {
  constructor(streamId) {
    this.streamId = streamId;
  }
  pull(controller) {
    return op("stream.pull", this.streamId).then((chunk) => {
      if (chunk === null || chunk === undefined) controller.end();
      else controller.enqueue(viewBytes(chunk));
    });
  }
  cancel() {
    host("stream.cancel", this.streamId);
  }
}

/** Builds the controller of a stream made from a body, when it is first touched. */
function open(core) {
  if (core.controller !== null) return;
  const { origin } = core;
  core.origin = null;
  if (origin instanceof Uint8Array) {
    const controller = new ByteController(core, undefined, undefined, undefined, 0);
    controller.started = true;
    if (origin.byteLength > 0) controller.enqueue(origin);
    controller.close();
    return;
  }
  const source = new HostSource(origin.streamId);
  new ByteController(core, source, source.pull, source.cancel, 0).startNow();
}

/** A byte stream over bytes or a host stream `{streamId, length?}`; costs little until it is read. */
export function streamFrom(origin) {
  const core = new ReadableCore();
  core.origin = origin;
  core.expectedLength = origin instanceof Uint8Array ? origin.byteLength : origin.length;
  return new ReadableStream(INTERNAL, core);
}

/** A byte stream over a source of the runtime's own: an object with pull and cancel that use a
 * ByteController directly. */
export function byteStream(source, highWaterMark) {
  const core = new ReadableCore();
  new ByteController(core, source, source.pull, source.cancel, highWaterMark).startNow();
  return new ReadableStream(INTERNAL, core);
}

/** A readable stream over `core`. */
export function wrapCore(core) {
  return new ReadableStream(INTERNAL, core);
}

/** The state behind a stream, or undefined for any other value. */
export function readableCore(stream) {
  return coreOf(stream);
}

/** What a stream was made from, if nothing has touched it; the stream is then used up. Else null. */
export function takeOrigin(stream) {
  const core = coreOf(stream);
  const { origin } = core;
  if (origin === null || core.locked || core.disturbed) return null;
  core.origin = new Uint8Array(0);
  open(core);
  core.disturbed = true;
  return origin;
}

/** Whether something has been read from the stream. */
export function isDisturbed(stream) {
  return coreOf(stream).disturbed;
}

/** Bytes a stream will yield, when that is known before it is read; else undefined. */
export function expectedLength(stream) {
  return coreOf(stream)?.expectedLength;
}

/** Reads a byte stream to its end and joins the chunks. Locks the stream. */
export function readAll(stream) {
  const handle = new ReaderHandle(acquire(stream), false);
  const { core } = handle;
  return new Promise((resolve, reject) => {
    const chunks = [];
    let total = 0;
    const next = () => core.read(request);
    const request = {
      chunk(value) {
        const bytes = viewBytes(value);
        if (bytes === null) {
          const error = new TypeError("This ReadableStream did not return bytes.");
          handled(core.cancel(error));
          reject(error);
          return;
        }
        chunks.push(bytes);
        total += bytes.byteLength;
        Promise.resolve().then(next);
      },
      close: () => resolve(concatBytes(chunks, total)),
      error: reject,
    };
    next();
  });
}
