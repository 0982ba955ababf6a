// EventEmitter itself.

import { host } from "../../native.js";
import { inspect } from "../../web/inspect.js";
import { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_UNHANDLED_ERROR } from "../errors.js";
import { nextTick } from "../next-tick.js";
import { validateBoolean, validateFunction } from "../validate.js";

const kCapture = Symbol("kCapture");
export const errorMonitor = Symbol("events.errorMonitor");
export const captureRejectionSymbol = Symbol.for("nodejs.rejection");

let mostListeners = 10;

export function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

function requireCount(count, name) {
  if (typeof count !== "number" || count < 0 || Number.isNaN(count)) throw new ERR_OUT_OF_RANGE(name, "a non-negative number", count);
}

function init(options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = Object.create(null);
    this._eventsCount = 0;
  }
  this._maxListeners ??= undefined;
  if (options?.captureRejections) {
    validateBoolean(options.captureRejections, "options.captureRejections");
    this[kCapture] = true;
  } else {
    this[kCapture] = EventEmitter.prototype[kCapture];
  }
}

/** Sets the limit of each target, or of all that have none of their own. */
export function setMaxListeners(count = mostListeners, ...targets) {
  requireCount(count, "n");
  if (targets.length === 0) mostListeners = count;
  for (const target of targets) {
    if (typeof target.setMaxListeners === "function") target.setMaxListeners(count);
    else if (!(target instanceof EventTarget)) throw new ERR_INVALID_ARG_TYPE("eventTargets", ["EventEmitter", "EventTarget"], target);
  }
}

export const getMaxListeners = (emitter) => emitter._maxListeners ?? mostListeners;

export function listenerCount(emitter, type) {
  return typeof emitter.listenerCount === "function" ? emitter.listenerCount(type) : countOf(emitter, type);
}

export function getEventListeners(target, type) {
  if (typeof target.listeners === "function") return target.listeners(type);
  // the listeners of an EventTarget are its own affair
  if (target instanceof EventTarget) return [];
  throw new ERR_INVALID_ARG_TYPE("emitter", ["EventEmitter", "EventTarget"], target);
}

/** With `captureRejections`: a listener's promise that fails becomes an event "error". */
function watch(emitter, promise, type, args) {
  if (!emitter[kCapture]) return;
  try {
    const { then } = promise;
    if (typeof then === "function") then.call(promise, undefined, (reason) => nextTick(rejected, emitter, reason, type, args));
  } catch (error) {
    emitter.emit("error", error);
  }
}

function rejected(emitter, reason, type, args) {
  if (typeof emitter[captureRejectionSymbol] === "function") {
    emitter[captureRejectionSymbol](reason, type, ...args);
    return;
  }
  // the listener of "error" may fail as well, which must not come here again
  const before = emitter[kCapture];
  try {
    emitter[kCapture] = false;
    emitter.emit("error", reason);
  } finally {
    emitter[kCapture] = before;
  }
}

function unhandled(error) {
  if (error instanceof Error) return error;
  let text;
  try {
    text = inspect(error);
  } catch {
    text = error;
  }
  const made = new ERR_UNHANDLED_ERROR(text);
  made.context = error;
  return made;
}

function warnOfLeak(emitter, list, type) {
  const most = getMaxListeners(emitter);
  if (most <= 0 || list.length <= most || list.warned) return;
  list.warned = true;
  host("log", "log", `Possible EventEmitter memory leak detected. ${list.length} ${String(type)} listeners added to an EventEmitter. Use emitter.setMaxListeners() to increase limit`);
}

