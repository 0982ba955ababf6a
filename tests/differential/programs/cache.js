// The Cache API. The reference keeps nothing without a service behind it, so what is kept is
// compared with what its documentation says.

import { Actor, differs, outcome, outcomes, program, stateless } from "../suite.js";

const DOCUMENTED = "the reference needs a cache service; this is what its documentation says";
const kept = (answer, run) => differs(DOCUMENTED, answer, stateless(run));
const fresh = (body, headers = {}, init = {}) => new Response(body, { headers: { "cache-control": "max-age=60", ...headers }, ...init });
const brief = async (response) => response && [response.status, await response.text()];

const { worker, Place } = program({
  "shapes": stateless(() => [
    String(caches), String(caches.default), Object.keys(caches), Object.getOwnPropertyNames(CacheStorage.prototype).sort(), Object.getOwnPropertyNames(Cache.prototype).sort(), caches.default === caches.default,
    caches instanceof CacheStorage, caches.default instanceof Cache,
  ]),
  "construction": stateless(() => outcomes({ Cache: () => new Cache(), CacheStorage: () => new CacheStorage() })),
  "opening": stateless(async () => [String(await caches.open("x")), String(await caches.open(5)), String(await caches.open("")), await outcome(() => caches.open())]),
  "what is not there": stateless(() => outcomes({
    ...Object.fromEntries(["delete", "match", "has", "keys"].map((name) => [`caches.${name}`, () => caches[name]("http://x/")])),
    ...Object.fromEntries(["add", "addAll", "matchAll", "keys"].map((name) => [name, () => caches.default[name]("http://x/")])),
  })),
  "wrong arguments": stateless(() => outcomes({
    "put()": () => caches.default.put(), "put(url)": () => caches.default.put("http://x/"), "put text": () => caches.default.put("http://x/", "text"), "put a bad URL": () => caches.default.put("nope", new Response("x")),
    "match()": () => caches.default.match(), "match a bad URL": () => caches.default.match("nope"), "match options": () => caches.default.match("http://x/", 5),
    "delete()": () => caches.default.delete(), "delete a bad URL": () => caches.default.delete("nope"), "delete options": () => caches.default.delete("http://x/", "x"),
  })),
  "what cannot be put": stateless(() => outcomes({
    "POST": () => caches.default.put(new Request("http://x/", { method: "POST" }), new Response("x")),
    "HEAD": () => caches.default.put(new Request("http://x/", { method: "HEAD" }), new Response("x")),
    "206": () => caches.default.put("http://x/", new Response("x", { status: 206 })),
    "Vary: *": () => caches.default.put("http://x/", new Response("x", { headers: { vary: "*" } })),
    "304": () => caches.default.put("http://x/", new Response(null, { status: 304 })),
  })),
  "other methods find nothing": stateless(async () => [
    await caches.default.match(new Request("http://x/", { method: "POST" })), await caches.default.match(new Request("http://x/", { method: "HEAD" })), await caches.default.delete(new Request("http://x/", { method: "PUT" })),
  ]),
  "put and match": kept({ gave: [[200, "body"], [200, "body"], { $: "undefined" }, ["HIT", "b", "max-age=60"], true] }, async () => {
    await caches.default.put("http://put/", fresh("body", { a: "b" }));
    const found = await caches.default.match("http://put/");
    return [await brief(await caches.default.match("http://put/#fragment")), await brief(await caches.default.match(new Request("http://put/"))), await caches.default.match("http://put/other"), [found.headers.get("cf-cache-status"), found.headers.get("a"), found.headers.get("cache-control")], found !== await caches.default.match("http://put/")];
  }),
  "delete": kept({ gave: [true, false, { $: "undefined" }] }, async () => {
    await caches.default.put("http://delete/", fresh("body"));
    return [await caches.default.delete("http://delete/"), await caches.default.delete("http://delete/"), await caches.default.match("http://delete/")];
  }),
  "names": kept({ gave: [[200, "one"], [200, "one"], { $: "undefined" }, { $: "undefined" }] }, async () => {
    const one = await caches.open("one");
    await one.put("http://names/", fresh("one"));
    return [await brief(await one.match("http://names/")), await brief(await (await caches.open("one")).match("http://names/")), await (await caches.open("two")).match("http://names/"), await caches.default.match("http://names/")];
  }),
  "what is not kept": kept({ gave: { "no-store": false, "private": false, "no-cache": false, "max-age=0": false, "s-maxage=0, max-age=9": false, "set-cookie": false, "expired": false, "status 500": false } }, async () => {
    const isKept = async (response) => { await caches.default.put("http://not-kept/", response); return (await caches.default.match("http://not-kept/")) !== undefined; };
    const all = {};
    for (const control of ["no-store", "private", "no-cache", "max-age=0", "s-maxage=0, max-age=9"]) all[control] = await isKept(new Response("x", { headers: { "cache-control": control } }));
    all["set-cookie"] = await isKept(fresh("x", { "set-cookie": "a=b" }));
    all.expired = await isKept(new Response("x", { headers: { expires: "Thu, 01 Jan 1970 00:00:00 GMT" } }));
    all["status 500"] = await isKept(new Response("x", { status: 500 }));
    return all;
  }),
  "what is kept": kept({ gave: { "max-age=9": true, "s-maxage=9, max-age=0": true, "public, max-age=9": true, "no header": true, "cookies that are private": true, "expires": true, "status 404": true, "vary": true } }, async () => {
    const isKept = async (response) => { await caches.default.put("http://kept/", response); return (await caches.default.match("http://kept/")) !== undefined; };
    const all = {};
    for (const control of ["max-age=9", "s-maxage=9, max-age=0", "public, max-age=9"]) all[control] = await isKept(new Response("x", { headers: { "cache-control": control } }));
    all["no header"] = await isKept(new Response("x"));
    all["cookies that are private"] = await isKept(new Response("x", { headers: { "set-cookie": "a=b", "cache-control": "private=Set-Cookie, max-age=9" } }));
    all.expires = await isKept(new Response("x", { headers: { expires: new Date(Date.now() + 60_000).toUTCString() } }));
    all["status 404"] = await isKept(new Response("x", { status: 404 }));
    all.vary = await isKept(fresh("x", { vary: "accept" }));
    return all;
  }),
  "ranges": kept({ gave: { "bytes=0-3": [206, "0123", "bytes 0-3/10"], "bytes=5-": [206, "56789", "bytes 5-9/10"], "bytes=-2": [206, "89", "bytes 8-9/10"], "bytes=20-": [416, "", "bytes */10"], "bytes=3-1": [200, "0123456789", null], "lines=1-2": [200, "0123456789", null], "bytes=0-1,3-4": [200, "0123456789", null], "bytes=0-99": [206, "0123456789", "bytes 0-9/10"] } }, async () => {
    await caches.default.put("http://ranges/", fresh("0123456789"));
    const all = {};
    for (const range of ["bytes=0-3", "bytes=5-", "bytes=-2", "bytes=20-", "bytes=3-1", "lines=1-2", "bytes=0-1,3-4", "bytes=0-99"]) {
      const found = await caches.default.match(new Request("http://ranges/", { headers: { range } }));
      all[range] = [found.status, await found.text(), found.headers.get("content-range")];
    }
    return all;
  }),
  "conditions": kept({ gave: [304, 304, 304, 200, 304, 200, 200] }, async () => {
    await caches.default.put("http://conditions/", fresh("x", { etag: "\"a\"", "last-modified": "Tue, 14 Nov 2023 22:13:25 GMT" }));
    const status = async (headers) => (await caches.default.match(new Request("http://conditions/", { headers }))).status;
    return [await status({ "if-none-match": "\"a\"" }), await status({ "if-none-match": "W/\"a\"" }), await status({ "if-none-match": "*" }), await status({ "if-none-match": "\"b\"" }),
      await status({ "if-modified-since": "Tue, 14 Nov 2023 22:13:25 GMT" }), await status({ "if-modified-since": "Tue, 14 Nov 2022 22:13:25 GMT" }), await status({ "if-modified-since": "nonsense" })];
  }),
  "bodies": kept({ gave: [[200, ""], [200, "streamed"], [204, ""], 3] }, async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.write(new TextEncoder().encode("streamed"));
    writer.close();
    await caches.default.put("http://bodies/1", fresh(null));
    await caches.default.put("http://bodies/2", fresh(readable));
    await caches.default.put("http://bodies/3", new Response(null, { status: 204, headers: { "cache-control": "max-age=9" } }));
    await caches.default.put("http://bodies/4", fresh(new Uint8Array([0, 255, 128])));
    return [await brief(await caches.default.match("http://bodies/1")), await brief(await caches.default.match("http://bodies/2")), await brief(await caches.default.match("http://bodies/3")), (await (await caches.default.match("http://bodies/4")).bytes()).length];
  }),
  "shared by objects": differs(DOCUMENTED, { gave: [200, "from the object"] }, async (t) => {
    await caches.default.put("http://shared/", fresh("from the object"));
    return brief(await caches.default.match("http://shared/"));
  }),
  "dynamic workers have their own": differs(DOCUMENTED, { gave: ["nothing", "own"] }, async (t) => {
    await caches.default.put("http://dynamic/", fresh("outer"));
    const stub = t.load(`export default { async fetch() {
      const before = await caches.default.match("http://dynamic/");
      await caches.default.put("http://dynamic/", new Response("own"));
      return Response.json([before === undefined ? "nothing" : "found", await (await caches.default.match("http://dynamic/")).text()]);
    } }`);
    return (await stub.getEntrypoint().fetch("http://x/")).json();
  }),
  "ignoreMethod": kept({ gave: [[200, "x"], true] }, async () => {
    await caches.default.put("http://ignore/", fresh("x"));
    const post = () => new Request("http://ignore/", { method: "POST" });
    return [await brief(await caches.default.match(post(), { ignoreMethod: true })), await caches.default.delete(post(), { ignoreMethod: true })];
  }),
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
