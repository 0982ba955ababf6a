// Request.

import { AbortSignal, abortSignal, newSignal } from "./abort.js";
import { Body, bodySource, cloneBody, moveBody, takeBody, takeBodyType } from "./body.js";
import { flatGet, flatHeaders, wrapHeaders } from "./headers.js";
import { normaliseUrl } from "./url.js";
import { INTERNAL, usv, webClass } from "./util.js";

const METHOD_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CACHE_MODES = ["no-store", "no-cache", "reload"];

function normaliseMethod(given) {
  const method = `${given}`;
  switch (method) {
    case "GET": case "POST": case "PUT": case "DELETE": case "HEAD": case "OPTIONS": case "PATCH":
      return method;
  }
  const upper = method.toUpperCase();
  switch (upper) {
    case "GET": case "POST": case "PUT": case "DELETE": case "HEAD": case "OPTIONS": case "PATCH":
      return upper;
  }
  if (!METHOD_TOKEN.test(method)) throw new TypeError(`Invalid HTTP method string: ${method}`);
  return method;
}

/** The seldom used members: redirect, signal, cf, cache. Made only when one of them is given. */
class Rare {
  constructor(redirect, signal, cf, cache) {
    this.redirect = redirect;
    this.signal = signal;
    this.cf = cf;
    this.cache = cache;
  }
}

function rareOf(init, from) {
  const { redirect, signal, cf, cache } = init;
  if (redirect === undefined && signal === undefined && cf === undefined && cache === undefined) return from;
  if (redirect !== undefined && redirect !== "follow" && redirect !== "manual") {
    throw new TypeError('Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be implemented since it does not make sense at the edge; use "manual" and check the response status code).');
  }
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) {
    throw new TypeError("Request: init.signal is not of type 'AbortSignal'.");
  }
  if (cache !== undefined && !CACHE_MODES.includes(cache)) throw new TypeError(`Unsupported cache mode: ${cache}`);
  return new Rare(
    redirect ?? from?.redirect ?? "follow",
    signal === undefined ? from?.signal ?? null : signal,
    cf === undefined ? from?.cf : cf,
    cache ?? from?.cache,
  );
}

/** Whoever answers a request decides about redirects; shared, so never changed. */
const INCOMING = new Rare("manual", null, undefined, undefined);

let partsOf;
let isRequest;
let signalOf;

/** An HTTP request. */
export class Request extends Body {
  #method;
  #url;
  // the flat header list; shared with #headers once that exists, which changes it in place
  #flat;
  #headers = null;
  #rare;
  #immutable = false;
  constructor(input, init = undefined, method = undefined, url = undefined, flat = undefined, rare = undefined, immutable = false) {
    if (input === INTERNAL) {
      super(INTERNAL, init);
      this.#method = method;
      this.#url = url;
      this.#flat = flat;
      this.#rare = rare;
      this.#immutable = immutable;
      return;
    }
    if (arguments.length === 0) throw new TypeError("Failed to construct 'Request': constructor parameter 1 is not of type 'Request or string'.");
    const from = isRequest(input) ? input : null;
    const href = from === null ? normaliseUrl(usv(input)) : from.#url;
    const options = init ?? {};
    const verb = options.method === undefined ? from?.#method ?? "GET" : normaliseMethod(options.method);
    const fresh = rareOf(options, from === null ? null : from.#rare);
    const list = options.headers === undefined && from !== null ? from.#flat.slice() : flatHeaders(options.headers);
    const given = options.body;
    const hasBody = given !== undefined && given !== null;
    if (from !== null && given === undefined && from.bodyUsed) throw new TypeError("Cannot reconstruct a Request with a used body.");
    if (hasBody && (verb === "GET" || verb === "HEAD")) {
      throw new TypeError("Request with a GET or HEAD method cannot have a body.");
    }
    super(INTERNAL, hasBody ? bodySource(given) : from !== null && given === undefined ? moveBody(from) : null);
    if (hasBody) {
      const type = takeBodyType();
      if (type !== null && flatGet(list, "content-type") === null) list.push("content-type", type);
    }
    this.#method = verb;
    this.#url = href;
    this.#flat = list;
    this.#rare = fresh;
  }
  get method() {
    return this.#method;
  }
  get url() {
    return this.#url;
  }
  get headers() {
    this.#headers ??= wrapHeaders(this.#flat, this.#immutable);
    return this.#headers;
  }
  get redirect() {
    return this.#rare?.redirect ?? "follow";
  }
  get signal() {
    return this.#signal();
  }
  get cf() {
    return this.#rare?.cf;
  }
  get cache() {
    return this.#rare?.cache;
  }
  get fetcher() {
    return null;
  }
  get integrity() {
    return "";
  }
  get keepalive() {
    return false;
  }
  clone() {
    const source = cloneBody(this);
    return new Request(INTERNAL, source, this.#method, this.#url, this.#flat.slice(), this.#rare);
  }
  #signal() {
    if (this.#rare === null || this.#rare === INCOMING) this.#rare = new Rare(this.redirect, null, undefined, undefined);
    this.#rare.signal ??= newSignal();
    return this.#rare.signal;
  }
  static {
    isRequest = (value) => typeof value === "object" && value !== null && #method in value;
    signalOf = (request) => request.#signal();
    partsOf = (request) => {
      const rare = request.#rare;
      return {
        method: request.#method,
        url: request.#url,
        flatHeaders: request.#flat,
        body: takeBody(request),
        redirect: rare === null ? "follow" : rare.redirect,
        cf: rare === null ? undefined : rare.cf,
        signal: rare === null ? null : rare.signal,
      };
    };
  }
}
webClass(Request);

/**
 * The request that a handler gets. `flat` is [name, value, …] with lowercase names and becomes
 * the request's own; its headers cannot be changed. `body`: null, string, bytes or
 * `{streamId, length?}`.
 */
export function makeIncomingRequest(method, url, flat, body, cf) {
  return new Request(INTERNAL, body, method, url, flat, cf === undefined ? INCOMING : new Rare("manual", null, cf, undefined), true);
}

/**
 * What goes to the host for `fetch(input, init)`: `{method, url, flatHeaders, body, redirect,
 * cf, signal}`; the signal is null when nobody gave or asked for one. The body is used up.
 */
export function extractRequest(input, init) {
  const passed = init === undefined && isRequest(input) && !input.bodyUsed;
  return partsOf(passed ? input : new Request(input, init));
}

/** Aborts the signal of a request, as when its client has gone. */
export function abortRequest(request, reason) {
  abortSignal(signalOf(request), reason);
}