/** An event's listeners are a function, or a list when there are several. */
function add(emitter, type, listener, first) {
  validateFunction(listener, "listener");
  let events = emitter._events;
  if (events === undefined) {
    events = emitter._events = Object.create(null);
    emitter._eventsCount = 0;
  } else if (events.newListener !== undefined) {
    emitter.emit("newListener", type, listener.listener ?? listener);
    // a listener may have replaced them all
    events = emitter._events;
  }
  const existing = events[type];
  if (existing === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  const list = typeof existing === "function" ? (events[type] = [existing]) : existing;
  if (first) list.unshift(listener);
  else list.push(listener);
  warnOfLeak(emitter, list, type);
  return emitter;
}

function onceWrapper(...args) {
  if (this.fired) return undefined;
  this.target.removeListener(this.type, this.wrapped);
  this.fired = true;
  return this.listener.apply(this.target, args);
}

function wrapOnce(target, type, listener) {
  validateFunction(listener, "listener");
  const state = { fired: false, wrapped: undefined, target, type, listener };
  state.wrapped = onceWrapper.bind(state);
  state.wrapped.listener = listener;
  return state.wrapped;
}

function remove(emitter, type, listener) {
  validateFunction(listener, "listener");
  const events = emitter._events;
  const list = events?.[type];
  if (list === undefined) return;
  if (list === listener || list.listener === listener) {
    if (--emitter._eventsCount === 0) {
      emitter._events = Object.create(null);
      return;
    }
    delete events[type];
    if (events.removeListener) emitter.emit("removeListener", type, list.listener || listener);
    return;
  }
  if (typeof list === "function") return;
  const at = list.findLastIndex((each) => each === listener || each.listener === listener);
  if (at < 0) return;
  list.splice(at, 1);
  if (list.length === 1) events[type] = list[0];
  if (events.removeListener !== undefined) emitter.emit("removeListener", type, listener);
}

function forget(emitter, type) {
  if (type !== undefined && --emitter._eventsCount > 0) {
    delete emitter._events[type];
    return;
  }
  emitter._events = Object.create(null);
  emitter._eventsCount = 0;
}

function listOf(emitter, type) {
  const found = emitter._events?.[type];
  if (found === undefined) return [];
  return typeof found === "function" ? [found] : found.slice();
}

function countOf(emitter, type) {
  const found = emitter._events?.[type];
  return found === undefined ? 0 : typeof found === "function" ? 1 : found.length;
}

const methods = {
  setMaxListeners(count) {
    requireCount(count, "n");
    this._maxListeners = count;
    return this;
  },
  getMaxListeners() {
    return getMaxListeners(this);
  },
  emit(type, ...args) {
    const events = this._events;
    let fails = type === "error";
    if (events !== undefined) {
      if (fails && events[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
      fails = fails && events.error === undefined;
    } else if (!fails) {
      return false;
    }
    if (fails) throw unhandled(args[0]);
    const handler = events[type];
    if (handler === undefined) return false;
    // as many as there are now, whatever listeners do
    for (const listener of typeof handler === "function" ? [handler] : handler.slice()) {
      const result = listener.apply(this, args);
      if (result !== undefined && result !== null) watch(this, result, type, args);
    }
    return true;
  },
  addListener(type, listener) {
    return add(this, type, listener, false);
  },
  on: undefined,
  prependListener(type, listener) {
    return add(this, type, listener, true);
  },
  once(type, listener) {
    this.on(type, wrapOnce(this, type, listener));
    return this;
  },
  prependOnceListener(type, listener) {
    this.prependListener(type, wrapOnce(this, type, listener));
    return this;
  },
  removeListener(type, listener) {
    remove(this, type, listener);
    return this;
  },
  off: undefined,
  removeAllListeners(type) {
    const events = this._events;
    if (events === undefined) return this;
    const all = arguments.length === 0;
    if (events.removeListener === undefined) {
      if (all) forget(this, undefined);
      else if (events[type] !== undefined) forget(this, type);
      return this;
    }
    if (all) {
      for (const key of Reflect.ownKeys(events)) if (key !== "removeListener") this.removeAllListeners(key);
      this.removeAllListeners("removeListener");
      forget(this, undefined);
      return this;
    }
    for (const listener of listOf(this, type).reverse()) this.removeListener(type, listener);
    return this;
  },
  listeners(type) {
    return listOf(this, type).map((each) => (typeof each.listener === "function" ? each.listener : each));
  },
  rawListeners(type) {
    return listOf(this, type);
  },
  listenerCount(type) {
    return countOf(this, type);
  },
  eventNames() {
    return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
  },
};
methods.on = methods.addListener;
methods.off = methods.removeListener;
Object.assign(EventEmitter.prototype, { _events: undefined, _eventsCount: 0, _maxListeners: undefined }, methods);
Object.defineProperty(EventEmitter.prototype, kCapture, { value: false, writable: true });

/** The accessors and constants of the class; the rest is set by the module. */
export function defineSettings() {
  Object.defineProperties(EventEmitter, {
    captureRejections: {
      get: () => EventEmitter.prototype[kCapture],
      set(value) {
        validateBoolean(value, "EventEmitter.captureRejections");
        EventEmitter.prototype[kCapture] = value;
      },
      enumerable: true,
    },
    defaultMaxListeners: {
      get: () => mostListeners,
      set(count) {
        requireCount(count, "defaultMaxListeners");
        mostListeners = count;
      },
      enumerable: true,
    },
    kMaxEventTargetListeners: { value: Symbol("events.maxEventTargetListeners") },
    kMaxEventTargetListenersWarned: { value: Symbol("events.maxEventTargetListenersWarned") },
  });
  EventEmitter.init = init;
}
