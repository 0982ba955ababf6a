// Memories of WebAssembly: buffers, growth, data, limits.

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
/** A memory of one page to three, with accessors. */
const MEM = wasm({
  types: [type([], [I32]), type([I32], [I32]), type([I32, I32])], funcs: [0, 1, 1, 2], memory: limits(1, 3),
  exports: [["memory", 2, 0], ["size", 0, 0], ["grow", 0, 1], ["load", 0, 2], ["store", 0, 3]],
  codes: [code(0x3f, 0), code(get(0), 0x40, 0), code(get(0), 0x28, 2, 0), code(get(0), get(1), 0x36, 2, 0)],
  datas: [data(8, [1, 2, 3, 4])],
});
/** The same with the memory imported. */
const USES = wasm({
  types: [type([], [I32]), type([I32], [I32]), type([I32, I32])], imports: [["m", "memory", [2, ...limits(1)]]], funcs: [0, 1, 1, 2],
  exports: [["memory", 2, 0], ["size", 0, 0], ["grow", 0, 1], ["load", 0, 2], ["store", 0, 3]],
  codes: [code(0x3f, 0), code(get(0), 0x40, 0), code(get(0), 0x28, 2, 0), code(get(0), get(1), 0x36, 2, 0)],
  datas: [data(16, [9])],
});
const PLAIN = wasm({ memory: limits(0), exports: [["memory", 2, 0]], types: [type([I32], [I32])], funcs: [0], codes: [code(get(0), 0x40, 0)] });
const made = (descriptors) => Object.fromEntries(descriptors.map((text) => [text, `() => { const m = new WebAssembly.Memory(${text}); return [m.buffer.byteLength, Object.prototype.toString.call(m)]; }`]));

