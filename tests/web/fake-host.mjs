// A stand-in for the engine and the host, over what Node has.

import { createHash, createHmac, randomBytes } from "node:crypto";
import { inspect, types } from "node:util";
import { deserialize, serialize } from "node:v8";

const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash", "origin"];

const digestName = (name) => name.replace("-", "").toLowerCase();

function urlParts(input, base) {
  try {
    const url = new URL(input, base);
    return PARTS.map((part) => url[part]);
  } catch {
    return null;
  }
}

function setUrl(href, part, value) {
  const url = new URL(href);
  try {
    url[part] = value;
  } catch {
    return null;
  }
  return PARTS.map((name) => url[name]);
}

function decode(label, bytes, fatal, ignoreBOM) {
  try {
    return new TextDecoder(label, { fatal, ignoreBOM }).decode(bytes);
  } catch {
    return null;
  }
}

function label(name) {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return null;
  }
}

/** What the engine calls the kinds of objects, by Node's tests for them. */
const KINDS = { Map: types.isMap, Set: types.isSet, Date: types.isDate, RegExp: types.isRegExp, Error: types.isNativeError, Promise: types.isPromise,
  Proxy: types.isProxy, ArrayBuffer: types.isArrayBuffer, DataView: types.isDataView, WeakMap: types.isWeakMap, WeakSet: types.isWeakSet,
  Number: types.isNumberObject, String: types.isStringObject, Boolean: types.isBooleanObject, Symbol: types.isSymbolObject,
  "Map Iterator": types.isMapIterator, "Set Iterator": types.isSetIterator, Arguments: types.isArgumentsObject, Module: types.isModuleNamespaceObject,
  AsyncFunction: types.isAsyncFunction, GeneratorFunction: types.isGeneratorFunction };

function classOf(value) {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  const kind = Object.keys(KINDS).find((name) => KINDS[name](value));
  if (kind !== undefined) return kind;
  if (Array.isArray(value)) return "Array";
  return types.isTypedArray(value) ? value[Symbol.toStringTag] : typeof value === "function" ? "Function" : "Object";
}

/** Node shows neither the result of a promise nor the target of a proxy to JavaScript, so these are empty. */
function reveal(value) {
  if (types.isPromise(value)) return [inspect(value).includes("<pending>") ? 0 : 1, undefined];
  return types.isProxy(value) ? [null, null] : [[...value], false];
}

/** The functions of a fake host; its state is what a test looks at. */
export function makeFakeHost() {
  const timers = new Map();
  const state = { logs: [], calls: [], cancelled: [], streams: new Map(), timers, fire: null };
  const operations = {
    "url.parse": urlParts,
    "url.set": setUrl,
    "text.decode": decode,
    "text.label": label,
    "crypto.random": (count) => new Uint8Array(randomBytes(count)),
    "crypto.digest": (name, bytes) => new Uint8Array(createHash(digestName(name)).update(bytes).digest()).buffer,
    "crypto.hmac": (name, key, bytes) => new Uint8Array(createHmac(digestName(name), key).update(bytes).digest()).buffer,
    // the state of a digest is simply all that came
    "crypto.update": (name, state, bytes) => new Uint8Array(Buffer.concat([state, bytes])).buffer,
    "crypto.finish": (name, state, bytes) => new Uint8Array(createHash(digestName(name)).update(state).update(bytes).digest()).buffer,
    "time.now": () => performance.timeOrigin + performance.now(),
    "log": (level, text) => void state.logs.push([level, text]),
    "timer.set": (id, delay) => void timers.set(id, setTimeout(() => state.fire(id), delay)),
    "timer.clear": (id) => {
      clearTimeout(timers.get(id));
      timers.delete(id);
    },
    "stream.cancel": (id) => void state.cancelled.push(id),
  };
  return {
    state,
    host(name, ...args) {
      const operation = operations[name];
      if (operation === undefined) throw new Error(`the fake host has no operation '${name}'`);
      state.calls.push(name);
      return operation(...args);
    },
    pull(id) {
      const chunks = state.streams.get(id);
      if (chunks === undefined) throw new Error(`no stream ${id}`);
      return chunks.length === 0 ? null : chunks.shift();
    },
    classOf,
    reveal,
    bytes: (buffer) => new Uint8Array(buffer),
    utf8Encode: (text) => new TextEncoder().encode(text),
    utf8Decode: (bytes, fatal, ignoreBOM) => new TextDecoder("utf-8", { fatal, ignoreBOM }).decode(bytes),
    latin1Encode: (text) => new Uint8Array(Buffer.from(text, "latin1")),
    latin1Decode: (bytes) => Buffer.from(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength).toString("latin1"),
  };
}

// Values that cross must belong to the context, as they do in the engine.
export const FAKE_NATIVE = `
const fake = globalThis.__fake;
const own = (value) => {
  if (value === null || typeof value !== "object") return value;
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(fake.bytes(value)).buffer;
  return Array.isArray(value) ? Array.from(value) : new Uint8Array(value);
};
export const fakeState = fake.state;
export function host(...args) { return own(fake.host(...args)); }
export function utf8Encode(text) { return new Uint8Array(fake.utf8Encode(text)); }
export function utf8Decode(bytes, fatal, ignoreBOM) {
  try { return fake.utf8Decode(bytes, fatal, ignoreBOM); } catch { throw new TypeError("The encoded data was not valid."); }
}
export function latin1Encode(text) { return new Uint8Array(fake.latin1Encode(text)); }
export function latin1Decode(bytes) { return fake.latin1Decode(bytes); }
export function cloneWrite(value) { return new Uint8Array(fake.serialize(value)).buffer; }
export function cloneRead(bytes) { return fake.deserialize(bytes); }
export function markHandled() {}
export const classOf = fake.classOf;
export const reveal = fake.reveal;
let current;
export const frame = () => current;
export function setFrame(value) { current = value; }
`;

export const FAKE_OPS = `
const fake = globalThis.__fake;
export const started = [];
export async function op(name, ...args) {
  started.push([name, ...args]);
  if (name !== "stream.pull") throw new Error("unknown operation " + name);
  const chunk = fake.pull(...args);
  if (chunk === null) return null;
  if (typeof chunk === "string") throw new Error(chunk);
  return new Uint8Array(chunk);
}
`;
