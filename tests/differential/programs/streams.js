// Streams, as programs use them.

import { Actor, outcome, outcomes, program, stateless } from "../suite.js";

const text = (chunks) => new ReadableStream({ start(c) { for (const chunk of chunks) c.enqueue(new TextEncoder().encode(chunk)); c.close(); } });

const cases = {
  "reading by hand": async () => { const r = text(["a", "b"]).getReader(); return [await r.read(), await r.read(), await r.read(), await r.closed]; },
  "pull is called as needed": async () => { let calls = 0; const s = new ReadableStream({ pull(c) { calls++; c.enqueue(calls); if (calls === 3) c.close(); } }, { highWaterMark: 0 }); const seen = []; for await (const x of s) seen.push(x); return [seen, calls]; },
  "cancel reaches the source": async () => { let reason; const s = new ReadableStream({ cancel(r) { reason = r; } }); const gave = await s.cancel("why"); return [gave, reason, await s.getReader().read()]; },
  "breaking out of a loop cancels": async () => { let cancelled = false; const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel() { cancelled = true; } }); for await (const x of s) break; return [cancelled, s.locked]; },
  "a loop that keeps the stream": async () => { const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } }); for await (const x of s.values({ preventCancel: true })) break; return (await s.getReader().read()).value; },
  "tee": async () => { const [a, b] = text(["x", "y"]).tee(); return [await new Response(a).text(), await new Response(b).text()]; },
  "releasing a lock": async () => { const s = text(["a"]); const r = s.getReader(); r.releaseLock(); return [s.locked, await outcome(() => r.read()).then((x) => x.threw?.$), (await s.getReader().read()).done]; },
  "pipeThrough": async () => new Response(text(["ab", "cd"]).pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk.map((b) => b - 32)); } }))).text(),
  "pipeTo with an error": async () => { const aborted = []; const result = await outcome(() => new ReadableStream({ start(c) { c.error(new RangeError("source")); } }).pipeTo(new WritableStream({ abort(r) { aborted.push(r.message); } }))); return [result, aborted]; },
  "pipeTo with a signal": async () => { const c = new AbortController(); const p = new ReadableStream({ pull(s) { s.enqueue(1); return scheduler.wait(2); } }).pipeTo(new WritableStream(), { signal: c.signal }); await scheduler.wait(5); c.abort(new TypeError("stopped")); return outcome(() => p); },
  "a writer": async () => { const seen = []; const w = new WritableStream({ start() { seen.push("start"); }, write(c) { seen.push(c); }, close() { seen.push("close"); }, abort(r) { seen.push(r); } }).getWriter(); await w.ready; w.write("a"); w.write("b"); await w.close(); return [seen, w.desiredSize, await w.closed]; },
  "a writer that aborts": async () => { const seen = []; const w = new WritableStream({ abort(r) { seen.push(r); } }).getWriter(); w.closed.catch(() => {}); await w.abort("why"); return [seen, await outcome(() => w.write(1))]; },
  "back pressure": async () => { const s = new WritableStream({ write() { return scheduler.wait(1); } }, { highWaterMark: 2 }); const w = s.getWriter(); const sizes = [w.desiredSize]; const writes = [w.write(1), w.write(2), w.write(3)]; sizes.push(w.desiredSize); await Promise.all(writes); sizes.push(w.desiredSize); return sizes; },
  "byte streams": async () => { const s = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.close(); } }); const r = s.getReader({ mode: "byob" }); const one = await r.read(new Uint8Array(2)); const two = await r.read(new Uint8Array(2)); return [one, two]; },
  "an identity transform": async () => { const { readable, writable } = new TransformStream(); const w = writable.getWriter(); w.write("a"); w.write({ b: 1 }); w.close(); return Array.fromAsync(readable); },
  "text decoding across chunks": async () => { const bytes = new TextEncoder().encode("ä€😀"); const parts = [...bytes].map((b) => new Uint8Array([b])); return (await Array.fromAsync(ReadableStream.from(parts).pipeThrough(new TextDecoderStream()))).join(""); },
  "text encoding of a split pair": async () => new Response(ReadableStream.from(["\ud83d", "\ude00"]).pipeThrough(new TextEncoderStream())).text(),
  "from other things": async () => [await Array.fromAsync(ReadableStream.from("ab")), await Array.fromAsync(ReadableStream.from((async function* () { yield 1; yield 2; })())), await outcome(() => ReadableStream.from(5)).then((r) => r.threw?.$)],
  "a body that errors midway": async () => { let n = 0; return outcome(() => new Response(new ReadableStream({ pull(c) { if (n++ < 2) c.enqueue(new Uint8Array([65])); else c.error(new RangeError("midway")); } })).text()); },
  "a body of wrong chunks": async () => (await outcome(() => new Response(new ReadableStream({ start(c) { c.enqueue(5); c.close(); } })).text())).threw?.$,
  "enqueue after close": async () => { let c; new ReadableStream({ start(controller) { c = controller; } }); c.close(); return outcomes({ enqueue: () => c.enqueue(1), close: () => c.close(), size: () => c.desiredSize }).then((all) => Object.fromEntries(Object.entries(all).map(([k, v]) => [k, v.threw?.$ ?? v.gave]))); },
  "strategies": () => [new CountQueuingStrategy({ highWaterMark: 3 }).size("x"), new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(new Uint8Array(5)), new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark],
  "blob streams": async () => [await new Response(new Blob(["a", "b"]).stream()).text(), (await Array.fromAsync(new Blob(["abc"]).stream())).length],
  "a stream used twice": async () => { const s = text(["x"]); await new Response(s).text(); return outcome(() => new Response(s)); },
};

const { worker, Place } = program(Object.fromEntries(Object.entries(cases).map(([name, run]) => [name, stateless(run)])));

export default worker;
export { Place, Actor as Subject, Actor as Plain };
