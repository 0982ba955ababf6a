import { both, bytes, equal, rejects, test, throws } from "harness";

both("TextEncoder encodes", ({ TextEncoder }) => ["", "abc", "äöü€😀", "\ud800x", "x\udc00", "\0"].map((t) => new TextEncoder().encode(t)));
both("TextEncoder members", ({ TextEncoder }) => [new TextEncoder().encoding, TextEncoder.length, new TextEncoder().encode()]);
both("encodeInto", ({ TextEncoder }) => {
  const out = [];
  for (const text of ["abc", "a€b", "😀😀", "\ud83d", "€", "aé"]) {
    for (let size = 0; size < 9; size++) {
      const target = new Uint8Array(size);
      out.push(new TextEncoder().encodeInto(text, target), Array.from(target));
    }
  }
  return out.map((part) => (Array.isArray(part) ? part : [part.read, part.written]));
});
const BAD = [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x61, 0xe2, 0x28, 0x61], [0xf5, 0x61], [0xe0, 0x80, 0x80]];
both("TextDecoder replaces", ({ TextDecoder }) => BAD.map((bad) => new TextDecoder().decode(new Uint8Array(bad))));
for (const bad of BAD) {
  test(`TextDecoder fatal ${bad}`, () => throws(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bad)), "TypeError"));
}
both("TextDecoder BOM", ({ TextDecoder }) => {
  const input = new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xef, 0xbb, 0xbf]);
  return [false, true].map((ignoreBOM) => Array.from(new TextDecoder("utf-8", { ignoreBOM }).decode(input), (c) => c.codePointAt(0)));
});
both("TextDecoder streams every split", ({ TextDecoder }) => {
  const input = new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x28, 0xf0, 0x80, 0x61, 0xed, 0xa0, 0xc3]);
  const out = [];
  for (let size = 1; size < input.length; size++) {
    const decoder = new TextDecoder();
    let text = "";
    for (let at = 0; at < input.length; at += size) text += decoder.decode(input.slice(at, at + size), { stream: true });
    out.push(text + decoder.decode());
  }
  return out;
});
both("TextDecoder is fresh after a flush", ({ TextDecoder }) => {
  const decoder = new TextDecoder();
  const bom = new Uint8Array([0xef, 0xbb, 0xbf, 0x62]);
  return [decoder.decode(bom, { stream: true }), decoder.decode(), decoder.decode(bom), decoder.decode(bom, { stream: true }), decoder.decode(bom, { stream: true })];
});
both("TextDecoder keeps what the caller overwrites", ({ TextDecoder }) => {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array([0xe2, 0x82]);
  const first = decoder.decode(buffer, { stream: true });
  buffer.fill(0x41);
  return first + decoder.decode(new Uint8Array([0xac]));
});
both("UTF-16LE", ({ TextDecoder }) => {
  const input = new Uint8Array([0xff, 0xfe, 0x61, 0x00, 0x3d, 0xd8, 0x00, 0xde, 0x62, 0x00]);
  const out = [new TextDecoder("utf-16le").decode(input), new TextDecoder("utf-16").encoding];
  for (let size = 1; size < input.length; size++) {
    const decoder = new TextDecoder("utf-16le");
    let text = "";
    for (let at = 0; at < input.length; at += size) text += decoder.decode(input.slice(at, at + size), { stream: true });
    out.push(text + decoder.decode());
  }
  return out;
});
both("UTF-16LE that is broken", ({ TextDecoder }) => [[0x00], [0x3d, 0xd8], [0x00, 0xde, 0x61, 0x00], [0x61, 0x00, 0x3d]].map((b) => Array.from(new TextDecoder("utf-16le").decode(new Uint8Array(b)))));
test("UTF-16BE", () => equal(new TextDecoder("utf-16be").decode(bytes(0xfe, 0xff, 0, 0x61, 0xd8, 0x3d, 0xde, 0)), "a😀"));
test("UTF-16 fatal", () => throws(() => new TextDecoder("utf-16le", { fatal: true }).decode(bytes(0x3d, 0xd8)), "TypeError"));
both("legacy encodings", ({ TextDecoder }) => [
  new TextDecoder("latin1").decode(new Uint8Array([0x80, 0xe9])), new TextDecoder("latin1").encoding,
  new TextDecoder("shift_jis").decode(new Uint8Array([0x82, 0xa0])),
]);
test("multi-byte encodings stream", () => {
  const decoder = new TextDecoder("shift_jis");
  const text = decoder.decode(bytes(0x82), { stream: true }) + decoder.decode(bytes(0xa0), { stream: true }) + decoder.decode();
  equal(text, "あ");
});
both("labels", ({ TextDecoder }) => [" UTF-8 ", "utf8", "unicode-1-1-utf-8", "ascii"].map((l) => new TextDecoder(l).encoding));
test("unknown label", () => throws(() => new TextDecoder("utf-7000"), "RangeError", "utf-7000"));
both("decode takes every buffer source", ({ TextDecoder }) => {
  const buffer = new Uint8Array([0x61, 0x62, 0x63, 0x64]).buffer;
  const d = new TextDecoder();
  return [d.decode(buffer), d.decode(new DataView(buffer, 1, 2)), d.decode(new Uint16Array(buffer)), d.decode(), d.decode(new Uint8Array(buffer, 2))];
});
test("decode refuses other values", () => throws(() => new TextDecoder().decode("abc"), "TypeError"));
both("atob", ({ atob }) => ["", "YQ==", "YQ", "Y Q = =", "YWJj", "/+8="].map((t) => Array.from(atob(t), (c) => c.charCodeAt(0))));
both("btoa", ({ btoa }) => ["", "a", "ab", "abc", "\xff\xfe", 12].map((t) => btoa(t)));
test("atob refuses", () => {
  for (const bad of ["a", "===", "YQ===", "Y!==", "YQ=a"]) throws(() => atob(bad), "InvalidCharacterError");
});
test("btoa refuses", () => throws(() => btoa("€"), "InvalidCharacterError"));
both("TextEncoderStream joins surrogates", async ({ TextEncoderStream, ReadableStream }) => {
  const out = [];
  const source = new ReadableStream({
    start(c) {
      for (const part of ["a", "\ud83d", "\ude00", "\ud83d", "x", "", "\ud83d"]) c.enqueue(part);
      c.close();
    },
  });
  for await (const chunk of source.pipeThrough(new TextEncoderStream())) out.push(...chunk);
  return out;
});
both("TextDecoderStream", async ({ TextDecoderStream, ReadableStream }) => {
  const source = new ReadableStream({
    start(c) {
      for (const byte of [0x61, 0xe2, 0x82, 0xac, 0xf0]) c.enqueue(new Uint8Array([byte]));
      c.close();
    },
  });
  let text = "";
  for await (const chunk of source.pipeThrough(new TextDecoderStream())) text += chunk;
  return text;
});
test("TextDecoderStream fatal", async () => {
  const source = new ReadableStream({
    start(c) {
      c.enqueue(bytes(0xff));
      c.close();
    },
  });
  await rejects(source.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader().read(), "TypeError");
});
