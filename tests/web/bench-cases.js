// What bench.mjs times: one request and its response, and their parts.

import { test } from "harness";
import { extractRequest, makeIncomingRequest } from "web/request.js";
import { extractResponse, makeResponse } from "web/response.js";

const incoming = () => makeIncomingRequest("GET", "http://a/b?c=d", [
  "host", "example.com", "user-agent", "curl/8", "accept", "*/*", "accept-encoding", "gzip", "x-a", "1",
  "content-type", "application/json", "cf-ray", "abc",
], null);
const request = incoming();

test("request, new Response(text), answer", () => {
  incoming();
  return extractResponse(new Response("hello"));
});
test("request, Response.json, answer", () => {
  incoming();
  return extractResponse(Response.json({ ok: true, n: 5 }));
});
test("request, headers.get, new Response(text, init), answer", () => {
  const accept = incoming().headers.get("Accept");
  return extractResponse(new Response(accept, { status: 201, headers: { "Content-Type": "text/html", "X-Thing": "1" } }));
});
test("headers.get", () => request.headers.get("content-type"));
test("new Headers of three", () => new Headers({ "Content-Type": "text/html", "X-Thing": "1", Vary: "a" }));
test("request.json()", () => makeIncomingRequest("POST", "http://a/b", [], '{"a":1}').json());
test("extractRequest(url, init)", () => extractRequest("http://a/b", { method: "POST", body: "x", headers: { a: "b" } }));
test("makeResponse", () => makeResponse(200, "OK", [], "x"));
test("new URLSearchParams and get", () => new URLSearchParams("a=1&b=2&c=hello%20world").get("c"));
test("new AbortController and abort", () => new AbortController().abort());
