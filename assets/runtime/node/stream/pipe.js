// Readable's ways to hand over all that comes: pipe, asynchronous iteration, wrapping of old streams.

import { AbortError } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { validateObject } from "../validate.js";
import { aggregate, destroyer, errorOrDestroy } from "./destroy.js";
import { finished } from "./finished.js";
import { prependListener } from "./legacy.js";
import { Readable } from "./readable.js";

function pipeOnDrain(source, destination) {
  return () => {
    const state = source._readableState;
    if (state.awaitDrainWriters === destination) state.awaitDrainWriters = null;
    else if (state.multiAwaitDrain) state.awaitDrainWriters.delete(destination);
    const waits = state.multiAwaitDrain ? state.awaitDrainWriters.size > 0 : state.awaitDrainWriters !== null;
    if (!waits && source.listenerCount("data") > 0) source.resume();
  };
}

Readable.prototype.pipe = function pipe(destination, options) {
  const source = this;
  const state = this._readableState;
  if (state.pipes.length === 1 && !state.multiAwaitDrain) {
    state.multiAwaitDrain = true;
    state.awaitDrainWriters = new Set(state.awaitDrainWriters ? [state.awaitDrainWriters] : []);
  }
  state.pipes.push(destination);
  const ends = options?.end !== false && !destination._isStdio;
  const onEnd = () => destination.end();
  const unpipe = () => source.unpipe(destination);
  const atEnd = ends ? onEnd : unpipe;
  let onDrain;
  let cleaned = false;
  const cleanup = () => {
    destination.removeListener("close", onClose);
    destination.removeListener("finish", onFinish);
    if (onDrain) destination.removeListener("drain", onDrain);
    destination.removeListener("error", onError);
    destination.removeListener("unpipe", onUnpipe);
    source.removeListener("end", onEnd);
    source.removeListener("end", unpipe);
    source.removeListener("data", onData);
    cleaned = true;
    if (onDrain && state.awaitDrainWriters && (!destination._writableState || destination._writableState.needDrain)) onDrain();
  };
  const onUnpipe = (from, info) => {
    if (from !== source || info?.hasUnpiped !== false) return;
    info.hasUnpiped = true;
    cleanup();
  };
  const pause = () => {
    if (!cleaned) {
      if (state.pipes.length === 1 && state.pipes[0] === destination) {
        state.awaitDrainWriters = destination;
        state.multiAwaitDrain = false;
      } else if (state.pipes.length > 1 && state.pipes.includes(destination)) {
        state.awaitDrainWriters.add(destination);
      }
      source.pause();
    }
    if (!onDrain) {
      onDrain = pipeOnDrain(source, destination);
      destination.on("drain", onDrain);
    }
  };
  const onData = (chunk) => {
    if (destination.write(chunk) === false) pause();
  };
  const onError = (error) => {
    unpipe();
    destination.removeListener("error", onError);
    if (destination.listenerCount("error") > 0) return;
    const own = destination._writableState ?? destination._readableState;
    if (own && !own.errorEmitted) errorOrDestroy(destination, error);
    else destination.emit("error", error);
  };
  const onClose = () => {
    destination.removeListener("finish", onFinish);
    unpipe();
  };
  const onFinish = () => {
    destination.removeListener("close", onClose);
    unpipe();
  };
  if (state.endEmitted) nextTick(atEnd);
  else source.once("end", atEnd);
  destination.on("unpipe", onUnpipe);
  source.on("data", onData);
  prependListener(destination, "error", onError);
  destination.once("close", onClose);
  destination.once("finish", onFinish);
  destination.emit("pipe", source);
  if (destination.writableNeedDrain === true) pause();
  else if (!state.flowing) source.resume();
  return destination;
};

Readable.prototype.unpipe = function unpipe(destination) {
  const state = this._readableState;
  if (state.pipes.length === 0) return this;
  if (!destination) {
    const all = state.pipes;
    state.pipes = [];
    this.pause();
    for (const each of all) each.emit("unpipe", this, { hasUnpiped: false });
    return this;
  }
  const at = state.pipes.indexOf(destination);
  if (at < 0) return this;
  state.pipes.splice(at, 1);
  if (state.pipes.length === 0) this.pause();
  destination.emit("unpipe", this, { hasUnpiped: false });
  return this;
};

/** Takes over an old stream, one that emits "data" and can be paused at best. */
Readable.prototype.wrap = function wrap(old) {
  let paused = false;
  old.on("data", (chunk) => {
    if (!this.push(chunk) && old.pause) {
      paused = true;
      old.pause();
    }
  });
  old.on("end", () => this.push(null));
  old.on("error", (error) => errorOrDestroy(this, error));
  old.on("close", () => destroyer(this));
  old.on("destroy", () => destroyer(this));
  this._read = () => {
    if (paused && old.resume) {
      paused = false;
      old.resume();
    }
  };
  for (const key of Object.keys(old)) {
    if (this[key] === undefined && typeof old[key] === "function") this[key] = old[key].bind(old);
  }
  return this;
};

async function* iterate(stream, options) {
  let wake = () => {};
  const onReadable = () => {
    wake();
    wake = () => {};
  };
  stream.on("readable", onReadable);
  let error;
  const stop = finished(stream, { writable: false }, (failure) => {
    error = failure ? aggregate(error, failure) : null;
    wake();
    wake = () => {};
  });
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (error) throw error;
      else if (error === null) return;
      else await new Promise((resolve) => { wake = resolve; });
    }
  } catch (failure) {
    error = aggregate(error, failure);
    throw error;
  } finally {
    if ((error || options?.destroyOnReturn !== false) && (error === undefined || stream._readableState.autoDestroy)) {
      destroyer(stream, null);
    } else {
      stream.off("readable", onReadable);
      stop();
    }
  }
}

function streamIterator(stream, options) {
  const readable = typeof stream.read === "function" ? stream : Readable.wrap(stream, { objectMode: true });
  const iterator = iterate(readable, options);
  iterator.stream = readable;
  return iterator;
}

Readable.prototype[Symbol.asyncIterator] = function () {
  return streamIterator(this);
};

Readable.prototype.iterator = function iterator(options) {
  if (options !== undefined) validateObject(options, "options");
  return streamIterator(this, options);
};

Readable.prototype[Symbol.asyncDispose] = function () {
  let error = null;
  if (!this.destroyed) {
    error = this.readableEnded ? null : new AbortError();
    this.destroy(error);
  }
  return new Promise((resolve, reject) => finished(this, (failure) => (failure && failure !== error ? reject(failure) : resolve(null))));
};

Readable.wrap = (source, options) => new Readable({
  objectMode: source.readableObjectMode ?? source.objectMode ?? true,
  ...options,
  destroy(error, callback) {
    destroyer(source, error);
    callback(error);
  },
}).wrap(source);

