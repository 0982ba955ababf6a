// flags: nodejs_compat
// node:stream: one stream at a time.

import * as namespace from "node:stream";
import stream, { Duplex, PassThrough, Readable, Transform, Writable } from "node:stream";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const tick = (ms = 2) => new Promise((resolve) => setTimeout(resolve, ms));
/** What a stream emits, in order. */
function watch(s, names = ["readable", "data", "end", "pause", "resume", "finish", "prefinish", "drain", "pipe", "unpipe", "error", "close"]) {
  const log = [];
  for (const name of names) s.on(name, (value) => log.push(name === "data" ? `data ${value}` : name === "error" ? `error ${value.message}` : name));
  return log;
}
const closed = (s) => new Promise((resolve) => s.on("close", resolve));

add("Readable: flowing", async () => { const r = new Readable({ read() {} }); const log = watch(r, ["data", "end", "close", "resume", "pause"]); r.push("a"); r.push("b"); r.push(null); await closed(r); return log; });
add("Readable: readable event", async () => { const r = new Readable({ read() {} }); const log = []; r.on("readable", () => { let c; while ((c = r.read()) !== null) log.push(String(c)); log.push("-"); }); r.on("end", () => log.push("end")); r.push("a"); r.push("b"); await tick(); r.push("c"); r.push(null); await closed(r); return log; });
add("Readable: read sizes", async () => { const r = new Readable({ read() {} }); r.push("abcdef"); r.push("ghi"); await tick(); const got = [r.read(2), r.read(3), r.read(1), r.read(100), r.read(0), r.readableLength, r.read(), r.read()]; return got.map((x) => (x === null || typeof x === "number" ? x : String(x))); });
add("Readable: read after the end", async () => { const r = new Readable({ read() {} }); r.push("ab"); r.push(null); await tick(); return [String(r.read(5)), r.read(), r.readableEnded, (await tick(), r.readableEnded)]; });
add("Readable: object mode", async () => { const r = new Readable({ objectMode: true, read() {} }); for (const x of [1, "", false, { a: 1 }, undefined, 0]) r.push(x); r.push(null); return r.toArray(); });
add("Readable: highWaterMark asks for more", async () => { let asked = 0; const r = new Readable({ highWaterMark: 5, read(n) { asked++; this.push(asked > 4 ? null : "abc"); } }); r.on("data", () => {}); await closed(r); return asked; });
add("Readable: push answers", () => { const r = new Readable({ highWaterMark: 4, read() {} }); return [r.push("ab"), r.push("c"), r.push("d"), r.push("e"), r.readableLength]; });
add("Readable: setEncoding", async () => { const r = new Readable({ read() {} }); r.setEncoding("utf8"); const euro = Buffer.from("€"); r.push(euro.subarray(0, 1)); r.push(euro.subarray(1)); r.push("x"); r.push(null); const all = []; for await (const c of r) all.push(c); return [all, r.readableEncoding]; });
add("Readable: encoding in the options", async () => { const r = new Readable({ encoding: "hex", read() {} }); r.push("ab"); r.push(null); return (await r.toArray()).join(); });
add("Readable: unshift", async () => { const r = new Readable({ read() {} }); r.push("b"); r.unshift("a"); r.push(null); return String((await r.toArray()).join("")); });
table("Readable: push of what it cannot take", [5, {}, true, Symbol("x"), [[1]]], async (value) => { const r = new Readable({ read() {} }); const log = watch(r, ["error", "close"]); const gave = r.push(value); await tick(); return [gave, log]; });
add("Readable: push after the end", async () => { const r = new Readable({ read() {} }); const log = watch(r, ["error", "close"]); r.push(null); r.push("x"); await tick(); return log; });
add("Readable: no _read", async () => { const r = new Readable(); const log = watch(r, ["error", "close"]); r.read(); await tick(); return log; });
add("Readable: _read that throws", async () => { const r = new Readable({ read() { throw new Error("in read"); } }); const log = watch(r, ["error", "close"]); r.resume(); await tick(); return log; });
add("Readable: pause and resume", async () => { const r = Readable.from(["a", "b", "c"]); const log = []; r.on("data", (c) => { log.push(c); r.pause(); log.push(r.isPaused()); setTimeout(() => r.resume(), 1); }); await closed(r); return log; });
add("Readable: destroy", async () => { const r = new Readable({ read() {} }); const log = watch(r, ["error", "close", "end"]); r.destroy(); await tick(); return [log, r.destroyed, r.closed, r.errored, r.readable, r.readableAborted]; });
add("Readable: destroy with an error", async () => { const r = new Readable({ read() {}, destroy(e, cb) { cb(new Error(`${e.message} more`)); } }); const log = watch(r, ["error", "close"]); r.destroy(new Error("bad")); r.destroy(new Error("again")); await tick(); return [log, r.errored.message]; });
add("Readable: autoDestroy off", async () => { const r = new Readable({ autoDestroy: false, read() {} }); const log = watch(r, ["end", "close"]); r.push(null); r.resume(); await tick(); return [log, r.destroyed]; });
add("Readable: emitClose off", async () => { const r = new Readable({ emitClose: false, read() {} }); const log = watch(r, ["close"]); r.destroy(); await tick(); return [log, r.closed]; });
add("Readable: construct", async () => { const log = []; const r = new Readable({ construct(cb) { log.push("construct"); setTimeout(cb, 1); }, read() { log.push("read"); this.push(null); } }); r.on("data", () => {}); await closed(r); return log; });
add("Readable: construct fails", async () => { const r = new Readable({ construct(cb) { cb(new Error("no")); }, read() {} }); const log = watch(r, ["error", "close"]); await tick(); return log; });
add("Readable: signal", async () => { const c = new AbortController(); const r = new Readable({ signal: c.signal, read() {} }); const log = watch(r, ["error", "close"]); c.abort(); await tick(); return [log, r.errored.name, r.errored.code]; });
add("Readable: properties", () => { const r = new Readable({ objectMode: true, highWaterMark: 3 }); return [r.readable, r.readableFlowing, r.readableHighWaterMark, r.readableLength, r.readableObjectMode, r.readableEnded, r.readableDidRead, r.readableEncoding, r.destroyed, r.closed, r.errored, Readable.length, Readable.name]; });
table("Readable: bad marks", [-1, "x", 1.5, NaN, null, undefined, 0, 10], (highWaterMark) => new Readable({ highWaterMark }).readableHighWaterMark);
table("Readable.from", [[[1, 2]], [new Set([1])], ["text"], [Buffer.from("b")], [(function* () { yield 1; })()], [(async function* () { yield 2; })()], [5], [null], [{}], [[Promise.resolve(7)]], [[1, null]]], async (source) => Readable.from(source).toArray());
add("Readable.from is told to stop", async () => { const log = []; async function* source() { try { yield 1; yield 2; } finally { log.push("finally"); } } for await (const x of Readable.from(source())) { log.push(x); break; } await tick(); return log; });
add("iteration ends with an error", async () => { const r = new Readable({ read() {} }); r.push("a"); setTimeout(() => r.destroy(new Error("cut")), 1); const got = []; const end = await outcome(async () => { for await (const c of r) got.push(String(c)); }); return [got, end]; });
add("iteration of a destroyed stream", async () => { const r = new Readable({ read() {} }); r.destroy(); return outcome(async () => { for await (const _ of r); }); });
add("iterator with destroyOnReturn off", async () => { const r = Readable.from([1, 2, 3]); for await (const _ of r.iterator({ destroyOnReturn: false })) break; return [r.destroyed, await r.toArray()]; });

