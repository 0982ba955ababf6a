// Duplex: readable and writable at once. Transform and PassThrough: what goes in comes out.

import { ERR_METHOD_NOT_IMPLEMENTED } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { addAbortSignal } from "./abort.js";
import { construct } from "./destroy.js";
import { Stream } from "./legacy.js";
import "./pipe.js";
import { Readable, ReadableState, readableReady } from "./readable.js";
import { Writable, WritableState, writableReady } from "./writable.js";

export function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  this._readableState ??= new ReadableState(options, true);
  this._writableState ??= new WritableState(options, this, true);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  if (options?.readable === false) Object.assign(this._readableState, { readable: false, ended: true, endEmitted: true });
  if (options?.writable === false) {
    Object.assign(this._writableState, { writable: false, ending: true, ended: true, finished: true });
  }
  for (const name of ["read", "write", "writev", "destroy", "final", "construct"]) {
    if (typeof options?.[name] === "function") this[`_${name}`] = options[name];
  }
  if (options?.signal) addAbortSignal(options.signal, this);
  Stream.call(this, options);
  construct(this, () => {
    readableReady(this);
    writableReady(this);
  });
}

Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);
for (const name of Object.keys(Writable.prototype)) Duplex.prototype[name] ??= Writable.prototype[name];
for (const name of ["writable", "writableHighWaterMark", "writableObjectMode", "writableBuffer", "writableLength", "writableFinished",
  "writableCorked", "writableEnded", "writableNeedDrain", "writableAborted"]) {
  Object.defineProperty(Duplex.prototype, name, Object.getOwnPropertyDescriptor(Writable.prototype, name));
}
Duplex.prototype.destroy = Writable.prototype.destroy;
Object.defineProperty(Duplex.prototype, "destroyed", {
  get() {
    if (this._readableState === undefined || this._writableState === undefined) return false;
    return this._readableState.destroyed && this._writableState.destroyed;
  },
  set(value) {
    if (this._readableState && this._writableState) this._readableState.destroyed = this._writableState.destroyed = value;
  },
  configurable: true,
});

const kCallback = Symbol("kCallback");

export function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  // a mark of 0 on the readable side would let the writable side buffer twice
  const mark = options?.readableHighWaterMark ?? options?.highWaterMark;
  const own = mark === 0 ? {
    ...options,
    highWaterMark: null,
    readableHighWaterMark: 0,
    writableHighWaterMark: options.writableHighWaterMark || 0,
  } : options;
  Duplex.call(this, own);
  this._readableState.sync = false;
  this[kCallback] = null;
  if (typeof options?.transform === "function") this._transform = options.transform;
  if (typeof options?.flush === "function") this._flush = options.flush;
  this.on("prefinish", onPrefinish);
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

function flush(callback) {
  if (typeof this._flush !== "function" || this.destroyed) {
    this.push(null);
    callback?.();
    return;
  }
  this._flush((error, data) => {
    if (error) {
      if (callback) callback(error);
      else this.destroy(error);
      return;
    }
    if (data !== null && data !== undefined) this.push(data);
    this.push(null);
    callback?.();
  });
}

function onPrefinish() {
  if (this._final !== flush) flush.call(this);
}

Transform.prototype._final = flush;
Transform.prototype._transform = function () {
  throw new ERR_METHOD_NOT_IMPLEMENTED("_transform()");
};
Transform.prototype._write = function (chunk, encoding, callback) {
  const [r, w] = [this._readableState, this._writableState];
  const before = r.length;
  this._transform(chunk, encoding, (error, value) => {
    if (error) {
      callback(error);
      return;
    }
    if (value !== null && value !== undefined) this.push(value);
    if (w.ended || before === r.length || r.length < r.highWaterMark) callback();
    else this[kCallback] = callback;
  });
};
Transform.prototype._read = function () {
  const callback = this[kCallback];
  if (!callback) return;
  this[kCallback] = null;
  callback();
};

export function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);
PassThrough.prototype._transform = function (chunk, _, callback) {
  callback(null, chunk);
};

/** Two Duplex streams; what is written to one is read from the other. */
export function duplexPair(options) {
  const kOther = Symbol("other");
  const kWaiting = Symbol("waiting");
  class Side extends Duplex {
    [kOther] = null;
    [kWaiting] = null;
    _read() {
      const callback = this[kWaiting];
      this[kWaiting] = null;
      callback?.();
    }
    _write(chunk, _, callback) {
      if (chunk.length === 0) {
        nextTick(callback);
      } else {
        this[kOther].push(chunk);
        this[kOther][kWaiting] = callback;
      }
    }
    _final(callback) {
      this[kOther].on("end", callback);
      this[kOther].push(null);
    }
  }
  const [one, two] = [new Side(options), new Side(options)];
  one[kOther] = two;
  two[kOther] = one;
  return [one, two];
}
