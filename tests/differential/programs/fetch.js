// What fetch() does on this side of the network: redirects, addresses that lead nowhere, codings.

import { Actor, differs, exchange, outcomes, program, stateless } from "../suite.js";
import { connect } from "cloudflare:sockets";

/** Answers as its path says. */
export class Subject extends Actor {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const [, verb, rest] = pathname.split("/");
    switch (verb) {
      case "to":
        return new Response("see there", { status: Number(rest), headers: { location: searchParams.get("to") ?? "/end?x" } });
      case "count":
        return Number(rest) === 0 ? new Response("end") : new Response(null, { status: 302, headers: { location: `/count/${rest - 1}` } });
      case "noplace":
        return new Response("where", { status: 302 });
      case "gzip":
        return new Response("plain text", { headers: { "content-encoding": "gzip" } });
      case "stream":
        return new Response(new Response("plain stream").body, { headers: { "content-encoding": "br" } });
      case "manual":
        return new Response(await packed("packed"), { headers: { "content-encoding": "gzip" }, encodeBody: "manual" });
      case "wrong":
        return new Response("no gzip", { headers: { "content-encoding": "gzip" }, encodeBody: "manual" });
      case "cut":
        return new Response((await packed("packed and cut")).slice(0, 20), { headers: { "content-encoding": "gzip" }, encodeBody: "manual" });
      case "odd":
        return new Response("as it is", { headers: { "content-encoding": "GZIP, x" } });
    }
    return Response.json([request.method, request.url, request.redirect, ["authorization", "cookie", "content-type", "x-own"].map((name) => request.headers.get(name)), await request.text()]);
  }
}

const packed = (text) => new Response(new Response(text).body.pipeThrough(new CompressionStream("gzip"))).bytes();

const seen = async (promise) => {
  const response = await promise;
  return [response.status, response.statusText, response.url, response.redirected, response.type, response.headers.get("location"), response.headers.get("content-encoding"), await response.text()];
};
const to = (status, init, target) => (t) => seen(t.subject().fetch(`http://a.example/to/${status}${target === undefined ? "" : `?to=${encodeURIComponent(target)}`}`, init));
const post = { method: "POST", body: "body", headers: { authorization: "secret", cookie: "a=b", "x-own": "1" } };
const methods = (status) => (t) => outcomes(Object.fromEntries(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((method) =>
  [method, () => to(status, { method, body: ["GET", "HEAD"].includes(method) ? undefined : "body" })(t)])));
const streamed = () => {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  writer.write(new TextEncoder().encode("once"));
  writer.close();
  return readable;
};
const data = (url, init) => [url, () => seen(fetch(url, init))];
const addresses = (list) => () => outcomes(Object.fromEntries(list.map((address) => [String(JSON.stringify(address)), () => { connect(address); }])));

