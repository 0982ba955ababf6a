// flags: nodejs_compat
// node:stream: streams joined, and what works on whole streams.

import stream, { Duplex, PassThrough, Readable, Transform, Writable, addAbortSignal, compose, duplexPair, finished, pipeline } from "node:stream";
import promises from "node:stream/promises";
import * as consumers from "node:stream/consumers";
import web from "node:stream/web";
import { differs, outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const tick = (ms = 2) => new Promise((resolve) => setTimeout(resolve, ms));
const sink = (log, more = {}) => new Writable({ objectMode: true, write(c, e, cb) { log.push(String(c)); cb(); }, ...more });
const upper = () => new Transform({ transform(c, e, cb) { cb(null, String(c).toUpperCase()); } });

add("pipe", async () => { const log = []; const w = sink(log); for (const n of ["pipe", "unpipe", "finish", "close"]) w.on(n, () => log.push(n)); Readable.from(["a", "b"]).pipe(w); await new Promise((r) => w.on("close", r)); return log; });
add("pipe without an end", async () => { const log = []; const w = sink(log); Readable.from(["a"]).pipe(w, { end: false }); await tick(); return [log, w.writableEnded]; });
add("pipe with backpressure", async () => { const log = []; const w = new Writable({ highWaterMark: 1, write(c, e, cb) { setTimeout(() => { log.push(String(c)); cb(); }, 1); } }); const r = new Readable({ read() {} }); r.pipe(w); r.push("ab"); r.push("cd"); r.push("ef"); r.push(null); await new Promise((x) => w.on("finish", x)); return log; });
add("pipe to two", async () => { const one = [], two = []; const r = Readable.from(["a", "b"]); r.pipe(sink(one)); r.pipe(sink(two)); await tick(); return [one, two]; });
add("unpipe", async () => { const log = []; const r = new Readable({ read() {} }); const w = sink(log); r.pipe(w); r.push("a"); await tick(); r.unpipe(w); r.push("b"); await tick(); return [log, r.isPaused(), w.listenerCount("drain"), w.listenerCount("error")]; });
add("an error of the destination unpipes", async () => { const log = []; const r = new Readable({ read() {} }); const w = new Writable({ write(c, e, cb) { cb(new Error("full")); } }); w.on("error", (e) => log.push(e.message)); w.on("unpipe", () => log.push("unpipe")); r.pipe(w); r.push("a"); await tick(); return [log, r.destroyed]; });

add("pipeline", () => new Promise((resolve) => { const log = []; pipeline(Readable.from(["a", "b"]), upper(), sink(log), (error) => resolve([log, error])); }));
add("pipeline fails at the source", async () => { const log = []; const r = new Readable({ read() { this.destroy(new Error("src")); } }); const t = upper(); const w = sink(log); return [await outcome(() => promises.pipeline(r, t, w)), r.destroyed, t.destroyed, w.destroyed]; });
add("pipeline fails in the middle", async () => { const r = Readable.from(["a"]); const t = new Transform({ transform(c, e, cb) { cb(new Error("mid")); } }); const w = sink([]); return [await outcome(() => promises.pipeline(r, t, w)), r.destroyed, w.destroyed]; });
add("pipeline fails at the end", async () => { const r = Readable.from(["a", "b"]); const w = new Writable({ write(c, e, cb) { cb(new Error("end")); } }); return [await outcome(() => promises.pipeline(r, w)), r.destroyed]; });
add("pipeline with functions", async () => { const log = []; await promises.pipeline(function* () { yield "a"; yield "b"; }, async function* (source) { for await (const c of source) yield c + c; }, async (source) => { for await (const c of source) log.push(c); }); return log; });
add("pipeline gives the last function's value", async () => promises.pipeline(["a", "b"], async (source) => { let all = ""; for await (const c of source) all += c; return all; }));
add("pipeline with an iterable and a stream", async () => { const log = []; await promises.pipeline(["x", "y"], sink(log)); return log; });
add("pipeline with a signal", async () => { const c = new AbortController(); const r = new Readable({ read() {} }); const p = outcome(() => promises.pipeline(r, sink([]), { signal: c.signal })); setTimeout(() => c.abort(), 1); const { threw } = await p; return [threw.name, threw.code, r.destroyed]; });
add("pipeline with end off", async () => { const w = sink([]); await promises.pipeline(Readable.from(["a"]), w, { end: false }); return w.writableEnded; });
add("pipeline into a web stream", async () => { const log = []; await promises.pipeline(Readable.from(["a", "b"]), new WritableStream({ write(c) { log.push(c); } })); return log; });
add("pipeline from a web stream", async () => { const log = []; await promises.pipeline(new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } }), sink(log)); return log; });
table("pipeline of too little", [[], [new PassThrough()], [new PassThrough(), () => {}], [5, () => {}], [[new PassThrough()], () => {}], [new PassThrough(), 5, () => {}]], (...args) => pipeline(...args));
add("pipeline closed too early", async () => { const r = new Readable({ read() {} }); const w = sink([]); setTimeout(() => w.destroy(), 1); return [await outcome(() => promises.pipeline(r, w)), r.destroyed]; });

