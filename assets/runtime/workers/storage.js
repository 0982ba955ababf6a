// `ctx.storage`: everything an object keeps.
//
// All operations are synchronous underneath, so their promises resolve within the turn and no
// other event can come between a read and the write that follows it.

import { host } from "../native.js";
import { deleteAlarm, getAlarm, setAlarm } from "./alarms.js";
import { argumentError } from "./errors.js";
import { forgetAllFacets } from "./facets.js";
import { critical } from "./gate.js";
import { SyncKvStorage, deleteOne, entries, getOne, listBounds, putOne } from "./kv.js";
import { makeSql } from "./sql.js";

const PUT_FORMS = "put() may only be called with a single key-value pair and optional options as put(key, value, options) or with multiple key-value pairs and optional options as put(entries, options)";
const NO_SQL = "SQL is not enabled for this Durable Object class. To enable it, change `new_classes` to `new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If using workerd directly,set `enableSql = true` in your workerd config for the class. Note that this change cannot be made after the class is already deployed to production.";
const NO_KV = "The storage.kv (synchronous KV) API is only available for SQLite-backed Durable Objects, but this object's namespace is not declared to use SQLite. You can use the older, asyncronous interface via methods of `storage` itself (e.g. `storage.get()`). Alternatively, to enable SQLite, change `new_classes` to `new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If using workerd directly, set `enableSql = true` in your workerd config for the class. Note that this change cannot be made after the class is already deployed to production.";
const NO_RECOVERY = "This Durable Object's storage back-end does not implement point-in-time recovery.";

const byUtf8 = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** What `ctx.storage` and a transaction have in common. `open` throws once it may not be used. */
class Operations {
  #open;
  #owner;

  constructor(owner, open) {
    this.#owner = owner;
    this.#open = open;
  }

  async get(...args) {
    this.#open("get");
    const [keys] = args;
    if (args.length === 0) throw argumentError("get", this.#owner, 1, "string or Array");
    if (!Array.isArray(keys)) return getOne(String(keys));
    const found = new Map();
    for (const key of [...new Set(keys.map(String))].sort(byUtf8)) {
      const value = getOne(key);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  async put(...args) {
    this.#open("put");
    if (args.length === 0) throw argumentError("put", this.#owner, 1, "string or object");
    const [first, second] = args;
    if (typeof first === "object" && first !== null) {
      if (args.length > 1 && typeof second !== "object" && second !== undefined) throw new TypeError(PUT_FORMS);
      for (const [key, value] of Object.entries(first)) if (value !== undefined) putOne(key, value);
      return;
    }
    if (second === undefined) throw new TypeError("put() called with undefined value.");
    putOne(String(first), second);
  }

  async delete(...args) {
    this.#open("delete");
    const [keys] = args;
    if (args.length === 0) throw argumentError("delete", this.#owner, 1, "string or Array");
    if (!Array.isArray(keys)) return deleteOne(String(keys));
    return keys.filter((key) => deleteOne(String(key))).length;
  }

  async list(options) {
    this.#open("list");
    if (options !== undefined && options !== null && typeof options !== "object") {
      throw argumentError("list", this.#owner, 1, "ListOptions");
    }
    return new Map(entries(listBounds(options)));
  }

  async getAlarm(...args) {
    this.#open("getAlarm");
    return getAlarm(this.#owner, args[0]);
  }

  async setAlarm(...args) {
    this.#open("setAlarm");
    setAlarm(this.#owner, args[0], args[1]);
  }

  async deleteAlarm(...args) {
    this.#open("deleteAlarm");
    deleteAlarm(this.#owner, args[0]);
  }
}

export class DurableObjectTransaction extends Operations {
  #state;

  constructor(state) {
    super("DurableObjectTransaction", (method) => {
      if (state.ended === "rolled back") throw new Error(`Cannot ${method}() on rolled back transaction`);
      if (state.ended === "committed") {
        throw new Error(`Cannot call ${method}() on transaction that has already committed: did you move \`txn\` outside of the closure?`);
      }
    });
    this.#state = state;
  }

  rollback() {
    if (this.#state.ended === "committed") {
      throw new Error("Cannot call rollback() on transaction that has already committed: did you move `txn` outside of the closure?");
    }
    if (this.#state.ended === undefined) {
      this.#state.ended = "rolled back";
      host("savepoint.rollback");
    }
  }

  async deleteAll() {
    throw new Error("Cannot call deleteAll() within a transaction");
  }
}

export class DurableObjectStorage extends Operations {
  #sqlite;
  #sql;
  #kv;
  #facets;
  #transactions = 0;

  constructor(sqlite, facets) {
    super("DurableObjectStorage", () => {});
    this.#sqlite = sqlite;
    this.#facets = facets;
    Object.defineProperties(this, DurableObjectStorage.#own);
  }

  /** As own properties, which the reference's are too. */
  static #own = {
    kv: { get() { return this.#getKv(); }, enumerable: true, configurable: true },
    sql: { get() { return this.#getSql(); }, enumerable: true, configurable: true },
  };

  #getSql() {
    if (!this.#sqlite) throw new Error(NO_SQL);
    return (this.#sql ??= makeSql());
  }

  #getKv() {
    if (!this.#sqlite) throw new Error(NO_KV);
    return (this.#kv ??= new SyncKvStorage());
  }

  async deleteAll() {
    if (this.#transactions > 0) throw new Error("Cannot call deleteAll() within a transaction");
    host("storage.deleteAll");
    forgetAllFacets(this.#facets(), new Error("Facet was deleted."));
  }

  async sync() {
    // the answer to whoever waits for it passes the output gate, as every effect does
  }

  transactionSync(callback) {
    if (typeof callback !== "function") throw argumentError("transactionSync", "DurableObjectStorage", 1, "function");
    host("savepoint.begin");
    this.#transactions++;
    let result;
    try {
      result = callback();
    } catch (error) {
      this.#transactions--;
      host("savepoint.rollback");
      throw error;
    }
    this.#transactions--;
    host("savepoint.release");
    return result;
  }

  async transaction(callback) {
    if (typeof callback !== "function") throw argumentError("transaction", "DurableObjectStorage", 1, "function");
    return critical(async () => {
      host("transaction.begin");
      this.#transactions++;
      const state = { ended: undefined };
      try {
        const result = await callback(new DurableObjectTransaction(state));
        if (state.ended === undefined) {
          state.ended = "committed";
          host("savepoint.release");
        }
        return result;
      } catch (error) {
        if (state.ended === undefined) {
          state.ended = "rolled back";
          host("savepoint.rollback");
        }
        throw error;
      } finally {
        this.#transactions--;
      }
    });
  }

  async getCurrentBookmark() {
    return host("storage.bookmark");
  }

  async getBookmarkForTime() {
    throw new Error(NO_RECOVERY);
  }

  async onNextSessionRestoreBookmark() {
    throw new Error(NO_RECOVERY);
  }
}
for (const name of Object.getOwnPropertyNames(Operations.prototype)) {
  if (Object.hasOwn(DurableObjectTransaction.prototype, name)) continue;
  Object.defineProperty(DurableObjectTransaction.prototype, name, Object.getOwnPropertyDescriptor(Operations.prototype, name));
}
for (const [Class, name] of [[DurableObjectStorage, "DurableObjectStorage"], [DurableObjectTransaction, "DurableObjectTransaction"]]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

export const makeStorage = (sqlite, facets) => new DurableObjectStorage(sqlite, facets);
