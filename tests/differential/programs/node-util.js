// flags: nodejs_compat
// node:util apart from inspect.

import util, { aborted, callbackify, debuglog, deprecate, diff, format, formatWithOptions, inherits, MIMEParams, MIMEType, parseArgs, parseEnv, promisify, styleText, types } from "node:util";
import { Buffer } from "node:buffer";
import { Actor, differs, outcome, outcomes, program, stateless } from "../suite.js";

const circle = () => { const c = {}; c.c = c; return c; };
const kinds = {
  text: "a", number: 1, null: null, undefined, object: {}, list: [], fn() {}, date: new Date(0), pattern: /x/, error: new Error("x"), symbol: Symbol("s"), buffer: Buffer.from("a"), bytes: new Uint8Array(1), boolean: true, big: 1n,
  "boxed number": new Number(1), "boxed text": new String(""), "boxed boolean": new Boolean(1), "boxed symbol": Object(Symbol()), "boxed big": Object(1n), "array buffer": new ArrayBuffer(1), view: new DataView(new ArrayBuffer(1)), floats: new Float32Array(1), clamped: new Uint8ClampedArray(1), bigs: new BigInt64Array(1), map: new Map(), set: new Set(), "weak map": new WeakMap(), "weak set": new WeakSet(), promise: Promise.resolve(), proxy: new Proxy({}, {}),
  generator: (function* () {})(), "generator function": function* () {}, "async function": async () => {}, "async generator function": async function* () {}, "async generator": (async function* () {})(), "map iterator": new Map().keys(), "set iterator": new Set().values(), arguments: (function () { return arguments; })(), aggregate: new AggregateError([]), exception: new DOMException("x"), "looks like an error": Object.create(Error.prototype), "looks like a map": Object.create(Map.prototype), "tagged as a map": { [Symbol.toStringTag]: "Map" }, "weak reference": new WeakRef({}), "class": class {}, "derived error": new (class extends TypeError {})("x"),
};

const formats = {
  "all letters": ["%s %d %i %f %j %o %O %c %%", "a", 1.5, 2.7, "3.1x", { a: 1 }, { b: [1] }, { c: { d: { e: { f: 1 } } } }, "css"], "more than letters": ["%s", null, undefined, { a: 1 }, "x"], "no text first": [1, 2, "3", { a: "b" }], "fewer than letters": ["%s %s", "a"], "unknown letters": ["%x %", 1], "a doubled sign": ["%%s %s", "a"], "a doubled sign alone": ["%%"], "a sign alone": ["%"], "nothing": [], "an empty text": [""], "null": [null], "text after text": ["a", "b%s", "c"],
  "%s of symbols": ["%s", Symbol("x")], "%s of functions": ["%s", () => {}], "%s of classes": ["%s", class Foo { }], "%s of dates": ["%s", new Date(0)], "%s with toString": ["%s", new (class A { toString() { return "custom"; } })()], "%s with its own toString": ["%s", { toString() { return "own"; } }], "%s of lists": ["%s", [1, [2, [3]]]], "%s of zero": ["%s", -0], "%s of big integers": ["%s", 12345n], "%s without prototype": ["%s", Object.create(null)], "%s of derived dates": ["%s", new (class B extends Date {})(0)], "%s of maps": ["%s", new Map([[1, 2]])], "%s of proxies": ["%s", new Proxy({ a: 1 }, {})], "%s of errors with toString": ["%s", new (class extends Error { toString() { return "E!"; } })("x")], "%s of instances": ["%s", new (class Point { x = 1; })()], "%s of deep objects": ["%s", { a: { b: 1 } }],
  "%d": ["%d %d %d %d %d", "42", 5n, {}, Symbol("a"), -0], "%i": ["%i %i %i %i", 5.9, "x", 7n, {}], "%f": ["%f %f %f", "x", "1.5e3", Symbol("s")], "%j": ["%j %j", [1, "a"], undefined], "%j of circles": ["%j", circle()], "%o of functions": ["%o", function foo() {}], "%O of lists": ["%O", [1, 2, [3, [4, [5, [6]]]]]], "%c": ["%cred", "color: red", 5], "rest": ["a", 1, "b", { c: 1 }, ["d"], null, undefined, Symbol("s"), -0, 5n],
};

const lines = {
  "letters together": { args: ["-abc", "x"], options: { a: { type: "boolean", short: "a" }, b: { type: "boolean", short: "b" }, c: { type: "string", short: "c" } }, tokens: true }, unknown: { args: ["--x"] },
};

