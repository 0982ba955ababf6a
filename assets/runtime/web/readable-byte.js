// Controller of a readable byte stream, which can fill buffers that its reader brings (BYOB).

import { ControllerBase } from "./readable-core.js";
import { Queue } from "./util.js";

function transfer(buffer) {
  return buffer.transfer();
}

/** A reader's buffer that waits to be filled. */
class PullInto {
  constructor(view, minimum, kind) {
    this.Constructor = view.constructor;
    this.elementSize = view.BYTES_PER_ELEMENT ?? 1;
    this.byteOffset = view.byteOffset;
    this.byteLength = view.byteLength;
    this.minimum = minimum;
    this.filled = 0;
    // "byob": answers a reader's view; "default": filled for a plain read; "none": its reader left
    this.kind = kind;
    this.buffer = view.buffer;
    // kept, because the program may detach the buffer before it answers
    this.bufferLength = view.buffer.byteLength;
  }
  /** The filled part as a view of the reader's own type. */
  view() {
    const buffer = transfer(this.buffer);
    return new this.Constructor(buffer, this.byteOffset, this.filled / this.elementSize);
  }
}

/** Controller of a byte stream. */
export class ByteController extends ControllerBase {
  // Uint8Array chunks that nobody has read
  queue = new Queue();
  queueSize = 0;
  pending = [];
  autoAllocateSize = undefined;
  #request = null;
  /** Makes the public byobRequest for (controller, view); set by the public face. */
  static makeRequest;

