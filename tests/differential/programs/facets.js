// `ctx.facets`: starting, ending, failing, nesting.

import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { Actor, ask, code, differs, outcome, outcomes, program } from "../suite.js";

export class Subject extends Actor {
  count = 0;

  constructor(ctx, env) {
    super(ctx, env);
    if (ctx.props.failing) throw new RangeError("no facet today");
  }

  add(n) { return (this.count += n); }
  id() { return [typeof this.ctx.id, String(this.ctx.id.name ?? this.ctx.id)]; }
  props() { return this.ctx.props; }
  envKeys() { return Object.keys(this.env).sort(); }
  put(key, value) { this.ctx.storage.kv.put(key, value); }
  get(key) { return this.ctx.storage.kv.get(key); }
  keys() { return [...this.ctx.storage.kv.list()].map(([key]) => key); }
  fail() { throw new TypeError("the facet failed"); }
  abort(reason) { this.ctx.abort(reason); }
  async slow(ms) { await scheduler.wait(ms); return "slept"; }
  failBlocked() { return this.ctx.blockConcurrencyWhile(async () => { throw new Error("in the facet's block"); }); }
  deleteAll() { return this.ctx.storage.deleteAll(); }
  async nest(depth) {
    const child = this.ctx.facets.get("child", () => ({ class: this.ctx.exports.Subject }));
    return depth <= 1 ? ask(child, "add", 1) : ask(child, "nest", depth - 1);
  }
  async nestedPut(key, value) { return ask(this.ctx.facets.get("child", () => ({ class: this.ctx.exports.Subject })), "put", key, value); }
  async nestedKeys() { return ask(this.ctx.facets.get("child", () => ({ class: this.ctx.exports.Subject })), "keys"); }
  async callParent(name) { return ask(this.env.SUBJECTS.getByName(name), "add", 1); }
  async withFacet(name) { return ask(this.ctx.facets.get("f", () => ({ class: this.ctx.exports.Other })), "callParent", name); }
  alarm() {}
}

export class Other extends Actor {
  hello() { return "from Other"; }
  add(n) { return `other ${n}`; }
  async callParent(name) { return ask(this.env.SUBJECTS.getByName(name), "add", 7); }
  get(key) { return this.ctx.storage.kv.get(key); }
}

export class Entry extends WorkerEntrypoint {
  fetch() { return new Response("entry"); }
}

const start = (t, props) => () => ({ class: props === undefined ? t.exports.Subject : t.exports.Subject({ props }) });
const facet = (t, name = "f", props) => t.facets.get(name, start(t, props));
const never = () => { throw new Error("the callback was called"); };

