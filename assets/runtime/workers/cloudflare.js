// The module "cloudflare:workers", as user code imports it.

import { runWith, valueOf } from "../async-context.js";
import { host } from "../native.js";
import { current } from "./context.js";
import { argumentError } from "./errors.js";
import { missingClass } from "./later.js";

export { DurableObject, RpcTarget, WorkerEntrypoint } from "./bases.js";
export { Fetcher as ServiceStub } from "./fetcher.js";
export { RpcStub } from "./rpc/stub.js";
export { RpcPromise, RpcProperty } from "./rpc/wild.js";

// Deferred to whatever the sandbox's worker gets when it is loaded: the module itself is part
// of the snapshot, from before there is a worker. `slot` is what the functions below override.
const late = (slot, get) => {
  const target = () => valueOf(slot, undefined) ?? get() ?? {};
  return new Proxy({}, {
    get: (_, key) => target()[key],
    set: (_, key, value) => Reflect.set(target(), key, value),
    deleteProperty: (_, key) => Reflect.deleteProperty(target(), key),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(target(), key, { ...descriptor, configurable: true }),
    has: (_, key) => key in target(),
    ownKeys: () => Reflect.ownKeys(target()),
    getOwnPropertyDescriptor: (_, key) => {
      const found = Reflect.getOwnPropertyDescriptor(target(), key);
      return found && { ...found, configurable: true };
    },
    // everybody shares the proxy, so nobody may close it
    preventExtensions: () => false,
    setPrototypeOf: () => true,
  });
};

const ENV = Symbol("env");
const EXPORTS = Symbol("exports");

/** The worker's bindings, also at module scope. */
export const env = late(ENV, () => current.env);

/** The worker's own exports. */
export const exports = late(EXPORTS, () => current.exports);

/** Keeps the sandbox alive until the promise settles. */
export const waitUntil = Object.defineProperty((...args) => {
  if (args.length === 0) throw argumentError("waitUntil", "EntrypointsModule", 1, "Promise");
  current.waitUntil(args[0]);
}, "name", { value: "bound waitUntil" });

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/** Anything but an object overrides nothing. */
const overriding = (slot, value, run) => (isObject(value) ? runWith(slot, value, run) : run());

function requireCallback(callback, name, position) {
  if (typeof callback !== "function") throw argumentError(name, "EnvModule", position, "function");
  return () => callback.call(globalThis);
}

/** Calls `callback`, and all that it sets going, with another `env`. */
export function withEnv(newEnv, callback) {
  return overriding(ENV, newEnv, requireCallback(callback, "withEnv", 2));
}

export function withExports(newExports, callback) {
  return overriding(EXPORTS, newExports, requireCallback(callback, "withExports", 2));
}

export function withEnvAndExports(newEnv, newExports, callback) {
  const run = requireCallback(callback, "withEnvAndExports", 3);
  return overriding(ENV, newEnv, () => overriding(EXPORTS, newExports, run));
}

/** Ends the sandbox: the event that runs in it fails, the next one finds a new sandbox. */
export function abortIsolate(reason) {
  host("abort", reason === undefined ? "abortIsolate() was called." : String(reason), true);
}

/** The cache of one's own answers, of which there is none. */
export const cache = {};

/** Names the method that restores an object from a snapshot. */
export const restore = Symbol("restore");

export { tracing } from "./tracing.js";
export const WorkflowEntrypoint = missingClass("WorkflowEntrypoint");
