// How much streams hold back by default.

import { ERR_INVALID_ARG_VALUE } from "../errors.js";
import { validateInteger } from "../validate.js";

/** Bytes, and objects in object mode. */
const defaults = { bytes: 64 * 1024, objects: 16 };

export const getDefaultHighWaterMark = (objectMode) => (objectMode ? defaults.objects : defaults.bytes);

export function setDefaultHighWaterMark(objectMode, value) {
  validateInteger(value, "value", 0);
  defaults[objectMode ? "objects" : "bytes"] = value;
}

/** The mark that `options` ask for; `side` is "readable" or "writable", for the halves of a Duplex. */
export function highWaterMarkOf(options, side, isDuplex, objectMode) {
  const own = isDuplex ? `${side}HighWaterMark` : undefined;
  const given = options?.highWaterMark ?? (own === undefined ? undefined : options?.[own]);
  if (given === undefined || given === null) return getDefaultHighWaterMark(objectMode);
  if (!Number.isInteger(given) || given < 0) throw new ERR_INVALID_ARG_VALUE(own === undefined ? "options.highWaterMark" : `options.${own}`, given);
  return Math.floor(given);
}
