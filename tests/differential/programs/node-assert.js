// flags: nodejs_compat
// node:assert: what holds, what fails, and in which words.

import assert from "node:assert";
import strict, * as strictModule from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";
import { Buffer } from "node:buffer";
import { Actor, differs, program, stateless } from "../suite.js";

/** All of an error that can be compared. */
function told(error) {
  if (!(error instanceof Error)) return { thrown: inspect(error) };
  const { name, code, message, generatedMessage, operator } = error;
  const kinds = "actual" in error ? [typeof error.actual, typeof error.expected] : undefined;
  return { class: error.constructor.name, name, code, message, generatedMessage, operator, kinds, keys: Object.keys(error), first: error.stack?.split("\n")[0] };
}
async function check(run) {
  try {
    return { gave: inspect(await run()) };
  } catch (error) {
    return told(error);
  }
}
const fails = (error = new Error("abc")) => () => { throw error; };
const symbol = Symbol("k");
class A { x = 1; }
class B { x = 1; }
const circle = () => { const c = { a: 1 }; c.self = c; return c; };
const args = function () { return arguments; };
const repeat = (length, make) => Array.from({ length }, (_, at) => make(at));

const single = {
  "assert: zero": () => assert(0), "assert: a message": () => assert(false, "msg"), "assert: an error": () => assert(null, new TypeError("mine")), "assert: nothing": () => assert(), "assert: a number as message": () => assert.ok(false, 5),
  "ok: zero": () => assert.ok(0), "ok: nothing": () => assert.ok(), "ok: empty text": () => assert.ok(""), "ok: true": () => assert.ok(1), "ok: undefined": () => assert(undefined), "ok: no message": () => assert(0, undefined),
  "fail": () => assert.fail(), "fail: a text": () => assert.fail("x"), "fail: an error": () => assert.fail(new TypeError("t")), "fail: two values": () => assert.fail(1, 2), "fail: null": () => assert.fail(null),
  "ifError: null": () => assert.ifError(null), "ifError: undefined": () => assert.ifError(undefined), "ifError: an error": () => assert.ifError(new Error("x")), "ifError: zero": () => assert.ifError(0), "ifError: a text": () => assert.ifError("str"), "ifError: an empty message": () => assert.ifError({ message: "" }), "ifError: an object": () => assert.ifError({ a: 1 }), "ifError: a class": () => assert.ifError(new (class Foo extends Error {})("")),
  "match": () => assert.match("abc", /b/), "match: no": () => assert.match("abc", /z/), "match: a number": () => assert.match(5, /z/), "match: a text": () => assert.match("a", "b"), "match: a message": () => assert.match("abc", /z/, "m"), "match: an error": () => assert.match("abc", /z/, new TypeError("q")),
  "doesNotMatch": () => assert.doesNotMatch("abc", /z/), "doesNotMatch: it does": () => assert.doesNotMatch("abc", /b/), "doesNotMatch: a number": () => assert.doesNotMatch(5, /b/), "doesNotMatch: a message": () => assert.doesNotMatch("abc", /b/, "m"), "doesNotMatch: a text": () => assert.doesNotMatch("a", "b"),
  "throws: nothing": () => assert.throws(() => {}), "throws: an error": () => assert.throws(fails()), "throws: the class": () => assert.throws(fails(), Error), "throws: another class": () => assert.throws(fails(), TypeError), "throws: a pattern": () => assert.throws(fails(), /b/), "throws: another pattern": () => assert.throws(fails(), /z/), "throws: the shape": () => assert.throws(fails(), { message: "abc" }), "throws: another shape": () => assert.throws(fails(), { message: "abd" }), "throws: a pattern in a shape": () => assert.throws(fails(), { message: /x/ }),
  "throws: a missing key": () => assert.throws(fails(), { code: 5 }), "throws: all of a shape": () => assert.throws(fails(Object.assign(new Error("x"), { code: 1 })), { code: 1, name: "Error", message: /x/ }), "throws: deep in a shape": () => assert.throws(fails(Object.assign(new Error("x"), { info: { a: 1 } })), { info: { a: 2 } }), "throws: a check that holds": () => assert.throws(fails(), (error) => error.message === "abc"), "throws: a check that does not": () => assert.throws(fails(), () => false), "throws: a named check": () => assert.throws(fails(), function named() { return 5; }), "throws: a check that throws": () => assert.throws(fails(), () => { throw new TypeError("in"); }), "throws: no function": () => assert.throws(5), "throws: nothing at all": () => assert.throws(),
  "throws: nothing, with a message": () => assert.throws(() => {}, "msg"), "throws: nothing, with class and message": () => assert.throws(() => {}, TypeError, "m"), "throws: a text": () => assert.throws(fails("str"), /s/), "throws: the message itself": () => assert.throws(fails(), "abc"), "throws: the text itself": () => assert.throws(fails("m"), "m"), "throws: another message": () => assert.throws(fails(), "other"), "throws: a number expected": () => assert.throws(fails(), 5), "throws: the same error": () => assert.throws(fails(), new Error("abc")), "throws: a different error": () => assert.throws(fails(), new Error("y")), "throws: null for a shape": () => assert.throws(fails(null), { a: 1 }), "throws: a number for a shape": () => assert.throws(fails(5), { a: 1 }), "throws: an empty shape": () => assert.throws(fails(), {}), "throws: null expected": () => assert.throws(fails(), null), "throws: undefined expected": () => assert.throws(fails(), undefined), "throws: a list expected": () => assert.throws(fails(), []), "throws: a text for a class": () => assert.throws(fails("s"), TypeError), "throws: class and message": () => assert.throws(fails(), TypeError, "mm"),
  "doesNotThrow": () => assert.doesNotThrow(() => {}), "doesNotThrow: it does": () => assert.doesNotThrow(fails()), "doesNotThrow: a message": () => assert.doesNotThrow(fails(), "m"), "doesNotThrow: another class": () => assert.doesNotThrow(fails(), TypeError), "doesNotThrow: the class": () => assert.doesNotThrow(fails(), Error, "mm"), "doesNotThrow: the class alone": () => assert.doesNotThrow(fails(), Error), "doesNotThrow: a pattern": () => assert.doesNotThrow(fails(), /x/), "doesNotThrow: no function": () => assert.doesNotThrow(5), "doesNotThrow: a text": () => assert.doesNotThrow(fails("str")), "doesNotThrow: null": () => assert.doesNotThrow(fails(null)), "doesNotThrow: a check": () => assert.doesNotThrow(fails(), () => true),
  "rejects: fulfilled": () => assert.rejects(Promise.resolve(1)), "rejects: a function": () => assert.rejects(async () => { throw new Error("x"); }), "rejects: another class": () => assert.rejects(Promise.reject(new Error("x")), TypeError), "rejects: no promise": () => assert.rejects(() => 5), "rejects: a number": () => assert.rejects(5), "rejects: a function that throws": () => assert.rejects(() => { throw new Error("sync"); }), "rejects: a message": () => assert.rejects(Promise.resolve(1), "m"), "rejects: a pattern": () => assert.rejects(Promise.reject(new Error("x")), /y/), "rejects: a thenable": () => assert.rejects({ then(_, reject) { reject(new Error("th")); }, catch() {} }),
  "doesNotReject: fulfilled": () => assert.doesNotReject(Promise.resolve(1)), "doesNotReject: rejected": () => assert.doesNotReject(Promise.reject(new Error("x"))), "doesNotReject: a message": () => assert.doesNotReject(async () => { throw new Error("x"); }, "m"), "doesNotReject: a number": () => assert.doesNotReject(5),
  "strictEqual: one argument": () => assert.strictEqual(1), "notStrictEqual: one argument": () => assert.notStrictEqual(1), "equal: one argument": () => assert.equal(1), "equal: none": () => assert.equal(), "notEqual: one argument": () => assert.notEqual(1),
  "messages": () => assert.strictEqual(1, 2, "mm"), "messages that are errors": () => assert.strictEqual(1, 2, new RangeError("r")), "messages that are numbers": () => assert.equal(1, 2, 5), "messages that are objects": () => assert.equal(1, 2, { toString() { return "o"; } }), "no message": () => assert.equal(1, 2, undefined), "a message for deepEqual": () => assert.deepEqual({ a: 1 }, { b: 2 }, "m"), "a message for notDeepStrictEqual": () => assert.notDeepStrictEqual([1], [1], "x"), "a message for partialDeepStrictEqual": () => assert.partialDeepStrictEqual([1], [2], "x"),
  "Assert": () => { const own = new assert.Assert(); return Object.keys(own); }, "Assert: without new": () => assert.Assert(), "Assert: with options": () => new assert.Assert({ diff: "full" }).equal(1, 2),
  "AssertionError: without options": () => new assert.AssertionError(), "AssertionError: of a number": () => new assert.AssertionError(5), "AssertionError: a number as message": () => { throw new assert.AssertionError({ message: 5 }); },
  "AssertionError: as text": () => { const error = new assert.AssertionError({ message: "m" }); return [String(error), Object.prototype.toString.call(error), error instanceof Error, JSON.stringify(error)]; },
  "AssertionError: inspected": () => inspect(new assert.AssertionError({ message: "m", actual: { a: { b: 1 } }, expected: 2 })).replace(/\n    at .*/g, ""),
  "the shape": () => [Object.keys(assert), assert.name, assert.length, assert.strict === strict, strict === assert, assert.strict.equal === assert.strictEqual, strict.name, assert.AssertionError.name, Object.keys(assert).map((key) => key + assert[key].length + assert[key].name), Object.keys(strictModule)],
};

