// CompressionStream and DecompressionStream.

import { Actor, outcome, outcomes, program, stateless } from "../suite.js";

const FORMATS = ["gzip", "deflate", "deflate-raw"];
const encode = (text) => new TextEncoder().encode(text);
const pack = async (format, body) => new Uint8Array(await new Response(new Response(body).body.pipeThrough(new CompressionStream(format))).arrayBuffer());
const unpack = async (format, body) => new Response(new Response(body).body.pipeThrough(new DecompressionStream(format))).arrayBuffer();
const unpackText = async (format, body) => new TextDecoder().decode(await unpack(format, body));
const each = (run) => outcomes(Object.fromEntries(FORMATS.map((format) => [format, () => run(format)])));
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers that look random and are always the same. */
function noise(length) {
  const bytes = new Uint8Array(length);
  let state = 12345;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    bytes[i] = state >> 16;
  }
  return bytes;
}

/** Every chunk of a stream. */
async function chunks(stream, options, viewOf) {
  const reader = stream.getReader(options);
  const all = [];
  for (;;) {
    const { done, value } = await (viewOf ? reader.read(viewOf()) : reader.read());
    if (done) return { all, last: value };
    all.push(value);
  }
}

async function same(a, b) {
  return a.byteLength === b.byteLength && new Uint8Array(a).every((byte, i) => byte === b[i]);
}

