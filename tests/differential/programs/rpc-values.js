// What may travel as an argument or a result, and what it is when it arrives.

import { RpcStub, RpcTarget } from "cloudflare:workers";
import { Actor, outcome, outcomes, program, show } from "../suite.js";

class Target extends RpcTarget { hi() { return "hi"; } }
class Mine { x = 1; }

export class Subject extends Actor {
  echo(value) { return value; }
  seen(value) { return [typeof value, Object.prototype.toString.call(value), show(value)]; }
  same(a, b) { return a === b; }
  give(kind) { return values[kind](); }
  async useBody(message) { return [message.constructor.name, message.method ?? message.status, message.url, [...message.headers], await message.text()]; }
}

const cyclic = () => { const object = { name: "o" }; object.self = object; object.list = [object]; return object; };

const values = {
  undefined: () => undefined, null: () => null, true: () => true, number: () => 1.5, "NaN": () => NaN, "-0": () => -0, infinity: () => -Infinity,
  bigint: () => -(2n ** 70n), string: () => "täxt \u0000 \ud83d\ude00", empty: () => "",
  date: () => new Date(86400000), "invalid date": () => new Date(NaN), regexp: () => /a(b)c/giu,
  map: () => new Map([["a", 1], [{ k: 1 }, new Map([[1, 2]])]]), set: () => new Set([1, "x", { a: 1 }]),
  list: () => [1, [2, [3]], { a: [] }], sparse: () => [, 1, , 2], record: () => ({ a: 1, b: { c: undefined, d: null } }),
  "number keys": () => ({ 2: "b", 1: "a", x: 0 }),
  buffer: () => new Uint8Array([1, 2, 3]).buffer, bytes: () => new Uint8Array([1, 2, 3]), "part of a buffer": () => new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3),
  floats: () => new Float64Array([1.5, -0]), words: () => new Uint16Array([1, 65535]), bigs: () => new BigInt64Array([-1n]), view: () => new DataView(new ArrayBuffer(2)),
  "boxed number": () => Object(1), "boxed text": () => Object("x"), "boxed bool": () => Object(false), "boxed bigint": () => Object(1n),
};

const errors = {
  error: () => new Error("plain"), type: () => new TypeError("type"), range: () => new RangeError("range"), syntax: () => new SyntaxError("syntax"),
  reference: () => new ReferenceError("reference"), eval: () => new EvalError("eval"), uri: () => new URIError("uri"),
  cause: () => new Error("outer", { cause: new TypeError("inner") }), properties: () => Object.assign(new Error("with"), { code: 7, extra: { a: [1] } }),
  subclass: () => new (class Special extends Error { name = "Special"; })("mine"), aggregate: () => new AggregateError([new Error("one"), 2], "several"),
};

const refused = {
  symbol: () => Symbol("q"), "promise": () => Promise.resolve(1), "promise inside": () => ({ p: Promise.resolve(1) }), "weak map": () => new WeakMap(), generator: () => (function* () {})(),
  "class instance": () => new Mine(), "without prototype": () => Object.create(null), url: () => new URL("http://x/"), "search parameters": () => new URLSearchParams("a=1"),
  form: () => new FormData(), file: () => new File(["x"], "n"), encoder: () => new TextEncoder(), signal: () => new AbortController().signal,
  event: () => new Event("x"), "event target": () => new EventTarget(), "transform stream": () => new IdentityTransformStream(),
  "inside a list": () => [1, new Mine()], "inside a map": () => new Map([["k", new URL("http://x/")]]),
};

const identify = (value) => [typeof value, Object.prototype.toString.call(value), value?.constructor?.name];
const each = (table, run) => outcomes(Object.fromEntries(Object.entries(table).map(([name, make]) => [name, () => run(make, name)])));

