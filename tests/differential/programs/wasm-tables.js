// Tables and globals of WebAssembly, and references in them.

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
/** A table of functions, exported, with functions that use it. */
const TAB = wasm({
  types: [type([], [I32]), type([I32], [I32]), type([I32, FUNC]), type([I32], [FUNC]), type([], [I32])], funcs: [0, 0, 1, 3, 2, 4],
  tables: [[FUNC, ...limits(4, 8)]],
  exports: [["table", 1, 0], ["one", 0, 0], ["call", 0, 2], ["at", 0, 3], ["put", 0, 4], ["size", 0, 5]],
  elems: [[0, ...i32(0), 0x0b, ...sized([0, 1])]],
  codes: [code(i32(1)), code(i32(2)), code(get(0), 0x11, 0, 0), code(get(0), 0x25, 0), code(get(0), get(1), 0x26, 0), code(0xfc, 16, 0)],
});
/** A table of values, and a global of one. */
const EXT = wasm({
  types: [type([I32], [EXTERN]), type([I32, EXTERN]), type([EXTERN, I32], [I32]), type([], [I32]), type([I32, EXTERN, I32]), type([I32, I32, I32]), type([EXTERN], [I32]), type([EXTERN]), type([], [EXTERN]), type([EXTERN, EXTERN, I32], [EXTERN])],
  funcs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], tables: [[EXTERN, ...limits(2, 20)]], globals: [[EXTERN, 1, 0xd0, EXTERN, 0x0b]],
  exports: [["table", 1, 0], ["at", 0, 0], ["put", 0, 1], ["grow", 0, 2], ["size", 0, 3], ["fill", 0, 4], ["copy", 0, 5], ["isNull", 0, 6], ["keep", 0, 7], ["kept", 0, 8], ["pick", 0, 9], ["global", 3, 0]],
  codes: [code(get(0), 0x25, 0), code(get(0), get(1), 0x26, 0), code(get(0), get(1), 0xfc, 15, 0), code(0xfc, 16, 0), code(get(0), get(1), get(2), 0xfc, 17, 0), code(get(0), get(1), get(2), 0xfc, 14, 0, 0),
    code(get(0), 0xd1), code(get(0), 0x24, 0), code(0x23, 0), code(get(0), get(1), get(2), 0x1c, 1, EXTERN)],
});
const GLOB = wasm({
  types: [type([], [I32]), type([], [I64]), type([I32]), type([I64])],
  globals: [[I32, 1, ...i32(42), 0x0b], [I64, 1, 0x42, ...s(-5), 0x0b], [F32, 0, 0x43, 0, 0, 0x80, 0x3f, 0x0b], [F64, 1, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x0b], [FUNC, 1, 0xd0, FUNC, 0x0b]],
  funcs: [0, 1, 2, 3], exports: [["i32", 3, 0], ["i64", 3, 1], ["f32", 3, 2], ["f64", 3, 3], ["func", 3, 4], ["again", 3, 0], ["getI", 0, 0], ["getL", 0, 1], ["setI", 0, 2], ["setL", 0, 3]],
  codes: [code(0x23, 0), code(0x23, 1), code(get(0), 0x24, 0), code(get(0), 0x24, 1)],
});
const made = (Class, lists) => Object.fromEntries(lists.map((text) => [text, `() => { const it = new WebAssembly.${Class}(${text}); return [${Class === "Table" ? "it.length, it.length > 0 ? it.get(0) : 'empty'" : "it.value, it.valueOf()"}]; }`]));

