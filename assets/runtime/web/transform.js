// TransformStream and the streams built on it.

import { highWaterMarkOf, methodOf, ReadableCore } from "./readable-core.js";
import { setUpDefault, wrapCore } from "./readable.js";
import { Deferred, INTERNAL, noop, webClass } from "./util.js";
import { WritableController, WritableCore, WritableStream } from "./writable.js";

/** What joins the two sides of a transform stream; it is the sink of one and the source of the other. */
class Transform {
  readable = new ReadableCore();
  writable = new WritableCore();
  #transformer;
  #methods;
  #backpressure = true;
  #change = new Deferred();
  // the promise of a finish that flush, abort or cancel has begun
  #finish = null;
  #started = new Deferred();
  constructor(transformer, methods, writableStrategy, readableStrategy) {
    this.#transformer = transformer;
    this.#methods = methods;
    this.face = new TransformStreamDefaultController(INTERNAL, this);
    const started = () => this.#started.promise;
    const sink = { write: (chunk) => this.#write(chunk), close: () => this.#flush(), abort: (reason) => this.#abort(reason) };
    const writer = new WritableController(this.writable, sink, sink, writableStrategy.mark, writableStrategy.size);
    writer.start(started);
    this.reader = setUpDefault(this.readable, this, started, this.#pull, this.#cancel, readableStrategy.mark, readableStrategy.size);
    const { start } = methods;
    const result = start === undefined ? undefined : Reflect.apply(start, transformer, [this.face]);
    this.#started.resolve(result);
  }
  #setBackpressure(backpressure) {
    this.#change.resolve(undefined);
    this.#change = new Deferred();
    this.#backpressure = backpressure;
  }
  enqueue(chunk) {
    if (!this.reader.canCloseOrEnqueue()) throw new TypeError("The readable side takes no chunk: it is closed or errored.");
    try {
      this.reader.enqueue(chunk);
    } catch (error) {
      this.#errorWritable(error);
      throw this.readable.storedError;
    }
    const backpressure = this.reader.desiredSize <= 0 && !(this.readable.reader !== null && this.readable.requests.length > 0);
    if (backpressure !== this.#backpressure) this.#setBackpressure(true);
  }
  error(reason) {
    this.reader.error(reason);
    this.#errorWritable(reason);
  }
  terminate() {
    if (this.reader.canCloseOrEnqueue()) this.reader.close();
    this.#errorWritable(new TypeError("This TransformStream has been terminated."));
  }
  #errorWritable(reason) {
    this.#methods = {};
    this.writable.controller.errorIfNeeded(reason);
    if (this.#backpressure) this.#setBackpressure(false);
  }
  async #write(chunk) {
    if (this.#backpressure) {
      await this.#change.promise;
      if (this.writable.state === "erroring") throw this.writable.storedError;
    }
    const { transform } = this.#methods;
    try {
      if (transform === undefined) this.enqueue(chunk);
      else await Reflect.apply(transform, this.#transformer, [chunk, this.face]);
    } catch (error) {
      this.error(error);
      throw error;
    }
  }
  #run(name, args) {
    const method = this.#methods[name];
    this.#methods = {};
    if (method === undefined) return Promise.resolve(undefined);
    try {
      return Promise.resolve(Reflect.apply(method, this.#transformer, args));
    } catch (error) {
      return Promise.reject(error);
    }
  }
  #flush() {
    if (this.#finish !== null) return this.#finish.promise;
    const finish = (this.#finish = new Deferred());
    finish.promise.then(undefined, noop);
    this.#run("flush", [this.face]).then(() => {
      if (this.readable.state === "errored") {
        finish.reject(this.readable.storedError);
        return;
      }
      if (this.reader.canCloseOrEnqueue()) this.reader.close();
      finish.resolve(undefined);
    }, (error) => {
      this.reader.error(error);
      finish.reject(error);
    });
    return finish.promise;
  }
  #abort(reason) {
    if (this.#finish !== null) return this.#finish.promise;
    const finish = (this.#finish = new Deferred());
    finish.promise.then(undefined, noop);
    this.#run("cancel", [reason]).then(() => {
      if (this.readable.state === "errored") {
        finish.reject(this.readable.storedError);
        return;
      }
      this.reader.error(reason);
      finish.resolve(undefined);
    }, (error) => {
      this.reader.error(error);
      finish.reject(error);
    });
    return finish.promise;
  }
  // the two methods of the readable side's source
  #pull() {
    this.#setBackpressure(false);
    return this.#change.promise;
  }
  #cancel(reason) {
    if (this.#finish !== null) return this.#finish.promise;
    const finish = (this.#finish = new Deferred());
    finish.promise.then(undefined, noop);
    this.#run("cancel", [reason]).then(() => {
      if (this.writable.state === "errored") {
        finish.reject(this.writable.storedError);
        return;
      }
      this.writable.controller.errorIfNeeded(reason);
      if (this.#backpressure) this.#setBackpressure(false);
      finish.resolve(undefined);
    }, (error) => {
      this.writable.controller.errorIfNeeded(error);
      if (this.#backpressure) this.#setBackpressure(false);
      finish.reject(error);
    });
    return finish.promise;
  }
}

/** Controller handed to a transformer. */
export class TransformStreamDefaultController {
  #t;
  constructor(token, transform) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#t = transform;
  }
  get desiredSize() {
    return this.#t.reader.desiredSize;
  }
  enqueue(chunk = undefined) {
    this.#t.enqueue(chunk);
  }
  error(reason = undefined) {
    this.#t.error(reason);
  }
  terminate() {
    this.#t.terminate();
  }
}
webClass(TransformStreamDefaultController);

function strategyOf(strategy, mark) {
  const size = strategy?.size;
  if (size !== undefined && typeof size !== "function") throw new TypeError("The size of a strategy must be a function.");
  return { mark: highWaterMarkOf(strategy, mark), size };
}

/** A writable and a readable stream, joined by a transformer. */
export class TransformStream {
  #readable;
  #writable;
  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    if (transformer === INTERNAL) {
      this.#readable = writableStrategy.readable;
      this.#writable = writableStrategy.writable;
      return;
    }
    const object = transformer ?? {};
    if (object.readableType !== undefined) throw new RangeError("TransformStream: readableType is not supported.");
    if (object.writableType !== undefined) throw new RangeError("TransformStream: writableType is not supported.");
    const methods = {};
    for (const name of ["start", "transform", "flush", "cancel"]) methods[name] = methodOf(object, name);
    const readable = strategyOf(readableStrategy, 0);
    const joined = new Transform(object, methods, strategyOf(writableStrategy, 1), readable);
    this.#readable = wrapCore(joined.readable);
    this.#writable = new WritableStream(INTERNAL, joined.writable);
  }
  get readable() {
    return this.#readable;
  }
  get writable() {
    return this.#writable;
  }
}
webClass(TransformStream);
