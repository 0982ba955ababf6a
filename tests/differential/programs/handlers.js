// Entrypoints, `cloudflare:workers`, requests and answers on their way between workers.

import { DurableObject, RpcTarget, WorkerEntrypoint, env, exports, waitUntil } from "cloudflare:workers";
import { Actor, ask, outcome, outcomes, program, show, stateless, textOf } from "../suite.js";

const atTheTop = { text: env.TEXT, keys: Object.keys(env).sort(), json: env.JSON };

export class Entry extends WorkerEntrypoint {
  fetch(request) {
    return Response.json([this.ctx.props, Object.keys(this.env).sort(), request.url, this instanceof WorkerEntrypoint]);
  }
}

export class Silent extends WorkerEntrypoint {}

export const plain = { fetch(request, env, ctx) { return Response.json([ctx.props, typeof env.TEXT, request.method]); } };

export const failing = { async fetch() { throw new TypeError("the entrypoint failed"); } };

/** Answers with what it is asked for. */
export class Subject extends Actor {
  async fetch(request) {
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/echo":
        return new Response(request.body, { headers: { "x-method": request.method, "x-type": request.headers.get("content-type") ?? "none" } });
      case "/headers":
        return Response.json([...request.headers]);
      case "/cookies": {
        const response = new Response("c");
        response.headers.append("set-cookie", "a=1; Path=/");
        response.headers.append("set-cookie", "b=2");
        response.headers.append("x-list", "1");
        response.headers.append("x-list", "2");
        return response;
      }
      case "/status":
        return new Response(null, { status: Number(url.searchParams.get("s")), headers: { location: "http://elsewhere/" } });
      case "/stream": {
        let n = 0;
        return new Response(new ReadableStream({ async pull(c) { await scheduler.wait(1); if (n++ === 3) c.close(); else c.enqueue(new TextEncoder().encode(`part ${n};`)); } }));
      }
      case "/broken":
        return new Response(new ReadableStream({ pull(c) { c.error(new RangeError("broken off")); } }));
      case "/form": {
        const form = await request.formData();
        return Response.json([...form].map(([name, value]) => [name, typeof value === "string" ? value : value.name]));
      }
      case "/bytes":
        return Response.json([...(await request.bytes())]);
      case "/used":
        await request.text();
        return Response.json([request.bodyUsed, await outcome(() => request.text())]);
      case "/slow":
        await scheduler.wait(200);
        return new Response("late");
      case "/unread":
        return new Response("did not look");
      case "/request":
        return Response.json(show([request.method, request.url, request.redirect, request.bodyUsed, request.body === null, request.cf ?? null, Object.prototype.toString.call(request), request.signal.aborted]));
      case "/immutable":
        return Response.json(await outcomes({ set: () => request.headers.set("a", "b"), append: () => request.headers.append("a", "b"), delete: () => request.headers.delete("a") }));
      case "/json":
        return Response.json(await request.json());
      default:
        return new Response("not found", { status: 404 });
    }
  }
}

const get = (t, path, init) => t.subject().fetch(`http://subject${path}`, init);

