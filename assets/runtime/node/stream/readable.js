// Readable: what bytes or objects come out of. Flow, reading and the buffer; pipe.js has the pipe.

import { Buffer, asBuffer } from "../buffer/class.js";
import { ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { StringDecoder } from "../string_decoder.js";
import { addAbortSignal } from "./abort.js";
import { construct, destroy, errorOrDestroy, undestroy } from "./destroy.js";
import { ERR_STREAM_PUSH_AFTER_EOF, ERR_STREAM_UNSHIFT_AFTER_END_EVENT } from "./errors.js";
import { Stream } from "./legacy.js";
import { getDefaultHighWaterMark, highWaterMarkOf } from "./state.js";

/** Bytes beyond which no read raises the mark. */
const MAX_MARK = 0x40000000;

export class ReadableState {
  constructor(options, isDuplex) {
    this.objectMode = !!(options?.objectMode || (isDuplex && options?.readableObjectMode));
    this.highWaterMark = options ? highWaterMarkOf(options, "readable", isDuplex, this.objectMode) : getDefaultHighWaterMark(false);
    this.buffer = [];
    this.length = 0;
    this.pipes = [];
    /** null: nobody has said yet; then whether data is given out as it comes. */
    this.flowing = null;
    this.ended = false;
    this.endEmitted = false;
    this.reading = false;
    this.constructed = true;
    /** Whether `_read` answers within the call. */
    this.sync = true;
    this.needReadable = false;
    this.emittedReadable = false;
    this.readableListening = false;
    this.resumeScheduled = false;
    this.errorEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.destroyed = false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this.defaultEncoding = options?.defaultEncoding || "utf8";
    this.awaitDrainWriters = null;
    this.multiAwaitDrain = false;
    this.readingMore = false;
    this.dataEmitted = false;
    this.decoder = null;
    this.encoding = null;
    this[kPaused] = null;
    if (options?.encoding) {
      this.decoder = new StringDecoder(options.encoding);
      this.encoding = options.encoding;
    }
  }
}
export const kPaused = Symbol("kPaused");

export function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  // a Duplex makes its own states
  this._readableState ??= new ReadableState(options, false);
  if (typeof options?.read === "function") this._read = options.read;
  if (typeof options?.destroy === "function") this._destroy = options.destroy;
  if (typeof options?.construct === "function") this._construct = options.construct;
  if (options?.signal) addAbortSignal(options.signal, this);
  Stream.call(this, options);
  construct(this, () => readableReady(this));
}

/** Begins to read if somebody wanted to before `_construct` was done. */
export function readableReady(stream) {
  if (stream._readableState.needReadable) maybeReadMore(stream, stream._readableState);
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

Readable.prototype.destroy = destroy;
Readable.prototype._undestroy = undestroy;
Readable.prototype._destroy = function (error, callback) {
  callback(error);
};
Readable.prototype[Symbol.for("nodejs.rejection")] = function (error) {
  this.destroy(error);
};
Readable.prototype._read = function () {
  throw new ERR_METHOD_NOT_IMPLEMENTED("_read()");
};

/** Adds a chunk at the end. True when there is room for more. */
Readable.prototype.push = function push(chunk, encoding) {
  return add(this, chunk, encoding, false);
};

/** Puts a chunk back at the front. */
Readable.prototype.unshift = function unshift(chunk, encoding) {
  return add(this, chunk, encoding, true);
};

const EMPTY = Symbol("empty");

/** The chunk as it is kept; EMPTY for one with nothing in it, an error for one that cannot be. */
function asChunk(state, chunk, encoding, atFront) {
  if (state.objectMode) return chunk;
  if (typeof chunk === "string") {
    const name = encoding || state.defaultEncoding;
    if (state.encoding === name) return chunk === "" ? EMPTY : chunk;
    if (atFront && state.encoding) return Buffer.from(chunk, name).toString(state.encoding);
    return chunk === "" ? EMPTY : Buffer.from(chunk, name);
  }
  if (chunk instanceof Uint8Array) {
    return chunk.length === 0 ? EMPTY : chunk instanceof Buffer ? chunk : asBuffer(chunk);
  }
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk === undefined) return EMPTY;
  return new ERR_INVALID_ARG_TYPE("chunk", ["string", "Buffer", "TypedArray", "DataView"], chunk);
}

