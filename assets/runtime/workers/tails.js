// Tail events: what other workers did, for those that were named as their tail workers.

import { host } from "../native.js";
import { current } from "./context.js";
import { isHandler, noEntrypoint } from "./entrypoints.js";
import { replyError } from "./failures.js";
import { unpack } from "./grants.js";
import { definePlatform } from "./platform.js";
import { sendResult } from "./rpc/values.js";
import { ExecutionContext } from "./state.js";

const HIDDEN = "REDACTED";
const { parse } = JSON;

/** A class that only the runtime makes, with the values that it is given as properties. */
function kind(name) {
  const Class = { [name]: class { constructor() { throw new TypeError("Illegal constructor"); } } }[name];
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return Class;
}
const make = (Class, values) => Object.assign(Object.create(Class.prototype), values);

const TraceItem = kind("TraceItem");
const TraceLog = kind("TraceLog");
const TraceException = kind("TraceException");
const FetchEventInfo = kind("FetchEventInfo");
const TailRequest = kind("Request");
const TailResponse = kind("Response");
const JsRpcEventInfo = kind("JsRpcEventInfo");
const AlarmEventInfo = kind("AlarmEventInfo");
const SocketEventInfo = kind("HibernatableWebSocketEventInfo");
const SocketMessage = kind("Message");
const SocketClose = kind("Close");
const SocketError = kind("Error");
definePlatform({ TraceItem, TraceLog, TraceException, FetchEventInfo, JsRpcEventInfo, AlarmEventInfo, SocketEventInfo });

/** What a request was before secrets were taken out. */
const whole = new WeakMap();
Object.defineProperty(TailRequest.prototype, "getUnredacted", {
  value: function getUnredacted() { return whole.get(this)?.(); },
  enumerable: true, writable: true, configurable: true,
});

const isSecret = (name) => name === "cookie" || name === "set-cookie" || /auth|key|secret|token|jwt/.test(name);

/** Parts of a URL that look like an id, in hex or base64, are not shown. */
const redactUrl = (url) => url.replace(/[0-9A-Za-z_+-]+/g, (part) => (looksLikeId(part) ? HIDDEN : part));
const count = (text, pattern) => text.match(pattern)?.length ?? 0;
const looksLikeId = (part) =>
  (/^[0-9a-fA-F_+-]+$/.test(part) && count(part, /[0-9a-fA-F]/g) >= 32)
  || (part.length >= 21 && count(part, /[A-Z]/g) >= 2 && count(part, /[a-z]/g) >= 2 && count(part, /[0-9]/g) >= 2);

function requestOf({ url, method, headers }, redact = true) {
  const shown = {};
  for (const [name, value] of headers.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const text = redact && isSecret(name) ? HIDDEN : value;
    shown[name] = Object.hasOwn(shown, name) ? `${shown[name]}, ${text}` : text;
  }
  const request = make(TailRequest, { url: redact ? redactUrl(url) : url, method, headers: shown, cf: undefined });
  whole.set(request, () => requestOf({ url, method, headers }, false));
  return request;
}

function eventOf(event) {
  switch (event.kind) {
    case "fetch": {
      const response = event.status === undefined ? undefined : make(TailResponse, { status: event.status });
      return make(FetchEventInfo, { request: requestOf(event), response });
    }
    case "rpc":
      return make(JsRpcEventInfo, { rpcMethod: event.method });
    case "alarm":
      return make(AlarmEventInfo, { scheduledTime: new Date(event.scheduledTime) });
    case "message":
      return make(SocketEventInfo, { getWebSocketEvent: make(SocketMessage, { webSocketEventType: "message" }) });
    case "close":
      return make(SocketEventInfo, { getWebSocketEvent: make(SocketClose, { wasClean: event.clean, code: event.code, webSocketEventType: "close" }) });
    default:
      return make(SocketEventInfo, { getWebSocketEvent: make(SocketError, { webSocketEventType: "error" }) });
  }
}

/** Properties in the order in which the reference has them. */
function itemOf(text) {
  const item = parse(text);
  return make(TraceItem, {
    wallTime: item.wallTime,
    cpuTime: item.cpuTime,
    truncated: item.truncated,
    executionModel: item.executionModel,
    outcome: item.outcome,
    durableObjectId: item.durableObjectId ?? undefined,
    preview: undefined,
    tailAttributes: undefined,
    scriptTags: undefined,
    dispatchNamespace: undefined,
    scriptVersion: undefined,
    entrypoint: item.entrypoint ?? undefined,
    scriptName: item.scriptName,
    diagnosticsChannelEvents: [],
    exceptions: item.exceptions.map(({ stack, name, message, timestamp }) =>
      make(TraceException, { stack: stack ?? undefined, name, message, timestamp })),
    logs: item.logs.map(({ parts, level, timestamp }) =>
      make(TraceLog, { errorInfo: undefined, message: parse(parts), level, timestamp })),
    eventTimestamp: item.eventTimestamp,
    event: eventOf(item.event),
  });
}

/** Delivers one trace item; the answer tells only that it was heard. */
export function onTail(id, entry, text) {
  const fail = (error) => replyError(id, error);
  const done = () => sendResult(id, undefined);
  try {
    const answer = listen(entry, [itemOf(text)]);
    if (typeof answer?.then === "function") answer.then(done, fail);
    else done();
  } catch (error) {
    fail(error);
  }
}

function listen(entry, items) {
  if (current.object !== undefined) return current.object.tail?.(items);
  const [name, props] = entry;
  const handler = current.module[name ?? "default"];
  if (!isHandler(handler)) throw noEntrypoint(name);
  const ctx = new ExecutionContext(props ? unpack(props[0], props[1], "props") : {});
  if (typeof handler === "function") return new handler(ctx, current.env).tail?.(items);
  return handler.tail?.(items, current.env, ctx);
}
