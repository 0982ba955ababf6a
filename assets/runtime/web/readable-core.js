// The state behind a ReadableStream, apart from its public face. Follows the Streams Standard's
// abstract operations; promises and queues are made when they are first needed.

import { Deferred, handled, Queue } from "./util.js";

/** What a pending `read()` waits on: settles a promise of `{value, done}`. */
export class ReadRequest extends Deferred {
  chunk(value) {
    this.resolve({ value, done: false });
  }
  close(value) {
    this.resolve({ value, done: true });
  }
  error(reason) {
    this.reject(reason);
  }
}

/** A reader's hold on a stream. `closed` is made when first asked for. */
export class ReaderHandle {
  core;
  byob;
  #closed = null;
  constructor(core, byob) {
    this.core = core;
    this.byob = byob;
    core.reader = this;
  }
  get closed() {
    if (this.#closed !== null) return this.#closed.promise;
    this.#closed = new Deferred();
    handled(this.#closed.promise);
    if (this.core === null) this.#closed.reject(releasedError());
    else if (this.core.state === "closed") this.#closed.resolve(undefined);
    else if (this.core.state === "errored") this.#closed.reject(this.core.storedError);
    return this.#closed.promise;
  }
  onClosed() {
    this.#closed?.resolve(undefined);
  }
  onErrored(reason) {
    this.#closed?.reject(reason);
  }
  /** Gives the stream back; reads that still wait are rejected. */
  release() {
    const { core } = this;
    if (core === null) return;
    const error = releasedError();
    if (this.#closed?.pending) this.#closed.reject(error);
    else this.#closed = null;
    core.controller.released();
    core.reader = null;
    this.core = null;
    const waiting = core.requests;
    core.requests = new Queue();
    while (waiting.length > 0) waiting.shift().error(error);
  }
}

function releasedError() {
  return new TypeError("This ReadableStream reader has been released.");
}

/** State of one readable stream. */
export class ReadableCore {
  state = "readable";
  storedError = undefined;
  disturbed = false;
  reader = null;
  controller = null;
  // read or read-into requests of the reader
  requests = new Queue();
  // for a stream made from a body that nothing has read yet: what it was made from
  origin = null;
  // bytes the stream is known to yield, when it is known
  expectedLength = undefined;

  get locked() {
    return this.reader !== null;
  }
  close() {
    if (this.state !== "readable") return;
    this.state = "closed";
    const { reader } = this;
    if (reader === null) return;
    reader.onClosed();
    if (!reader.byob) while (this.requests.length > 0) this.requests.shift().close(undefined);
  }
  error(reason) {
    if (this.state !== "readable") return;
    this.state = "errored";
    this.storedError = reason;
    const { reader } = this;
    if (reader === null) return;
    reader.onErrored(reason);
    while (this.requests.length > 0) this.requests.shift().error(reason);
  }
  /** Ends the stream from the consumer's side; resolves when the source has taken note. */
  cancel(reason) {
    this.disturbed = true;
    if (this.state === "closed") return Promise.resolve(undefined);
    if (this.state === "errored") return Promise.reject(this.storedError);
    this.close();
    if (this.reader?.byob) while (this.requests.length > 0) this.requests.shift().close(undefined);
    return this.controller.cancelSteps(reason).then(() => undefined);
  }
  /** One read through the current reader, answered through `request`. */
  read(request) {
    this.disturbed = true;
    if (this.state === "closed") request.close(undefined);
    else if (this.state === "errored") request.error(this.storedError);
    else this.controller.pullSteps(request);
  }
}

/** The part that both kinds of controller share: starting, pulling, cancelling. */
export class ControllerBase {
  core;
  source;
  // what the source's methods get: the public controller, or this for the runtime's own sources
  face = this;
  pullMethod;
  cancelMethod;
  highWaterMark;
  started = false;
  closeRequested = false;
  #pulling = false;
  #pullAgain = false;
  #onPulled = null;
  #onPullFailed = null;
  constructor(core, source, pullMethod, cancelMethod, highWaterMark) {
    this.core = core;
    this.source = source;
    this.pullMethod = pullMethod;
    this.cancelMethod = cancelMethod;
    this.highWaterMark = highWaterMark;
    core.controller = this;
  }
  /** Runs the source's start method, then begins to pull. */
  start(startMethod) {
    const result = startMethod === undefined ? undefined : Reflect.apply(startMethod, this.source, [this.face]);
    Promise.resolve(result).then(() => this.startNow(), (reason) => this.error(reason));
  }
  startNow() {
    this.started = true;
    this.pullIfNeeded();
  }
  get desiredSize() {
    if (this.core.state === "errored") return null;
    if (this.core.state === "closed") return 0;
    return this.highWaterMark - this.queueSize;
  }
  canCloseOrEnqueue() {
    return !this.closeRequested && this.core.state === "readable";
  }
  #shouldPull() {
    if (!this.canCloseOrEnqueue() || !this.started) return false;
    if (this.core.reader !== null && this.core.requests.length > 0) return true;
    return this.highWaterMark - this.queueSize > 0;
  }
  pullIfNeeded() {
    if (this.pullMethod === undefined || !this.#shouldPull()) return;
    if (this.#pulling) {
      this.#pullAgain = true;
      return;
    }
    this.#pulling = true;
    this.#onPulled ??= () => {
      this.#pulling = false;
      if (!this.#pullAgain) return;
      this.#pullAgain = false;
      this.pullIfNeeded();
    };
    this.#onPullFailed ??= (reason) => this.error(reason);
    let result;
    try {
      result = Reflect.apply(this.pullMethod, this.source, [this.face]);
    } catch (reason) {
      this.error(reason);
      return;
    }
    Promise.resolve(result).then(this.#onPulled, this.#onPullFailed);
  }
  cancelSource(reason) {
    const { cancelMethod } = this;
    this.clearAlgorithms();
    if (cancelMethod === undefined) return Promise.resolve(undefined);
    try {
      return Promise.resolve(Reflect.apply(cancelMethod, this.source, [reason]));
    } catch (error) {
      return Promise.reject(error);
    }
  }
  clearAlgorithms() {
    this.pullMethod = this.cancelMethod = undefined;
  }
  /** Hook for the byte controller, called when the reader lets go. */
  released() {}
}

/** Controller of a stream of any values. */
export class DefaultController extends ControllerBase {
  queue = new Queue();
  // sizes beside the queue, only when the strategy has a size function
  sizes = null;
  #size;
  #total = 0;
  constructor(core, source, pullMethod, cancelMethod, highWaterMark, size) {
    super(core, source, pullMethod, cancelMethod, highWaterMark);
    this.#size = size;
    if (size !== undefined) this.sizes = new Queue();
  }
  get queueSize() {
    return this.sizes === null ? this.queue.length : this.#total;
  }
  enqueue(chunk) {
    const { core } = this;
    if (core.reader !== null && core.requests.length > 0) {
      core.requests.shift().chunk(chunk);
    } else {
      if (this.sizes !== null) {
        let size;
        try {
          const measure = this.#size;
          size = chunkSize(measure(chunk));
        } catch (error) {
          this.error(error);
          throw error;
        }
        this.sizes.push(size);
        this.#total += size;
      }
      this.queue.push(chunk);
    }
    this.pullIfNeeded();
  }
  close() {
    this.closeRequested = true;
    if (this.queue.length > 0) return;
    this.clearAlgorithms();
    this.core.close();
  }
  error(reason) {
    if (this.core.state !== "readable") return;
    this.#reset();
    this.clearAlgorithms();
    this.core.error(reason);
  }
  cancelSteps(reason) {
    this.#reset();
    return this.cancelSource(reason);
  }
  #reset() {
    this.queue.clear();
    this.sizes?.clear();
    this.#total = 0;
  }
  pullSteps(request) {
    if (this.queue.length === 0) {
      this.core.requests.push(request);
      this.pullIfNeeded();
      return;
    }
    request.chunk(this.take());
  }
  /** The first queued chunk; closes the stream or pulls as needed. */
  take() {
    const chunk = this.queue.shift();
    if (this.sizes !== null) this.#total = Math.max(0, this.#total - this.sizes.shift());
    if (this.closeRequested && this.queue.length === 0) {
      this.clearAlgorithms();
      this.core.close();
    } else {
      this.pullIfNeeded();
    }
    return chunk;
  }
}

/** A chunk size as a strategy may give it; a RangeError for any other. */
export function chunkSize(value) {
  const size = Number(value);
  if (!(size >= 0 && size < Infinity)) throw new RangeError("The size of a chunk must be a finite number that is not negative.");
  return size;
}

/** The high water mark of a strategy. */
export function highWaterMarkOf(strategy, byDefault) {
  if (strategy?.highWaterMark === undefined) return byDefault;
  const mark = Number(strategy.highWaterMark);
  if (!(mark >= 0)) throw new RangeError("The highWaterMark of a strategy must be a number that is not negative.");
  return mark;
}

/** A method of a source, sink or transformer, or undefined; a TypeError when it is no function. */
export function methodOf(object, name) {
  const method = object[name];
  if (method === undefined) return undefined;
  if (typeof method !== "function") throw new TypeError(`${name} must be a function.`);
  return method;
}
