// WebSocket and WebSocketPair. The host joins the two ends of a socket and carries what is sent;
// here an end is a number that the host gave it. A pair that nobody uses has no numbers.

import { cloneRead, cloneWrite, host, utf8Encode } from "../native.js";
import { currentSection } from "../sections.js";
import { text } from "../workers/errors.js";
import { refusePlatform } from "../workers/platform.js";
import { Blob } from "./blob.js";
import { DOMException } from "./dom-exception.js";
import { CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent } from "./events.js";
import { reportException } from "./report-error.js";
import { assertNotGlobalScope } from "./scope.js";
import { URL } from "./url.js";
import { constants, INTERNAL, viewBytes, webClass } from "./util.js";

/** What has become of an end: `FRESH` ones can still be given away. */
const FRESH = 0, ACCEPTED = 1, KEPT = 2, GIVEN = 3, CONNECTING = 4;

const LOST = "WebSocket disconnected without sending Close frame.";
const MAX_REASON_BYTES = 123;
const MAX_ATTACHMENT_BYTES = 16384;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const argument = (method, position, type) =>
  new TypeError(`Failed to execute '${method}' on 'WebSocket': parameter ${position} is not of type '${type}'.`);

let defaultBinaryType = "blob";
let connector;

/** What the flags of the worker say about sockets, and how it connects to the outside. */
export function configureSockets(flags) {
  defaultBinaryType = flags.includes("websocket_standard_binary_type") ? "blob" : "arraybuffer";
}
export function setConnector(connect) {
  connector = connect;
}

/** Ends that the host may have messages for, by number. */
const known = new Map();

let internals;

