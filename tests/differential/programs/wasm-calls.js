// Calls into wasm and out of it: conversions, exceptions, traps, recursion.

import { Actor, differs, program } from "../suite.js";

export class Subject extends Actor {}

// -- a small assembler ---------------------------------------------------------------------------

const u = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...u(Math.floor(n / 128))]);
const s = (n) => {
  const low = Number(BigInt.asUintN(7, BigInt(n))), rest = BigInt(n) >> 7n;
  return (rest === 0n && low < 64) || (rest === -1n && low >= 64) ? [low] : [low | 128, ...s(rest)];
};
const text = (t) => sized([...new TextEncoder().encode(t)]);
const sized = (bytes) => [...u(bytes.length), ...bytes];
const section = (id, items) => (items ? [id, ...sized([...u(items.length), ...items.flat()])] : []);
const I32 = 0x7f, I64 = 0x7e, F32 = 0x7d, F64 = 0x7c, V128 = 0x7b, FUNC = 0x70, EXTERN = 0x6f;
const type = (params, results = []) => [0x60, ...sized(params), ...sized(results)];
const limits = (min, max) => (max === undefined ? [0, ...u(min)] : [1, ...u(min), ...u(max)]);
const code = (...bytes) => sized([0, ...bytes.flat(), 0x0b]);
const i32 = (n) => [0x41, ...s(n)];
const get = (n) => [0x20, n];
const data = (offset, bytes) => [0, ...i32(offset), 0x0b, ...sized(bytes)];
const wasm = ({ types, imports, funcs, tables, memory, globals, exports, start, elems, count, codes, datas, custom = [] }) => new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, ...section(1, types), ...section(2, imports?.map(([m, n, ...d]) => [...text(m), ...text(n), ...d.flat()])),
  ...section(3, funcs?.map(u)), ...section(4, tables), ...section(5, memory && [memory]), ...section(6, globals),
  ...section(7, exports?.map(([n, kind, index]) => [...text(n), kind, ...u(index)])), ...(start === undefined ? [] : [8, ...sized(u(start))]),
  ...section(9, elems), ...(count === undefined ? [] : [12, ...sized(u(count))]), ...section(10, codes), ...section(11, datas),
  ...custom.flatMap(([n, b]) => [0, ...sized([...text(n), ...b])]),
]);

// -- running inside a dynamic worker that imports the modules --------------------------------------

/** Writes a value so that it can be compared. */
function see(value, depth = 0) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `function ${value.name}/${value.length}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) {
    // what the language itself says is each engine's own
    const words = /^(cannot|class constructors?|method) |bigint|is read-only|is not resizable|not extensible|not a constructor|no setter/i.test(value.message) && !/^cannot perform/i.test(value.message) ? "in the engine's words" : value.message;
    return `${value.constructor.name} ${value.name}: ${words}`;
  }
  if (depth > 4) return "deep";
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (Array.isArray(value)) return `[${value.map((part) => see(part, depth + 1)).join(", ")}]`;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return `${tag === "Object" ? "" : `${tag} `}{${Object.entries(value).map(([name, part]) => `${name}: ${see(part, depth + 1)}`).join(", ")}}`;
}

/** What `run` gives or throws. */
async function attempt(run) {
  try {
    return see(await run());
  } catch (error) {
    return `threw ${see(error)}`;
  }
}

/** Runs `main` with the modules and `attempt` in a worker of its own. Wasm modules go by their name. */
async function inside(t, modules, main) {
  const names = Object.keys(modules);
  const source = `${names.map((name) => `import ${name} from "./${name}.wasm";`).join("\n")}
