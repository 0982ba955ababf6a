// Stubs: objects that carry requests to somewhere else.

import { host, membersOf } from "../native.js";
import { abandon, brokenBy, sendRequest } from "../ops.js";
import { onAbort } from "../web/abort.js";
import { extractRequest } from "../web/request.js";
import { makeResponse } from "../web/response.js";
import { assertNotGlobalScope } from "../web/scope.js";
import { endWith } from "./aborting.js";
import { makeSocket, setConnector } from "../web/websocket.js";
import { fromHostBody, toHostBody } from "./body.js";
import { isHttp, localResponse } from "./data-url.js";
import { argumentError } from "./errors.js";
import "./rpc/invoke.js";
import { Target } from "./stamp.js";

/** Anything with a `fetch` that leads out of this sandbox. */
export class Fetcher {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  fetch(input, init) {
    return send(Target.of(this), input, init);
  }
}
Object.defineProperty(Fetcher.prototype, Symbol.toStringTag, { value: "Fetcher", configurable: true });

// What a stub does not have is a member of what it leads to. What gives members is behind
// everything that a stub has, so that using that costs nothing.
Object.setPrototypeOf(Fetcher.prototype, membersOf(Object.prototype));

/** A stub for `target`. */
export function makeFetcher(target) {
  const stub = Object.create(Fetcher.prototype);
  new Target(stub, target);
  return stub;
}

/**
 * A stub that is also a function, as the members of `ctx.exports` are: called with `{props}` it
 * makes a stub with those props.
 */
export function makeCallableFetcher(target, specialise) {
  const stub = (...args) => {
    if (args.length === 0) throw argumentError("(called as function)", "LoopbackServiceStub", 1, "Options");
    return specialise(args[0]);
  };
  Object.setPrototypeOf(stub, Fetcher.prototype);
  new Target(stub, target);
  return stub;
}

/** The request that the arguments of a `fetch` make. */
export function takeRequest(input, init) {
  if (input === undefined) {
    throw argumentError("fetch", "Fetcher", 1, "Request or string");
  }
  const request = extractRequest(input, init);
  request.signal?.throwIfAborted();
  return request;
}

/** Sends one request to `target`; resolves with its Response. */
export function send(target, input, init, origin) {
  try {
    if (target === undefined) throw new TypeError("Illegal invocation");
    const broken = origin === undefined ? undefined : brokenBy(origin);
    if (broken !== undefined) throw broken();
    assertNotGlobalScope();
    return exchange(target, takeRequest(input, init), origin);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Sends what `extractRequest` made. The promise it gives is the operation's own, so that an
 * answer that is only passed on never enters this sandbox.
 */
export function exchange(target, request, origin) {
  if (!isHttp(request.url)) return Promise.resolve(localResponse(request));
  const hash = request.url.indexOf("#");
  const url = hash < 0 ? request.url : request.url.slice(0, hash);
  const convert = (answer) => {
    // one by one: an array's iterator takes longer than all the rest
    const status = answer[0], text = answer[1], headers = answer[2], form = answer[3], end = answer[4], socket = answer[5];
    const body = request.method === "HEAD" ? refuseBody(form) : fromHostBody(form);
    if (request.signal && body?.streamId !== undefined) endWith(request.signal, body.streamId);
    return makeResponse(status, text, headers, body, end ?? url, socket === null ? null : makeSocket(socket), end !== null);
  };
  const follows = request.redirect === "follow";
  const answer = sendRequest(convert, target, request.method, url, request.flatHeaders, toHostBody(request.body), origin, follows);
  return answer !== undefined && request.signal ? untilAborted(answer, request.signal) : answer;
}

/** What answers HEAD has no body, whatever its maker gave it. */
function refuseBody(form) {
  if (Array.isArray(form)) host("stream.cancel", form[0]);
  return null;
}

/** `answer`, or the reason of the signal when that comes first. */
function untilAborted(answer, signal) {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => {
      abandon(answer);
      reject(signal.reason);
    });
    answer.then(resolve, reject).finally(forget);
  });
}

const BLOCKED = "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities (such as bindings in 'env') to talk to the outside world.";

/** Where the global `fetch` goes: null blocks it, otherwise a target. */
let outbound = null;

export function setOutbound(target) {
  outbound = target;
}

/** Where this worker's connections go; throws when they go nowhere. */
export function whereOut() {
  if (outbound === null) throw new Error(BLOCKED);
  return outbound;
}

/** The global `fetch`. */
export async function fetch(input, init) {
  if (arguments.length === 0) throw argumentError("fetch", "ServiceWorkerGlobalScope", 1, "Request or string");
  if (input === undefined) input = "undefined";
  assertNotGlobalScope();
  if (outbound === null) {
    takeRequest(input, init);
    throw new Error(BLOCKED);
  }
  return send(outbound, input, init);
}

/** Opens a WebSocket to the outside: its end's number, and the protocol that was agreed on. */
setConnector((url, protocols) => {
  const target = whereOut();
  const headers = ["upgrade", "websocket"];
  if (protocols.length > 0) headers.push("sec-websocket-protocol", protocols.join(", "));
  return openSocket(target, url.href.replace(/^ws/, "http"), headers);
});

async function openSocket(target, url, headers) {
  const answer = await sendRequest((value) => value, target, "GET", url, headers, null, undefined, false);
  if (answer[5] === null) throw new Error(`The server did not accept the WebSocket: it answered with status ${answer[0]}.`);
  const at = answer[2].indexOf("sec-websocket-protocol");
  return { number: answer[5], protocol: at < 0 ? "" : answer[2][at + 1] };
}
