// The Cache API; the host keeps the answers (src/object/caches.rs).

import { host } from "../native.js";
import { flatGet } from "./headers.js";
import { Request } from "./request.js";
import { extractResponse, isResponseObject, makeResponse } from "./response.js";
import { assertNotGlobalScope } from "./scope.js";
import { INTERNAL, webClass } from "./util.js";

const missing = (type, name) => new Error(`Failed to execute '${name}' on '${type}': the method is not implemented.`);

function requestOf(method, args) {
  if (args.length === 0 || args[0] === undefined) throw new TypeError(`Failed to execute '${method}' on 'Cache': parameter 1 is not of type 'Request or string'.`);
  return args[0] instanceof Request ? args[0] : new Request(`${args[0]}`);
}

/** What is asked for; undefined for a method that nothing is kept for. */
function lookup(method, args) {
  const request = requestOf(method, args);
  const options = args[1];
  if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
    throw new TypeError(`Failed to execute '${method}' on 'Cache': parameter 2 is not of type 'CacheQueryOptions'.`);
  }
  return request.method === "GET" || options?.ignoreMethod ? request : undefined;
}

/** A URL as a key: without its fragment. */
const keyOf = (request) => request.url.split("#", 1)[0];

const opaque = (tag) => tag.trim().replace(/^W\//, "");

/** Whether the asker has this very answer already. */
function isUnchanged(request, flat) {
  const tags = request.headers.get("if-none-match");
  const tag = flatGet(flat, "etag");
  if (tags !== null) return tag !== null && (tags.trim() === "*" || tags.split(",").some((each) => opaque(each) === opaque(tag)));
  const since = Date.parse(request.headers.get("if-modified-since") ?? "");
  const modified = Date.parse(flatGet(flat, "last-modified") ?? "");
  return modified <= since;
}

/** The part of `length` bytes that is asked for: `[start, end]`, null for all, "bad" for none of it. */
function rangeOf(request, length) {
  const found = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range")?.trim() ?? "");
  if (found === null || (found[1] === "" && found[2] === "")) return null;
  if (found[1] === "") {
    const last = Math.min(Number(found[2]), length);
    return last === 0 ? "bad" : [length - last, length - 1];
  }
  const start = Number(found[1]);
  const end = found[2] === "" ? length - 1 : Math.min(Number(found[2]), length - 1);
  if (found[2] !== "" && Number(found[2]) < start) return null;
  return start >= length ? "bad" : [start, end];
}

/** An answer from the cache, as `request` wants it. */
function answer(request, [status, statusText, flat, body, age]) {
  const headers = [...flat, "cf-cache-status", "HIT", "age", String(age)];
  const respond = (code, text, bytes, more = []) => makeResponse(code, text, [...headers, ...more], bytes, request.url);
  if (status === 200 && isUnchanged(request, flat)) return respond(304, "Not Modified", null);
  const bytes = new Uint8Array(body);
  const range = status === 200 ? rangeOf(request, bytes.byteLength) : null;
  if (range === "bad") return respond(416, "Range Not Satisfiable", null, ["content-range", `bytes */${bytes.byteLength}`]);
  if (range !== null) {
    const [start, end] = range;
    return respond(206, "Partial Content", bytes.slice(start, end + 1), ["content-range", `bytes ${start}-${end}/${bytes.byteLength}`]);
  }
  return respond(status, statusText, status === 204 || status === 304 ? null : bytes);
}

/** Answers that are kept. */
export class Cache {
  #name;
  constructor(token, name) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#name = name;
  }
  async add() {
    throw missing("Cache", "add");
  }
  async addAll() {
    throw missing("Cache", "addAll");
  }
  async delete(...args) {
    const request = lookup("delete", args);
    assertNotGlobalScope();
    return request !== undefined && host("cache.delete", this.#name, keyOf(request));
  }
  async match(...args) {
    const request = lookup("match", args);
    assertNotGlobalScope();
    const found = request === undefined ? null : host("cache.find", this.#name, keyOf(request));
    return found === null ? undefined : answer(request, found);
  }
  async put(...args) {
    const request = requestOf("put", args);
    const response = args[1];
    if (!isResponseObject(response)) throw new TypeError("Failed to execute 'put' on 'Cache': parameter 2 is not of type 'Response'.");
    if (request.method !== "GET") throw new TypeError("Cannot cache response to non-GET request.");
    if (response.status === 206) throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
    if ((response.headers.get("vary") ?? "").split(",").some((each) => each.trim() === "*")) throw new TypeError("Cannot cache response with 'Vary: *' header.");
    if (response.status === 304) return;
    if (response.webSocket !== null) {
      throw new TypeError("Worker tried to return a WebSocket in a response to a request which did not contain the header \"Upgrade: websocket\".");
    }
    assertNotGlobalScope();
    const { status, statusText, flatHeaders: flat } = extractResponse(new Response(null, { status: response.status, statusText: response.statusText, headers: response.headers }));
    const body = await response.arrayBuffer();
    host("cache.put", this.#name, keyOf(request), status, statusText, flat, body);
  }
  async matchAll() {
    throw missing("Cache", "matchAll");
  }
  async keys() {
    throw missing("Cache", "keys");
  }
}
webClass(Cache);

/** All caches. */
export class CacheStorage {
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    const cache = new Cache(INTERNAL, null);
    Object.defineProperty(this, "default", { get: () => cache, enumerable: true, configurable: true });
  }
  async open(...args) {
    if (args.length === 0) throw new TypeError("Failed to execute 'open' on 'CacheStorage': parameter 1 is not of type 'string'.");
    return new Cache(INTERNAL, `${args[0]}`);
  }
  async delete() {
    throw missing("CacheStorage", "delete");
  }
  async match() {
    throw missing("CacheStorage", "match");
  }
  async has() {
    throw missing("CacheStorage", "has");
  }
  async keys() {
    throw missing("CacheStorage", "keys");
  }
}
webClass(CacheStorage);

export const caches = new CacheStorage(INTERNAL);
