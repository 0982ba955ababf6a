// URL and URLSearchParams. The host parses; parts are read from its answer.

import { host, utf8Decode, utf8Encode } from "../native.js";
import { pairIterable, usv, webClass } from "./util.js";

// places in the host's answer
const HREF = 0, PROTOCOL = 1, USERNAME = 2, PASSWORD = 3, HOST = 4, HOSTNAME = 5, PORT = 6;
const PATHNAME = 7, SEARCH = 8, HASH = 9, ORIGIN = 10;

// The last absolute URL parsed: routers and handlers tend to parse the same one again. The
// parts are never changed in place, so they can be shared.
let lastInput = null;
let lastParts = null;

/** The parts of a URL as the host gives them, or null when it is invalid. */
export function parseUrl(input, base) {
  if (base === undefined && input === lastInput) return lastParts;
  const parts = host("url.parse", input, base);
  if (base === undefined) {
    lastInput = input;
    lastParts = parts;
  }
  return parts;
}

/** The normalised form of an absolute URL; a TypeError `Invalid URL: …` when it is none. */
export function normaliseUrl(input) {
  const parts = parseUrl(input, undefined);
  if (parts === null) throw new TypeError(`Invalid URL: ${input}`);
  return parts[HREF];
}

let linkParams;
let queryChanged;

/** A parsed, changeable URL. */
export class URL {
  #parts;
  #params = null;
  constructor(url, base = undefined) {
    if (arguments.length === 0) throw new TypeError("Failed to construct 'URL': constructor parameter 1 is not of type 'USVString'.");
    this.#parts = parseUrl(usv(url), base === undefined ? undefined : usv(base));
    if (this.#parts === null) throw new TypeError("Invalid URL string.");
  }
  static canParse(url, base = undefined) {
    return parseUrl(usv(url), base === undefined ? undefined : usv(base)) !== null;
  }
  static parse(url, base = undefined) {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }
  get href() {
    return this.#parts[HREF];
  }
  set href(value) {
    const parts = parseUrl(usv(value), undefined);
    if (parts === null) throw new TypeError("Failed to set the 'href' property on 'URL': the provided value is not of type 'valid URL string'.");
    this.#parts = parts;
    if (this.#params !== null) linkParams(this.#params, this, parts[SEARCH]);
  }
  get origin() {
    return this.#parts[ORIGIN];
  }
  get protocol() {
    return this.#parts[PROTOCOL];
  }
  set protocol(value) {
    this.#set("protocol", value);
  }
  get username() {
    return this.#parts[USERNAME];
  }
  set username(value) {
    this.#set("username", value);
  }
  get password() {
    return this.#parts[PASSWORD];
  }
  set password(value) {
    this.#set("password", value);
  }
  get host() {
    return this.#parts[HOST];
  }
  set host(value) {
    this.#set("host", value);
  }
  get hostname() {
    return this.#parts[HOSTNAME];
  }
  set hostname(value) {
    this.#set("hostname", value);
  }
  get port() {
    return this.#parts[PORT];
  }
  set port(value) {
    this.#set("port", value);
  }
  get pathname() {
    return this.#parts[PATHNAME];
  }
  set pathname(value) {
    this.#set("pathname", value);
  }
  get search() {
    return this.#parts[SEARCH];
  }
  set search(value) {
    this.#set("search", value);
    if (this.#params !== null) linkParams(this.#params, this, this.#parts[SEARCH]);
  }
  get searchParams() {
    if (this.#params === null) {
      this.#params = new URLSearchParams();
      linkParams(this.#params, this, this.#parts[SEARCH]);
    }
    return this.#params;
  }
  get hash() {
    return this.#parts[HASH];
  }
  set hash(value) {
    this.#set("hash", value);
  }
  toString() {
    return this.#parts[HREF];
  }
  toJSON() {
    return this.#parts[HREF];
  }
  #set(part, value) {
    const parts = host("url.set", this.#parts[HREF], part, usv(value));
    if (parts !== null) this.#parts = parts;
  }
  static {
    queryChanged = (url, query) => url.#set("search", query);
  }
}
webClass(URL);

const HEX = /^[0-9A-Fa-f]{2}$/;

function decodeSlowly(text) {
  const bytes = utf8Encode(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i];
    if (byte === 0x25 && i + 2 < bytes.length) {
      const pair = String.fromCharCode(bytes[i + 1], bytes[i + 2]);
      if (HEX.test(pair)) {
        byte = parseInt(pair, 16);
        i += 2;
      }
    }
    bytes[length++] = byte;
  }
  return utf8Decode(bytes.subarray(0, length), false, true);
}

function decodePart(text) {
  if (text.includes("+")) text = text.replaceAll("+", " ");
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeSlowly(text);
  }
}

/** Parses application/x-www-form-urlencoded text into a flat list [name, value, …]. */
export function parseUrlEncoded(text) {
  const list = [];
  if (text === "") return list;
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0) list.push(decodePart(part), "");
    else list.push(decodePart(part.slice(0, equals)), decodePart(part.slice(equals + 1)));
  }
  return list;
}

