// The loader binding: workers that code brings along at run time.

import { host } from "../native.js";
import { makeClassHandle } from "./classes.js";
import { argumentError } from "./errors.js";
import { Fetcher, exchange, takeRequest } from "./fetcher.js";
import { packProps } from "./grants.js";
import { callTarget } from "./rpc/invoke.js";
import { Target, isObject } from "./stamp.js";
import { packCode, packLimits } from "./loader-code.js";
import { current } from "./context.js";
import { setInternalTimeout } from "./timeouts.js";

const key = Symbol();

export class WorkerLoader {
  #index;
  /** Loads under way, by id: promises of the host's handle. */
  #loading = new Map();

  constructor(k, index) {
    if (k !== key) throw new TypeError("Illegal constructor");
    this.#index = index;
  }

  get(...args) {
    if (args.length === 0) throw argumentError("get", "WorkerLoader", 1, "string");
    const [id, getCode] = args;
    if (typeof getCode !== "function") throw argumentError("get", "WorkerLoader", 2, "function");
    if (id === null || id === undefined) return new WorkerStub(key, this.#load(null, getCode));
    const name = `${id}`;
    const known = host("loader.find", this.#index, name);
    if (known !== null) return new WorkerStub(key, known);
    let loading = this.#loading.get(name);
    if (loading === undefined) {
      const done = () => this.#loading.delete(name);
      loading = this.#load(name, getCode);
      this.#loading.set(name, loading);
      loading.then(done, done);
    }
    return new WorkerStub(key, loading);
  }

  load(code) {
    if (code !== null && !isObject(code)) throw argumentError("load", "WorkerLoader", 1, "WorkerCode");
    return new WorkerStub(key, host("loader.define", this.#index, null, ...packCode(code)));
  }

  /** Asks for the code as soon as this turn's own JavaScript has run. */
  #load(name, getCode) {
    const loading = Promise.resolve()
      .then(() => withTimeout(getCode(), name))
      .then((code) => host("loader.define", this.#index, name, ...packCode(code)));
    // nobody may be waiting; whoever uses the stub sees the failure
    loading.catch(() => {});
    return loading;
  }
}
Object.defineProperty(WorkerLoader.prototype, Symbol.toStringTag, { value: "WorkerLoader", configurable: true });

function withTimeout(answer, name) {
  if (typeof answer?.then !== "function") return answer;
  const ms = current.spec.limits.loaderTimeoutMs;
  return new Promise((resolve, reject) => {
    const what = name === null ? "an anonymous dynamic worker" : `dynamic worker "${name}"`;
    const cancel = setInternalTimeout(() => reject(new Error(
      `The code callback for ${what} did not answer within ${ms / 1000} s.`)), ms);
    answer.then(
      (code) => { cancel(); resolve(code); },
      (error) => { cancel(); reject(error); },
    );
  });
}

/** A dynamic worker: its entrypoints and its classes. */
export class WorkerStub {
  /** The host's handle, or a promise of it while the code is being fetched. */
  #worker;

  constructor(k, worker) {
    if (k !== key) throw new TypeError("Illegal constructor");
    this.#worker = worker;
  }

  getEntrypoint(name, options) {
    const props = packProps(options?.props, "EntrypointOptions");
    const entry = name == null || name === "default" ? null : String(name);
    const stub = Object.create(DynamicEntrypoint.prototype);
    return new Target(stub, ["dynamic", limited(this.#worker, options?.limits), entry, props], callDynamic);
  }

  getDurableObjectClass(name, options) {
    const props = packProps(options?.props, "EntrypointOptions");
    return makeClassHandle(["dynamic", limited(this.#worker, options?.limits), name == null ? "default" : String(name), props]);
  }
}
Object.defineProperty(WorkerStub.prototype, Symbol.toStringTag, { value: "WorkerStub", configurable: true });

/** The same worker with limits that are not higher, as its handle or a promise of one. */
function limited(worker, limits) {
  const packed = packLimits(limits);
  if (Object.keys(packed).length === 0) return worker;
  const narrow = (handle) => host("loader.limit", handle, packed);
  if (typeof worker === "number") return narrow(worker);
  const narrowed = worker.then(narrow);
  // whoever uses the stub sees the failure
  narrowed.catch(() => {});
  return narrowed;
}

/** A stub whose target may still be loading. */
class DynamicEntrypoint extends Fetcher {
  async fetch(input, init) {
    const request = takeRequest(input, init);
    const [kind, worker, ...rest] = Target.of(this);
    return exchange([kind, await worker, ...rest], request);
  }
}
Object.defineProperty(DynamicEntrypoint, "name", { value: "ServiceStub" });

function callDynamic(stub, [kind, worker, ...rest], names, args) {
  if (typeof worker === "number") return callTarget([kind, worker, ...rest], names, args);
  return worker.then((handle) => callTarget([kind, handle, ...rest], names, args));
}

/** The loader that the host granted as number `index`. */
export function makeLoader(index) {
  return new WorkerLoader(key, index);
}
