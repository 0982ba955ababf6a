// The base classes that user code extends.

import { current } from "./context.js";

/** Base of durable object classes. */
export class DurableObject {
  constructor(ctx, env) {
    if (ctx === undefined || ctx === null || !current.isState(ctx)) {
      throw new TypeError("Failed to construct 'DurableObjectBase': constructor parameter 1 is not of type 'DurableObjectState'.");
    }
    this.ctx = ctx;
    this.env = env;
  }
}
Object.defineProperty(DurableObject.prototype, Symbol.toStringTag, { value: "DurableObjectBase", configurable: true });

/** Base of stateless entrypoint classes. */
export class WorkerEntrypoint {
  constructor(ctx, env) {
    if ((typeof ctx !== "object" && typeof ctx !== "function") || ctx === null) {
      throw new TypeError("Failed to construct 'WorkerEntrypoint': constructor parameter 1 is not of type 'Object'.");
    }
    this.ctx = ctx;
    this.env = env;
  }
}
Object.defineProperty(WorkerEntrypoint.prototype, Symbol.toStringTag, { value: "WorkerEntrypoint", configurable: true });

// classes of the platform take their arguments as they come
for (const base of [DurableObject, WorkerEntrypoint]) Object.defineProperty(base, "length", { value: 0 });

/** Base of objects that are passed by reference. */
export class RpcTarget {}
Object.defineProperty(RpcTarget.prototype, Symbol.toStringTag, { value: "JsRpcTarget", configurable: true });