const { worker, Place } = program({
  "construction": stateless(() => outcomes({
    ...Object.fromEntries(["gzip", "deflate", "deflate-raw", "brotli", "br", "zstd", "GZIP", "", undefined, null, 5, {}].flatMap((format) => [
      [`compress ${format}`, () => String(new CompressionStream(format))],
      [`decompress ${format}`, () => String(new DecompressionStream(format))],
    ])),
    "no format": () => new CompressionStream(),
    "no format back": () => new DecompressionStream(),
    "a format with toString": () => String(new CompressionStream({ toString: () => "gzip" })),
    "shape": () => {
      const stream = new CompressionStream("gzip");
      return [
        Object.keys(stream), Object.getOwnPropertyNames(CompressionStream.prototype), stream instanceof TransformStream,
        String(stream.readable), String(stream.writable), stream.readable === stream.readable, stream.writable.getWriter().desiredSize,
        String(stream.readable.getReader({ mode: "byob" })), CompressionStream.length,
      ];
    },
  })),
  "small bodies there and back": () => each(async (format) => {
    const all = {};
    for (const text of ["", "a", "hello hello hello", "é€😀".repeat(100)]) all[text.slice(0, 20)] = await unpackText(format, await pack(format, encode(text)));
    return all;
  }),
  "bytes of small bodies": () => each(async (format) => [await pack(format, ""), await pack(format, "hello hello hello"), await pack(format, "a")]),
  "bytes of another implementation": () => outcomes({
    "gzip with a name": () => unpackText("gzip", Uint8Array.from(atob("H4sIAAAAAAAAA2EudHh0AMtIzcnJVyjPL8pJ4QIALTsIrwwAAAA="), (c) => c.charCodeAt(0))),
    "gzip by Python": () => unpackText("gzip", Uint8Array.from(atob("H4sIAAAAAAAC/8tIzcnJVyjPL8pJAQCFEUoNCwAAAA=="), (c) => c.charCodeAt(0))),
  }),
  "large bodies there and back": () => each(async (format) => {
    const [a, b] = [noise(300_000), encode("some text that repeats ".repeat(20_000))];
    return [await same(await unpack(format, await pack(format, a)), a), await same(await unpack(format, await pack(format, b)), b), (await pack(format, b)).length < 20_000];
  }),
  "input in pieces": () => each(async (format) => {
    const stream = new CompressionStream(format);
    const writer = stream.writable.getWriter();
    const text = unpackText(format, stream.readable);
    for (let i = 0; i < 200; i++) await writer.write(encode(`line ${i}\n`));
    await writer.close();
    return (await text).length;
  }),
  "input byte by byte": () => each(async (format) => {
    const packed = await pack(format, "hello ".repeat(50));
    const stream = new DecompressionStream(format);
    const writer = stream.writable.getWriter();
    const text = new Response(stream.readable).text();
    for (const byte of packed) await writer.write(new Uint8Array([byte]));
    await writer.close();
    return text;
  }),
  "cut off": () => each(async (format) => {
    const packed = await pack(format, "hello hello hello");
    return outcomes(Object.fromEntries([0, 1, 2, 5, packed.length - 4, packed.length - 1].map((length) => [length, () => unpackText(format, packed.slice(0, length))])));
  }),
  "bytes after the end": () => each(async (format) => {
    const packed = await pack(format, "hello");
    return outcomes({
      "some": () => unpackText(format, joined(packed, [1, 2, 3])),
      "zero": () => unpackText(format, joined(packed, [0])),
      "twice": () => unpackText(format, joined(packed, packed)),
      "in a write of their own": async () => {
        const stream = new DecompressionStream(format);
        const writer = stream.writable.getWriter();
        const text = outcome(() => new Response(stream.readable).text());
        await writer.write(packed);
        return [await outcome(() => writer.write(new Uint8Array(1))), await text, await outcome(() => writer.closed)];
      },
      "none, in a write of their own": async () => {
        const stream = new DecompressionStream(format);
        const writer = stream.writable.getWriter();
        const text = outcome(() => new Response(stream.readable).text());
        await writer.write(packed);
        return [await outcome(() => writer.write(new Uint8Array(0))), await outcome(() => writer.close()), await text];
      },
    });
  }),
  "no compressed data": () => each((format) => outcomes({
    "text": () => unpackText(format, "this is no compressed data at all"),
    "zeros": () => unpackText(format, new Uint8Array(100)),
    "ones": () => unpackText(format, new Uint8Array(100).fill(255)),
    "one byte": () => unpackText(format, new Uint8Array([255])),
    "the wrong format": async () => unpackText(format, await pack(format === "gzip" ? "deflate" : "gzip", "hello")),
  })),
  "every damaged byte of a gzip file": async () => {
    const packed = await pack("gzip", "hello hello hello hello");
    const all = [];
    for (let i = 0; i < packed.length; i++) {
      const bad = packed.slice();
      bad[i] ^= 0xff;
      const found = await outcome(() => unpackText("gzip", bad));
      all.push(found.threw?.message ?? found.gave);
    }
    return all;
  },
  "every damaged byte of a deflate stream": async () => {
    const packed = await pack("deflate", "hello hello hello hello");
    const all = [];
    for (let i = 0; i < packed.length; i++) {
      const bad = packed.slice();
      bad[i] ^= 0xff;
      const found = await outcome(() => unpackText("deflate", bad));
      all.push(found.threw?.message ?? found.gave);
    }
    return all;
  },
  "a failure on both sides": async () => {
    const stream = new DecompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const read = outcome(() => reader.read());
    return [await outcome(() => writer.write(encode("bad data here"))), await read, await outcome(() => writer.closed), await outcome(() => reader.closed), await outcome(() => reader.read())];
  },
  "an end too early on both sides": async () => {
    const stream = new DecompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const read = outcome(() => reader.read());
    return [await outcome(() => writer.close()), await read, await outcome(() => writer.closed), await outcome(() => reader.closed)];
  },
  "what can be written": () => {
    const written = async (value) => {
      const stream = new CompressionStream("deflate-raw");
      const writer = stream.writable.getWriter();
      const first = await outcome(() => writer.write(value));
      const close = await outcome(() => writer.close());
      return [first, close, await outcome(() => unpack("deflate-raw", stream.readable))];
    };
    return outcomes({
      "text": () => written("héllo"), "a number": () => written(5), "null": () => written(null), "undefined": () => written(undefined),
      "an object": () => written({}), "a list": () => written([1, 2]), "a blob": () => written(new Blob(["x"])),
      "a buffer": () => written(new ArrayBuffer(3)), "a view of words": () => written(new Uint16Array([1, 2])),
      "a DataView": () => written(new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)), "nothing": () => written(new Uint8Array(0)),
      "a boolean": () => written(true), "a bigint": () => written(1n), "a view of floats": () => written(new Float64Array([1.5])),
      "a subarray": () => written(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)),
    });
  },
  "bytes changed after the write": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const bytes = encode("before");
    const done = writer.write(bytes);
    await done;
    bytes.fill(65);
    await writer.close();
    return unpackText("gzip", stream.readable);
  },
  "pipes of other values": () => {
    const piped = (value) => pack("deflate-raw", new ReadableStream({ start(c) { c.enqueue(encode("a")); c.enqueue(value); c.close(); } }).pipeThrough(new TransformStream()));
    const through = (value) => new Response(new ReadableStream({ start(c) { c.enqueue(value); c.close(); } }).pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
    return outcomes({ "text": () => through("abc"), "an object": () => through({}), "a number": () => through(1), "bytes": () => through(encode("abc")), "a body of bytes": () => piped(encode("b")) });
  },
  "a source that fails": () => outcomes({
    "with an error": () => pack("gzip", new ReadableStream({ start(c) { c.error(new RangeError("mine")); } })),
    "after a chunk": () => pack("gzip", new ReadableStream({ pull(c) { c.enqueue(encode("a")); c.error(new Error("later")); } })),
  }),
  "abort": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const read = outcome(() => stream.readable.getReader().read());
    return [await outcome(() => writer.abort(new RangeError("mine"))), await read, await outcome(() => writer.closed), await outcome(() => writer.write(encode("x")))];
  },
  "cancel": async () => {
    const stream = new DecompressionStream("gzip");
    const writer = stream.writable.getWriter();
    return [await outcome(() => stream.readable.cancel(new RangeError("mine"))), await outcome(() => writer.write(encode("x"))), await outcome(() => writer.closed), await outcome(() => stream.readable.getReader().read())];
  },
  "writes without a reader": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const done = [];
    writer.write(encode("x")).then(() => done.push("first"));
    writer.write(encode("y")).then(() => done.push("second"));
    writer.close().then(() => done.push("close"));
    await later(10);
    return [done, await unpackText("gzip", stream.readable)];
  },
  "a megabyte written before it is read": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const bytes = noise(1_000_000);
    await writer.write(bytes);
    await writer.close();
    return same(await unpack("gzip", stream.readable), bytes);
  },
  "unpacked before it is read": async () => {
    const packed = await pack("gzip", new Uint8Array(1_000_000));
    const stream = new DecompressionStream("gzip");
    const writer = stream.writable.getWriter();
    await writer.write(packed);
    await writer.close();
    return (await new Response(stream.readable).arrayBuffer()).byteLength;
  },
  "sizes of chunks": async () => {
    const packed = await pack("gzip", new Uint8Array(20_000));
    const unpacked = async (...more) => (await chunks(new Response(packed).body.pipeThrough(new DecompressionStream("gzip")), ...more));
    return [
      (await unpacked()).all.map((chunk) => chunk.length),
      (await unpacked({ mode: "byob" }, () => new Uint8Array(7000))).all.map((chunk) => chunk.length),
      (await unpacked({ mode: "byob" }, () => new Uint8Array(100_000))).all.map((chunk) => chunk.length),
    ];
  },
  "byob": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    writer.write(encode("abc"));
    writer.close();
    return chunks(stream.readable, { mode: "byob" }, () => new Uint8Array(5));
  },
  "read at least": async () => {
    const packed = await pack("gzip", "hello hello hello");
    const reader = new Response(packed).body.pipeThrough(new DecompressionStream("gzip")).getReader({ mode: "byob" });
    return [await reader.readAtLeast(7, new Uint8Array(10)), await reader.readAtLeast(7, new Uint8Array(10)), await reader.readAtLeast(7, new Uint8Array(10))];
  },
  "tee": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    writer.write(encode("abc"));
    writer.close();
    const [a, b] = stream.readable.tee();
    return [await unpackText("gzip", a), await unpackText("gzip", b)];
  },
  "iteration": async () => {
    const stream = new Response("hello ".repeat(1000)).body.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"));
    let total = 0;
    for await (const chunk of stream) total += chunk.length;
    return total;
  },
  "text through four streams": () => each(async (format) => {
    const text = new Response("x".repeat(10_000)).body
      .pipeThrough(new CompressionStream(format)).pipeThrough(new DecompressionStream(format)).pipeThrough(new TextDecoderStream());
    let all = "";
    for await (const part of text) all += part;
    return all.length;
  }),
  "many at once": async () => {
    const texts = await Promise.all(Array.from({ length: 60 }, (_, i) => pack("gzip", `text ${i}`).then((packed) => unpackText("gzip", packed))));
    return texts.filter((text, i) => text === `text ${i}`).length;
  },
  "many that are never used": () => {
    for (let i = 0; i < 5000; i++) new CompressionStream("gzip");
    return "done";
  },
  "many that are never ended": async () => {
    for (let i = 0; i < 100; i++) {
      const writer = new CompressionStream("gzip").writable.getWriter();
      await writer.write(encode("x"));
    }
    return "done";
  },
  "close and write again": async () => {
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const done = new Response(stream.readable).arrayBuffer();
    await writer.close();
    await done;
    return [await outcome(() => writer.write(encode("x"))), await outcome(() => writer.closed), writer.desiredSize];
  },
  "identity streams take text too": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const text = new Response(readable).text();
    return [await outcome(() => writer.write("héllo")), await outcome(() => writer.write(5)), await outcome(() => writer.write({})), await outcome(() => writer.write()), await outcome(() => writer.close()), await text];
  },
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
