// Tail workers of dynamic workers: what they are told of which invocation, and in which shape.

import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { Actor, outcome, outcomes, program } from "../suite.js";

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const plain = (value) => JSON.parse(JSON.stringify(value));

/** Keeps what tail events said. */
export class Subject extends Actor {
  heard = [];
  tail(events) { this.heard.push(seen(events)); }
  keep(entry) { this.heard.push(entry); }
  all() { return this.heard; }
}

/** A tail worker that passes on what it heard; its props say to whom. */
export class Catcher extends WorkerEntrypoint {
  async tail(events) { await this.env.SUBJECTS.getByName(this.ctx.props.to).keep(seen(events)); }
}
export class Thrower extends WorkerEntrypoint {
  async tail() { throw new Error("a tail worker's own"); }
}
export class Deaf extends WorkerEntrypoint {}

/** What is the same at each run of a list of trace items; times and stacks are not. */
function seen(events) {
  return {
    list: Array.isArray(events), count: events.length,
    items: [...events].map((item) => ({
      keys: [...own(item)], tag: Object.prototype.toString.call(item), json: Object.keys(plain(item)),
      event: item.event === null ? null : { tag: Object.prototype.toString.call(item.event), keys: own(item.event), json: tidy(plain(item.event)), request: item.event.request && {
        tag: Object.prototype.toString.call(item.event.request), keys: own(item.event.request), json: tidy(plain(item.event.request)), cf: item.event.request.cf ?? null,
        url: item.event.request.url, method: item.event.request.method, headers: kept(item.event.request.headers), raw: Object.prototype.toString.call(item.event.request.getUnredacted?.()) },
        response: item.event.response && { keys: own(item.event.response), status: item.event.response.status } },
      timestamp: typeof item.eventTimestamp, recent: Math.abs(Date.now() - item.eventTimestamp) < 60000,
      logs: item.logs.map((log) => ({ tag: Object.prototype.toString.call(log), keys: own(log), level: log.level, message: log.message, timestamp: typeof log.timestamp })),
      exceptions: item.exceptions.map((it) => ({ tag: Object.prototype.toString.call(it), keys: own(it), name: it.name, message: it.message, stack: typeof it.stack, timestamp: typeof it.timestamp })),
      outcome: item.outcome, scriptName: item.scriptName, entrypoint: item.entrypoint ?? null, model: item.executionModel, truncated: item.truncated,
      cpu: typeof item.cpuTime, wall: typeof item.wallTime, channels: item.diagnosticsChannelEvents, version: item.scriptVersion ?? null, tags: item.scriptTags ?? null, namespace: item.dispatchNamespace ?? null,
      durableObjectId: item.durableObjectId?.length ?? null, span: item.tailAttributes ?? null,
    })),
  };
}
const kept = (headers) => { const { host, ...rest } = headers ?? {}; return rest; };
const own = (it) => { const names = []; for (const name in it) names.push(name); return names; };
const tidy = (event) => { if (event.scheduledTime) event.scheduledTime = typeof event.scheduledTime; return event; };

/** What a catcher heard of a worker made of `source` that `use` is done to. */
async function heard(t, source, use, count = 1, more = {}) {
  const to = `tail of ${count} ${source}`;
  const worker = t.load(source, { tails: [t.exports.Catcher({ props: { to } })], ...more });
  const used = await outcome(() => use(worker));
  const keeper = t.env.SUBJECTS.getByName(to);
  for (let i = 0; i < 40 && (await keeper.all()).length < count; i++) await sleep(25);
  return { used, heard: await keeper.all() };
}
const get = (worker) => worker.getEntrypoint().fetch("http://x/path?q=1", { headers: { a: "b", authorization: "secret", cookie: "x=y" } }).then((it) => it.text());
const answering = (statements) => `export default { async fetch(request, env, ctx) { ${statements}; return new Response("done", { status: 201, headers: { x: "y" } }); } }`;
const logsOf = async (t, statements) => (await heard(t, answering(statements), get)).heard[0]?.items[0]?.logs;

