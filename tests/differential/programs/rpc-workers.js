// Calls of entrypoints: classes, plain handlers, dynamic workers, facets; props and env.

import { DurableObject, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { Actor, differs, outcome, outcomes, program, show } from "../suite.js";

export class Entry extends WorkerEntrypoint {
  calls = 0;
  hi(x) { return `hi ${x}`; }
  props() { return this.ctx.props; }
  bindings() { return Object.keys(this.env).sort(); }
  count() { return ++this.calls; }
  get property() { return "p"; }
  many(...all) { return all.length; }
  fail() { throw new TypeError("from the entrypoint"); }
  callback(fn) { return fn("called"); }
  make() { return new Thing(); }
  async background() { this.ctx.waitUntil(scheduler.wait(1)); return "answered"; }
  async toObject(name) { return this.env.SUBJECTS.getByName(name).hello("entry"); }
  async fetch(request) { return new Response(`fetched ${new URL(request.url).pathname}`); }
}
class Thing extends RpcTarget { name() { return "thing"; } }

export const handlers = {
  one(x, env, ctx) { return [x, typeof env, typeof ctx, this === handlers]; },
  two(x, env) { return x; },
  four(a, b, c, d) { return 4; },
  none() { return "none"; },
  arrow: (x) => x,
  value: 3,
  nested: { f: (x) => x },
  async fetch() { return new Response("handler"); },
};

export class Subject extends Actor {
  hello(x) { return `hello ${x}`; }
  abort(reason) { this.ctx.abort(reason); }
  async run(fn) { return fn(); }
  count() { return (this.n = (this.n ?? 0) + 1); }
  async child(name, ...args) { return this.ctx.facets.get("child", () => ({ class: this.ctx.exports.Subject }))[name](...args); }
  pass(name, ...args) { return this.ctx.facets.get("child", () => ({ class: this.ctx.exports.Subject }))[name](...args); }
  fail() { throw Object.assign(new RangeError("deep inside"), { code: 9 }); }
  idOf() { return String(this.ctx.id); }
  put(n) { this.ctx.storage.kv.put("n", n); return this.ctx.storage.kv.get("n"); }
  async putAndFail(n) { this.ctx.storage.kv.put("n", n); throw new Error("after the write"); }
  get() { return this.ctx.storage.kv.get("n"); }
  counter() { return new FacetCounter(this); }
}
class FacetCounter extends RpcTarget {
  constructor(owner) { super(); this.owner = owner; }
  add() { return this.owner.count(); }
}

const facet = (t, name = "f", Class = "Subject") => t.facets.get(name, () => ({ class: t.exports[Class] }));
const dynamic = (t, source, more) => t.load(`import { DurableObject, WorkerEntrypoint, RpcTarget } from "cloudflare:workers";\n${source}`, more);

const { worker, Place } = program({
  "an entrypoint class": (t) => outcomes({
    method: () => t.exports.Entry.hi(1),
    property: () => t.exports.Entry.property,
    many: () => t.exports.Entry.many(1, 2, 3),
    none: () => t.exports.Entry.many(),
    missing: () => t.exports.Entry.nope(),
    own: () => t.exports.Entry.calls,
    ctx: () => t.exports.Entry.ctx,
    failure: () => t.exports.Entry.fail(),
    fetch: async () => (await t.exports.Entry.fetch("http://x/path")).text(),
    reserved: () => t.exports.Entry.dup(),
    props: () => t.exports.Entry.props(),
    "given props": () => t.exports.Entry({ props: { a: [1] } }).props(),
    bindings: () => t.exports.Entry.bindings(),
    "a new instance for each call": async () => [await t.exports.Entry.count(), await t.exports.Entry.count()],
    callback: () => t.exports.Entry.callback((x) => `${x} back`),
    target: () => t.exports.Entry.make().name(),
    waitUntil: () => t.exports.Entry.background(),
    "an object behind it": () => t.exports.Entry.toObject("behind"),
  }),
  "plain handlers": (t) => outcomes({
    one: () => t.exports.handlers.one("A"),
    "without an argument": () => t.exports.handlers.one(),
    "two arguments": () => t.exports.handlers.one("A", "B"),
    two: () => t.exports.handlers.two("A"),
    four: () => t.exports.handlers.four("A"),
    none: () => t.exports.handlers.none(),
    "none, with one": () => t.exports.handlers.none("A"),
    arrow: () => t.exports.handlers.arrow("q"),
    "not a function": () => t.exports.handlers.value(1),
    "read": () => t.exports.handlers.value,
    "read function": async () => typeof await t.exports.handlers.one,
    nested: () => t.exports.handlers.nested.f(1),
    missing: () => t.exports.handlers.nope(1),
    fetch: async () => (await t.exports.handlers.fetch("http://x/")).text(),
  }),
  "dynamic workers": (t) => outcomes({
    class: () => dynamic(t, `export default class extends WorkerEntrypoint { hi(x) { return ["hi", x, this.ctx.props]; } }`).getEntrypoint(null, { props: { p: 1 } }).hi(2),
    named: () => dynamic(t, `export default {}; export class Other extends WorkerEntrypoint { hi() { return "other"; } }`).getEntrypoint("Other").hi(),
    handler: () => dynamic(t, `export default { hi(x, env) { return [x, env]; } }`, { env: { a: 1 } }).getEntrypoint().hi("x"),
    "no such entrypoint": () => dynamic(t, `export default {}`).getEntrypoint("Nope").hi(1),
    target: () => dynamic(t, `class T extends RpcTarget { v() { return 5; } } export default { make() { return new T(); } }`).getEntrypoint().make(1).v(),
    callback: () => dynamic(t, `export default { run(f) { return f(4); } }`).getEntrypoint().run((x) => x * 2),
    "by id": () => t.env.LOADER.get("rpc", async () => ({ compatibilityDate: "2026-08-01", mainModule: "m.js", modules: { "m.js": "export default { hi(x) { return x; } }" } })).getEntrypoint().hi("id"),
  }),
  "no default entrypoint": differs("the reference answers an internal error", { threw: { $: "Error", name: "Error", message: "Worker has no default entrypoint." } },
    (t) => dynamic(t, `export const x = {}`).getEntrypoint().hi(1)),
  "facets": (t) => outcomes({
    method: () => facet(t).hello("facet"),
    missing: () => facet(t).nope(),
    failure: () => facet(t).fail(),
    memory: async () => [await facet(t).count(), await facet(t).count()],
    storage: async () => [await facet(t).put(5), await facet(t).get()],
    "a write before a failure stays": async () => [await outcome(() => facet(t).putAndFail(6)), await facet(t).get()],
    callback: () => facet(t).run(() => "from the parent"),
    target: async () => { using counter = await facet(t, "c").counter(); return [await counter.add(), await counter.add(), await facet(t, "c").count()]; },
    pipelined: () => facet(t, "d").counter().add(),
    nested: () => facet(t).child("hello", "inside"),
    "passed through": () => t.subject().pass("hello", "through"),
    "failure passed through": () => t.subject().pass("fail"),
    "of a dynamic class": () => t.facets.get("g", () => ({ class: dynamic(t, `export class D extends DurableObject { v() { return ["v", this.ctx.id]; } }`).getDurableObjectClass("D"), id: "own" })).v(),
    "without the base": () => t.facets.get("h", () => ({ class: dynamic(t, `export class D { v() {} }`).getDurableObjectClass("D") })).v(),
    "id is a call": () => facet(t).id,
    "name is a call": () => facet(t).name,
  }),
  "an aborted facet": async (t) => {
    const stub = facet(t);
    await stub.hello(1);
    t.facets.abort("f", new RangeError("enough"));
    return [await outcome(() => stub.hello(2)), await outcome(() => facet(t).hello(3))];
  },
  "an object that resets itself": async (t) => {
    const stub = t.subject();
    return [await outcome(() => stub.abort("on purpose")), await outcome(() => stub.hello(1)), await outcome(() => t.subject().hello(2))];
  },
  "targets of a reset object": async (t) => {
    const counter = await t.subject().counter();
    const first = await counter.add();
    await outcome(() => t.subject().abort("gone"));
    return [first, (await outcome(() => counter.add())).threw !== undefined];
  },
  "writes of a call are there when it answers": async (t) => [await t.subject().put(1), await t.subject().get(), await outcome(() => t.subject().putAndFail(2)), await t.subject().get()],
  "calls wait for a critical section": async (t) => {
    const worker = dynamic(t, `export class D extends DurableObject {
      log = [];
      block() { return this.ctx.blockConcurrencyWhile(async () => { this.log.push("in"); await scheduler.wait(5); this.log.push("out"); return 1; }); }
      note() { this.log.push("note"); return this.log; } }`);
    const stub = t.facets.get("b", () => ({ class: worker.getDurableObjectClass("D") }));
    const [, log] = await Promise.all([stub.block(), stub.note()]);
    return log;
  },
  "a handler may answer with a call's response": async (t) => {
    const worker = dynamic(t, `export default { async fetch(request, env) { return env.S.respond(request.url); } }`, { env: { S: t.exports.Responder({ props: {} }) } });
    const response = await worker.getEntrypoint().fetch("http://x/y");
    return [response.status, await response.text()];
  },
});

export class Responder extends WorkerEntrypoint {
  respond(url) { return new Response(`for ${url}`, { status: 202 }); }
}

export default worker;
export { Place, Actor as Plain };
