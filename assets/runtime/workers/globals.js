// The globals that are not the Web's: fetch, structuredClone, Cloudflare.

import { cloneRead, cloneWrite } from "../native.js";
import { DurableObjectClass } from "./classes.js";
import { Fetcher, fetch } from "./fetcher.js";
import { DurableObjectFacets } from "./facets.js";
import { WorkerLoader, WorkerStub } from "./loader.js";
import { DurableObjectId, DurableObjectNamespace, DurableObjectStub } from "./namespace.js";
import { DurableObjectState, ExecutionContext } from "./state.js";
import { DurableObjectStorage, DurableObjectTransaction } from "./storage.js";
import { SqlStorage } from "./sql.js";
import { SyncKvStorage } from "./kv.js";
import { Target } from "./stamp.js";

function structuredClone(value) {
  return cloneRead(cloneWrite(value, (object) => {
    if (Target.of(object) !== undefined) {
      throw new DOMException("ServiceStub cannot be serialized in this context.", "DataCloneError");
    }
    return undefined;
  }));
}

const classes = {
  Fetcher, DurableObjectClass, DurableObjectFacets, DurableObjectId, DurableObjectNamespace,
  DurableObjectState, DurableObjectStorage, DurableObjectStub, DurableObjectTransaction,
  ExecutionContext, SqlStorage, SyncKvStorage, WorkerLoader, WorkerStub,
};

export function installWorkers(global) {
  // there from the start: a property more would give each sandbox its own copy of the global's shape
  Object.defineProperty(global, "Cloudflare", { value: undefined, configurable: true, writable: true });
  for (const [name, value] of Object.entries({ ...classes, fetch, structuredClone })) {
    Object.defineProperty(global, name, { value, configurable: true, writable: true });
  }
}

/** `Cloudflare.compatibilityFlags`, once the flags are known. */
export function defineFlags(flags) {
  const record = Object.freeze(Object.fromEntries(flags.map((flag) => [flag, true])));
  const Cloudflare = Object.freeze({ compatibilityFlags: record });
  globalThis.Cloudflare = Cloudflare;
}