add("Writable: order of things", async () => { const log = []; const w = new Writable({ write(c, e, cb) { log.push(`write ${c} ${e}`); cb(); }, final(cb) { log.push("final"); cb(); } }); for (const n of ["prefinish", "finish", "close", "drain"]) w.on(n, () => log.push(n)); w.write("a", () => log.push("cb a")); w.write("b", "latin1", () => log.push("cb b")); w.end("c", () => log.push("cb end")); log.push("sync"); await closed(w); return log; });
add("Writable: asynchronous writes", async () => { const log = []; const w = new Writable({ highWaterMark: 3, write(c, e, cb) { log.push(`start ${c}`); setTimeout(() => { log.push(`done ${c}`); cb(); }, 1); } }); w.on("drain", () => log.push("drain")); log.push(w.write("ab"), w.write("cd"), w.writableLength, w.writableNeedDrain); await new Promise((r) => w.once("drain", r)); log.push(w.write("e"), w.writableNeedDrain); w.end(); await closed(w); return log; });
add("Writable: writev and cork", async () => { const log = []; const w = new Writable({ writev(chunks, cb) { log.push(chunks.map((c) => String(c.chunk))); cb(); } }); w.cork(); w.write("a"); w.write("b"); log.push(w.writableCorked); w.uncork(); w.cork(); w.write("c"); w.cork(); w.uncork(); log.push("still"); w.end("d"); await closed(w); return log; });
add("Writable: decodeStrings off", async () => { const log = []; const w = new Writable({ decodeStrings: false, write(c, e, cb) { log.push(typeof c, e); cb(); } }); w.write("a"); w.write("b", "hex"); w.write(Buffer.from("c")); w.end(); await closed(w); return log; });
add("Writable: setDefaultEncoding", async () => { const log = []; const w = new Writable({ write(c, e, cb) { log.push(String(c)); cb(); } }); w.setDefaultEncoding("hex"); w.write("6162"); w.end(); await closed(w); return [log, await outcome(() => w.setDefaultEncoding("nope"))]; });
table("Writable: write of what it cannot take", [5, null, undefined, {}, true, [[1]]], (value) => new Writable({ write(c, e, cb) { cb(); } }).write(value));
table("Writable: unknown encoding", ["nope", 5], (encoding) => new Writable({ write(c, e, cb) { cb(); } }).write("x", encoding));
add("Writable: bytes of other kinds", async () => { const log = []; const w = new Writable({ write(c, e, cb) { log.push(c, e); cb(); } }); w.write(new Uint8Array([1])); w.write(new DataView(new ArrayBuffer(1))); w.end(); await closed(w); return log; });
add("Writable: write after the end", async () => { const w = new Writable({ write(c, e, cb) { cb(); } }); const log = watch(w, ["error", "close", "finish"]); w.end(); const gave = w.write("x", (e) => log.push(`cb ${e.code}`)); await tick(); return [gave, log]; });
add("Writable: end twice", async () => { const log = []; const w = new Writable({ write(c, e, cb) { cb(); } }); w.end(() => log.push("first")); w.end((e) => log.push(`second ${e?.code}`)); await closed(w); w.end((e) => log.push(`third ${e?.code}`)); await tick(); return log; });
add("Writable: a write that fails", async () => { const log = []; const w = new Writable({ write(c, e, cb) { setTimeout(() => cb(new Error("full")), 1); } }); for (const n of ["error", "close", "finish"]) w.on(n, (e) => log.push(n, e?.message)); w.write("a", (e) => log.push("cb a", e.message)); w.write("b", (e) => log.push("cb b", e.message)); w.end((e) => log.push("cb end", e.message)); await tick(10); return [log, w.errored.message, w.destroyed]; });
add("Writable: final fails", async () => { const w = new Writable({ write(c, e, cb) { cb(); }, final(cb) { cb(new Error("no end")); } }); const log = watch(w, ["error", "close", "finish"]); w.end(); await tick(); return log; });
add("Writable: destroy with writes waiting", async () => { const log = []; const w = new Writable({ write() {} }); w.on("error", (e) => log.push(e.message)); w.on("close", () => log.push("close")); w.write("a", (e) => log.push(`a ${e?.code}`)); w.write("b", (e) => log.push(`b ${e?.code}`)); w.destroy(); await tick(); log.push(w.write("c", (e) => log.push(`c ${e.code}`))); await tick(); return log; });
add("Writable: no _write", async () => outcome(() => new Writable().write("x")));
add("Writable: construct", async () => { const log = []; const w = new Writable({ construct(cb) { log.push("construct"); setTimeout(cb, 1); }, write(c, e, cb) { log.push(String(c)); cb(); } }); w.write("a"); w.end("b"); await closed(w); return log; });
add("Writable: callback called twice", async () => { const w = new Writable({ write(c, e, cb) { cb(); cb(); } }); const log = []; w.on("error", (e) => log.push(e.code)); w.write("a"); await tick(); return log; });
add("Writable: properties", () => { const w = new Writable({ objectMode: true, highWaterMark: 3 }); return [w.writable, w.writableHighWaterMark, w.writableLength, w.writableObjectMode, w.writableEnded, w.writableFinished, w.writableCorked, w.writableNeedDrain, w.destroyed, w.closed, w.errored, w.writableAborted]; });
add("Writable: pipe", async () => { const w = new Writable({ write(c, e, cb) { cb(); } }); const log = []; w.on("error", (e) => log.push(e.code)); w.pipe(new Writable()); await tick(); return log; });

