// Event, EventTarget and the event classes of the Workers API.

import { host } from "../native.js";
import { reportException } from "./report-error.js";
import { constants, INTERNAL, nativeLike, needArguments, webClass } from "./util.js";

const NONE = 0, AT_TARGET = 2;

let setTarget;
let isPassive;
let isStopped;
let isDispatching;

/** Something that happened, handed to listeners. */
export class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #target = null;
  #phase = NONE;
  #canceled = false;
  #stopped = false;
  #stoppedNow = false;
  #passive = false;
  #timeStamp = undefined;
  constructor(type, init = undefined) {
    needArguments(arguments.length, 1, "Event");
    this.#type = `${type}`;
    this.#bubbles = !!init?.bubbles;
    this.#cancelable = !!init?.cancelable;
    this.#composed = !!init?.composed;
  }
  get type() {
    return this.#type;
  }
  get target() {
    return this.#target;
  }
  get srcElement() {
    return this.#target;
  }
  get currentTarget() {
    return this.#phase === NONE ? null : this.#target;
  }
  get eventPhase() {
    return this.#phase;
  }
  get bubbles() {
    return this.#bubbles;
  }
  get cancelable() {
    return this.#cancelable;
  }
  get composed() {
    return this.#composed;
  }
  get defaultPrevented() {
    return this.#canceled;
  }
  get returnValue() {
    return !this.#canceled;
  }
  get isTrusted() {
    return false;
  }
  get cancelBubble() {
    return this.#stopped;
  }
  set cancelBubble(value) {
    if (value) this.#stopped = true;
  }
  get timeStamp() {
    this.#timeStamp ??= host("time.now");
    return this.#timeStamp;
  }
  composedPath() {
    return this.#phase === NONE ? [] : [this.#target];
  }
  preventDefault() {
    if (this.#cancelable && !this.#passive) this.#canceled = true;
  }
  stopPropagation() {
    this.#stopped = true;
  }
  stopImmediatePropagation() {
    this.#stopped = this.#stoppedNow = true;
  }
  static {
    setTarget = (event, target) => {
      if (target !== null) event.#target = target;
      event.#phase = target === null ? NONE : AT_TARGET;
      if (target === null) event.#stopped = event.#stoppedNow = false;
    };
    isPassive = (event, passive) => (event.#passive = passive);
    isStopped = (event) => event.#stoppedNow;
    isDispatching = (event) => event.#phase !== NONE;
  }
}
webClass(Event);
constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });

/** An event with data of the program's own. */
export class CustomEvent extends Event {
  #detail;
  constructor(type, init = undefined) {
    needArguments(arguments.length, 1, "CustomEvent");
    super(type, init);
    this.#detail = init?.detail ?? null;
  }
  get detail() {
    return this.#detail;
  }
}
webClass(CustomEvent);

/** An uncaught error. */
export class ErrorEvent extends Event {
  #init;
  constructor(type, init = undefined) {
    needArguments(arguments.length, 1, "ErrorEvent");
    super(type, init);
    this.#init = {
      message: `${init?.message ?? ""}`, filename: `${init?.filename ?? ""}`,
      lineno: init?.lineno >>> 0, colno: init?.colno >>> 0, error: init?.error,
    };
  }
  get message() {
    return this.#init.message;
  }
  get filename() {
    return this.#init.filename;
  }
  get lineno() {
    return this.#init.lineno;
  }
  get colno() {
    return this.#init.colno;
  }
  get error() {
    return this.#init.error;
  }
}
webClass(ErrorEvent);

/** A message, as from a WebSocket. */
export class MessageEvent extends Event {
  #init;
  constructor(type, init = undefined) {
    needArguments(arguments.length, 1, "MessageEvent");
    super(type, init);
    this.#init = init ?? {};
  }
  get data() {
    return "data" in this.#init ? this.#init.data : null;
  }
  get origin() {
    const { origin } = this.#init;
    return origin === undefined ? "" : origin === null ? null : `${origin}`;
  }
  get lastEventId() {
    return this.#init.lastEventId === undefined ? "" : `${this.#init.lastEventId}`;
  }
  get source() {
    return this.#init.source ?? null;
  }
  get ports() {
    return this.#init.ports ?? [];
  }
}
webClass(MessageEvent);

/** The end of a WebSocket. */
export class CloseEvent extends Event {
  #code;
  #reason;
  #wasClean;
  constructor(type, init = undefined) {
    needArguments(arguments.length, 1, "CloseEvent");
    super(type, init);
    this.#code = init?.code & 0xffff;
    this.#reason = `${init?.reason ?? ""}`;
    this.#wasClean = !!init?.wasClean;
  }
  get code() {
    return this.#code;
  }
  get reason() {
    return this.#reason;
  }
  get wasClean() {
    return this.#wasClean;
  }
}
webClass(CloseEvent);

