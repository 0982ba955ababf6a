// Writable: what bytes or objects go into.

import { Buffer, asBuffer } from "../buffer/class.js";
import { AbortError, ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_MULTIPLE_CALLBACK, ERR_UNKNOWN_ENCODING } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { addAbortSignal } from "./abort.js";
import { construct, destroy, errorOrDestroy, undestroy } from "./destroy.js";
import { ERR_STREAM_ALREADY_FINISHED, ERR_STREAM_CANNOT_PIPE, ERR_STREAM_DESTROYED, ERR_STREAM_NULL_VALUES, ERR_STREAM_WRITE_AFTER_END } from "./errors.js";
import { finished } from "./finished.js";
import { Stream } from "./legacy.js";
import { getDefaultHighWaterMark, highWaterMarkOf } from "./state.js";

const noop = () => {};
const kOnFinished = Symbol("kOnFinished");

export class WritableState {
  constructor(options, stream, isDuplex) {
    this.objectMode = !!(options?.objectMode || (isDuplex && options?.writableObjectMode));
    this.highWaterMark = options ? highWaterMarkOf(options, "writable", isDuplex, this.objectMode) : getDefaultHighWaterMark(false);
    this.finalCalled = false;
    this.needDrain = false;
    this.ending = false;
    this.ended = false;
    this.finished = false;
    this.destroyed = false;
    this.decodeStrings = options?.decodeStrings !== false;
    this.defaultEncoding = options?.defaultEncoding || "utf8";
    this.length = 0;
    this.writing = false;
    this.corked = 0;
    /** Whether `_write` answers within the call. */
    this.sync = true;
    this.bufferProcessing = false;
    this.onwrite = (error) => onWrite(stream, error);
    this.writecb = null;
    this.writelen = 0;
    /** Callbacks of writes that were done within their call, to be called together. */
    this.afterWriteTickInfo = null;
    resetBuffer(this);
    this.pendingcb = 0;
    this.constructed = true;
    this.prefinished = false;
    this.errorEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this[kOnFinished] = [];
  }
  getBuffer() {
    return this.buffered.slice(this.bufferedIndex);
  }
  get bufferedRequestCount() {
    return this.buffered.length - this.bufferedIndex;
  }
}

function resetBuffer(state) {
  state.buffered = [];
  state.bufferedIndex = 0;
  state.allBuffers = true;
  state.allNoop = true;
}

export function Writable(options) {
  const isDuplex = this?._writableState !== undefined;
  if (!isDuplex && !(this instanceof Writable)) return new Writable(options);
  this._writableState ??= new WritableState(options, this, false);
  for (const name of ["write", "writev", "destroy", "final", "construct"]) {
    if (typeof options?.[name] === "function") this[`_${name}`] = options[name];
  }
  if (options?.signal) addAbortSignal(options.signal, this);
  Stream.call(this, options);
  construct(this, () => writableReady(this));
}

/** Begins with what was written before `_construct` was done. */
export function writableReady(stream) {
  const state = stream._writableState;
  if (!state.writing) clearBuffer(stream, state);
  finishMaybe(stream, state);
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);

// a Duplex is a Writable too, though its prototypes do not say so
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && !!object && object._writableState instanceof WritableState;
  },
});

Writable.prototype.pipe = function pipe() {
  errorOrDestroy(this, new ERR_STREAM_CANNOT_PIPE());
};

