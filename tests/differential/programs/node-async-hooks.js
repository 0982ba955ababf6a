// flags: nodejs_compat
// node:async_hooks: where the value of an AsyncLocalStorage goes.

import asyncHooks, { AsyncLocalStorage, AsyncResource, asyncWrapProviders, createHook, executionAsyncId, executionAsyncResource, triggerAsyncId } from "node:async_hooks";
import { Actor, outcomes, program, stateless } from "../suite.js";

const als = new AsyncLocalStorage();
const atTheTop = AsyncLocalStorage.snapshot();
const store = () => als.getStore() ?? "none";
const wait = (ms = 1) => scheduler.wait(ms);
const tag = (value) => (value === globalThis ? "global" : value === null ? "null" : value === undefined ? "undefined" : Object.prototype.toString.call(value));
/** Calls `start(done)` in a context, and resolves with the value where `done` is called. */
const seen = (start) => als.run("inside", () => new Promise((resolve) => start(() => resolve(store()))));

const cases = {
  "outside": () => store(),
  "run": () => als.run(1, (...args) => [als.getStore(), ...args], "x", "y"),
  "nested": () => als.run(1, () => [als.run(2, () => als.getStore()), als.getStore(), als.exit(() => store()), als.getStore()]),
  "what run returns and throws": () => outcomes({ value: () => als.run(1, () => 5), error: () => als.run(1, () => { throw new RangeError("x"); }), after: () => store() }),
  "values of all kinds": () => [undefined, null, 0, "", false, NaN].map((value) => als.run(value, () => als.getStore())),
  "several storages": () => { const other = new AsyncLocalStorage(); return als.run(1, () => other.run(2, () => [als.getStore(), other.getStore(), als.exit(() => [store(), other.getStore()])])); },
  "many storages": () => { const all = Array.from({ length: 30 }, () => new AsyncLocalStorage()); const go = (i) => (i === all.length ? all.map((one) => one.getStore()) : all[i].run(i, () => go(i + 1))); return go(0); },
  "deep nesting": () => { const go = (n) => (n === 0 ? als.getStore() : als.run(n, () => go(n - 1))); return als.run("top", () => [go(50), als.getStore()]); },
  "after await": () => als.run(1, async () => { const all = [store()]; await null; all.push(store()); await wait(); all.push(store()); return all; }),
  "await in the caller": async () => { const inner = als.run(1, async () => { await wait(); return store(); }); const all = [store()]; all.push(await inner); all.push(store()); return all; },
  "then": () => als.run(1, () => Promise.resolve().then(store).then((first) => [first, store()])),
  "catch and finally": () => als.run(1, () => Promise.reject(new Error("x")).catch(() => store()).finally(() => store())),
  "a promise made inside, awaited outside": async () => { const promise = als.run("in", () => wait()); return promise.then(store); },
  "a promise made outside, awaited inside": async () => { let resolve; const promise = new Promise((r) => { resolve = r; }); const inner = als.run("awaiter", () => promise.then(store)); als.run("resolver", () => resolve()); return inner; },
  "a promise that is settled already": () => { const promise = als.run("in", () => Promise.resolve(1)); return als.run("out", () => promise.then(store)); },
  "rejections": async () => { let reject; const promise = new Promise((_, r) => { reject = r; }); const inner = als.run("awaiter", () => promise.catch(store)); als.run("rejecter", () => reject(1)); return inner; },
  "thenables": () => als.run("t", async () => { let inside; await { then(resolve) { inside = store(); resolve(); } }; return [inside, store()]; }),
  "thenables that resolve elsewhere": async () => { let go; const result = als.run("t", async () => { await { then(resolve) { go = resolve; } }; return store(); }); await null; als.run("other", () => go()); return result; },
  "promise combinators": () => als.run("c", async () => { await Promise.all([1, wait(), Promise.resolve()]); const all = [store()]; await Promise.race([wait(2), wait(1)]); all.push(store()); await Promise.any([Promise.reject(1), wait()]); all.push(store()); await Promise.allSettled([Promise.reject(1)]); all.push(store()); return all; }),
  "async iteration": () => als.run("i", async () => { const all = []; for await (const item of [wait(), 2]) all.push(item === undefined ? store() : item); return [...all, store()]; }),
  "generators": () => { function* g() { yield store(); yield store(); } return als.run("g1", () => { const it = g(); return [it.next().value, als.run("g2", () => it.next().value)]; }); },
  "async generators": async () => { async function* g() { yield store(); yield store(); await null; yield store(); } const it = g(); return [(await als.run("a1", () => it.next())).value, (await als.run("a2", () => it.next())).value, (await als.run("a3", () => it.next())).value]; },
  "dynamic import": () => als.run("d", async () => { await import("node:util"); return store(); }),
  "queueMicrotask": () => seen((done) => queueMicrotask(done)),
  "setTimeout": () => seen((done) => setTimeout(done, 1)),
  "setTimeout without a delay": () => seen((done) => setTimeout(done)),
  "setTimeout with arguments": () => als.run(3, () => new Promise((resolve) => setTimeout((a, b) => resolve([a, b, store()]), 1, "a", "b"))),
  "setInterval": () => als.run("i", () => new Promise((resolve) => { const all = []; const id = setInterval(() => { all.push(store()); if (all.length === 3) { clearInterval(id); resolve(all); } }, 1); })),
  "setImmediate": () => seen((done) => setImmediate(done)),
  "nextTick": () => seen((done) => process.nextTick(done)),
  "timers of timers": () => als.run("one", () => new Promise((resolve) => setTimeout(() => als.run("two", () => setTimeout(() => resolve(store()), 1)), 1))),
  "scheduler.wait": () => als.run("w", async () => { await wait(); return store(); }),
  "events": () => { const target = new EventTarget(); let at; als.run("registered", () => target.addEventListener("x", () => { at = store(); })); als.run("dispatched", () => target.dispatchEvent(new Event("x"))); return at; },
  "abort events": () => { const controller = new AbortController(); let at; als.run("registered", () => controller.signal.addEventListener("abort", () => { at = store(); })); als.run("aborted", () => controller.abort()); return at; },
  "onabort": () => { const controller = new AbortController(); let at; als.run("registered", () => { controller.signal.onabort = () => { at = store(); }; }); als.run("aborted", () => controller.abort()); return at; },
  "a signal's timeout": () => als.run("made", () => { const signal = AbortSignal.timeout(2); return new Promise((resolve) => als.run("registered", () => signal.addEventListener("abort", () => resolve(store())))); }),
  "the start of a stream": () => als.run("s", () => { let at; new ReadableStream({ start() { at = store(); } }); return at; }),
  "reading": () => als.run("s", () => { const stream = new ReadableStream({ start(c) { c.enqueue("x"); } }); return als.run("reader", async () => { await stream.getReader().read(); return store(); }); }),
  "cancelling": () => { let at; const stream = new ReadableStream({ cancel() { at = store(); } }); return als.run("canceller", async () => { await stream.cancel(); return [at, store()]; }); },
  "transforming": () => als.run("made", async () => { const at = []; const stream = new TransformStream({ transform(chunk, controller) { at.push(store()); controller.enqueue(chunk); }, flush() { at.push(store()); } }); const writer = stream.writable.getWriter(); als.run("writer", () => { writer.write(1).catch(() => {}); writer.close(); }); await als.run("reader", async () => { for await (const chunk of stream.readable) at.push(chunk, store()); }); return at; }),
  "closing": () => als.run("made", async () => { let at; const stream = new WritableStream({ close() { at = store(); } }); await wait(); const writer = stream.getWriter(); await als.run("closer", () => writer.close()); return at; }),
  "bodies": () => als.run("b", async () => { const all = []; await new Response("x").text(); all.push(store()); await new Request("http://x/", { method: "POST", body: "{}" }).json(); all.push(store()); await new Blob(["x"]).arrayBuffer(); all.push(store()); return all; }),
  "digests": () => als.run("d", async () => { await crypto.subtle.digest("SHA-256", new Uint8Array(1)); return store(); }),
  "requests": (t) => als.run("r", async () => { const answer = await t.subject().fetch("http://x/", { method: "POST", body: '["toString",[]]' }).catch(() => {}); return [answer !== undefined, store()]; }),
  "bind": () => { const bound = als.run("bound", () => AsyncLocalStorage.bind(function (...args) { return [store(), tag(this), ...args]; })); return als.run("caller", () => [bound(1, 2), bound.call({ x: 1 }), bound.name, bound.length, store()]); },
  "snapshot": () => { const snapshot = als.run("snap", () => AsyncLocalStorage.snapshot()); return als.run("caller", () => [snapshot((...args) => [store(), ...args], 1, 2), snapshot(function () { return tag(this); }), snapshot.name, snapshot.length, store()]); },
  "a snapshot from the top": () => als.run("x", () => atTheTop(store)),
  "snapshots hold all storages": () => { const other = new AsyncLocalStorage(); const snapshot = als.run(1, () => other.run(2, () => AsyncLocalStorage.snapshot())); return als.run(3, () => snapshot(() => [als.getStore(), other.getStore()])); },
  "enterWith and disable": () => outcomes({ enterWith: () => als.enterWith(1), disable: () => als.disable() }),
  "a default and a name": () => { const named = new AsyncLocalStorage({ defaultValue: 5, name: "nm" }); return [named.getStore(), named.name, named.run(1, () => named.getStore()), named.run(undefined, () => named.getStore()), named.exit(() => named.getStore()), als.name]; },
  "odd options": () => outcomes({ null: () => tag(new AsyncLocalStorage(null)), number: () => tag(new AsyncLocalStorage(5)), text: () => tag(new AsyncLocalStorage("x")), name: () => new AsyncLocalStorage({ name: 5 }).name, nothing: () => new AsyncLocalStorage({ name: undefined }).name, nul: () => new AsyncLocalStorage({ name: null }).name }),
  "a resource": () => { const resource = als.run("made", () => new AsyncResource("TYPE")); return als.run("caller", () => [resource.runInAsyncScope(function (...args) { return [store(), tag(this), ...args]; }, { a: 1 }, 2, 3), resource.runInAsyncScope(function () { return tag(this); }), resource.runInAsyncScope(function () { return tag(this); }, null), resource.runInAsyncScope(function () { return tag(this); }, 5), store()]); },
  "ids of a resource": () => { const resource = new AsyncResource("T"); return [resource.asyncId(), resource.triggerAsyncId(), resource.emitDestroy(), resource.type]; },
  "bind of a resource": () => { const resource = als.run("made", () => new AsyncResource("T")); const bound = resource.bind(function (a, b) { return [store(), tag(this), a, b]; }); return als.run("caller", () => [bound(1, 2), bound.call({ x: 1 }), bound.name, bound.length, bound.asyncResource === resource, Object.keys(bound), resource.bind(function () { return tag(this); }, null)(), resource.bind(function () { return this.y; }, { y: 7 })()]); },
  "AsyncResource.bind": () => { const bound = als.run("made", () => AsyncResource.bind(function (a) { return [store(), tag(this), a]; }, "T")); return als.run("caller", () => [bound(1), Object.keys(bound), AsyncResource.bind(function () { return this.z; }, "T", { z: 1 })()]); },
  "a class derived from AsyncResource": () => { class Mine extends AsyncResource { constructor() { super("M"); this.x = 1; } go() { return this.runInAsyncScope(store); } } const mine = als.run("made", () => new Mine()); return [mine instanceof AsyncResource, Object.keys(mine), als.run("caller", () => mine.go())]; },
  "a class derived from AsyncLocalStorage": () => { class Mine extends AsyncLocalStorage { get value() { return this.getStore(); } } const mine = new Mine(); return mine.run(4, () => mine.value); },
  "wrong arguments": () => outcomes({
    run: () => als.run(), "run without function": () => als.run(1), "run of a number": () => als.run(1, 2), exit: () => als.exit(), "exit of a text": () => als.exit("x"), bind: () => AsyncLocalStorage.bind(), "bind of a number": () => AsyncLocalStorage.bind(1),
    snapshot: () => AsyncLocalStorage.snapshot()(), "snapshot of a number": () => AsyncLocalStorage.snapshot()(1), "resource options": () => new AsyncResource("x", 5), "trigger id": () => new AsyncResource("x", { triggerAsyncId: 7 }), scope: () => new AsyncResource("x").runInAsyncScope(), "resource bind": () => new AsyncResource("x").bind(), "static bind": () => AsyncResource.bind(),
    "another this": () => als.run.call({}, 1, () => 1), "another this of getStore": () => als.getStore.call({}),
  }),
  "resources without a type": () => [new AsyncResource(), new AsyncResource(1), new AsyncResource("")].map(tag),
  "hooks": () => { const hook = createHook({ init() {} }); return [Object.keys(hook), hook.enable() === hook, hook.disable() === hook, hook.constructor.name, tag(createHook()), tag(createHook(1))]; },
  "ids": () => [executionAsyncId(), triggerAsyncId(), executionAsyncResource(), Object.keys(asyncWrapProviders).length, asyncWrapProviders.NONE],
  "the shape": () => [AsyncLocalStorage.name, AsyncLocalStorage.length, AsyncResource.name, AsyncResource.length, Object.keys(AsyncLocalStorage.prototype), Object.keys(AsyncResource.prototype), Reflect.ownKeys(als), tag(als), tag(new AsyncResource("x")), Object.keys(asyncHooks), JSON.stringify(als)],
  "unhandled rejections are none of it": () => als.run("x", async () => { Promise.reject(1).catch(() => {}); await null; return store(); }),
  "an error in a timer leaves no trace": async () => { als.run("bad", () => setTimeout(() => { throw new Error("expected"); }, 1)); await wait(5); return store(); },
  "an error in run leaves no trace": async () => { try { als.run("bad", () => { throw new Error("x"); }); } catch {} await null; return store(); },
};

const inObject = {
  "storage in an object": (t) => als.run("o", async () => { await t.storage.put("a", 1); const all = [store()]; await t.storage.get("a"); all.push(store()); await t.storage.sync(); all.push(store()); return all; }),
  "transactions": (t) => als.run("t", () => t.storage.transaction(async (txn) => { await txn.put("a", 1); return store(); })),
  "critical sections": (t) => als.run("c", () => t.ctx.blockConcurrencyWhile(async () => { const all = [store()]; await wait(); all.push(store()); return all; })),
  "facets": (t) => als.run("f", async () => { const answer = await t.facets.get("one", () => ({ class: t.exports.Subject })).fetch("http://x/", { method: "POST", body: '["toString",[]]' }); return [answer.status, store()]; }),
  "waitUntil": (t) => als.run("w", async () => { let at; t.ctx.waitUntil((async () => { await null; at = store(); })()); await wait(); return at; }),
};

const { worker, Place } = program({ ...Object.fromEntries(Object.entries(cases).map(([name, run]) => [name, stateless(run)])), ...inObject });

export default worker;
export class Subject extends Actor {
  toString() { return "subject"; }
}
export { Place, Actor as Plain };