const { worker, Place } = program({
  "construction of tables": (t) => all(t, {}, made("Table", ["", "null", "{}", "{ element: 'anyfunc' }", "{ element: 'anyfunc', initial: 2 }", "{ element: 'funcref', initial: 2 }", "{ element: 'externref', initial: 2 }", "{ element: 'externref', initial: 2 }, 'x'",
    "{ element: 'anyfunc', initial: 2 }, null", "{ element: 'anyfunc', initial: 2 }, () => {}", "{ element: 'anyfunc', initial: 2 }, undefined", "{ element: 'externref', initial: 2 }, null", "{ element: 'i32', initial: 2 }", "{ element: 'x', initial: 2 }", "{ initial: 2 }", "{ element: 'anyfunc', initial: -1 }", "{ element: 'anyfunc', initial: 2, maximum: 1 }", "{ element: 'anyfunc', initial: 10000001 }",
    "{ element: 'anyfunc', initial: 1, maximum: 2 ** 32 }", "{ element: 'anyfunc', minimum: 1 }", "{ element: 'anyfunc', initial: '3' }", "{ element: 'anyfunc', initial: 0 }", "5"])),
  "a table of functions": (t) => all(t, { tab: TAB }, {
    elements: ({ tab }) => { const e = new WebAssembly.Instance(tab).exports; return [e.table.length, e.table.get(0) === e.one, e.table.get(1)(), e.table.get(2), e.call(0), e.call(1)]; },
    identity: ({ tab }) => { const e = new WebAssembly.Instance(tab).exports; return [e.table.get(1) === e.table.get(1), e.at(1) === e.table.get(1), e.table.get(0).name]; },
    set: ({ tab }) => { const e = new WebAssembly.Instance(tab).exports; e.table.set(3, e.table.get(1)); return [e.call(3), e.table.set(3), e.table.get(3)]; },
    set_null: ({ tab }) => { const e = new WebAssembly.Instance(tab).exports; e.table.set(0, null); return [e.table.get(0), e.at(0)]; },
    set_js: ({ tab }) => new WebAssembly.Instance(tab).exports.table.set(0, () => 1),
    set_number: ({ tab }) => new WebAssembly.Instance(tab).exports.table.set(0, 1),
    set_undefined: ({ tab }) => new WebAssembly.Instance(tab).exports.table.set(0, undefined),
    set_outside: ({ tab }) => new WebAssembly.Instance(tab).exports.table.set(4, null),
    set_nothing: ({ tab }) => new WebAssembly.Instance(tab).exports.table.set(),
    get_outside: ({ tab }) => new WebAssembly.Instance(tab).exports.table.get(4),
    get_negative: ({ tab }) => new WebAssembly.Instance(tab).exports.table.get(-1),
    get_nothing: ({ tab }) => new WebAssembly.Instance(tab).exports.table.get(),
    get_text: ({ tab }) => new WebAssembly.Instance(tab).exports.table.get("1")(),
    grow: ({ tab }) => { const e = new WebAssembly.Instance(tab).exports; return [e.table.grow(2), e.table.length, e.size(), e.table.get(5), e.table.grow(1, e.one), e.call(6)]; },
    grow_too_far: ({ tab }) => new WebAssembly.Instance(tab).exports.table.grow(5),
    grow_js: ({ tab }) => new WebAssembly.Instance(tab).exports.table.grow(1, () => {}),
    grow_nothing: ({ tab }) => new WebAssembly.Instance(tab).exports.table.grow(),
    put: ({ tab }) => { const a = new WebAssembly.Instance(tab).exports, b = new WebAssembly.Instance(tab).exports; a.put(2, b.one); return [a.table.get(2) === b.one, a.call(2)]; },
    length: ({ tab }) => { const { table } = new WebAssembly.Instance(tab).exports; table.length = 1; },
    receiver: () => WebAssembly.Table.prototype.get.call({}, 0),
    no_new: () => WebAssembly.Table({ element: "anyfunc", initial: 1 }),
  }),
  "the name of a function that is not exported": differs("only exported functions are known by their number", { gave: { name: '"0"' } }, (t) => all(t, { tab: TAB }, {
    name: ({ tab }) => new WebAssembly.Instance(tab).exports.table.get(1).name,
  })),
  "a table of values": (t) => all(t, { ext: EXT }, {
    start: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; return [e.size(), e.at(0), e.table.get(0), e.table.length, e.isNull(null), e.isNull(undefined), e.isNull(0)]; },
    put: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; const o = { a: 1 }; e.put(0, o); e.table.set(1, "text"); return [e.at(0) === o, e.table.get(0) === o, e.at(1)]; },
    put_outside: ({ ext }) => new WebAssembly.Instance(ext).exports.put(2, 1),
    at_outside: ({ ext }) => new WebAssembly.Instance(ext).exports.at(-1),
    grow: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; return [e.grow("new", 3), e.size(), e.at(4), e.grow(null, 100), e.table.grow(2, "js"), e.at(6), e.table.grow(1), e.at(7)]; },
    fill: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; e.grow(null, 8); e.fill(1, "f", 3); return [0, 1, 2, 3, 4].map(e.at); },
    fill_outside: ({ ext }) => new WebAssembly.Instance(ext).exports.fill(1, 1, 2),
    copy: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; e.grow(null, 4); [1, 2, 3].forEach((x, i) => e.put(i, x)); e.copy(1, 0, 3); return [0, 1, 2, 3].map(e.at); },
    copy_outside: ({ ext }) => new WebAssembly.Instance(ext).exports.copy(1, 0, 2),
    global: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; const o = {}; e.keep(o); const same = e.kept() === o && e.global.value === o; e.global.value = "js"; return [same, e.kept()]; },
    pick: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; return [e.pick("a", "b", 1), e.pick("a", "b", 0), e.pick("a", null, 0)]; },
    lasting: ({ ext }) => { const e = new WebAssembly.Instance(ext).exports; e.grow(null, 10); const o = { o: 1 }; e.keep(o); for (let i = 0; i < 30000; i++) e.put(i % 12, { i }); return [e.kept() === o, [0, 5, 11].map((i) => e.at(i).i)]; },
    lasting_js: ({ ext }) => { const { table } = new WebAssembly.Instance(ext).exports; for (let i = 0; i < 30000; i++) table.set(i % 2, { i }); return [table.get(0).i, table.get(1).i]; },
  }),
  "construction of globals": (t) => all(t, {}, made("Global", ["", "null", "{}", "{ value: 'i32' }", "{ value: 'i32' }, 7", "{ value: 'i32' }, 1.9", "{ value: 'i32' }, 'x'", "{ value: 'i64' }", "{ value: 'i64' }, 5n", "{ value: 'i64' }, 5", "{ value: 'f32' }, 0.1", "{ value: 'f64' }, 0.1", "{ value: 'f64' }", "{ value: 'externref' }", "{ value: 'externref' }, 'x'", "{ value: 'externref' }, undefined",
    "{ value: 'anyfunc' }", "{ value: 'anyfunc' }, null", "{ value: 'anyfunc' }, () => {}", "{ value: 'funcref' }", "{ value: 'v128' }", "{ value: 'x' }", "{ value: 'i32', mutable: true }, 3", "{ value: 'i32', mutable: 0 }, 3", "5", "{ value: 'i64' }, 2n ** 64n + 3n", "{ value: 'i32' }, 2 ** 32 + 3", "{ value: 'i32' }, 1n"])),
  "globals": (t) => all(t, { glob: GLOB }, {
    values: ({ glob }) => { const e = new WebAssembly.Instance(glob).exports; return [e.i32.value, e.i64.value, e.f32.value, e.f64.value, e.func.value, e.i32 === e.again, Object.prototype.toString.call(e.i32)]; },
    set: ({ glob }) => { const e = new WebAssembly.Instance(glob).exports; e.i32.value = 7.9; e.i64.value = 2n ** 63n; e.f64.value = "2.5"; return [e.getI(), e.getL(), e.f64.value]; },
    set_by_wasm: ({ glob }) => { const e = new WebAssembly.Instance(glob).exports; e.setI(-3); e.setL(9n); return [e.i32.value, e.again.value, e.i64.value]; },
    set_constant: ({ glob }) => { new WebAssembly.Instance(glob).exports.f32.value = 1; },
    set_wrong: ({ glob }) => { new WebAssembly.Instance(glob).exports.i32.value = 1n; },
    set_function: ({ glob }) => { const e = new WebAssembly.Instance(glob).exports; e.func.value = e.getI; return [e.func.value === e.getI, e.func.value()]; },
    set_no_function: ({ glob }) => { new WebAssembly.Instance(glob).exports.func.value = () => {}; },
    set_undefined: ({ glob }) => { const e = new WebAssembly.Instance(glob).exports; e.i32.value = undefined; return e.i32.value; },
    value_of: ({ glob }) => new WebAssembly.Instance(glob).exports.i32 + 1,
    receiver: () => Object.getOwnPropertyDescriptor(WebAssembly.Global.prototype, "value").get.call({}),
    setter_receiver: () => Object.getOwnPropertyDescriptor(WebAssembly.Global.prototype, "value").set.call({}, 1),
    value_of_receiver: () => WebAssembly.Global.prototype.valueOf.call({}),
    no_new: () => WebAssembly.Global({ value: "i32" }),
    js_constant: () => { const g = new WebAssembly.Global({ value: "i32" }, 5); g.value = 6; },
    js_mutable: () => { const g = new WebAssembly.Global({ value: "i64", mutable: true }, 5n); g.value = 6n; return g.value; },
  }),
});

export default worker;
export { Place, Actor as Plain };
