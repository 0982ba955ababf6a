import { both, bytes, collect, equal, ok, rejects, state, test, throws, utf8 } from "harness";
import { extractRequest, makeIncomingRequest, abortRequest } from "web/request.js";
import { extractResponse, makeResponse } from "web/response.js";
import { started } from "../../../assets/runtime/ops.js";

const USED = "Body has already been used.";
function hostStream(...chunks) {
  const id = state.streams.size + 1;
  state.streams.set(id, chunks);
  return { streamId: id };
}

// ---- reading ----
both("every reader of a text body", async ({ Response }) => {
  const make = () => new Response('{"a":[1,"ü"]}');
  const buffer = await make().arrayBuffer();
  const blob = await make().blob();
  return [await make().text(), await make().json(), new Uint8Array(buffer), buffer.byteLength, blob.size, blob.type, await blob.text()];
});
both("every kind of body", async ({ Response, Blob, URLSearchParams, ReadableStream }) => {
  const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104, 105])); c.close(); } });
  const out = [];
  for (const body of [null, undefined, "", "text", new Uint8Array([97, 98]), new Uint8Array([97, 98]).buffer, new DataView(new Uint8Array([97, 98, 99]).buffer, 1),
    new Blob(["blob"], { type: "X/Y" }), new Blob(["bare"]), new URLSearchParams({ a: "1 2" }), stream, 12, {}]) {
    const response = new Response(body);
    out.push([response.headers.get("content-type"), response.body === null, response.bodyUsed, await response.text(), response.bodyUsed]);
  }
  return out;
});
both("a given content type stays", async ({ Response }) => new Response("x", { headers: { "Content-Type": "a/b" } }).headers.get("content-type"));
test("bytes", async () => equal(await new Response("aü").bytes(), bytes(0x61, 0xc3, 0xbc)));
test("a body is read once", async () => {
  const r = new Response("x");
  equal(await r.text(), "x");
  ok(r.bodyUsed);
  await rejects(r.text(), "TypeError", USED);
  await rejects(r.json(), "TypeError", USED);
  throws(() => r.clone(), "TypeError", USED);
});
test("no body can be read again and again", async () => {
  const r = new Response(null);
  equal([await r.text(), await r.text(), r.bodyUsed], ["", "", false]);
});
test("bytes are copied in", async () => {
  const source = bytes(97, 98);
  const r = new Response(source);
  source[0] = 122;
  equal(await r.text(), "ab");
});
test("bad JSON is a SyntaxError", async () => {
  await rejects(new Response("{").json(), "SyntaxError");
  await rejects(new Response(null).json(), "SyntaxError");
});
both("BOM in text and json", async ({ Response }) => [await new Response("\ufeffa").text(), await new Response("\ufeff1").json()]);
both("body as a stream", async ({ Response }) => {
  const r = new Response("hello");
  const stream = r.body;
  const reader = stream.getReader();
  const first = await reader.read();
  return [stream === r.body, r.bodyUsed, first.value, (await reader.read()).done];
});
test("touching body does not use it", async () => {
  const r = new Response("hi");
  ok(r.body instanceof ReadableStream);
  equal([r.bodyUsed, await r.text(), r.bodyUsed], [false, "hi", true]);
  ok(r.body.locked === false);
  equal(await collect(r.body), []);
});
test("a locked stream cannot be read or given", async () => {
  const r = new Response("hi");
  const reader = r.body.getReader();
  await rejects(r.text(), "TypeError", "locked");
  throws(() => new Response(r.body), "TypeError", "locked");
  reader.releaseLock();
  equal(await r.text(), "hi");
  throws(() => new Response(r.body), "TypeError", "disturbed");
});
test("a stream of other values is refused", async () => {
  const stream = new ReadableStream({ start(c) { c.enqueue(5); c.close(); } });
  await rejects(new Response(stream).text(), "TypeError", "did not return bytes");
});
test("an error of the stream reaches the reader", async () => {
  const stream = new ReadableStream({ pull(c) { c.error(new RangeError("broken")); } });
  await rejects(new Response(stream).arrayBuffer(), "RangeError", "broken");
});
test("byob read of a body", async () => {
  const reader = new Response("hello").body.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(3));
  equal(value, utf8("hel"));
  equal((await reader.read(new Uint8Array(9))).value, utf8("lo"));
  ok((await reader.read(new Uint8Array(1))).done);
});
// ---- clone ----
both("clone", async ({ Response, Request }) => {
  const a = new Response("x", { status: 201, headers: { h: "1" } });
  const b = a.clone();
  b.headers.set("h", "2");
  const q = new Request("http://a/", { method: "POST", body: "y" });
  return [await a.text(), await b.text(), b.status, a.headers.get("h"), b.headers.get("h"), await q.clone().text(), await q.text()];
});
test("clone of a stream", async () => {
  const r = new Response(new ReadableStream({ start(c) { c.enqueue(utf8("ab")); c.enqueue(utf8("cd")); c.close(); } }));
  const c = r.clone();
  equal([await c.text(), await r.text()], ["abcd", "abcd"]);
});
test("clones of bytes are apart", async () => {
  const r = makeResponse(200, "", [], bytes(1, 2));
  const copy = r.clone();
  (await r.bytes())[0] = 9;
  equal(await copy.bytes(), bytes(1, 2));
});
// ---- Response ----
both("Response members", async ({ Response }) => {
  const r = new Response("x", { status: 404, statusText: "Gone" });
  return [r.status, r.ok, r.statusText, r.url, r.redirected, r.type, new Response().ok, Response.length];
});
test("status texts", () => equal([new Response().statusText, new Response(null, { status: 404 }).statusText, new Response(null, { status: 599 }).statusText], ["", "", ""]));
test("status range", () => {
  for (const status of [0, 100, 101, 199, 600, 1000]) {
    throws(() => new Response(null, { status }), "RangeError", "Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
  equal([200, 599].map((status) => new Response(null, { status }).status), [200, 599]);
  throws(() => new Response(null, { statusText: "a\nb" }), "TypeError", "Invalid statusText");
});
test("null body statuses", () => {
  for (const status of [204, 205, 304]) {
    throws(() => new Response("x", { status }), "TypeError", "cannot have a body");
    equal(new Response(null, { status }).body, null);
    equal(new Response("", { status }).body, null);
  }
});
test("WebSocket responses", () => {
  throws(() => new Response(null, { status: 101, webSocket: {} }), "TypeError", "not of type 'WebSocket'");
  equal(new Response().webSocket, null);
});
both("Response.json", async ({ Response }) => {
  const a = Response.json({ a: 1 });
  const b = Response.json([1], { status: 201, headers: { "content-type": "x/y", z: "1" } });
  return [await a.text(), a.headers.get("content-type"), a.status, await b.text(), [...b.headers], b.status];
});
test("Response.json refuses", () => {
  throws(() => Response.json(), "TypeError");
  throws(() => Response.json({}, { status: 999 }), "RangeError");
});
both("Response.redirect", ({ Response }) => {
  const r = Response.redirect("http://a/b c", 301);
  return [r.status, r.headers.get("location"), Response.redirect("http://x").status];
});
test("Response.redirect refuses", () => {
  throws(() => Response.redirect("/x"), "TypeError");
  throws(() => Response.redirect("http://a", 200), "RangeError");
});
both("Response.error", ({ Response }) => [Response.error().type, Response.error().status]);
test("a Response as init", () => {
  const from = new Response("x", { status: 201, statusText: "Mine", headers: { a: "1" } });
  const r = new Response(from.body, from);
  equal([r.status, r.statusText, r.headers.get("a")], [201, "Mine", "1"]);
});
// ---- Request ----
both("Request members", ({ Request }) => {
  const r = new Request("HTTP://Ex.com:80/a b?q#h", { method: "post", headers: { A: "1" }, body: "x", redirect: "manual" });
  return [r.method, r.url, [...r.headers], r.redirect, r.bodyUsed, new Request("http://a").method, new Request("http://a").redirect];
});
both("methods", ({ Request }) => ["get", "Head", "PUT", "delete", "options", "PATCH", "Custom"].map((method) => new Request("http://a", { method }).method));
test("Request refuses", () => {
  throws(() => new Request("/a"), "TypeError", "Invalid URL: /a");
  throws(() => new Request("http://a", { method: "a b" }), "TypeError", "Invalid HTTP method string: a b");
  throws(() => new Request("http://a", { body: "x" }), "TypeError", "Request with a GET or HEAD method cannot have a body.");
  throws(() => new Request("http://a", { redirect: "error" }), "TypeError", 'Invalid redirect value, must be one of "follow" or "manual"');
  throws(() => new Request("http://a", { signal: {} }), "TypeError");
  throws(() => new Request("http://a", { cache: "default" }), "TypeError", "Unsupported cache mode: default");
  throws(() => new Request(), "TypeError");
});
both("Request from a Request", async ({ Request }) => {
  const a = new Request("http://a/", { method: "POST", body: "x", headers: { h: "1" } });
  const b = new Request(a, { headers: { k: "2" } });
  const c = new Request(b);
  return [a.bodyUsed, b.bodyUsed, [...c.headers], await c.text(), c.method, new Request(new Request("http://q/")).url];
});
test("Request with a URL and a Request as init", async () => {
  const a = new Request("http://a/", { method: "POST", body: "x" });
  const b = new Request(new URL("http://b/"), a);
  equal([b.url, b.method, await b.text()], ["http://b/", "POST", "x"]);
});
test("signal", () => {
  const controller = new AbortController();
  const r = new Request("http://a", { signal: controller.signal });
  const copy = new Request(r);
  controller.abort("why");
  equal([r.signal.aborted, copy.signal.reason], [true, "why"]);
  const incoming = makeIncomingRequest("GET", "http://a/", [], null);
  abortRequest(incoming, "gone");
  equal([incoming.signal.aborted, incoming.signal.reason], [true, "gone"]);
  equal(new Request("http://a").signal.aborted, false);
});
// ---- the border to the host ----
test("incoming request", async () => {
  const r = makeIncomingRequest("PUT", "https://h/p?q=1", ["content-type", "text/plain", "a", "1", "a", "2"], "body", { colo: "X" });
  equal([r.method, r.url, r.headers.get("a"), r.cf, await r.text(), r instanceof Request], ["PUT", "https://h/p?q=1", "1, 2", { colo: "X" }, "body", true]);
});
test("incoming body from the host as bytes", async () => {
  equal(await makeIncomingRequest("POST", "http://a/", [], utf8("ü")).text(), "ü");
  equal(await makeIncomingRequest("POST", "http://a/", [], utf8("[1]").buffer).json(), [1]);
});
test("incoming host stream", async () => {
  const r = makeIncomingRequest("POST", "http://a/", [], hostStream(utf8("ab"), utf8("cd")));
  equal(await r.text(), "abcd");
  const s = makeIncomingRequest("POST", "http://a/", [], hostStream(utf8("ab"), utf8("cd")));
  equal((await collect(s.body)).map((chunk) => chunk.length), [2, 2]);
  const failing = makeIncomingRequest("POST", "http://a/", [], hostStream(utf8("ab"), "lost"));
  await rejects(failing.text(), "Error", "lost");
});
test("a cancelled host stream tells the host", async () => {
  const source = hostStream(utf8("ab"));
  const r = makeIncomingRequest("POST", "http://a/", [], source);
  await r.body.cancel();
  ok(state.cancelled.includes(source.streamId));
});
test("byob read of a host stream that ends", async () => {
  const reader = makeIncomingRequest("POST", "http://a/", [], hostStream(utf8("ab"))).body.getReader({ mode: "byob" });
  equal((await reader.read(new Uint8Array(8))).value, utf8("ab"));
  const end = await reader.read(new Uint8Array(8));
  equal([end.done, end.value.length], [true, 0]);
});
test("an untouched host stream goes back unpumped", () => {
  const before = started.length;
  const source = hostStream(utf8("ab"));
  const upstream = makeResponse(200, "OK", ["a", "1"], source, "http://u/");
  equal(extractResponse(new Response(upstream.body, upstream)).body, source);
  ok(upstream.bodyUsed, "upstream body is used");
  const whole = makeResponse(200, "OK", [], hostStream());
  ok(extractResponse(whole).body.streamId !== undefined);
  const request = makeIncomingRequest("POST", "http://a/", [], source);
  equal(extractRequest("http://b/", request).body, source);
  equal(started.length, before);
});
test("a stream that was read goes out as a stream", async () => {
  const upstream = makeResponse(200, "OK", [], hostStream(utf8("ab"), utf8("cd")));
  const reader = upstream.body.getReader();
  await reader.read();
  reader.releaseLock();
  throws(() => extractResponse(upstream), "TypeError", USED);
  const open = new Response(new ReadableStream({}));
  ok(extractResponse(open).body instanceof ReadableStream);
});
test("extractResponse", () => {
  equal(extractResponse(new Response("x", { status: 201, headers: { A: "1" } })), { status: 201, statusText: "Created", flatHeaders: ["a", "1", "content-type", "text/plain;charset=UTF-8"], body: "x", webSocket: null, encodeBody: "automatic" });
  equal(extractResponse(new Response(bytes(1))).body, bytes(1));
  equal(extractResponse(new Response(new Blob(["b"]))).body, utf8("b"));
  equal(extractResponse(new Response()).body, null);
  const touched = new Response("x");
  touched.headers.set("k", "v");
  equal(extractResponse(touched).flatHeaders, ["content-type", "text/plain;charset=UTF-8", "k", "v"]);
  throws(() => extractResponse(touched), "TypeError", USED);
});
test("extractRequest", () => {
  const made = extractRequest("http://a", { method: "POST", body: "x", headers: { A: "1" }, cf: { z: 1 } });
  equal(made, { method: "POST", url: "http://a/", flatHeaders: ["a", "1", "content-type", "text/plain;charset=UTF-8"], body: "x", redirect: "follow", cf: { z: 1 }, signal: null });
  throws(() => extractRequest("/a"), "TypeError", "Invalid URL: /a");
  const request = new Request("http://a", { method: "POST", body: "x" });
  equal(extractRequest(request).body, "x");
  ok(request.bodyUsed);
});
test("makeResponse", async () => {
  const r = makeResponse(404, "Nope", ["set-cookie", "a", "set-cookie", "b"], "text", "http://u/");
  equal([r.status, r.statusText, r.url, r.headers.getSetCookie(), await r.text()], [404, "Nope", "http://u/", ["a", "b"], "text"]);
  throws(() => r.headers.set("a", "b"), "TypeError", "immutable");
  const copy = new Response(null, r);
  copy.headers.set("a", "b");
  equal(copy.headers.get("a"), "b");
});
test("a program cannot pass a host stream of its own", async () => {
  equal(await new Response({ streamId: 1 }).text(), "[object Object]");
  const blob = new (class extends Blob { streamId = 1; })(["safe"]);
  equal(await new Response(blob).text(), "safe");
  const stream = new ReadableStream({ start(c) { c.enqueue(utf8("safe")); c.close(); } });
  stream.streamId = 1;
  equal(await new Response(stream).text(), "safe");
});
test("Body is abstract", () => {
  throws(() => new Body(), "TypeError", "Illegal constructor");
  ok(new Response() instanceof Body && new Request("http://a") instanceof Body);
});