/** A promise rejection that nobody handles. */
export class PromiseRejectionEvent extends Event {
  #promise;
  #reason;
  constructor(token, type, init) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    super(type, init);
    this.#promise = init.promise;
    this.#reason = init.reason;
  }
  get promise() {
    return this.#promise;
  }
  get reason() {
    return this.#reason;
  }
}
webClass(PromiseRejectionEvent);

class Listener {
  constructor(callback, capture, once, passive) {
    this.callback = callback;
    this.capture = capture;
    this.once = once;
    this.passive = passive;
    this.removed = false;
  }
}

/** What to call when a listener is added, by target. */
const watchers = new WeakMap();
let isAnyWatched = false;
let countListeners;

/** Calls `watch` with the type of every listener that is added to `target`. */
export function onListen(target, watch) {
  isAnyWatched = true;
  watchers.set(target, watch);
}

/** Whether anybody listens to events of `type`. */
export const hasListeners = (target, type) => countListeners(target, type) > 0;

/** Something that listeners can be added to. */
export class EventTarget {
  // Map from event type to an array of Listener; null until the first is added
  #listeners = null;
  addEventListener(type, callback, options = undefined) {
    if (arguments.length < 2) throw new TypeError(`addEventListener: 2 arguments required, but only ${arguments.length} present.`);
    const flags = typeof options === "object" && options !== null ? options : undefined;
    const capture = flags === undefined ? !!options : !!flags.capture;
    const signal = flags?.signal;
    if (callback === null || callback === undefined) return;
    if (typeof callback !== "function" && typeof callback !== "object") {
      throw new TypeError("addEventListener: parameter 2 is not of type 'Object'.");
    }
    if (signal !== undefined && !(signal instanceof EventTarget)) {
      throw new TypeError("addEventListener: options.signal is not of type 'AbortSignal'.");
    }
    if (signal?.aborted) return;
    const name = `${type}`;
    this.#listeners ??= new Map();
    let list = this.#listeners.get(name);
    if (list === undefined) this.#listeners.set(name, (list = []));
    for (const known of list) if (known.callback === callback && known.capture === capture) return;
    list.push(new Listener(callback, capture, !!flags?.once, !!flags?.passive));
    if (isAnyWatched) watchers.get(this)?.(name);
    signal?.addEventListener("abort", () => this.removeEventListener(name, callback, capture), { once: true });
  }
  removeEventListener(type, callback, options = undefined) {
    const capture = typeof options === "object" && options !== null ? !!options.capture : !!options;
    const list = this.#listeners?.get(`${type}`);
    if (list === undefined) return;
    const at = list.findIndex((known) => known.callback === callback && known.capture === capture);
    if (at < 0) return;
    list[at].removed = true;
    list.splice(at, 1);
  }
  dispatchEvent(event) {
    if (!(event instanceof Event)) throw new TypeError("dispatchEvent: parameter 1 is not of type 'Event'.");
    if (isDispatching(event)) throw new TypeError("dispatchEvent: the event is already being dispatched.");
    const list = this.#listeners?.get(event.type);
    setTarget(event, this);
    if (list !== undefined) {
      for (const listener of list.slice()) {
        if (listener.removed) continue;
        if (listener.once) this.removeEventListener(event.type, listener.callback, listener.capture);
        isPassive(event, listener.passive);
        callListener(listener.callback, this, event);
        if (isStopped(event)) break;
      }
      isPassive(event, false);
    }
    setTarget(event, null);
    return !event.defaultPrevented;
  }
  static {
    countListeners = (target, type) => target.#listeners?.get(type)?.length ?? 0;
  }
}
webClass(EventTarget);

function callListener(callback, target, event) {
  try {
    if (typeof callback === "function") callback.call(target, event);
    else callback.handleEvent(event);
  } catch (error) {
    reportException(error);
  }
}

const handlerSlots = new WeakMap();

/** Adds an `on…` attribute to a class of event targets. */
export function eventHandler(Class, type) {
  const attribute = {
    get() {
      return handlerSlots.get(this)?.get(type)?.handler ?? null;
    },
    set(value) {
      let slots = handlerSlots.get(this);
      if (slots === undefined) handlerSlots.set(this, (slots = new Map()));
      const handler = typeof value === "function" || (typeof value === "object" && value !== null) ? value : null;
      const slot = slots.get(type);
      if (slot !== undefined) {
        slot.handler = handler;
      } else if (handler !== null) {
        const fresh = { handler };
        slots.set(type, fresh);
        this.addEventListener(type, function (event) {
          if (typeof fresh.handler === "function" && fresh.handler.call(this, event) === false) event.preventDefault();
        });
      }
    },
  };
  nativeLike(attribute.get, "");
  nativeLike(attribute.set, "");
  Object.defineProperty(Class.prototype, `on${type}`, { ...attribute, enumerable: true, configurable: true });
}
