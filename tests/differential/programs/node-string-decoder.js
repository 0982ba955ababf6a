// flags: nodejs_compat
// node:string_decoder.

import { Buffer } from "node:buffer";
import module, { StringDecoder } from "node:string_decoder";
import { differs, outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const BYTES = Buffer.from("aé€😀z");
const UNITS = Buffer.from("aé€😀z", "ucs2");
for (const encoding of ["utf8", "utf16le", "base64", "base64url", "hex", "latin1", "ascii"]) {
  for (const size of [1, 2, 3, 5]) {
    // the reference gives out half of a pair, where Node waits for the rest, and so do we
    if (encoding === "utf16le" && size % 2 === 1 && size < 5) continue;
    add(`${encoding} in chunks of ${size}`, () => {
      const decoder = new StringDecoder(encoding);
      const bytes = encoding === "utf16le" ? UNITS : BYTES;
      const parts = [];
      for (let at = 0; at < bytes.length; at += size) parts.push(escape(decoder.write(bytes.subarray(at, at + size))), decoder.lastNeed, decoder.lastTotal);
      parts.push(escape(decoder.end()));
      return parts;
    });
  }
}
table("what is broken", [[[0xc3], []], [[0xe2, 0x82], [0x41]], [[0xf0, 0x9f], [0x98, 0x80]], [[0xff], [0x41]], [[0xe2], [0xe2, 0x82, 0xac]], [[0xf0, 0x9f, 0x98], []], [[0xc0], [0x80]], [[0xed, 0xa0], [0x80]], [[0xf5], [0x80]], [[0x80], [0x80]], [[0xef, 0xbb], [0xbf, 0x61]]], (first, second) => { const d = new StringDecoder("utf8"); return [d.write(Buffer.from(first)), d.write(Buffer.from(second)), d.end()]; });
add("UTF-16 that ends early", () => { const d = new StringDecoder("utf16le"); return [escape(d.write(Buffer.from([0x3d, 0xd8]))), escape(d.end()), d.write(Buffer.from([0x41])), d.end(), d.write(Buffer.from([0x41, 0])), d.end()]; });
add("base64 that ends early", () => { const d = new StringDecoder("base64"); return [d.write(Buffer.from([1])), d.write(Buffer.from([2])), d.end(), d.end(Buffer.from([3]))]; });
add("end with bytes", () => { const d = new StringDecoder(); return [d.end(Buffer.from([0xe2, 0x82])), d.end(Buffer.from("x")), d.end()]; });
table("write of what is no buffer", ["text", new Uint16Array([0x4241]), new DataView(new ArrayBuffer(1)), 5, null, undefined, {}, new ArrayBuffer(1)], (value) => new StringDecoder().write(value));
table("encodings", ["utf8", "UTF-8", "ucs2", "binary", "nonsense", 5, null, undefined, "", {}], (encoding) => new StringDecoder(encoding).encoding);
add("an instance", () => { const d = new StringDecoder(); d.write(Buffer.from([0xe2])); return [Object.getOwnPropertyNames(StringDecoder.prototype), d.lastNeed, d.lastTotal, d.lastChar, d.encoding, Object.keys(module), StringDecoder.name, StringDecoder.length]; });
table("text", [[[0xe2, 0x82, 0xac], 0], [[0x41, 0x42], 1]], (bytes, at) => new StringDecoder().text(Buffer.from(bytes), at));

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

