// MessageChannel and MessagePort, both ends in the same sandbox.

import { cloneRead, cloneWrite } from "../native.js";
import { Event, EventTarget, eventHandler, hasListeners, MessageEvent, onListen } from "../web/events.js";
import { INTERNAL, webClass } from "../web/util.js";
import { refusePlatform } from "./platform.js";

/** Messages that may wait in one port; the sandbox's memory bounds their sizes. */
const MOST_WAITING = 100_000;

let entangle;

/** One end of a channel. */
export class MessagePort extends EventTarget {
  #peer = null;
  #waiting = [];
  #started = false;
  #closed = false;
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    super();
    onListen(this, (type) => {
      if (type === "message") this.start();
    });
  }
  postMessage(data = undefined, options = undefined) {
    const list = Array.isArray(options) ? options : options?.transfer;
    if (list !== undefined && list !== null && list.length > 0) throw new Error("Transfer list is not supported");
    const bytes = cloneWrite(data, refusePlatform);
    if (this.#closed || this.#peer === null) return;
    this.#peer.#take(bytes);
  }
  start() {
    if (this.#started) return;
    this.#started = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) this.#deliver(bytes);
  }
  close() {
    const peer = this.#peer;
    if (this.#closed) return;
    this.#closed = true;
    if (peer !== null && !peer.#closed) {
      peer.#closed = true;
      peer.dispatchEvent(new Event("close"));
    }
    this.dispatchEvent(new Event("close"));
  }
  #take(bytes) {
    if (this.#started) {
      this.#deliver(bytes);
      return;
    }
    if (this.#waiting.length >= MOST_WAITING) throw new RangeError(`Too many messages wait for a MessagePort that nobody listens to: ${MOST_WAITING} is the most.`);
    this.#waiting.push(bytes);
  }
  #deliver(bytes) {
    Promise.resolve().then(() => {
      if (!hasListeners(this, "message")) return;
      this.dispatchEvent(new MessageEvent("message", { data: cloneRead(bytes), origin: null, source: this.#peer }));
    });
  }
  static {
    entangle = (one, other) => {
      one.#peer = other;
      other.#peer = one;
    };
  }
}
eventHandler(MessagePort, "message");
webClass(MessagePort);

/** Two ports that send to each other. */
export class MessageChannel {
  constructor() {
    const port1 = new MessagePort(INTERNAL);
    const port2 = new MessagePort(INTERNAL);
    entangle(port1, port2);
    for (const [name, port] of [["port2", port2], ["port1", port1]]) {
      Object.defineProperty(this, name, { get: () => port, enumerable: true, configurable: true });
    }
  }
}
webClass(MessageChannel);