${see}
${attempt}
export default { async fetch() { return Response.json(await (${main})({ ${names.join(", ")} }, attempt, see)); } };`;
  const more = Object.fromEntries(names.map((name) => [`${name}.wasm`, { wasm: modules[name] }]));
  return (await t.load(source, { modules: more }).getEntrypoint().fetch("http://x/")).json();
}

/** The same for several pieces of code, by name: what each gives. */
const all = (t, modules, runs) => inside(t, modules, `async (m, attempt, see) => { const out = {}; for (const [name, run] of Object.entries({${
  Object.entries(runs).map(([name, run]) => `${JSON.stringify(name)}: ${run}`).join(",\n")}})) out[name] = await attempt(() => run(m, see)); return out; }`);
const ID = wasm({
  types: [type([I32], [I32]), type([I64], [I64]), type([F32], [F32]), type([F64], [F64]), type([EXTERN], [EXTERN]), type([FUNC], [FUNC]), type([V128], [V128]), type([I32, I64, F64], [F64, I64, I32]), type([])],
  funcs: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  exports: [["i32", 0, 0], ["i64", 0, 1], ["f32", 0, 2], ["f64", 0, 3], ["ext", 0, 4], ["fun", 0, 5], ["v128", 0, 6], ["multi", 0, 7], ["none", 0, 8]],
  codes: [code(get(0)), code(get(0)), code(get(0)), code(get(0)), code(get(0)), code(get(0)), code(get(0)), code(get(2), get(1), get(0)), code()],
});
/** Calls its import with its own arguments, one per type. */
const CALLS = wasm({
  types: [type([I32], [I32]), type([I64], [I64]), type([F32], [F32]), type([F64], [F64]), type([EXTERN], [EXTERN]), type([FUNC], [FUNC]), type([]), type([], [I32, I64])],
  imports: [["m", "i32", [0, 0]], ["m", "i64", [0, 1]], ["m", "f32", [0, 2]], ["m", "f64", [0, 3]], ["m", "ext", [0, 4]], ["m", "fun", [0, 5]], ["m", "none", [0, 6]], ["m", "two", [0, 7]]],
  funcs: [0, 1, 2, 3, 4, 5, 6, 7],
  exports: [["i32", 0, 8], ["i64", 0, 9], ["f32", 0, 10], ["f64", 0, 11], ["ext", 0, 12], ["fun", 0, 13], ["none", 0, 14], ["two", 0, 15], ["imported", 0, 0]],
  codes: [...[0, 1, 2, 3, 4, 5].map((n) => code(get(0), 0x10, n)), code(0x10, 6), code(0x10, 7)],
});
const TRAPS = wasm({
  types: [type([]), type([I32, I32], [I32]), type([I64, I64], [I64]), type([F64], [I32]), type([I32], [I32]), type([I32]), type([F32], [I64])],
  funcs: [0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 0, 6, 4, 5, 5, 5, 4],
  tables: [[FUNC, ...limits(4)]], memory: limits(1),
  exports: [["unreachable", 0, 0], ["div_s", 0, 1], ["div_u", 0, 2], ["rem_s", 0, 3], ["rem_u", 0, 4], ["div64", 0, 5], ["rem64", 0, 6], ["trunc", 0, 7], ["load", 0, 8], ["call", 0, 9], ["recurse", 0, 10], ["trunc64", 0, 11], ["far", 0, 12], ["fill", 0, 13], ["copy", 0, 14], ["init", 0, 15], ["elem", 0, 16]],
  elems: [[0, ...i32(0), 0x0b, ...sized([0, 1])].slice(0), [1, 0, ...sized([0])]],
  count: 1,
  codes: [code(0x00), code(get(0), get(1), 0x6d), code(get(0), get(1), 0x6e), code(get(0), get(1), 0x6f), code(get(0), get(1), 0x70), code(get(0), get(1), 0x7f), code(get(0), get(1), 0x81),
    code(get(0), 0xaa), code(get(0), 0x28, 2, 0), code(get(0), 0x11, 0, 0), code(0x10, 10), code(get(0), 0xae), code(get(0), 0x2d, 0, ...u(4294967295)),
    code(get(0), i32(1), i32(10), 0xfc, 11, 0), code(get(0), i32(0), i32(10), 0xfc, 10, 0, 0), code(i32(0), i32(0), get(0), 0xfc, 8, 0, 0),
    code(i32(0), i32(0), get(0), 0xfc, 12, 1, 0, i32(0))],
  datas: [[1, ...sized([1, 2, 3])]],
});
const tryTraps = (names) => Object.fromEntries(names.map(([name, ...args]) => [`${name}(${args.join()})`, `({ traps }) => new WebAssembly.Instance(traps).exports.${name}(${args.join()})`]));
const values = ["0", "-0", "1.9", "-1.9", "2147483648", "4294967297", "NaN", "Infinity", "1e300", "'12'", "'x'", "null", "undefined", "true", "{}", "[7]", "{ valueOf() { return 9; } }", "5n", "Symbol()", "-9223372036854775809n", "18446744073709551616n", "0.1", "16777217"];

const { worker, Place } = program({
  ...Object.fromEntries(["i32", "i64", "f32", "f64"].map((kind) => [`arguments of ${kind}`, (t) => all(t, { id: ID }, Object.fromEntries(values.map((value) => [value, `({ id }) => new WebAssembly.Instance(id).exports.${kind}(${value})`])))])),
  "references": (t) => all(t, { id: ID }, {
    values: ({ id }) => { const { ext } = new WebAssembly.Instance(id).exports; const o = {}, f = () => {}; const y = Symbol(); return [ext(o) === o, ext(f) === f, ext(y) === y, ext(null), ext(undefined), ext(1.5), ext("x"), ext(7n), ext()]; },
    functions: ({ id }) => { const { fun, i32 } = new WebAssembly.Instance(id).exports; return [fun(i32) === i32, fun(null), fun(fun) === fun]; },
    other_instance: ({ id }) => { const a = new WebAssembly.Instance(id).exports, b = new WebAssembly.Instance(id).exports; return [a.fun(b.i32) === b.i32, a.i32 === b.i32]; },
    not_a_function: ({ id }) => new WebAssembly.Instance(id).exports.fun(() => {}),
    undefined: ({ id }) => new WebAssembly.Instance(id).exports.fun(undefined),
    nothing: ({ id }) => new WebAssembly.Instance(id).exports.fun(),
    object: ({ id }) => new WebAssembly.Instance(id).exports.fun({}),
    bound: ({ id }) => { const { fun, i32 } = new WebAssembly.Instance(id).exports; return fun(i32.bind(null)); },
    v128: ({ id }) => new WebAssembly.Instance(id).exports.v128(0),
    v128_import: ({ id }) => typeof new WebAssembly.Instance(id).exports.v128,
    many: ({ id }) => { const { ext } = new WebAssembly.Instance(id).exports; let same = 0; for (let i = 0; i < 20000; i++) { const o = { i }; if (ext(o) === o) same++; } return same; },
  }),
  "several results": (t) => all(t, { id: ID }, {
    multi: ({ id }) => { const r = new WebAssembly.Instance(id).exports.multi(1, 2n, 3.5); return [r, Array.isArray(r), Object.isFrozen(r)]; },
    none: ({ id }) => new WebAssembly.Instance(id).exports.none(),
  }),
  "order of conversions": (t) => all(t, { id: ID }, {
    order: ({ id }) => { const seen = []; const v = (n, x) => ({ valueOf() { seen.push(n); return x; } }); new WebAssembly.Instance(id).exports.multi(v("a", 1), v("b", 1n), v("c", 1)); return seen; },
    stops: ({ id }) => { const seen = []; try { new WebAssembly.Instance(id).exports.multi({ valueOf() { seen.push("a"); throw new RangeError("mine"); } }, { valueOf() { seen.push("b"); return 1n; } }, 0); } catch (e) { seen.push(String(e)); } return seen; },
  }),
  "imports": (t) => all(t, { calls: CALLS }, (() => {
    const make = "const make = (m, more) => new WebAssembly.Instance(m.calls, { m: { i32: (x) => x, i64: (x) => x, f32: (x) => x, f64: (x) => x, ext: (x) => x, fun: (x) => x, none() {}, two: () => [1, 2n], ...more } }).exports;";
    const one = (body) => `(m, see) => { ${make} ${body} }`;
    return {
      same: one("const e = make(m, {}); return [e.i32(5), e.i64(6n), e.f32(0.1), e.f64(0.1), e.ext('x'), e.fun(null), e.fun(e.i32) === e.i32, e.none(), e.two()];"),
      results_i32: one("return ['7', 1.9, undefined, null, 2 ** 40, true].map((v) => make(m, { i32: () => v }).i32(0));"),
      result_object: one("return make(m, { i32: () => ({ valueOf() { return 3; } }) }).i32(0);"),
      result_bigint: one("return make(m, { i32: () => 1n }).i32(0);"),
      result_symbol: one("return make(m, { i32: () => Symbol() }).i32(0);"),
      result_number_for_i64: one("return make(m, { i64: () => 1 }).i64(0n);"),
      result_undefined_for_i64: one("return make(m, { i64: () => undefined }).i64(0n);"),
      result_text_for_i64: one("return make(m, { i64: () => '12' }).i64(0n);"),
      result_function: one("return make(m, { fun: () => () => 1 }).fun(null);"),
      result_ignored: one("return make(m, { none: () => 5 }).none();"),
      two_set: one("return make(m, { two: () => new Set([4, 5n]) }).two();"),
      two_few: one("return make(m, { two: () => [1] }).two();"),
      two_many: one("return make(m, { two: () => [1, 2n, 3] }).two();"),
      two_no_iterable: one("return make(m, { two: () => 5 }).two();"),
      two_undefined: one("return make(m, { two: () => undefined }).two();"),
      two_wrong: one("return make(m, { two: () => [1, 2] }).two();"),
      this: one("let self; make(m, { none() { self = this; } }).none(); return self;"),
      arguments: one("let n; make(m, { i32() { n = arguments.length; return 0; } }).i32(9); return n;"),
      imported: one("const f = (x) => x + 1; const e = make(m, { i32: f }); return [e.imported === f, e.imported(1), e.imported.name, e.imported === e.imported];"),
      imported_export: one("const a = make(m, {}); const b = make(m, { i32: a.i32 }); return [b.imported === a.i32, b.i32(4), b.imported.name];"),
      throws: one("const thrown = { mine: 1 }; try { make(m, { none() { throw thrown; } }).none(); } catch (e) { return e === thrown; }"),
      throws_error: one("return make(m, { none() { throw new TypeError('mine'); } }).none();"),
      throws_undefined: one("try { make(m, { none() { throw undefined; } }).none(); return 'no'; } catch (e) { return [e]; }"),
      after_throw: one("let n = 0; const e = make(m, { i32(x) { if (n++ === 0) throw 1; return x; } }); try { e.i32(1); } catch {} return e.i32(2);"),
      nested: one("let e; let depth = 0; e = make(m, { i32: (x) => x > 0 ? e.i32(x - 1) + 1 : 100 }); return e.i32(50);"),
      nested_throw: one("let e; e = make(m, { i32: (x) => { if (x === 0) throw new Error('deep'); try { return e.i32(x - 1); } finally { seen.push(x); } } }); const seen = []; try { e.i32(4); } catch (error) { return [String(error), seen]; }"),
      async: one("const e = make(m, { i32: async () => 1 }); return e.i32(1);"),
      call_of_class: one("return make(m, { none: class {} }).none();"),
      proxy: one("return make(m, { i32: new Proxy((x) => x * 2, {}) }).i32(4);"),
      bound: one("return make(m, { i32: ((a, b) => a + b).bind(null, 10) }).i32(4);"),
      builtin: one("return make(m, { f64: Math.sqrt }).f64(9);"),
    };
  })()),
  "mutual recursion without end": (t) => all(t, { calls: CALLS }, {
    kind: ({ calls }) => { let e; const m = { i32: (x) => e.i32(x + 1), i64() {}, f32() {}, f64() {}, ext() {}, fun() {}, none() {}, two() {} }; e = new WebAssembly.Instance(calls, { m }).exports; let deep = 0; m.i32 = 0; e.i32(0); },
    again: ({ calls }) => { let e; let on = true; e = new WebAssembly.Instance(calls, { m: { i32: (x) => (on ? e.i32(x + 1) : x), i64() {}, f32() {}, f64() {}, ext() {}, fun() {}, none() {}, two() {} } }).exports; try { e.i32(0); } catch (error) { on = false; return [error instanceof RangeError, error.message, e.i32(3)]; } },
  }),
  "traps": (t) => all(t, { traps: TRAPS }, tryTraps([["unreachable"], ["div_s", 1, 0], ["div_s", -2147483648, -1], ["div_u", 1, 0], ["rem_s", 1, 0], ["rem_s", -2147483648, -1], ["rem_u", 1, 0], ["div64", "1n", "0n"],
    ["div64", "-9223372036854775808n", "-1n"], ["rem64", "1n", "0n"], ["trunc", "NaN"], ["trunc", 1e20], ["trunc64", "Infinity"], ["load", 65532], ["load", 65533], ["load", -1], ["far", 0], ["far", 1], ["far", -1], ["fill", 65526], ["fill", 65527], ["copy", 65527], ["init", 3], ["init", 4],
    ["elem", 1], ["call", 0], ["call", 1], ["call", 2], ["call", 4], ["call", -1], ["recurse"]])),
  "beyond an element segment": differs("which of the two is too short is not told apart", { gave: { "elem(2)": "threw RuntimeError RuntimeError: table index is out of bounds" } }, (t) => all(t, { traps: TRAPS }, tryTraps([["elem", 2]]))),
  "a trap is an error of its class": (t) => all(t, { traps: TRAPS }, {
    class: ({ traps }) => { try { new WebAssembly.Instance(traps).exports.unreachable(); } catch (e) { return [e instanceof WebAssembly.RuntimeError, e instanceof Error, e.name, typeof e.stack, Object.keys(e)]; } },
    after: ({ traps }) => { const e = new WebAssembly.Instance(traps).exports; for (let i = 0; i < 50; i++) try { e.unreachable(); } catch {} return e.div_s(7, 2); },
    recurse: ({ traps }) => { const e = new WebAssembly.Instance(traps).exports; for (let i = 0; i < 3; i++) try { e.recurse(); } catch (error) { if (!(error instanceof RangeError)) return error; } return e.div_s(7, 2); },
  }),
});

export default worker;
export { Place, Actor as Plain };