const cases = {
  "promisify": async () => [await promisify((a, callback) => callback(null, a, 2))(1), await promisify(function (callback) { callback(null, this.v); }).call({ v: 9 }), await outcome(() => promisify((callback) => callback(new Error("bad")))()), await outcome(() => promisify(() => { throw new TypeError("sync"); })())],
  "promisify keeps what a function is": () => { function named(a, b, callback) {} named.x = 1; const made = promisify(named); return [made.name, made.length, made.x, Object.getPrototypeOf(made) === Object.getPrototypeOf(named), promisify(made) === made]; },
  "promisify.custom": () => { const f = () => {}; f[promisify.custom] = () => 7; const made = promisify(f); return [made(), made === f[promisify.custom], String(promisify.custom)]; },
  "promisify of what is no function": () => outcomes({ nothing: () => promisify(), number: () => promisify(5), custom: () => { const f = () => {}; f[promisify.custom] = 5; return promisify(f); } }),
  "callbackify": async () => { const call = (f, ...args) => new Promise((resolve) => callbackify(f)(...args, (...answer) => resolve(answer))); return [await call(async (x) => x + 1, 1), await call(async () => { throw new Error("q"); }), await call(async () => { throw null; }).then(([error]) => [error.name, error.code, error.message, error.reason]), await call(async function () { return 5; })]; },
  "callbackify keeps what a function is": () => { async function foo(a) {} const made = callbackify(foo); return [made.name, made.length]; },
  "callbackify of what is no function": () => outcomes({ nothing: () => callbackify(), number: () => callbackify(5), "no callback": () => callbackify(async () => 1)() }),
  "inherits": () => { function A() {} function B() {} A.prototype.hi = () => 1; inherits(B, A); return [new B().hi(), B.super_ === A, Object.keys(B), new B() instanceof A]; },
  "inherits from what cannot be": () => outcomes({ number: () => inherits(function () {}, 5), "no prototype": () => inherits(function () {}, Object.create(null)), "an arrow": () => inherits(function () {}, () => {}), null: () => inherits(function () {}, null), "null inherits": () => inherits(null, Object) }),
  "deprecate": () => { const old = deprecate(function foo(a) { return a + 1; }, "msg", "DEP1"); const Old = deprecate(class X { constructor(v) { this.v = v; } }, "m"); return [old(1), old.name, old.length, new Old(3).v, deprecate(5, "x")]; },
  "debuglog": () => { const log = debuglog("foo"); log("x"); return [typeof log, log.enabled, log.name, log.length, Object.keys(log), util.debug === debuglog, typeof debuglog()]; },
  "formatWithOptions": () => outcomes({ colours: () => formatWithOptions({ colors: true }, "%s %O", "a", { b: 1 }, 5), loose: () => formatWithOptions({ compact: false }, "%O", { a: 1 }), digits: () => formatWithOptions({ numericSeparator: true }, "%d %i %f %s", 12345, 12345, 12345.678, 99999, 1000000), number: () => formatWithOptions(5, "a"), nothing: () => formatWithOptions() }),
  "%j that throws": () => outcome(() => format("%j", { toJSON() { throw new Error("tj"); } })),
  "stripVTControlCharacters": () => outcomes({ colours: () => util.stripVTControlCharacters("\u001b[31mred\u001b[39m"), links: () => util.stripVTControlCharacters("\u001b]8;;http://x\u0007link\u001b]8;;\u0007"), plain: () => util.stripVTControlCharacters("a[31mb"), number: () => util.stripVTControlCharacters(5) }),
  "styleText": () => outcomes({ "no terminal": () => styleText("red", "x"), forced: () => styleText("red", "x", { validateStream: false }), several: () => styleText(["bold", "red"], "x", { validateStream: false }), unknown: () => styleText("nope", "x"), "unknown among others": () => styleText(["red", "nope"], "x"), none: () => styleText("none", "x"), empty: () => styleText([], "x"), "a number as text": () => styleText("red", 5), "a number as style": () => styleText(5, "x"), "no stream": () => styleText("red", "x", { stream: {} }), another: () => styleText("grey", "x", { validateStream: false }) }),
  "toUSVString": () => util.toUSVString("a\ud800b"),
  "errors of the system": () => outcomes({ name: () => util.getSystemErrorName(-2), message: () => util.getSystemErrorMessage(-13), positive: () => util.getSystemErrorName(5), text: () => util.getSystemErrorName("x"), unknown: () => util.getSystemErrorName(-99999), "unknown message": () => util.getSystemErrorMessage(-99999), all: () => [...util.getSystemErrorMap()].map(([number, [name, text]]) => `${number} ${name} ${text}`) }),
  "parseEnv": () => outcomes({ kinds: () => parseEnv("A=1\nB='x y'\nC=\"a\\nb\"\n# c\nexport D=5 # x\nE=`q`\nF\nG=\n H = spaced \nI='multi\nline'\nK=a#b\nL= #c\n"), empty: () => parseEnv(""), number: () => parseEnv(5), twice: () => parseEnv("A=1\nA=2"), "inner quotes": () => parseEnv("A='it\"s'\nB=\"it's\"") }),
  "diff": () => outcomes({ texts: () => diff("abc\nd", "abc\ne"), digits: () => diff("12345", "12335"), lists: () => diff(["a", "b"], ["a", "c"]), same: () => diff("a", "a"), numbers: () => diff(1, 2), inserted: () => diff("ac", "abc"), removed: () => diff("abc", "ac") }),
  "signals": () => outcomes({ kill: () => util.convertProcessSignalToExitCode("SIGKILL"), term: () => util.convertProcessSignalToExitCode("SIGTERM"), unknown: () => util.convertProcessSignalToExitCode("x") }),
  "the older helpers": () => outcomes({ extend: () => util._extend({ a: 1 }, { b: 2 }), nothing: () => util._extend({ a: 1 }, null), errno: () => util._errnoException(-2, "open"), host: () => util._exceptionWithHostPort(-111, "connect"), trace: () => util.setTraceSigInt(true) }),
  "transferable signals": () => outcomes({ controller: () => util.transferableAbortController().constructor.name, signal: () => util.transferableAbortSignal(new AbortController().signal).constructor.name, number: () => util.transferableAbortSignal(5) }),
  "aborted": async () => { const controller = new AbortController(); const waits = aborted(controller.signal, {}); controller.abort(); return [await outcome(() => waits), await outcome(() => aborted(AbortSignal.abort(), {})), await outcome(() => aborted(5, {})), await outcome(() => aborted(controller.signal, 5))]; },
  "MIMEType": () => { const type = new MIMEType('Text/HTML; charset=UTF-8;q="a b"'); return [String(type), type.type, type.subtype, type.essence, [...type.params], type.params.get("charset"), type.params.get("x"), type.params.has("x"), JSON.stringify(type), [...type.params.keys()], [...type.params.values()], String(type.params)]; },
  "MIMEType that is changed": () => { const type = new MIMEType("a/b"); type.type = "C"; type.subtype = "D"; type.params.set("k", "v w"); type.params.set("e", ""); type.params.set("f", "\"\\"); type.params.delete("zz"); return String(type); },
  "MIMEType of odd texts": () => outcomes(Object.fromEntries(["text/plain;a=1;a=2;=x;b;c=;d=\"\\\"q\";e=\u00e9", " a/b ; x=y ", "a/b;x=\"y\"z;w=1", "a/b;X=Y", "a/b;;c=d", "a/b;c= d", "a/b; c", "a/b;c=\"unclosed", "A/B+c"].map((text) => [text, () => String(new MIMEType(text))]))),
  "MIMEType of bad texts": () => outcomes(Object.fromEntries(["bad", "/b", "a/", "", "a b/c", "a/b c"].map((text) => [text, () => new MIMEType(text)]))),
  "MIMEType with bad parts": () => outcomes({ nothing: () => new MIMEType(), type: () => { new MIMEType("a/b").type = "b@d("; }, subtype: () => { new MIMEType("a/b").subtype = ""; }, name: () => new MIMEType("a/b").params.set("b ad", "x") }),
  "isDeepStrictEqual": () => [util.isDeepStrictEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), util.isDeepStrictEqual([1], ["1"]), util.isDeepStrictEqual(NaN, NaN), util.isDeepStrictEqual()],
  "what there is": () => Object.entries(util).map(([name, value]) => (typeof value === "function" && !/^Text/.test(name) ? `${name} ${value.name} ${value.length}` : `${name} ${typeof value}`)),
  "what types there are": () => Object.values(types).map((test) => `${test.name} ${test.length}`),
  "the global encoders": () => [util.TextEncoder === TextEncoder, util.TextDecoder === TextDecoder],
  "call sites": () => Array.isArray(util.getCallSites()),
  "old names": async () => { const [sys, bare, typesModule] = await Promise.all([import("node:sys"), import("util"), import("node:util/types")]); return [sys.default === util, bare.default === util, typesModule.isMap === types.isMap]; },
};
for (const [name, value] of Object.entries(kinds)) {
  cases[`tests of ${name}`] = () => [Object.keys(util).filter((key) => /^is[A-Z]/.test(key) && key !== "isDeepStrictEqual" && util[key](value)), Object.keys(types).filter((key) => types[key](value))];
}
for (const [name, args] of Object.entries(formats)) cases[`format: ${name}`] = () => format(...args);

const LATER = "the reference has no parseArgs at all";
const differing = {
  "parseArgs: letters together": differs(LATER, { gave: "--- a b c=x" }, () => ["---", ...Object.entries(parseArgs(lines["letters together"]).values).map(([name, value]) => (value === true ? name : `${name}=${value}`))].join(" ")),
  "parseArgs: unknown": differs(LATER, { threw: { $: "TypeError", name: "TypeError", message: "Unknown option '--x'", code: "ERR_PARSE_ARGS_UNKNOWN_OPTION", toString: { $: "function", name: "" } } }, () => parseArgs(lines.unknown)),
  "MIMEParams made alone": differs("the reference's do not keep anything", { gave: "a=b" }, () => { const params = new MIMEParams(); params.set("a", "b"); return String(params); }),
};

const { worker, Place } = program(Object.fromEntries(Object.entries({ ...cases, ...differing }).map(([name, run]) => [name, stateless(run)])));

export default worker;
export { Place, Actor as Subject, Actor as Plain };
