// Headers over one flat list [name, value, name, value, …] with lowercase names.

import { INTERNAL, pairIterable, webClass } from "./util.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// Names seen before, as given, to their lowercase form. Filled before the snapshot with the
// usual ones; bounded, because names come from outside.
const MAX_KNOWN_NAMES = 512;
const knownNames = new Map();

/** The lowercase form of a header name; a TypeError when it is none. */
function headerName(name) {
  if (typeof name !== "string") name = `${name}`;
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) throw new TypeError("Invalid header name.");
  const lower = name.toLowerCase();
  if (knownNames.size < MAX_KNOWN_NAMES && name.length < 64) knownNames.set(name, lower);
  return lower;
}

for (const name of [
  "Accept", "Accept-Encoding", "Accept-Language", "Access-Control-Allow-Credentials",
  "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin",
  "Access-Control-Max-Age", "Authorization", "Cache-Control", "CF-Connecting-IP", "CF-IPCountry", "CF-Ray",
  "Connection", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Type", "Cookie",
  "Date", "ETag", "Expires", "Host", "If-Modified-Since", "If-None-Match", "Last-Modified", "Link",
  "Location", "Origin", "Range", "Referer", "Retry-After", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol",
  "Server", "Set-Cookie", "Transfer-Encoding", "Upgrade", "User-Agent", "Vary", "X-Forwarded-For",
  "X-Forwarded-Proto", "X-Real-IP", "X-Request-Id", "X-Requested-With",
]) {
  headerName(name);
  headerName(name.toLowerCase());
}

function isSpace(code) {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** A header value without the white space around it; a TypeError when it cannot be one. */
export function headerValue(value) {
  if (typeof value !== "string") value = `${value}`;
  let end = value.length;
  if (end === 0) return value;
  let start = 0;
  while (start < end && isSpace(value.charCodeAt(start))) start++;
  while (end > start && isSpace(value.charCodeAt(end - 1))) end--;
  if (end - start !== value.length) value = value.slice(start, end);
  if (value.includes("\n") || value.includes("\r") || value.includes("\0")) {
    throw new TypeError("Invalid header value.");
  }
  return value;
}

let listOf;
let immutabilityOf;

function needs(given, wanted, method) {
  if (given < wanted) throw new TypeError(`Failed to execute '${method}' on 'Headers': parameter ${given + 1} is not of type 'string'.`);
}

/**
 * A fresh flat list from a HeadersInit: another Headers, a sequence of pairs, or a record.
 * Undefined and null give an empty list.
 */
export function flatHeaders(init) {
  if (init === undefined || init === null) return [];
  if (typeof init !== "object" && typeof init !== "function") {
    throw new TypeError("Failed to construct 'Headers': constructor parameter 1 is not of type 'Headers or Sequence or object'.");
  }
  const own = listOf(init);
  if (own !== undefined) return own.slice();
  const flat = [];
  if (init[Symbol.iterator] !== undefined && init[Symbol.iterator] !== null) {
    for (const pair of init) {
      const both = pair !== null && typeof pair === "object" ? [...pair] : [];
      if (both.length !== 2) throw new TypeError("To initialize a Headers object from a sequence, each inner sequence must have exactly two elements.");
      flat.push(headerName(both[0]), headerValue(both[1]));
    }
    return flat;
  }
  const names = Object.keys(init);
  for (let i = 0; i < names.length; i++) {
    flat.push(headerName(names[i]), headerValue(init[names[i]]));
  }
  return flat;
}

/** The value of `name` (lowercase) in a flat list, repeated values joined, or null. */
export function flatGet(flat, name) {
  let found = null;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === name) found = found === null ? flat[i + 1] : `${found}, ${flat[i + 1]}`;
  }
  return found;
}

/** HTTP headers: an ordered multimap of lowercase names. */
export class Headers {
  #list;
  #immutable = false;
  // pairs as iteration shows them; null after each change
  #sorted = null;
  constructor(init = undefined, internalList = undefined, immutable = false) {
    if (init === INTERNAL) {
      this.#list = internalList;
      this.#immutable = immutable;
    } else {
      this.#list = flatHeaders(init);
    }
  }
  get(name) {
    needs(arguments.length, 1, "get");
    return flatGet(this.#list, headerName(name));
  }
  has(name) {
    needs(arguments.length, 1, "has");
    return this.#list.length > 0 && this.#find(headerName(name)) >= 0;
  }
  append(name, value) {
    needs(arguments.length, 2, "append");
    const lower = headerName(name);
    const clean = headerValue(value);
    this.#change();
    this.#list.push(lower, clean);
  }
  set(name, value) {
    needs(arguments.length, 2, "set");
    const lower = headerName(name);
    const clean = headerValue(value);
    this.#change();
    const first = this.#find(lower);
    if (first < 0) {
      this.#list.push(lower, clean);
      return;
    }
    this.#list[first + 1] = clean;
    this.#remove(lower, first + 2);
  }
  delete(name) {
    needs(arguments.length, 1, "delete");
    const lower = headerName(name);
    this.#change();
    this.#remove(lower, 0);
  }
  getSetCookie() {
    const values = [];
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === "set-cookie") values.push(list[i + 1]);
    return values;
  }
  getAll(name) {
    if (headerName(name) !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return this.getSetCookie();
  }
  #change() {
    if (this.#immutable) throw new TypeError("Can't modify immutable headers.");
    this.#sorted = null;
  }
  #find(lower) {
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === lower) return i;
    return -1;
  }
  #remove(lower, from) {
    const list = this.#list;
    let kept = from;
    for (let i = from; i < list.length; i += 2) {
      if (list[i] === lower) continue;
      list[kept] = list[i];
      list[kept + 1] = list[i + 1];
      kept += 2;
    }
    list.length = kept;
  }
  #pairs() {
    if (this.#sorted !== null) return this.#sorted;
    const combined = new Map();
    const cookies = [];
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i];
      if (name === "set-cookie") {
        cookies.push([name, list[i + 1]]);
      } else {
        const before = combined.get(name);
        combined.set(name, before === undefined ? list[i + 1] : `${before}, ${list[i + 1]}`);
      }
    }
    // a stable sort keeps the cookies in their order
    this.#sorted = [...combined, ...cookies].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    return this.#sorted;
  }
  static {
    listOf = (value) => (#list in value ? value.#list : undefined);
    immutabilityOf = (headers) => headers.#immutable;
    pairIterable(Headers, (headers, index) => headers.#pairs()[index]);
  }
}
webClass(Headers);

/** Whether the headers refuse to be changed. */
export const isImmutable = (headers) => immutabilityOf(headers);

/** Headers over `flat` itself (names lowercase), not a copy of it. */
export function wrapHeaders(flat, immutable) {
  return new Headers(INTERNAL, flat, immutable);
}
