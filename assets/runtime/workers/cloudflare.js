// The module "cloudflare:workers", as user code imports it.

import { current } from "./context.js";
import { missingClass, missingFunction } from "./later.js";

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

/** Base of stateless entrypoint classes. */
export class WorkerEntrypoint {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** Base of objects that are passed by reference. */
export class RpcTarget {}
Object.defineProperty(RpcTarget.prototype, Symbol.toStringTag, { value: "JsRpcTarget", configurable: true });

// Deferred to whatever the sandbox's worker gets when it is loaded: the module itself is part
// of the snapshot, from before there is a worker.
const late = (get) => new Proxy({}, {
  get: (_, key) => get()?.[key],
  has: (_, key) => key in (get() ?? {}),
  ownKeys: () => Reflect.ownKeys(get() ?? {}),
  getOwnPropertyDescriptor: (_, key) => {
    const found = Reflect.getOwnPropertyDescriptor(get() ?? {}, key);
    return found && { ...found, configurable: true };
  },
});

/** The worker's bindings, also at module scope. */
export const env = late(() => current.env);

/** The worker's own exports. */
export const exports = late(() => current.exports);

/** Keeps the sandbox alive until the promise settles. */
export function waitUntil(promise) {
  current.waitUntil(promise);
}

export const RpcPromise = missingClass("RpcPromise");
export const RpcProperty = missingClass("RpcProperty");
export const RpcStub = missingClass("RpcStub");
export const ServiceStub = missingClass("ServiceStub");
export const WorkflowEntrypoint = missingClass("WorkflowEntrypoint");
export const abortIsolate = missingFunction("abortIsolate");
export const restore = missingFunction("restore");
export const withEnv = missingFunction("withEnv");
export const withEnvAndExports = missingFunction("withEnvAndExports");
export const withExports = missingFunction("withExports");
