// Namespaces, ids, stubs, ctx, and what callers see of an object's failures.

import { DurableObject } from "cloudflare:workers";
import { Actor, ask, outcome, outcomes, program, show, stateless, textOf } from "../suite.js";

const members = (value) => Object.getOwnPropertyNames(Object.getPrototypeOf(value)).sort();
const tag = (value) => Object.prototype.toString.call(value);

export class Subject extends Actor {
  count = 0;

  constructor(ctx, env) {
    super(ctx, env);
    if (ctx.id.name.endsWith("broken constructor")) throw new RangeError("no constructor today");
    if (ctx.id.name.endsWith("broken block")) ctx.blockConcurrencyWhile(async () => { throw new TypeError("blocked and failed"); });
    if (ctx.id.name.endsWith("blocks")) ctx.blockConcurrencyWhile(async () => { await scheduler.wait(5); this.ready = true; });
  }

  add(n) { return (this.count += n); }
  isReady() { return this.ready; }
  name() { return this.ctx.id.name; }
  fail(kind) {
    const made = {
      error: () => new Error("a plain error"),
      type: () => new TypeError("a type error"),
      range: () => new RangeError("a range error"),
      syntax: () => new SyntaxError("a syntax error"),
      custom: () => Object.assign(new (class CustomError extends Error { name = "CustomError"; })("mine"), { code: 7, extra: { a: [1] } }),
      unnamed: () => new (class MyError extends Error {})("of a subclass"),
      text: () => "just text",
      number: () => 42,
      undefined: () => undefined,
      null: () => null,
      object: () => ({ some: "object" }),
      dom: () => new DOMException("timed out", "TimeoutError"),
      cause: () => new Error("outer", { cause: new TypeError("inner") }),
      aggregate: () => new AggregateError([new Error("one")], "several"),
      empty: () => new Error(),
    };
    throw made[kind]();
  }
  abort(reason) { this.ctx.abort(reason); }
  async abortLater(reason) { await scheduler.wait(1); this.ctx.abort(reason); }
  failBlocked() { return this.ctx.blockConcurrencyWhile(async () => { throw new RangeError("in the block"); }); }
  writeAndFail() { this.ctx.storage.kv.put("kept", 1); throw new Error("after a write"); }
  writeAndAbort() { this.ctx.storage.kv.put("lost", 1); this.ctx.abort("after a write"); }
  keys() { return [...this.ctx.storage.kv.list()].map(([key]) => key); }
  props() { return this.ctx.props; }
  async order(n) { this.log ??= []; this.log.push(n); await scheduler.wait(5 - n); return this.log.join(""); }
  passFailure() { return ask(this.env.SUBJECTS.getByName("the one that fails"), "fail", "type"); }
}

/** A class without a base: only its handlers are called. */
export class Plain {
  constructor(ctx, env) { this.state = ctx; this.bindings = Object.keys(env).sort(); }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/keys") return Response.json(this.bindings);
    if (pathname === "/text") return "not a response";
    if (pathname === "/nothing") return;
    return Response.json([Object.keys(this), this.state.id.name, request.method, pathname]);
  }
}

