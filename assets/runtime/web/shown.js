// What console and util.inspect show of the Web's objects, whose state is private.

import { describeClass } from "../inspect/described.js";
import { AbortController, AbortSignal } from "./abort.js";
import { Blob, File } from "./blob.js";
import { Crypto, CryptoKey, SubtleCrypto } from "./crypto/index.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import { CustomEvent, ErrorEvent, CloseEvent, Event, EventTarget, MessageEvent } from "./events.js";
import { FormData } from "./form-data.js";
import { Headers, isImmutable } from "./headers.js";
import { Navigator } from "./navigator.js";
import { readableCore } from "./readable.js";
import { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure } from "./performance.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import {
  ByteLengthQueuingStrategy, CountQueuingStrategy, FixedLengthStream, IdentityTransformStream, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamDefaultReader, TextDecoderStream, TextEncoderStream, TransformStream, WritableStream,
  WritableStreamDefaultWriter,
} from "./streams.js";
import { Scheduler } from "./timers.js";
import { URL, URLSearchParams } from "./url.js";
import { writableCore } from "./writable.js";

const EVENT = ["type", "eventPhase", "composed", "bubbles", "cancelable", "defaultPrevented", "returnValue", "currentTarget", "target",
  "srcElement", "timeStamp", "isTrusted", "cancelBubble"];

const PHASES = ["NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"];

const pairs = (value) => value;
const isOfBytes = (core) => core.origin !== null || core.controller instanceof ReadableByteStreamController;
const lengthOf = (core) => (core.expectedLength === undefined ? undefined : BigInt(core.expectedLength));

describeClass(AbortController, ["signal"]);
describeClass(AbortSignal, ["aborted", "reason", "onabort"]);
describeClass(Blob, ["size", "type"]);
describeClass(File, ["name", "lastModified", "size", "type"]);
describeClass(Crypto, ["subtle"]);
describeClass(CryptoKey, ["type", "extractable", "algorithm", "usages"]);
for (const Class of [SubtleCrypto, EventTarget, Scheduler]) describeClass(Class, []);
describeClass(Event, EVENT);
describeClass(CustomEvent, ["detail", ...EVENT, ...PHASES]);
describeClass(MessageEvent, ["ports", "source", "lastEventId", "origin", "data", ...EVENT, ...PHASES]);
describeClass(CloseEvent, ["wasClean", "reason", "code", ...EVENT, ...PHASES]);
describeClass(ErrorEvent, ["filename", "message", "lineno", "colno", "error", ...EVENT, ...PHASES]);
describeClass(FormData, [], pairs);
describeClass(Headers, [["[immutable]", isImmutable]], pairs);
describeClass(URLSearchParams, [], pairs);
describeClass(Navigator, ["languages", "language", "platform", "hardwareConcurrency", "userAgent"]);
describeClass(ReadableStream, [
  "locked",
  ["[state]", (stream) => readableCore(stream).state],
  ["[supportsBYOB]", (stream) => isOfBytes(readableCore(stream))],
  ["[length]", (stream) => lengthOf(readableCore(stream))],
]);
describeClass(WritableStream, ["locked", ["[state]", (stream) => writableCore(stream).state], ["[expectsBytes]", () => false]]);
for (const Class of [TransformStream, FixedLengthStream, IdentityTransformStream]) describeClass(Class, ["readable", "writable"]);
for (const Class of [TextEncoderStream, TextDecoderStream]) describeClass(Class, [...(Class === TextEncoderStream ? ["encoding"] : ["encoding", "fatal", "ignoreBOM"]), "readable", "writable"]);
for (const Class of [ReadableStreamDefaultReader, ReadableStreamBYOBReader]) describeClass(Class, ["closed"]);
describeClass(WritableStreamDefaultWriter, ["closed", "ready", "desiredSize"]);
for (const Class of [CountQueuingStrategy, ByteLengthQueuingStrategy]) describeClass(Class, ["highWaterMark"]);
for (const Class of [PerformanceEntry, PerformanceMeasure]) describeClass(Class, ["name", "entryType", "startTime", "duration"]);
describeClass(PerformanceMark, ["detail", "name", "entryType", "startTime", "duration"]);
describeClass(Performance, ["timeOrigin"]);
describeClass(Request, ["method", "url", "headers", "redirect", "fetcher", "signal", "cf", "integrity", "keepalive", "cache", "body", "bodyUsed"]);
describeClass(Response, ["status", "statusText", "headers", "ok", "redirected", "url", "webSocket", "cf", "type", "body", "bodyUsed"]);
describeClass(TextDecoder, ["encoding", "fatal", "ignoreBOM"]);
describeClass(TextEncoder, ["encoding"]);
describeClass(URL, ["origin", "href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash", "searchParams"]);
