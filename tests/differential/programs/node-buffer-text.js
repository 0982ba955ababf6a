// flags: nodejs_compat
// Buffer and text: encodings, writing, searching, filling.

import buffer, { Buffer } from "node:buffer";
import { differs, outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const ENCODINGS = ["utf8", "utf-8", "UTF-8", "hex", "HEX", "ucs2", "ucs-2", "UCS-2", "utf16le", "utf-16le", "Utf-16LE", "latin1", "binary", "base64", "base64url", "ascii", "utf16", "utf-16", "buffer", "bin", ""];
const TEXTS = ["", "abc", "aé€😀", "\u0141\ud800x", "616263", "YWJj", "-_+/", "a\0b", "ÿþ"];

for (const encoding of ENCODINGS) {
  table(`text to bytes in ${encoding || "none"}`, TEXTS, (text) => Buffer.from(text, encoding).toString("hex"));
  table(`bytes to text in ${encoding || "none"}`, [[[]], [[0x61, 0x62]], [[0x61, 0xe9, 0x80, 0xff, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]], [[0xc3]], [[0xff, 0xfe, 0x41, 0x30]], [[0xef, 0xbb, 0xbf, 0x61]], [[1, 2, 3]]], (bytes) => escape(Buffer.from(bytes).toString(encoding)));
  add(`isEncoding ${encoding || "none"}`, () => Buffer.isEncoding(encoding));
}
table("isEncoding of what is no text", [null, undefined, 5, {}, [["utf8"]], true], (value) => Buffer.isEncoding(value));
table("hex that is not quite", ["6162", "616", "zz", "61zz62", "6", "61 62", "ABcd", "0x61", "é1", "61\n"], (text) => Buffer.from(text, "hex"));
const BASE64 = ["YWI=", "YWI", "YWJj", "YQ==", "YQ", "Y", "Y Q = =", "Y*Q", "-_-_", "+/+/", "YQ==YQ==", "====", "YWJj\nZGVm", "YWJ", "é", "YW=Jj", "\u0141YWI", "aaaaa", "YWJjZA=", "=YQ", "YQ=", " YQ== ", "YWJj====", "a-b_c+d/"];
table("base64 that is not quite", BASE64, (text) => Buffer.from(text, "base64"));
table("base64url that is not quite", BASE64, (text) => Buffer.from(text, "base64url"));
for (const encoding of ["utf8", "hex", "base64", "base64url", "ucs2", "latin1", "ascii", "none", undefined]) {
  table(`byteLength in ${encoding}`, ["", "abc", "aé€😀", "YWI=", "YQ==", "YWJj\n", "616", "\ud800"], (text) => Buffer.byteLength(text, encoding));
}
table("byteLength of what is no text", [Buffer.alloc(3), new Uint16Array(3), new ArrayBuffer(5), new DataView(new ArrayBuffer(2)), 5, null, undefined, {}, [[1]]], (value) => Buffer.byteLength(value));
const WRITES = [["abcdefgh"], ["é€€"], ["a€€"], ["abc", 4], ["abc", 1, 1], ["616263", "hex"], ["61zz", "hex"], ["616", "hex"], ["YWJj", 2, "base64"], ["YWJjYWJjYWJj", "base64"], ["ab", 1, "ucs2"], ["abc", 3, "ucs2"], ["x", 6], ["x", 7], ["x", -1], ["x", 0, 9], ["x", 1, "nonsense"], ["é", "latin1"], ["é", "ascii"], ["€", "latin1"], ["zz", "hex"], ["Y", "base64"], ["abc", 1.5], ["abc", "1"], [5], [null], [undefined], [{ toString: () => "o" }], ["abc", undefined, 2], ["abc", 1, undefined, "hex"], ["abc", 1, 2, ""], ["😀😀"], ["abcd😀"], ["abc", null]];
table("write", WRITES, (...args) => { const to = Buffer.alloc(6, 0x2e); return [to.write(...args), to.toString("latin1")]; });
for (const kind of ["ascii", "utf8", "hex", "base64", "base64url", "ucs2", "latin1"]) {
  table(`${kind}Write`, [["ab"], ["ab", 1], ["ab", 1, 1], ["ab", 9], [5], ["", 4], ["abcdefgh"], ["ab", 0, 99], ["ab", "0"]], (...args) => { const to = Buffer.alloc(4); return [to[`${kind}Write`](...args), to]; });
  table(`${kind}Slice`, [[0, 3], [1, 2], [], [0, 99], [-1, 2], ["1", 2], [2, 1], [0, 0], [1.5, 2]], (...args) => Buffer.from("abcabcé€abc")[`${kind}Slice`](...args));
}
const FILLS = [["ab"], ["abc", 1], ["€", 0, 5], [256.5], [-1], ["6162", "hex"], ["", 0], [Buffer.from("xy"), 1], [true], [null], [undefined], [new Uint16Array([1, 2])], ["a", 2, 1], ["a", "latin1"], ["YQ==", 1, 3, "base64"], [new Uint8Array(0)], ["zz", 1, 3, "nonsense"], [{}], ["616", "hex"], ["zz", "hex"], ["a", -1], ["a", 1.5], ["a", "1"], [NaN], ["aé", "latin1"], ["ab", "ucs2"], [1, 0, 7], [1, 7], [1, 2, 4], [1, "2"], [1, 0, "4"], ["a", 0, 9], ["é"], [[1, 2]], [1n]];
table("fill", FILLS, (...args) => Buffer.alloc(6).fill(...args));
const SEARCHES = [["a"], ["a", 1], ["bc", -4], ["zz"], [""], ["", 5], ["", 99], ["", -99], [97], [97.9, 1], [256 + 97], [-159], [Buffer.from("ca")], ["c3a9", "hex"], ["616", "hex"], ["YWJj", 1, "base64"], ["é", "latin1"], ["abc", NaN], ["abc", null], ["abc", undefined], ["abc", {}], ["abc", "utf8"], ["abc", 0, "nonsense"], [null], [{}], ["abc", 1e10], ["abc", -1e10], ["abc", "3"], [new Uint8Array([98])], ["", -1], [Buffer.alloc(0)], ["abc", 1.9], ["abc", 3.5], [98, -1], [98, 99], [98, -99], ["c", -3], ["é€abc"], ["abcabcé€abcd"], [true], [undefined]];
for (const method of ["indexOf", "lastIndexOf", "includes"]) table(method, SEARCHES, (...args) => Buffer.from("abcabcé€abc")[method](...args));
const UNITS = [["b", 0, "ucs2"], ["b", 3, "ucs2"], ["\u0101", "ucs2"], ["b", undefined, "ucs2"], ["b"], ["a\0b", "latin1"], ["b", -1, "ucs2"], ["b", 7, "ucs2"], ["b", 99, "ucs2"], ["", 3, "ucs2"]];
for (const method of ["indexOf", "lastIndexOf"]) table(`${method} of UTF-16`, UNITS, (...args) => Buffer.from("ab\u0101b", "ucs2")[method](...args));
table("toString of a part", [["utf8", 1, 3], ["utf8", -1, 2], ["utf8", 5], ["utf8", 1, 99], ["utf8", 2, 1], ["utf8", "1", "2"], ["utf8", 1.9, 2.9], ["nope", 5], ["nope"], [undefined, 1], [null], ["hex", 1, 2], [5], ["utf8", NaN], ["utf8", undefined, -1], ["utf8", 0, null]], (...args) => Buffer.from("abc").toString(...args));
const TRANSCODED = [["é", "utf8", "latin1"], ["é", "utf8", "ascii"], ["日", "utf8", "latin1"], ["é€", "utf8", "ucs2"], ["é€", "utf8", "utf16le"], ["a", "utf8", "base64"], ["a", "hex", "utf8"], ["é", "latin1", "utf8"], ["é", "ascii", "utf8"], ["é", "utf8", "utf8"], ["é", "binary", "ascii"], ["a", "nonsense", "utf8"], ["😀", "utf8", "latin1"], ["é", "latin1", "ucs2"], ["é", "latin1", "latin1"], ["a", undefined, "ucs2"], ["a", "utf8", undefined], ["a", null, "ucs2"]];
table("transcode", TRANSCODED, (text, from, to) => buffer.transcode(Buffer.from(text), from, to));
table("transcode of what is no buffer", ["x", 5, null, {}], (value) => buffer.transcode(value, "utf8", "latin1"));
table("transcode of bytes", [[[0x61, 0], "ucs2", "latin1"], [[1, 2, 3], "ucs2", "utf8"], [[], "utf8", "ucs2"]], (bytes, from, to) => buffer.transcode(Uint8Array.from(bytes), from, to));
for (const name of ["isAscii", "isUtf8"]) table(name, [Buffer.from("a"), Buffer.from("é"), Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.alloc(0), "a", new ArrayBuffer(1), undefined, new Uint16Array([1]), null], (value) => buffer[name](value));
add("transcode of broken text", differs("what is broken becomes U+FFFD, as everywhere else", { gave: { $: "Buffer", bytes: [0x61, 0xef, 0xbf, 0xbd] } }, () => buffer.transcode(Buffer.from("a\ud83d", "ucs2"), "ucs2", "utf8")));
add("transcode of what only Windows has", differs("Latin-1 has no such character", { gave: { $: "Buffer", bytes: [0x3f] } }, () => buffer.transcode(Buffer.from("€"), "utf8", "latin1")));
add("resolveObjectURL", () => outcome(() => buffer.resolveObjectURL("blob:x")));
add("a long text there and back", () => { const text = "é€😀x".repeat(5000); return ["utf8", "ucs2", "base64", "hex"].map((kind) => { const bytes = Buffer.from(text); const coded = kind === "ucs2" ? Buffer.from(text, kind).toString(kind) : kind === "utf8" ? bytes.toString() : Buffer.from(bytes.toString(kind), kind).toString(); return [coded === text, bytes.toString(kind).length]; }); });

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";
