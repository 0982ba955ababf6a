// How node:crypto reads bytes and writes them.

import { viewBytes } from "../../web/util.js";
import { Buffer } from "../buffer.js";
import { ERR_INVALID_ARG_TYPE } from "../errors.js";

export const VIEWS = ["Buffer", "TypedArray", "DataView"];
export const BUFFERS = ["ArrayBuffer", "Buffer", "TypedArray", "DataView"];

/** The bytes of a text (in `encoding`), a view or a buffer; `expected` is what an error lists. */
export function toBytes(value, name, expected, encoding) {
  if (typeof value === "string") return Buffer.from(value, encoding === "buffer" ? "utf8" : encoding);
  return viewBytes(value) ?? wrongType(name, expected, value);
}

export function wrongType(name, expected, value) {
  throw new ERR_INVALID_ARG_TYPE(name, expected, value);
}

/** An ArrayBuffer of the host as a Buffer, or as text in `encoding`. */
export function output(buffer, encoding) {
  const bytes = Buffer.from(buffer);
  return encoding === undefined || encoding === null || encoding === "buffer" ? bytes : bytes.toString(encoding);
}