/** One end of a socket. */
export class WebSocket extends EventTarget {
  #number = 0;
  // the two ends of a pair made here
  #pair = null;
  #state = FRESH;
  #closedIn = false;
  #closedOut = false;
  #halfOpen = false;
  #url = null;
  #protocol = "";
  #binaryType = defaultBinaryType;
  #attachment = null;
  #section = 0;
  constructor(...args) {
    super();
    if (args[0] === INTERNAL) {
      this.#number = args[1];
      this.#state = args[2];
      return;
    }
    this.#state = CONNECTING;
    this.#connect(args);
  }
  accept(options = undefined) {
    switch (this.#state) {
      case ACCEPTED: return;
      case KEPT: throw new TypeError("Can't accept() WebSocket after enabling hibernation.");
      case GIVEN: throw new TypeError("Can't accept() WebSocket that was already used in a response.");
      case CONNECTING: throw new TypeError("Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
    }
    this.#halfOpen = options?.allowHalfOpen === true;
    this.#listen();
  }
  send(...args) {
    if (args.length === 0) throw argument("send", 1, "ArrayBuffer or ArrayBufferView or string");
    const data = args[0];
    const bytes = typeof data === "object" ? viewBytes(data) : null;
    const payload = bytes ?? text(data);
    if (this.#closedOut) throw new TypeError("Can't call WebSocket send() after close().");
    this.#assertAccepted();
    if (this.#number !== 0) host("socket.send", this.#number, payload);
  }
  close(code = undefined, reason = undefined) {
    const number = code === undefined ? undefined : toInt(code);
    const words = reason === undefined ? undefined : text(reason);
    checkClose(number, words);
    if (this.#state === CONNECTING) {
      Promise.resolve().then(() => this.#fail("WebSocket was closed before the connection was established."));
      return;
    }
    this.#assertAccepted();
    if (this.#closedOut) return;
    this.#closedOut = true;
    if (this.#number === 0) return;
    host("socket.close", this.#number, number ?? 1005, words ?? "");
    this.#releaseIfOver();
  }
  serializeAttachment(...args) {
    if (args.length === 0) throw argument("serializeAttachment", 1, "Value");
    const bytes = cloneWrite(args[0], refusePlatform);
    const { byteLength } = bytes;
    if (byteLength > MAX_ATTACHMENT_BYTES) {
      throw new Error(`A WebSocket 'attachment' cannot be larger than ${MAX_ATTACHMENT_BYTES} bytes.'attachment' was ${byteLength} bytes.`);
    }
    this.#attachment = bytes;
    if (this.#state === KEPT && this.#number !== 0) host("socket.attach", this.#number, bytes);
  }
  deserializeAttachment() {
    if (this.#attachment === null && this.#state === KEPT && this.#number !== 0) {
      this.#attachment = host("socket.attachment", this.#number) ?? null;
    }
    return this.#attachment === null ? null : cloneRead(this.#attachment);
  }
  get readyState() {
    if (this.#closedIn && this.#closedOut) return 3;
    if (this.#closedIn || this.#closedOut) return 2;
    return this.#state === CONNECTING ? 0 : 1;
  }
  get bufferedAmount() {
    return 0;
  }
  get url() {
    return this.#url;
  }
  get protocol() {
    return this.#protocol;
  }
  get extensions() {
    return "";
  }
  get binaryType() {
    return this.#binaryType;
  }
  set binaryType(type) {
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }
  #assertAccepted() {
    if (this.#state !== ACCEPTED && this.#state !== KEPT) {
      throw new TypeError("You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.");
    }
  }
  /** The host's number of this end, which a pair gets when it is first needed. */
  #own() {
    if (this.#number === 0 && this.#pair !== null) {
      const numbers = host("socket.pair");
      this.#pair.forEach((end, index) => { end.#number = numbers[index]; });
    }
    return this.#number;
  }
  #listen() {
    const number = this.#own();
    this.#state = ACCEPTED;
    this.#section = currentSection();
    known.set(number, this);
    host("socket.accept", number);
  }
  #releaseIfOver() {
    if (!this.#closedIn || !this.#closedOut || this.#number === 0 || this.#state === KEPT) return;
    this.#release();
  }
  #release() {
    known.delete(this.#number);
    host("socket.release", this.#number);
    this.#number = 0;
  }
  /** Something arrived at an end that was accepted here. */
  #deliver(kind, first, second) {
    switch (kind) {
      case "message":
        return this.#fire(new MessageEvent("message", { data: this.#data(first) }));
      case "close":
        this.#closedIn = true;
        if (!this.#halfOpen && !this.#closedOut) {
          this.#closedOut = true;
          host("socket.close", this.#number, first, second);
        }
        this.#releaseIfOver();
        return this.#fire(new CloseEvent("close", { code: first, reason: second, wasClean: true }));
      case "lost":
        this.#end();
        return this.#fire(new CloseEvent("close", { code: 1006, reason: LOST, wasClean: false }));
      default: {
        this.#end();
        const error = new Error(first);
        return this.#fire(new ErrorEvent("error", { error, message: `Uncaught ${error}` }));
      }
    }
  }
  #data(value) {
    return typeof value === "string" || this.#binaryType === "arraybuffer" ? value : new Blob([value]);
  }
  /** Nothing more comes, and nothing that is sent arrives. */
  #end() {
    this.#closedIn = true;
    if (this.#number !== 0) this.#release();
  }
  #fire(event) {
    const handler = this[`on${event.type}`];
    if (typeof handler === "function") {
      try {
        handler.call(this, event);
      } catch (error) {
        reportException(error);
      }
    }
    this.dispatchEvent(event);
  }
  #connect(args) {
    if (args.length === 0) throw new TypeError("Failed to construct 'WebSocket': constructor parameter 1 is not of type 'string'.");
    const url = checkUrl(text(args[0]));
    const protocols = checkProtocols(args[1]);
    assertNotGlobalScope();
    this.#url = url.href;
    connector(url, protocols).then(
      ({ number, protocol }) => {
        if (this.#state !== CONNECTING || this.#closedIn) return host("socket.release", number);
        this.#number = number;
        this.#protocol = protocol;
        this.#listen();
        this.#fire(new Event("open"));
      },
      (error) => this.#fail(error),
    );
  }
  #fail(problem) {
    if (this.#closedIn) return;
    this.#closedIn = this.#closedOut = true;
    const error = typeof problem === "string" ? new Error(problem) : problem;
    this.#fire(new ErrorEvent("error", { error, message: `Uncaught ${error}` }));
    this.#fire(new CloseEvent("close", { code: 1006, reason: "Failed to establish websocket connection", wasClean: false }));
  }
  static {
    internals = {
      is: (value) => typeof value === "object" && value !== null && #state in value,
      join(one, other) {
        one.#pair = other.#pair = [one, other];
      },
      stateOf: (end) => end.#state,
      // an end that came with a response has its pair elsewhere
      isUsed: (end) => end.#pair === null || end.#pair.some((each) => each !== end && each.#state !== FRESH),
      numberOf: (end) => end.#own(),
      attachmentOf: (end) => end.#attachment,
      give(end) {
        const number = end.#own();
        end.#state = GIVEN;
        end.#number = 0;
        return number;
      },
      keep(end, number) {
        end.#state = KEPT;
        known.set(number, end);
      },
      restore(end, closed, ended) {
        end.#closedOut = closed;
        end.#closedIn = ended;
      },
      deliver: (end, kind, first, second) => end.#deliver(kind, first, second),
      sectionOf: (end) => end.#section,
      closeIn(end) {
        end.#closedIn = true;
      },
      finish(end, code, reason) {
        if (end.#number === 0) return;
        if (!end.#closedOut && code !== undefined) host("socket.close", end.#number, code, reason);
        end.#closedOut = true;
        end.#release();
      },
    };
  }
}
webClass(WebSocket);
constants(WebSocket, {
  READY_STATE_CONNECTING: 0, CONNECTING: 0, READY_STATE_OPEN: 1, OPEN: 1,
  READY_STATE_CLOSING: 2, CLOSING: 2, READY_STATE_CLOSED: 3, CLOSED: 3,
});

/** Web IDL's long, as the reference has it. */
function toInt(value) {
  const number = Math.trunc(Number(value));
  if (!Number.isFinite(number)) return 0;
  if (number !== (number | 0)) throw new TypeError("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  return number;
}

function checkClose(code, reason) {
  if (code !== undefined && !(code >= 1000 && code <= 4999 && code !== 1004 && code !== 1005 && code !== 1006 && code !== 1015)) {
    throw new DOMException(`Invalid WebSocket close code: ${code}.`, "InvalidAccessError");
  }
  if (reason === undefined) return;
  if (code === undefined) {
    throw new DOMException("If you specify a WebSocket close reason, you must also specify a code.", "InvalidAccessError");
  }
  if (reason.length * 3 > MAX_REASON_BYTES && utf8Encode(reason).byteLength > MAX_REASON_BYTES) {
    throw new DOMException(`WebSocket close reason must not be longer than ${MAX_REASON_BYTES} bytes when UTF-8 encoded.`, "SyntaxError");
  }
}

function checkUrl(given) {
  const syntax = (message) => new DOMException(`WebSocket Constructor: ${message}`, "SyntaxError");
  if (!URL.canParse(given)) throw syntax("The url is invalid.");
  const url = new URL(given);
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw syntax("The url scheme must be ws or wss.");
  if (url.href.includes("#")) throw syntax("The url fragment must be empty.");
  return url;
}

function checkProtocols(given) {
  if (given === undefined) return [];
  const all = Array.isArray(given) ? given.map(text) : [text(given)];
  const syntax = (message) => new DOMException(`WebSocket Constructor: ${message}`, "SyntaxError");
  if (all.some((protocol) => !TOKEN.test(protocol))) {
    throw syntax(Array.isArray(given) ? "One of the protocol header tokens is invalid." : "The protocol header token is invalid.");
  }
  if (new Set(all).size < all.length) throw syntax("The protocols header cannot have repeating values.");
  return all;
}

const iteratorPrototype = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), {
  [Symbol.toStringTag]: { value: "PairIterator", configurable: true },
  next: { value() { return this.step(); }, writable: true, configurable: true },
});

/** Two ends, joined: `0` and `1`. */
export class WebSocketPair {
  constructor() {
    assertNotGlobalScope();
    this[0] = new WebSocket(INTERNAL, 0, FRESH);
    this[1] = new WebSocket(INTERNAL, 0, FRESH);
    internals.join(this[0], this[1]);
  }
  [Symbol.iterator]() {
    const inner = [this[0], this[1]][Symbol.iterator]();
    return Object.create(iteratorPrototype, { step: { value: () => inner.next() } });
  }
}
webClass(WebSocketPair);

/** A message, and the answer that the host gives to it while the object sleeps. */
export class WebSocketRequestResponsePair {
  #request;
  #response;
  constructor(...args) {
    for (const position of [1, 2]) {
      if (args.length < position) {
        throw new TypeError(`Failed to construct 'WebSocketRequestResponsePair': constructor parameter ${position} is not of type 'string'.`);
      }
    }
    this.#request = text(args[0]);
    this.#response = text(args[1]);
  }
  get request() {
    return this.#request;
  }
  get response() {
    return this.#response;
  }
  static is(value) {
    return typeof value === "object" && value !== null && #request in value;
  }
}
export const isRequestResponsePair = WebSocketRequestResponsePair.is;
delete WebSocketRequestResponsePair.is;
webClass(WebSocketRequestResponsePair);

/** An end that came with a response. */
export const makeSocket = (number) => new WebSocket(INTERNAL, number, FRESH);

/** The number of an end that leaves with a response. */
export function giveSocket(end) {
  switch (internals.stateOf(end)) {
    case ACCEPTED: throw new TypeError("Can't return WebSocket in a Response after calling accept().");
    case KEPT: throw new TypeError("Can't return WebSocket in a Response after calling acceptWebSocket().");
    case GIVEN: throw new TypeError("Can't return WebSocket that was already used in a response.");
    case CONNECTING: throw new TypeError("Can't return WebSocket in a Response if it was created with `new WebSocket()`.");
  }
  return internals.give(end);
}

export const isSocket = internals.is;

/** Throws unless `end` can be kept for hibernation. */
export function checkKeepable(end) {
  const state = internals.stateOf(end);
  if (state === ACCEPTED || state === KEPT || state === CONNECTING) throw new Error("Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`");
  if (state !== FRESH || internals.isUsed(end)) {
    throw new Error("Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been accepted or used in a Response.");
  }
}

/** Keeps `end` for hibernation. */
export function keepSocket(end, tags) {
  const number = internals.numberOf(end);
  host("socket.keep", number, tags, internals.attachmentOf(end));
  internals.keep(end, number);
}

/** The host's number of a kept end; undefined for others. */
export const keptNumber = (end) => (internals.stateOf(end) === KEPT ? internals.numberOf(end) : undefined);

/** Whether `end` was accepted, but not for hibernation. */
export const isAccepted = (end) => internals.stateOf(end) === ACCEPTED;

/** The end that the host keeps as `number`: the same object for as long as the instance lives. */
export function keptSocket(number) {
  const end = known.get(number);
  if (end !== undefined) return end;
  const made = new WebSocket(INTERNAL, number, KEPT);
  known.set(number, made);
  const state = host("socket.state", number);
  if (state !== undefined) internals.restore(made, state[0], state[1]);
  return made;
}

/** The critical section in which the end was accepted. */
export const sectionOfSocket = (number) => {
  const end = known.get(number);
  return end === undefined ? 0 : internals.sectionOf(end);
};

/** Something arrived at an end that was accepted here. */
export function deliverToSocket(number, kind, first, second) {
  const end = known.get(number);
  if (end !== undefined) internals.deliver(end, kind, first, second);
}

/** The other end of a kept one has said goodbye, or is gone. */
export const closeKept = internals.closeIn;

/** The handler of a kept end's goodbye is done: answers it with `code`, if any, and forgets the end. */
export const finishKept = internals.finish;
