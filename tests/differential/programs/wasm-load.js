// How modules of WebAssembly come into a dynamic worker, and which are refused.

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
const EMPTY = wasm({});
const ADD = wasm({ types: [type([I32, I32], [I32])], funcs: [0], exports: [["add", 0, 0]], codes: [code(get(0), get(1), 0x6a)] });
const given = (t, wasm) => t.load(`import m from "./m.wasm"; export default { fetch() { return Response.json(Object.prototype.toString.call(m)); } };`, { modules: { "m.wasm": { wasm } } });
const answer = async (stub) => attempt(async () => (await stub.getEntrypoint().fetch("http://x/")).json());
const loaded = async (t, wasm) => { try { return await answer(given(t, wasm)); } catch (error) { return `load threw ${see(error)}`; } };
const refused = (parts) => async (t) => kind(loaded(t, parts instanceof Uint8Array ? parts : new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...parts])));
const bad = (parts) => refused(wasm(parts));
/** Without what each validator says in its own words. */
const kind = async (text) => (await text).replace(/(Compiling function #\d+ failed: |Compile\(\): )(?!Compiling).*/s, "$1…");

const { worker, Place } = program({
  "bytes": (t) => loaded(t, ADD),
  "an ArrayBuffer": (t) => loaded(t, ADD.buffer.slice(0)),
  "a view": (t) => { const padded = new Uint8Array(ADD.length + 10); padded.set(ADD, 5); return loaded(t, padded.subarray(5, 5 + ADD.length)); },
  "a DataView": (t) => loaded(t, new DataView(ADD.buffer.slice(0))),
  "bytes changed afterwards": async (t) => { const bytes = ADD.slice(); const stub = given(t, bytes); bytes.fill(0); return answer(stub); },
  "text": (t) => loaded(t, "x"),
  "a number": (t) => loaded(t, 5),
  "null": (t) => loaded(t, null),
  "an object": (t) => loaded(t, {}),
  "an empty array": (t) => loaded(t, new Uint8Array()),
  "a plain array": (t) => loaded(t, [0, 97, 115, 109, 1, 0, 0, 0]),
  "no wasm": (t) => loaded(t, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])),
  "a wrong version": (t) => loaded(t, new Uint8Array([0, 97, 115, 109, 2, 0, 0, 0])),
  "cut off": (t) => kind(loaded(t, ADD.slice(0, ADD.length - 3))),
    "an unused bad module": async (t) => answer(t.load(`export default { fetch() { return Response.json("fine"); } };`, { modules: { "m.wasm": { wasm: new Uint8Array([1, 2, 3]) } } })),
  "a bad module imported late": async (t) => answer(t.load(`export default { async fetch() { try { await import("./m.wasm"); return Response.json("fine"); } catch (e) { return Response.json(e.name + ": " + e.message); } } };`, { modules: { "m.wasm": { wasm: new Uint8Array([1, 2, 3]) } } })),
  "as the main module": async (t) => attempt(async () => (await t.env.LOADER.load({ compatibilityDate: "2026-08-01", mainModule: "m.wasm", modules: { "m.wasm": { wasm: EMPTY } } }).getEntrypoint().fetch("http://x/")).text()),
  "named without an ending": async (t) => answer(t.load(`import m from "./calc"; export default { fetch() { return Response.json(new WebAssembly.Instance(m).exports.add(2, 3)); } };`, { modules: { calc: { wasm: ADD } } })),
  "named with a question": async (t) => answer(t.load(`import m from "./calc.wasm?module"; export default { fetch() { return Response.json(new WebAssembly.Instance(m).exports.add(2, 3)); } };`, { modules: { "calc.wasm?module": { wasm: ADD } } })),
  "at the top level": async (t) => answer(t.load(`import m from "./m.wasm"; const { exports } = new WebAssembly.Instance(m); export default { fetch() { return Response.json(exports.add(20, 22)); } };`, { modules: { "m.wasm": { wasm: ADD } } })),
  "with top-level await": async (t) => answer(t.load(`import m from "./m.wasm"; const { exports } = await WebAssembly.instantiate(m); export default { fetch() { return Response.json(exports.add(20, 22)); } };`, { modules: { "m.wasm": { wasm: ADD } } })),
  "by require": async (t) => answer(t.load(`import m from "./c.cjs"; export default { fetch() { return Response.json(m); } };`, { modules: { "c.cjs": { cjs: `module.exports = Object.prototype.toString.call(require("./m.wasm"));` }, "m.wasm": { wasm: ADD } } })),
  "other names of it": async (t) => (await answer(t.load(`import { add } from "./m.wasm"; export default { fetch() { return Response.json(typeof add); } };`, { modules: { "m.wasm": { wasm: ADD } } }))).replace(/SyntaxError: .*/s, "SyntaxError: …"),
  "twice the same": async (t) => answer(t.load(`import a from "./a.wasm"; import b from "./b.wasm"; export default { fetch() { return Response.json([a === b, new WebAssembly.Instance(a).exports.add(1, 2), new WebAssembly.Instance(b).exports.add(1, 2)]); } };`, { modules: { "a.wasm": { wasm: ADD }, "b.wasm": { wasm: ADD } } })),
  "in a facet": async (t) => { const C = t.load(`import m from "./m.wasm"; import { DurableObject } from "cloudflare:workers"; export class A extends DurableObject { n = new WebAssembly.Instance(m); fetch() { return Response.json(this.n.exports.add(40, 2)); } }`, { modules: { "m.wasm": { wasm: ADD } } }).getDurableObjectClass("A"); return (await t.facets.get("f", () => ({ class: C })).fetch("http://x/")).json(); },
  "compiled at the top level": async (t) => answer(t.load(`const bytes = new Uint8Array(${JSON.stringify([...ADD])}); const a = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.add(1, 2); let d; try { new WebAssembly.Module(new Uint8Array([1])); } catch (e) { d = String(e); } let e2; try { new WebAssembly.Module(new Uint8Array()); } catch (e) { e2 = String(e); } let f; try { new WebAssembly.Module("x"); } catch (e) { f = String(e); } export default { fetch() { return Response.json([a, d, e2, f]); } };`)),
  "threads": differs("threads are not supported", { gave: "threw Error Error: Failed to start Worker:\nUncaught CompileError: WasmModuleObject::Compile(): …" }, bad({ memory: [3, 1, 1] })),
  "memory of 64 bits": differs("it is not supported", { gave: "threw Error Error: Failed to start Worker:\nUncaught CompileError: WasmModuleObject::Compile(): …" }, bad({ memory: [4, 1] })),
  "two memories": differs("only one is supported", { gave: "threw Error Error: Failed to start Worker:\nUncaught CompileError: WasmModuleObject::Compile(): …" }, refused([5, 5, 2, 0, 1, 0, 1])),
  "exceptions": differs("they are not supported", { gave: "threw Error Error: Failed to start Worker:\nUncaught CompileError: WasmModuleObject::Compile(): …" }, refused([1, 4, 1, 0x60, 0, 0, 13, 3, 1, 0, 0])),
  "refused: wrong type": bad({ types: [type([], [I32])], funcs: [0], codes: [code(0x42, 0)] }),
  "refused: empty stack": bad({ types: [type([], [I32])], funcs: [0], codes: [code(0x6a)] }),
  "refused: unknown function": bad({ types: [type([])], funcs: [0], codes: [code(0x10, 5)] }),
  "refused: unknown local": bad({ types: [type([])], funcs: [0], codes: [code(0x20, 5, 0x1a)] }),
  "refused: memory without one": bad({ types: [type([], [I32])], funcs: [0], codes: [code(i32(0), 0x28, 2, 0)] }),
  "refused: export twice": bad({ types: [type([])], funcs: [0], codes: [code()], exports: [["a", 0, 0], ["a", 0, 0]] }),
  "refused: too large a memory": bad({ memory: limits(65537) }),
  "refused: unknown section": refused([99, 0]),
  "refused: sections out of order": refused([3, 1, 0, 1, 1, 0]),
});

export default worker;
export { Place, Actor as Plain };
