// MessageChannel, EventSource, transfer by structuredClone, and events of the global scope.

import { Actor, differs, outcome, outcomes, program, show, stateless } from "../suite.js";

const later = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
const encode = (text) => new TextEncoder().encode(text);

/** Opens an EventSource over `parts` and notes what it says. */
async function events(...parts) {
  const { readable, writable } = new IdentityTransformStream();
  const source = EventSource.from(readable);
  const notes = [];
  for (const type of ["message", "foo", "a b"]) source.addEventListener(type, (event) => notes.push([event.type, event.data, event.lastEventId]));
  source.onerror = () => notes.push(["error", source.readyState]);
  const writer = writable.getWriter();
  for (const part of parts) await writer.write(typeof part === "string" ? encode(part) : part);
  await writer.close();
  await later();
  return notes;
}

const GLOBALS = ["DOMException", "WorkerGlobalScope", "btoa", "atob", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "queueMicrotask", "structuredClone", "reportError", "fetch", "Event", "ExtendableEvent", "CustomEvent",
  "PromiseRejectionEvent", "FetchEvent", "TailEvent", "TraceEvent", "ScheduledEvent", "MessageEvent", "CloseEvent", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "ReadableStream", "WritableStream",
  "WritableStreamDefaultWriter", "TransformStream", "ByteLengthQueuingStrategy", "CountQueuingStrategy", "ErrorEvent", "MessageChannel", "MessagePort", "EventSource", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController",
  "ReadableByteStreamController", "WritableStreamDefaultController", "TransformStreamDefaultController", "CompressionStream", "DecompressionStream", "TextEncoderStream", "TextDecoderStream", "Headers", "Body", "Request", "Response",
  "WebSocket", "WebSocketPair", "WebSocketRequestResponsePair", "AbortController", "AbortSignal", "TextDecoder", "TextEncoder", "Navigator", "URL", "URLSearchParams", "URLPattern", "Blob", "File", "FormData", "Crypto", "SubtleCrypto",
  "CryptoKey", "CacheStorage", "Cache", "FixedLengthStream", "IdentityTransformStream", "HTMLRewriter", "EventTarget", "addEventListener", "removeEventListener", "dispatchEvent", "console", "navigator", "origin", "Cloudflare", "performance",
  "scheduler", "caches", "crypto", "self", "ServiceWorkerGlobalScope"];
const ABSENT = ["window", "document", "XMLHttpRequest", "Worker", "importScripts", "location", "Element", "Fetcher", "DurableObjectId", "DurableObjectState", "SqlStorage", "Buffer", "process", "global", "setImmediate", "require", "localStorage", "alert", "Performance", "PerformanceEntry", "Scheduler"];