  get byobRequest() {
    if (this.#request === null && this.pending.length > 0) {
      const first = this.pending[0];
      const view = new Uint8Array(first.buffer, first.byteOffset + first.filled, first.byteLength - first.filled);
      this.#request = ByteController.makeRequest(this, view);
    }
    return this.#request;
  }
  #invalidateRequest() {
    this.#request?.invalidate();
    this.#request = null;
  }
  close() {
    if (this.queueSize > 0) {
      this.closeRequested = true;
      return;
    }
    const first = this.pending[0];
    if (first !== undefined && first.filled % first.elementSize !== 0) {
      const error = new TypeError("The stream was closed with an element of the reader's view half filled.");
      this.error(error);
      throw error;
    }
    this.closeRequested = true;
    this.clearAlgorithms();
    this.core.close();
  }
  /** `close` for the runtime's own sources: also answers a BYOB read that waits. */
  end() {
    if (!this.canCloseOrEnqueue()) return;
    this.close();
    if (this.pending.length > 0) this.respond(0);
  }
  error(reason) {
    if (this.core.state !== "readable") return;
    this.#invalidateRequest();
    this.pending = [];
    this.#resetQueue();
    this.clearAlgorithms();
    this.core.error(reason);
  }
  #resetQueue() {
    this.queue.clear();
    this.queueSize = 0;
  }
  cancelSteps(reason) {
    this.#invalidateRequest();
    this.pending = [];
    this.#resetQueue();
    return this.cancelSource(reason);
  }
  released() {
    if (this.pending.length === 0) return;
    this.pending[0].kind = "none";
    this.pending.length = 1;
  }
  /** Takes a chunk of the program's: its buffer is transferred away, as the standard wants. */
  enqueueTransferred(view) {
    const { byteOffset, byteLength } = view;
    const first = this.pending[0];
    if (first !== undefined) {
      if (first.buffer.detached) throw new TypeError("The byobRequest's buffer has been detached.");
      this.#invalidateRequest();
      first.buffer = transfer(first.buffer);
    }
    this.enqueue(new Uint8Array(transfer(view.buffer), byteOffset, byteLength));
  }
  /** Takes a chunk that nobody else uses. */
  enqueue(bytes) {
    const { core } = this;
    if (this.pending[0]?.kind === "none") this.#queueDetached(this.pending.shift());
    if (core.reader !== null && !core.reader.byob) {
      while (core.requests.length > 0 && this.queueSize > 0) core.requests.shift().chunk(this.#takeChunk());
      if (core.requests.length > 0) {
        if (this.pending.length > 0) this.pending.shift();
        core.requests.shift().chunk(bytes);
      } else {
        this.#push(bytes);
      }
    } else {
      this.#push(bytes);
      if (core.reader !== null) this.#fillPending();
    }
    this.pullIfNeeded();
  }
  #push(bytes) {
    this.queue.push(bytes);
    this.queueSize += bytes.byteLength;
  }
  /** Bytes filled for a reader that left go back to the queue. */
  #queueDetached(pull) {
    if (pull.filled > 0) this.#push(new Uint8Array(pull.buffer.slice(pull.byteOffset, pull.byteOffset + pull.filled)));
  }
  #takeChunk() {
    const bytes = this.queue.shift();
    this.queueSize -= bytes.byteLength;
    this.#afterDrain();
    return bytes;
  }
  #afterDrain() {
    if (this.queueSize === 0 && this.closeRequested) {
      this.clearAlgorithms();
      this.core.close();
    } else {
      this.pullIfNeeded();
    }
  }
  pullSteps(request) {
    if (this.queueSize > 0) {
      request.chunk(this.#takeChunk());
      return;
    }
    if (this.autoAllocateSize !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(this.autoAllocateSize);
      } catch (error) {
        request.error(error);
        return;
      }
      this.pending.push(new PullInto(new Uint8Array(buffer), 1, "default"));
    }
    this.core.requests.push(request);
    this.pullIfNeeded();
  }
  /** A BYOB read of at least `minimum` bytes into `view`. */
  pullInto(view, minimum, request) {
    let pull;
    try {
      const { byteOffset, byteLength } = view;
      const buffer = transfer(view.buffer);
      const size = view.BYTES_PER_ELEMENT ?? 1;
      pull = new PullInto(new view.constructor(buffer, byteOffset, byteLength / size), minimum, "byob");
    } catch (error) {
      request.error(error);
      return;
    }
    if (this.pending.length > 0) {
      this.pending.push(pull);
      this.core.requests.push(request);
      return;
    }
    if (this.core.state === "closed") {
      request.close(new pull.Constructor(pull.buffer, pull.byteOffset, 0));
      return;
    }
    if (this.queueSize > 0) {
      if (this.#fill(pull)) {
        const filled = pull.view();
        this.#afterDrain();
        request.chunk(filled);
        return;
      }
      if (this.closeRequested) {
        const error = new TypeError("The stream was closed with too few bytes for the reader's view.");
        this.error(error);
        request.error(error);
        return;
      }
    }
    this.pending.push(pull);
    this.core.requests.push(request);
    this.pullIfNeeded();
  }
  /** Copies from the queue into `pull`. True when it holds as much as it has to. */
  #fill(pull) {
    const size = pull.elementSize;
    const most = Math.min(this.queueSize, pull.byteLength - pull.filled);
    const reach = pull.filled + most;
    const aligned = reach - (reach % size);
    const ready = aligned >= pull.minimum;
    let left = ready ? aligned - pull.filled : most;
    const target = new Uint8Array(pull.buffer);
    while (left > 0) {
      const chunk = this.queue.peek();
      const count = Math.min(left, chunk.byteLength);
      target.set(count === chunk.byteLength ? chunk : chunk.subarray(0, count), pull.byteOffset + pull.filled);
      if (count === chunk.byteLength) this.queue.shift();
      else this.queue.replaceFirst(chunk.subarray(count));
      this.queueSize -= count;
      pull.filled += count;
      left -= count;
    }
    return ready;
  }
  /** Answers waiting BYOB reads from the queue. */
  #fillPending() {
    const done = [];
    while (this.pending.length > 0 && this.queueSize > 0) {
      if (!this.#fill(this.pending[0])) break;
      done.push(this.pending.shift());
    }
    for (const pull of done) this.#commit(pull);
  }
  #commit(pull) {
    const closed = this.core.state === "closed";
    const view = pull.view();
    if (this.core.requests.length === 0) return;
    const request = this.core.requests.shift();
    if (closed) request.close(view);
    else request.chunk(view);
  }
  /** `byobRequest.respond(count)`. */
  respond(count) {
    const first = this.pending[0];
    const closed = this.core.state === "closed";
    if (closed ? count !== 0 : count === 0) {
      throw new TypeError(closed ? "bytesWritten must be 0 when the stream is closed." : "bytesWritten must be greater than 0.");
    }
    if (first.filled + count > first.byteLength) throw new RangeError("bytesWritten is too large for the view.");
    first.buffer = transfer(first.buffer);
    this.#respond(count);
  }
  /** `byobRequest.respondWithNewView(view)`. */
  respondWithNewView(view) {
    const first = this.pending[0];
    const closed = this.core.state === "closed";
    if (closed ? view.byteLength !== 0 : view.byteLength === 0) {
      throw new TypeError(closed ? "The view must be empty when the stream is closed." : "The view must not be empty.");
    }
    if (first.byteOffset + first.filled !== view.byteOffset) throw new RangeError("The view does not start where the request does.");
    if (first.bufferLength !== view.buffer.byteLength) throw new RangeError("The view's buffer has another length.");
    if (first.filled + view.byteLength > first.byteLength) throw new RangeError("The view is too large.");
    const count = view.byteLength;
    first.buffer = transfer(view.buffer);
    this.#respond(count);
  }
  #respond(count) {
    this.#invalidateRequest();
    const first = this.pending[0];
    if (this.core.state === "closed") {
      if (first.kind === "none") this.pending.shift();
      while (this.core.reader?.byob && this.core.requests.length > 0) this.#commit(this.pending.shift());
      return;
    }
    first.filled += count;
    if (first.kind === "none") {
      this.#queueDetached(this.pending.shift());
      this.#serveReader();
    } else if (first.kind === "default") {
      this.pending.shift();
      this.core.requests.shift().chunk(first.view());
    } else if (first.filled >= first.minimum) {
      this.pending.shift();
      const rest = first.filled % first.elementSize;
      if (rest > 0) {
        const end = first.byteOffset + first.filled;
        this.#push(new Uint8Array(first.buffer.slice(end - rest, end)));
        first.filled -= rest;
      }
      this.#commit(first);
      this.#fillPending();
    }
    this.pullIfNeeded();
  }
  #serveReader() {
    const { core } = this;
    if (core.reader === null) return;
    if (core.reader.byob) this.#fillPending();
    else while (core.requests.length > 0 && this.queueSize > 0) core.requests.shift().chunk(this.#takeChunk());
  }
}