function add(stream, given, encoding, atFront) {
  const state = stream._readableState;
  const roomLeft = () => !state.ended && (state.length < state.highWaterMark || state.length === 0);
  if (given === null) {
    state.reading = false;
    onEof(stream, state);
    return roomLeft();
  }
  let chunk = asChunk(state, given, encoding, atFront);
  if (!state.objectMode && chunk instanceof Error) {
    errorOrDestroy(stream, chunk);
    return false;
  }
  if (chunk === EMPTY) {
    if (!atFront) {
      state.reading = false;
      maybeReadMore(stream, state);
    }
    return roomLeft();
  }
  if (atFront) {
    if (state.endEmitted) errorOrDestroy(stream, new ERR_STREAM_UNSHIFT_AFTER_END_EVENT());
    else if (state.destroyed || state.errored) return false;
    else insert(stream, state, chunk, true);
    return roomLeft();
  }
  if (state.ended) {
    errorOrDestroy(stream, new ERR_STREAM_PUSH_AFTER_EOF());
    return roomLeft();
  }
  if (state.destroyed || state.errored) return false;
  state.reading = false;
  if (state.decoder && !encoding) {
    chunk = state.decoder.write(chunk);
    if (state.objectMode || chunk.length !== 0) insert(stream, state, chunk, false);
    else maybeReadMore(stream, state);
  } else {
    insert(stream, state, chunk, false);
  }
  return roomLeft();
}

function insert(stream, state, chunk, atFront) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount("data") > 0) {
    if (state.multiAwaitDrain) state.awaitDrainWriters.clear();
    else state.awaitDrainWriters = null;
    state.dataEmitted = true;
    stream.emit("data", chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (atFront) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) emitReadable(stream);
  }
  maybeReadMore(stream, state);
}

Readable.prototype.isPaused = function isPaused() {
  return this._readableState[kPaused] === true || this._readableState.flowing === false;
};

Readable.prototype.setEncoding = function setEncoding(encoding) {
  const decoder = new StringDecoder(encoding);
  const state = this._readableState;
  state.decoder = decoder;
  state.encoding = decoder.encoding;
  const text = state.buffer.map((chunk) => decoder.write(chunk)).join("");
  state.buffer = text === "" ? [] : [text];
  state.length = text.length;
  return this;
};

function markFor(wanted) {
  if (wanted >= MAX_MARK) return MAX_MARK;
  return 2 ** Math.ceil(Math.log2(Math.max(1, wanted)));
}

function howMuch(wanted, state) {
  if (wanted <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (Number.isNaN(wanted)) return state.flowing && state.length > 0 ? state.buffer[0].length : state.length;
  if (wanted <= state.length) return wanted;
  return state.ended ? state.length : 0;
}

Readable.prototype.read = function read(size) {
  const state = this._readableState;
  const given = size;
  let wanted = size === undefined ? NaN : Number.isInteger(size) ? size : Number.parseInt(size, 10);
  if (wanted > state.highWaterMark) state.highWaterMark = markFor(wanted);
  if (wanted !== 0) state.emittedReadable = false;
  const enough = state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0;
  if (wanted === 0 && state.needReadable && (enough || state.ended)) {
    if (state.length === 0 && state.ended) endReadable(this);
    else emitReadable(this);
    return null;
  }
  wanted = howMuch(wanted, state);
  if (wanted === 0 && state.ended) {
    if (state.length === 0) endReadable(this);
    return null;
  }
  let more = state.needReadable || state.length === 0 || state.length - wanted < state.highWaterMark;
  if (state.ended || state.reading || state.destroyed || state.errored || !state.constructed) {
    more = false;
  } else if (more) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      this._read(state.highWaterMark);
    } catch (error) {
      errorOrDestroy(this, error);
    }
    state.sync = false;
    if (!state.reading) wanted = howMuch(given === undefined ? NaN : given, state);
  }
  const chunk = wanted > 0 ? take(wanted, state) : null;
  if (chunk === null) {
    state.needReadable = state.length <= state.highWaterMark;
    wanted = 0;
  } else {
    state.length -= wanted;
    if (state.multiAwaitDrain) state.awaitDrainWriters.clear();
    else state.awaitDrainWriters = null;
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (given !== wanted && state.ended) endReadable(this);
  }
  if (chunk !== null && !state.errorEmitted && !state.closeEmitted) {
    state.dataEmitted = true;
    this.emit("data", chunk);
  }
  return chunk;
};

/** Takes `wanted` bytes, or one object, out of the buffer. */
function take(wanted, state) {
  if (state.length === 0) return null;
  if (state.objectMode) return state.buffer.shift();
  const join = (parts) => (state.decoder ? parts.join("") : parts.length === 1 ? parts[0] : Buffer.concat(parts));
  if (!wanted || wanted >= state.length) {
    const all = state.buffer;
    state.buffer = [];
    return join(all);
  }
  const parts = [];
  let left = wanted;
  while (left > 0) {
    const chunk = state.buffer[0];
    if (chunk.length <= left) {
      parts.push(chunk);
      state.buffer.shift();
      left -= chunk.length;
    } else {
      parts.push(chunk.slice(0, left));
      state.buffer[0] = chunk.slice(left);
      left = 0;
    }
  }
  return join(parts);
}

function onEof(stream, state) {
  if (state.ended) return;
  const rest = state.decoder?.end();
  if (rest?.length > 0) {
    state.buffer.push(rest);
    state.length += state.objectMode ? 1 : rest.length;
  }
  state.ended = true;
  if (state.sync) {
    emitReadable(stream);
  } else {
    state.needReadable = false;
    state.emittedReadable = true;
    emitReadableNow(stream);
  }
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  nextTick(emitReadableNow, stream);
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
    stream.emit("readable");
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

function maybeReadMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  nextTick(readMore, stream, state);
}

