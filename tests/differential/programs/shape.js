// The shape of the Web API: of each class its name and length, what it says when it is called or
// made, and each property of it and its prototype with its kind, length and flags.

import { program, stateless } from "../suite.js";

const flags = ({ enumerable, configurable, writable }) => `${enumerable ? "e" : "-"}${configurable ? "c" : "-"}${writable === undefined ? "" : writable ? "w" : "-"}`;

/** `method(2) ecw`, `get set ec`, `constant 3 e--`. */
function property(target, key) {
  const found = Object.getOwnPropertyDescriptor(target, key);
  if ("value" in found) {
    const { value } = found;
    if (typeof value === "function") return `method ${value.name}(${value.length}) ${flags(found)}`;
    return `${typeof value === "object" ? "object" : JSON.stringify(value)} ${flags(found)}`;
  }
  return `${found.get ? `get ${found.get.name}` : ""}${found.set ? ` set ${found.set.name}(${found.set.length})` : ""} ${flags(found)}`;
}

/** But for symbols of the runtimes' own, and `prototype`, which only a class that is not JavaScript can make writable. */
const members = (target) => Object.fromEntries(Reflect.ownKeys(target)
  .filter((key) => (typeof key === "string" ? key !== "prototype" : Object.values(Object.getOwnPropertyDescriptors(Symbol)).some(({ value }) => value === key)))
  .map((key) => [String(key), key]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  .map(([name, key]) => [name, property(target, key)]));

/**
 * Members that are not compared: what the reference keeps on each instance and here lies on the
 * prototype, as the specifications have it, and what is not here.
 */
const APART = {
  CloseEvent: ["code", "reason", "wasClean"], DOMException: ["code", "message", "name"], MessageEvent: ["data", "lastEventId", "origin", "ports", "source"],
  Navigator: ["hardwareConcurrency", "language", "languages", "platform", "userAgent", "sendBeacon"], PromiseRejectionEvent: ["promise", "reason"],
  TextDecoderStream: ["readable", "writable"], TextEncoderStream: ["readable", "writable"],
  Crypto: ["DigestStream"], EventSource: ["Symbol(Symbol.dispose)"], ReadableStreamBYOBRequest: ["atLeast"], URL: ["createObjectURL", "revokeObjectURL"],
};
const without = (all, names = []) => Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));

const says = (act) => { try { return Object.prototype.toString.call(act()); } catch (error) { return `${error.name}: ${error.message}`; } };
const native = (it) => /^(function|class)?.*\{\s*\[native code\]\s*\}$/s.test(Function.prototype.toString.call(it));

const classes = `AbortController AbortSignal Blob ByteLengthQueuingStrategy Cache CacheStorage CloseEvent CompressionStream
  CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event EventSource EventTarget File
  FixedLengthStream FormData HTMLRewriter Headers IdentityTransformStream MessageChannel MessageEvent MessagePort Navigator
  PromiseRejectionEvent ReadableByteStreamController ReadableStream
  ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request Response
  SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL
  URLPattern URLSearchParams WebSocket WebSocketPair WritableStream WritableStreamDefaultController WritableStreamDefaultWriter`.split(/\s+/);
const functions = "atob btoa fetch queueMicrotask structuredClone setTimeout clearTimeout setInterval clearInterval reportError".split(" ");

const shape = (name) => stateless(() => {
  const Class = globalThis[name];
  if (Class === undefined) return "none";
  return {
    name: Class.name, length: Class.length, native: native(Class),
    called: says(() => Class()),
    static: without(members(Class), APART[name]), prototype: without(members(Class.prototype), APART[name]), tag: Object.prototype.toString.call(Class.prototype),
  };
});
const made = (name) => stateless(() => { const Class = globalThis[name]; return Class === undefined ? "none" : says(() => new Class()); });

const cases = {};
for (const name of classes) {
  cases[`class ${name}`] = shape(name);
  cases[`new ${name}()`] = made(name);
}
for (const name of functions) {
  cases[`function ${name}`] = stateless(() => ({ name: globalThis[name].name, length: globalThis[name].length, native: native(globalThis[name]) }));
}

const { worker, Place } = program({
  ...cases,
  "methods are native": stateless(() => [native(Headers.prototype.get), native(Object.getOwnPropertyDescriptor(Request.prototype, "url").get), native(crypto.subtle.digest), native(console.log), native(Response.json), Function.prototype.toString.call(Headers.prototype.get)]),
  "own properties of instances": stateless(() => Object.fromEntries([new Headers(), new Request("http://x"), new Response(), new URL("http://x"), new Event("x"), new AbortController(), new Blob([]), new ReadableStream(), new TransformStream(), new TextDecoder(), new FormData(), new URLSearchParams(), crypto, crypto.subtle, performance].map((it) => [Object.prototype.toString.call(it), Reflect.ownKeys(it).map(String)]))),
  "globals that are not there": stateless(() => ["InternalError", "global", "Buffer", "process", "require", "XMLHttpRequest", "Worker", "document", "window", "gc", "print", "std", "os"].map((name) => [name, typeof globalThis[name]])),
});

export default worker;
export { Place, Place as Subject, Place as Plain };
