// WebSockets that hibernate: what `ctx` has for them, and the handlers of the object's class.

import { host, utf8Encode } from "../native.js";
import {
  checkKeepable, closeKept, deliverToSocket, finishKept, isAccepted, isRequestResponsePair, isSocket, keepSocket,
  keptNumber, keptSocket, WebSocketRequestResponsePair,
} from "../web/websocket.js";
import { current } from "./context.js";
import { argumentError, describe, reportUncaught, text } from "./errors.js";
import { setInternalTimeout } from "./timeouts.js";

const OWNER = "DurableObjectState";
const MAX_TAGS = 10;
const MAX_TAG_BYTES = 256;
const MAX_AUTO_BYTES = 2048;
const MAX_TIMEOUT_MS = 604_800_000;
const LOST = "WebSocket disconnected without sending Close frame.";

function takeSocket(method, args) {
  if (!isSocket(args[0])) throw argumentError(method, OWNER, 1, "WebSocket");
  return args[0];
}

function checkTags(given) {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw argumentError("acceptWebSocket", OWNER, 2, "Array");
  const tags = given.map(text);
  if (tags.length > MAX_TAGS) throw new Error(`a Hibernatable WebSocket cannot have more than ${MAX_TAGS} tags`);
  for (const tag of tags) {
    if (tag.length > MAX_TAG_BYTES / 3 && utf8Encode(tag).byteLength > MAX_TAG_BYTES) {
      throw new Error(`"${tag}" is longer than the max tag length (${MAX_TAG_BYTES} characters).`);
    }
  }
  return [...new Set(tags)];
}

function checkAuto(what, value) {
  const size = utf8Encode(value).byteLength;
  if (size > MAX_AUTO_BYTES) {
    throw new RangeError(`${what} cannot be larger than ${MAX_AUTO_BYTES} bytes. A ${what.toLowerCase()} of size ${size} was provided.`);
  }
}

/** The members of DurableObjectState that are about WebSockets. */
export const socketMembers = {
  acceptWebSocket(...args) {
    const socket = takeSocket("acceptWebSocket", args);
    const tags = checkTags(args[1]);
    checkKeepable(socket);
    keepSocket(socket, tags);
  },

  getWebSockets(tag) {
    if (tag !== undefined) return host("socket.list", text(tag)).map(keptSocket);
    // newest first, as in the reference
    return host("socket.list", null).reverse().map(keptSocket);
  },

  getTags(...args) {
    const socket = takeSocket("getTags", args);
    const number = keptNumber(socket);
    if (number === undefined && isAccepted(socket)) throw new Error("only hibernatable websockets can have tags.");
    if (number === undefined) throw new Error("you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.");
    return host("socket.tags", number) ?? [];
  },

  setWebSocketAutoResponse(pair) {
    if (pair === undefined) return host("socket.setAuto", null, null);
    if (!isRequestResponsePair(pair)) throw argumentError("setWebSocketAutoResponse", OWNER, 1, "WebSocketRequestResponsePair");
    checkAuto("Request", pair.request);
    checkAuto("Response", pair.response);
    host("socket.setAuto", pair.request, pair.response);
  },

  getWebSocketAutoResponse() {
    const pair = host("socket.auto");
    return pair === null ? null : new WebSocketRequestResponsePair(pair[0], pair[1]);
  },

  getWebSocketAutoResponseTimestamp(...args) {
    const number = keptNumber(takeSocket("getWebSocketAutoResponseTimestamp", args));
    const ms = number === undefined ? null : host("socket.answered", number) ?? null;
    return ms === null ? null : new Date(ms);
  },

  setHibernatableWebSocketEventTimeout(ms) {
    if (ms === undefined || ms === null) return host("socket.setTimeout", null);
    const number = Math.trunc(Number(ms)) || 0;
    if (number < 0) throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
    if (number > MAX_TIMEOUT_MS) throw new Error(`Event timeout should not exceed ${MAX_TIMEOUT_MS} ms.`);
    host("socket.setTimeout", number === 0 ? null : number);
  },

  getHibernatableWebSocketEventTimeout() {
    return host("socket.timeout");
  },
};

/** Something arrived at socket `number`, which was accepted here or is kept for hibernation. */
export function onSocket(number, kept, kind, first, second) {
  if (!kept) return deliverToSocket(number, kind, first, second);
  const socket = keptSocket(number);
  if (kind === "message") return onMessage(socket, first);
  closeKept(socket);
  switch (kind) {
    case "close":
      return handle("webSocketClose", socket, [first, second, true], () => finishKept(socket, first, second));
    case "lost":
      return handle("webSocketClose", socket, [1006, LOST, false], () => finishKept(socket));
    default:
      return handle("webSocketError", socket, [new Error(first)], () => finishKept(socket));
  }
}

function report(error) {
  reportUncaught("Uncaught ", error);
  host("trace.exception", ...describe(error));
}

const nothing = () => {};

/** The handler that is called most. */
function onMessage(socket, data) {
  const { object } = current;
  let result;
  try {
    if (typeof object.webSocketMessage === "function") result = object.webSocketMessage(socket, data);
  } catch (error) {
    report(error);
  }
  if (typeof result?.then === "function") whenDone("webSocketMessage", result, nothing);
}

/** Calls a handler of the class; `then` follows once it is done, whether it failed or not. */
function handle(name, socket, args, then) {
  const { object } = current;
  let result;
  try {
    if (typeof object[name] === "function") result = object[name](socket, ...args);
  } catch (error) {
    report(error);
  }
  if (typeof result?.then !== "function") return then();
  whenDone(name, result, then);
}

/** Waits for a handler that is not done yet. */
function whenDone(name, result, then) {
  const wait = host("wait.begin");
  let open = true;
  const done = () => {
    if (!open) return;
    open = false;
    cancel();
    host("wait.end", wait);
    then();
  };
  const cancel = limit(name, done);
  result.then(done, (error) => {
    report(error);
    done();
  });
}

/** Ends the wait for a handler that takes longer than the object allows. */
function limit(name, done) {
  const ms = host("socket.timeout");
  if (ms === null) return () => {};
  return setInternalTimeout(() => {
    reportUncaught("", new Error(`${name}() took longer than the ${ms} ms that setHibernatableWebSocketEventTimeout() allows.`));
    done();
  }, ms);
}