function readMore(stream, state) {
  while (!state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
    const before = state.length;
    stream.read(0);
    if (before === state.length) break;
  }
  state.readingMore = false;
}

Readable.prototype.on = function on(name, listener) {
  const result = Stream.prototype.on.call(this, name, listener);
  const state = this._readableState;
  if (name === "data") {
    state.readableListening = this.listenerCount("readable") > 0;
    if (state.flowing !== false) this.resume();
  } else if (name === "readable" && !state.endEmitted && !state.readableListening) {
    state.readableListening = state.needReadable = true;
    state.flowing = false;
    state.emittedReadable = false;
    if (state.length > 0) emitReadable(this);
    else if (!state.reading) nextTick((stream) => stream.read(0), this);
  }
  return result;
};
Readable.prototype.addListener = Readable.prototype.on;

Readable.prototype.removeListener = function removeListener(name, listener) {
  const result = Stream.prototype.removeListener.call(this, name, listener);
  if (name === "readable") nextTick(updateListening, this);
  return result;
};
Readable.prototype.off = Readable.prototype.removeListener;

Readable.prototype.removeAllListeners = function removeAllListeners(...names) {
  const result = Stream.prototype.removeAllListeners.apply(this, names);
  if (names[0] === "readable" || names[0] === undefined) nextTick(updateListening, this);
  return result;
};

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount("readable") > 0;
  if (state.resumeScheduled && state[kPaused] === false) state.flowing = true;
  else if (stream.listenerCount("data") > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

Readable.prototype.resume = function resume() {
  const state = this._readableState;
  if (!state.flowing) {
    // with a listener of "readable" the stream stays paused all the same
    state.flowing = !state.readableListening;
    if (!state.resumeScheduled) {
      state.resumeScheduled = true;
      nextTick(resumeNow, this, state);
    }
  }
  state[kPaused] = false;
  return this;
};

function resumeNow(stream, state) {
  if (!state.reading) stream.read(0);
  state.resumeScheduled = false;
  stream.emit("resume");
  flow(stream);
  if (state.flowing && !state.reading) stream.read(0);
}

Readable.prototype.pause = function pause() {
  if (this._readableState.flowing !== false) {
    this._readableState.flowing = false;
    this.emit("pause");
  }
  this._readableState[kPaused] = true;
  return this;
};

function flow(stream) {
  while (stream._readableState.flowing && stream.read() !== null);
}

function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  nextTick(endNow, state, stream);
}

function endNow(state, stream) {
  if (state.errored || state.closeEmitted || state.endEmitted || state.length !== 0) return;
  state.endEmitted = true;
  stream.emit("end");
  if (stream.writable && stream.allowHalfOpen === false) {
    nextTick(() => {
      if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end();
    });
  } else if (state.autoDestroy) {
    const other = stream._writableState;
    if (!other || (other.autoDestroy && (other.finished || other.writable === false))) stream.destroy();
  }
}

const getter = (get, set = undefined) => ({ get, set, enumerable: false, configurable: true });
Object.defineProperties(Readable.prototype, {
  readable: getter(function () {
    const state = this._readableState;
    return !!state && state.readable !== false && !state.destroyed && !state.errorEmitted && !state.endEmitted;
  }, function (value) {
    if (this._readableState) this._readableState.readable = !!value;
  }),
  readableDidRead: getter(function () { return this._readableState.dataEmitted; }),
  readableAborted: getter(function () {
    const state = this._readableState;
    return !!(state.readable !== false && (state.destroyed || state.errored) && !state.endEmitted);
  }),
  readableHighWaterMark: getter(function () { return this._readableState.highWaterMark; }),
  readableBuffer: getter(function () { return this._readableState?.buffer; }),
  readableFlowing: getter(function () { return this._readableState.flowing; }, function (value) {
    if (this._readableState) this._readableState.flowing = value;
  }),
  readableLength: getter(function () { return this._readableState.length; }),
  readableObjectMode: getter(function () { return this._readableState ? this._readableState.objectMode : false; }),
  readableEncoding: getter(function () { return this._readableState ? this._readableState.encoding : null; }),
  errored: getter(function () { return this._readableState ? this._readableState.errored : null; }),
  closed: getter(function () { return this._readableState ? this._readableState.closed : false; }),
  destroyed: getter(function () { return this._readableState ? this._readableState.destroyed : false; }, function (value) {
    if (this._readableState) this._readableState.destroyed = value;
  }),
  readableEnded: getter(function () { return this._readableState ? this._readableState.endEmitted : false; }),
});
Object.defineProperties(ReadableState.prototype, {
  pipesCount: getter(function () { return this.pipes.length; }),
  paused: getter(function () { return this[kPaused] !== false; }, function (value) { this[kPaused] = !!value; }),
});

Readable.ReadableState = ReadableState;
