// flags: nodejs_compat
// util.inspect: every kind of value, and what the options make of it.

import { inspect } from "node:util";
import { Buffer } from "node:buffer";
import { AsyncLocalStorage } from "node:async_hooks";
import { Actor, differs, outcome, outcomes, program, stateless } from "../suite.js";

class Foo { constructor() { this.a = 1; } }
class Bar extends Foo {}
class Tagged { get [Symbol.toStringTag]() { return "tg"; } }
class MyMap extends Map {}
class MySet extends Set {}
class MyArray extends Array {}
class MyError extends Error { constructor(message) { super(message); this.code = "E"; } }
class Sub extends Headers { x = 1; }

/** An error whose frames are the same everywhere. */
const framed = (error, more = {}) => Object.assign(Object.defineProperty(error, "stack", { value: `${error.name}: ${error.message}\n    at foo (file.js:1:1)`, writable: true, configurable: true }), more);
const withPrototype = (value, prototype) => Object.setPrototypeOf(value, prototype);
const circle = () => { const c = { a: 1 }; c.self = c; c.list = [c]; return c; };
const circles = () => { const a = { name: "a" }; const b = { name: "b", a }; a.b = b; return [a, b]; };

const values = {
  "an object": () => ({ a: 1, b: "two", c: [3], d: { e: null } }),
  "an instance": () => new Foo(),
  "an instance of a derived class": () => new Bar(),
  "a tagged instance": () => new Tagged(),
  "a derived map": () => new MyMap([[1, { a: 2 }]]),
  "a derived set": () => new MySet([1]),
  "a derived array": () => MyArray.from([1, 2]),
  "a circle": circle,
  "two circles": circles,
  "without a prototype": () => Object.assign(Object.create(null), { x: 1 }),
  "a long chain without a prototype": () => Object.create(Object.create(null)),
  "an array without a prototype": () => withPrototype([1], null),
  "a map without a prototype": () => withPrototype(new Map([[1, 2]]), null),
  "a function without a prototype": () => withPrototype(function x() {}, null),
  "a date without a prototype": () => withPrototype(new Date(0), null),
  "a function": () => { function fn() {} fn.prop = 1; return fn; },
  "an anonymous function": () => (() => () => {})(),
  "functions of other kinds": () => [function* gen() {}, async () => {}, async function* both() {}, Math.max, class {}, class A {}, class B extends Foo {}, class C extends null {}],
  "a class with static members": () => class S { static x = 1; static y() {} },
  "boxed primitives": () => [new Number(3), new Number(-0), new String("abc"), new Boolean(false), Object(Symbol("q")), Object(5n)],
  "boxed primitives with properties": () => [Object.assign(new Number(3), { a: 1 }), Object.assign(new String("ab"), { x: 1 })],
  "dates": () => [new Date(0), new Date(NaN), Object.assign(new Date(0), { a: 1 })],
  "regular expressions": () => [/a\/b/gi, Object.assign(/x/, { a: 1 })],
  "array buffers": () => [new ArrayBuffer(4), new ArrayBuffer(0), new Uint8Array(60).buffer],
  "a buffer that was handed on": () => { const b = new ArrayBuffer(4); b.transfer(); return b; },
  "typed arrays": () => [new Uint8Array([1, 2]), new Float64Array([1.5, -0]), new BigInt64Array([1n]), new Uint8Array(0), new Int16Array(120)],
  "a data view": () => new DataView(new ArrayBuffer(3), 1),
  "weak collections": () => [new WeakMap(), new WeakSet(), new WeakRef({ a: 1 })],
  "promises": () => { const rejected = Promise.reject(5); rejected.catch(() => {}); return [Promise.resolve({ a: 1 }), new Promise(() => {}), rejected]; },
  "a proxy": () => new Proxy({ a: 1 }, {}),
  "a proxy of a function": () => new Proxy(function f() {}, {}),
  "a proxy of a proxy": () => new Proxy(new Proxy([1], {}), {}),
  "a revoked proxy": () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; },
  "generators": () => (function* g() {})(),
  "iterators of collections": () => [new Map([[1, 2]]).entries(), new Map([[1, 2]]).keys(), new Set([5]).values(), new Set([5]).entries()],
  "iterators that are at their end": () => { const it = new Map([[1, 2], [3, 4]]).entries(); it.next(); const done = new Set([1]).values(); done.next(); done.next(); return [it, done]; },
  "other iterators": () => [[1][Symbol.iterator](), "ab"[Symbol.iterator]()],
  "arguments": () => (function () { return arguments; })(1, "a"),
  "getters": () => ({ get a() { return 1; }, set b(v) {}, get c() { return 1; }, set c(v) {}, get d() { throw new Error("no"); }, get e() { return { f: 1 }; } }),
  "odd keys": () => ({ [Symbol("k")]: 1, [Symbol.iterator]: 2, "a-b": 3, "": 4, 1: 5, "it's": 6, "a\nb": 7, $x: 8, _y: 9, é: 10, ["__proto__"]: 11 }),
  "keys that are not enumerable": () => Object.defineProperties({ a: 1 }, { hidden: { value: 2 }, [Symbol("s")]: { value: 3 } }),
  "a long text": () => "x".repeat(200),
  "a very long text": () => ["y".repeat(10_050)],
  "a hundred and twenty numbers": () => Array.from({ length: 120 }, (_, n) => n),
  "a hundred words": () => Array.from({ length: 100 }, (_, n) => `word${n * 37}`),
  "words": () => ["apple", "banana", "cherry", "date", "elderberry", "fig", "grape", "honeydew"],
  "numbers of unequal width": () => [1.5, 100, 22222, -3, 0, 7, 8, 9],
  "big integers in a row": () => [1n, 22n, 333n, 4444n, 55555n, 6n, 7n],
  "things of all kinds in a row": () => [1, "a", null, undefined, { a: 1 }, [2], true, Symbol("s")],
  "wide characters in a row": () => ["漢字", "かな", "é", "😀", "abc", "ｆｕｌｌ", "x", "y"],
  "deep objects": () => ({ a: { b: { c: { d: 1 } } } }),
  "deep arrays": () => [[[[1]]]],
  "deep collections": () => new Map([[{ x: 1 }, { y: { z: { w: 1 } } }], ["s", new Set([[1, [2, [3]]]])]]),
  "lists of records": () => ({ list: [{ id: 1, name: "x".repeat(30) }, { id: 2, name: "y".repeat(30) }] }),
  "sparse arrays": () => [[1, , , 4], [, 1], [1, ,], new Array(5), Object.assign([], { 3: 1 })],
  "a far item": () => { const list = [1]; list[4294967294 - 1] = 2; return list; },
  "arrays with properties": () => Object.assign([1, 2], { x: 1, "-1": 2, [Symbol("s")]: 3 }),
  "empty things": () => [{}, [], new Map(), new Set(), "", new Foo() && Object.create(Foo.prototype)],
  "sets and maps": () => [new Set(["a", { b: 1 }]), new Map([["k", new Map([[1, 2]])], [{ o: 1 }, "v"]])],
  "big sets and maps": () => [new Set(Array.from({ length: 110 }, (_, n) => n)), new Map(Array.from({ length: 105 }, (_, n) => [n, n]))],
  "quotation marks": () => ["it's", 'say "hi"', "both ' and \"", "all ' \" `", "new\nline", "tab\t\\ \u0000\u001b\u007f\u009f", "\ud800x", "é😀", "${x} ' \""],
  "lines": () => ({ s: `line1\nline2\n${"z".repeat(80)}` }),
  "primitives": () => [undefined, null, true, 1.5, -0, NaN, Infinity, 1e21, 1e-7, 10n, Symbol("s"), Symbol(), Symbol.for("f")],
  "namespaces": () => [Math, JSON, Reflect],
  "prototypes": () => [Object.prototype, Array.prototype, Function.prototype, Foo.prototype, Map.prototype, Object.create({ inherited: 1 })],
  "custom text": () => ({ [inspect.custom](depth, options, inspectAgain) { return `custom ${depth} ${typeof options.stylize} ${inspectAgain === inspect} ${Object.keys(options)}`; } }),
  "custom objects": () => ({ a: { [inspect.custom](depth) { return { depth, self: 1 }; } }, b: { [inspect.custom]() { return "two\nlines"; } }, c: { [inspect.custom]: 5 } }),
  "an object with toString": () => ({ toString() { return "x"; } }),
  "a frozen object": () => Object.freeze({ a: 1 }),
  "thirty keys": () => Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`key${n}`, n])),
  "just as wide as fits": () => [{ a: "x".repeat(54) }, { a: "x".repeat(62) }, { aa: "x".repeat(63) }, { aaa: "x".repeat(64) }],
  "bytes": () => [Buffer.from("abc"), Buffer.alloc(0), Buffer.alloc(60)],
  "errors": () => [framed(new Error("boom")), framed(new TypeError("x"), { extra: { a: 1 } }), framed(new MyError("m"))],
  "errors with causes": () => framed(new Error("outer", { cause: framed(new RangeError("inner")) })),
  "causes that are no errors": () => [framed(new Error("a", { cause: "text" })), framed(new Error("b", { cause: undefined })), framed(new Error("c", { cause: { d: 1 } }))],
  "aggregate errors": () => framed(new AggregateError([framed(new Error("a")), 5], "agg")),
  "errors that were renamed": () => { const e = framed(new Error("n")); e.name = "Renamed"; return e; },
  "errors without a stack": () => Object.defineProperty(new Error("nos"), "stack", { value: undefined }),
  "errors with odd stacks": () => ["", "just text", "Error: nos", 5].map((stack) => Object.defineProperty(new Error("nos"), "stack", { value: stack })),
  "errors in objects": () => ({ e: framed(new RangeError("in")), list: [framed(new Error("x"))] }),
  "objects that are derived from errors": () => Object.create(Error.prototype, { message: { value: "m" } }),
  "errors without a prototype": () => withPrototype(framed(new TypeError("x")), null),
  "headers": () => [new Headers({ a: "b", "content-type": "x/y" }), new Headers(), { h: new Headers({ a: "b" }) }, Object.assign(new Headers(), { z: 1 }), new Sub({ a: "b" })],
  "addresses": () => [new URL("http://u:p@h.x:8/p?q=1#h"), new URLSearchParams("a=1&b=2"), new URLSearchParams()],
  "answers": () => [new Response("x"), new Response(null, { status: 204, headers: { a: "b" } }), Response.json({ a: 1 })],
  "requests": () => new Request("http://h/", { method: "POST", body: "abc", headers: { x: "y" } }),
  "files and forms": () => { const form = new FormData(); form.append("a", "b"); form.append("f", new File(["x"], "n", { lastModified: 5 })); return [new Blob(["abc"]), new Blob(["a"], { type: "T/x" }), new File(["x"], "n", { lastModified: 1 }), form]; },
  "signals": () => [new AbortController(), AbortSignal.abort("why")],
  "streams": () => [new ReadableStream(), new WritableStream(), new TransformStream(), new ReadableStream().getReader(), new CountQueuingStrategy({ highWaterMark: 1 })],
  "encoders": () => [new TextEncoder(), new TextDecoder(), new TextDecoder("latin1", { fatal: true }), new TextEncoderStream()],
  "other things of the runtime": () => [navigator, crypto, scheduler, new EventTarget(), new AsyncLocalStorage(), Headers, Request, AbortSignal],
};