function write(stream, given, encodingOrCallback, callback) {
  const state = stream._writableState;
  let [encoding, done] = [encodingOrCallback, callback];
  if (typeof encoding === "function") [encoding, done] = [state.defaultEncoding, encoding];
  else if (!encoding) encoding = state.defaultEncoding;
  else if (encoding !== "buffer" && !Buffer.isEncoding(encoding)) throw new ERR_UNKNOWN_ENCODING(encoding);
  if (typeof done !== "function") done = noop;
  if (given === null) throw new ERR_STREAM_NULL_VALUES();
  let chunk = given;
  if (!state.objectMode) {
    if (typeof chunk === "string") {
      if (state.decodeStrings) [chunk, encoding] = [Buffer.from(chunk, encoding), "buffer"];
    } else if (chunk instanceof Buffer) {
      encoding = "buffer";
    } else if (chunk instanceof Uint8Array) {
      [chunk, encoding] = [asBuffer(chunk), "buffer"];
    } else if (ArrayBuffer.isView(chunk)) {
      [chunk, encoding] = [Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), "buffer"];
    } else {
      throw new ERR_INVALID_ARG_TYPE("chunk", ["string", "Buffer", "TypedArray", "DataView"], chunk);
    }
  }
  const error = state.ending ? new ERR_STREAM_WRITE_AFTER_END() : state.destroyed ? new ERR_STREAM_DESTROYED("write") : undefined;
  if (error) {
    nextTick(done, error);
    errorOrDestroy(stream, error, true);
    return error;
  }
  state.pendingcb++;
  return writeOrBuffer(stream, state, chunk, encoding, done);
}

Writable.prototype.write = function (chunk, encoding, callback) {
  return write(this, chunk, encoding, callback) === true;
};

Writable.prototype.cork = function () {
  this._writableState.corked++;
};

Writable.prototype.uncork = function () {
  const state = this._writableState;
  if (state.corked === 0) return;
  state.corked--;
  if (!state.writing) clearBuffer(this, state);
};

Writable.prototype.setDefaultEncoding = function setDefaultEncoding(given) {
  const encoding = typeof given === "string" ? given.toLowerCase() : given;
  if (!Buffer.isEncoding(encoding)) throw new ERR_UNKNOWN_ENCODING(encoding);
  this._writableState.defaultEncoding = encoding;
  return this;
};

function writeOrBuffer(stream, state, chunk, encoding, callback) {
  const length = state.objectMode ? 1 : chunk.length;
  state.length += length;
  const room = state.length < state.highWaterMark;
  if (!room) state.needDrain = true;
  if (state.writing || state.corked || state.errored || !state.constructed) {
    state.buffered.push({ chunk, encoding, callback });
    if (encoding !== "buffer") state.allBuffers = false;
    if (callback !== noop) state.allNoop = false;
  } else {
    begin(stream, state, false, length, chunk, encoding, callback);
  }
  return room && !state.errored && !state.destroyed;
}

/** Hands one chunk, or a list of them with `_writev`, to the implementation. */
function begin(stream, state, many, length, chunk, encoding, callback) {
  state.writelen = length;
  state.writecb = callback;
  state.writing = true;
  state.sync = true;
  if (state.destroyed) state.onwrite(new ERR_STREAM_DESTROYED("write"));
  else if (many) stream._writev(chunk, state.onwrite);
  else stream._write(chunk, encoding, state.onwrite);
  state.sync = false;
}

function onWriteError(stream, state, error, callback) {
  state.pendingcb--;
  callback(error);
  errorBuffer(state);
  errorOrDestroy(stream, error);
}

function onWrite(stream, error) {
  const state = stream._writableState;
  const { sync, writecb: callback } = state;
  if (typeof callback !== "function") {
    errorOrDestroy(stream, new ERR_MULTIPLE_CALLBACK());
    return;
  }
  state.writing = false;
  state.writecb = null;
  state.length -= state.writelen;
  state.writelen = 0;
  if (error) {
    void error.stack;
    if (!state.errored) state.errored = error;
    if (stream._readableState && !stream._readableState.errored) stream._readableState.errored = error;
    if (sync) nextTick(onWriteError, stream, state, error, callback);
    else onWriteError(stream, state, error, callback);
    return;
  }
  if (state.buffered.length > state.bufferedIndex) clearBuffer(stream, state);
  if (!sync) {
    afterWrite(stream, state, 1, callback);
  } else if (state.afterWriteTickInfo?.callback === callback) {
    state.afterWriteTickInfo.count++;
  } else {
    const info = { count: 1, callback };
    state.afterWriteTickInfo = info;
    nextTick(() => {
      state.afterWriteTickInfo = null;
      afterWrite(stream, state, info.count, info.callback);
    });
  }
}

