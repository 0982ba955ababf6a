import { both, bytes, collect, equal, flush, ok, rejects, test, throws, utf8 } from "harness";
import { expectedLength } from "web/streams.js";

const turn = () => new Promise((r) => globalThis.setTimeout(r, 1));
both("writes come one at a time", async ({ WritableStream }) => {
  const log = [];
  const w = new WritableStream({
    start() { log.push("start"); },
    async write(chunk) { log.push("w" + chunk); await turn(); log.push("done" + chunk); },
    close() { log.push("close"); },
  }).getWriter();
  w.write(1);
  w.write(2);
  await w.close();
  await w.closed;
  return log;
});
both("backpressure", async ({ WritableStream }) => {
  let release;
  const w = new WritableStream({ write: () => new Promise((r) => (release = r)) }, { highWaterMark: 2 }).getWriter();
  const out = [w.desiredSize];
  await w.ready;
  w.write(1);
  out.push(w.desiredSize);
  const second = w.write(2);
  out.push(w.desiredSize);
  let ready = false;
  w.ready.then(() => (ready = true));
  await turn();
  out.push(ready);
  release();
  await turn();
  out.push(ready, w.desiredSize);
  release();
  await second;
  return out;
});
both("sink errors", async ({ WritableStream }) => {
  const out = [];
  for (const sink of [
    { start() { throw new RangeError("s"); } }, { start: () => Promise.reject(new RangeError("sp")) },
    { write() { throw new RangeError("w"); } }, { write(c, ctl) { ctl.error(new RangeError("c")); } },
    { close() { throw new RangeError("cl"); } },
  ]) {
    try {
      const w = new WritableStream(sink).getWriter();
      w.closed.catch((e) => out.push("closed " + e.message));
      w.ready.catch(() => {});
      out.push(await w.write(1).catch((e) => "write " + e.message));
      out.push(await w.close().catch((e) => "close " + e.name));
      out.push(await w.ready.catch((e) => "ready " + e.message));
    } catch (e) { out.push("thrown " + e.message); }
    await turn();
  }
  return out;
});
both("abort", async ({ WritableStream }) => {
  const log = [];
  let signal;
  const w = new WritableStream({
    write(chunk, c) { signal = c.signal; log.push("write"); return turn(); },
    abort(reason) { log.push("abort " + reason); },
  }).getWriter();
  const write = w.write(1).then(() => log.push("written"), (e) => log.push("failed " + e));
  const second = w.write(2).catch((e) => log.push("second " + e));
  w.ready.catch(() => {});
  w.closed.catch((e) => log.push("closed " + e));
  await turn();
  await w.abort("why");
  await Promise.all([write, second]);
  log.push(signal.aborted, signal.reason, w.desiredSize, await w.abort("again"));
  return log;
});
both("abort during close, abort twice", async ({ WritableStream }) => {
  const log = [];
  const s = new WritableStream({ close: () => turn(), abort(r) { log.push("abort " + r); } });
  const w = s.getWriter();
  const close = w.close().then(() => log.push("closed"), (e) => log.push("failed " + e));
  await turn;
  const a = w.abort("1").then(() => log.push("a"), (e) => log.push("a failed " + e));
  const b = w.abort("2").then(() => log.push("b"), (e) => log.push("b failed " + e));
  await Promise.all([close, a, b]);
  await w.closed.catch((e) => log.push("end " + e));
  return log;
});
test("refusals", async () => {
  const out = [];
  for (const args of [[null], [{ type: "x" }], [{ write: 1 }], [{}, { highWaterMark: -1 }], [{}, { size: 1 }]]) {
    try { new WritableStream(...args); out.push("fine"); } catch (e) { out.push(e.name); }
  }
  const s = new WritableStream();
  const w = s.getWriter();
  out.push(s.locked, await s.abort().catch((e) => e.name), await s.close().catch((e) => e.name));
  try { s.getWriter(); } catch (e) { out.push(e.name); }
  w.releaseLock();
  out.push(await w.write(1).catch((e) => e.name), await w.close().catch((e) => e.name), await w.closed.catch((e) => e.name), await w.ready.catch((e) => e.name));
  try { w.desiredSize; } catch (e) { out.push(e.name); }
  await s.close();
  const late = s.getWriter();
  await late.closed;
  out.push(late.desiredSize, await late.write(1).catch((e) => e.name), await late.close().catch((e) => e.name));
  const type = "TypeError";
  equal(out, [type, "RangeError", type, "RangeError", type, true, type, type, type, type, type, type, type, type, 0, type, type]);
});
both("bad sizes", async ({ WritableStream }) => {
  const out = [];
  for (const size of [() => -1, () => { throw new SyntaxError("s"); }]) {
    const w = new WritableStream({}, { size }).getWriter();
    w.closed.catch(() => {});
    w.ready.catch(() => {});
    out.push(await w.write(1).catch((e) => e.name));
  }
  return out;
});
// ---- pipes ----
function source(Stream, items, log = []) {
  const left = [...items];
  return new Stream({ pull(c) { if (left.length) c.enqueue(left.shift()); else c.close(); }, cancel(r) { log.push("cancel " + (r?.name === "TypeError" ? r.name : r?.message ?? r)); } }, { highWaterMark: 0 });
}
function sink(Stream, log) {
  return new Stream({ write(x) { log.push(x); }, close() { log.push("close"); }, abort(r) { log.push("abort " + (r?.message ?? r)); } });
}
both("pipeTo", async ({ ReadableStream, WritableStream }) => {
  const log = [];
  const r = source(ReadableStream, [1, 2, 3]);
  const w = sink(WritableStream, log);
  const p = r.pipeTo(w);
  log.push(r.locked, w.locked);
  await p;
  log.push(r.locked, w.locked);
  return log;
});
both("pipeTo with prevent options", async ({ ReadableStream, WritableStream }) => {
  const log = [];
  const w = sink(WritableStream, log);
  await source(ReadableStream, [1]).pipeTo(w, { preventClose: true });
  await source(ReadableStream, [2]).pipeTo(w, { preventClose: true });
  const failing = () => new ReadableStream({ pull(c) { c.error(new RangeError("src")); } });
  log.push(await failing().pipeTo(w, { preventAbort: true }).catch((e) => e.message));
  log.push(await failing().pipeTo(w).catch((e) => e.message));
  return log;
});
both("pipeTo: the sink fails", async ({ ReadableStream, WritableStream }) => {
  const log = [];
  const bad = () => new WritableStream({ write() { throw new RangeError("sink"); } });
  log.push(await source(ReadableStream, [1, 2], log).pipeTo(bad()).catch((e) => e.message));
  const kept = source(ReadableStream, [1, 2, 3], log);
  log.push(await kept.pipeTo(bad(), { preventCancel: true }).catch((e) => e.message));
  log.push(kept.locked);
  return log;
});
both("pipeTo: already ended", async ({ ReadableStream, WritableStream }) => {
  const log = [];
  const closed = sink(WritableStream, log);
  await closed.close();
  log.push(await source(ReadableStream, [1], log).pipeTo(closed).catch((e) => e.name));
  await new ReadableStream({ start(c) { c.close(); } }).pipeTo(sink(WritableStream, log));
  const errored = new WritableStream({ start(c) { c.error(new RangeError("gone")); } });
  log.push(await source(ReadableStream, [1], log).pipeTo(errored).catch((e) => e.message));
  return log;
});
both("pipeTo with a signal", async ({ ReadableStream, WritableStream, AbortController }) => {
  const log = [];
  const c = new AbortController();
  const p = new ReadableStream({ cancel(r) { log.push("cancel " + r); } }).pipeTo(sink(WritableStream, log), { signal: c.signal });
  await turn();
  c.abort("stop");
  log.push(await p.catch((e) => e));
  log.push(await source(ReadableStream, [1], log).pipeTo(sink(WritableStream, log), { signal: c.signal }).catch((e) => e));
  log.push(await source(ReadableStream, [1]).pipeTo(sink(WritableStream, log), { signal: {} }).catch((e) => e.name));
  return log;
});
both("pipeTo waits for a slow sink", async ({ ReadableStream, WritableStream }) => {
  const log = [];
  const r = new ReadableStream({ start(c) { for (let i = 0; i < 4; i++) c.enqueue(i); c.close(); } });
  await r.pipeTo(new WritableStream({ async write(x) { log.push(x); await turn(); log.push("." + x); }, close() { log.push("close"); } }));
  return log;
});
// ---- transforms ----
both("TransformStream", async ({ ReadableStream, TransformStream }) => {
  const log = [];
  const t = new TransformStream({
    start(c) { c.enqueue("start"); },
    transform(x, c) { c.enqueue(x * 2); c.enqueue(x * 3); },
    flush(c) { c.enqueue("flush"); },
  });
  for await (const x of source(ReadableStream, [1, 2]).pipeThrough(t)) log.push(x);
  for await (const x of source(ReadableStream, [5, 6]).pipeThrough(new TransformStream())) log.push(x);
  return log;
});
both("transform errors", async ({ ReadableStream, TransformStream }) => {
  const out = [];
  for (const t of [{ transform() { throw new RangeError("t"); } }, { flush() { throw new RangeError("f"); } }, { transform(x, c) { c.error(new RangeError("c")); } }, { transform(x, c) { c.enqueue(1); c.terminate(); } }]) {
    const stream = new TransformStream(t);
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => {});
    writer.ready.catch(() => {});
    const write = writer.write(1).then(() => "w", (e) => "w " + e.name);
    const close = writer.close().then(() => "c", (e) => "c " + e.name);
    const reads = [];
    const reader = stream.readable.getReader();
    for (let i = 0; i < 2; i++) reads.push(await reader.read().then((r) => r, (e) => "r " + e.name));
    out.push(await write, await close, reads);
  }
  return out;
});
both("cancel and abort of a transform", async ({ TransformStream }) => {
  const out = [];
  const a = new TransformStream({});
  await a.readable.cancel("r");
  out.push(await a.writable.getWriter().closed.catch((e) => e));
  const b = new TransformStream({});
  await b.writable.abort("w");
  out.push(await b.readable.getReader().read().catch((e) => e));
  return out;
});
test("transformer.cancel", async () => {
  const log = [];
  await new TransformStream({ cancel(r) { log.push(r); } }).readable.cancel("r");
  await new TransformStream({ cancel(r) { log.push(r); } }).writable.abort("w");
  equal(log, ["r", "w"]);
});
both("transform backpressure", async ({ TransformStream }) => {
  const t = new TransformStream();
  const w = t.writable.getWriter();
  const out = [w.desiredSize];
  const write = w.write(1);
  out.push(w.desiredSize);
  const { value } = await t.readable.getReader().read();
  await write;
  out.push(value);
  return out;
});
both("pipeThrough refuses", ({ ReadableStream, TransformStream }) => {
  const out = [];
  for (const arg of [undefined, {}, { readable: new ReadableStream() }]) {
    try { new ReadableStream().pipeThrough(arg); } catch (e) { out.push(e.name); }
  }
  return out;
});
// ---- byte transforms ----
test("IdentityTransformStream", async () => {
  const { readable, writable } = new IdentityTransformStream();
  const w = writable.getWriter();
  let written = false;
  w.write(bytes(1, 2)).then(() => (written = true));
  await flush();
  equal(written, false, "before the read");
  const reader = readable.getReader();
  equal((await reader.read()).value, bytes(1, 2));
  await flush();
  equal(written, true, "after the read");
  const end = reader.read();
  await w.close();
  equal((await end).done, true);
});
test("IdentityTransformStream takes bytes only", async () => {
  const { writable } = new IdentityTransformStream();
  const w = writable.getWriter();
  w.closed.catch(() => {});
  w.ready.catch(() => {});
  await rejects(w.write(5), "TypeError", "byte stream");
});
test("IdentityTransformStream with byob, cancel and abort", async () => {
  const a = new IdentityTransformStream();
  const w = a.writable.getWriter();
  const reader = a.readable.getReader({ mode: "byob" });
  w.write(bytes(1, 2, 3));
  equal((await reader.read(new Uint8Array(2))).value, bytes(1, 2));
  equal((await reader.read(new Uint8Array(2))).value, bytes(3));
  const end = reader.read(new Uint8Array(2));
  w.close();
  equal((await end).done, true);
  const b = new IdentityTransformStream();
  const bw = b.writable.getWriter();
  bw.closed.catch(() => {});
  bw.ready.catch(() => {});
  const write = bw.write(bytes(1));
  await b.readable.cancel("no more");
  ok(await write.catch((e) => e) === "no more", "write fails");
  const c = new IdentityTransformStream();
  await c.writable.abort("stop");
  ok(await c.readable.getReader().read().catch((e) => e) === "stop", "read fails");
});
test("pipe through an identity stream", async () => {
  const r = new ReadableStream({ start(c) { c.enqueue(utf8("ab")); c.enqueue(utf8("cd")); c.close(); } });
  equal(await new Response(r.pipeThrough(new IdentityTransformStream())).text(), "abcd");
});
test("FixedLengthStream", async () => {
  const exact = new FixedLengthStream(3);
  equal(expectedLength(exact.readable), 3);
  const w = exact.writable.getWriter();
  w.write(bytes(1, 2));
  w.write(bytes(3));
  w.close();
  equal(await new Response(exact.readable).bytes(), bytes(1, 2, 3));
  const fail = async (length, message) => {
    const stream = new FixedLengthStream(length);
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => {});
    writer.ready.catch(() => {});
    writer.write(bytes(1, 2)).catch(() => {});
    writer.close().catch(() => {});
    await rejects(new Response(stream.readable).bytes(), "TypeError", message);
  };
  await fail(1, "Attempt to write too many bytes through a FixedLengthStream.");
  await fail(3, "FixedLengthStream did not see all expected bytes before close().");
  equal(expectedLength(new FixedLengthStream(5n).readable), 5);
  for (const bad of [-1, 1.5, NaN, undefined]) throws(() => new FixedLengthStream(bad), "TypeError");
});
both("strategies", ({ CountQueuingStrategy, ByteLengthQueuingStrategy }) => {
  const c = new CountQueuingStrategy({ highWaterMark: 4 });
  const b = new ByteLengthQueuingStrategy({ highWaterMark: 9 });
  const out = [c.highWaterMark, c.size("x"), c.size.name, b.highWaterMark, b.size({ byteLength: 3 }), new CountQueuingStrategy({ highWaterMark: 1 }).size === c.size];
  for (const init of [undefined, {}, null]) { try { new CountQueuingStrategy(init); } catch (e) { out.push(e.name); } }
  return out;
});
test("collect of the harness", async () => equal(await collect(new ReadableStream({ start(c) { c.close(); } })), []));
