// The globals that are not the Web's: fetch, structuredClone, Cloudflare.

import { cloneRead, cloneWrite, host } from "../native.js";
import { DurableObjectClass } from "./classes.js";
import { Fetcher, fetch } from "./fetcher.js";
import { DurableObjectFacets } from "./facets.js";
import { WorkerLoader, WorkerStub } from "./loader.js";
import { DurableObjectId, DurableObjectNamespace } from "./namespace.js";
import { DurableObjectState, ExecutionContext } from "./state.js";
import { DurableObjectStorage, DurableObjectTransaction } from "./storage.js";
import { SqlStorage } from "./sql.js";
import { SyncKvStorage } from "./kv.js";
import { argumentError } from "./errors.js";
import { installMissing } from "./later.js";
import { WebSocket, WebSocketPair, WebSocketRequestResponsePair } from "../web/websocket.js";
import { definePlatform, refusePlatform } from "./platform.js";

function structuredClone(...args) {
  if (args.length === 0) throw argumentError("structuredClone", "ServiceWorkerGlobalScope", 1, "Value");
  const bytes = cloneWrite(args[0], refusePlatform);
  // what is transferred is lost here; its bytes have been written already
  for (const object of args[1]?.transfer ?? []) if (object instanceof ArrayBuffer) object.transfer();
  return cloneRead(bytes);
}

const classes = {
  Fetcher, DurableObjectClass, DurableObjectFacets, DurableObjectId, DurableObjectNamespace,
  DurableObjectState, DurableObjectStorage, DurableObjectTransaction,
  ExecutionContext, SqlStorage, SyncKvStorage, WorkerLoader, WorkerStub,
  WebSocket, WebSocketPair, WebSocketRequestResponsePair,
};

/** The engine leaves out the name of the time zone, which is always the same. */
function nameTheZone(prototype) {
  for (const method of ["toString", "toTimeString"]) {
    const plain = prototype[method];
    const named = { [method]() { const text = plain.call(this); return text.endsWith("GMT+0000") ? `${text} (Coordinated Universal Time)` : text; } }[method];
    Object.defineProperty(prototype, method, { value: named, configurable: true, writable: true });
  }
}

export function installWorkers(global) {
  // there from the start: a property more would give each sandbox its own copy of the global's shape
  Object.defineProperty(global, "Cloudflare", { value: undefined, configurable: true, writable: true });
  for (const [name, value] of Object.entries({ ...classes, fetch, structuredClone })) {
    Object.defineProperty(global, name, { value, configurable: true, writable: true });
  }
  installMissing(global);
  Object.defineProperty(global, Symbol.toStringTag, { value: "ServiceWorkerGlobalScope", configurable: true });
  nameTheZone(global.Date.prototype);
  // nothing is ever dispatched there but what the worker dispatches itself
  const target = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    Object.defineProperty(global, name, { value: target[name].bind(target), configurable: true, writable: true });
  }
  Object.defineProperty(global, "self", { value: global, configurable: true, writable: true });
  const web = Object.getOwnPropertyNames(global).filter((name) => typeof global[name]?.prototype?.[Symbol.toStringTag] === "string");
  const builtin = new Set(["ArrayBuffer", "SharedArrayBuffer", "DataView", "Map", "Set", "Promise", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "Symbol", "BigInt", "Iterator", "DOMException"]);
  definePlatform(Object.fromEntries(web.filter((name) => !builtin.has(name)).map((name) => [name, global[name]])));
}

/** `Cloudflare.compatibilityFlags`: asked for when it is looked at, being long and rarely needed. */
export function defineCloudflare() {
  const get = () => {
    const value = Object.freeze(Object.assign(Object.create(null), host("compatibility")));
    Object.defineProperty(Cloudflare, "compatibilityFlags", { value });
    return value;
  };
  const Cloudflare = Object.create({}, { [Symbol.toStringTag]: { value: "Cloudflare" } });
  Object.defineProperty(Cloudflare, "compatibilityFlags", { get, enumerable: true, configurable: true });
  globalThis.Cloudflare = Cloudflare;
}