add("Duplex: both sides", async () => { const got = []; const d = new Duplex({ read() { this.push("out"); this.push(null); }, write(c, e, cb) { got.push(String(c)); cb(); } }); d.end("in"); return [(await d.toArray()).join(), got, d instanceof Writable, d instanceof Readable]; });
add("Duplex: allowHalfOpen off", async () => { const d = new Duplex({ allowHalfOpen: false, read() { this.push(null); }, write(c, e, cb) { cb(); } }); const log = watch(d, ["end", "finish", "close"]); d.resume(); await closed(d); return log; });
add("Duplex: one side only", () => [new Duplex({ readable: false }).readable, new Duplex({ readable: false }).writable, new Duplex({ writable: false }).writable, new Duplex({ writable: false }).readable]);
add("Duplex: marks", () => { const d = new Duplex({ readableHighWaterMark: 1, writableHighWaterMark: 2, readableObjectMode: true }); return [d.readableHighWaterMark, d.writableHighWaterMark, d.readableObjectMode, d.writableObjectMode, new Duplex({ highWaterMark: 7 }).writableHighWaterMark]; });
add("Transform", async () => { const t = new Transform({ transform(c, e, cb) { this.push(`${c}1`); cb(null, `${c}2`); }, flush(cb) { cb(null, "end"); } }); t.write("a"); t.end("b"); return (await t.toArray()).map(String); });
add("Transform: fails", async () => { const t = new Transform({ transform(c, e, cb) { cb(new Error("bad")); } }); const log = watch(t, ["error", "close", "end", "finish"]); t.write("a"); await tick(); return log; });
add("Transform: flush fails", async () => { const t = new Transform({ transform(c, e, cb) { cb(); }, flush(cb) { cb(new Error("bad")); } }); const log = watch(t, ["error", "close", "end", "finish"]); t.resume(); t.end(); await tick(); return log; });
add("Transform: nothing to do", async () => outcome(() => new Transform().write("x")));
add("Transform: order of events", async () => { const t = new PassThrough(); const log = watch(t, ["prefinish", "finish", "end", "close", "data"]); t.end("x"); await closed(t); return log; });
add("Transform: backpressure", async () => { const log = []; const t = new Transform({ objectMode: true, highWaterMark: 1, transform(c, e, cb) { log.push(c); cb(null, c); } }); log.push(t.write(1), t.write(2), t.write(3)); await tick(); log.push(t.read(), t.read()); await tick(); log.push(t.read(), t.read(), t.readableLength, t.writableLength); return log; });
add("a class of one's own", async () => { class Upper extends Transform { _transform(c, e, cb) { cb(null, String(c).toUpperCase()); } } const u = new Upper(); u.end("abc"); return String((await u.toArray())[0]); });
add("without new", async () => [Readable({ read() {} }) instanceof Readable, Writable() instanceof Writable, Duplex() instanceof Duplex, Transform() instanceof Transform, PassThrough() instanceof PassThrough]);

add("predicates", () => { const r = new Readable({ read() {} }); const w = new Writable(); const gone = new Readable().destroy(); return [stream.isReadable(r), stream.isWritable(w), stream.isErrored(r), stream.isDisturbed(r), stream.isDestroyed(gone), stream.isReadable(gone), stream.isReadable({}), stream.isDestroyed({}), stream.isReadable(w)]; });
add("default marks", async () => { const before = [stream.getDefaultHighWaterMark(false), stream.getDefaultHighWaterMark(true)]; stream.setDefaultHighWaterMark(false, 100); const now = new Readable().readableHighWaterMark; stream.setDefaultHighWaterMark(false, before[0]); return [before, now, await outcome(() => stream.setDefaultHighWaterMark(true, -1))]; });
add("the module", () => [Object.keys(namespace), stream.Stream === stream, typeof stream, stream.Readable === Readable, stream.name, typeof stream.promises.pipeline]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

