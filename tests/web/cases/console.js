import { equal, ok, state, test } from "harness";
import { inspect } from "web/inspect.js";

function logged(run) {
  state.logs.length = 0;
  run();
  return Array.from(state.logs, ([level, text]) => [level, text]);
}
const line = (...args) => logged(() => console.log(...args))[0][1];

test("levels", () => {
  equal(logged(() => { console.log("l"); console.info("i"); console.warn("w"); console.error("e"); console.debug("d"); }),
    [["log", "l"], ["info", "i"], ["warn", "w"], ["error", "e"], ["debug", "d"]]);
});
test("values", () => {
  equal(line("a", 1, -0, 10n, null, undefined, true, Symbol("s")), "a 1 -0 10n null undefined true Symbol(s)");
  equal(line(), "");
  equal(line({ a: "x", b: [1, "two"], "odd key": { c: { d: { e: 1 } } } }), "{ a: 'x', b: [ 1, 'two' ], 'odd key': { c: { d: [Object] } } }");
  equal(line([]), "[]");
  equal(line({}), "{}");
  equal(line([1, , 3]), "[ 1, <1 empty item>, 3 ]");
  equal(line(new Map([["k", { v: 1 }]]), new Set([1, "x"])), "Map(1) { 'k' => { v: 1 } } Set(2) { 1, 'x' }");
  equal(line(new Map(), new Set()), "Map(0) {} Set(0) {}");
  equal(line(new Uint8Array([1, 2])), "Uint8Array(2) [ 1, 2 ]");
  equal(line(new Uint8Array([1, 255]).buffer), "ArrayBuffer { [Uint8Contents]: <01 ff>, byteLength: 2 }");
  equal(line(new Date(0), new Date(NaN), /x/g), "1970-01-01T00:00:00.000Z Invalid Date /x/g");
  equal(line(class A {}, class B extends Array {}, function f() {}, () => {}), "[class A] [class B extends Array] [Function: f] [Function (anonymous)]");
  equal(line(new (class Point { x = 1; })()), "Point { x: 1 }");
  equal(line(Object.create(null)), "[Object: null prototype] {}");
  equal(line(new String("s"), new Number(1)), "[String: 's'] [Number: 1]");
  equal(line({ get a() { return 1; }, set a(v) {}, get b() { return 1; }, set c(v) {} }), "{ a: [Getter/Setter], b: [Getter], c: [Setter] }");
  equal(line({ [Symbol("k")]: 1 }), "{ Symbol(k): 1 }");
  equal(line(["it's", 'a "q"', "new\nline"]), `[ "it's", 'a "q"', 'new\\nline' ]`);
});
test("cycles", () => {
  const a = { name: "a" };
  a.self = a;
  equal(line(a), "<ref *1> { name: 'a', self: [Circular *1] }");
  const list = [];
  list.push(list);
  equal(line(list), "<ref *1> [ [Circular *1] ]");
  const shared = {};
  equal(line({ x: shared, y: shared }), "{ x: {}, y: {} }");
});
test("long values break into lines", () => {
  const text = line({ first: "a".repeat(40), second: "b".repeat(40) });
  equal(text, `{\n  first: '${"a".repeat(40)}',\n  second: '${"b".repeat(40)}'\n}`);
  ok(line(Array.from({ length: 200 }, (_, i) => i)).includes("... 100 more items"));
  ok(line("x", "y".repeat(20_000)).length > 20_000, "strings at the top are whole");
  ok(line({ s: "y".repeat(20_000) }).includes("... 10000 more characters"));
});
test("errors", () => {
  const text = line(new RangeError("bad"));
  ok(text.includes("RangeError: bad") && text.includes("console.js"), text);
  const caused = new Error("outer", { cause: new TypeError("inner") });
  caused.code = "E1";
  const shown = line(caused);
  ok(shown.includes("Error: outer") && shown.includes("[cause]: TypeError: inner") && shown.includes("code: 'E1'"), shown);
  ok(line(new DOMException("m", "AbortError")).includes("[AbortError]: m"));
});
test("formats", () => {
  equal(line("%s is %d years, %i%% of %f", "Bob", "42", 9.9, "1.5"), "Bob is 42 years, 9% of 1.5");
  equal(line("%o and %O", [1], [1]), "[ 1, [length]: 1 ] and [ 1 ]");
  equal(line("%j %c!", { a: 1 }, "color: red", "more"), '{"a":1} ! more');
  equal(line("%s %s", "one"), "one %s");
  equal(line("100%", 5), "100% 5");
  equal(line("%s", { a: { b: 1 } }), "{ a: [Object] }");
  equal(line("%d", 5n), "5n");
  equal(line(1, "%s", 2), "1 %s 2");
});
test("nothing throws", () => {
  const hostile = new Proxy({}, { get() { throw new Error("no"); }, ownKeys() { throw new Error("no"); }, getPrototypeOf() { throw new Error("no"); } });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const bad = [hostile, proxy, { get [Symbol.toStringTag]() { throw new Error("no"); } }, { [Symbol.toPrimitive]() { throw new Error("no"); } }];
  for (const value of bad) {
    equal(logged(() => console.log("v", value, "%s")).length, 1);
    logged(() => { console.log("%s %d %i %f %j %o", value, value, value, value, value, value); console.table([value]); console.table(value); console.dir(value); console.count(value); console.time(value); console.assert(false, value); console.trace(value); console.group(value); console.groupEnd(); });
  }
  const evil = new Error("x");
  Object.defineProperty(evil, "stack", { get() { throw new Error("no"); } });
  equal(logged(() => console.log(evil)).length, 1);
});
test("a line is at most 64 KiB", () => {
  equal(line("x".repeat(200_000)).length, 65536);
  const deep = {};
  for (let i = 0; i < 3000; i++) deep["key" + i] = { text: "y".repeat(500) };
  ok(line(deep).length <= 65536);
});
test("custom inspection", () => equal(line({ [Symbol.for("nodejs.util.inspect.custom")]: () => "mine" }), "mine"));
test("web classes show what they hold", () => {
  equal(line(new Headers({ a: "1" })), "Headers(1) { 'a' => '1', [immutable]: false }");
  equal(line(new URLSearchParams("a=1")), "URLSearchParams(1) { 'a' => '1' }");
  ok(line(new URL("http://a/b")).includes("pathname: '/b'"));
  ok(line(new Request("http://a/")).includes("method: 'GET'"));
  ok(line(new Response("x")).includes("status: 200"));
  equal(line(new Blob(["abc"])), "Blob { size: 3, type: '' }");
});
test("assert, count, group", () => {
  equal(logged(() => { console.assert(true, "x"); console.assert(false, "is %d", 1); console.assert(0, { a: 1 }); }), [["error", "Assertion failed: is 1"], ["error", "Assertion failed { a: 1 }"]]);
  equal(logged(() => { console.countReset(); console.count(); console.count("k"); console.count(); console.countReset(); console.count(); }).map(([, t]) => t), ["default: 1", "k: 1", "default: 2", "default: 1"]);
  equal(logged(() => { console.group("g"); console.log("a\nb"); console.groupCollapsed(); console.log({}); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log("out"); }).map(([, t]) => t), ["g", "  a\n  b", "    {}", "out"]);
});
test("time", () => {
  const lines = logged(() => { console.time("t"); console.timeLog("t", 5); console.timeEnd("t"); console.timeEnd("t"); }).map(([, t]) => t);
  ok(lines.length === 2 && /^t: [\d.]+ms 5$/.test(lines[0]) && /^t: [\d.]+ms$/.test(lines[1]), lines.join());
});
test("table", () => {
  equal(logged(() => console.table([{ a: 1, b: "x" }, { a: 22 }]))[0][1], [
    "┌─────────┬────┬─────┐", "│ (index) │ a  │ b   │", "├─────────┼────┼─────┤", "│ 0       │ 1  │ 'x' │", "│ 1       │ 22 │     │", "└─────────┴────┴─────┘",
  ].join("\n"));
  equal(logged(() => console.table(5))[0][1], "5");
  ok(logged(() => console.table(["v"]))[0][1].includes("Values"));
});
test("trace and dir", () => {
  ok(logged(() => console.trace("here"))[0][1].startsWith("Trace: here"));
  equal(logged(() => console.dir({ a: { b: { c: 1 } } }, { depth: 0 }))[0][1], "{ a: [Object] }");
});
test("inspect depth", () => {
  const deep = { a: { b: { c: { d: { e: 1 } } } } };
  ok(inspect(deep, { depth: null }).includes("e: 1"));
  equal(inspect(deep, { depth: 0 }), "{ a: [Object] }");
});
