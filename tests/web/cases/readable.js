import { both, bytes, collect, equal, flush, ok, rejects, test, throws } from "harness";

function numbers(Stream, count, strategy) {
  let n = 0;
  return new Stream({
    pull(c) {
      if (n < count) c.enqueue(n++);
      else c.close();
    },
  }, strategy);
}
both("start, pull, cancel are called as the standard says", async ({ ReadableStream }) => {
  const log = [];
  const s = new ReadableStream({
    start(c) { log.push("start", c.desiredSize); },
    pull(c) { log.push("pull", c.desiredSize); c.enqueue(log.length); },
    cancel(reason) { log.push("cancel", reason); return "ignored"; },
  }, { highWaterMark: 2 });
  log.push("made");
  await new Promise((r) => setTimeoutOf(r));
  const reader = s.getReader();
  log.push(await reader.read());
  log.push(await reader.cancel("why"), await reader.read());
  return log;
});
const setTimeoutOf = (r) => globalThis.setTimeout(r, 1);
both("read to the end", async ({ ReadableStream }) => {
  const reader = numbers(ReadableStream, 3).getReader();
  const out = [];
  for (let i = 0; i < 5; i++) out.push(await reader.read());
  await reader.closed;
  return out;
});
both("reads before chunks", async ({ ReadableStream }) => {
  let c;
  const reader = new ReadableStream({ start(x) { c = x; } }).getReader();
  const reads = [reader.read(), reader.read(), reader.read()];
  c.enqueue("a");
  c.enqueue("b");
  c.close();
  return Promise.all(reads);
});
both("errors", async ({ ReadableStream }) => {
  const out = [];
  for (const source of [
    { start() { throw new RangeError("s"); } }, { start: () => Promise.reject(new RangeError("p")) },
    { pull() { throw new RangeError("pull"); } }, { pull: () => Promise.reject(new RangeError("pp")) },
    { start(c) { c.enqueue(1); c.error(new RangeError("e")); } },
  ]) {
    try {
      const reader = new ReadableStream(source).getReader();
      reader.closed.catch((e) => out.push("closed " + e.message));
      out.push(await reader.read());
    } catch (error) {
      out.push(error.message);
    }
    await new Promise((r) => setTimeoutOf(r));
  }
  return out;
});
both("controller refuses after close", async ({ ReadableStream }) => {
  const out = [];
  new ReadableStream({
    start(c) {
      c.enqueue(1);
      c.close();
      for (const act of [() => c.enqueue(2), () => c.close()]) {
        try { act(); out.push("fine"); } catch (e) { out.push(e.name); }
      }
      out.push(c.desiredSize);
    },
  });
  return out;
});
both("locks", async ({ ReadableStream }) => {
  const s = numbers(ReadableStream, 3);
  const reader = s.getReader();
  const out = [s.locked];
  for (const act of [() => s.getReader(), () => s.tee(), () => s.values()]) {
    try { act(); out.push("fine"); } catch (e) { out.push(e.name); }
  }
  out.push(await s.cancel().catch((e) => e.name), await s.pipeTo({}).catch((e) => e.name));
  out.push((await reader.read()).value);
  reader.releaseLock();
  out.push(s.locked, await reader.read().catch((e) => e.name), await reader.closed.catch((e) => e.name), await reader.cancel().catch((e) => e.name));
  out.push((await s.getReader().read()).value);
  return out;
});
both("release rejects reads that wait", async ({ ReadableStream }) => {
  let c;
  const s = new ReadableStream({ start(x) { c = x; } });
  const reader = s.getReader();
  const read = reader.read().catch((e) => e.name);
  const closed = reader.closed.catch((e) => e.name);
  reader.releaseLock();
  c.enqueue("later");
  return [await read, await closed, (await s.getReader().read()).value];
});
both("size and desiredSize", async ({ ReadableStream }) => {
  const out = [];
  const s = new ReadableStream({
    start(c) {
      out.push(c.desiredSize);
      c.enqueue("abc");
      out.push(c.desiredSize);
      c.enqueue("de");
      out.push(c.desiredSize);
      this.c = c;
    },
  }, { highWaterMark: 10, size: (chunk) => chunk.length });
  await s.getReader().read();
  return out;
});
both("bad sizes", async ({ ReadableStream }) => {
  const out = [];
  for (const size of [() => -1, () => NaN, () => Infinity, () => { throw new SyntaxError("s"); }]) {
    const s = new ReadableStream({ start(c) { try { c.enqueue(1); } catch (e) { out.push(e.name); } } }, { size });
    out.push(await s.getReader().read().catch((e) => e.name));
  }
  return out;
});
both("constructor refuses", ({ ReadableStream }) => {
  const out = [];
  for (const args of [[null], [5], [{ type: "x" }], [{ pull: 5 }], [{}, { highWaterMark: -1 }], [{}, { highWaterMark: NaN }], [{}, { size: 1 }], [{ type: "bytes" }, { size: () => 1 }]]) {
    try { new ReadableStream(...args); out.push("fine"); } catch (e) { out.push(e.name); }
  }
  return out;
});
both("async iteration", async ({ ReadableStream }) => {
  const out = [];
  for await (const chunk of numbers(ReadableStream, 4)) out.push(chunk);
  let cancelled = "no";
  const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { cancelled = r; } });
  for await (const chunk of s) { out.push(chunk); break; }
  out.push(cancelled, s.locked);
  const kept = numbers(ReadableStream, 3);
  for await (const chunk of kept.values({ preventCancel: true })) { out.push(chunk); break; }
  out.push((await kept.getReader().read()).value);
  const it = numbers(ReadableStream, 2).values();
  out.push(await Promise.all([it.next(), it.next(), it.next(), it.next()]));
  const early = numbers(ReadableStream, 2)[Symbol.asyncIterator]();
  out.push(await early.return("r"), await early.next());
  return out;
});
both("iteration of an error", async ({ ReadableStream }) => {
  const out = [];
  try {
    for await (const chunk of new ReadableStream({ start(c) { c.enqueue(1); }, pull(c) { c.error(new RangeError("x")); } }, { highWaterMark: 0 })) out.push(chunk);
  } catch (e) { out.push(e.name); }
  return out;
});
test("from", async () => {
  equal(await collect(ReadableStream.from([1, Promise.resolve(2), 3])), [1, 2, 3]);
  async function* make() { yield "a"; yield "b"; }
  equal(await collect(ReadableStream.from(make())), ["a", "b"]);
  equal(await collect(ReadableStream.from("xy")), ["x", "y"]);
  throws(() => ReadableStream.from(5), "TypeError");
  let returned;
  const reader = ReadableStream.from({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return: (v) => ((returned = v), {}) }) }).getReader();
  await reader.read();
  await reader.cancel("enough");
  equal(returned, "enough");
});
both("tee", async ({ ReadableStream }) => {
  const [a, b] = numbers(ReadableStream, 3).tee();
  const out = [];
  for await (const x of a) out.push(x);
  for await (const x of b) out.push(x);
  return out;
});
both("tee cancels when both do", async ({ ReadableStream }) => {
  let reason = null;
  const [a, b] = new ReadableStream({ cancel(r) { reason = r; } }).tee();
  const first = a.cancel("1");
  const before = reason;
  await b.cancel("2");
  await first;
  return [before, reason];
});
both("tee of an error", async ({ ReadableStream }) => {
  let c;
  const [a, b] = new ReadableStream({ start(x) { c = x; } }).tee();
  c.error(new RangeError("t"));
  return [await a.getReader().read().catch((e) => e.message), await b.getReader().closed.catch((e) => e.message)];
});
both("tee: one branch cancelled, the other reads on", async ({ ReadableStream }) => {
  const [a, b] = numbers(ReadableStream, 3).tee();
  a.cancel();
  const out = [];
  for await (const x of b) out.push(x);
  return out;
});
test("tee of bytes copies", async () => {
  const [a, b] = new ReadableStream({ type: "bytes", start(c) { c.enqueue(bytes(1, 2)); c.close(); } }).tee();
  const first = (await a.getReader().read()).value;
  first[0] = 9;
  equal((await b.getReader({ mode: "byob" }).read(new Uint8Array(4))).value, bytes(1, 2));
});
// ---- bytes ----
function byteSource(chunks) {
  return {
    type: "bytes",
    pull(c) {
      const chunk = chunks.shift();
      if (chunk) c.enqueue(new Uint8Array(chunk));
      else {
        c.close();
        c.byobRequest?.respond(0);
      }
    },
  };
}
both("byob reads across chunks", async ({ ReadableStream }) => {
  const reader = new ReadableStream(byteSource([[1, 2, 3], [4, 5], [6]])).getReader({ mode: "byob" });
  const out = [];
  for (const size of [2, 2, 5, 3, 1]) {
    const { value, done } = await reader.read(new Uint8Array(size));
    out.push(Array.from(value), done);
  }
  return out;
});
both("byob of wider elements", async ({ ReadableStream }) => {
  const reader = new ReadableStream(byteSource([[1, 0, 2], [0, 3, 0]])).getReader({ mode: "byob" });
  const a = await reader.read(new Uint16Array(8));
  const b = await reader.read(new Uint16Array(8));
  return [a.value.constructor.name, Array.from(a.value), Array.from(b.value)];
});
both("byob transfers the buffer", async ({ ReadableStream }) => {
  const reader = new ReadableStream(byteSource([[1, 2]])).getReader({ mode: "byob" });
  const view = new Uint8Array(4);
  const { value } = await reader.read(view);
  return [view.byteLength, value.byteLength, value.buffer.byteLength];
});
both("byobRequest.respond", async ({ ReadableStream }) => {
  const log = [];
  const reader = new ReadableStream({
    type: "bytes",
    pull(c) {
      const { view } = c.byobRequest;
      log.push(view.byteLength, view.byteOffset);
      view[0] = 7;
      c.byobRequest.respond(1);
      log.push(c.byobRequest);
    },
  }).getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(3));
  log.push(Array.from(value));
  const next = await reader.read(new Uint8Array(new ArrayBuffer(10), 2, 4));
  log.push(Array.from(next.value), next.value.byteOffset);
  return log;
});
test("byobRequest.respondWithNewView", async () => {
  const reader = new ReadableStream({
    type: "bytes",
    pull(c) {
      const { view } = c.byobRequest;
      const moved = new Uint8Array(view.buffer.transfer(), 0, 2);
      moved.set([5, 6]);
      c.byobRequest.respondWithNewView(moved);
    },
  }).getReader({ mode: "byob" });
  equal((await reader.read(new Uint8Array(4))).value, bytes(5, 6));
});
test("byobRequest refuses", async () => {
  const out = [];
  const reader = new ReadableStream({
    type: "bytes",
    pull(c) {
      const request = c.byobRequest;
      for (const act of [() => request.respond(0), () => request.respond(9), () => request.respond(-1), () => request.respondWithNewView(new Uint8Array(9)), () => request.respondWithNewView(5)]) {
        try { act(); out.push("fine"); } catch (e) { out.push(e.name); }
      }
      request.view[0] = 1;
      request.respond(1);
      try { request.respond(1); out.push("fine"); } catch (e) { out.push(e.name, request.view); }
    },
  }).getReader({ mode: "byob" });
  out.push((await reader.read(new Uint8Array(3))).value.length);
  equal(out, ["TypeError", "RangeError", "TypeError", "RangeError", "TypeError", "TypeError", null, 1]);
});
both("autoAllocateChunkSize", async ({ ReadableStream }) => {
  const reader = new ReadableStream({
    type: "bytes", autoAllocateChunkSize: 8,
    pull(c) {
      c.byobRequest.view.set([1, 2, 3]);
      c.byobRequest.respond(3);
    },
  }).getReader();
  const { value } = await reader.read();
  return [Array.from(value), value.buffer.byteLength];
});
test("read with min", async () => {
  const make = () => new ReadableStream(byteSource([[1], [2], [3, 4, 5]])).getReader({ mode: "byob" });
  equal((await make().read(new Uint8Array(8), { min: 3 })).value, bytes(1, 2, 3, 4, 5));
  equal((await make().readAtLeast(2, new Uint8Array(8))).value, bytes(1, 2));
  await rejects(make().read(new Uint8Array(2), { min: 3 }), "RangeError");
  await rejects(make().read(new Uint8Array(2), { min: 0 }), "TypeError");
});
both("byob refuses", async ({ ReadableStream }) => {
  const out = [];
  try { new ReadableStream({}).getReader({ mode: "byob" }); } catch (e) { out.push(e.name); }
  try { new ReadableStream({}).getReader({ mode: "x" }); } catch (e) { out.push(e.name); }
  const reader = new ReadableStream(byteSource([[1]])).getReader({ mode: "byob" });
  out.push(await reader.read(5).catch((e) => e.name), await reader.read(new Uint8Array(0)).catch((e) => e.name));
  return out;
});
both("byob at the end of a closed stream", async ({ ReadableStream }) => {
  const reader = new ReadableStream({ type: "bytes", start(c) { c.close(); } }).getReader({ mode: "byob" });
  const { value, done } = await reader.read(new Uint8Array(3));
  return [done, value.length, value.buffer.byteLength];
});
both("byob cancel", async ({ ReadableStream }) => {
  const reader = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(3));
  await reader.cancel();
  return await read;
});
both("closing with half an element is an error", async ({ ReadableStream }) => {
  const out = [];
  let c;
  const reader = new ReadableStream({ type: "bytes", start(x) { c = x; } }).getReader({ mode: "byob" });
  const read = reader.read(new Uint16Array(2)).catch((e) => e.name);
  c.enqueue(new Uint8Array([1, 2, 3]));
  try { c.close(); } catch (e) { out.push(e.name); }
  const next = reader.read(new Uint16Array(2)).catch((e) => e.name);
  return [...out, Array.from(await read), await next];
});
both("a byob read given up does not lose bytes", async ({ ReadableStream }) => {
  let c;
  const s = new ReadableStream({ type: "bytes", start(x) { c = x; } });
  const first = s.getReader({ mode: "byob" });
  const lost = first.read(new Uint8Array(4)).catch((e) => e.name);
  first.releaseLock();
  c.enqueue(new Uint8Array([1, 2]));
  const { value } = await s.getReader().read();
  return [await lost, Array.from(value)];
});
both("enqueue takes the buffer", ({ ReadableStream }) => {
  const chunk = new Uint8Array(3);
  const out = [];
  new ReadableStream({ type: "bytes", start(c) {
    c.enqueue(chunk);
    for (const bad of [new Uint8Array(0), 5]) {
      try { c.enqueue(bad); out.push("fine"); } catch (e) { out.push(e.name); }
    }
    out.push(c.desiredSize, c.byobRequest);
  } });
  return [chunk.byteLength, ...out];
});
test("public constructors are guarded", () => {
  for (const Class of [ReadableStreamDefaultController, ReadableByteStreamController, ReadableStreamBYOBRequest]) throws(() => new Class(), "TypeError", "Illegal constructor");
  throws(() => new ReadableStreamDefaultReader({}), "TypeError");
});
test("a long queue keeps its order", async () => {
  const s = new ReadableStream({ start(c) { for (let i = 0; i < 5000; i++) c.enqueue(i); c.close(); } });
  const all = await collect(s);
  ok(all.length === 5000 && all.every((x, i) => x === i));
  await flush();
});
