// Stream: the base of all, and the pipe of streams that know no backpressure.

import { EventEmitter } from "../events/emitter.js";

export function Stream(options) {
  EventEmitter.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

Stream.prototype.pipe = function pipe(destination, options) {
  const onData = (chunk) => {
    if (destination.writable && destination.write(chunk) === false && this.pause) this.pause();
  };
  const onDrain = () => {
    if (this.readable && this.resume) this.resume();
  };
  let ended = false;
  const onEnd = () => {
    if (ended) return;
    ended = true;
    destination.end();
  };
  const onClose = () => {
    if (ended) return;
    ended = true;
    if (typeof destination.destroy === "function") destination.destroy();
  };
  const onError = function (error) {
    cleanup();
    if (EventEmitter.prototype.listenerCount.call(this, "error") === 0) this.emit("error", error);
  };
  const cleanup = () => {
    this.removeListener("data", onData);
    destination.removeListener("drain", onDrain);
    for (const name of ["end", "close"]) {
      this.removeListener(name, name === "end" ? onEnd : onClose);
      this.removeListener(name, cleanup);
    }
    for (const stream of [this, destination]) stream.removeListener("error", onError);
    destination.removeListener("close", cleanup);
  };
  this.on("data", onData);
  destination.on("drain", onDrain);
  if (!destination._isStdio && options?.end !== false) {
    this.on("end", onEnd);
    this.on("close", onClose);
  }
  prependListener(this, "error", onError);
  prependListener(destination, "error", onError);
  this.on("end", cleanup);
  this.on("close", cleanup);
  destination.on("close", cleanup);
  destination.emit("pipe", this);
  return destination;
};

/** Adds a listener before the others, in emitters that cannot do it as well. */
export function prependListener(emitter, event, listener) {
  if (typeof emitter.prependListener === "function") emitter.prependListener(event, listener);
  else if (!emitter._events?.[event]) emitter.on(event, listener);
  else if (Array.isArray(emitter._events[event])) emitter._events[event].unshift(listener);
  else emitter._events[event] = [listener, emitter._events[event]];
}
