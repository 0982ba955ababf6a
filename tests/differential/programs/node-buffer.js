// flags: nodejs_compat
// Buffer: making, comparing, joining, copying, the class itself.

import * as namespace from "node:buffer";
import buffer, { Buffer } from "node:buffer";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});
const memory = () => new Uint8Array([1, 2, 3, 4]).buffer;

table("from", [["abc"], [[1.9, 256, -1, "3", NaN]], [memory(), 1], [memory(), 1, 1], [memory(), 5], [memory(), 1, 9], [memory(), "1"], [memory(), NaN], [memory(), 1, -2], [memory(), 0, NaN], [new Uint16Array([97, 256])], [{ length: 2, 0: 97 }], [{ length: "2" }], [{ type: "Buffer", data: [97] }], [{ type: "Other", data: [97] }], [new String("abc")], [{ valueOf() { return "v"; } }], [{ valueOf() { return [1]; } }], [{ valueOf() { return 5; } }], [{ [Symbol.toPrimitive]() { return "p"; } }], [Symbol("x")], [true], [1n], [5], [null], [undefined], [], [{}], [new Map()], [new Set([1])], [new DataView(new ArrayBuffer(2))], [{ buffer: new ArrayBuffer(2) }], ["abc", 5], ["abc", ""], ["abc", null], ["abc", "utf16"], [[]], [Buffer.from("xyz"), 1], [function named() {}], [NaN], [new Uint8Array([1, 2, 3]).subarray(1)], [[[1], "2", null, undefined, true]], [new Float32Array([1.5, 300])], [new Boolean(true)], [new Number(5)]], (...args) => Buffer.from(...args));
table("from memory before its start", [[memory(), -1]], (...args) => Buffer.from(...args));
add("from shares memory, or not", () => { const bytes = new Uint8Array([1, 2, 3]); const shared = Buffer.from(bytes.buffer); const copied = Buffer.from(bytes); bytes[0] = 9; return [shared[0], copied[0], shared.buffer === bytes.buffer, copied.byteOffset]; });
table("alloc", [[3], [0], [3, "ab", "utf8"], [3, "YQ==", "base64"], [3, 97], [3, ""], [3, "a", 5], [1.5], [NaN], ["5"], [-1], [2 ** 53], [2147483647], [], [null], [3, Buffer.from("xy")], [3, null], [3, "a", "nonsense"], [3, "", "hex"], [Infinity], [-Infinity]], (...args) => Buffer.alloc(...args));
for (const name of ["allocUnsafe", "allocUnsafeSlow"]) table(name, [0, "x", -5, NaN, null], (size) => Buffer[name](size).length);
table("SlowBuffer", [3, "3", "x", undefined, -1], (size) => { const made = buffer.SlowBuffer(size); return [made, made instanceof Buffer]; });
table("Buffer as a function", [["5"], [5], [5, "utf8"], [[1, 2]], ["6162", "hex"], [memory(), 2], [null]], (...args) => Buffer(...args));
table("Buffer with new", [["abc"], [3], [[1, 2]], [memory(), 1, 2]], (...args) => new Buffer(...args));
table("of", [[1, 257, -1, "3"], []], (...args) => Buffer.of(...args));
table("isBuffer", [Buffer.alloc(1), new Uint8Array(1), null, undefined, Buffer.prototype, {}, "x", Buffer], (value) => Buffer.isBuffer(value));
table("concat", [[["ab"]], [[Buffer.from("a"), new Uint8Array([98])]], [[Buffer.from("ab"), Buffer.from("cd")], 3], [[Buffer.from("ab")], 5], [[Buffer.from("ab")], -1], [[Buffer.from("ab")], 1.5], [[Buffer.from("ab")], "2"], [[]], [[new Uint16Array([1, 2])]], [[{ length: 2 }]], [[], 5], [[new ArrayBuffer(2)]], [5], [null], [undefined], [[Buffer.alloc(0), Buffer.from("x")], 0], [[1]], ["ab"], [[Buffer.from("abc"), Buffer.from("def")], 4], [[Buffer.from("abc")], undefined]], (...args) => Buffer.concat(...args));
table("Buffer.compare", [[Buffer.from("a"), Buffer.from("b")], [Buffer.from("b"), Buffer.from("a")], [Buffer.from("a"), Buffer.from("a")], [Buffer.from([1]), Buffer.from([1, 2])], [new Uint8Array([2]), Buffer.from([1, 2])], [Buffer.alloc(0), Buffer.alloc(0)], [1, 2], [Buffer.alloc(1), "x"], [null, null], [Buffer.from([200]), Buffer.from([100])]], (a, b) => Buffer.compare(a, b));
table("compare", [[Buffer.from("abd")], [Buffer.from("xabcx"), 1, 4], [Buffer.from("x"), 0, 9], [Buffer.from("x"), 5], [Buffer.from("abc"), 1, 1], [Buffer.from("abc"), 2, 1], ["abc"], [Buffer.from("abc"), 0, 3, 2, 1], [Buffer.from("abc"), 0, 3, 1, 9], [new Uint8Array([97])], [Buffer.from("abc"), 0, 1, 0, 1], [Buffer.from("abc"), "0"], [Buffer.from("abc"), -1], [Buffer.from("abc"), 1.5], [Buffer.from("abc"), 0, 3, 9]], (...args) => Buffer.from("abc").compare(...args));
table("equals", ["abc", new Uint8Array([97, 98, 99]), Buffer.from("abc"), Buffer.from("abcd"), null, undefined, 5, new Uint16Array(1)], (other) => Buffer.from("abc").equals(other));
table("copy", [[3], [3, 1], [3, 0, 1], [3, 0, 1, 2], [3, 9], [3, 0, 9], [3, 0, 2, 1], [3, 0, 0, 99], [3, 0, -1], [3, "1"], [3, NaN], [3, 0, 0, -1], [3, 1.7], [3, 0, 2 ** 32], [0], [3, 0, undefined, undefined], [3, -1], [3, 0, 1.9], [3, 0, 0, 2 ** 32], [3, Infinity], [3, {}]], (size, ...args) => { const to = Buffer.alloc(size); return [Buffer.from("abcd").copy(to, ...args), to]; });
table("copy to what is no buffer", [5, "x", null, undefined, [[1]], new Uint16Array(1), new ArrayBuffer(3)], (target) => Buffer.from("a").copy(target));
add("copy into itself", () => { const one = Buffer.from("abcdef"); one.copy(one, 2, 0, 4); const two = Buffer.from("abcdef"); two.copy(two, 0, 2); return [one, two]; });
table("slice", [[], [1], [1, 3], [-2], [-3, -1], [0, 99], ["1"], [2, 1], [5], [NaN, 2], [1.9, 2.9], [null, null], [undefined, undefined], [-99, -98]], (...args) => Buffer.from("abcdef").slice(...args));
table("subarray", [[], [1], [1, 3], [-2], [-3, -1], [0, 99], ["1"], [2, 1], [5], [1.9, 2.9]], (...args) => Buffer.from("abcdef").subarray(...args));
add("parts share memory", () => { const all = Buffer.from("abc"); all.slice(1)[0] = 120; all.subarray(2)[0] = 121; return [all, all.slice().buffer === all.buffer]; });
for (const bits of [16, 32, 64]) table(`swap${bits}`, ["", "ab", "abc", "abcd", "abcdefgh", "abcdefghijklmnop"], (text) => Buffer.from(text)[`swap${bits}`]());
add("swap of a part", () => { const all = Buffer.from("abcdef"); all.subarray(1, 5).swap32(); return all; });
add("toJSON", () => [Buffer.from("ab").toJSON(), JSON.stringify(Buffer.from("ab")), JSON.stringify({ b: Buffer.alloc(0) }), Buffer.from(JSON.parse(JSON.stringify(Buffer.from("xyz"))))]);
add("what arrays have", () => { const b = Buffer.from("abc"); return [b.map((x) => x + 1), b.filter((x) => x > 97), [...b.entries()], [...b.keys()], [...b], b.at(-1), b.length, b.with?.(0, 1), b.toReversed?.().constructor.name, b.reverse(), b.sort(), b.includes(98), b.join("-"), b.findIndex((x) => x === 98), b.every((x) => x > 0), b.set([1], 1), b]; });
add("an instance", () => { const b = Buffer.from("abc"); return [b instanceof Uint8Array, b.constructor === Buffer, Object.prototype.toString.call(b), b.parent === b.buffer, b.offset === b.byteOffset, Buffer.prototype.parent, Buffer.prototype.offset, String(b), `${b}`, b + "", b.toLocaleString("hex"), b.toLocaleString === b.toString, b[5], "1" in b, Object.keys(b), b.BYTES_PER_ELEMENT]; });
add("the class", () => [Buffer.name, Buffer.length, Object.getPrototypeOf(Buffer) === Uint8Array, Object.getPrototypeOf(Buffer.prototype) === Uint8Array.prototype, Object.getOwnPropertyNames(Buffer), Object.keys(Buffer), Object.getOwnPropertyNames(Buffer.prototype), Object.keys(Buffer.prototype), Object.getOwnPropertyDescriptor(Buffer, "poolSize"), Buffer[Symbol.species] === Buffer]);
add("names and lengths of methods", () => Object.getOwnPropertyNames(Buffer.prototype).filter((key) => typeof Object.getOwnPropertyDescriptor(Buffer.prototype, key).value === "function" && /^(read|write)U?[Ii]nt/.test(key)).map((key) => [key, Buffer.prototype[key].name]));
add("the module", () => [Object.keys(namespace), Object.keys(buffer), buffer.Buffer === globalThis.Buffer, buffer.atob("YQ=="), buffer.Blob === Blob, buffer.File === File, buffer.constants, buffer.kMaxLength, buffer.kStringMaxLength, buffer.INSPECT_MAX_BYTES, namespace.Buffer === Buffer]);
add("inspect", () => [Buffer.from("abc"), Buffer.alloc(60), Buffer.alloc(51), Buffer.alloc(50), Buffer.alloc(0)].map((b) => b.inspect()));
add("inspect by symbol", () => typeof Buffer.prototype[Symbol.for("nodejs.util.inspect.custom")]);
add("cloned", () => { const copy = structuredClone(Buffer.from("ab")); return [copy, copy instanceof Buffer]; });
add("a subclass", () => { class Mine extends Uint8Array {} return [Buffer.from(new Mine([1, 2])), Buffer.compare(new Mine([1]), Buffer.from([1])), Buffer.isBuffer(new Mine(1))]; });
add("as a body", async () => [await new Response(Buffer.from("abc")).text(), await new Blob([Buffer.from("ab"), "c"]).text(), new TextDecoder().decode(Buffer.from("é")), [...new Uint8Array(await crypto.subtle.digest("SHA-1", Buffer.from("abc")))].slice(0, 4), btoa(Buffer.from("abc")), new URL("http://x/?q=" + Buffer.from("a b")).search]);
add("used as globals", () => [typeof globalThis.Buffer, Buffer === buffer.Buffer, Object.getOwnPropertyDescriptor(globalThis, "Buffer").enumerable]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";
