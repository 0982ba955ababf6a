// flags: nodejs_compat
// The module "node:zlib": what goes in comes out again, what others compressed is understood, and
// what is wrong is said. Compressed bytes themselves are the compressor's own choice.

import zlib, * as all from "node:zlib";
import { promisify } from "node:util";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { outcome, outcomes, program, stateless } from "../suite.js";

const TEXT = "hello hello hello";
const GZIP = Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 87, 200, 64, 144, 0, 128, 136, 249, 229, 17, 0, 0, 0);
const DEFLATE = Uint8Array.of(120, 156, 203, 72, 205, 201, 201, 87, 200, 64, 144, 0, 58, 46, 6, 125);
const RAW = DEFLATE.subarray(2, -4);
const BROTLI = Uint8Array.of(27, 16, 0, 248, 141, 148, 110, 222, 68, 85, 134, 150, 108, 32, 111, 1, 79, 28, 96, 28);
const LONG = Array.from({ length: 40000 }, (_, i) => `${i} ${i * 7919 % 1000}`).join("\n");

const KINDS = { gzip: ["gzip", "gunzip"], deflate: ["deflate", "inflate"], deflateRaw: ["deflateRaw", "inflateRaw"], brotli: ["brotliCompress", "brotliDecompress"], unzip: ["gzip", "unzip"], "unzip of deflate": ["deflate", "unzip"] };
const perKind = (act) => () => outcomes(Object.fromEntries(Object.entries(KINDS).map(([name, pair]) => [name, () => act(...pair)])));
const capital = (name) => name[0].toUpperCase() + name.slice(1);
const joined = async (stream) => { const parts = []; for await (const part of stream) parts.push(part); return Buffer.concat(parts); };
const damaged = (bytes, at) => { const copy = bytes.slice(); copy.at(at); copy[(at + copy.length) % copy.length] ^= 1; return copy; };