const { worker, Place } = program({
  ...Object.fromEntries([300, 301, 302, 303, 304, 305, 307, 308].map((status) => [`redirect ${status}`, status === 304 ? to(status) : methods(status)])),
  "a redirect in the same place": to(302, post),
  "a redirect that keeps the body": to(307, post),
  "a redirect to another host": to(302, post, "http://b.example/x"),
  "a redirect to another scheme": to(302, post, "https://a.example/x"),
  "a redirect to another port": to(302, post, "http://a.example:81/x"),
  "a redirect to the usual port": to(302, post, "http://a.example:80/x"),
  "a redirect without a scheme": to(302, post, "//b.example/x"),
  "a redirect to a fragment": to(302, {}, "/end#there"),
  "a redirect from a fragment": (t) => seen(t.subject().fetch("http://a.example/to/302#here")),
  "a redirect to a query": to(302, {}, "?y"),
  "a redirect to nonsense": to(302, {}, "http://[bad"),
  "a redirect to data": to(302, {}, "data:text/plain,hi"),
  "a redirect without a place": (t) => seen(t.subject().fetch("http://a.example/noplace")),
  "manual": to(302, { redirect: "manual" }),
  "an incoming request's redirect": (t) => seen(t.subject().fetch(new Request("http://a.example/to/302", { redirect: "manual" }))),
  "error": to(302, { redirect: "error" }),
  "a stream that would go twice": to(307, { method: "POST", body: streamed() }),
  "a stream that need not": (t) => to(303, { method: "POST", body: streamed() })(t),
  "a FormData that goes twice": (t) => { const form = new FormData(); form.append("a", "b"); return t.subject().fetch("http://a.example/to/307", { method: "POST", body: form }).then(async (r) => (await r.text()).includes('name=\\"a\\"')); },
  "twenty redirects": (t) => seen(t.subject().fetch("http://a.example/count/20")),
  "more than twenty": (t) => seen(t.subject().fetch("http://a.example/count/21")),
  "a redirect of an entrypoint": (t) => seen(t.load(`export default { fetch(request) {
    return request.url.endsWith("/end") ? new Response(request.method) : Response.redirect("http://x/end", 303); } }`).getEntrypoint().fetch("http://x/", { method: "POST", body: "x" })),
  "a redirect of a facet": (t) => seen(t.facets.get("f", () => ({ class: t.exports.Subject })).fetch("http://a.example/to/302")),
  "a response that is passed on": exchange({ method: "POST", body: "x" }, (request, t) => t.env.SUBJECTS.getByName("r").fetch("http://a.example/to/302")),
  "a request that is passed on": exchange({ path: "/to/302" }, (request, t) => t.env.SUBJECTS.getByName("r").fetch(request)),

  "data addresses": stateless(() => outcomes(Object.fromEntries([
    "data:,x", "data:text/plain;base64,aGk=", "data:;charset=utf-8,x", "data:text/html", "data:foo,x", "data:TEXT/Plain;base64;x,aGk=",
    "data:text/plain,a%20b%zz#frag", "data:;base64,aG k=", "data:;base64,****", "data:text/plain; charset=utf-8 ; base64,aGk", "data:image/png;BASE64,aGk=",
    "data:application/json,{\"a\":1}", "DATA:,x", "data:text/plain;charset=UTF-8;page=21,the%20data:1234", "data:%74ext/plain,x", "data:a/b;x=y=z,q", "data:a/b;x,q", "data:,é",
  ].map((url) => data(url))))),
  "data addresses by method": stateless(() => outcomes(Object.fromEntries(["HEAD", "POST", "PUT", "OPTIONS"].map((method) => [method, () => seen(fetch("data:,x", { method }))])))),
  "data addresses of a stub": (t) => seen(t.subject().fetch("data:,x")),
  "other schemes": (t) => outcomes(Object.fromEntries(["ftp://a.example/", "blob:x", "file:///etc/passwd", "about:blank", "ws://a.example/", "javascript:1"].flatMap((url) =>
    [[url, () => fetch(url)], [`${url} of a stub`, () => t.subject().fetch(url)]]))),
  "no addresses": stateless(() => outcomes(Object.fromEntries(["/x", "", "http://", "http://a:99999/", undefined, null, 5].map((url) => [String(url), () => fetch(url)])))),

  "a coded response": (t) => seen(t.subject().fetch("http://a.example/gzip")),
  "a coded stream": (t) => seen(t.subject().fetch("http://a.example/stream")),
  "a response that was coded by hand": (t) => seen(t.subject().fetch("http://a.example/manual")),
  "a coding that is wrong": (t) => seen(t.subject().fetch("http://a.example/wrong")),
  "a coding that is cut": (t) => seen(t.subject().fetch("http://a.example/cut")),
  "a coding that nobody knows": (t) => seen(t.subject().fetch("http://a.example/odd")),
  "a coded response cloned": async (t) => { const r = await t.subject().fetch("http://a.example/manual"); const c = r.clone(); return [await r.text(), await c.text()]; },
  "a coded response as a stream": async (t) => { const r = await t.subject().fetch("http://a.example/manual"); const words = []; for await (const chunk of r.body.pipeThrough(new TextDecoderStream())) words.push(chunk); return words.join(""); },
  "a coded response as another's body": async (t) => { const r = await t.subject().fetch("http://a.example/manual"); return seen(t.subject().fetch("http://a.example/x", { method: "POST", body: r.body })); },
  "encodeBody": () => outcomes({
    none: () => new Response("x").encodeBody,
    manual: () => new Response("x", { encodeBody: "manual" }).encodeBody,
    other: () => new Response("x", { encodeBody: "other" }),
  }),

  "addresses to connect to": stateless(addresses(["nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "http://127.0.0.1:80", ":80", "a b:80", "::1:80", "", 5])),
  "objects to connect to": stateless(addresses([{ hostname: "127.0.0.1" }, { hostname: "a", port: -1 }, { hostname: "a", port: 70000 }, { hostname: "a", port: "x" }])),
  "nothing to connect to": differs("the class is named in words", { gave: { undefined: { threw: { $: "TypeError", name: "TypeError", message: "Cannot initialize SocketAddress with required members from an undefined or null value." } }, null: { threw: { $: "TypeError", name: "TypeError", message: "Cannot initialize SocketAddress with required members from an undefined or null value." } } } },
    stateless(() => outcomes({ undefined: () => connect(), null: () => connect(null) }))),
  "options to connect with": stateless(() => outcomes({
    number: () => connect("a.invalid:1", 5),
    secure: () => connect("a.invalid:1", { secureTransport: "maybe" }),
  })),
  "what is blocked": async (t) => (await t.load(`import { connect } from "cloudflare:sockets";
    const tell = async (run) => { try { await run(); return "no"; } catch (error) { return String(error); } };
    export default { async fetch() { return Response.json([await tell(() => fetch("http://a.example/")), await tell(() => connect("a.example:1")), await tell(() => { new WebSocket("ws://a.example/"); })]); } }`,
    { globalOutbound: null }).getEntrypoint().fetch("http://x/")).json(),
});

export default worker;
export { Place, Actor as Plain };