function afterWrite(stream, state, count, callback) {
  const drained = !state.ending && !stream.destroyed && state.length === 0 && state.needDrain;
  if (drained) {
    state.needDrain = false;
    stream.emit("drain");
  }
  for (let left = count; left > 0; left--) {
    state.pendingcb--;
    callback(null);
  }
  if (state.destroyed) errorBuffer(state);
  finishMaybe(stream, state);
}

/** Fails what waits. */
function errorBuffer(state) {
  if (state.writing) return;
  for (const { chunk, callback } of state.getBuffer()) {
    state.length -= state.objectMode ? 1 : chunk.length;
    callback(state.errored ?? new ERR_STREAM_DESTROYED("write"));
  }
  for (const callback of state[kOnFinished].splice(0)) callback(state.errored ?? new ERR_STREAM_DESTROYED("end"));
  resetBuffer(state);
}

function clearBuffer(stream, state) {
  if (state.corked || state.bufferProcessing || state.destroyed || !state.constructed) return;
  const waiting = state.bufferedRequestCount;
  if (waiting === 0) return;
  state.bufferProcessing = true;
  if (waiting > 1 && stream._writev) {
    state.pendingcb -= waiting - 1;
    const entries = state.getBuffer();
    const callback = state.allNoop ? noop : (error) => {
      for (const entry of entries) entry.callback(error);
    };
    entries.allBuffers = state.allBuffers;
    begin(stream, state, true, state.length, entries, "", callback);
    resetBuffer(state);
  } else {
    do {
      const { chunk, encoding, callback } = state.buffered[state.bufferedIndex];
      state.buffered[state.bufferedIndex++] = null;
      begin(stream, state, false, state.objectMode ? 1 : chunk.length, chunk, encoding, callback);
    } while (state.bufferedIndex < state.buffered.length && !state.writing);
    if (state.bufferedIndex === state.buffered.length) {
      resetBuffer(state);
    } else if (state.bufferedIndex > 256) {
      state.buffered.splice(0, state.bufferedIndex);
      state.bufferedIndex = 0;
    }
  }
  state.bufferProcessing = false;
}

Writable.prototype._write = function (chunk, encoding, callback) {
  if (!this._writev) throw new ERR_METHOD_NOT_IMPLEMENTED("_write()");
  this._writev([{ chunk, encoding }], callback);
};
Writable.prototype._writev = null;

Writable.prototype.end = function (given, givenEncoding, givenCallback) {
  const state = this._writableState;
  let [chunk, encoding, callback] = [given, givenEncoding, givenCallback];
  if (typeof chunk === "function") [chunk, encoding, callback] = [null, null, chunk];
  else if (typeof encoding === "function") [encoding, callback] = [null, encoding];
  let error;
  if (chunk !== null && chunk !== undefined) {
    const result = write(this, chunk, encoding);
    if (result instanceof Error) error = result;
  }
  if (state.corked) {
    state.corked = 1;
    this.uncork();
  }
  if (error) {
    // told below
  } else if (!state.errored && !state.ending) {
    state.ending = true;
    finishMaybe(this, state, true);
    state.ended = true;
  } else if (state.finished) {
    error = new ERR_STREAM_ALREADY_FINISHED("end");
  } else if (state.destroyed) {
    error = new ERR_STREAM_DESTROYED("end");
  }
  if (typeof callback === "function") {
    if (error || state.finished) nextTick(callback, error);
    else state[kOnFinished].push(callback);
  }
  return this;
};

const canFinish = (state) => state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored
  && state.buffered.length === 0 && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted;

