// `ctx`: of durable objects and facets, and of stateless entrypoints.

import { host } from "../native.js";
import { current } from "./context.js";
import { makeFacets } from "./facets.js";
import { blockConcurrencyWhile } from "./gate.js";
import { newId } from "./namespace.js";
import { socketMembers } from "./sockets.js";
import { makeStorage } from "./storage.js";

export class DurableObjectState {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  waitUntil(promise) {
    current.waitUntil(promise);
  }

  blockConcurrencyWhile(callback) {
    return blockConcurrencyWhile(callback);
  }

  abort(reason, options) {
    const text = reason === undefined ? "Application called abort() to reset Durable Object." : String(reason);
    host("abort", text, options?.retryAlarm !== false);
  }
}
for (const [name, value] of Object.entries(socketMembers)) {
  Object.defineProperty(DurableObjectState.prototype, name, { value, configurable: true, writable: true });
}
Object.defineProperty(DurableObjectState.prototype, Symbol.toStringTag, { value: "DurableObjectState", configurable: true });

/** A property that is made when it is first read, and then simply is there. */
function lazy(object, name, make) {
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
      return value;
    },
  });
}

/** The state of the object that lives here. `spec.id` is `["text", id]` or `["id", hex, name]`. */
export function makeState(spec, props) {
  const state = Object.create(DurableObjectState.prototype);
  lazy(state, "facets", () => makeFacets(spec.level));
  lazy(state, "container", () => undefined);
  lazy(state, "storage", () => makeStorage(spec.sqlite, () => state.facets));
  lazy(state, "id", () => (spec.id[0] === "text" ? spec.id[1] : newId(spec.id[1], spec.id[2] ?? undefined)));
  lazy(state, "props", () => props);
  lazy(state, "exports", () => current.exports);
  current.markState(state);
  return state;
}

/** `ctx` of a stateless entrypoint. */
export class ExecutionContext {
  constructor(props) {
    this.props = props;
    this.exports = current.exports;
  }

  waitUntil(promise) {
    current.waitUntil(promise);
  }

  passThroughOnException() {}

  abort(reason) {
    host("abort", reason === undefined ? "Application called abort()." : String(reason));
  }
}
Object.defineProperty(ExecutionContext.prototype, Symbol.toStringTag, { value: "ExecutionContext", configurable: true });