const optionSets = {
  hidden: { showHidden: true }, coloured: { colors: true }, shallow: { depth: 0 }, loose: { depth: Infinity, compact: false },
  narrow: { compact: 1, breakLength: 40 }, sorted: { sorted: true, getters: true }, cut: { maxArrayLength: 1, maxStringLength: 5 },
  proxies: { showProxy: true, numericSeparator: true }, "on one line": { compact: true, breakLength: Infinity }, older: { compact: true },
};

/** Whose hidden members depend on the engine. */
const ENGINE = /error|prototype|function|kinds|class|cause|iterator|runtime|namespaces|regular/;

const cases = {};
for (const [name, make] of Object.entries(values)) {
  cases[name] = () => inspect(make());
  for (const [kind, options] of Object.entries(optionSets)) {
    if (kind === "hidden" && ENGINE.test(name)) continue;
    cases[`${name}, ${kind}`] = () => inspect(make(), options);
  }
}

Object.assign(cases, {
  "the older arguments": () => [inspect({ a: { b: 1 } }, true, 0, true), inspect({ a: { b: { c: 1 } } }, false, 0), inspect({ a: 1 }, undefined, null, true), inspect([1], true)],
  "options that are none": () => [inspect({ a: 1 }, null), inspect({ a: 1 }, { unknown: 1 }), inspect({ a: { b: { c: { d: 1 } } } }, { depth: null }), inspect({ a: { b: { c: { d: 1 } } } }, { depth: undefined })],
  "no end to lists": () => [inspect(Array.from({ length: 130 }, () => 1), { maxArrayLength: null }).length, inspect("x".repeat(20_000), { maxStringLength: null }).length, inspect([1, 2, 3], { maxArrayLength: 0 }), inspect([1], { maxArrayLength: -1 }), inspect("abc", { maxStringLength: 0 })],
  "an order of one's own": () => inspect({ b: 1, a: 2, c: 3 }, { sorted: (a, b) => (a < b ? 1 : -1) }),
  "getters of one kind": () => ["get", "set"].map((getters) => inspect(values.getters(), { getters })),
  "digits apart": () => inspect([123456789, 1234.5678, -1234567n, 0.0000001, 1e21, NaN, 999, 1000, -1000, 0.1234567, -0], { numericSeparator: true }),
  "no custom text": () => inspect({ [inspect.custom]: () => "custom" }, { customInspect: false }),
  "options reach custom functions": () => inspect({ [inspect.custom]: (depth, options) => `${depth} ${options.mine} ${options.colors} ${options.compact}` }, { mine: 5, compact: false, depth: 7 }),
  "a custom function styles": () => inspect({ [inspect.custom]: (depth, { stylize }) => stylize("x", "special") }, { colors: true }),
  "a custom function that throws": () => outcome(() => inspect({ [inspect.custom]() { throw new TypeError("no"); } })),
  "a getter of the tag that throws": () => outcome(() => inspect({ get [Symbol.toStringTag]() { throw new TypeError("no"); } })),
  "the default options": () => inspect(inspect.defaultOptions),
  "the default options can be changed": () => { inspect.defaultOptions = { depth: 0 }; const changed = inspect({ a: { b: 1 } }); inspect.defaultOptions = { depth: 2 }; return [changed, inspect({ a: { b: 1 } })]; },
  "wrong default options": () => outcomes({ number: () => { inspect.defaultOptions = 5; }, nothing: () => { inspect.defaultOptions = null; } }),
  "colours": () => JSON.stringify(inspect.colors),
  "styles": () => JSON.stringify(inspect.styles),
  "other names of colours": () => ["grey", "blackBright", "faint", "swapcolors", "conceal", "strikeThrough", "crossedout", "doubleUnderline", "bgGrey"].map((name) => inspect.colors[name]),
  "the function itself": () => [inspect.length, inspect.name, String(inspect.custom), Object.getOwnPropertyNames(inspect)],
  "a module": async () => inspect(await import("node:util/types"), { maxArrayLength: 1 }).split("\n").slice(0, 2),
  "circles by several ways": () => { const a = {}; const m = new Map([["a", a]]); a.m = m; a.s = new Set([a, m]); return inspect(a); },
  "the same twice is no circle": () => { const x = { a: 1 }; return inspect([x, x, { x }]); },
});

const differing = {
  "events": differs("the clock goes on, and targets are null", { gave: true }, () => inspect(new Event("x")).includes("timeStamp: 0,") === false),
  "DOM exceptions": differs("a stack tells more than the constants of the class", { gave: "DOMException [AbortError]: m" }, () => inspect(new DOMException("m", "AbortError")).split("\n")[0]),
  "hidden members of errors": differs("the engine keeps the stack elsewhere", { gave: "Error: boom\n    at foo (file.js:1:1) {\n  [message]: 'boom',\n  [stack]: 'Error: boom\\n    at foo (file.js:1:1)'\n}" }, () => inspect(framed(new Error("boom")), { showHidden: true })),
};

const { worker, Place } = program(Object.fromEntries(Object.entries({ ...cases, ...differing }).map(([name, run]) => [name, stateless(run)])));

export default worker;
export { Place, Actor as Subject, Actor as Plain };