const { worker, Place } = program({
  "a request": (t) => heard(t, answering(""), get),
  "a request that fails": (t) => heard(t, answering(`throw new RangeError("out")`), get),
  "something thrown that is no error": (t) => heard(t, answering(`throw "text"`), get),
  "an error of one's own class": (t) => heard(t, `class Mine extends Error { constructor(m) { super(m); this.name = "Mine"; this.extra = 1; } } ` + answering(`throw new Mine("own")`), get),
  "no handler": (t) => heard(t, "export default {}", get),
  "rejected and not handled": (t) => heard(t, answering(`Promise.reject(new TypeError("nobody cares")); await 1`), get),
  "a waited promise that fails": (t) => heard(t, answering(`ctx.waitUntil(Promise.reject(new TypeError("waited")))`), get),
  "logs while waited for": (t) => heard(t, answering(`console.log("before"); ctx.waitUntil(new Promise((done) => setTimeout(() => { console.log("after"); done(); }, 30)))`), get),
  "a method": (t) => heard(t, `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { hello(name) { console.log("hi", name); return "hello " + name; } }`, (worker) => worker.getEntrypoint().hello("you")),
  "a named entrypoint": (t) => heard(t, `import { WorkerEntrypoint } from "cloudflare:workers"; export class Other extends WorkerEntrypoint { fetch() { return new Response("x"); } } export default {}`, (worker) => worker.getEntrypoint("Other").fetch("http://x/").then((it) => it.text())),
  "a method that throws": (t) => heard(t, `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { bad() { throw new SyntaxError("bad"); } }`, (worker) => worker.getEntrypoint().bad()),
  "a property": (t) => heard(t, `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { get it() { return 5; } }`, async (worker) => worker.getEntrypoint().it),
  "levels": (t) => logsOf(t, `console.log("l"); console.info("i"); console.warn("w"); console.error("e"); console.debug("d"); console.trace("t")`),
  "more than text": (t) => logsOf(t, `console.log("text", 1, -0, NaN, true, null, undefined, { a: [1, { b: 2 }] }, [1, , 2], new Map([[1, 2]]), new Date(0))`),
  "odd things": (t) => logsOf(t, `console.log(() => 1, Symbol("s"), 10n, new Error("e").message, /x/g, new Uint8Array([1, 2]), class A {}, new (class B { c = 1 })())`),
  "errors": (t) => logsOf(t, `const e = new Error("e"); console.log(e, { e }, new TypeError("t").name)`),
  "an error's parts": async (t) => { const logs = await logsOf(t, `console.log(new TypeError("t"))`); const it = logs?.[0]?.message?.[0]; return [typeof it, typeof it === "string" ? it.split("\n")[0] : it]; },
  "things that cannot be written": (t) => logsOf(t, `const a = {}; a.a = a; console.log(a, { toJSON() { throw new Error("no"); } }, { get x() { throw new Error("x"); } }); console.log("still")`),
  "with toJSON": (t) => logsOf(t, `console.log({ toJSON() { return "J"; } }, new URL("http://x/"), new Headers({ a: "b" }), new Response("x").status, { f() {}, u: undefined, n: null, big: 1n })`),
  "placeholders": (t) => logsOf(t, `console.log("%s is %d", "a", 1, 2)`),
  "nothing": (t) => logsOf(t, `console.log()`),
  "other methods": (t) => logsOf(t, `console.group("g"); console.log("in"); console.groupEnd(); console.table([{ a: 1 }]); console.assert(false, "assert"); console.assert(true); console.count(); console.dir({ a: 1 }); console.time("t"); console.dirxml("x"); console.clear()`),
  "objects in depth": (t) => logsOf(t, `console.log({ a: { b: { c: { d: { e: 1 } } } } }, [[[[[1]]]]], new Set([1]), Object.create(null), Object.create({ inherited: 1 }))`),
  "many logs": async (t) => { const { heard: [it] } = await heard(t, answering(`for (let i = 0; i < 5000; i++) console.log("x".repeat(100), i)`), get); const item = it?.items[0]; return [item?.logs.length > 1000 && item?.logs.length < 2000, item?.truncated, item?.logs.at(-1)?.level, item?.logs.at(-1)?.message]; },
  "a long log": async (t) => { const { heard: [it] } = await heard(t, answering(`console.log("x".repeat(300000)); console.log("after")`), get); const item = it?.items[0]; return [item?.logs.length, item?.truncated, item?.logs.map((log) => log.message[0]?.length ?? log.message)]; },
  "a log of exactly the bound": async (t) => { const { heard: [it] } = await heard(t, answering(`console.log("x".repeat(200000)); console.log("y".repeat(50000)); console.log("z".repeat(10000)); console.log("small")`), get); const item = it?.items[0]; return [item?.logs.length, item?.truncated, item?.logs.map((log) => log.message[0]?.length ?? log.message)]; },
  "what is redacted": async (t) => {
    const names = ["cookie", "set-cookie", "authorization", "x-auth", "x-key", "my-secret", "tokens", "jwt-x", "x-password", "cookies", "monkey", "x"];
    const url = "http://x/0123456789abcdef0123456789abcdef/0123-4567_89abcdef0123456789abcdef12/0123456789abcdef0123456789abcde?a=AbCd12efghijklmnopqrstu&b=AbCd12efghijklmnopqrs&c=ABcd12-_efghijklmnopqrstu&d=abcdefghijklmnopqrstuvwxyz&e=ABCDEF0123456789ABCDEF0123456789&ffAB12+ghijklmnopqrstuvw";
    const { heard: [it] } = await heard(t, answering("/* with secrets */"), (worker) => worker.getEntrypoint().fetch(url, { headers: names.map((name) => [name, "v"]) }).then((it) => it.text()));
    return it.items[0].event.json.request;
  },
  "several requests": (t) => heard(t, answering(`console.log(request.url)`), async (worker) => { await get(worker); await get(worker); }, 2).then((it) => it.heard.map((one) => one.items.length)),
  "a durable object as tail": async (t) => {
    const keeper = t.env.SUBJECTS.getByName("a tail itself");
    const text = await get(t.load(answering(`console.log("to an object")`), { tails: [keeper] }));
    for (let i = 0; i < 40 && (await keeper.all()).length < 1; i++) await sleep(25);
    return [text, await keeper.all()];
  },
  "a facet": async (t) => {
    const to = "facet";
    const worker = t.load(`import { DurableObject } from "cloudflare:workers"; export class F extends DurableObject { constructor(ctx, env) { super(ctx, env); console.log("made"); } hello() { console.log("hello"); return 1; } fetch() { console.log("fetched"); return new Response("x"); } }`, { tails: [t.exports.Catcher({ props: { to } })] });
    const facet = t.facets.get("f", () => ({ class: worker.getDurableObjectClass("F") }));
    await facet.hello();
    await (await facet.fetch("http://x/")).text();
    const keeper = t.env.SUBJECTS.getByName(to);
    for (let i = 0; i < 40 && (await keeper.all()).length < 2; i++) await sleep(25);
    return keeper.all();
  },
  "a tail worker that fails": (t) => outcome(() => get(t.load(answering(""), { tails: [t.exports.Thrower] }))),
  "a tail worker without a handler": (t) => outcome(() => get(t.load(answering(""), { tails: [t.exports.Deaf] }))),
  "two tail workers": async (t) => {
    const names = ["first of two", "second of two"];
    await get(t.load(answering(`console.log("twice")`), { tails: names.map((to) => t.exports.Catcher({ props: { to } })) }));
    const all = [];
    for (const name of names) {
      const keeper = t.env.SUBJECTS.getByName(name);
      for (let i = 0; i < 40 && (await keeper.all()).length < 1; i++) await sleep(25);
      all.push((await keeper.all()).length);
    }
    return all;
  },
  "a dynamic worker as tail": async (t) => {
    const tail = t.load(`export default { async tail(events, env) { await env.TO.keep({ heard: events[0].logs.map((log) => log.message) }); } }`, { env: { TO: t.exports.Keeper } });
    return outcome(() => get(t.load(answering(`console.log("to a dynamic one")`), { tails: [tail.getEntrypoint()] })));
  },
  "wrong lists": (t) => outcomes({
    text: () => t.load(answering(""), { tails: "x" }),
    numbers: () => t.load(answering(""), { tails: [1] }),
    object: () => t.load(answering(""), { tails: [{}] }),
    null: () => t.load(answering(""), { tails: null }),
    nulls: () => t.load(answering(""), { tails: [null] }),
    empty: () => get(t.load(answering(""), { tails: [] })),
    streaming: () => t.load(answering(""), { streamingTails: [t.exports.Catcher({ props: { to: "x" } })] }),
    streaming_text: () => t.load(answering(""), { streamingTails: "x" }),
    streaming_empty: () => get(t.load(answering(""), { streamingTails: [] })),
    outbound: () => get(t.load(answering(""), { tails: [t.env.SUBJECTS] })),
  }),
  "the item over a call": async (t) => {
    const to = "sent on";
    await get(t.load(answering(""), { tails: [t.exports.Sender({ props: { to } })] }));
    const keeper = t.env.SUBJECTS.getByName(to);
    for (let i = 0; i < 40 && (await keeper.all()).length < 1; i++) await sleep(25);
    return keeper.all();
  },
  "calling tail over RPC": (t) => outcomes({
    entrypoint: () => t.exports.Deaf.tail([]),
    object: () => t.env.SUBJECTS.getByName("direct").tail([]),
  }),
});
export class Sender extends WorkerEntrypoint {
  async tail(events) {
    const keeper = this.env.SUBJECTS.getByName(this.ctx.props.to);
    await keeper.keep(await outcome(() => keeper.keep(events)));
  }
}
export class Keeper extends WorkerEntrypoint {}
export default worker;
export { Place };