const { worker, Place } = program({
  "members of a namespace": (t) => [tag(t.env.SUBJECTS), members(t.env.SUBJECTS), Object.keys(t.env.SUBJECTS), t.env.SUBJECTS.constructor.name],
  "idFromName is the same for the same name": (t) => {
    const [a, b, c] = ["x", "x", "y"].map((name) => t.env.SUBJECTS.idFromName(name));
    return [a.equals(b), a.equals(c), String(a) === String(b), a.toString().length, /^[0-9a-f]{64}$/.test(a), a.name, `${b.name}`];
  },
  "names are converted": (t) => [1, null, undefined, "", true, ["a", "b"], {}].map((name) => t.env.SUBJECTS.idFromName(name).name),
  "ids of two namespaces differ": (t) => t.env.SUBJECTS.idFromName("x").equals(t.env.PLACES.idFromName("x")),
  "idFromName without a name": (t) => outcomes({
    nothing: () => t.env.SUBJECTS.idFromName(),
    symbol: () => t.env.SUBJECTS.idFromName(Symbol("s")),
    getByName: () => t.env.SUBJECTS.getByName(),
  }),
  "newUniqueId": (t) => {
    const [a, b] = [t.env.SUBJECTS.newUniqueId(), t.env.SUBJECTS.newUniqueId({})];
    return [a.equals(b), a.equals(t.env.SUBJECTS.idFromString(String(a))), a.name, String(a).length, "name" in a];
  },
  "idFromString": (t) => {
    const id = t.env.SUBJECTS.idFromName("x");
    const back = t.env.SUBJECTS.idFromString(String(id));
    const upper = t.env.SUBJECTS.idFromString(String(id).toUpperCase());
    return [back.equals(id), back.name, String(back) === String(id), upper.equals(id), String(upper) === String(id)];
  },
  "idFromString of what is no id": (t) => outcomes({
    nothing: () => t.env.SUBJECTS.idFromString(),
    empty: () => t.env.SUBJECTS.idFromString(""),
    short: () => t.env.SUBJECTS.idFromString("abc"),
    letters: () => t.env.SUBJECTS.idFromString("z".repeat(64)),
    foreign: () => t.env.SUBJECTS.idFromString(String(t.env.PLACES.idFromName("x"))),
    made_up: () => t.env.SUBJECTS.idFromString("0".repeat(64)),
  }),
  "jurisdictions": (t) => outcomes({
    eu: () => t.env.SUBJECTS.jurisdiction("eu"),
    unique: () => t.env.SUBJECTS.newUniqueId({ jurisdiction: "eu" }),
    none: () => tag(t.env.SUBJECTS.jurisdiction(null)),
    undefined: () => t.env.SUBJECTS.idFromName("a").jurisdiction,
  }),
  "get of what is no id": (t) => outcomes({
    nothing: () => t.env.SUBJECTS.get(),
    text: () => t.env.SUBJECTS.get("x"),
    object: () => t.env.SUBJECTS.get({}),
    mode: () => t.env.SUBJECTS.get(t.env.SUBJECTS.idFromName("x"), { routingMode: "wrong" }),
    hint: () => tag(t.env.SUBJECTS.get(t.env.SUBJECTS.idFromName("x"), { locationHint: "weur" })),
  }),
  "shape of an id": (t) => {
    const id = t.env.SUBJECTS.idFromName("x");
    return [tag(id), members(id), Object.keys(id), JSON.stringify(id), JSON.stringify(t.env.SUBJECTS.newUniqueId()), `${id}` === id.toString(), id.constructor.name];
  },
  "equals of what is no id": (t) => outcomes({
    nothing: () => t.env.SUBJECTS.idFromName("x").equals(),
    text: () => t.env.SUBJECTS.idFromName("x").equals("x"),
    object: () => t.env.SUBJECTS.idFromName("x").equals({}),
  }),
  "shape of a stub": async (t) => {
    const stub = t.env.SUBJECTS.get(t.env.SUBJECTS.idFromName("x"));
    stub.mine = 1;
    return [tag(stub), Object.keys(stub), stub.name, stub.id.equals(t.env.SUBJECTS.idFromName("x")), typeof stub.fetch, stub.then, (await stub) === stub,
      stub instanceof Object, stub.constructor.name, t.env.SUBJECTS.get(t.env.SUBJECTS.newUniqueId()).name, t.env.SUBJECTS.getByName("y").name];
  },
  "a stub and an id cannot be cloned": (t) => outcomes({
    stub: () => structuredClone(t.subject()),
    id: () => structuredClone(t.env.SUBJECTS.idFromName("x")),
    namespace: () => structuredClone(t.env.SUBJECTS),
    storage: () => structuredClone(t.storage),
    loader: () => structuredClone(t.env.LOADER),
    nested: () => structuredClone({ a: [t.subject()] }),
  }),
  "a stub needs an absolute URL": (t) => outcomes({
    relative: () => t.subject().fetch("/a"),
    empty: () => t.subject().fetch(""),
    nothing: () => t.subject().fetch(),
    words: () => t.subject().fetch("not a url"),
    url: async () => (await t.subject().fetch(new URL("http://x/"), { method: "POST", body: '["name", []]' })).json(),
    request: async () => (await t.subject().fetch(new Request("http://x/", { method: "POST", body: '["add", [2]]' }))).json(),
  }),
  "memory lasts between calls": async (t) => [await ask(t.subject(), "add", 1), await ask(t.subject(), "add", 2), await ask(t.subject("two"), "add", 5)],
  "ctx.id.name": async (t) => {
    const named = await ask(t.env.SUBJECTS.getByName("my name"), "name");
    const again = await ask(t.env.SUBJECTS.get(t.env.SUBJECTS.idFromString(String(t.env.SUBJECTS.idFromName("my name")))), "name");
    return [named, again, t.ctx.id.name];
  },
  "calls on one stub arrive in order": async (t) => {
    const stub = t.subject();
    return Promise.all([1, 2, 3, 4].map((n) => ask(stub, "order", n)));
  },
  "errors as the caller sees them": async (t) => {
    const kinds = ["error", "type", "range", "syntax", "custom", "unnamed", "text", "number", "undefined", "null", "object", "dom", "cause", "aggregate", "empty"];
    return outcomes(Object.fromEntries(kinds.map((kind) => [kind, () => ask(t.subject(), "fail", kind)])));
  },
  "an object lives on after an error": async (t) => [await ask(t.subject(), "add", 1), await outcome(() => ask(t.subject(), "fail", "error")), await ask(t.subject(), "add", 1)],
  "an error that passes through": (t) => outcome(() => ask(t.subject(), "passFailure")),
  "a constructor that throws": async (t) => [await outcome(() => ask(t.subject("broken constructor"), "add", 1)), await outcome(() => ask(t.subject("broken constructor"), "add", 1))],
  "a constructor whose block fails": async (t) => [await outcome(() => ask(t.subject("broken block"), "add", 1)), await outcome(() => ask(t.subject("broken block"), "add", 1))],
  "a constructor that blocks": (t) => ask(t.subject("blocks"), "isReady"),
  "abort": async (t) => {
    const stub = t.subject();
    await ask(stub, "add", 5);
    const aborted = await outcome(() => ask(stub, "abort", "enough"));
    return [aborted, await outcome(() => ask(stub, "add", 1)), await ask(t.subject(), "add", 1)];
  },
  "abort without a reason": (t) => outcome(() => ask(t.subject(), "abort")),
  "abort fails other calls": async (t) => {
    const stub = t.subject();
    const waiting = outcome(() => ask(stub, "abortLater", "later"));
    return [await waiting, await outcome(() => ask(stub, "add", 1)), await ask(t.subject(), "add", 1)];
  },
  "a failed block resets the object": async (t) => {
    const stub = t.subject();
    await ask(stub, "add", 5);
    return [await outcome(() => ask(stub, "failBlocked")), await outcome(() => ask(stub, "add", 1)), await ask(t.subject(), "add", 1)];
  },
  "writes before an error stay": async (t) => [await outcome(() => ask(t.subject(), "writeAndFail")), await ask(t.subject(), "keys")],
  "writes before an abort are lost": async (t) => [await outcome(() => ask(t.subject(), "writeAndAbort")), await ask(t.subject(), "keys")],
  "ctx.props of an object": (t) => ask(t.subject(), "props"),
  "shape of ctx": (t) => ({
    tag: tag(t.ctx), own: Object.keys(t.ctx), same: t.ctx.storage === t.ctx.storage, facets: t.ctx.facets === t.ctx.facets,
    id: tag(t.ctx.id), container: t.ctx.container, props: t.ctx.props, exports: typeof t.ctx.exports, constructor: t.ctx.constructor.name,
    methods: ["waitUntil", "blockConcurrencyWhile", "abort", "acceptWebSocket", "getWebSockets", "getTags", "setWebSocketAutoResponse", "getWebSocketAutoResponse",
      "getWebSocketAutoResponseTimestamp", "setHibernatableWebSocketEventTimeout", "getHibernatableWebSocketEventTimeout"].map((name) => [name, typeof t.ctx[name]]),
  }),
  "shape of ctx in the stateless worker": stateless((t) => ({
    tag: tag(t.ctx), own: ["props", "exports"].filter((name) => Object.keys(t.ctx).includes(name)), props: t.ctx.props, constructor: t.ctx.constructor.name,
    methods: ["waitUntil", "passThroughOnException", "abort"].map((name) => [name, typeof t.ctx[name]]),
    waitUntil: t.ctx.waitUntil(Promise.resolve(1)), pass: t.ctx.passThroughOnException(),
  })),
  "env": stateless((t) => ({ keys: Object.keys(t.env).sort(), text: t.env.TEXT, json: t.env.JSON, tag: tag(t.env), loader: tag(t.env.LOADER) })),
  "ctx.exports": stateless((t) => ({
    keys: Object.keys(t.exports).sort(), place: typeof t.exports.Place, members: typeof t.exports.Place.idFromName, self: typeof t.exports.default,
    missing: t.exports.Nope, tag: tag(t.exports),
  })),
  "ctx.exports leads to the same objects": async (t) => {
    const id = t.exports.Subject.idFromName("shared");
    await ask(t.exports.Subject.get(id), "add", 3);
    return [id.equals(t.env.SUBJECTS.idFromName("shared")), await ask(t.env.SUBJECTS.getByName("shared"), "add", 1), await ask(t.exports.Subject.getByName("shared"), "add", 1)];
  },
  "a plain class": async (t) => {
    const get = async (path, init) => (await t.env.PLAINS.getByName("p").fetch(`http://x${path}`, init)).json();
    return [await get("/a/b?c"), await get("/keys"), await get("/", { method: "PUT", body: "x" })];
  },
  "an answer that is no Response": (t) => outcomes({
    text: () => textOf(t.env.PLAINS.getByName("p"), "http://x/text"),
    nothing: () => textOf(t.env.PLAINS.getByName("p"), "http://x/nothing"),
  }),
  "a class without a base has no fetch": (t) => outcome(() => new DurableObject({}, {})),
  "blockConcurrencyWhile": async (t) => {
    const order = [];
    const result = await t.ctx.blockConcurrencyWhile(async () => {
      order.push("in");
      await scheduler.wait(1);
      order.push("out");
      return "value";
    });
    return [result, order, await t.ctx.blockConcurrencyWhile(() => 5), await outcome(() => t.ctx.blockConcurrencyWhile()),
      await t.ctx.blockConcurrencyWhile(() => t.ctx.blockConcurrencyWhile(async () => "nested"))];
  },
  "waitUntil": (t) => [t.ctx.waitUntil(Promise.resolve()), t.ctx.waitUntil(scheduler.wait(1))].map(show),
  "no WebSockets yet": (t) => t.ctx.getWebSockets(),
  "env of the class": (t) => [t.self.env === t.env, t.self.ctx === t.ctx, Object.keys(t.self)],
});

export default worker;
export { Place };