const { worker, Place } = program({
  "numbers": stateless(() => [Object.fromEntries(Object.entries(zlib.constants).filter(([name]) => !name.startsWith("ZSTD"))), zlib.codes, all.Z_BEST_SPEED, zlib.Z_FINISH]),
  "functions and classes": stateless(() => Object.keys(all).filter((name) => /^[a-z]|^[A-Z][a-z]/.test(name) && !/zstd/i.test(name)).sort().map((name) => [name, typeof all[name], all[name].name, all[name].length])),
  "the default export": stateless(() => Object.keys(zlib).filter((name) => !/zstd/i.test(name)).sort()),
  "there and back": stateless(perKind((press, back) => [TEXT, "", LONG].map((text) => zlib[`${back}Sync`](zlib[`${press}Sync`](text)).toString() === text))),
  "made by others": stateless(() => [zlib.gunzipSync(GZIP), zlib.unzipSync(GZIP), zlib.inflateSync(DEFLATE), zlib.unzipSync(DEFLATE), zlib.inflateRawSync(RAW), zlib.brotliDecompressSync(BROTLI)].map((it) => [Buffer.isBuffer(it), it.toString()])),
  "kinds of input": stateless(() => [Buffer.from(TEXT), new TextEncoder().encode(TEXT), new TextEncoder().encode(TEXT).buffer, new DataView(new TextEncoder().encode(TEXT).buffer), new Uint16Array([1, 2, 3])].map((it) => zlib.gunzipSync(zlib.gzipSync(it)).toString("hex"))),
  "wrong input": stateless(() => outcomes(Object.fromEntries([5, null, undefined, {}, [1], true].flatMap((it) => [[`gzip ${JSON.stringify(it)}`, () => zlib.gzipSync(it)], [`crc ${JSON.stringify(it)}`, () => zlib.crc32(it)]])))),
  "damaged data": stateless(() => outcomes({
    header: () => zlib.gunzipSync("nope"), zlibHeader: () => zlib.inflateSync("nope"), unzip: () => zlib.unzipSync("nope"), block: () => zlib.inflateRawSync(Uint8Array.of(255, 255, 255)), brotli: () => zlib.brotliDecompressSync("nope"),
    cut: () => zlib.gunzipSync(GZIP.subarray(0, 14)), cutDeflate: () => zlib.inflateSync(DEFLATE.subarray(0, 6)), empty: () => zlib.inflateSync(""), emptyGzip: () => zlib.gunzipSync(""),
    sum: () => zlib.gunzipSync(damaged(GZIP, -6)), size: () => zlib.gunzipSync(damaged(GZIP, -2)), adler: () => zlib.inflateSync(damaged(DEFLATE, -1)), magic: () => zlib.gunzipSync(damaged(GZIP, 0)), method: () => zlib.gunzipSync(damaged(GZIP, 2)),
  })),
  "more than one member": stateless(() => outcomes({
    two: () => zlib.gunzipSync(Buffer.concat([GZIP, GZIP])).toString(), unzipped: () => zlib.unzipSync(Buffer.concat([GZIP, GZIP])).toString(), zeros: () => zlib.gunzipSync(Buffer.concat([GZIP, Buffer.alloc(5)])).toString(),
    junk: () => zlib.gunzipSync(Buffer.concat([GZIP, Buffer.from("junk")])).toString(), deflated: () => zlib.inflateSync(Buffer.concat([DEFLATE, Buffer.from("junk")])).toString(),
  })),
  "a cut stream that may be": stateless(() => outcomes({
    gzip: () => zlib.gunzipSync(GZIP.subarray(0, 18), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString(), deflate: () => zlib.inflateSync(DEFLATE.subarray(0, 10), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString(),
  })),
  "levels": stateless(() => outcomes(Object.fromEntries([-2, -1, 0, 1, 6, 9, 10, NaN].map((level) => [level, () => { const packed = zlib.deflateSync(LONG, { level }); return [zlib.inflateSync(packed).toString() === LONG, packed.length > LONG.length]; }])))),
  "options out of range": stateless(() => outcomes({ memLevel: () => zlib.gzipSync("x", { memLevel: 10 }), windowBits: () => zlib.gzipSync("x", { windowBits: 16 }), strategy: () => zlib.gzipSync("x", { strategy: 5 }) })),
  "output that is too long": stateless(() => outcomes({ gzip: () => zlib.gunzipSync(GZIP, { maxOutputLength: 4 }), enough: () => zlib.gunzipSync(GZIP, { maxOutputLength: 17 }).length })),
  "crc32": stateless(() => [zlib.crc32(""), zlib.crc32("hello"), zlib.crc32("hello", 5), zlib.crc32(" world", zlib.crc32("hello")) === zlib.crc32("hello world"), zlib.crc32(Uint8Array.of(255, 0, 1)), zlib.crc32("ü")]),
  "with a callback": stateless(async () => outcomes(Object.fromEntries(Object.entries(KINDS).map(([name, [press, back]]) => [name, async () => {
    const packed = await promisify(zlib[press])(TEXT);
    return (await promisify(zlib[back])(packed, {})).toString();
  }])))),
  "a callback hears of errors": stateless(() => new Promise((done) => zlib.gunzip("nope", (error, result) => done([error.name, error.message, result ?? null])))),
  "without a callback": stateless(() => outcome(() => zlib.gzip("x"))),
  "a callback comes later": stateless(async () => { const seen = []; const told = new Promise((done) => zlib.gzip("x", () => { seen.push("told"); done(); })); seen.push("called"); await told; return seen; }),
  "streams": stateless(async () => outcomes(Object.fromEntries(Object.entries(KINDS).map(([name, [press, back]]) => [name, async () => {
    const parts = Array.from({ length: 10 }, (_, i) => Buffer.from(LONG.slice(i * 5000, (i + 1) * 5000)));
    const there = Readable.from(parts).pipe(zlib[`create${capital(press)}`]());
    return (await joined(there.pipe(zlib[`create${capital(back)}`]()))).toString() === LONG.slice(0, 50000);
  }])))),
  "a stream of a damaged file": stateless(async () => outcomes({ gunzip: () => pipeline(Readable.from([Buffer.from("nope")]), zlib.createGunzip()), cut: () => pipeline(Readable.from([Buffer.from(GZIP.subarray(0, 14))]), zlib.createGunzip()) })),
  "flush gives what there is": stateless(async () => {
    const gzip = zlib.createGzip();
    const gunzip = zlib.createGunzip();
    gzip.pipe(gunzip);
    const first = new Promise((done) => gunzip.once("data", done));
    gzip.write("early");
    gzip.flush();
    const early = (await first).toString();
    gzip.end(" late");
    return [early, (await joined(gunzip)).toString(), gzip.bytesWritten];
  }),
  "a stream is closed": stateless(() => new Promise((done) => { const gzip = zlib.createGzip(); gzip.close(() => done([gzip.destroyed, gzip instanceof zlib.Gzip, gzip.constructor.name])); })),
  "a web response unpacked": stateless(async () => zlib.gunzipSync(await new Response(new Blob([TEXT]).stream().pipeThrough(new CompressionStream("gzip"))).bytes()).toString()),
});

export default worker;
export { Place, Place as Subject, Place as Plain };
