// Values of calls and results: clones in which some objects stand as numbers of parts; see
// src/object/rpc.rs.

import { cloneRead, cloneWrite, hide, host, hostClone, undecodable } from "../../native.js";
import { setSender } from "../../ops.js";
import { Blob, blobBytes, blobOver, File } from "../../web/blob.js";
import { extractRequest, makeIncomingRequest, Request } from "../../web/request.js";
import { extractResponse, makeResponse, Response } from "../../web/response.js";
import { flatHeaders, Headers } from "../../web/headers.js";
import { ReadableStream, streamFrom } from "../../web/readable.js";
import { WritableStream } from "../../web/writable.js";
import { fromHostBody, toHostBody } from "../body.js";
import { makeClassHandle } from "../classes.js";
import { RpcTarget } from "../bases.js";
import { makeFetcher } from "../fetcher.js";
import { transferable } from "../grants.js";
import { refusal } from "../platform.js";
import { isObject } from "../stamp.js";
import { give } from "./given.js";
import { holdStub, releaseWith, stubTarget } from "./stub.js";
import { drainInto, hostSink } from "./sinks.js";
import { calleeOf, resultOf } from "./wild.js";

/** Flags of `cloneWrite`: class instances are refused, not flattened; errors keep all they have. */
const STRICT = 1 | 2;
const MAX_BYTES = 32 << 20;
const CUT = "ReadableStream received over RPC disconnected prematurely.";

const none = [];

/** Parts of the message that is being written. */
let parts = none;

function addPart(object) {
  if (parts === none) parts = [];
  return partOf(object, parts);
}

/** Calls method `names` of `target` with `args`, as operation `id` of the host. */
function sendArguments(id, target, names, args) {
  // writing may run code that sends another message
  const outer = parts;
  parts = none;
  let answer, mine;
  try {
    answer = hostClone(args, addPart, STRICT, "call", id, target, names);
    mine = parts;
  } finally {
    parts = outer;
  }
  return typeof answer === "object" ? host("call", id, target, names, messageOf(answer, mine)) : answer;
}
setSender(sendArguments);

/** Answers call `id` with `value`. */
export function sendResult(id, value) {
  const outer = parts;
  parts = none;
  let answer, mine;
  try {
    answer = hostClone(value, addPart, STRICT, "call.reply", id);
    mine = parts;
  } finally {
    parts = outer;
  }
  if (typeof answer === "object") host("call.reply", id, messageOf(answer, mine));
}

/** `[bytes, parts]` of a value that has parts, or is large. */
function messageOf(bytes, parts) {
  if (bytes.byteLength > MAX_BYTES) {
    throw new Error(`Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: ${bytes.byteLength} bytes.`);
  }
  // only now is it sure that the whole message can go
  return [bytes, parts.map((part) => (typeof part === "function" ? part() : part))];
}

const nothing = () => {};

/** Adds what stands for `object`; gives its number, or undefined when it is plain data. */
function partOf(object, parts) {
  if (!isObject(object)) return undefined;
  const part = typeof object === "function" ? functionPart(object) : referencePart(object) ?? statePart(object, parts) ?? transferable(object);
  return part === undefined ? undefined : parts.push(part) - 1;
}

function functionPart(object) {
  if (calleeOf(object) === undefined) return transferable(object) ?? (() => ["export", give(object)]);
  const target = stubTarget(object);
  if (target === undefined) throw refusal(resultOf(object) === undefined ? "RpcProperty" : "RpcPromise");
  return ["fetcher", target];
}

function referencePart(object) {
  if (object instanceof RpcTarget) return () => ["export", give(object)];
  if (object instanceof ReadableStream) return readablePart(object);
  if (object instanceof WritableStream) return writablePart(object);
  return undefined;
}

function readablePart(stream) {
  if (stream.locked) throw new TypeError("The ReadableStream has been locked to a reader.");
  return () => ["stream", toHostBody(stream, CUT)[0]];
}

function writablePart(stream) {
  if (stream.locked) throw new TypeError("The WritableStream has been locked to a writer.");
  return () => ["sink", drainInto(stream)];
}

/** Objects of the platform whose state can be told. */
function statePart(object, parts) {
  if (object instanceof Headers) return state("Headers", flatHeaders(object));
  if (object instanceof Response) {
    const { status, statusText, flatHeaders: flat, body, webSocket } = extractResponse(object);
    if (webSocket) throw refusal("WebSocket");
    return state("Response", status, statusText, flat, bodyState(body, parts), object.url);
  }
  if (object instanceof Request) {
    const { method, url, flatHeaders: flat, body } = extractRequest(object);
    return state("Request", method, url, flat, bodyState(body, parts));
  }
  if (object instanceof Blob && !(object instanceof File)) return state("Blob", object.type, blobBytes(object).slice());
  if (object instanceof DOMException) return state("DOMException", object.message, object.name);
  if (object instanceof AbortSignal) throw new DOMException("AbortSignal serialization is not enabled.", "DataCloneError");
  return undefined;
}

const state = (...members) => new Uint8Array(cloneWrite(members));

/** A body within a state: null, text or bytes as they are, a stream as the number of its part. */
function bodyState(body, parts) {
  const form = toHostBody(body, CUT);
  return Array.isArray(form) ? parts.push(["stream", form[0]]) - 1 : form;
}

/** The value again. What was made of its parts and has to be let go of is added to `stubs`. */
export function unpackMessage(message, stubs) {
  if (message.length === 1) return decoded(message[0]);
  const [bytes, kinds] = message;
  if (kinds.length === 0) return cloneRead(bytes);
  return cloneRead(bytes, (index) => revive(kinds[index], kinds, stubs));
}

/** A value that the engine has read already, if it could. */
function decoded(value) {
  if (value === undecodable) throw new Error("Unable to deserialize cloned data.");
  return value;
}

function revive(part, kinds, stubs) {
  if (!Array.isArray(part)) return reviveState(cloneRead(part), kinds);
  const [kind, value] = part;
  switch (kind) {
    case "stub": {
      const [stub, held] = holdStub(value);
      stubs.push(held);
      return stub;
    }
    case "stream":
      return streamFrom(fromHostBody(value) ?? { streamId: 0 });
    case "sink":
      return hostSink(value);
    case "class":
      return kept(makeClassHandle(["held", value]), value);
    default:
      return kept(makeFetcher(["held", value]), value);
  }
}

function kept(object, number) {
  releaseWith(object, number);
  return object;
}

function reviveState([kind, ...members], kinds) {
  const bodyOf = (body) => (typeof body === "number" ? fromHostBody(kinds[body][1]) : body);
  switch (kind) {
    case "Headers": {
      const headers = new Headers();
      for (let i = 0; i < members[0].length; i += 2) headers.append(members[0][i], members[0][i + 1]);
      return headers;
    }
    case "Response":
      return makeResponse(members[0], members[1], members[2], bodyOf(members[3]), members[4]);
    case "Request":
      return makeIncomingRequest(members[0], members[1], members[2], bodyOf(members[3]));
    case "DOMException":
      return new DOMException(members[0], members[1]);
    default:
      return blobOver(members[1], members[0]);
  }
}

/** What a caller gets: the value, with a way to let go of all stubs in it. */
export function unpackResult(message) {
  if (message.length === 1) {
    const value = decoded(message[0]);
    if (isObject(value)) hide(value, Symbol.dispose, nothing);
    return value;
  }
  const stubs = [];
  const value = unpackMessage(message, stubs);
  if (isObject(value) && calleeOf(value) === undefined) {
    hide(value, Symbol.dispose, () => stubs.forEach((held) => held.dispose()));
  }
  return value;
}