function callFinal(stream, state) {
  let called = false;
  const done = (error) => {
    if (called) {
      errorOrDestroy(stream, error ?? new ERR_MULTIPLE_CALLBACK());
      return;
    }
    called = true;
    state.pendingcb--;
    if (error) {
      for (const callback of state[kOnFinished].splice(0)) callback(error);
      errorOrDestroy(stream, error, state.sync);
    } else if (canFinish(state)) {
      state.prefinished = true;
      stream.emit("prefinish");
      state.pendingcb++;
      nextTick(finish, stream, state);
    }
  };
  state.sync = true;
  state.pendingcb++;
  try {
    stream._final(done);
  } catch (error) {
    done(error);
  }
  state.sync = false;
}

function prefinish(stream, state) {
  if (state.prefinished || state.finalCalled) return;
  if (typeof stream._final === "function" && !state.destroyed) {
    state.finalCalled = true;
    callFinal(stream, state);
  } else {
    state.prefinished = true;
    stream.emit("prefinish");
  }
}

function finishMaybe(stream, state, sync = false) {
  if (!canFinish(state)) return;
  prefinish(stream, state);
  if (state.pendingcb !== 0) return;
  if (sync) {
    state.pendingcb++;
    nextTick(() => {
      if (canFinish(state)) finish(stream, state);
      else state.pendingcb--;
    });
  } else if (canFinish(state)) {
    state.pendingcb++;
    finish(stream, state);
  }
}

function finish(stream, state) {
  state.pendingcb--;
  state.finished = true;
  for (const callback of state[kOnFinished].splice(0)) callback(null);
  stream.emit("finish");
  if (!state.autoDestroy) return;
  const other = stream._readableState;
  if (!other || (other.autoDestroy && (other.endEmitted || other.readable === false))) stream.destroy();
}

const getter = (get, set = undefined) => ({ get, set, enumerable: false, configurable: true });
Object.defineProperties(Writable.prototype, {
  closed: getter(function () { return this._writableState ? this._writableState.closed : false; }),
  destroyed: getter(function () { return this._writableState ? this._writableState.destroyed : false; }, function (value) {
    if (this._writableState) this._writableState.destroyed = value;
  }),
  errored: getter(function () { return this._writableState ? this._writableState.errored : null; }),
  writable: getter(function () {
    const state = this._writableState;
    return !!state && state.writable !== false && !state.destroyed && !state.errored && !state.ending && !state.ended;
  }, function (value) {
    if (this._writableState) this._writableState.writable = !!value;
  }),
  writableFinished: getter(function () { return this._writableState ? this._writableState.finished : false; }),
  writableObjectMode: getter(function () { return this._writableState ? this._writableState.objectMode : false; }),
  writableBuffer: getter(function () { return this._writableState?.getBuffer(); }),
  writableEnded: getter(function () { return this._writableState ? this._writableState.ending : false; }),
  writableNeedDrain: getter(function () {
    const state = this._writableState;
    return state ? !state.destroyed && !state.ending && state.needDrain : false;
  }),
  writableHighWaterMark: getter(function () { return this._writableState?.highWaterMark; }),
  writableCorked: getter(function () { return this._writableState ? this._writableState.corked : 0; }),
  writableLength: getter(function () { return this._writableState?.length; }),
  writableAborted: getter(function () {
    const state = this._writableState;
    return !!(state && state.writable !== false && (state.destroyed || state.errored) && !state.finished);
  }),
});

Writable.prototype.destroy = function (error, callback) {
  const state = this._writableState;
  if (!state.destroyed && (state.bufferedIndex < state.buffered.length || state[kOnFinished].length > 0)) nextTick(errorBuffer, state);
  destroy.call(this, error, callback);
  return this;
};
Writable.prototype._undestroy = undestroy;
Writable.prototype._destroy = function (error, callback) {
  callback(error);
};
Writable.prototype[Symbol.for("nodejs.rejection")] = function (error) {
  this.destroy(error);
};
Writable.prototype[Symbol.asyncDispose] = function () {
  const error = this.destroyed || this.writableFinished ? null : new AbortError();
  if (error) this.destroy(error);
  return new Promise((resolve, reject) => finished(this, (failure) => (failure && failure.name !== "AbortError" ? reject(failure) : resolve())));
};

Writable.WritableState = WritableState;
