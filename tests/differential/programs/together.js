// Objects, facets and loaded workers together, as supervisors of AI-written apps use them.

import { WorkerEntrypoint } from "cloudflare:workers";
import { Actor, ask, code, differs, outcome, outcomes, program, show, textOf } from "../suite.js";

export class Gate extends WorkerEntrypoint {
  async fetch(request) {
    const { app, allow } = this.ctx.props;
    const url = new URL(request.url);
    if (!allow.includes(url.hostname)) return new Response(`${app} may not reach ${url.hostname}`, { status: 403 });
    return Response.json({ app, reached: url.href, method: request.method });
  }
}

/** A supervisor: keeps sources in its own database and runs them as facets. */
export class Subject extends Actor {
  install(name, source) {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS apps (name TEXT PRIMARY KEY, source TEXT, version INTEGER)");
    this.ctx.storage.sql.exec("INSERT INTO apps VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET source = excluded.source, version = version + 1", name, source);
    return this.ctx.storage.sql.exec("SELECT version FROM apps WHERE name = ?", name).one().version;
  }
  app(name) {
    return this.ctx.facets.get(name, () => {
      const { source, version } = this.ctx.storage.sql.exec("SELECT source, version FROM apps WHERE name = ?", name).one();
      const loaded = this.env.LOADER.get(`${this.ctx.id}/${name}/${version}`, () => code(source, { globalOutbound: this.ctx.exports.Gate({ props: { app: name, allow: ["good.example"] } }) }));
      return { class: loaded.getDurableObjectClass("App", { props: { name } }) };
    });
  }
  async call(name, path, init) {
    const response = await this.app(name).fetch(`http://app${path}`, init);
    return [response.status, await response.text()];
  }
  async replace(name, source) {
    const version = this.install(name, source);
    this.ctx.facets.abort(name, new Error(`replaced by version ${version}`));
    return version;
  }
  add() { this.count = (this.count ?? 0) + 1; return this.count; }
  remove(name) { this.ctx.facets.delete(name); }
}

const app = (body) => `import { DurableObject } from "cloudflare:workers";
export class App extends DurableObject {
  constructor(ctx, env) { super(ctx, env); this.sql = ctx.storage.sql; this.sql.exec("CREATE TABLE IF NOT EXISTS hits (n INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT)"); }
  async fetch(request) { const url = new URL(request.url); ${body} }
}`;
const counter = app(`this.sql.exec("INSERT INTO hits (path) VALUES (?)", url.pathname); return Response.json([this.ctx.props.name, this.sql.exec("SELECT count(*) AS n FROM hits").one().n]);`);

