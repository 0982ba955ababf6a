// The module "cloudflare:workers", as user code imports it.

import { current } from "./context.js";
import { missingClass, missingFunction } from "./later.js";

export { DurableObject, RpcTarget, WorkerEntrypoint } from "./bases.js";
export { Fetcher as ServiceStub } from "./fetcher.js";
export { RpcStub } from "./rpc/stub.js";
export { RpcPromise, RpcProperty } from "./rpc/wild.js";

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

export const WorkflowEntrypoint = missingClass("WorkflowEntrypoint");
export const abortIsolate = missingFunction("abortIsolate");
export const restore = missingFunction("restore");
export const withEnv = missingFunction("withEnv");
export const withEnvAndExports = missingFunction("withEnvAndExports");
export const withExports = missingFunction("withExports");