add("finished: readable", () => new Promise((resolve) => { const r = Readable.from(["a"]); finished(r, (error) => resolve([error, r.readableEnded])); r.resume(); }));
add("finished: writable", () => new Promise((resolve) => { const w = sink([]); finished(w, (error) => resolve([error, w.writableFinished])); w.end("x"); }));
add("finished: error", () => new Promise((resolve) => { const r = new Readable({ read() {} }); finished(r, (error) => resolve(error.message)); r.destroy(new Error("bad")); }));
add("finished: closed too early", () => new Promise((resolve) => { const r = new Readable({ read() {} }); finished(r, (error) => resolve([error.code, error.message])); r.destroy(); }));
add("finished: already over", async () => { const r = Readable.from([]); r.resume(); await tick(); return promises.finished(r); });
add("finished: stopped", async () => { let n = 0; const r = Readable.from(["a"]); const stop = finished(r, () => n++); stop(); r.resume(); await tick(); return n; });
add("finished: signal", async () => { const c = new AbortController(); const r = new Readable({ read() {} }); setTimeout(() => c.abort(), 1); const { threw } = await outcome(() => promises.finished(r, { signal: c.signal })); return [threw.name, r.destroyed]; });
add("finished: a half", async () => { const d = new Duplex({ read() {}, write(c, e, cb) { cb(); } }); d.end(); return outcome(() => promises.finished(d, { readable: false })); });
table("finished: what is no stream", [5, null, {}, "x"], (value) => finished(value, () => {}));

const numbers = () => Readable.from([1, 2, 3, 4, 5]);
add("map", () => numbers().map((x) => x * 2).toArray());
add("map, asynchronous and several at once", () => numbers().map(async (x) => { await tick(1); return x * 3; }, { concurrency: 3 }).toArray());
add("filter", () => numbers().filter(async (x) => x % 2).toArray());
add("forEach", async () => { const seen = []; return [await numbers().forEach((x) => { seen.push(x); }), seen]; });
add("take and drop", async () => [await numbers().take(2).toArray(), await numbers().drop(3).toArray(), await numbers().take(0).toArray(), await numbers().drop(9).toArray()]);
add("flatMap", () => numbers().take(2).flatMap((x) => [x, x]).toArray());
add("some, every, find", async () => [await numbers().some((x) => x > 4), await numbers().every((x) => x > 1), await numbers().find((x) => x > 2), await numbers().find((x) => x > 9)]);
add("reduce", async () => [await numbers().reduce((a, b) => a + b), await numbers().reduce((a, b) => a + b, 10), await outcome(() => Readable.from([]).reduce((a, b) => a + b)), await Readable.from([]).reduce((a, b) => a + b, 7)]);
add("operators that fail", async () => [await outcome(() => numbers().map(() => { throw new Error("in map"); }).toArray()), await outcome(() => numbers().filter(async () => { throw new Error("in filter"); }).toArray()), await outcome(() => numbers().forEach(() => { throw new Error("in forEach"); }))]);
for (const name of ["map", "filter", "flatMap"]) table(`${name} of what is no function`, [5, null, undefined], (fn) => numbers()[name](fn));
for (const name of ["forEach", "some", "every", "find", "reduce"]) table(`${name} of what is no function`, [5, undefined], async (fn) => numbers()[name](fn));
table("take of what is no count", [-1, "x", NaN, "2", 1.5, null], async (n) => numbers().take(n).toArray());
table("options of operators", [[{ concurrency: 0 }], [{ concurrency: "x" }], [5], [{ signal: 5 }]], (options) => numbers().map((x) => x, options));
add("toArray with a signal", async () => { const { threw } = await outcome(() => numbers().toArray({ signal: AbortSignal.abort() })); return [threw.name, threw.code]; });