const { worker, Place } = program({
  "channels": stateless(() => {
    const channel = new MessageChannel();
    return [
      Object.keys(channel), String(channel), String(channel.port1), Object.keys(channel.port1), channel.port1 instanceof EventTarget, channel.port1.onmessage, channel.port1 === channel.port1,
      Object.getOwnPropertyNames(MessagePort.prototype).sort(), MessageChannel.length,
    ];
  }),
  "messages": async () => {
    const { port1, port2 } = new MessageChannel();
    const notes = [];
    port2.onmessage = (event) => notes.push([show(event.data), event.type, event.constructor.name, event.ports, event.origin, event.lastEventId, event.target === port2]);
    port1.postMessage({ a: [1, new Date(0)] });
    port1.postMessage("text");
    port1.postMessage();
    notes.push("posted");
    await later();
    return notes;
  },
  "messages wait for a listener": async () => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(1);
    port1.postMessage(2);
    await later();
    const notes = [];
    port2.onmessage = (event) => notes.push(event.data);
    await later();
    return notes;
  },
  "listeners start a port": async () => {
    const { port1, port2 } = new MessageChannel();
    const notes = [];
    port2.addEventListener("message", (event) => notes.push(event.data));
    port1.postMessage(1);
    await later();
    return notes;
  },
  "both ways": async () => {
    const { port1, port2 } = new MessageChannel();
    const notes = [];
    port2.onmessage = (event) => port2.postMessage(event.data * 2);
    port1.onmessage = (event) => notes.push(event.data);
    for (let i = 0; i < 5; i++) port1.postMessage(i);
    await later();
    return notes;
  },
  "the order of messages and microtasks": async () => {
    const { port1, port2 } = new MessageChannel();
    const notes = [];
    port2.onmessage = (event) => notes.push(event.data);
    port1.postMessage("message");
    Promise.resolve().then(() => notes.push("microtask"));
    setTimeout(() => notes.push("timer"), 0);
    await later();
    return notes;
  },
  "messages that are copies": async () => {
    const { port1, port2 } = new MessageChannel();
    const data = { list: [1] };
    const came = new Promise((resolve) => { port2.onmessage = (event) => resolve(event.data); });
    port1.postMessage(data);
    data.list.push(2);
    const got = await came;
    return [got, got === data];
  },
  "closing a port": async () => {
    const { port1, port2 } = new MessageChannel();
    const notes = [];
    port2.onmessage = (event) => notes.push(event.data);
    port2.addEventListener("close", () => notes.push("close 2"));
    port1.addEventListener("close", () => notes.push("close 1"));
    port1.postMessage(1);
    port1.close();
    port1.postMessage(2);
    port2.postMessage(3);
    port1.close();
    await later();
    return notes;
  },
  "wrong messages": stateless(() => outcomes({
    "a function": () => { try { new MessageChannel().port1.postMessage(() => 1); } catch (error) { return [error.constructor.name, error.name]; } },
    "a transfer list": () => { const buffer = new ArrayBuffer(1); new MessageChannel().port1.postMessage(buffer, [buffer]); },
    "a transfer option": () => { const buffer = new ArrayBuffer(1); new MessageChannel().port1.postMessage(buffer, { transfer: [buffer] }); },
    "an empty list": () => new MessageChannel().port1.postMessage(1, []),
    "a port of one's own": () => new MessagePort(),
    "no handler": () => { const { port1 } = new MessageChannel(); port1.onmessage = 5; return port1.onmessage; },
  })),
  "transfer": stateless(() => outcomes({
    "a buffer": () => { const buffer = new ArrayBuffer(4); const copy = structuredClone(buffer, { transfer: [buffer] }); return [buffer.byteLength, buffer.detached, copy.byteLength]; },
    "a view's buffer": () => { const view = new Uint8Array([1, 2]); const copy = structuredClone(view, { transfer: [view.buffer] }); return [view.byteLength, copy]; },
    "what is not cloned": () => { const buffer = new ArrayBuffer(4); structuredClone(1, { transfer: [buffer] }); return buffer.detached; },
    ...Object.fromEntries(Object.entries({ "an object": [{}], "a number": [5], "null in it": [null], "a stream": [new ReadableStream()], "a number as list": 5, "text as list": "x", "an empty list": [], "undefined": undefined, "null": null, "a set": new Set([1]) })
      .map(([name, transfer]) => [name, () => structuredClone(1, { transfer })])),
    "options are a number": () => structuredClone(1, 5), "options are null": () => structuredClone(1, null),
    "a detached buffer again": () => { const buffer = new ArrayBuffer(4); structuredClone(buffer, { transfer: [buffer] }); return structuredClone(1, { transfer: [buffer] }); },
  })),
  "event streams": () => outcomes({
    "data": () => events("data: a\n\n"), "several lines": () => events("data: a\ndata: b\n\n"), "no space": () => events("data:a\n\n"), "two spaces": () => events("data:  a\n\n"), "comments": () => events(": c\n:\ndata: a\n\n"),
    "ids": () => events("id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"), "types": () => events("event: foo\ndata: a\n\ndata: b\n\n"), "strange types": () => events("event: a b\ndata: x\n\n"), "carriage returns": () => events("data: a\r\n\r\ndata: b\r\r"),
    "in pieces": () => events("da", "ta: a", "\n", "\ndata: b\n\n"), "cut characters": () => events("data: ", new Uint8Array([0xc3]), new Uint8Array([0xa9]), "\n\n"), "without an end": () => events("data: a"), "unknown fields": () => events("what: x\nretry: 5\nretry: x\ndata: a\n\n"),
    "nothing": () => events(), "only empty lines": () => events("\n\n\n"), "a byte order mark": () => events("\ufeffdata: a\n\n"), "colons in data": () => events("data: a:b: c\n\n"), "json": () => events('data: {"a":1}\n\n'),
  }),
  "event sources": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const source = EventSource.from(readable);
    const all = [source.readyState, source.url, source.withCredentials, Object.keys(source), String(source), source instanceof EventTarget, EventSource.OPEN, Object.getOwnPropertyNames(EventSource.prototype).sort()];
    source.close();
    return [...all, source.readyState];
  },
  "wrong event sources": stateless(() => outcomes({
    "a bad URL": () => new EventSource("nope"), "no URL": () => new EventSource(), "no stream": () => EventSource.from(5), "credentials": () => new EventSource("http://x/", { withCredentials: true }),
    "a locked stream": () => { const stream = new ReadableStream(); stream.getReader(); return EventSource.from(stream); },
  })),
  "global names": stateless(() => GLOBALS.map((name) => `${name}: ${typeof globalThis[name]}`)),
  "names that are not there": stateless(() => ABSENT.map((name) => `${name}: ${typeof globalThis[name]}`)),
  "the global object": stateless(() => [
    globalThis instanceof ServiceWorkerGlobalScope, self === globalThis, String(globalThis), origin, String(navigator), String(performance), String(scheduler), String(crypto),
  ]),
  "classes nobody can construct": stateless(() => outcomes(Object.fromEntries(["ExtendableEvent", "FetchEvent", "TailEvent", "TraceEvent", "ScheduledEvent", "WorkerGlobalScope", "ServiceWorkerGlobalScope", "Cache", "CacheStorage", "MessagePort"].map((name) => [name, () => new globalThis[name]("x")])))),
  "lengths of classes": stateless(() => GLOBALS.filter((name) => /^[A-Z]/.test(name) && typeof globalThis[name] === "function").map((name) => `${name} ${globalThis[name].length}`).filter((text) => !text.endsWith(" 0"))),
  "unhandled rejections": async () => {
    const notes = [];
    const note = (event) => notes.push([event.type, String(event.reason), event.constructor.name, event.promise instanceof Promise]);
    addEventListener("unhandledrejection", note);
    addEventListener("rejectionhandled", note);
    const promise = Promise.reject(new Error("nobody looks"));
    await later();
    promise.catch(() => {});
    await later();
    removeEventListener("unhandledrejection", note);
    removeEventListener("rejectionhandled", note);
    return notes;
  },
  "reported errors": async () => {
    const notes = [];
    const note = (event) => { notes.push([event.type, event.message, event.constructor.name, String(event.error)]); event.preventDefault(); };
    addEventListener("error", note);
    reportError(new RangeError("mine"));
    removeEventListener("error", note);
    return notes;
  },
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
