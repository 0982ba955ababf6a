// Puts the Web APIs on the global object.

import { AbortController, AbortSignal } from "./abort.js";
import { Blob, File } from "./blob.js";
import { Body } from "./body.js";
import { CompressionStream, DecompressionStream } from "./compression.js";
import { Cache, CacheStorage, caches } from "./cache.js";
import { console } from "./console.js";
import { Crypto, crypto, CryptoKey, SubtleCrypto } from "./crypto/index.js";
import { DOMException } from "./dom-exception.js";
import { atob, btoa, TextDecoder, TextEncoder } from "./encoding.js";
import {
  CloseEvent, CustomEvent, ErrorEvent, Event, EventTarget, MessageEvent, PromiseRejectionEvent,
} from "./events.js";
import { FormData } from "./form-data.js";
import { Headers } from "./headers.js";
import { HTMLRewriter } from "./html/rewriter.js";
import { Navigator, navigator } from "./navigator.js";
import { Performance, performance, PerformanceEntry, PerformanceMark, PerformanceMeasure } from "./performance.js";
import { reportError, reportException } from "./report-error.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import {
  ByteLengthQueuingStrategy, CountQueuingStrategy, FixedLengthStream, IdentityTransformStream,
  ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader, TextDecoderStream, TextEncoderStream,
  TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "./streams.js";
import { clearInterval, clearTimeout, Scheduler, setInterval, setTimeout } from "./timers.js";
import { URL, URLSearchParams } from "./url.js";
import { URLPattern } from "./url-pattern.js";
import "./shown.js";
import { nativeLike } from "./util.js";

const classes = {
  AbortController, AbortSignal, Blob, Body, ByteLengthQueuingStrategy, Cache, CacheStorage, CloseEvent, CompressionStream, CountQueuingStrategy, Crypto,
  CryptoKey, CustomEvent, DecompressionStream, DOMException, ErrorEvent, Event, EventTarget, File, FixedLengthStream, FormData,
  Headers, HTMLRewriter, IdentityTransformStream, MessageEvent, Navigator, PromiseRejectionEvent, ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest, ReadableStreamDefaultController, ReadableStreamDefaultReader, Request, Response,
  SubtleCrypto, TextDecoder, TextDecoderStream, TextEncoder, TextEncoderStream, TransformStream,
  TransformStreamDefaultController, URL, URLPattern, URLSearchParams, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};
/** Classes of objects that are global, without a global name of their own. */
export const namelessWeb = { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, Scheduler };
const functions = { atob, btoa, clearInterval, clearTimeout, reportError, setInterval, setTimeout };
const objects = { caches, console, crypto, navigator, performance, scheduler: new Scheduler() };

function queueMicrotask(callback) {
  if (typeof callback !== "function") {
    throw new TypeError("Failed to execute 'queueMicrotask' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.");
  }
  Promise.resolve().then(() => {
    try {
      callback();
    } catch (error) {
      reportException(error);
    }
  });
}

/** Defines every Web API of this folder on `target`. */
export function installWeb(target) {
  for (const fn of [...Object.values(functions), queueMicrotask]) nativeLike(fn);
  for (const group of [classes, functions, objects]) {
    for (const name of Object.keys(group)) {
      Object.defineProperty(target, name, { value: group[name], writable: true, enumerable: false, configurable: true });
    }
  }
  Object.defineProperty(target, "queueMicrotask", { value: queueMicrotask, writable: true, enumerable: false, configurable: true });
}
