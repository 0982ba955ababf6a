// Streams as arguments and results.

import { RpcTarget } from "cloudflare:workers";
import { Actor, outcome, outcomes, program } from "../suite.js";

const bytes = (text) => new TextEncoder().encode(text);

export class Subject extends Actor {
  stream(...parts) { return new ReadableStream({ type: "bytes", pull(c) { const next = parts.shift(); if (next === undefined) c.close(); else c.enqueue(bytes(next)); } }); }
  ofResponse(text) { return new Response(text).body; }
  objects() { return new ReadableStream({ start(c) { c.enqueue({ a: 1 }); c.close(); } }); }
  failing() { let n = 0; return new ReadableStream({ type: "bytes", async pull(c) { if (n++ < 2) c.enqueue(bytes("x")); else { await scheduler.wait(1); throw new RangeError("in the middle"); } } }); }
  async read(stream) { return new Response(stream).text(); }
  async readSome(stream) { const reader = stream.getReader(); const { value } = await reader.read(); await reader.cancel("enough"); return new TextDecoder().decode(value); }
  async write(stream, ...parts) { const writer = stream.getWriter(); for (const part of parts) await writer.write(bytes(part)); await writer.close(); return "written"; }
  async pipe(readable, writable) { await readable.pipeTo(writable); return "piped"; }
  both() { return { body: this.stream("a", "b"), length: 2 }; }
  echo(x) { return x; }
  upper(stream) { return stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); } })).pipeThrough(new TextEncoderStream()); }
  response(...parts) { return new Response(this.stream(...parts), { headers: { a: "b" } }); }
}

const textOf = (stream) => new Response(stream).text();

const { worker, Place } = program({
  "results": (t) => outcomes({
    bytes: async () => textOf(await t.subject().stream("one ", "two ", "three")),
    empty: async () => textOf(await t.subject().stream()),
    response: async () => textOf(await t.subject().ofResponse("body")),
    "in a record": async () => { const { body, length } = await t.subject().both(); return [await textOf(body), length]; },
    tag: async () => Object.prototype.toString.call(await t.subject().stream("x")),
    "a response with one": async () => { const response = await t.subject().response("a", "b"); return [response.headers.get("a"), await response.text()]; },
    large: async () => (await textOf(await t.subject().ofResponse("x".repeat(1 << 20)))).length,
  }),
  "chunks of other kinds": async (t) => outcome(async () => textOf(await t.subject().objects())),
  "arguments": (t) => outcomes({
    body: () => t.subject().read(new Response("sent").body),
    bytes: () => t.subject().read(new ReadableStream({ type: "bytes", start(c) { c.enqueue(bytes("a")); c.enqueue(bytes("b")); c.close(); } })),
    "of any values": () => t.subject().read(new ReadableStream({ start(c) { c.enqueue(bytes("c")); c.close(); } })),
    "there and back": async () => textOf(await t.subject().echo(new Response("round trip").body)),
    "through a transform": async () => textOf(await t.subject().upper(new Response("louder").body)),
    some: () => t.subject().readSome(new Response("first chunk").body),
    locked: () => { const body = new Response("x").body; body.getReader(); return t.subject().read(body); },
    "left locked": async () => { const body = new Response("x").body; await t.subject().read(body); return body.locked; },
  }),
  "writable arguments": (t) => outcomes({
    identity: async () => { const { readable, writable } = new IdentityTransformStream(); const [text, done] = await Promise.all([textOf(readable), t.subject().write(writable, "a", "b", "c")]); return [text, done]; },
    own: async () => { const got = []; const done = await t.subject().write(new WritableStream({ write(chunk) { got.push(new TextDecoder().decode(chunk)); }, close() { got.push("closed"); } }), "x", "y"); await scheduler.wait(5); return [got.join(), done]; },
    piped: async () => { const { readable, writable } = new IdentityTransformStream(); const [text, done] = await Promise.all([textOf(readable), t.subject().pipe(new Response("through").body, writable)]); return [text, done]; },
    "left locked": async () => { const { readable, writable } = new IdentityTransformStream(); const text = textOf(readable); await t.subject().write(writable, "a"); await text; return writable.locked; },
  }),
});

export default worker;
export { Place, Actor as Plain };
