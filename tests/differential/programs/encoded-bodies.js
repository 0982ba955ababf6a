// Bodies that are compressed on their way because their headers say so.

import { Actor, differs, exchange, outcome, outcomes, program, stateless } from "../suite.js";

const gzip = { "content-encoding": "gzip" };
const pack = async (text) => new Uint8Array(await new Response(new Response(text).body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
const parts = (...texts) => { const { readable, writable } = new IdentityTransformStream(); const w = writable.getWriter(); for (const text of texts) w.write(text); w.close(); return readable; };

export class Subject extends Actor {
  async fetch(request) {
    const url = new URL(request.url);
    const make = {
      "/plain": () => new Response("hello hello"), "/gzip": () => new Response("hello hello", { headers: gzip }), "/br": () => new Response("hello hello", { headers: { "content-encoding": "br" } }),
      "/manual": async () => new Response(await pack("hello hello"), { headers: gzip, encodeBody: "manual" }), "/stream": () => new Response(parts("hello", " stream"), { headers: gzip }),
      "/deflate": () => new Response("hello hello", { headers: { "content-encoding": "deflate" } }), "/upper": () => new Response("hello hello", { headers: { "content-encoding": "GZIP" } }),
      "/two": () => new Response("hello hello", { headers: { "content-encoding": "gzip, br" } }), "/null": () => new Response(null, { headers: gzip }), "/empty": () => new Response("", { headers: gzip }),
      "/length": () => new Response("hello hello", { headers: { ...gzip, "content-length": "11" } }), "/bytes": () => new Response(new Uint8Array([0, 255, 128]), { headers: gzip }), "/large": () => new Response("x".repeat(300_000), { headers: gzip }),
      "/request": async () => Response.json([request.headers.get("content-encoding"), (await request.bytes()).length]),
    };
    return make[url.pathname]();
  }
}

const ask = (t, path, init) => t.subject().fetch(`http://subject${path}`, init);
const PATHS = ["/plain", "/gzip", "/br", "/manual", "/stream", "/deflate", "/upper", "/two", "/bytes"];

const { worker, Place } = program({
  "in the same worker": stateless(() => outcomes({
    "automatic": () => new Response("hi", { headers: gzip }).text(),
    "manual": async () => new Response(await pack("hi"), { headers: gzip, encodeBody: "manual" }).bytes(),
    "body": async () => (await new Response("hi", { headers: gzip }).body.getReader().read()).value,
    "clone": () => new Response("hi", { headers: gzip }).clone().text(),
    "bad": () => new Response("hi", { encodeBody: "none" }),
  })),
  "from elsewhere": async (t) => {
    const all = {};
    for (const path of PATHS) {
      const response = await ask(t, path);
      all[path] = [response.headers.get("content-encoding"), await outcome(() => response.bytes())];
    }
    return all;
  },
  "a null body from elsewhere": differs("no body is no broken one", { gave: "" }, async (t) => outcome(async () => (await ask(t, "/null")).text()).then((found) => found.gave)),
  "from elsewhere, as a stream": async (t) => {
    const all = {};
    for (const path of ["/gzip", "/br", "/manual", "/stream"]) {
      const response = await ask(t, path);
      let text = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
      all[path] = text;
    }
    return all;
  },
  "cloned": async (t) => {
    const response = await ask(t, "/gzip");
    const copy = response.clone();
    return [await response.text(), await copy.text()];
  },
  "a large one": async (t) => (await (await ask(t, "/large")).text()).length,
  "a used one": async (t) => {
    const response = await ask(t, "/gzip");
    await response.text();
    return [response.bodyUsed, await outcome(() => response.text())];
  },
  "made anew": async (t) => { const response = await ask(t, "/manual"); return new Response(response.body, response).text(); },
  "requests are left alone": async (t) => (await ask(t, "/request", { method: "POST", body: "hello", headers: gzip })).json(),
  ...Object.fromEntries(["/plain", "/deflate", "/upper", "/two", "/null"].map((path) => [`over the wire: ${path}`, exchange({}, (_, t) => ask(t, path))])),
});

export default worker;
export { Place, Actor as Plain };