const { worker, Place } = program({
  "construction": (t) => all(t, {}, made(["", "undefined", "null", "5", "'x'", "{}", "{ initial: 0 }", "{ initial: 1 }", "{ initial: '2' }", "{ initial: 1.5 }", "{ initial: -1 }", "{ initial: NaN }", "{ initial: 65537 }", "{ initial: 2 ** 32 }",
    "{ initial: Infinity }", "{ initial: null }", "{ initial: undefined }", "{ initial: {} }", "{ initial: 1n }", "{ initial: Symbol() }", "{ minimum: 1 }", "{ initial: 1, minimum: 1 }", "{ initial: 1, maximum: 1 }", "{ initial: 2, maximum: 1 }",
    "{ initial: 1, maximum: 65536 }", "{ initial: 1, maximum: 65537 }", "{ initial: 1, maximum: -1 }", "{ initial: 1, maximum: undefined }", "{ initial: 1, maximum: null }", "{ maximum: 1 }", "{ initial: 1, shared: false }", "{ initial: 1, maximum: 2, shared: false }", "{ initial: { valueOf() { return 1; } } }", "{ initial: { valueOf() { throw new Error('mine'); } } }", "() => {}", "[]"])),
  "without new": (t) => all(t, {}, { call: () => WebAssembly.Memory({ initial: 1 }) }),
  "the buffer": (t) => all(t, { mem: MEM }, {
    same: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; return memory.buffer === memory.buffer; },
    class: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; return [memory instanceof WebAssembly.Memory, memory.buffer instanceof ArrayBuffer, memory.buffer.byteLength, memory.buffer.resizable, memory.buffer.maxByteLength]; },
    data: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; return [...new Uint8Array(memory.buffer, 6, 8)]; },
    written_by_js: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; new Uint32Array(e.memory.buffer)[25] = 77; return e.load(100); },
    written_by_wasm: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const view = new DataView(e.memory.buffer); e.store(200, 0x01020304); return [view.getUint8(200), view.getInt32(200, true)]; },
    view_stays: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const view = new Uint8Array(e.memory.buffer); for (let i = 0; i < 10; i++) { e.store(0, i); if (view[0] !== i) return "lost"; } return "kept"; },
    read_only: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; memory.buffer = 1; },
    transfer: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; try { memory.buffer.transfer(); return "gone"; } catch (e) { return [e instanceof TypeError, memory.buffer.byteLength]; } },
    transfer_longer: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; try { memory.buffer.transfer(100000); return "gone"; } catch (e) { return [e instanceof TypeError, memory.buffer.byteLength]; } },
    clone_transfer: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; try { structuredClone(memory.buffer, { transfer: [memory.buffer] }); return "gone"; } catch (e) { return memory.buffer.byteLength; } },
    clone: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; const copy = structuredClone(memory.buffer); new Uint8Array(copy)[0] = 5; return [copy.byteLength, new Uint8Array(memory.buffer)[0]]; },
    slice: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; return [...new Uint8Array(memory.buffer.slice(8, 12))]; },
    text: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const { written } = new TextEncoder().encodeInto("häl", new Uint8Array(e.memory.buffer, 32)); return [written, new TextDecoder().decode(new Uint8Array(e.memory.buffer, 32, written))]; },
    resize: ({ mem }) => { const { memory } = new WebAssembly.Instance(mem).exports; memory.buffer.resize(1); },
    wrong_receiver: () => Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, "buffer").get.call({}),
    response: async ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; return [...new Uint8Array(await new Response(new Uint8Array(e.memory.buffer, 8, 4)).arrayBuffer())]; },
    digest: async ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; return new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(e.memory.buffer, 8, 4)))[0]; },
    random: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; crypto.getRandomValues(new Uint8Array(e.memory.buffer, 64, 32)); let sum = 0; for (let i = 64; i < 96; i += 4) sum |= e.load(i); return sum !== 0; },
  }),
  "growth by JavaScript": (t) => all(t, { mem: MEM }, {
    grow: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; return [e.memory.grow(1), e.size(), e.memory.buffer.byteLength, e.load(131068), e.load(8)]; },
    detaches: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const b = e.memory.buffer, v = new Uint8Array(b); e.memory.grow(1); return [b.byteLength, b.detached, v.length, v[8], b === e.memory.buffer]; },
    by_zero: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const b = e.memory.buffer; return [e.memory.grow(0), b.detached, b === e.memory.buffer, e.memory.buffer.byteLength]; },
    too_far: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(3),
    far_too_far: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(65536),
    after_failure: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const b = e.memory.buffer; try { e.memory.grow(9); } catch {} return [e.size(), b === e.memory.buffer]; },
    negative: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(-1),
    nothing: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(),
    text: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow("1"),
    fraction: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(1.9),
    nan: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(NaN),
    huge: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(2 ** 33),
    symbol: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow(Symbol()),
    object: ({ mem }) => new WebAssembly.Instance(mem).exports.memory.grow({ valueOf: () => 1 }),
    receiver: () => WebAssembly.Memory.prototype.grow.call({}, 1),
  }),
  "growth by wasm": (t) => all(t, { mem: MEM, plain: PLAIN }, {
    grow: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; return [e.grow(2), e.grow(1), e.size(), e.memory.buffer.byteLength]; },
    detaches: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const b = e.memory.buffer; e.grow(1); return [b.byteLength, b.detached, e.memory.buffer.byteLength]; },
    failure: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; const b = e.memory.buffer; return [e.grow(5), b.byteLength]; },
    keeps_content: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; e.store(60000, 1234567); e.grow(1); e.store(131068, 7); return [e.load(60000), e.load(131068), e.load(8)]; },
    zeroed: ({ mem }) => { const e = new WebAssembly.Instance(mem).exports; e.grow(2); return new Uint8Array(e.memory.buffer, 65536).every((b) => b === 0); },
    from_nothing: ({ plain }) => { const { memory } = new WebAssembly.Instance(plain).exports; const before = memory.buffer.byteLength; memory.grow(1); new Uint8Array(memory.buffer)[5] = 1; return [before, memory.buffer.byteLength]; },
    step_by_step: ({ plain }) => { const { memory } = new WebAssembly.Instance(plain).exports; for (let i = 0; i < 40; i++) { memory.grow(1); new Uint8Array(memory.buffer)[i * 65536 + 1] = i + 1; } const all = new Uint8Array(memory.buffer); let ok = true; for (let i = 0; i < 40; i++) ok &&= all[i * 65536 + 1] === i + 1; return [memory.buffer.byteLength, ok]; },
    two_together: ({ plain }) => { const a = new WebAssembly.Instance(plain).exports.memory, b = new WebAssembly.Instance(plain).exports.memory; for (let i = 0; i < 12; i++) { a.grow(1); b.grow(2); new Uint8Array(a.buffer).fill(i + 1, i * 65536, (i + 1) * 65536); new Uint8Array(b.buffer).fill(100 + i, i * 131072, (i + 1) * 131072); } let ok = true; for (let i = 0; i < 12; i++) ok &&= new Uint8Array(a.buffer)[i * 65536 + 9] === i + 1 && new Uint8Array(b.buffer)[i * 131072 + 99999] === 100 + i; return ok; },
  }),
  "a shared memory": (t) => all(t, { uses: USES, mem: MEM }, {
    imported: ({ uses }) => { const memory = new WebAssembly.Memory({ initial: 1 }); const e = new WebAssembly.Instance(uses, { m: { memory } }).exports; return [e.memory === memory, new Uint8Array(memory.buffer)[16], e.size()]; },
    both_see: ({ uses }) => { const memory = new WebAssembly.Memory({ initial: 1 }); const a = new WebAssembly.Instance(uses, { m: { memory } }).exports, b = new WebAssembly.Instance(uses, { m: { memory } }).exports; a.store(40, 5); return [b.load(40), b.grow(2), a.size(), a.load(40), memory.buffer.byteLength]; },
    of_instance: ({ uses, mem }) => { const a = new WebAssembly.Instance(mem).exports; const b = new WebAssembly.Instance(uses, { m: a }).exports; b.store(4, 99); return [a.load(4), a.load(8), b.memory === a.memory]; },
    limit_of_its_own: ({ uses, mem }) => { const a = new WebAssembly.Instance(mem).exports; const b = new WebAssembly.Instance(uses, { m: a }).exports; return [b.grow(2), b.grow(1)]; },
    too_small: ({ uses }) => new WebAssembly.Instance(uses, { m: { memory: new WebAssembly.Memory({ initial: 0 }) } }),
    data_outside: ({ uses }) => "ok",
  }),
  "what is thrown away": (t) => all(t, { mem: MEM, plain: PLAIN }, {
    many: ({ mem }) => { for (let i = 0; i < 2000; i++) { const e = new WebAssembly.Instance(mem).exports; if (e.load(8) !== 0x04030201 || e.load(0) !== 0) return `dirty at ${i}`; new Uint8Array(e.memory.buffer).fill(255); } return "clean"; },
    buffers_stay: ({ plain }) => { const kept = []; for (let i = 0; i < 50; i++) { const { memory } = new WebAssembly.Instance(plain).exports; memory.grow(1); const v = new Uint8Array(memory.buffer); v.fill(i); kept.push(v); } return kept.every((v, i) => v.length === 65536 && v.every((b) => b === i)); },
    memories: () => { for (let i = 0; i < 300; i++) { const m = new WebAssembly.Memory({ initial: 16 }); const v = new Uint8Array(m.buffer); if (v[70000] !== 0) return "dirty"; v[70000] = 1; } return "clean"; },
  }),
});

export default worker;
export { Place, Actor as Plain };
