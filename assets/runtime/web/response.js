// Response.

import { Body, bodySource, cloneBody, takeBody, takeBodyType } from "./body.js";
import { flatGet, flatHeaders, headerValue, wrapHeaders } from "./headers.js";
import { normaliseUrl, URL } from "./url.js";
import { INTERNAL, usv, webClass } from "./util.js";
import { isSocket } from "./websocket.js";

/** For statuses without a text of their own, by their first digit. */
const CLASS_TEXTS = { 2: "Successful", 3: "Redirection", 4: "Client Error", 5: "Server Error" };
const STATUS_TEXTS = {
  101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information",
  204: "No Content", 205: "Reset Content", 206: "Partial Content", 207: "Multi-Status", 208: "Already Reported",
  226: "IM Used", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other",
  304: "Not Modified", 305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
  401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
  406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
  411: "Length Required", 412: "Precondition Failed", 413: "Payload Too Large", 414: "URI Too Long",
  415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed", 418: "I'm a teapot",
  421: "Misdirected Request", 422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency", 425: "Too Early",
  426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
  431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons", 500: "Internal Server Error",
  501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
  505: "HTTP Version Not Supported", 506: "Variant Also Negotiates", 507: "Insufficient Storage", 508: "Loop Detected",
  510: "Not Extended", 511: "Network Authentication Required",
};

/** The seldom used members. Made only when one of them is given. */
class Rare {
  constructor(url, webSocket, cf, encodeBody, type, redirected = false) {
    this.url = url;
    this.redirected = redirected;
    this.webSocket = webSocket;
    this.cf = cf;
    this.encodeBody = encodeBody;
    this.type = type;
  }
}

function isNullBodyStatus(status) {
  return status === 204 || status === 304 || status === 205 || status === 101;
}

