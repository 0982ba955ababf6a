// The WebAssembly namespace: its classes, modules, instances, exported functions.

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
const RICH = wasm({
  types: [type([]), type([I32], [I64])],
  imports: [["m", "f", [0, 1]], ["m", "g", [3, I32, 0]], ["m", "t", [1, FUNC, ...limits(1)]], ["n", "memory", [2, ...limits(1, 2)]]],
  funcs: [0], exports: [["run", 0, 1], ["f", 0, 0], ["g", 3, 0], ["t", 1, 0], ["memory", 2, 0]], codes: [code()],
  custom: [["notes", [1, 2, 3]], ["notes", [4]], ["other", []]],
});

const { worker, Place } = program({
  "the namespace": (t) => all(t, {}, {
    tag: () => Object.prototype.toString.call(WebAssembly),
    members: () => Object.getOwnPropertyNames(WebAssembly).filter((name) => !/^(Susp|promising)/.test(name)).sort(),
    keys: () => Object.keys(WebAssembly).filter((name) => name !== "promising"),
    global: () => { const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly"); return [enumerable, writable, configurable]; },
    proto: () => Object.getPrototypeOf(WebAssembly) === Object.prototype,
    type: () => typeof WebAssembly,
  }),
  "stack switching": differs("wasm cannot wait for a promise here", { gave: { suspending: '"undefined"', promising: '"undefined"' } }, (t) => all(t, {}, {
    suspending: () => typeof WebAssembly.Suspending,
    promising: () => typeof WebAssembly.promising,
  })),
  "resizable buffers": differs("a memory's buffer has one size until it grows", { gave: { fixed: '"undefined"', resizable: '"undefined"' } }, (t) => all(t, {}, {
    fixed: () => typeof WebAssembly.Memory.prototype.toFixedLengthBuffer,
    resizable: () => typeof WebAssembly.Memory.prototype.toResizableBuffer,
  })),
  "members of the classes": (t) => all(t, {}, Object.fromEntries(["Module", "Instance", "Memory", "Table", "Global"].map((name) => [name,
    `() => { const C = WebAssembly.${name}; const of = (o) => Object.getOwnPropertyNames(o).filter((key) => !key.endsWith("Buffer")).sort().map((key) => { const d = Object.getOwnPropertyDescriptor(o, key); return key + (d.get ? " get" : "") + (d.set ? " set" : "") + (d.enumerable ? " e" : "") + (d.writable ? " w" : "") + (d.configurable ? " c" : "") + (typeof d.value === "function" ? "/" + d.value.length : ""); }); return [C.length, of(C), of(C.prototype), String(C.prototype[Symbol.toStringTag])]; }`]))),
  "errors": (t) => all(t, {}, Object.fromEntries(["CompileError", "LinkError", "RuntimeError"].map((name) => [name,
    `() => { const C = WebAssembly.${name}; const e = new C("text"); return [e, e instanceof Error, e instanceof TypeError, C.length, Object.getPrototypeOf(C) === Error, Object.getOwnPropertyNames(C.prototype).sort(), String(e), C("x") instanceof C, "message" in new C(), Object.hasOwn(new C(), "message"), new C("a", { cause: 1 }).cause, Object.prototype.toString.call(e), typeof e.stack]; }`]))),
  "code from bytes": (t) => all(t, { add: ADD }, {
    module: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    module_buffer: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]).buffer),
    module_bad: () => new WebAssembly.Module(new Uint8Array([1])),
    module_empty: () => new WebAssembly.Module(new Uint8Array()),
    module_nothing: () => new WebAssembly.Module(),
    module_text: () => new WebAssembly.Module("x"),
    module_module: ({ add }) => new WebAssembly.Module(add),
    module_call: () => WebAssembly.Module(new Uint8Array()),
    compile: () => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    compile_bad: () => WebAssembly.compile(new Uint8Array([1])),
    compile_empty: () => WebAssembly.compile(new Uint8Array()),
    compile_nothing: () => WebAssembly.compile(),
    compile_text: () => WebAssembly.compile("x"),
    compile_sync: () => typeof WebAssembly.compile("x").catch(() => {}),
    instantiate: () => WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    instantiate_bad: () => WebAssembly.instantiate(new Uint8Array([1])),
    instantiate_nothing: () => WebAssembly.instantiate(),
    instantiate_text: () => WebAssembly.instantiate("x"),
    instantiate_null: () => WebAssembly.instantiate(null),
    streaming: () => typeof WebAssembly.compileStreaming + typeof WebAssembly.instantiateStreaming,
    validate: () => WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    validate_bad: () => WebAssembly.validate(new Uint8Array([1])),
    validate_buffer: () => WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]).buffer),
    validate_nothing: () => WebAssembly.validate(),
    validate_text: () => WebAssembly.validate("x"),
    validate_module: ({ add }) => WebAssembly.validate(add),
  }),
  "code from bytes at the top level": async (t) => {
    const source = `${"let seen; try { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); seen = 'made'; } catch (e) { seen = String(e); }"}
      export default { fetch() { return Response.json(seen); } };`;
    return (await t.load(source).getEntrypoint().fetch("http://x/")).json();
  },
  "statics of Module": (t) => all(t, { rich: RICH, empty: EMPTY }, {
    exports: ({ rich }) => WebAssembly.Module.exports(rich),
    imports: ({ rich }) => WebAssembly.Module.imports(rich),
    sections: ({ rich }) => WebAssembly.Module.customSections(rich, "notes").map((b) => [...new Uint8Array(b)]),
    sections_empty: ({ rich }) => WebAssembly.Module.customSections(rich, "other"),
    sections_missing: ({ rich }) => WebAssembly.Module.customSections(rich, "x"),
    sections_unnamed: ({ rich }) => WebAssembly.Module.customSections(rich),
    sections_undefined: ({ rich }) => WebAssembly.Module.customSections(rich, undefined),
    sections_number: ({ rich }) => WebAssembly.Module.customSections(rich, 5),
    of_empty: ({ empty }) => [WebAssembly.Module.exports(empty), WebAssembly.Module.imports(empty)],
    exports_nothing: () => WebAssembly.Module.exports(),
    exports_object: () => WebAssembly.Module.exports({}),
    imports_object: () => WebAssembly.Module.imports({}),
    sections_object: () => WebAssembly.Module.customSections({}, "x"),
    fresh: ({ rich }) => WebAssembly.Module.exports(rich) === WebAssembly.Module.exports(rich),
  }),
  "a module": (t) => all(t, { add: ADD }, {
    tag: ({ add }) => Object.prototype.toString.call(add),
    instance: ({ add }) => add instanceof WebAssembly.Module,
    keys: ({ add }) => Object.getOwnPropertyNames(add),
    extensible: ({ add }) => Object.isExtensible(add),
    text: ({ add }) => String(add),
    json: ({ add }) => JSON.stringify(add),
    clone_instance: ({ add }) => structuredClone(new WebAssembly.Instance(add)),
    clone_memory: () => structuredClone(new WebAssembly.Memory({ initial: 1 })),
    same_import: async ({ add }) => (await import("./" + "add.wasm")).default === add,
    namespace: async () => Object.keys(await import("./" + "add.wasm")),
  }),
  "a clone of a module": differs("the reference writes it and cannot read it", { gave: { clone: "threw DOMException DataCloneError: #<Module> could not be cloned." } }, (t) => all(t, { add: ADD }, {
    clone: ({ add }) => Object.prototype.toString.call(structuredClone(add)),
  })),
  "tags and exceptions": (t) => all(t, {}, {
    tag: () => Object.prototype.toString.call(new WebAssembly.Tag({ parameters: ["i32", "externref"] })),
    js_tag: () => [WebAssembly.JSTag instanceof WebAssembly.Tag, typeof WebAssembly.JSTag],
    tag_nothing: () => new WebAssembly.Tag(),
    tag_empty: () => new WebAssembly.Tag({}),
    tag_wrong: () => new WebAssembly.Tag({ parameters: ["i33"] }),
    tag_no_new: () => WebAssembly.Tag({ parameters: [] }),
    exception: () => { const tag = new WebAssembly.Tag({ parameters: ["i32", "externref"] }); const e = new WebAssembly.Exception(tag, [1, "x"]); return [Object.prototype.toString.call(e), e instanceof Error, e.is(tag), e.is(WebAssembly.JSTag), e.getArg(tag, 0), e.getArg(tag, 1)]; },
    exception_few: () => new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ["i32"] }), []),
    exception_no_tag: () => new WebAssembly.Exception({}, []),
    exception_no_payload: () => new WebAssembly.Exception(new WebAssembly.Tag({ parameters: [] })),
    exception_js_tag: () => new WebAssembly.Exception(WebAssembly.JSTag, [1]),
    other_tag: () => new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ["i32"] }), [1]).getArg(new WebAssembly.Tag({ parameters: ["i32"] }), 0),
    arg_outside: () => { const tag = new WebAssembly.Tag({ parameters: ["i32"] }); return new WebAssembly.Exception(tag, [1]).getArg(tag, 1); },
    converted: () => { const tag = new WebAssembly.Tag({ parameters: ["i32", "f32", "i64"] }); const e = new WebAssembly.Exception(tag, [1.9, 0.1, 5n]); return [e.getArg(tag, 0), e.getArg(tag, 1), e.getArg(tag, 2)]; },
  }),
  "an instance": (t) => all(t, { add: ADD, rich: RICH, empty: EMPTY }, {
    tag: ({ add }) => Object.prototype.toString.call(new WebAssembly.Instance(add)),
    own: ({ add }) => Object.getOwnPropertyNames(new WebAssembly.Instance(add)),
    keys: ({ add }) => Object.keys(new WebAssembly.Instance(add)),
    exports: ({ add }) => new WebAssembly.Instance(add).exports,
    exports_tag: ({ add }) => Object.prototype.toString.call(new WebAssembly.Instance(add).exports),
    exports_proto: ({ add }) => Object.getPrototypeOf(new WebAssembly.Instance(add).exports),
    exports_frozen: ({ add }) => Object.isFrozen(new WebAssembly.Instance(add).exports),
    exports_same: ({ add }) => { const i = new WebAssembly.Instance(add); return i.exports === i.exports && i.exports.add === i.exports.add; },
    exports_descriptor: ({ add }) => { const d = Object.getOwnPropertyDescriptor(new WebAssembly.Instance(add).exports, "add"); return [d.writable, d.enumerable, d.configurable]; },
    exports_write: ({ add }) => { new WebAssembly.Instance(add).exports.add = 1; },
    exports_new: ({ add }) => { new WebAssembly.Instance(add).exports.x = 1; },
    empty: ({ empty }) => Reflect.ownKeys(new WebAssembly.Instance(empty).exports),
    order: ({ rich }) => { const f = () => 1n; return Object.keys(new WebAssembly.Instance(rich, { m: { f, g: 1, t: new WebAssembly.Table({ element: "anyfunc", initial: 1 }) }, n: { memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }) } }).exports); },
    no_new: ({ add }) => WebAssembly.Instance(add),
    nothing: () => new WebAssembly.Instance(),
    object: () => new WebAssembly.Instance({}),
    number: ({ add }) => new WebAssembly.Instance(add, 5),
    null_imports: ({ add }) => new WebAssembly.Instance(add, null),
    undefined_imports: ({ add }) => new WebAssembly.Instance(add, undefined).exports,
    no_imports: ({ rich }) => new WebAssembly.Instance(rich),
    subclass: ({ add }) => { class Mine extends WebAssembly.Instance {} const i = new Mine(add); return [i instanceof Mine, i.exports.add(1, 2)]; },
    exports_getter: ({ add }) => Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, "exports")?.get?.call({}),
  }),
  "instantiate": (t) => all(t, { add: ADD, rich: RICH }, {
    module: async ({ add }) => { const r = await WebAssembly.instantiate(add); return [r instanceof WebAssembly.Instance, r.exports.add(2, 3)]; },
    with_imports: async ({ add }) => (await WebAssembly.instantiate(add, {})).exports.add(2, 3),
    promise: ({ add }) => WebAssembly.instantiate(add) instanceof Promise,
    number: ({ add }) => WebAssembly.instantiate(add, 5),
    null_imports: ({ add }) => WebAssembly.instantiate(add, null),
    missing: ({ rich }) => WebAssembly.instantiate(rich, {}),
    missing_imports: ({ rich }) => WebAssembly.instantiate(rich),
    sync_throw: ({ rich }) => { WebAssembly.instantiate(rich, {}).catch(() => {}); return "no throw"; },
    length: () => [WebAssembly.instantiate.length, WebAssembly.compile.length, WebAssembly.validate.length, WebAssembly.instantiate.name],
  }),
  "exported functions": (t) => all(t, { add: ADD }, {
    name: ({ add }) => { const f = new WebAssembly.Instance(add).exports.add; return [f.name, f.length, typeof f, String(f).replace(/\s+/g, " "), f instanceof Function, Object.getOwnPropertyNames(f).sort(), "prototype" in f]; },
    construct: ({ add }) => new (new WebAssembly.Instance(add).exports.add)(),
    few: ({ add }) => new WebAssembly.Instance(add).exports.add(1),
    many: ({ add }) => new WebAssembly.Instance(add).exports.add(1, 2, 3, 4),
    none: ({ add }) => new WebAssembly.Instance(add).exports.add(),
    bound: ({ add }) => new WebAssembly.Instance(add).exports.add.bind(null, 40)(2),
    apply: ({ add }) => Reflect.apply(new WebAssembly.Instance(add).exports.add, {}, [1, 1]),
    map: ({ add }) => [1, 2, 3].map(new WebAssembly.Instance(add).exports.add),
    expando: ({ add }) => { const f = new WebAssembly.Instance(add).exports.add; f.x = 1; return f.x; },
    descriptors: ({ add }) => { const f = new WebAssembly.Instance(add).exports.add; return ["name", "length"].map((k) => { const d = Object.getOwnPropertyDescriptor(f, k); return [d.value, d.writable, d.enumerable, d.configurable]; }); },
  }),
});

export default worker;
export { Place, Actor as Plain };
