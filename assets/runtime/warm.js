// Uses, before the snapshot is taken, what nearly every worker uses. The engine makes built-in
// functions and the shapes of objects when they are first needed; done here, it is done once for
// all sandboxes, and their pages stay shared.

import { keepShapes } from "./native.js";
import { makeIncomingRequest, extractRequest } from "./web/request.js";
import { extractResponse, makeResponse } from "./web/response.js";
import { flatHeaders } from "./web/headers.js";

async function answer(request) {
  await null;
  const text = request.method === "POST" ? await request.text() : request.url;
  return new Response(JSON.stringify({ text, at: 0 }), { status: 200, headers: { "content-type": "application/json" } });
}

function useCollections() {
  const list = [3, 1, 2];
  list.push(4);
  list.sort((a, b) => a - b);
  const parts = list.map(String).filter(Boolean).concat(["x"]).slice(0, 3).join(",").split(",");
  const record = Object.fromEntries(Object.entries({ a: 1, b: 2 }));
  const map = new Map([["a", 1]]);
  map.set("b", map.get("a"));
  map.delete("b");
  const set = new Set(Object.keys(record));
  for (const each of [...map, ...set, ...Object.values(record)]) void each;
  return [parts.includes("1"), parts.indexOf("2"), set.has("a"), list.some(Number), list.find(Number), list.forEach(Number)];
}

function useText() {
  const text = `${"Some text"} for ${1 + 1}`;
  const [first, ...others] = text.trim().split(" ");
  return [
    first.toLowerCase().startsWith("some"), others.join("-").replace("-", " ").replaceAll("-", "_"), text.slice(1, 3),
    text.indexOf("t"), text.includes("x"), text.padStart(20), text.match(/\w+/g), /(\d)/.test(text), Number("1"),
    encodeURIComponent("é ä"), decodeURIComponent("%20"), JSON.parse('{"a":[1,null,"x"]}'), (1.5).toFixed(1), parseInt("7", 10),
  ];
}

/** Runs everything once; what it finds does not matter. */
export async function warm() {
  keepShapes();
  useCollections();
  useText();
  const incoming = makeIncomingRequest("POST", "http://host/path?query=1", ["host", "host", "accept", "*/*"], "body");
  incoming.headers.get("host");
  extractResponse(await answer(incoming));
  extractResponse(Response.json({ ok: true }));
  extractRequest(makeIncomingRequest("GET", "http://host/", flatHeaders({ a: "b" }), null));
  const back = makeResponse(200, "OK", ["content-type", "text/plain"], "text", "http://host/");
  await back.clone().text();
  await Promise.all([Promise.resolve(1), answer(makeIncomingRequest("GET", "http://host/", [], null))]);
  await Promise.reject(new TypeError("unused")).catch((error) => error.message);
  new TextDecoder().decode(new TextEncoder().encode("text"));
}
