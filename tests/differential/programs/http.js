// Answers as they come over the wire, and requests as they arrive from there.

import { Actor, differs, exchange, program } from "../suite.js";

const answer = (make) => exchange({}, make);
const request = (sent, make) => exchange(sent, make);

export class Subject extends Actor {
  async fetch(request) {
    return new Response(`${request.method} ${await request.text()}`, { status: 202, headers: { "x-from": "the object", "content-type": "text/x-own" } });
  }
}

const { worker, Place } = program({
  "text": answer(() => new Response("hello")),
  "nothing": answer(() => new Response()),
  "an empty text": answer(() => new Response("")),
  "JSON": answer(() => Response.json({ a: [1, "ü"] })),
  "bytes": answer(() => new Response(new Uint8Array([104, 105]))),
  "a blob": answer(() => new Response(new Blob(["b"], { type: "text/own" }))),
  "status and text": answer(() => new Response("gone", { status: 410, statusText: "Really Gone" })),
  "an unknown status": answer(() => new Response("x", { status: 299 })),
  "no content": answer(() => new Response(null, { status: 204 })),
  "not modified": answer(() => new Response(null, { status: 304, headers: { etag: '"x"' } })),
  "a redirect": answer(() => Response.redirect("http://elsewhere.example/path?q", 301)),
  "headers": answer(() => new Response("h", { headers: [["X-One", "1"], ["x-two", "a"], ["X-Two", "b"], ["Content-Type", "text/plain"], ["Cache-Control", "no-store"]] })),
  "cookies": answer(() => { const r = new Response("c"); r.headers.append("Set-Cookie", "a=1"); r.headers.append("Set-Cookie", "b=2; HttpOnly"); return r; }),
  "a content length of one's own": answer(() => new Response("12345", { headers: { "content-length": "5" } })),
  "a stream": answer(() => new Response(ReadableStream.from([new TextEncoder().encode("a"), new TextEncoder().encode("b")]))),
  "a stream of known length": answer(() => { const { readable, writable } = new FixedLengthStream(4); const w = writable.getWriter(); w.write(new TextEncoder().encode("four")); w.close(); return new Response(readable); }),
  "a slow stream": answer(() => { let n = 0; return new Response(new ReadableStream({ async pull(c) { await scheduler.wait(5); if (n++ === 3) c.close(); else c.enqueue(new TextEncoder().encode(`${n};`)); } })); }),
  "an object's answer passed on": answer((request, t) => t.env.SUBJECTS.getByName("x").fetch("http://x/", { method: "POST", body: "body" })),
  "an object's answer changed": answer(async (request, t) => { const r = await t.env.SUBJECTS.getByName("x").fetch("http://x/"); const s = new Response(r.body, r); s.headers.set("x-added", "yes"); return s; }),
  "a request passed on": request({ method: "PUT", path: "/p", body: "sent on" }, (request, t) => t.env.SUBJECTS.getByName("x").fetch(request)),
  "method and path": request({ method: "DELETE", path: "/a/../b/./c%20d/%7Ee?x=1&y=%C3%A4#no" }, (request) => { const { pathname, search, hash } = new URL(request.url); return Response.json([request.method, pathname, search, hash]); }),
  "a path with odd characters": request({ path: "/a//b;c=1/'(x)*!$&,=@:/%2F|" }, (request) => Response.json(new URL(request.url).pathname)),
  "a query with odd characters": request({ path: "/?a=b+c&d=%zz&'=(x)" }, (request) => Response.json([new URL(request.url).search, [...new URL(request.url).searchParams]])),
  "another method": request({ method: "PATCH", body: "p" }, async (request) => Response.json([request.method, await request.text()])),
  "HEAD": request({ method: "HEAD" }, (request) => new Response(`for ${request.method}`, { headers: { "x-method": request.method } })),
  "HEAD with a length of one's own": request({ method: "HEAD" }, () => new Response(null, { headers: { "content-length": "1234" } })),
  "HEAD with the body's length": request({ method: "HEAD" }, () => new Response("12345", { headers: { "content-length": "5" } })),
  "HEAD with another length than the body's": request({ method: "HEAD" }, () => new Response("12345", { headers: { "content-length": "99" } })),
  "HEAD with a stream and a length": request({ method: "HEAD" }, () => new Response(new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("x")); c.close(); } }), { headers: { "content-length": "7" } })),
  "HEAD with nothing": request({ method: "HEAD" }, () => new Response(null)),
  "HEAD answered by an object": request({ method: "HEAD" }, async (request, t) => { const r = await t.env.SUBJECTS.getByName("head").fetch("http://x/", { method: "HEAD" }); return new Response(null, { headers: { "content-length": "8", "x-was": r.headers.get("content-length") ?? "none" } }); }),
  "OPTIONS": request({ method: "OPTIONS" }, (request) => new Response(null, { status: 204, headers: { allow: request.method } })),
  "headers as they arrive": request({ headers: { "X-Mixed-Case": "Value", accept: "text/html", cookie: "a=1; b=2", "x-empty": "" } }, (request) =>
    Response.json(["x-mixed-case", "accept", "cookie", "x-empty", "nope"].map((name) => request.headers.get(name)))),
  "a body as it arrives": request({ method: "POST", body: "ü and more", headers: { "content-type": "text/own" } }, async (request) =>
    Response.json([request.headers.get("content-type"), request.headers.get("content-length"), await request.text(), request.bodyUsed])),
  "JSON as it arrives": request({ method: "POST", body: '{"a":[1]}' }, async (request) => Response.json(await request.json())),
  "a form as it arrives": request({ method: "POST", body: "a=1&b=x+y", headers: { "content-type": "application/x-www-form-urlencoded" } }, async (request) => Response.json([...(await request.formData())])),
  "no body": request({ method: "POST" }, async (request) => Response.json(await request.text())),
  "a body that nobody reads": request({ method: "POST", body: "x".repeat(5000) }, () => new Response("fine")),
  "a stream echoed": request({ method: "POST", body: "echo" }, (request) => new Response(request.body)),
  "after the answer": answer((request, t) => { t.ctx.waitUntil(scheduler.wait(1)); return new Response("sent"); }),
});

export default worker;
export { Place, Actor as Plain };