const PLAIN = /^[0-9A-Za-z*\-._]*$/;
const LEFT_BY_ENCODE_URI = /[!'()~]|%20/g;
const REPLACEMENTS = { "!": "%21", "'": "%27", "(": "%28", ")": "%29", "~": "%7E", "%20": "+" };

function encodePart(text) {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text).replace(LEFT_BY_ENCODE_URI, (found) => REPLACEMENTS[found]);
}

function serialise(list) {
  let text = "";
  for (let i = 0; i < list.length; i += 2) {
    text += `${i === 0 ? "" : "&"}${encodePart(list[i])}=${encodePart(list[i + 1])}`;
  }
  return text;
}

function listFrom(init) {
  if (typeof init !== "object" && typeof init !== "function") {
    const text = usv(init);
    return parseUrlEncoded(text.charCodeAt(0) === 0x3f ? text.slice(1) : text);
  }
  const list = [];
  if (init === null) return parseUrlEncoded("null");
  const iterate = init[Symbol.iterator];
  if (iterate !== undefined && iterate !== null) {
    for (const pair of init) {
      if (pair === null || typeof pair !== "object" || typeof pair[Symbol.iterator] !== "function") {
        throw new TypeError("Invalid URL search params sequence.");
      }
      const both = [...pair];
      if (both.length !== 2) throw new TypeError("Invalid URL search params sequence.");
      list.push(usv(both[0]), usv(both[1]));
    }
    return list;
  }
  const places = new Map();
  for (const key of Reflect.ownKeys(init)) {
    if (!Object.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
    if (typeof key === "symbol") throw new TypeError("URLSearchParams: a name cannot be a symbol.");
    const name = usv(key);
    const value = usv(init[key]);
    // names that differ only in lone surrogates become one
    if (places.has(name)) {
      list[places.get(name) + 1] = value;
    } else {
      places.set(name, list.length);
      list.push(name, value);
    }
  }
  return list;
}

/** The name and value pairs of a query, in order. */
export class URLSearchParams {
  #list;
  #url = null;
  constructor(init = "") {
    if (init === "") this.#list = [];
    else this.#list = typeof init === "object" && init !== null && #list in init ? init.#list.slice() : listFrom(init);
  }
  get size() {
    return this.#list.length / 2;
  }
  append(name, value) {
    this.#need(arguments.length, 2, "append");
    this.#list.push(usv(name), usv(value));
    this.#changed();
  }
  delete(name, value = undefined) {
    this.#need(arguments.length, 1, "delete");
    const wanted = usv(name);
    const exact = value === undefined ? undefined : usv(value);
    this.#keep((n, v) => n !== wanted || (exact !== undefined && v !== exact));
    this.#changed();
  }
  get(name) {
    this.#need(arguments.length, 1, "get");
    const at = this.#find(usv(name), undefined);
    return at < 0 ? null : this.#list[at + 1];
  }
  getAll(name) {
    this.#need(arguments.length, 1, "getAll");
    const wanted = usv(name);
    const values = [];
    for (let i = 0; i < this.#list.length; i += 2) if (this.#list[i] === wanted) values.push(this.#list[i + 1]);
    return values;
  }
  has(name, value = undefined) {
    this.#need(arguments.length, 1, "has");
    return this.#find(usv(name), value === undefined ? undefined : usv(value)) >= 0;
  }
  set(name, value) {
    this.#need(arguments.length, 2, "set");
    const wanted = usv(name);
    const text = usv(value);
    const at = this.#find(wanted, undefined);
    if (at < 0) {
      this.#list.push(wanted, text);
    } else {
      let first = true;
      this.#keep((n) => n !== wanted || (first && !(first = false)));
      this.#list[at + 1] = text;
    }
    this.#changed();
  }
  sort() {
    const pairs = [];
    for (let i = 0; i < this.#list.length; i += 2) pairs.push([this.#list[i], this.#list[i + 1]]);
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#list = pairs.flat();
    this.#changed();
  }
  toString() {
    return serialise(this.#list);
  }
  #need(given, wanted, method) {
    if (given < wanted) throw new TypeError(`Failed to execute '${method}' on 'URLSearchParams': parameter ${given + 1} is not of type 'USVString'.`);
  }
  #find(name, value) {
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name && (value === undefined || list[i + 1] === value)) return i;
    }
    return -1;
  }
  #keep(test) {
    const list = this.#list;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (!test(list[i], list[i + 1])) continue;
      list[kept] = list[i];
      list[kept + 1] = list[i + 1];
      kept += 2;
    }
    list.length = kept;
  }
  #changed() {
    if (this.#url !== null) queryChanged(this.#url, serialise(this.#list));
  }
  static {
    linkParams = (params, url, search) => {
      params.#url = url;
      params.#list = parseUrlEncoded(search.slice(1));
    };
    pairIterable(URLSearchParams, (params, index) => {
      const at = index * 2;
      return at < params.#list.length ? [params.#list[at], params.#list[at + 1]] : undefined;
    });
  }
}
webClass(URLSearchParams);
