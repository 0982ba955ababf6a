// Events from the host. Each call of `dispatch` begins a turn; the turn ends when no job is
// left, and only then does anything it did leave the object.

import { awaitTurnEnd, host } from "../native.js";
import { endTurn, fail, finish, forward, hasBegun, sectionOf } from "../ops.js";
import { tell } from "../web/console.js";
import { makeIncomingRequest } from "../web/request.js";
import { extractResponse } from "../web/response.js";
import { fireTimer, sectionOfTimer } from "../web/timers.js";
import { onAlarm } from "./alarms.js";
import { giveSocket, sectionOfSocket } from "../web/websocket.js";
import { fromHostBody, toHostBody } from "./body.js";
import { current } from "./context.js";
import { isHandler, noEntrypoint } from "./entrypoints.js";
import { revive } from "./errors.js";
import { replyError } from "./failures.js";
import { admit, enter, isOpen } from "./gate.js";
import { unpack } from "./grants.js";
import { reportRejections } from "./rejections.js";
import { takeBack } from "./rpc/given.js";
import { onCall } from "./rpc/serve.js";
import { resultOf } from "./rpc/wild.js";
import { onSocket } from "./sockets.js";
import { onTail } from "./tails.js";
import { ExecutionContext } from "./state.js";
import { load } from "./start.js";
import { fireInternal } from "./timeouts.js";

/** Requests of this turn whose handlers have not answered yet. */
let candidates = [];

/** Delivers one event; C calls it with the event's values. */
export function dispatch(kind, id, b, c, d, e, f) {
  // the end of a turn is told only to who asks
  endTurn();
  switch (kind) {
    case "call":
      return isOpen() ? onCall(id, b, c, d, candidates) : enter(() => onCall(id, b, c, d, candidates));
    case "done":
      return isOpen() ? finish(id, b) : enter(() => finish(id, b), sectionOf(id));
    case "fetch":
      return isOpen() ? onFetch(id, b, c, d, e, f) : enter(() => onFetch(id, b, c, d, e, f));
    case "socket":
      return isOpen() ? onSocket(id, b, c, d, e) : enter(() => onSocket(id, b, c, d, e), sectionOfSocket(id));
    case "tail":
      return isOpen() ? onTail(id, b, c) : enter(() => onTail(id, b, c));
    case "release":
      return takeBack(id);
    case "fail":
      return isOpen() ? onFail(id, b, c, d, e, f) : enter(() => onFail(id, b, c, d, e, f), sectionOf(id));
    case "timer":
      return id < 0 ? fireInternal(id) : enter(() => fireTimer(id), sectionOfTimer(id));
    case "alarm":
      return enter(onAlarm);
    case "load":
      return load(id);
    default:
      throw new Error(`unknown event ${kind}`);
  }
}

/** C calls this when all jobs of a turn have run, if something asked for it. */
export function turnEnded() {
  reportRejections();
  if (candidates.length > 0) {
    const mine = candidates;
    candidates = [];
    if (hasBegun()) for (const candidate of mine) forward(candidate.id, candidate);
  }
  endTurn();
  admit();
}

function onFail(id, name, message, marks, payload, ended) {
  const lasting = ended
    ? () => revive(name, message, marks.filter((mark) => mark !== "remote"), payload)
    : undefined;
  fail(id, revive(name, message, marks, payload), lasting);
}

function onFetch(id, entry, method, url, headers, body) {
  let answer;
  try {
    answer = invoke(entry, makeIncomingRequest(method, url, headers, fromHostBody(body)));
  } catch (error) {
    return replyError(id, error);
  }
  answer = resultOf(answer) ?? answer;
  if (typeof answer?.then === "function") {
    answer.then((response) => reply(id, response, true), (error) => replyError(id, error));
    if (answer instanceof Promise) {
      candidates.push({ id, answer, kind: "fetch" });
      answer = undefined;
      awaitTurnEnd();
    }
  } else {
    reply(id, answer, false);
  }
}

/** Calls the handler: the object's, or the entrypoint's that `entry` (name, props) names. */
function invoke(entry, request) {
  if (current.object !== undefined) {
    if (typeof current.object.fetch !== "function") throw noFetch();
    return current.object.fetch(request);
  }
  const [name, packed] = entry;
  const handler = current.module[name ?? "default"];
  if (!isHandler(handler)) throw noEntrypoint(name);
  const ctx = new ExecutionContext(packed ? unpack(packed[0], packed[1], "props") : {});
  if (typeof handler === "function") {
    const made = new handler(ctx, current.env);
    if (typeof made.fetch !== "function") throw noFetch();
    return made.fetch(request);
  }
  if (typeof handler.fetch !== "function") throw noFetch();
  return handler.fetch(request, current.env, ctx);
}

/** What the reference tells of a worker that cannot answer requests. */
function noFetch() {
  tell("warn", ["Received a FetchEvent but we lack a handler for FetchEvents. Did you remember to export a fetch() function?"]);
  return new Error("Handler does not export a fetch() function.");
}

function reply(id, response, promised) {
  try {
    if (!(response instanceof Response)) {
      throw new TypeError(promised
        ? "Incorrect type for Promise: the Promise did not resolve to 'Response'."
        : "Callback returned incorrect type; expected 'Promise'");
    }
    const { status, statusText, flatHeaders, body, webSocket, encodeBody } = extractResponse(response);
    const socket = webSocket ? giveSocket(webSocket) : null;
    host("reply", id, status, statusText, flatHeaders, toHostBody(body), socket, encodeBody === "manual");
  } catch (error) {
    replyError(id, error);
  }
}