const { worker, Place } = program({
  "an app keeps its data": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", counter);
    return [await ask(supervisor, "call", "a", "/x"), await ask(supervisor, "call", "a", "/y")];
  },
  "a new version keeps the data": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", counter);
    const before = await ask(supervisor, "call", "a", "/x");
    const version = await ask(supervisor, "replace", "a", app(`return new Response("version two has " + this.sql.exec("SELECT count(*) AS n FROM hits").one().n);`));
    return [before, version, await ask(supervisor, "call", "a", "/")];
  },
  "a broken version and a mended one": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", "export class App { this is not JavaScript");
    const broken = await outcome(() => ask(supervisor, "call", "a", "/"));
    await ask(supervisor, "replace", "a", counter);
    return [broken.threw?.message.startsWith("Failed to start Worker:\nUncaught SyntaxError"), await ask(supervisor, "call", "a", "/")];
  },
  "an app that throws in its constructor": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", `import { DurableObject } from "cloudflare:workers"; export class App extends DurableObject { constructor(ctx, env) { super(ctx, env); throw new TypeError("bad start"); } }`);
    const broken = await outcome(() => ask(supervisor, "call", "a", "/"));
    await ask(supervisor, "replace", "a", counter);
    return [broken, await ask(supervisor, "call", "a", "/")];
  },
  "an app that throws": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`if (url.pathname === "/bad") { this.sql.exec("INSERT INTO hits (path) VALUES ('bad')"); throw new RangeError("bad request"); } return Response.json(this.sql.exec("SELECT count(*) AS n FROM hits").one().n);`));
    return [await outcome(() => ask(supervisor, "call", "a", "/bad")), await ask(supervisor, "call", "a", "/")];
  },
  "an app without that class": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", "export class Other {}");
    return outcome(() => ask(supervisor, "call", "a", "/"));
  },
  "apps do not see each other": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", counter);
    await ask(supervisor, "install", "b", counter);
    await ask(supervisor, "call", "a", "/");
    return [await ask(supervisor, "call", "a", "/"), await ask(supervisor, "call", "b", "/")];
  },
  "an app's fetch goes through the gate": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`const r = await fetch(url.searchParams.get("to"), { method: "POST", body: "x" }); return new Response(r.status + " " + await r.text());`));
    return [await ask(supervisor, "call", "a", "/?to=http://good.example/path"), await ask(supervisor, "call", "a", "/?to=http://bad.example/")];
  },
  "an app that is removed begins anew": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", counter);
    await ask(supervisor, "call", "a", "/");
    await ask(supervisor, "remove", "a");
    return ask(supervisor, "call", "a", "/");
  },
  "supervisors do not share apps": async (t) => {
    await ask(t.subject("one"), "install", "a", counter);
    await ask(t.subject("two"), "install", "a", counter);
    await ask(t.subject("one"), "call", "a", "/");
    return [await ask(t.subject("one"), "call", "a", "/"), await ask(t.subject("two"), "call", "a", "/")];
  },
  "what an app sees": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`return Response.json([Object.keys(this.env), this.ctx.props, this.ctx.id.name, Object.keys(this.ctx.exports), typeof this.ctx.exports.App, typeof this.ctx.exports.App.idFromName, typeof this.ctx.facets.get]);`));
    return ask(supervisor, "call", "a", "/");
  },
  "facets of an app's own": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", `import { DurableObject } from "cloudflare:workers";
      export class Inner extends DurableObject { fetch() { const n = (this.ctx.storage.kv.get("n") ?? 0) + 1; this.ctx.storage.kv.put("n", n); return Response.json(["inner", n, this.ctx.props]); } }
      export class App extends DurableObject { async fetch() { const inner = this.ctx.facets.get("inner", () => ({ class: this.ctx.exports.Inner({ props: { deep: true } }) })); await inner.fetch("http://inner/"); return inner.fetch("http://inner/"); } }`);
    return ask(supervisor, "call", "a", "/");
  },
  "a facet answers with a stream": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`let n = 0; return new Response(new ReadableStream({ async pull(c) { await scheduler.wait(1); if (n++ === 3) c.close(); else c.enqueue(new TextEncoder().encode(n + ";")); } }));`));
    return ask(supervisor, "call", "a", "/");
  },
  "a body through supervisor and facet": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`return new Response((await request.text()).toUpperCase(), { status: 201 });`));
    return ask(supervisor, "call", "a", "/", { method: "POST", body: "shout ü" });
  },
  "many calls at once": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", counter);
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(supervisor, "call", "a", "/")));
    return all.map(([status, text]) => [status, JSON.parse(text)[1]]).sort((a, b) => a[1] - b[1]);
  },
  "eight apps at once": async (t) => {
    const supervisor = t.subject();
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for (const name of names) await ask(supervisor, "install", name, counter);
    return Promise.all(names.map((name) => ask(supervisor, "call", name, "/")));
  },
  "an app that resets itself leaves its supervisor alone": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`if (url.pathname === "/abort") this.ctx.abort("on purpose"); return new Response("fine");`));
    await ask(supervisor, "add");
    return [await outcome(() => ask(supervisor, "call", "a", "/abort")), await ask(supervisor, "add"), await ask(supervisor, "call", "a", "/")];
  },
  "names of apps are any text": async (t) => {
    const supervisor = t.subject();
    const all = [];
    for (const name of ["with space", "../up", "ü/ö", "a\u0000b", "%41", "C:\\x"]) {
      await ask(supervisor, "install", name, counter);
      all.push(await ask(supervisor, "call", name, "/"));
    }
    return all;
  },
  "module globals of facets": differs("each facet has an instance of its own, so one app cannot see another's memory", { gave: [1, 1, 2] }, async (t) => {
    const loaded = t.load(`import { DurableObject } from "cloudflare:workers"; let shared = 0; export class C extends DurableObject { fetch() { return Response.json(++shared); } }`);
    const get = (name) => textOf(t.facets.get(name, () => ({ class: loaded.getDurableObjectClass("C") }))).then(Number);
    return [await get("a"), await get("b"), await get("a")];
  }),
  "a loaded worker calls back": async (t) => {
    const entry = t.load(`export default { async fetch(request, env) { const r = await env.object.fetch("http://o/", { method: "POST", body: '["add",[]]' }); return new Response("back " + await r.text()); } }`, { env: { object: t.subject() } }).getEntrypoint();
    return [await textOf(entry), await textOf(entry)];
  },
  "a loaded worker's error through everything": async (t) => {
    const supervisor = t.subject();
    await ask(supervisor, "install", "a", app(`throw Object.assign(new RangeError("deep"), { code: "E_DEEP", details: { n: [1] } });`));
    return outcome(() => ask(supervisor, "call", "a", "/"));
  },
  "stacks of a loaded worker": async (t) => {
    const text = await textOf(t.load(`function inner() { throw new Error("where"); }
export default { fetch() { try { inner(); } catch (error) { return new Response(error.stack); } } };`).getEntrypoint());
    const lines = text.split("\n");
    return [lines[0], /^ {4}at inner \(main\.js:1:\d+\)$/.test(lines[1]), lines.some((line) => line.includes("lapidary")), lines.length >= 2];
  },
  "a loaded worker that aborts itself through ctx": (t) => outcome(() => textOf(t.load(`export default { fetch(request, env, ctx) { ctx.abort("had enough"); return new Response("no"); } }`).getEntrypoint())).then((r) => r.threw?.$ ?? "gave"),
  "the same worker from two objects": async (t) => {
    const source = code(`export default { fetch(request, env, ctx) { return Response.json([ctx.props, env.n]); } }`, { env: { n: 5 } });
    const one = t.env.LOADER.get("together: shared", () => source);
    const two = t.env.LOADER.get("together: shared", () => { throw new Error("loaded twice"); });
    return [await textOf(one.getEntrypoint(null, { props: { a: 1 } })), await textOf(two.getEntrypoint())];
  },
});

export default worker;
export { Place, Actor as Plain };
