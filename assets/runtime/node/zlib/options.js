// What the options of zlib's functions and streams mean here.

import { BROTLI_OPERATION_FLUSH, BROTLI_PARAM_QUALITY, Z_SYNC_FLUSH } from "./constants.js";

const outOfRange = (name, least, most, value) =>
  new RangeError(`The value of "options.${name}" is out of range. It must be >= ${least} and <= ${most}. Received ${value}`);

function number(options, name, least, most, usual) {
  const value = options?.[name];
  if (value === undefined || Number.isNaN(value)) return usual;
  if (typeof value !== "number" || value < least || value > most) throw outOfRange(name, least, most, value);
  return value;
}

/** Memory, window and strategy are the codec's own affair: any choice of them makes the same format. */
export function settingsOf(options, format, back) {
  if (options?.dictionary !== undefined) throw new Error("zlib: options.dictionary is not supported; compress without one.");
  const most = number(options, "maxOutputLength", 1, Number.MAX_SAFE_INTEGER, Infinity);
  const finish = options?.finishFlush;
  const brotli = format === "brotli";
  const mayBeCut = back && finish === (brotli ? BROTLI_OPERATION_FLUSH : Z_SYNC_FLUSH);
  if (brotli) return { level: back ? null : options?.params?.[BROTLI_PARAM_QUALITY] ?? 11, most, mayBeCut };
  number(options, "windowBits", back ? 0 : 8, 15, 15);
  number(options, "memLevel", 1, 9, 8);
  const strategy = options?.strategy ?? 0;
  if (!(strategy >= 0 && strategy <= 4)) throw new Error("invalid strategy");
  const level = Number.isNaN(options?.level) ? 0 : number(options, "level", -1, 9, -1);
  return { level: level === -1 ? null : level, most, mayBeCut };
}
