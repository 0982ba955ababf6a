// What the sandbox knows about itself once its worker is loaded. One sandbox runs one worker,
// and at most one object of it, so this is the whole of its identity.

import { host } from "../native.js";
import { describe, reportUncaught } from "./errors.js";

const states = new WeakSet();

export const current = {
  /** The worker's bindings. */
  env: undefined,
  /** `ctx.exports`. */
  exports: undefined,
  /** The main module's namespace. */
  module: undefined,
  /** The durable object or facet that lives here. */
  object: undefined,
  /** Its class's name. */
  className: undefined,
  /** What the host said when it loaded the worker. */
  spec: undefined,

  /** Marks `ctx` as a real state, which constructors of durable objects insist on. */
  markState(ctx) {
    states.add(ctx);
  },
  isState: (ctx) => states.has(ctx),

  /** Lets `promise` go on after the answer, and reports its failure. */
  waitUntil(promise) {
    const wait = host("wait.begin");
    Promise.resolve(promise).then(
      () => host("wait.end", wait),
      (error) => {
        reportUncaught("Uncaught (in waitUntil) ", error);
        host("trace.exception", ...describe(error));
        host("wait.end", wait);
      },
    );
  },
};