const pairs = {
  "numbers": [1, 2], "equal numbers": [1, 1], "number and text": [1, "1"], "not a number": [NaN, NaN], "zeros": [0, -0], "null and undefined": [null, undefined], "booleans": [true, false], "big integers": [1n, 1n], "big integer and number": [1n, 1], "symbols": [Symbol("a"), Symbol("a")], "functions": [() => 1, () => 1], "texts": ["a", "b"], "longer texts": ["hello world", "hello there"], "long texts": ["a".repeat(600), "b"], "texts of lines": ["a\nb\nc", "a\nx\nc"], "six lines": ["1\n2\n3\n4\n5\n6", "1\n3\n4\n5\nx\n6"], "texts with tabs": ["a\tb", "a b"], "words": ["the quick brown fox", "the slow brown dog"], "an empty text": ["", "a"],
  "objects": [{ a: 1 }, { a: 1 }], "unequal objects": [{ a: 1 }, { a: 2 }], "another order": [{ a: 1, b: 2 }, { b: 2, a: 1 }], "one key more": [{ a: 1 }, { a: 1, b: 2 }], "one key less": [{ a: 1, b: 2 }, { a: 1 }], "undefined and absent": [{ a: undefined }, {}], "undefined elsewhere": [{ a: undefined }, { b: undefined }], "deep objects": [{ a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }], "very deep objects": [{ a: { b: { c: { d: { e: 1 } } } } }, { a: { b: { c: { d: { e: 2 } } } } }], "long objects": [{ a: "x".repeat(50), b: "y".repeat(50), c: 1, d: 2, e: 3, f: 4, g: 5 }, { a: "x".repeat(50), b: "z".repeat(50), c: 1, d: 2, e: 3, f: 4, g: 6 }],
  "lists": [[1, 2, 3], [1, 2, 4]], "equal lists": [[1, 2], [1, 2]], "a shorter list": [[1, 2], [1]], "a list without its middle": [[1, 2, 3], [1, 3]], "sparse lists": [[, 1], [undefined, 1]], "list and object": [[1], { 0: 1 }], "lists with properties": [Object.assign([1], { x: 1 }), [1]], "long lists": [repeat(60, (i) => i), repeat(60, (i) => i + 1)], "long lists, one item": [repeat(30, (i) => `item${i}`), repeat(30, (i) => (i === 15 ? "other" : `item${i}`))], "long lists, one more": [repeat(30, (i) => `item${i}`), repeat(31, (i) => `item${i}`)], "long equal lists": [repeat(60, (i) => `item${i}`), repeat(60, (i) => `item${i}`)], "list and nothing": [[], {}],
  "maps": [new Map([[1, 2]]), new Map([[1, 3]])], "maps of another order": [new Map([[1, 2], [3, 4]]), new Map([[3, 4], [1, 2]])], "maps of objects": [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])], "maps of other keys": [new Map([[1, undefined]]), new Map([[2, undefined]])], "maps, one with more": [new Map([[1, { a: 1, b: 2 }]]), new Map([[1, { a: 1 }]])], "sets": [new Set([1]), new Set([2])], "sets of objects": [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])], "sets of lists": [new Set([[1], [2]]), new Set([[2], [3]])], "sets, one with more": [new Set([1, 2, 3]), new Set([2])],
  "dates": [new Date(5), new Date(6)], "equal dates": [new Date(5), new Date(5)], "invalid dates": [new Date(NaN), new Date(NaN)], "dates with properties": [Object.assign(new Date(1), { x: 1 }), new Date(1)], "patterns": [/a/g, /a/i], "equal patterns": [/a/g, /a/g], "patterns that have moved on": [Object.assign(/a/g, { lastIndex: 1 }), /a/g],
  "errors": [new Error("a"), new Error("b")], "equal errors": [new Error("a"), new Error("a")], "errors of other classes": [new Error("a"), new TypeError("a")], "errors with causes": [new Error("a", { cause: 1 }), new Error("a", { cause: 2 })], "error and aggregate": [new AggregateError([1]), new AggregateError([2])],
  "classes": [new A(), new B()], "class and object": [new A(), { x: 1 }], "without prototype": [Object.create(null), {}], "circles": [circle(), circle()], "keys that are symbols": [{ [symbol]: 1 }, { [symbol]: 2 }], "a symbol more": [{ [symbol]: 1 }, {}], "boxed numbers": [new Number(1), new Number(2)], "boxed texts": [new String("a"), new String("b")], "boxed and bare": [new Number(1), 1], "boxed zeros": [new Number(0), new Number(-0)],
  "bytes": [new Uint8Array([1]), new Uint8Array([2])], "bytes of other types": [new Uint8Array([1]), new Int8Array([1])], "zeros in arrays": [new Float32Array([0]), new Float32Array([-0])], "not numbers in arrays": [new Float64Array([NaN]), new Float64Array([NaN])], "buffer and bytes": [Buffer.from("a"), new Uint8Array([97])], "array buffers": [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer], "data views": [new DataView(new ArrayBuffer(2)), new DataView(new ArrayBuffer(2))], "weak maps": [new WeakMap(), new WeakMap()], "promises": [Promise.resolve(1), Promise.resolve(1)],
  "arguments and list": [args(1), [1]], "arguments": [args(1), args(1)], "getters": [{ get a() { return 1; } }, { a: 2 }], "hidden keys": [Object.defineProperty({}, "a", { value: 1 }), {}], "proxies": [new Proxy({ a: 1 }, {}), { a: 1 }], "proxies of lists": [new Proxy([1], {}), [1]], "tags": [{ [Symbol.toStringTag]: "x" }, {}], "headers": [new Headers({ a: "1" }), new Headers({ a: "2" })], "null and object": [null, {}], "truth": [true, 1], "sorted keys": [{ b: 1, a: 2, c: [1, 2] }, { a: 2, b: 1, c: [1, 3] }], "nested": [{ a: [{ b: new Map([["c", new Set([1])]]) }] }, { a: [{ b: new Map([["c", new Set([2])]]) }] }],
};

