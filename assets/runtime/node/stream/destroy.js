// The end of a stream's life, and its delayed beginning (`_construct`).

import { AbortError, ERR_MULTIPLE_CALLBACK } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { isDestroyed, isFinished, kDestroyed } from "./predicates.js";

const kDestroy = Symbol("kDestroy");
const kConstruct = Symbol("kConstruct");

const statesOf = (stream) => [stream._readableState, stream._writableState].filter((state) => state !== undefined && state !== null);

/** Two failures as one. */
export function aggregate(inner, outer) {
  if (!inner || !outer || inner === outer) return inner || outer;
  if (Array.isArray(outer.errors)) {
    outer.errors.push(inner);
    return outer;
  }
  const error = new AggregateError([outer, inner], outer.message);
  error.code = outer.code;
  return error;
}

function note(stream, error) {
  if (!error) return;
  // a stack that nobody reads keeps what it closes over
  void error.stack;
  for (const state of statesOf(stream)) if (!state.errored) state.errored = error;
}

/** Readable's and Writable's method `destroy`. */
export function destroy(error, callback) {
  const states = statesOf(this);
  if (states.some((state) => state.destroyed)) {
    if (typeof callback === "function") callback();
    return this;
  }
  note(this, error);
  for (const state of states) state.destroyed = true;
  const constructed = (this._writableState ?? this._readableState).constructed;
  if (!constructed) this.once(kDestroy, (failure) => finish(this, aggregate(failure, error), callback));
  else finish(this, error, callback);
  return this;
}

function finish(stream, error, callback) {
  let called = false;
  const done = (failure) => {
    if (called) return;
    called = true;
    note(stream, failure);
    for (const state of statesOf(stream)) state.closed = true;
    if (typeof callback === "function") callback(failure);
    nextTick(() => {
      if (failure) emitError(stream, failure);
      emitClose(stream);
    });
  };
  try {
    stream._destroy(error || null, done);
  } catch (failure) {
    done(failure);
  }
}

function emitClose(stream) {
  const states = statesOf(stream);
  for (const state of states) state.closeEmitted = true;
  if (states.some((state) => state.emitClose)) stream.emit("close");
}

function emitError(stream, error) {
  const states = statesOf(stream);
  if (states.some((state) => state.errorEmitted)) return;
  for (const state of states) state.errorEmitted = true;
  stream.emit("error", error);
}

/** Readable's and Writable's method `_undestroy`: as if it had never been destroyed. */
export function undestroy() {
  const r = this._readableState;
  const w = this._writableState;
  for (const state of statesOf(this)) {
    Object.assign(state, { constructed: true, closed: false, closeEmitted: false, destroyed: false, errored: null, errorEmitted: false });
  }
  if (r) Object.assign(r, { reading: false, ended: r.readable === false, endEmitted: r.readable === false });
  if (w) {
    const ended = w.writable === false;
    Object.assign(w, { finalCalled: false, prefinished: false, ended, ending: ended, finished: ended });
  }
}

/** Destroys the stream because of `error`, or just tells it when it does not destroy itself. */
export function errorOrDestroy(stream, error, later = false) {
  const states = statesOf(stream);
  if (states.some((state) => state.destroyed)) return;
  if (states.some((state) => state.autoDestroy)) {
    stream.destroy(error);
    return;
  }
  if (!error) return;
  note(stream, error);
  if (later) nextTick(emitError, stream, error);
  else emitError(stream, error);
}

/** Calls `_construct` if there is one, and `ready` when it is done. */
export function construct(stream, ready) {
  if (typeof stream._construct !== "function") return;
  for (const state of statesOf(stream)) state.constructed = false;
  stream.once(kConstruct, ready);
  // a Duplex comes here twice
  if (stream.listenerCount(kConstruct) > 1) return;
  nextTick(runConstruct, stream);
}

function runConstruct(stream) {
  let called = false;
  const done = (error) => {
    if (called) {
      errorOrDestroy(stream, error ?? new ERR_MULTIPLE_CALLBACK());
      return;
    }
    called = true;
    const states = statesOf(stream);
    for (const state of states) state.constructed = true;
    if (states.at(-1).destroyed) stream.emit(kDestroy, error);
    else if (error) errorOrDestroy(stream, error, true);
    else nextTick(() => stream.emit(kConstruct));
  };
  try {
    stream._construct((error) => nextTick(done, error));
  } catch (error) {
    nextTick(done, error);
  }
}

/** Destroys a stream of whatever kind. */
export function destroyer(stream, error) {
  if (!stream || isDestroyed(stream)) return;
  const reason = !error && !isFinished(stream) ? new AbortError() : error;
  if (typeof stream.destroy === "function") stream.destroy(reason);
  else if (typeof stream.close === "function") stream.close();
  if (!stream.destroyed) stream[kDestroyed] = true;
}
