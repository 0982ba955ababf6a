// Classes that exist by name only: the global scope's own, and events that nobody but the
// platform makes.

import { Event, EventTarget } from "../web/events.js";
import { webClass } from "../web/util.js";

/** A class with these methods, which no code can construct. */
function closed(name, Parent, methods = []) {
  const Class = { [name]: class extends Parent { constructor() { throw new TypeError("Illegal constructor"); } } }[name];
  for (const method of methods) {
    const value = { [method]() { throw new TypeError("Illegal invocation"); } }[method];
    Object.defineProperty(Class.prototype, method, { value, writable: true, configurable: true });
  }
  return webClass(Class, name);
}

export const WorkerGlobalScope = closed("WorkerGlobalScope", EventTarget);
export const ServiceWorkerGlobalScope = closed("ServiceWorkerGlobalScope", WorkerGlobalScope);
export const ExtendableEvent = closed("ExtendableEvent", Event, ["waitUntil"]);
export const FetchEvent = closed("FetchEvent", ExtendableEvent, ["respondWith", "passThroughOnException"]);
export const TailEvent = closed("TailEvent", ExtendableEvent);
export const TraceEvent = closed("TraceEvent", ExtendableEvent);
export const ScheduledEvent = closed("ScheduledEvent", ExtendableEvent, ["noRetry"]);
