// `tracing` of "cloudflare:workers" and of `ctx`: spans, which nobody records here. They are there
// so that code which makes them runs, and so that the active one follows asynchronous code.

import { runWith, valueOf } from "../async-context.js";
import { argumentError } from "./errors.js";

const STATUSES = ["unset", "ok", "error"];

const MAKE = Symbol("make");

function requireText(value, method, owner) {
  if (value === undefined) throw argumentError(method, owner, 1, "string");
}

/** A part of the work, as tracing counts it. */
export class Span {
  constructor(token) {
    if (token !== MAKE) throw new TypeError("Illegal constructor");
  }
  /** Whether anybody records the span. */
  get isTraced() {
    return false;
  }
  spanContext() {
    return { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };
  }
  setAttribute(...args) {
    requireText(args[0], "setAttribute", "Span");
    return this;
  }
  setAttributes(...args) {
    if (typeof args[0] !== "object" || args[0] === null) throw argumentError("setAttributes", "Span", 1, "object");
    return this;
  }
  recordException(...args) {
    if (args.length === 0) throw argumentError("recordException", "Span", 1, "Value");
  }
  updateName(...args) {
    requireText(args[0], "updateName", "Span");
    return this;
  }
  setStatus(...args) {
    const [status] = args;
    if (typeof status !== "object" || status === null) throw argumentError("setStatus", "Span", 1, "TracingSpanStatus");
    if (!STATUSES.includes(status.code)) throw new TypeError("Span status code must be 'unset', 'ok', or 'error'.");
    return this;
  }
  end() {}
}
Object.defineProperty(Span.prototype, Symbol.toStringTag, { value: "Span", configurable: true });

const ACTIVE = Symbol("active span");
const root = new Span(MAKE);

const requireCallback = (callback, method) => {
  if (typeof callback !== "function") throw argumentError(method, "Tracing", 2, "Function");
};

function withSpan(method, [name, callback, ...args]) {
  requireText(name, method, "Tracing");
  requireCallback(callback, method);
  const span = new Span(MAKE);
  return runWith(ACTIVE, span, () => callback.call(globalThis, span, ...args));
}

class Tracing {
  enterSpan(...args) {
    return withSpan("enterSpan", args);
  }
  startActiveSpan(...args) {
    return withSpan("startActiveSpan", args);
  }
  startSpan(...args) {
    requireText(args[0], "startSpan", "Tracing");
    return new Span(MAKE);
  }
  getActiveSpan() {
    return valueOf(ACTIVE, root);
  }
  withActiveSpan(...args) {
    const [span, callback, ...rest] = args;
    if (!(span instanceof Span)) throw argumentError("withActiveSpan", "Tracing", 1, "Span");
    requireCallback(callback, "withActiveSpan");
    return runWith(ACTIVE, span, () => callback.apply(globalThis, rest));
  }
  get Span() {
    return Span;
  }
}
Object.defineProperty(Tracing.prototype, Symbol.toStringTag, { value: "Tracing", configurable: true });

export const tracing = new Tracing();
