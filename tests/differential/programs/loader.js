// The loader binding: what it accepts, how modules resolve, what may travel, how starts fail.

import { WorkerEntrypoint } from "cloudflare:workers";
import { Actor, code, differs, outcome, outcomes, program, textOf } from "../suite.js";

export class Subject extends Actor {
  hello() { return "hello"; }
}

export class Entry extends WorkerEntrypoint {
  async fetch(request) { return Response.json([this.ctx.props, new URL(request.url).pathname]); }
}

const run = async (t, source, more) => (await t.load(source, more).getEntrypoint().fetch("http://x/")).json();
/** A worker that answers with the value of an expression. */
const value = (t, expression, more) => run(t, `export default { async fetch(request, env, ctx) { return Response.json(await (${expression}) ?? null); } }`, more);
const only = (mainModule, modules, more) => ({ compatibilityDate: "2026-08-01", mainModule, modules, ...more });

const { worker, Place } = program({
  "shape of the loader": (t) => {
    const stub = t.load("export default {}");
    const members = (it) => Object.getOwnPropertyNames(Object.getPrototypeOf(it)).sort();
    return [Object.prototype.toString.call(t.env.LOADER), members(t.env.LOADER), Object.prototype.toString.call(stub), members(stub),
      Object.prototype.toString.call(stub.getEntrypoint()), Object.prototype.toString.call(stub.getDurableObjectClass("A"))];
  },
  "load and answer": (t) => value(t, `"loaded"`),
  "get and answer": async (t) => (await t.env.LOADER.get("a worker", () => code(`export default { fetch() { return Response.json("got"); } }`)).getEntrypoint().fetch("http://x/")).json(),
  "wrong arguments": (t) => outcomes({
    get_nothing: () => t.env.LOADER.get(),
    get_no_callback: () => t.env.LOADER.get("a"),
    get_code: () => t.env.LOADER.get("a", {}),
    load_nothing: () => t.env.LOADER.load(),
    load_text: () => t.env.LOADER.load("text"),
    load_empty: () => t.env.LOADER.load({}),
  }),
  "no code at all": differs("the reference shows the mangled name of a C++ type",
    { gave: Array(2).fill({ threw: { $: "TypeError", name: "TypeError", message: "Cannot initialize WorkerCode with required members from an undefined or null value." } }) },
    async (t) => [await outcome(() => t.env.LOADER.load(null)), await outcome(() => textOf(t.env.LOADER.get("undefined", () => undefined).getEntrypoint()))]),
  "codes that are refused": (t) => {
    const given = {
      no_date: { mainModule: "a.js", modules: { "a.js": "" } },
      bad_date: only("a.js", { "a.js": "" }, { compatibilityDate: "yesterday" }),
      impossible_date: only("a.js", { "a.js": "" }, { compatibilityDate: "2024-13-01" }),
      future_date: only("a.js", { "a.js": "" }, { compatibilityDate: "2999-01-01" }),
      flags_no_list: only("a.js", { "a.js": "" }, { compatibilityFlags: "nodejs_compat" }),
      no_main: { compatibilityDate: "2026-08-01", modules: { "a.js": "" } },
      no_modules: { compatibilityDate: "2026-08-01", mainModule: "a.js" },
      null_modules: only("a.js", null),
      empty_modules: only("a.js", {}),
      list_modules: only("a.js", []),
      env_number: only("a.js", { "a.js": "" }, { env: 5 }),
      env_null: only("a.js", { "a.js": "" }, { env: null }),
      outbound_text: only("a.js", { "a.js": "" }, { globalOutbound: "x" }),
      outbound_object: only("a.js", { "a.js": "" }, { globalOutbound: {} }),
      tails_text: only("a.js", { "a.js": "" }, { tails: "x" }),
      experimental: only("a.js", { "a.js": "" }, { allowExperimental: true }),
      cpu_fraction: only("a.js", { "a.js": "" }, { limits: { cpuMs: 1.5 } }),
      cpu_negative: only("a.js", { "a.js": "" }, { limits: { cpuMs: -1 } }),
      cpu_text: only("a.js", { "a.js": "" }, { limits: { cpuMs: "x" } }),
      unknown_field: only("a.js", { "a.js": "export default {}" }, { nonsense: 1 }),
    };
    return outcomes(Object.fromEntries(Object.entries(given).map(([name, it]) => [name, () => Object.prototype.toString.call(t.env.LOADER.load(it))])));
  },
  "modules that are refused": (t) => {
    const given = { ts: "a.ts", tsx: "a.tsx", mjs: "a.mjs", none: "a", txt: "a.txt" };
    const contents = { nothing: {}, two: { js: "", text: "" }, unknown: { css: "" }, number: 5, null: null, list: [] };
    return outcomes({
      ...Object.fromEntries(Object.entries(given).map(([name, module]) => [name, () => t.load("export default {}", { modules: { [module]: "" } })])),
      ...Object.fromEntries(Object.entries(contents).map(([name, content]) => [`content ${name}`, () => t.load("export default {}", { modules: { "m": content } })])),
    });
  },
  "kinds of modules": (t) => run(t, `
      import js from "./a.js"; import text from "./b.txt"; import data from "./c.bin"; import json from "./d.json"; import cjs from "./e.cjs";
      export default { fetch() { return Response.json({ js, text, data: [data instanceof ArrayBuffer, ...new Uint8Array(data)], json, cjs }); } }`, {
    modules: {
      "a.js": { js: "export default 'from js'" }, "b.txt": { text: "text ✓" }, "c.bin": { data: new Uint8Array([1, 2, 255]) }, "d.json": { json: { a: [1, null] } },
      "e.cjs": { cjs: "const b = require('./b.txt'); module.exports = { n: 1, b: b.default ?? b, name: typeof exports };" },
    },
  }),
  "kinds of modules without a suffix": (t) => run(t, `import t from "words"; import j from "./x"; export default { fetch() { return Response.json([t, j]); } }`, { modules: { words: { text: "w" }, x: { js: "export default 1" } } }),
  "data from an ArrayBuffer": (t) => run(t, `import d from "./d"; export default { fetch() { return Response.json([...new Uint8Array(d)]); } }`, { modules: { d: { data: new Uint8Array([5, 6]).buffer } } }),
  "resolution": (t) => run(t, `
      import a from "./lib/a.js"; import top from "top.js"; import { up } from "./lib/deep/b.js"; import * as self from "main.js";
      export default { async fetch() { const late = await import("./lib/late.js"); return Response.json([a, top, up, late.default, typeof self.default]); } }`, {
    modules: {
      "lib/a.js": `import b from "./deep/b.js"; import t from "../top.js"; export default ["a", b, t];`, "top.js": "export default 'top'",
      "lib/deep/b.js": `import { x } from "../x.js"; export default "b"; export const up = x;`, "lib/x.js": "export const x = 'x'", "lib/late.js": "export default 'late'",
    },
  }),
  "import.meta": (t) => value(t, "[typeof import.meta, Object.keys(import.meta), import.meta.url]"),
  "a module that is not there": (t) => outcomes({
    relative: () => run(t, `import x from "./nope.js"; export default {}`),
    bare: () => run(t, `import x from "nope"; export default {}`),
    deep: () => run(t, `import "./lib/a.js"; export default {}`, { modules: { "lib/a.js": `import "./missing.js";` } }),
    main: () => textOf(t.env.LOADER.load(only("missing.js", { "a.js": "" })).getEntrypoint()),
    late: () => value(t, `import("./late.js").catch((e) => [e.name, e.message])`),
    folder: () => run(t, `import x from "./lib"; export default {}`, { modules: { "lib/index.js": "" } }),
  }),
  "an import that does not export the name": differs("the engine words it otherwise",
    { gave: { threw: { $: "Error", name: "Error", message: "Failed to start Worker:\nUncaught SyntaxError: Could not find export 'nope' in module 'a.js'" } } }, (t) => outcome(() => run(t, `import { nope } from "./a.js"; export default { fetch() { return Response.json(typeof nope); } }`, { modules: { "a.js": "export const other = 1;" } })).then(headOf)),
  "errors at the top": async (t) => {
    const sources = {
      error: `throw new Error("at the top")`, type: `throw new TypeError("typed")`, text: `throw "text"`, number: `throw 5`,
      undefined_name: `nope()`, own: `class Mine extends Error { name = "Mine" } throw new Mine("own")`,
    };
    const all = {};
    for (const [name, source] of Object.entries(sources)) all[name] = headOf(await outcome(() => run(t, `${source}; export default {}`)));
    return all;
  },
  "a source that does not parse": async (t) => {
    const { threw } = await outcome(() => run(t, "export default {"));
    return [threw.$, threw.message.startsWith("Failed to start Worker:\nUncaught SyntaxError: "), Object.keys(threw)];
  },
  "a failed start is told to every call": async (t) => {
    const entry = t.load(`throw new Error("always")`).getEntrypoint();
    return [headOf(await outcome(() => textOf(entry))), headOf(await outcome(() => textOf(entry)))];
  },
  "what the global scope may not do": async (t) => {
    const sources = {
      fetch: `await fetch("http://example.com/")`, timer: `setTimeout(() => {}, 1)`, interval: `setInterval(() => {}, 1)`, random: `crypto.getRandomValues(new Uint8Array(1))`, uuid: `crypto.randomUUID()`,
      wait: `await scheduler.wait(1)`,
    };
    const all = {};
    for (const [name, source] of Object.entries(sources)) all[name] = headOf(await outcome(() => run(t, `${source}; export default {}`)));
    return all;
  },
  "what the global scope may do": (t) => run(t, `
      const random = typeof Math.random(); await Promise.resolve(); const evaluated = eval("1 + 1"); const made = new Function("return 7")();
      const digest = typeof crypto.subtle;
      export default { fetch() { return Response.json([random, evaluated, made, digest, Date.now() > 0]); } }`),
  "the clock of the global scope": differs("the clock also goes while a worker starts; only that it reads 0 there is the reference's", { gave: [false, false] },
    (t) => run(t, "const [a, b] = [Date.now() === 0, new Date().getTime() === 0]; export default { fetch() { return Response.json([a, b]); } }")),
  "a top-level await that never settles": async (t) => headOf(await outcome(() => run(t, `await new Promise(() => {}); export default {}`))),
  "no code from strings in handlers": (t) => outcomes({
    eval: () => value(t, `(() => { try { return eval("1"); } catch (e) { return [e.name, e.message]; } })()`),
    function: () => value(t, `(() => { try { return new Function("return 1")(); } catch (e) { return [e.name, e.message]; } })()`),
  }),
  "exports that are refused": async (t) => {
    const all = {};
    for (const [name, source] of Object.entries({ text: `export const version = "1"`, number: `export const n = 1`, symbol: `export const s = Symbol()` })) {
      all[name] = headOf(await outcome(() => run(t, `${source}; export default { fetch() { return Response.json(1); } }`)));
    }
    return all;
  },
  "an export of null": differs("the reference shows the mangled name of a C++ type",
    { gave: { threw: { $: "Error", name: "Error", message: "Failed to start Worker:\nUncaught TypeError: Incorrect type for map entry 'n': the provided value is not of type 'function or ExportedHandler'." } } },
    async (t) => headOf(await outcome(() => run(t, "export const n = null; export default { fetch() { return Response.json(1); } }")))),
  "exports that are accepted": (t) => run(t, `
      import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
      export const handlers = {}; export function plain() {} export class A {} export class B extends DurableObject {} export class C extends WorkerEntrypoint {} export const list = [1];
      export default { fetch(request, env, ctx) { return Response.json([Object.keys(ctx.exports).sort(), typeof ctx.exports.B, typeof ctx.exports.B.idFromName, ctx.props]); } }`),
  "no such entrypoint": (t) => {
    const stub = t.load(`import { WorkerEntrypoint } from "cloudflare:workers"; export class Named extends WorkerEntrypoint { fetch() { return new Response("named"); } } export const other = { fetch() { return new Response("other"); } }`);
    return outcomes({
      named: () => textOf(stub.getEntrypoint("Named")), other: () => textOf(stub.getEntrypoint("other")), missing: () => textOf(stub.getEntrypoint("Missing")),
    });
  },
  "no default entrypoint": differs("the reference reports an internal error", { gave: Array(4).fill({ threw: { $: "Error", name: "Error", message: "Worker has no default entrypoint." } }) },
    async (t) => {
      const stub = t.load("export const other = {}");
      const plain = t.load(`export default class { fetch() { return new Response("from a plain class"); } }`);
      return [await outcome(() => textOf(stub.getEntrypoint())), await outcome(() => textOf(stub.getEntrypoint(null))),
        await outcome(() => textOf(stub.getEntrypoint("default"))), await outcome(() => textOf(plain.getEntrypoint()))];
    }),
  "entrypoints without fetch": (t) => {
    const stub = t.load(`import { WorkerEntrypoint } from "cloudflare:workers"; export class Silent extends WorkerEntrypoint {} export default {}`);
    return outcomes({ object: () => textOf(stub.getEntrypoint()), class: () => textOf(stub.getEntrypoint("Silent")) });
  },
  "answers that are no Response": (t) => outcomes({
    text: () => textOf(t.load(`export default { fetch() { return "text"; } }`).getEntrypoint()),
    nothing: () => textOf(t.load(`export default { async fetch() {} }`).getEntrypoint()),
    look_alike: () => textOf(t.load(`export default { fetch() { return { status: 200 }; } }`).getEntrypoint()),
  }),
  "errors of a handler": (t) => outcomes({
    sync: () => textOf(t.load(`export default { fetch() { throw new RangeError("sync"); } }`).getEntrypoint()),
    async: () => textOf(t.load(`export default { async fetch() { await 1; throw new TypeError("async"); } }`).getEntrypoint()),
    text: () => textOf(t.load(`export default { fetch() { throw "text"; } }`).getEntrypoint()),
  }),
  "a handler that never answers": async (t) => outcome(() => textOf(t.load(`export default { fetch() { return new Promise(() => {}); } }`).getEntrypoint())),
  "env by value": (t) => value(t, `[env, typeof env.date, env.map.get("a"), env.bytes.byteLength, env.date.getTime(), env.big === 5n]`.replace("[env,", "[Object.keys(env),"), {
    env: { text: "t", n: 1, nil: null, list: [1, { a: 2 }], date: new Date(7), map: new Map([["a", 1]]), bytes: new Uint8Array([1, 2]), big: 5n, undef: undefined },
  }),
  "no env": (t) => value(t, "env"),
  "env is a copy": async (t) => {
    const env = { list: [1] };
    const stub = t.load(`export default { fetch(request, env) { env.list.push(2); return Response.json(env.list); } }`, { env });
    env.list.push(9);
    return [await (await stub.getEntrypoint().fetch("http://x/")).json(), env.list];
  },
  "env at the top": (t) => run(t, `import { env } from "cloudflare:workers"; const seen = env.name; export default { fetch(request, e) { return Response.json([seen, env.name, e.name, Object.keys(env)]); } }`, { env: { name: "n" } }),
  "what env may not hold": (t) => {
    class Own { a = 1; }
    const given = {
      function: () => 1, symbol: Symbol("s"), namespace: t.env.SUBJECTS, loader: t.env.LOADER, storage: t.storage, ctx: t.ctx, id: t.env.SUBJECTS.idFromName("x"),
      exports: t.exports.Entry, exports_object: t.exports.Subject, own: new Own(), entrypoint: t.load("export default {}").getEntrypoint(),
      class: t.load("export default {}").getDurableObjectClass("A"), worker: t.load("export default {}"), url: new URL("http://x/"),
      promise: Promise.resolve(1), weak: new WeakMap(), params: new URLSearchParams("a=1"), form: new FormData(), encoder: new TextEncoder(), null_proto: Object.create(null),
      sql: t.sql, facets: t.facets,
    };
    return outcomes(Object.fromEntries(Object.entries(given).map(([name, it]) => [name, () => Object.prototype.toString.call(t.load("export default {}", { env: { it } }))])));
  },
  "stubs in env": async (t) => {
    const answer = await value(t, `Promise.all([env.object.fetch("http://x/", { method: "POST", body: '["hello",[]]' }).then((r) => r.json()), env.entry.fetch("http://x/path").then((r) => r.json()),
        Object.prototype.toString.call(env.object), Object.keys(env.object), env.entry.constructor.name])`, { env: { object: t.subject(), entry: t.exports.Entry({ props: { p: 1 } }) } });
    return answer;
  },
  "props of an entrypoint": async (t) => {
    const stub = t.load(`export default { fetch(request, env, ctx) { return Response.json(ctx.props); } }`);
    const get = async (options) => (await stub.getEntrypoint(null, options).fetch("http://x/")).json();
    return outcomes({
      none: () => get(), empty: () => get({}), object: () => get({ props: { a: [1] } }), list: () => get({ props: [1] }), text: () => get({ props: "x" }), null: () => get({ props: null }),
      function: () => get({ props: { f() {} } }), number: () => get({ props: 5 }),
    });
  },
  "one worker, two sets of props": async (t) => {
    const stub = t.load(`export default { fetch(request, env, ctx) { return Response.json(ctx.props); } }`);
    const [a, b] = [stub.getEntrypoint(null, { props: { n: 1 } }), stub.getEntrypoint(null, { props: { n: 2 } })];
    return Promise.all([a, b, a].map(async (entry) => (await entry.fetch("http://x/")).json()));
  },
  "the callback is called without a request": async (t) => {
    let calls = 0;
    t.env.LOADER.get("eager", () => { calls++; return code("export default {}"); });
    const before = calls;
    await scheduler.wait(5);
    return [before, calls];
  },
  "the callback is called once": async (t) => {
    let calls = 0;
    const get = () => t.env.LOADER.get("once", async () => { calls++; await scheduler.wait(1); return code(`export default { fetch() { return Response.json(1); } }`); });
    const answers = await Promise.all([1, 2, 3].map(() => textOf(get().getEntrypoint())));
    answers.push(await textOf(get().getEntrypoint()));
    return [answers, calls];
  },
  "anonymous workers are each their own": async (t) => {
    let calls = 0;
    const get = (id) => textOf(t.env.LOADER.get(id, () => code(`export default { fetch() { return new Response("${++calls}"); } }`)).getEntrypoint());
    return [await get(null), await get(undefined), await get(null)];
  },
  "ids are converted": async (t) => {
    const get = (id, text) => textOf(t.env.LOADER.get(id, () => code(`export default { fetch() { return new Response("${text}"); } }`)).getEntrypoint());
    return [await get(17, "number"), await get("17", "text"), await get("", "empty"), await get("", "again")];
  },
  "a callback that throws": (t) => outcome(() => textOf(t.env.LOADER.get("throws", () => { throw new RangeError("no code"); }).getEntrypoint())),
  "a callback that rejects": (t) => outcome(() => textOf(t.env.LOADER.get("rejects", async () => { throw new TypeError("no code yet"); }).getEntrypoint())),
  "a callback that gives nothing": (t) => outcomes({
    empty: () => textOf(t.env.LOADER.get("empty", () => ({})).getEntrypoint()),
    text: () => textOf(t.env.LOADER.get("text", () => "text").getEntrypoint()),
    bad_module: () => textOf(t.env.LOADER.get("bad_module", () => code("export default {}", { modules: { "a.ts": "" } })).getEntrypoint()),
    bad_date: () => textOf(t.env.LOADER.get("bad_date", () => only("a.js", { "a.js": "" }, { compatibilityDate: "x" })).getEntrypoint()),
  }),
  "a blocked outbound": (t) => outcomes({
    fetch: () => value(t, `fetch("http://example.com/").catch((e) => [e.name, e.message])`, { globalOutbound: null }),
    url: () => value(t, `fetch("not a url").catch((e) => [e.name, e.message])`, { globalOutbound: null }),
  }),
  "an outbound of one's own": async (t) => outcomes({
    specialised: () => value(t, `fetch("http://example.com/some/path").then((r) => r.json())`, { globalOutbound: t.exports.Entry({ props: { via: "outbound" } }) }),
    bare: () => value(t, `fetch("http://example.com/bare").then((r) => r.json())`, { globalOutbound: t.exports.Entry }),
    object: () => value(t, `fetch("http://example.com/", { method: "POST", body: '["hello",[]]' }).then((r) => r.json())`, { globalOutbound: t.subject() }),
  }),
  "ctx of a dynamic worker": (t) => value(t, `[Object.prototype.toString.call(ctx), ["props", "exports"].filter((name) => Object.keys(ctx).includes(name)), ctx.props, Object.keys(ctx.exports), typeof ctx.waitUntil]`),
  "globals of a dynamic worker": (t) => value(t, `[typeof process, typeof Buffer, typeof global, typeof require, typeof self, self === globalThis, typeof navigator.userAgent, navigator.userAgent, typeof Cloudflare]`),
  "requests reach the dynamic worker whole": async (t) => {
    const entry = t.load(`export default { async fetch(request) { return Response.json([request.method, request.url, [...request.headers], await request.text()], { status: 201, statusText: "Made", headers: { "x-a": "b" } }); } }`).getEntrypoint();
    const response = await entry.fetch("http://some.host:81/p%20q?x=1#hash", { method: "PUT", headers: { "X-Custom": "v", a: "1" }, body: "body ✓" });
    return [response.status, response.statusText, response.headers, await response.json(), response.url, response.redirected, response.ok, response.type];
  },
  "a streamed answer": async (t) => {
    const entry = t.load(`export default { fetch() { const { readable, writable } = new TransformStream(); const w = writable.getWriter(); (async () => { for (const part of ["a", "b", "c"]) await w.write(new TextEncoder().encode(part)); await w.close(); })(); return new Response(readable); } }`).getEntrypoint();
    return textOf(entry);
  },
});

/** The first two lines of a failed start: what follows are positions, which each engine has its own way of telling. */
function headOf(result) {
  if (result.threw?.message) result.threw.message = result.threw.message.split("\n").slice(0, 2).join("\n");
  return result;
}

export default worker;
export { Place, Subject as Plain };