const METHODS = ["equal", "notEqual", "strictEqual", "notStrictEqual", "deepEqual", "notDeepEqual", "deepStrictEqual", "notDeepStrictEqual", "partialDeepStrictEqual"];
const OPERATORS = ["deepEqual", "deepStrictEqual", "strictEqual", "equal", "notDeepStrictEqual", "notStrictEqual", "notDeepEqual", "notEqual", "throws", "==", "fail", undefined];

const cases = {};
for (const [name, run] of Object.entries(single)) cases[name] = () => check(run);
for (const [name, [actual, expected]] of Object.entries(pairs)) {
  cases[`two values: ${name}`] = async () => {
    const all = { isDeepStrictEqual: isDeepStrictEqual(actual, expected) };
    for (const method of METHODS) {
      // where two errors are shown, so are their frames
      if (/errors|aggregate/.test(name) && /^(?:e|notE|s|notS)/.test(method)) continue;
      const { message, gave } = await check(() => assert[method](actual, expected));
      all[method] = gave ?? message;
    }
    return all;
  };
}
for (const operator of OPERATORS) {
  cases[`AssertionError: ${operator}`] = () => Object.entries(pairs).filter(([name]) => /objects|lists|errors|texts|^numbers/.test(name)).map(([name, [actual, expected]]) => [name, new assert.AssertionError({ actual, expected, operator }).message]);
}
const differing = {
  "texts that end with a line": differs("one difference is found where the reference finds another", { gave: "Values are not strictly equal:\n\n\n[Diff] Actual / Expected\n\n\n-   a\\n\n-   \n+   a\n\n" }, () => { try { assert.strictEqual("a\n", "a"); } catch (error) { return error.message; } }),
  "an object for doesNotThrow": differs("the reference speaks of a function that it has made", { gave: 'The "expected" argument must be of type function or an instance of RegExp. Received an instance of Object' }, () => { try { assert.doesNotThrow(fails(), {}); } catch (error) { return error.message; } }),
};

const { worker, Place } = program(Object.fromEntries(Object.entries({ ...cases, ...differing }).map(([name, run]) => [name, stateless(run)])));

export default worker;
export { Place, Actor as Subject, Actor as Plain };
