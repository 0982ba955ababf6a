// node:diagnostics_channel: named channels on which code tells what it does.

import { describeClass } from "../inspect/described.js";
import { AsyncLocalStorage } from "./async_hooks.js";
import { ERR_INVALID_ARG_TYPE } from "./errors.js";
import { validateFunction } from "./validate.js";

const wrongArgument = (method, owner, position, type) => new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${position} is not of type '${type}'.`);

function requireFunction(value, method, owner, position) {
  if (typeof value !== "function") throw wrongArgument(method, owner, position, "function");
}

const MAKE = Symbol("make");
const channels = new Map();

/** One channel: what is published there goes to its subscribers at once. */
export class Channel {
  #name;
  #subscribers = new Set();
  #stores = new Map();
  constructor(token, name) {
    if (token !== MAKE) throw new TypeError("Illegal constructor");
    this.#name = name;
  }
  get hasSubscribers() {
    return this.#subscribers.size > 0;
  }
  publish(message) {
    for (const subscriber of [...this.#subscribers]) subscriber(message, this.#name);
  }
  subscribe(subscription) {
    requireFunction(subscription, "subscribe", "Channel", 1);
    this.#subscribers.add(subscription);
  }
  unsubscribe(subscription) {
    requireFunction(subscription, "unsubscribe", "Channel", 1);
    this.#subscribers.delete(subscription);
  }
  /** Gives `store` what `transform` makes of a message while `runStores` runs. */
  bindStore(store, transform = undefined) {
    if (!(store instanceof AsyncLocalStorage)) throw wrongArgument("bindStore", "Channel", 1, "AsyncLocalStorage");
    this.#stores.set(store, transform);
  }
  unbindStore(store) {
    this.#stores.delete(store);
  }
  runStores(...args) {
    const [message, callback, thisArg = globalThis, ...rest] = args;
    requireFunction(callback, "runStores", "Channel", 2);
    let run = () => {
      this.publish(message);
      return Reflect.apply(callback, thisArg, rest);
    };
    for (const [store, transform] of this.#stores) {
      const value = transform === undefined ? message : transform(message);
      const inner = run;
      run = () => store.run(value, inner);
    }
    return run();
  }
}
Object.defineProperty(Channel.prototype, Symbol.toStringTag, { value: "Channel", configurable: true });
Object.defineProperty(Channel, "length", { value: 2, configurable: true });
describeClass(Channel, []);

/** The channel of that name. */
export function channel(name) {
  let found = channels.get(name);
  if (found === undefined) channels.set(name, found = new Channel(MAKE, name));
  return found;
}

export function hasSubscribers(name) {
  return channels.get(name)?.hasSubscribers ?? false;
}

export function subscribe(name, subscription) {
  requireFunction(subscription, "subscribe", "DiagnosticsChannelModule", 2);
  channel(name).subscribe(subscription);
}

export function unsubscribe(name, subscription) {
  requireFunction(subscription, "unsubscribe", "DiagnosticsChannelModule", 2);
  channel(name).unsubscribe(subscription);
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

/** The five channels on which one operation is told. */
export class TracingChannel {
  #channels;
  constructor(token, all) {
    if (token !== MAKE) throw new TypeError("Illegal constructor");
    this.#channels = all;
  }
  get start() {
    return this.#channels.start;
  }
  get end() {
    return this.#channels.end;
  }
  get asyncStart() {
    return this.#channels.asyncStart;
  }
  get asyncEnd() {
    return this.#channels.asyncEnd;
  }
  get error() {
    return this.#channels.error;
  }
  subscribe(handlers) {
    for (const event of EVENTS) if (handlers[event]) this[event].subscribe(handlers[event]);
  }
  unsubscribe(handlers) {
    for (const event of EVENTS) if (handlers[event]) this[event].unsubscribe(handlers[event]);
  }
  traceSync(fn, context = {}, thisArg = globalThis, ...args) {
    return this.start.runStores(context, () => {
      try {
        return context.result = Reflect.apply(fn, thisArg, args);
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  tracePromise(fn, context = {}, thisArg = globalThis, ...args) {
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(fn, thisArg, args)).then(
          (result) => {
            context.result = result;
            this.#settle(context);
            return result;
          },
          (error) => {
            this.#fail(context, error);
            this.#settle(context);
            throw error;
          },
        );
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  traceCallback(fn, position = -1, context = {}, thisArg = globalThis, ...args) {
    const callback = args.at(position);
    validateFunction(callback, "callback");
    const channel = this;
    args.splice(position, 1, function (error, result) {
      if (error) channel.#fail(context, error);
      else context.result = result;
      channel.asyncStart.runStores(context, () => {
        try {
          Reflect.apply(callback, this, arguments);
        } finally {
          channel.asyncEnd.publish(context);
        }
      });
    });
    return this.start.runStores(context, () => {
      try {
        return Reflect.apply(fn, thisArg, args);
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  get hasSubscribers() {
    return EVENTS.some((event) => this[event].hasSubscribers);
  }
  #fail(context, error) {
    context.error = error;
    this.error.publish(context);
  }
  #settle(context) {
    this.asyncStart.publish(context);
    this.asyncEnd.publish(context);
  }
}

/** The channels "tracing:NAME:start" and so on, or those given. */
export function tracingChannel(nameOrChannels) {
  if (typeof nameOrChannels === "string") {
    return new TracingChannel(MAKE, Object.fromEntries(EVENTS.map((event) => [event, channel(`tracing:${nameOrChannels}:${event}`)])));
  }
  if (typeof nameOrChannels !== "object" || nameOrChannels === null) throw new ERR_INVALID_ARG_TYPE("channels", "object", nameOrChannels);
  for (const event of EVENTS) {
    if (!(nameOrChannels[event] instanceof Channel)) throw new ERR_INVALID_ARG_TYPE(`channels.${event}`, "Channel", nameOrChannels[event]);
  }
  return new TracingChannel(MAKE, { ...nameOrChannels });
}

export default { hasSubscribers, channel, subscribe, unsubscribe, tracingChannel, Channel };
