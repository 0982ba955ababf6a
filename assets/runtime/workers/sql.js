// `ctx.storage.sql`: statements against the object's own database.

import { host, zip } from "../native.js";
import { argumentError } from "./errors.js";

const key = Symbol();

/** A JavaScript value as SQLite gets it; numbers are REAL on the other side. */
function binding(value) {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "undefined":
      return null;
    case "boolean":
      return String(value);
    case "bigint":
      throw new TypeError("Cannot convert a BigInt value to a number");
    case "symbol":
      throw new TypeError("Cannot convert a Symbol value to a string");
    default:
      if (value === null || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
      return String(value);
  }
}

export class SqlStorage {
  #check;

  constructor(k, check) {
    if (k !== key) throw new TypeError("Illegal constructor");
    this.#check = check;
  }

  exec(...args) {
    this.#check();
    if (args.length === 0) throw argumentError("exec", "SqlStorage", 1, "String");
    if (typeof args[0] !== "string") args[0] = String(args[0]);
    for (let i = 1; i < args.length; i++) {
      if (typeof args[i] !== "string" && typeof args[i] !== "number") args[i] = binding(args[i]);
    }
    switch (args.length) {
      // the usual cases, without spreading
      case 1:
        return new SqlStorageCursor(key, host("sql.exec", args[0]));
      case 2:
        return new SqlStorageCursor(key, host("sql.exec", args[0], args[1]));
      default:
        return new SqlStorageCursor(key, host("sql.exec", ...args));
    }
  }

  get databaseSize() {
    this.#check();
    return host("sql.size");
  }
}
Object.defineProperty(SqlStorage.prototype, Symbol.toStringTag, { value: "SqlStorage", configurable: true });

/** Rows of one statement. The first come with `exec`; more are fetched as they are asked for. */
export class SqlStorageCursor {
  /**
   * The host's answer: names, rows, the number of the rest or null, rows read, rows written.
   * One field instead of five, because most cursors live for one call.
   */
  #result;
  #at = 0;

  constructor(k, result) {
    if (k !== key) throw new TypeError("Illegal constructor");
    this.#result = result;
  }

  get #names() {
    return this.#result[0];
  }

  /** The next row as an array, or undefined at the end. */
  #next() {
    const result = this.#result;
    if (this.#at < result[1].length) return result[1][this.#at++];
    if (result[2] === null) return undefined;
    const more = host("sql.fetch", result[2]);
    more[0] = result[0];
    this.#result = more;
    this.#at = 0;
    return this.#next();
  }

  next() {
    const row = this.#next();
    return row === undefined ? { done: true, value: undefined } : { done: false, value: zip(this.#names, row) };
  }

  toArray() {
    const all = [];
    for (let row; (row = this.#next()) !== undefined; ) all.push(zip(this.#names, row));
    return all;
  }

  one() {
    const result = this.#result;
    // all of it is here, and it is one row
    if (this.#at === 0 && result[2] === null && result[1].length === 1) {
      this.#at = 1;
      return zip(result[0], result[1][0]);
    }
    const row = this.#next();
    if (row === undefined) throw new Error("Expected exactly one result from SQL query, but got no results.");
    if (this.#next() !== undefined) throw new Error("Expected exactly one result from SQL query, but got multiple results.");
    return zip(this.#names, row);
  }

  raw() {
    const next = () => {
      const row = this.#next();
      return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
    };
    return iterator(next);
  }

  [Symbol.iterator]() {
    return iterator(() => {
      const row = this.#next();
      return row === undefined ? { done: true, value: undefined } : { done: false, value: zip(this.#names, row) };
    });
  }

  get columnNames() {
    return [...this.#names];
  }

  get rowsRead() {
    return this.#result[3];
  }

  get rowsWritten() {
    return this.#result[4];
  }
}
Object.defineProperty(SqlStorageCursor.prototype, Symbol.toStringTag, { value: "Cursor", configurable: true });
Object.defineProperty(SqlStorageCursor, "name", { value: "Cursor" });

/** An iterator with the helpers that all iterators have. */
export function iterator(next) {
  const made = Object.create(Iterator.prototype);
  made.next = next;
  return made;
}

export class SqlStorageStatement {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}

Object.defineProperties(SqlStorage.prototype, {
  Cursor: { value: SqlStorageCursor, configurable: true },
  Statement: { value: SqlStorageStatement, configurable: true },
});

/** `check` throws when the object may have no SQL. */
export const makeSql = (check) => new SqlStorage(key, check);