const { worker, Place } = program({
  "by value, there and back": (t) => each(values, (make) => t.subject().echo(make())),
  "by value, as the callee sees it": (t) => each(values, (make) => t.subject().seen(make())),
  "by value, from the callee": (t) => each(values, (_, name) => t.subject().give(name)),
  "errors as values": (t) => each(errors, async (make) => { const error = await t.subject().echo(make()); return [show(error), Object.keys(error).filter((key) => key !== "stack")]; }),
  "a DOMException as a value": async (t) => show(await t.subject().echo(new DOMException("timed out", "TimeoutError"))),
  "refused as arguments": (t) => each(refused, (make) => t.subject().echo(make())),
  "refused platform objects": (t) => outcomes({
    namespace: () => t.subject().echo(t.env.SUBJECTS),
    id: () => t.subject().echo(t.ctx.id),
    ctx: () => t.subject().echo(t.ctx),
    storage: () => t.subject().echo(t.storage),
    sql: () => t.subject().echo(t.sql),
    loader: () => t.subject().echo(t.env.LOADER),
    "un-called entrypoint": () => t.subject().echo(t.exports.default),
    "a result": () => t.subject().echo(t.subject().echo(1)),
    "a property": () => t.subject().echo(t.subject().echo),
    facet: () => t.subject().echo(t.facets.get("f", () => ({ class: t.exports.Subject }))),
    "dynamic entrypoint": () => t.subject().echo(t.load("export default {}").getEntrypoint()),
  }),
  "refused as results": async (t) => {
    const worker = t.load(`import { WorkerEntrypoint } from "cloudflare:workers";
      class Mine {}
      const made = { symbol: () => Symbol("q"), instance: () => new Mine(), url: () => new URL("http://x/"), promise: () => ({ p: Promise.resolve(1) }), map: () => new WeakMap() };
      export default class extends WorkerEntrypoint { make(kind) { return made[kind](); } }`).getEntrypoint();
    return outcomes(Object.fromEntries(["symbol", "instance", "url", "promise", "map"].map((kind) => [kind, () => worker.make(kind)])));
  },
  "cycles and shared objects": async (t) => {
    const back = await t.subject().echo(cyclic());
    const shared = { s: 1 };
    const [a, b] = await t.subject().echo([shared, shared]);
    return [back.self === back, back.list[0] === back, a === b, await t.subject().same(shared, shared)];
  },
  "headers": async (t) => { const back = await t.subject().echo(new Headers([["a", "1"], ["b", "2"], ["set-cookie", "x"], ["set-cookie", "y"]])); return [identify(back), [...back]]; },
  "requests": (t) => t.subject().useBody(new Request("http://host/path?q", { method: "POST", body: "sent", headers: { a: "b" } })),
  "requests without a body": (t) => t.subject().useBody(new Request("http://host/")),
  "responses": (t) => t.subject().useBody(new Response("answered", { status: 201, headers: { a: "b" } })),
  "responses with a stream": (t) => t.subject().useBody(new Response(new Blob(["one ", "two"]).stream())),
  "responses come back": async (t) => { const back = await t.subject().echo(new Response("body", { status: 404, statusText: "Nope" })); return [identify(back), back.status, back.statusText, back.ok, await back.text()]; },
  "blobs": async (t) => { const back = await t.subject().echo(new Blob(["ab", "c"], { type: "text/x" })); return [identify(back), back.type, back.size, await back.text()]; },
  "stubs": async (t) => {
    const stub = await t.subject().echo(t.subject("other"));
    return [identify(stub).slice(0, 2), Object.keys(stub), await stub.echo("through"), typeof stub.fetch];
  },
  "specialised entrypoints": async (t) => { const stub = await t.subject().echo(t.exports.default({ props: { a: 1 } })); return [identify(stub).slice(0, 2), typeof (await stub.fetch("http://x/")).status]; },
  "functions and targets become stubs": async (t) => {
    const stubs = { fn: await t.subject().echo(() => 5), target: await t.subject().echo(new Target()), proxy: await t.subject().echo(new Proxy(new Target(), {})), class: await t.subject().echo(class A {}) };
    return Object.fromEntries(Object.entries(stubs).map(([name, stub]) => [name, [...identify(stub), stub instanceof RpcStub, Object.keys(stub)]]));
  },
  "sizes": async (t) => outcomes({
    "a megabyte": async () => (await t.subject().echo("x".repeat(1 << 20))).length,
    "ten megabytes of bytes": async () => (await t.subject().echo(new Uint8Array(10 << 20))).byteLength,
  }),
  "too large": (t) => t.subject().echo(new Uint8Array((32 << 20) + 10)),
  "a result can be disposed of": async (t) => {
    const all = { record: await t.subject().echo({ a: 1 }), list: await t.subject().echo([1]), date: await t.subject().echo(new Date(0)), map: await t.subject().echo(new Map()), bytes: await t.subject().echo(new Uint8Array(1)), error: await t.subject().echo(new Error("e")) };
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [typeof value[Symbol.dispose], Object.keys(value).length]]));
  },
  "names with odd letters in records": (t) => t.subject().echo({ "": 1, "a b": 2, "ü": 3, "__proto": 4, constructor: 5, then: 6 }),
});

export default worker;
export { Place, Actor as Plain };
