// WebAssembly.Module: compiled code that the worker brought along.

import { mayCompile } from "../native.js";
import { CompileError, worded } from "./errors.js";
import { ask, requireNew, States, wasmClass } from "./support.js";

const states = new States("Module");
const kinds = { f: "function", t: "table", m: "memory", g: "global" };

export function Module(bytes) {
  requireNew(new.target, "Module");
  return make(compile(bytes, "WebAssembly.Module()"), new.target);
}

function make(number, target) {
  const [imports, exports, pages] = ask("describe", number);
  return states.make(target, { number, imports, exports, pages });
}

/** The module that the host offers under that number. */
export function offeredModule(number) {
  try {
    return make(number, Module);
  } catch (error) {
    throw worded(error, "WasmModuleObject::Compile()");
  }
}

/** The module's state, or undefined for anything else. */
export const moduleState = (value) => states.find(value);

/** The bytes of a module, or undefined for anything else. */
export function moduleBytes(value) {
  const state = states.find(value);
  return state && ask("bytes", state.number);
}

/** Bytes of a buffer or view; undefined for anything else. */
export function sourceBytes(source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return source instanceof ArrayBuffer ? new Uint8Array(source) : undefined;
}

/** Compiles bytes, which only a worker that starts may; the module's number. */
function compile(source, where) {
  if (!mayCompile()) throw new CompileError(`${where}: Wasm code generation disallowed by embedder`);
  const bytes = sourceBytes(source);
  if (bytes === undefined) throw new TypeError(`${where}: Argument 0 must be a buffer source`);
  if (bytes.byteLength === 0) throw new CompileError(`${where}: BufferSource argument is empty`);
  try {
    return ask("compile", 0, bytes);
  } catch (error) {
    throw worded(error, where);
  }
}

/** The module of bytes. */
export const compiled = (source, where) => make(compile(source, where), Module);

function given(module, where) {
  const state = states.find(module);
  if (state === undefined) throw new TypeError(`${where}: Argument 0 must be a WebAssembly.Module`);
  return state;
}

wasmClass(Module, {}, {
  imports(module) {
    const { imports } = given(module, "WebAssembly.Module.imports()");
    return imports.map(([module, name, kind]) => ({ module, name, kind: kinds[kind] }));
  },
  exports(module) {
    const { exports } = given(module, "WebAssembly.Module.exports()");
    return exports.map(([name, kind]) => ({ name, kind: kinds[kind] }));
  },
  customSections(module, name) {
    const { number } = given(module, "WebAssembly.Module.customSections()");
    if (name === undefined) throw new TypeError("WebAssembly.Module.customSections(): Argument 1 is required");
    return ask("custom", number, String(name));
  },
});