const { worker, Place } = program({
  "env and exports as imports": (t) => [atTheTop, env.TEXT === t.env.TEXT, Object.keys(exports).sort(), typeof exports.Entry, "TEXT" in env],
  "waitUntil as an import": () => [waitUntil(Promise.resolve(1))].map(show),
  "base classes": (t) => outcomes({
    target: () => Object.prototype.toString.call(new RpcTarget()),
    own_target: () => { class Own extends RpcTarget { n = 1; } return new Own().n; },
    instance: () => [t.self instanceof DurableObject, DurableObject.name, WorkerEntrypoint.name, RpcTarget.name],
  }),
  "an entrypoint of one's own": async (t) => (await t.exports.Entry.fetch("http://entry/path?q")).json(),
  "an entrypoint with props": async (t) => (await t.exports.Entry({ props: { a: new Date(3) } }).fetch("http://entry/")).json(),
  "an object of handlers": async (t) => [await (await t.exports.plain.fetch("http://x/", { method: "DELETE" })).json(), await (await t.exports.plain({ props: { n: 1 } }).fetch("http://x/")).json()],
  "an entrypoint that fails": (t) => outcome(() => textOf(t.exports.failing)),
  "an entrypoint without fetch": (t) => outcome(() => textOf(t.exports.Silent)),
  "wrong props": (t) => outcomes({ text: () => t.exports.Entry({ props: "x" }), nothing: () => Object.prototype.toString.call(t.exports.Entry()), empty: () => Object.prototype.toString.call(t.exports.Entry({})), function: () => t.exports.Entry({ props: { f() {} } }) }),
  "bodies there and back": async (t) => {
    const bodies = { text: "text ✓", bytes: new Uint8Array([0, 255, 1]), buffer: new Uint8Array([5]).buffer, blob: new Blob(["b"], { type: "a/b" }), params: new URLSearchParams({ q: "1 2" }), empty: "" };
    const all = {};
    for (const [name, body] of Object.entries(bodies)) {
      const response = await get(t, "/echo", { method: "POST", body });
      all[name] = [response.headers.get("x-type"), [...new Uint8Array(await response.arrayBuffer())]];
    }
    return all;
  },
  "a form there": async (t) => {
    const form = new FormData();
    form.append("field", "value ✓");
    form.append("file", new File(["x"], "name.txt"));
    return (await get(t, "/form", { method: "POST", body: form })).json();
  },
  "a stream there": async (t) => {
    let n = 0;
    const body = new ReadableStream({ async pull(c) { await scheduler.wait(1); if (n++ === 3) c.close(); else c.enqueue(new Uint8Array([n])); } });
    return (await get(t, "/bytes", { method: "POST", body })).json();
  },
  "a large body there and back": async (t) => {
    const body = new Uint8Array(300_000).map((_, i) => i % 251);
    const back = new Uint8Array(await (await get(t, "/echo", { method: "PUT", body })).arrayBuffer());
    return [back.length, back.every((byte, i) => byte === i % 251)];
  },
  "a stream back": async (t) => {
    const response = await get(t, "/stream");
    const parts = [];
    for await (const part of response.body) parts.push(new TextDecoder().decode(part));
    return [parts.join(""), response.bodyUsed];
  },
  "a stream back, in part": async (t) => {
    const reader = (await get(t, "/stream")).body.getReader();
    const { value } = await reader.read();
    await reader.cancel("enough");
    return new TextDecoder().decode(value).slice(0, 6);
  },
  "a body nobody reads": async (t) => [await (await get(t, "/unread", { method: "POST", body: "x".repeat(1000) })).text(), (await get(t, "/stream")).status],
  "headers there": async (t) => (await get(t, "/headers", { headers: { B: "2", a: " spaced " } })).json(),
  "headers back": async (t) => { const { headers } = await get(t, "/cookies"); return [headers, headers.getSetCookie(), headers.get("x-list")]; },
  "headers of an answer do not change": async (t) => { const response = await get(t, "/cookies"); return outcomes({ set: () => response.headers.set("a", "b"), copy: () => { const copy = new Response(response.body, response); copy.headers.set("a", "b"); return copy.headers.get("a"); } }); },
  "headers of a request do not change": async (t) => (await get(t, "/immutable")).json(),
  "statuses": async (t) => {
    const all = [];
    for (const s of [200, 204, 205, 304, 301, 302, 404, 418, 500, 503, 599]) {
      const response = await get(t, `/status?s=${s}`, { redirect: "manual" });
      all.push([response.status, response.statusText, response.ok, response.headers.get("location"), await response.text()]);
    }
    return all;
  },
  "a request as it arrives": async (t) => (await get(t, "/request?a=b%20c", { method: "POST", body: "x", redirect: "manual" })).json(),
  "a GET as it arrives": async (t) => (await get(t, "/request")).json(),
  "a request used twice": async (t) => (await get(t, "/used", { method: "POST", body: "x" })).json(),
  "a Request object passed on": async (t) => {
    const request = new Request("http://subject/json", { method: "POST", body: '{"a":1}', headers: { "content-type": "application/json" } });
    const response = await t.subject().fetch(request);
    return [await response.json(), request.bodyUsed, await outcome(() => t.subject().fetch(request))];
  },
  "a Request object with an init": async (t) => (await t.subject().fetch(new Request("http://subject/request"), { method: "PUT", body: "y" })).json(),
  "an answer passed on": async (t) => {
    const relay = t.load("export default { fetch(request, env) { return env.subject.fetch(request); } }", { env: { subject: t.subject() } }).getEntrypoint();
    const response = await relay.fetch("http://subject/echo", { method: "POST", body: "passed on" });
    return [await response.text(), response.headers.get("x-method")];
  },
  "an answer changed on the way": async (t) => {
    const relay = t.load(`export default { async fetch(request, env) { const r = await env.subject.fetch(request); const s = new Response(r.body, r); s.headers.set("x-added", "1"); return s; } }`, { env: { subject: t.subject() } }).getEntrypoint();
    const response = await relay.fetch("http://subject/cookies");
    return [await response.text(), response.headers, response.status];
  },
  "JSON that does not parse": (t) => outcome(async () => (await get(t, "/json", { method: "POST", body: "{" })).text()).then((result) => result.threw?.$),
  "GET with a body is refused": (t) => outcome(() => get(t, "/echo", { body: "x" })),
  "an aborted request": (t) => outcome(() => get(t, "/stream", { signal: AbortSignal.abort(new RangeError("not today")) })),
  "fetch without anything": (t) => outcome(() => fetch()),
  "a request aborted on its way": async (t) => {
    const controller = new AbortController();
    const answer = outcome(() => get(t, "/stream", { signal: controller.signal }).then((r) => r.status));
    const never = outcome(() => t.subject("slow").fetch("http://subject/slow", { signal: controller.signal }).then((r) => r.status));
    const first = await answer;
    controller.abort(new RangeError("changed my mind"));
    return [first, await never];
  },
  "an answer used twice": (t) => { const shared = new Response("once"); return outcome(async () => [await shared.text(), await shared.text()]); },
  "timers survive the answer": async (t) => { let fired = false; setTimeout(() => { fired = true; }, 5); await scheduler.wait(20); return fired; },
  "concurrent requests interleave": stateless(async (t) => {
    const order = [];
    await Promise.all([1, 2, 3].map(async (n) => { order.push(`start ${n}`); await scheduler.wait(10 - 3 * n); order.push(`end ${n}`); }));
    return order;
  }),
  "one fetch after another": async (t) => {
    const all = [];
    for (let i = 0; i < 20; i++) all.push((await get(t, "/unread")).status);
    return all.every((status) => status === 200);
  },
  "twenty fetches at once": async (t) => (await Promise.all(Array.from({ length: 20 }, (_, i) => get(t, "/echo", { method: "POST", body: String(i) }).then((r) => r.text())))).join(" "),
});

export default worker;
export { Place, Actor as Plain };
