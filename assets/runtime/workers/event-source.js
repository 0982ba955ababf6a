// EventSource: events of a text stream, from a URL or from a stream at hand.

import { ErrorEvent, Event, EventTarget, eventHandler, MessageEvent } from "../web/events.js";
import { ReadableStream } from "../web/readable.js";
import { TextDecoderStream } from "../web/text-streams.js";
import { URL } from "../web/url.js";
import { constants, INTERNAL, noop, usv, webClass } from "../web/util.js";
import { fetch } from "./fetcher.js";
import { setInternalTimeout } from "./timeouts.js";

const CONNECTING = 0, OPEN = 1, CLOSED = 2;
/** Until a lost connection is made again, milliseconds, unless the stream says otherwise. */
const RETRY_MS = 2000;
/** The longest event, characters: what a stream may make us hold. */
const MAX_EVENT = 16 << 20;

/** Reads the lines of one stream. */
class Parser {
  #source;
  #rest = "";
  #data = [];
  #size = 0;
  #type = "";
  #skipFeed = false;
  lastEventId;
  constructor(source, lastEventId) {
    this.#source = source;
    this.lastEventId = lastEventId;
  }
  push(text) {
    if (this.#skipFeed && text.startsWith("\n")) text = text.slice(1);
    this.#skipFeed = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop();
    if (this.#rest.length + this.#size > MAX_EVENT) throw new RangeError(`An event of the stream is longer than ${MAX_EVENT} characters.`);
    for (const line of lines) this.#line(line);
  }
  #line(line) {
    if (line === "") {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      this.#data.push(value);
      this.#size += value.length;
    } else if (field === "event") {
      this.#type = value;
    } else if (field === "id" && !value.includes("\0")) {
      this.lastEventId = value;
    } else if (field === "retry" && /^\d+$/.test(value)) {
      this.#source.retry(Number(value));
    }
  }
  #dispatch() {
    const data = this.#data.join("\n");
    const type = this.#type === "" ? "message" : this.#type;
    this.#data = [];
    this.#type = "";
    this.#size = 0;
    if (data !== "") this.#source.event(type, data, this.lastEventId);
  }
}

/** Events of a text stream. */
export class EventSource extends EventTarget {
  #url = "";
  #state = CONNECTING;
  #retryMs = RETRY_MS;
  #lastEventId = "";
  #fetcher;
  #reader = null;
  #stopTimer = noop;
  constructor(...args) {
    super();
    if (args[0] === INTERNAL) {
      this.#state = OPEN;
      this.#read(args[1]).then(() => this.#end(), (error) => this.#end(error));
      return;
    }
    if (args.length === 0) throw new TypeError("Failed to construct 'EventSource': constructor parameter 1 is not of type 'string'.");
    const [input, init] = args;
    if (!URL.canParse(usv(input))) throw new DOMException(`Cannot open an EventSource to '${input}'. The URL is invalid.`, "SyntaxError");
    if (init?.withCredentials) throw new DOMException("The init.withCredentials option is not supported. It must be false or undefined.", "NotSupportedError");
    this.#url = usv(input);
    this.#fetcher = init?.fetcher;
    this.#connect();
  }
  static from(stream) {
    if (!(stream instanceof ReadableStream)) throw new TypeError("Failed to execute 'from' on 'EventSource': parameter 1 is not of type 'JsReadableStream'.");
    if (stream.locked) throw new TypeError("This ReadableStream is locked.");
    return new EventSource(INTERNAL, stream);
  }
  get url() {
    return this.#url;
  }
  get withCredentials() {
    return false;
  }
  get readyState() {
    return this.#state;
  }
  close() {
    this.#state = CLOSED;
    this.#stopTimer();
    this.#reader?.cancel().catch(noop);
  }
  async #connect() {
    const headers = { accept: "text/event-stream", "cache-control": "no-cache" };
    if (this.#lastEventId !== "") headers["last-event-id"] = this.#lastEventId;
    let response;
    try {
      response = this.#fetcher === undefined ? await fetch(this.#url, { headers }) : await this.#fetcher.fetch(this.#url, { headers });
    } catch (error) {
      this.#end(error, true);
      return;
    }
    if (this.#state === CLOSED) return;
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200 || !/^text\/event-stream\s*(;|$)/i.test(type)) {
      this.#end(new Error(response.status === 200 ? `The response has the content type '${type}' instead of text/event-stream.` : `The response has the status ${response.status}.`));
      return;
    }
    this.#state = OPEN;
    this.dispatchEvent(new Event("open"));
    try {
      if (response.body !== null) await this.#read(response.body);
      this.#end(undefined, true);
    } catch (error) {
      this.#end(error, true);
    }
  }
  async #read(stream) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new Parser({
      retry: (ms) => {
        this.#retryMs = ms;
      },
      event: (type, data, lastEventId) => {
        this.#lastEventId = lastEventId;
        if (this.#state !== CLOSED) this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin: this.#url === "" ? null : new URL(this.#url).origin }));
      },
    }, this.#lastEventId);
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || this.#state === CLOSED) return;
      parser.push(value);
    }
  }
  #end(error = undefined, again = false) {
    if (this.#state === CLOSED) return;
    this.#state = again ? CONNECTING : CLOSED;
    this.dispatchEvent(new ErrorEvent("error", { error, message: error === undefined ? "" : `${error?.message ?? error}` }));
    if (again && this.#state !== CLOSED) this.#stopTimer = setInternalTimeout(() => this.#connect(), this.#retryMs);
  }
}
for (const type of ["open", "message", "error"]) eventHandler(EventSource, type);
webClass(EventSource);
constants(EventSource, { CONNECTING, OPEN, CLOSED });
