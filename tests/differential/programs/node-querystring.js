// flags: nodejs_compat
// node:querystring.

import * as namespace from "node:querystring";
import querystring from "node:querystring";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const QUERIES = ["", "a=1", "a=1&b=2", "a=1&a=2", "a=1&a=2&a=3", "a", "a=", "=b", "=", "&", "&&", "a&b", "a=b=c", "a=1&", "&a=1", "a%20b=c%20d", "a+b=c+d", "a=%", "a=%2", "a=%zz", "a=%E9", "a=%C3%A9", "%=%s", "a=%u0041", "é=ü", "a=1;b=2", "foo=%EF%BF%BD", "a[]=1&a[]=2", "hasOwnProperty=x&toString=y&__proto__=1", "a=\u0000", "a=%00", "a&a=1", "a=1&b", "  a = b ", "a=%25", "a=%2B+%2b", "foo=bar&foo=quux", "%EA%3D=%EA%26", "str=foo&arr=1&arr=2&arr=3&somenull=&undef="];
table("parse", QUERIES, (text) => querystring.parse(text));
table("parse with other separators", [["a:1;b:2", ";", ":"], ["a=1;b=2", ";"], ["a->1&&b->2", "&&", "->"], ["a=1", "", ""], ["a=1&b=2", null, null], ["a1b", "1", "2"], ["a==1", "&", "=="], ["a=1", 5, 6], ["aXbXc", "X"]], (...args) => querystring.parse(...args));
table("parse with options", [["a=1&b=2&c=3", null, null, { maxKeys: 2 }], ["a=1&b=2", null, null, { maxKeys: 0 }], ["a=1&b=2", null, null, { maxKeys: -1 }], ["a=1&b=2", null, null, { maxKeys: "1" }], ["a=%41+b", null, null, { decodeURIComponent: (s) => `<${s}>` }], ["a=%41", null, null, { decodeURIComponent: () => { throw new Error("no"); } }], ["a=%zz+b", null, null, { decodeURIComponent }], ["a=1", null, null, { decodeURIComponent: 5 }]], (...args) => querystring.parse(...args));
table("parse of what is no text", [5, null, undefined, {}, [["a=1"]], true], (value) => querystring.parse(value));
add("parse has no prototype, and a limit", () => [Object.getPrototypeOf(querystring.parse("a=1")), Object.keys(querystring.parse(Array.from({ length: 1100 }, (_, i) => `k${i}=1`).join("&"))).length]);
const OBJECTS = [{}, { a: 1 }, { a: "x", b: 2 }, { a: [1, "2", true] }, { a: [] }, { a: null }, { a: undefined }, { a: NaN }, { a: Infinity }, { a: true }, { a: {} }, { a: 5n }, { a: Symbol("x") }, { a: () => 1 }, { "a b": "c d" }, { "é": "ü€😀" }, { a: "!'()*-._~" }, { a: "&=+%#?/:@" }, { "": "x" }, { a: "" }, { a: -0 }, { a: 1e21 }, { a: new Date(0) }, { a: [null, undefined, {}] }, [["x", "y"]], { a: new String("s") }];
table("stringify", OBJECTS, (object) => querystring.stringify(object));
table("stringify of what is no object", [5, null, undefined, "a", true, () => 1], (value) => querystring.stringify(value));
table("stringify with options", [[{ a: 1, b: [2, 3] }, ";", ":"], [{ a: 1, b: 2 }, "", ""], [{ a: "x y" }, null, null, { encodeURIComponent: (s) => `<${s}>` }], [{ a: "x y" }, null, null, { encodeURIComponent: 5 }], [{ a: 1 }, 5, 6]], (...args) => querystring.stringify(...args));
table("stringify half a character", [{ a: "\ud800" }, { "\udc00": 1 }], (object) => querystring.stringify(object));
table("escape", ["a b", "é", "!'()*-._~", "&=+%", "", 5, null, undefined, {}, "\ud83d\ude00", "\ud800", [["a", "b"]], true], (value) => querystring.escape(value));
table("unescape", ["a%20b", "a+b", "%", "%zz", "%E9", "%C3%A9", "", "%41%zz", "%u0041"], (text) => querystring.unescape(text));
table("unescapeBuffer", ["a%20b", "a+b", "%", "%zz", "%E9", "", "é", "%4", "%41%4"], (text) => querystring.unescapeBuffer(text));
add("unescapeBuffer with plus", () => querystring.unescapeBuffer("a+b%2b", true));
add("replaced functions", () => { const { escape, unescape } = querystring; try { querystring.escape = (s) => `[${s}]`; querystring.unescape = (s) => `{${s}}`; return [querystring.stringify({ a: "b" }), querystring.parse("a=%41")]; } finally { Object.assign(querystring, { escape, unescape }); } });
add("the module", () => [Object.keys(namespace), Object.keys(querystring), querystring.decode === querystring.parse, querystring.encode === querystring.stringify, querystring.parse.name]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