function checkStatus(status, webSocket) {
  if (webSocket !== undefined && webSocket !== null) {
    if (status !== 101) throw new RangeError("Responses with a WebSocket must have status code 101.");
  } else if (!(status >= 200 && status <= 599)) {
    throw new RangeError("Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
}

function statusTextOf(init) {
  const { statusText } = init;
  if (statusText === undefined || statusText === "") return null;
  const text = `${statusText}`;
  if (/[\x00-\x1f]/.test(text)) throw new TypeError("Invalid statusText");
  return text;
}

function rareOf(init) {
  const { webSocket, cf, encodeBody } = init;
  if (webSocket === undefined && cf === undefined && encodeBody === undefined) return null;
  if (encodeBody !== undefined && encodeBody !== "automatic" && encodeBody !== "manual") {
    throw new TypeError(`encodeBody: unexpected value: ${encodeBody}`);
  }
  if (webSocket !== undefined && webSocket !== null && !isSocket(webSocket)) {
    throw new TypeError("Incorrect type for the 'webSocket' field on 'InitializerDict': the provided value is not of type 'WebSocket'.");
  }
  return new Rare("", webSocket ?? null, cf, encodeBody ?? "automatic", "default");
}

let partsOf;
let isResponse;

/** An HTTP response. */
export class Response extends Body {
  #status = 200;
  // null stands for the usual text of the status
  #statusText = null;
  // the flat header list; shared with #headers once that exists
  #flat;
  #headers = null;
  #rare = null;
  #immutable = false;
  constructor(body = null, init = undefined, status = 200, statusText = null, flat = undefined, rare = null, immutable = false) {
    if (body === INTERNAL) {
      super(INTERNAL, init);
      this.#status = status;
      this.#statusText = statusText;
      this.#flat = flat;
      this.#rare = rare;
      this.#immutable = immutable;
      return;
    }
    let source = bodySource(body);
    const type = takeBodyType();
    if (init === undefined || init === null) {
      super(INTERNAL, source);
      this.#flat = type === null ? [] : ["content-type", type];
      return;
    }
    const code = init.status === undefined ? 200 : Number(init.status) & 0xffff;
    const fresh = rareOf(init);
    checkStatus(code, fresh?.webSocket);
    const text = statusTextOf(init);
    const list = flatHeaders(init.headers);
    if (source !== null && isNullBodyStatus(code)) {
      if (source !== "" && source.byteLength !== 0) {
        throw new TypeError("Response with null body status (101, 204, 205, or 304) cannot have a body.");
      }
      source = null;
    } else if (type !== null && flatGet(list, "content-type") === null) {
      list.push("content-type", type);
    }
    super(INTERNAL, source);
    this.#status = code;
    this.#statusText = text;
    this.#flat = list;
    this.#rare = fresh;
  }
  static json(data, init = undefined) {
    if (arguments.length === 0) throw new TypeError("Failed to execute 'json' on 'Response': parameter 1 is not of type 'Value'.");
    const text = String(JSON.stringify(data));
    if (init === undefined) return new Response(INTERNAL, text, 200, null, ["content-type", "application/json"], null);
    const list = flatHeaders(init?.headers);
    if (flatGet(list, "content-type") === null) list.push("content-type", "application/json");
    const response = new Response(text, { status: init?.status, statusText: init?.statusText, cf: init?.cf });
    response.#flat = list;
    return response;
  }
  static redirect(url, status = 302) {
    const code = Number(status);
    if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) {
      throw new RangeError(`${status} is not a redirect status code. It must be one of: 301, 302, 303, 307, or 308.`);
    }
    if (!URL.canParse(usv(url))) throw new TypeError(`Unable to parse URL: ${url}`);
    const location = normaliseUrl(usv(url));
    return new Response(INTERNAL, null, code, null, ["location", headerValue(location)], null, true);
  }
  static error() {
    return new Response(INTERNAL, null, 0, "", [], new Rare("", null, undefined, "automatic", "error"), true);
  }
  get status() {
    return this.#status;
  }
  get ok() {
    return this.#status >= 200 && this.#status <= 299;
  }
  get statusText() {
    // the usual text comes with the answer of somebody else
    return this.#statusText ?? (this.url === "" ? "" : this.#text());
  }
  get headers() {
    this.#headers ??= wrapHeaders(this.#flat, this.#immutable);
    return this.#headers;
  }
  get url() {
    return this.#rare === null ? "" : this.#rare.url;
  }
  get redirected() {
    return this.#rare !== null && this.#rare.redirected;
  }
  get type() {
    return this.#rare === null ? "default" : this.#rare.type;
  }
  get webSocket() {
    return this.#rare === null ? null : this.#rare.webSocket;
  }
  get cf() {
    return this.#rare === null ? undefined : this.#rare.cf;
  }
  clone() {
    if (this.webSocket !== null) throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    const source = cloneBody(this);
    return new Response(INTERNAL, source, this.#status, this.#statusText, this.#flat.slice(), this.#rare);
  }
  #text() {
    return this.#statusText ?? STATUS_TEXTS[this.#status] ?? CLASS_TEXTS[Math.floor(this.#status / 100)] ?? "";
  }
  static {
    isResponse = (value) => typeof value === "object" && value !== null && #status in value;
    partsOf = (response) => ({
      status: response.#status,
      statusText: response.#text(),
      flatHeaders: response.#flat,
      body: takeBody(response),
      webSocket: response.#rare === null ? null : response.#rare.webSocket,
      encodeBody: response.#rare === null ? "automatic" : response.#rare.encodeBody,
    });
  }
}
webClass(Response);

/** Whether a value is a Response. */
export function isResponseObject(value) {
  return isResponse(value);
}

/**
 * What goes to the host for a handler's answer: `{status, statusText, flatHeaders, body,
 * webSocket, encodeBody}`. The body (null, string, bytes, `{streamId, length?}` or a ReadableStream) is used up;
 * a TypeError when it was used before. The list is the response's own.
 */
export function extractResponse(response) {
  return partsOf(response);
}

/**
 * A response that came from the host. `flat` is [name, value, …] with lowercase names and becomes
 * the response's own; its headers cannot be changed. `body`: null, string, bytes or
 * `{streamId, length?}`. `redirected`: whether `url` is another one than was asked for.
 */
export function makeResponse(status, statusText, flat, body, url = "", webSocket = null, redirected = false) {
  const rare = url === "" && webSocket === null ? null : new Rare(url, webSocket, undefined, "automatic", "default", redirected);
  return new Response(INTERNAL, body, status, statusText === "" ? null : statusText, flat, rare, true);
}
