// The module "node:zlib": gzip, deflate and Brotli over what is given whole, and as streams.

import { Buffer } from "./buffer/class.js";
import { validateFunction } from "./validate.js";
import * as numbers from "./zlib/constants.js";
import { settingsOf } from "./zlib/options.js";
import { Press } from "./zlib/press.js";
import {
  BrotliCompress, BrotliDecompress, Deflate, DeflateRaw, Gunzip, Gzip, Inflate, InflateRaw, Unzip,
} from "./zlib/streams.js";

const encoder = new TextEncoder();

/** Bytes of what may be compressed. */
function bytesOf(value, method) {
  if (typeof value === "string") return encoder.encode(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new TypeError(`Failed to execute '${method}' on 'ZlibUtil': parameter 1 is not of type 'string or ArrayBuffer or ArrayBufferView'.`);
}

function whole(value, options, format, back, method) {
  const bytes = bytesOf(value, method);
  const { level, most, mayBeCut } = settingsOf(options, format, back);
  const press = new Press(format, back, level);
  const parts = [];
  let size = 0;
  const take = (output) => {
    size += output.byteLength;
    if (size > most) throw new RangeError("Memory limit exceeded");
    parts.push(output);
  };
  try {
    press.run(bytes, 0, take);
    press.finish(take, mayBeCut);
  } finally {
    press.close();
  }
  return Buffer.concat(parts, size);
}

const sync = (name, format, back) => ({
  [name](data, options = undefined) { return whole(data, options, format, back, "zlibSync"); },
}[name]);

/** With a callback; what is wrong with the arguments is thrown, what is wrong with the data is told. */
const later = (name, format, back) => ({
  [name](data, options, callback) {
    const done = typeof options === "function" ? options : callback;
    const settings = typeof options === "function" ? undefined : options;
    validateFunction(done, "callback");
    const bytes = bytesOf(data, "zlib").slice();
    settingsOf(settings, format, back);
    queueMicrotask(() => {
      let result;
      try {
        result = whole(bytes, settings, format, back, "zlib");
      } catch (error) {
        done(error);
        return;
      }
      done(null, result);
    });
  },
}[name]);

export const deflate = later("deflate", "deflate", false);
export const deflateSync = sync("deflateSync", "deflate", false);
export const deflateRaw = later("deflateRaw", "deflate-raw", false);
export const deflateRawSync = sync("deflateRawSync", "deflate-raw", false);
export const gzip = later("gzip", "gzip", false);
export const gzipSync = sync("gzipSync", "gzip", false);
export const inflate = later("inflate", "deflate", true);
export const inflateSync = sync("inflateSync", "deflate", true);
export const inflateRaw = later("inflateRaw", "deflate-raw", true);
export const inflateRawSync = sync("inflateRawSync", "deflate-raw", true);
export const gunzip = later("gunzip", "gzip", true);
export const gunzipSync = sync("gunzipSync", "gzip", true);
export const unzip = later("unzip", "unzip", true);
export const unzipSync = sync("unzipSync", "unzip", true);
export const brotliCompress = later("brotliCompress", "brotli", false);
export const brotliCompressSync = sync("brotliCompressSync", "brotli", false);
export const brotliDecompress = later("brotliDecompress", "brotli", true);
export const brotliDecompressSync = sync("brotliDecompressSync", "brotli", true);

export function createGzip(options) { return new Gzip(options); }
export function createGunzip(options) { return new Gunzip(options); }
export function createDeflate(options) { return new Deflate(options); }
export function createDeflateRaw(options) { return new DeflateRaw(options); }
export function createInflate(options) { return new Inflate(options); }
export function createInflateRaw(options) { return new InflateRaw(options); }
export function createUnzip(options) { return new Unzip(options); }
export function createBrotliCompress(options) { return new BrotliCompress(options); }
export function createBrotliDecompress(options) { return new BrotliDecompress(options); }

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** The checksum of gzip; `value` is that of what came before. */
export function crc32(data, value = 0) {
  let sum = ~value;
  for (const byte of bytesOf(data, "crc32")) sum = table[(sum ^ byte) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}

export { BrotliCompress, BrotliDecompress, Deflate, DeflateRaw, Gunzip, Gzip, Inflate, InflateRaw, Unzip };
export * from "./zlib/constants.js";

const { constants, codes, ...each } = numbers;
export default {
  crc32, codes, constants, ...each, Gzip, Gunzip, Deflate, DeflateRaw, Inflate, InflateRaw, Unzip, BrotliCompress, BrotliDecompress,
  createGzip, createGunzip, createDeflate, createDeflateRaw, createInflate, createInflateRaw, createUnzip, createBrotliCompress, createBrotliDecompress,
  inflate, inflateSync, deflate, deflateSync, inflateRaw, inflateRawSync, deflateRaw, deflateRawSync, gzip, gzipSync, gunzip, gunzipSync, unzip, unzipSync, brotliDecompress, brotliDecompressSync, brotliCompress, brotliCompressSync,
};
