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
import { EventSource } from "./event-source.js";
import { globalTarget, reportError } from "./global-events.js";
import { MessageChannel, MessagePort } from "./message-channel.js";
import { namelessWeb } from "../web/index.js";
import { nativeLike } from "../web/util.js";
import { WebSocket, WebSocketPair, WebSocketRequestResponsePair } from "../web/websocket.js";
import { definePlatform, refusePlatform } from "./platform.js";
import * as scopes from "./scopes.js";
import { isObject } from "./stamp.js";

function structuredClone(...args) {
  if (args.length === 0) throw argumentError("structuredClone", "ServiceWorkerGlobalScope", 1, "Value");
  const buffers = transferred(args[1]);
  const bytes = cloneWrite(args[0], refusePlatform);
  // what is transferred is lost here; its bytes have been written already
  for (const buffer of buffers) if (!buffer.detached) buffer.transfer();
  return cloneRead(bytes);
}

/** The buffers of a transfer list. */
function transferred(options) {
  if (options === undefined || options === null) return [];
  if (!isObject(options)) throw argumentError("structuredClone", "ServiceWorkerGlobalScope", 2, "StructuredCloneOptions");
  const list = options.transfer;
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    throw new TypeError("Incorrect type for the 'transfer' field on 'StructuredCloneOptions': the provided value is not of type 'Array'.");
  }
  return list.map((item) => {
    if (item instanceof ArrayBuffer) return item;
    if (ArrayBuffer.isView(item)) return item.buffer;
    throw new TypeError("Object is not transferable");
  });
}

/** The platform's classes that have no global name in the reference. */
const nameless = {
  Fetcher, DurableObjectClass, DurableObjectFacets, DurableObjectId, DurableObjectNamespace,
  DurableObjectState, DurableObjectStorage, DurableObjectTransaction,
  ExecutionContext, SqlStorage, SyncKvStorage, WorkerLoader, WorkerStub,
};

const classes = { EventSource, MessageChannel, MessagePort, WebSocket, WebSocketPair, WebSocketRequestResponsePair, ...scopes };

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
  for (const fn of [fetch, reportError, structuredClone]) nativeLike(fn);
  for (const [name, value] of Object.entries({ ...classes, fetch, origin: "null", reportError, structuredClone })) {
    Object.defineProperty(global, name, { value, configurable: true, writable: true });
  }
  Object.defineProperty(global, Symbol.toStringTag, { value: "ServiceWorkerGlobalScope", configurable: true });
  nameTheZone(global.Date.prototype);
  const target = globalTarget;
  for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    Object.defineProperty(global, name, { value: target[name].bind(target), configurable: true, writable: true });
  }
  Object.defineProperty(global, "self", { value: global, configurable: true, writable: true });
  const web = Object.getOwnPropertyNames(global).filter((name) => typeof global[name]?.prototype?.[Symbol.toStringTag] === "string");
  const builtin = new Set(["ArrayBuffer", "SharedArrayBuffer", "DataView", "Map", "Set", "Promise", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "Symbol", "BigInt", "Iterator", "DOMException"]);
  definePlatform({ ...nameless, ...namelessWeb, ...Object.fromEntries(web.filter((name) => !builtin.has(name)).map((name) => [name, global[name]])) });
  Object.setPrototypeOf(global, scopes.ServiceWorkerGlobalScope.prototype);
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