const { worker, Place } = program({
  "shape of ctx.facets": (t) => [Object.prototype.toString.call(t.facets), Object.getOwnPropertyNames(Object.getPrototypeOf(t.facets)).sort(), t.ctx.facets === t.ctx.facets, Object.keys(t.facets)],
  "shape of a facet stub": (t) => {
    const stub = facet(t);
    return [Object.prototype.toString.call(stub), stub.constructor.name, typeof stub.fetch, Object.keys(stub), stub.then];
  },
  "a facet answers and remembers": async (t) => [await ask(facet(t), "add", 1), await ask(facet(t), "add", 2), await ask(facet(t, "g"), "add", 5)],
  "one stub, many calls": async (t) => {
    const stub = facet(t);
    return [await ask(stub, "add", 1), await ask(stub, "add", 1), await Promise.all([ask(stub, "add", 1), ask(stub, "add", 1)])];
  },
  "get alone starts nothing": (t) => {
    t.facets.get("f", never);
    return "fine";
  },
  "the callback of a running facet is not called": async (t) => {
    await ask(facet(t), "add", 1);
    return ask(t.facets.get("f", never), "add", 1);
  },
  "the callback is called once for concurrent first calls": async (t) => {
    let calls = 0;
    const get = () => t.facets.get("f", async () => { calls++; await scheduler.wait(2); return { class: t.exports.Subject }; });
    const answers = await Promise.all([ask(get(), "add", 1), ask(get(), "add", 1), ask(get(), "add", 1)]);
    return [answers, calls];
  },
  "wrong arguments of get": (t) => outcomes({
    nothing: () => t.facets.get(),
    no_callback: () => t.facets.get("f"),
    options: () => t.facets.get("f", { class: t.exports.Subject }),
    null: () => t.facets.get("f", null),
    long_name: () => t.facets.get("x".repeat(257), start(t)),
    long_in_bytes: () => t.facets.get("ä".repeat(129), start(t)),
    fitting: () => Object.prototype.toString.call(t.facets.get("ä".repeat(128), start(t))),
    symbol: () => t.facets.get(Symbol("s"), start(t)),
  }),
  "names are any text": async (t) => {
    const names = ["a/b", "..", ".", "a\0b", " ", "ä€😀", "%2e", "con", "x".repeat(256)];
    const answers = [];
    for (const [i, name] of names.entries()) answers.push(await ask(facet(t, name), "put", "i", i));
    for (const name of names) answers.push(await ask(facet(t, name), "get", "i"));
    return answers;
  },
  "names are converted": async (t) => {
    await ask(facet(t, 1), "add", 4);
    return [await ask(facet(t, "1"), "add", 1), await ask(facet(t, null), "add", 1), await ask(facet(t, "null"), "add", 1)];
  },
  "what is no class": (t) => {
    const given = { none: {}, undefined: { class: undefined }, null: { class: null }, raw: { class: Subject }, namespace: { class: t.env.SUBJECTS },
      entry: { class: t.exports.Entry }, text: { class: "Subject" }, stub: { class: t.subject() }, object: { class: {} } };
    return outcomes(Object.fromEntries(Object.entries(given).map(([name, options]) => [name, () => ask(t.facets.get(name, () => options), "add", 1)])));
  },
  "what are no options": (t) => outcome(() => ask(t.facets.get("number", () => 5), "add", 1)),
  "no options at all": differs("the reference shows the mangled name of a C++ type",
    { gave: Array(3).fill({ threw: { $: "TypeError", name: "TypeError", message: "Cannot initialize StartupOptions with required members from an undefined or null value." } }) },
    async (t) => [
      await outcome(() => ask(t.facets.get("undefined", () => undefined), "add", 1)),
      await outcome(() => ask(t.facets.get("null", () => null), "add", 1)),
      await outcome(() => ask(t.facets.get("promise", async () => undefined), "add", 1)),
    ]),
  "what is a class": async (t) => {
    const dynamic = t.load(`import { DurableObject } from "cloudflare:workers"; export class Counter extends DurableObject { fetch() { return Response.json("dynamic"); } }`);
    return outcomes({
      namespace: () => ask(t.facets.get("a", () => ({ class: t.exports.Subject })), "add", 1),
      called: () => ask(t.facets.get("b", () => ({ class: t.exports.Subject({}) })), "add", 1),
      unbound: () => ask(t.facets.get("c", () => ({ class: t.exports.Other })), "hello"),
      unbound_called: () => ask(t.facets.get("d", () => ({ class: t.exports.Other({ props: { a: 1 } }) })), "hello"),
      dynamic: () => ask(t.facets.get("e", () => ({ class: dynamic.getDurableObjectClass("Counter") })), "any"),
    });
  },
  "a callback that throws": async (t) => {
    const stub = t.facets.get("f", () => { throw new RangeError("not now"); });
    return outcome(() => ask(stub, "add", 1));
  },
  "a callback that rejects": (t) => outcome(() => ask(t.facets.get("f", async () => { throw new SyntaxError("later not"); }), "add", 1)),
  "after a failed callback, abort makes way": async (t) => {
    const failed = await outcome(() => ask(t.facets.get("f", () => { throw new Error("once"); }), "add", 1));
    t.facets.abort("f", new Error("anew"));
    return [failed, await ask(facet(t), "add", 1)];
  },
  "a constructor that throws": async (t) => {
    const failed = await outcome(() => ask(facet(t, "f", { failing: true }), "add", 1));
    return [failed, await ask(facet(t), "add", 1)];
  },
  "a facet's error": async (t) => [await ask(facet(t), "add", 1), await outcome(() => ask(facet(t), "fail")), await ask(facet(t), "add", 1)],
  "a facet aborts itself": async (t) => {
    const stub = facet(t);
    await ask(stub, "add", 5);
    return [await outcome(() => ask(stub, "abort", "facet's own reason")), await outcome(() => ask(stub, "add", 1)), await ask(facet(t), "add", 1)];
  },
  "a facet's failed block": async (t) => {
    const stub = facet(t);
    await ask(stub, "add", 5);
    return [await outcome(() => ask(stub, "failBlocked")), await outcome(() => ask(stub, "add", 1)), await ask(facet(t), "add", 1)];
  },
  "abort by the parent": async (t) => {
    const stub = facet(t);
    await ask(stub, "add", 5);
    await ask(stub, "put", "kept", 1);
    const waiting = outcome(() => ask(stub, "slow", 1000));
    await scheduler.wait(5);
    const gave = t.facets.abort("f", new RangeError("stopped"));
    return [gave, await waiting, await outcome(() => ask(stub, "add", 1)), await ask(facet(t), "add", 1), await ask(facet(t), "keys")];
  },
  "abort with other reasons": async (t) => {
    const all = {};
    for (const [name, reason] of Object.entries({ text: "some text", number: 5, undefined: undefined, type: new TypeError("typed"), object: { a: 1 } })) {
      const stub = facet(t, name);
      await ask(stub, "add", 1);
      t.facets.abort(name, reason);
      all[name] = await outcome(() => ask(stub, "add", 1));
    }
    return all;
  },
  "wrong arguments of abort and delete": (t) => outcomes({
    abort_nothing: () => t.facets.abort(),
    abort_no_reason: () => t.facets.abort("f"),
    abort_long: () => t.facets.abort("x".repeat(257), "r"),
    abort_unknown: () => t.facets.abort("unknown", new Error("r")),
    delete_nothing: () => t.facets.delete(),
    delete_long: () => t.facets.delete("x".repeat(257)),
    delete_unknown: () => t.facets.delete("unknown"),
    clone_nothing: () => t.facets.clone(),
    clone_one: () => t.facets.clone("a"),
    clone_long: () => t.facets.clone("a", "x".repeat(257)),
    clone_unknown: () => t.facets.clone("unknown", "unknown too"),
  }),
  "another class after abort": async (t) => {
    await ask(facet(t), "put", "k", "v");
    t.facets.abort("f", new Error("anew"));
    const stub = t.facets.get("f", () => ({ class: t.exports.Other }));
    return [await ask(stub, "hello"), await ask(stub, "get", "k")];
  },
  "delete": async (t) => {
    const stub = facet(t);
    await ask(stub, "put", "k", 1);
    await ask(stub, "nestedPut", "n", 1);
    const gave = t.facets.delete("f");
    return [gave, await outcome(() => ask(stub, "keys")), await ask(facet(t), "keys"), await ask(facet(t), "nestedKeys")];
  },
  "clone": async (t) => {
    await ask(facet(t, "a"), "put", "from", "a");
    await ask(facet(t, "a"), "nestedPut", "deep", "a");
    const old = facet(t, "b");
    await ask(old, "put", "from b", "b");
    await ask(facet(t, "a"), "add", 5);
    const gave = t.facets.clone("a", "b");
    return [gave, await outcome(() => ask(old, "keys")), await ask(facet(t, "b"), "keys"), await ask(facet(t, "b"), "nestedKeys"),
      await ask(facet(t, "a"), "add", 1), await ask(facet(t, "b"), "add", 1)];
  },
  "clone of what is not there": async (t) => {
    await ask(facet(t, "b"), "put", "k", 1);
    t.facets.clone("none", "b");
    return ask(facet(t, "b"), "keys");
  },
  "clone onto itself": async (t) => {
    const stub = facet(t, "a");
    await ask(stub, "put", "k", 1);
    t.facets.clone("a", "a");
    return [await outcome(() => ask(stub, "keys")), await ask(facet(t, "a"), "keys")];
  },
  "each facet has a database of its own": async (t) => {
    t.storage.kv.put("parent", 1);
    await ask(facet(t, "a"), "put", "a", 1);
    await ask(facet(t, "b"), "put", "b", 1);
    return [[...t.storage.kv.list()], await ask(facet(t, "a"), "keys"), await ask(facet(t, "b"), "keys")];
  },
  "ids": async (t) => {
    const get = (name, id) => ask(t.facets.get(name, () => ({ class: t.exports.Subject, id })), "id");
    return outcomes({
      inherited: () => get("a"),
      text: () => get("b", "my id"),
      of_a_namespace: () => get("c", t.env.SUBJECTS.idFromName("borrowed")),
      number: () => get("d", 5),
      empty: () => get("e", ""),
      null: () => get("f", null),
    });
  },
  "props": async (t) => {
    const get = (name, options) => ask(t.facets.get(name, () => options), "props");
    return outcomes({
      none: () => get("a", { class: t.exports.Subject }),
      on_the_class: () => get("b", { class: t.exports.Subject({ props: { a: [1, new Date(0)] } }) }),
      as_an_option: () => get("c", { class: t.exports.Subject, props: { ignored: true } }),
      empty: () => get("d", { class: t.exports.Subject({ props: {} }) }),
      wrong: () => get("e", { class: t.exports.Subject({ props: 5 }) }),
    });
  },
  "env of a facet": (t) => ask(facet(t), "envKeys"),
  "nesting": async (t) => outcomes({
    one: () => ask(facet(t), "nest", 1),
    two: () => ask(facet(t), "nest", 2),
    three: () => ask(facet(t), "nest", 3),
  }),
  "a facet calls its parent meanwhile": (t) => ask(t.subject(), "withFacet", t.subject().name),
  "URLs of a facet": (t) => outcomes({
    relative: () => facet(t).fetch("/y"),
    nothing: () => facet(t).fetch(),
  }),
  "facet stubs are not transferable": (t) => outcomes({
    clone: () => structuredClone(facet(t)),
    env: () => t.env.LOADER.load(code("export default {}", { env: { F: facet(t) } })),
    props: () => t.exports.Subject({ props: { F: facet(t) } }),
    put: () => t.storage.kv.put("a", facet(t)),
  }),
  "deleteAll of the parent deletes its facets": async (t) => {
    const stub = facet(t);
    await ask(stub, "put", "k", 1);
    await t.storage.deleteAll();
    return [await outcome(() => ask(stub, "keys")), await ask(facet(t), "keys")];
  },
  "deleteAll of a facet deletes what is below it": async (t) => {
    const stub = facet(t);
    await ask(stub, "put", "k", 1);
    await ask(stub, "nestedPut", "n", 1);
    await ask(stub, "deleteAll");
    return [await ask(stub, "keys"), await ask(stub, "nestedKeys")];
  },
  "a class that the dynamic worker lacks": (t) => {
    const dynamic = t.load(`import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
      export class Real extends DurableObject {}
      export class Entry extends WorkerEntrypoint {}
      export default class extends DurableObject {}`);
    const get = (name) => () => ask(t.facets.get(String(name), () => ({ class: dynamic.getDurableObjectClass(name) })), "x");
    return outcomes({ missing: get("Missing"), entry: get("Entry"), default: get(undefined), no_fetch: get("Real") });
  },
  "a dynamic class with props and id": async (t) => {
    const dynamic = t.load(`import { DurableObject } from "cloudflare:workers";
      export class Facet extends DurableObject {
        fetch(request) { return Response.json([this.ctx.props, this.ctx.id, this.env, Object.keys(this.ctx.exports), new URL(request.url).pathname]); }
      }`, { env: { greeting: "hi" } });
    const stub = t.facets.get("f", () => ({ class: dynamic.getDurableObjectClass("Facet", { props: { n: 1 } }), id: "text id" }));
    return (await stub.fetch("http://x/path")).json();
  },
  "no class given in the parent's own exports": (t) => t.exports.Nope,
});

export default worker;
export { Place, Subject as Plain };
