// Linking WebAssembly: what imports must be, and what happens at the start.

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
const needs = (kind, what, types = [type([I32], [I32])]) => wasm({ types, imports: [["mod", "field", [kind, ...what]]] });
const FN = needs(0, [0]), MEM = needs(2, limits(2, 4)), MEM_OPEN = needs(2, limits(1)), TAB = needs(1, [FUNC, ...limits(2, 4)]), XTAB = needs(1, [EXTERN, ...limits(1)]);
const G = { gi: needs(3, [I32, 0]), gl: needs(3, [I64, 0]), gf: needs(3, [F32, 0]), gd: needs(3, [F64, 0]), gm: needs(3, [I32, 1]), ge: needs(3, [EXTERN, 0]), ga: needs(3, [FUNC, 0]), gv: needs(3, [V128, 0]) };
const giving = (module, givens) => Object.fromEntries(givens.map((given) => [given, `(m) => Object.prototype.toString.call(new WebAssembly.Instance(m.${module}, { mod: { field: ${given} } }))`]));
const EXPORTER = wasm({ types: [type([I32], [I32]), type([])], funcs: [0, 1], exports: [["fits", 0, 0], ["other", 0, 1]], codes: [code(get(0)), code()] });
const START = wasm({ types: [type([])], imports: [["m", "f", [0, 0]]], funcs: [0], start: 1, codes: [code(0x10, 0)], exports: [["go", 0, 1]] });
const START_TRAP = wasm({ types: [type([])], funcs: [0], start: 0, codes: [code(0x00)] });
const START_IMPORT = wasm({ types: [type([])], imports: [["m", "f", [0, 0]]], start: 0 });
const DATA_OUT = wasm({ memory: limits(1), exports: [["memory", 2, 0]], datas: [data(0, [1]), data(65534, [1, 2, 3])] });
const ELEM_OUT = wasm({ types: [type([])], funcs: [0], codes: [code()], tables: [[FUNC, ...limits(1)]], elems: [[0, ...i32(1), 0x0b, ...sized([0])]] });
const SIDE = wasm({ types: [type([])], imports: [["m", "memory", [2, ...limits(1)]]], datas: [data(0, [7]), data(65536, [1])] });
const BASED = wasm({ imports: [["m", "base", [3, I32, 0]]], memory: limits(1), exports: [["memory", 2, 0], ["base", 3, 0]], datas: [[0, 0x23, 0, 0x0b, ...sized([5, 6])]] });
const TWICE = wasm({ types: [type([], [I32])], imports: [["m", "f", [0, 0]], ["m", "f", [0, 0]]], exports: [["a", 0, 0], ["b", 0, 1]] });
const ODD = wasm({ types: [type([], [I32])], imports: [["", "", [0, 0]]], exports: [["", 0, 0], ["ü☃", 0, 0], ["__proto__", 0, 0], ["constructor", 0, 0]] });
const SHAREDTAB = wasm({ types: [type([], [I32]), type([I32], [I32])], imports: [["m", "t", [1, FUNC, ...limits(4)]], ["m", "at", [3, I32, 0]]], funcs: [0, 1], codes: [code(0x23, 0), code(get(0), 0x11, 0, 0)], elems: [[0, 0x23, 0, 0x0b, ...sized([0])]], exports: [["call", 0, 1]] });

