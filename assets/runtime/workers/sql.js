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
  constructor(k) {
    if (k !== key) throw new TypeError("Illegal constructor");
  }

  exec(...args) {
    if (args.length === 0) throw argumentError("exec", "SqlStorage", 1, "String");
    const [query, ...bindings] = args;
    for (let i = 0; i < bindings.length; i++) bindings[i] = binding(bindings[i]);
    return new SqlStorageCursor(key, host("sql.exec", String(query), ...bindings));
  }

  get databaseSize() {
    return host("sql.size");
  }
}
Object.defineProperty(SqlStorage.prototype, Symbol.toStringTag, { value: "SqlStorage", configurable: true });

/** Rows of one statement. The first come with `exec`; more are fetched as they are asked for. */
export class SqlStorageCursor {
  #names;
  #rows;
  #at = 0;
  /** The host's number of the rest, or null when `#rows` holds all of it. */
  #rest;
  #read;
  #written;

  constructor(k, result) {
    if (k !== key) throw new TypeError("Illegal constructor");
    const [names, rows, rest, read, written] = result;
    this.#rest = rest;
    this.#read = read;
    this.#written = written;
    this.#names = names;
    this.#rows = rows;
  }

  /** The next row as an array, or undefined at the end. */
  #next() {
    if (this.#at < this.#rows.length) return this.#rows[this.#at++];
    if (this.#rest === null) return undefined;
    [, this.#rows, this.#rest, this.#read, this.#written] = host("sql.fetch", this.#rest);
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
    return this.#read;
  }

  get rowsWritten() {
    return this.#written;
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

export const makeSql = () => new SqlStorage(key);