add("compose", async () => { const s = compose(upper(), new Transform({ transform(c, e, cb) { cb(null, `<${c}>`); } })); s.end("ab"); return (await s.toArray()).map(String); });
add("compose of nothing", () => outcome(() => compose()));
add("duplexPair", async () => { const [a, b] = duplexPair(); a.write("x"); a.end("y"); b.end("z"); return [(await b.toArray()).map(String), (await a.toArray()).map(String)]; });
add("Duplex.from a pair", async () => { const log = []; const d = Duplex.from({ readable: Readable.from(["r"]), writable: sink(log) }); d.end("w"); return [await d.toArray(), log]; });
add("Duplex.from an iterable", differs("the reference looks for the iterable in the wrong argument", { gave: ["a", "b"] }, async () => Duplex.from((function* () { yield "a"; yield "b"; })()).toArray()));
add("Duplex.from a promise", async () => Duplex.from(Promise.resolve("p")).toArray());
table("Duplex.from of nothing", [5, null, {}], (value) => Duplex.from(value));
add("addAbortSignal", async () => { const c = new AbortController(); const r = addAbortSignal(c.signal, new Readable({ read() {} })); const log = []; r.on("error", (e) => log.push(e.name, e.code)); c.abort(); await tick(); return [log, r.destroyed]; });
table("addAbortSignal of what is none", [[5, new Readable()], [AbortSignal.abort(), 5]], (...args) => addAbortSignal(...args));

add("consumers", async () => [await consumers.text(Readable.from(["a", Buffer.from("é")])), await consumers.json(Readable.from(['{"a":', "1}"])), await consumers.buffer(Readable.from([Buffer.from("x")])), await consumers.arrayBuffer(Readable.from([Buffer.from("y")])), (await consumers.blob(Readable.from(["z"]))).size, await outcome(async () => (await consumers.json(Readable.from(["{"]))) ?? 1).then((r) => r.threw.$)]);
add("toWeb", async () => { const r = Readable.toWeb(new Readable({ read() { this.push("abc"); this.push(null); } })); return [r instanceof ReadableStream, await new Response(r).text()]; });
add("Readable.fromWeb", async () => (await consumers.text(Readable.fromWeb(new Response("hello").body))));
add("Readable.fromWeb fails", async () => outcome(() => consumers.text(Readable.fromWeb(new ReadableStream({ start(c) { c.error(new Error("bad")); } })))));
add("Writable.toWeb", async () => { const log = []; const w = Writable.toWeb(sink(log)).getWriter(); await w.write("a"); await w.write("b"); await w.close(); return log; });
add("Writable.fromWeb", async () => { const log = []; const w = Writable.fromWeb(new WritableStream({ write(c) { log.push(String(c)); }, close() { log.push("close"); } })); w.write("a"); w.end("b"); await new Promise((r) => w.on("close", r)); return log; });
add("Duplex.fromWeb", async () => { const t = new TransformStream({ transform(c, k) { k.enqueue(String(c).toUpperCase()); } }); const d = Duplex.fromWeb(t, { encoding: "utf8" }); d.end("abc"); return (await d.toArray()).join(""); });
table("from and to what is none", [5, null, {}], (value) => [outcome(() => Readable.fromWeb(value)), outcome(() => Writable.fromWeb(value))].length && Readable.fromWeb(value));
add("node:stream/web", () => [Object.keys(web), web.ReadableStream === ReadableStream]);
add("streams as bodies", async () => { const body = Readable.toWeb(Readable.from([Buffer.from("a"), Buffer.from("b")], { objectMode: false })); return new Response(body).text(); });
add("an old stream", async () => { const old = new stream.Stream(); const log = []; old.pipe(sink(log)); old.emit("data", "a"); old.emit("end"); await tick(); return log; });
add("wrap", async () => { const old = new stream.Stream(); const r = new Readable({ objectMode: true }).wrap(old); setTimeout(() => { old.emit("data", "a"); old.emit("data", "b"); old.emit("end"); }, 1); return r.toArray(); });

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