const { worker, Place } = program({
  "missing imports": (t) => all(t, { fn: FN }, {
    undefined: ({ fn }) => new WebAssembly.Instance(fn, undefined),
    empty: ({ fn }) => new WebAssembly.Instance(fn, {}),
    null_module: ({ fn }) => new WebAssembly.Instance(fn, { mod: null }),
    number_module: ({ fn }) => new WebAssembly.Instance(fn, { mod: 5 }),
    function_module: ({ fn }) => new WebAssembly.Instance(fn, { mod: Object.assign(() => {}, { field: () => 1 }) }).exports,
    getter: ({ fn }) => new WebAssembly.Instance(fn, { get mod() { throw new Error("mine"); } }),
    field_getter: ({ fn }) => new WebAssembly.Instance(fn, { mod: { get field() { throw new Error("mine"); } } }),
    inherited: ({ fn }) => new WebAssembly.Instance(fn, Object.create({ mod: Object.create({ field: () => 1 }) })).exports,
    proxy: ({ fn }) => { const asked = []; new WebAssembly.Instance(fn, new Proxy({}, { get(_, name) { asked.push(name); return { field: () => 1 }; } })); return asked; },
    by_instantiate: ({ fn }) => WebAssembly.instantiate(fn, { mod: {} }),
  }),
  "functions": (t) => all(t, { m: FN, exporter: EXPORTER }, {
    ...Object.fromEntries(["undefined", "null", "5", "{}", "'x'", "() => 1", "class {}", "Math.max", "Symbol()"].map((given) => [given, `({ m }) => Object.prototype.toString.call(new WebAssembly.Instance(m, { mod: { field: ${given} } }))`])),
    fits: ({ m, exporter }) => new WebAssembly.Instance(m, { mod: { field: new WebAssembly.Instance(exporter).exports.fits } }).exports,
    other: ({ m, exporter }) => new WebAssembly.Instance(m, { mod: { field: new WebAssembly.Instance(exporter).exports.other } }).exports,
  }),
  "memories": (t) => all(t, { mem: MEM, open: MEM_OPEN }, { ...giving("mem", ["undefined", "{}", "new ArrayBuffer(1)", "new WebAssembly.Memory({ initial: 2, maximum: 4 })", "new WebAssembly.Memory({ initial: 1, maximum: 4 })", "new WebAssembly.Memory({ initial: 2 })", "new WebAssembly.Memory({ initial: 2, maximum: 5 })", "new WebAssembly.Memory({ initial: 3, maximum: 3 })", "new WebAssembly.Table({ element: 'anyfunc', initial: 2 })"]),
    open: ({ open }) => new WebAssembly.Instance(open, { mod: { field: new WebAssembly.Memory({ initial: 5, maximum: 9 }) } }).exports,
    grown: ({ mem }) => { const field = new WebAssembly.Memory({ initial: 1, maximum: 4 }); field.grow(1); return new WebAssembly.Instance(mem, { mod: { field } }).exports; } }),
  "tables": (t) => all(t, { tab: TAB, xtab: XTAB }, { ...giving("tab", ["undefined", "{}", "new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 4 })", "new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum: 4 })", "new WebAssembly.Table({ element: 'anyfunc', initial: 2 })", "new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 5 })", "new WebAssembly.Table({ element: 'externref', initial: 2, maximum: 4 })"]),
    extern: ({ xtab }) => new WebAssembly.Instance(xtab, { mod: { field: new WebAssembly.Table({ element: "externref", initial: 1 }) } }).exports,
    extern_wrong: ({ xtab }) => new WebAssembly.Instance(xtab, { mod: { field: new WebAssembly.Table({ element: "anyfunc", initial: 1 }) } }).exports }),
  ...Object.fromEntries(Object.entries({ gi: ["5", "1.9", "'x'", "5n", "undefined", "null", "{}", "new WebAssembly.Global({ value: 'i32' }, 5)", "new WebAssembly.Global({ value: 'i64' }, 5n)", "new WebAssembly.Global({ value: 'i32', mutable: true }, 5)"], gl: ["5", "5n", "2n ** 64n", "undefined"], gf: ["5", "NaN", "5n"], gd: ["5", "'5'"],
    gm: ["5", "new WebAssembly.Global({ value: 'i32' }, 5)", "new WebAssembly.Global({ value: 'i32', mutable: true }, 5)", "undefined"], ge: ["5", "null", "undefined", "{}", "new WebAssembly.Global({ value: 'externref' }, 5)"], ga: ["null", "undefined", "() => {}", "5", "new WebAssembly.Global({ value: 'anyfunc' })"], gv: ["5", "undefined"] })
    .map(([kind, givens]) => [`globals: ${kind}`, (t) => all(t, { [kind]: G[kind] }, giving(kind, givens))])),
  "the start function": (t) => all(t, { start: START, trap: START_TRAP, imported: START_IMPORT }, {
    runs: ({ start }) => { let n = 0; const e = new WebAssembly.Instance(start, { m: { f() { n++; } } }).exports; e.go(); return n; },
    throws: ({ start }) => new WebAssembly.Instance(start, { m: { f() { throw new TypeError("mine"); } } }),
    throws_in_promise: ({ start }) => WebAssembly.instantiate(start, { m: { f() { throw new TypeError("mine"); } } }),
    traps: ({ trap }) => new WebAssembly.Instance(trap),
    traps_in_promise: ({ trap }) => WebAssembly.instantiate(trap),
    imported: ({ imported }) => { let n = 0; new WebAssembly.Instance(imported, { m: { f() { n++; } } }); return n; },
    when: async ({ start }) => { const seen = []; const p = WebAssembly.instantiate(start, { m: { f() { seen.push("start"); } } }); seen.push("after"); await p; seen.push("then"); return seen; },
  }),
  "segments that do not fit": (t) => all(t, { data: DATA_OUT, elem: ELEM_OUT, side: SIDE }, {
    data: ({ data }) => new WebAssembly.Instance(data),
    data_in_promise: ({ data }) => WebAssembly.instantiate(data),
    elem: ({ elem }) => new WebAssembly.Instance(elem),
    effects: ({ side }) => { const memory = new WebAssembly.Memory({ initial: 1 }); try { new WebAssembly.Instance(side, { m: { memory } }); } catch (e) { return [e.constructor.name, new Uint8Array(memory.buffer)[0]]; } },
  }),
  "offsets from globals": (t) => all(t, { based: BASED }, {
    number: ({ based }) => [...new Uint8Array(new WebAssembly.Instance(based, { m: { base: 100 } }).exports.memory.buffer, 99, 4)],
    global: ({ based }) => { const base = new WebAssembly.Global({ value: "i32" }, 3); const e = new WebAssembly.Instance(based, { m: { base } }).exports; return [e.base === base, ...new Uint8Array(e.memory.buffer, 2, 4)]; },
    outside: ({ based }) => new WebAssembly.Instance(based, { m: { base: 65535 } }),
    negative: ({ based }) => new WebAssembly.Instance(based, { m: { base: -1 } }),
  }),
  "names": (t) => all(t, { odd: ODD, twice: TWICE }, {
    odd: ({ odd }) => { const e = new WebAssembly.Instance(odd, { "": { "": () => 4 } }).exports; return [Object.keys(e), e[""](), e["ü☃"] === e[""], Object.hasOwn(e, "__proto__")]; },
    odd_missing: ({ odd }) => new WebAssembly.Instance(odd, {}),
    odd_wrong: ({ odd }) => new WebAssembly.Instance(odd, { "": {} }),
    twice: ({ twice }) => { let n = 0; const e = new WebAssembly.Instance(twice, { m: { get f() { const k = ++n; return () => k; } } }).exports; return [n, e.a(), e.b()]; },
  }),
  "a table between instances": (t) => all(t, { s: SHAREDTAB }, {
    together: ({ s }) => { const table = new WebAssembly.Table({ element: "anyfunc", initial: 4 }); const a = new WebAssembly.Instance(s, { m: { t: table, at: 0 } }).exports, b = new WebAssembly.Instance(s, { m: { t: table, at: 2 } }).exports; return [a.call(2), b.call(0), table.get(2)(), table.get(1)]; },
    kept: ({ s }) => { const table = new WebAssembly.Table({ element: "anyfunc", initial: 4 }); (() => { new WebAssembly.Instance(s, { m: { t: table, at: 3 } }); })(); for (let i = 0; i < 5000; i++) ({ i, a: [i] }); return table.get(3)(); },
  }),
});

export default worker;
export { Place, Actor as Plain };
