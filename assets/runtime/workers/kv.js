// `ctx.storage.kv`: the synchronous key-value API, over the same data as the asynchronous one.

import { cloneRead, cloneWrite, host } from "../native.js";
import { argumentError, text } from "./errors.js";
import { refusePlatform } from "./platform.js";
import { iterator } from "./sql.js";

/** One page of `list`, entries. */
const PAGE = 128;

/** Bounds of a listing as the host takes them, checked. */
export function listBounds(options = {}) {
  const { start, startAfter, end, prefix, reverse, limit } = options ?? {};
  if (start !== undefined && startAfter !== undefined) {
    throw new TypeError("list() cannot be called with both start and startAfter values.");
  }
  if (limit !== undefined && !(Number(limit) > 0 && Number(limit) < Infinity)) throw new TypeError("List limit must be positive.");
  const bound = (value) => (value === undefined ? null : text(value));
  return {
    start: bound(start),
    startAfter: bound(startAfter),
    end: bound(end),
    prefix: bound(prefix),
    reverse: Boolean(reverse),
    limit: limit === undefined ? Infinity : Math.floor(Number(limit)),
  };
}

/** The entries within `bounds`, fetched page by page. */
export function* entries(bounds, valid = () => {}) {
  let { start, startAfter, end, prefix, reverse, limit } = bounds;
  while (limit > 0) {
    const page = host("kv.list", start, startAfter, end, prefix, reverse, Math.min(limit, PAGE));
    for (const [name, bytes] of page) {
      valid();
      yield [name, cloneRead(bytes)];
    }
    if (page.length < PAGE) return;
    limit -= page.length;
    const last = page[page.length - 1][0];
    if (reverse) end = last;
    else [start, startAfter] = [null, last];
  }
}

export function getOne(name) {
  const bytes = host("kv.get", name);
  return bytes === null ? undefined : cloneRead(bytes);
}

export function putOne(name, value) {
  host("kv.put", name, cloneWrite(value, refusePlatform));
}

export const deleteOne = (name) => host("kv.delete", name);

export class SyncKvStorage {
  #listing = 0;
  #check;

  /** `check` throws when the object may not use this. */
  constructor(check) {
    if (typeof check !== "function") throw new TypeError("Illegal constructor");
    this.#check = check;
  }

  get(...args) {
    this.#check();
    if (args.length === 0) throw argumentError("get", "SyncKvStorage", 1, "string");
    return getOne(String(args[0]));
  }

  put(...args) {
    this.#check();
    if (args.length === 0) throw argumentError("put", "SyncKvStorage", 1, "string");
    if (args.length === 1) throw argumentError("put", "SyncKvStorage", 2, "Value");
    putOne(String(args[0]), args[1]);
  }

  delete(...args) {
    this.#check();
    if (args.length === 0) throw argumentError("delete", "SyncKvStorage", 1, "string");
    return deleteOne(String(args[0]));
  }

  list(options) {
    this.#check();
    const mine = ++this.#listing;
    const valid = () => {
      if (mine !== this.#listing) {
        throw new Error("kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() iterator can exist at a time.");
      }
    };
    const inner = entries(listBounds(options), valid);
    const list = iterator(() => {
      valid();
      const { done, value } = inner.next();
      return { done, value };
    });
    return Object.defineProperty(list, Symbol.toStringTag, { value: "ListIterator", configurable: true });
  }
}
Object.defineProperty(SyncKvStorage.prototype, Symbol.toStringTag, { value: "SyncKvStorage", configurable: true });
