// The namespace WebAssembly.

import { defineUncloneable } from "../workers/platform.js";
import { CompileError, LinkError, RuntimeError } from "./errors.js";
import { Exception, JSTag, Tag } from "./exception.js";
import { Global } from "./global.js";
import { Instance, instantiate as link } from "./instance.js";
import { Memory } from "./memory.js";
import { compiled, Module, moduleState, sourceBytes } from "./module.js";
import { ask, isObject } from "./support.js";
import { Table } from "./table.js";

async function compile(bytes) {
  return compiled(bytes, "WebAssembly.compile()");
}

// what can be done at once is, as the reference has it
function instantiate(source, imports) {
  const where = "WebAssembly.instantiate()";
  try {
    if (!isObject(source)) throw new TypeError(`${where}: Argument 0 must be a buffer source or a WebAssembly.Module object`);
    const state = moduleState(source);
    if (state !== undefined) return Promise.resolve(link(state, imports, where));
    if (imports !== undefined && !isObject(imports)) throw new TypeError(`${where}: Argument 1 must be an object`);
    const module = compiled(source, where);
    return Promise.resolve({ module, instance: link(moduleState(module), imports, where) });
  } catch (error) {
    return Promise.reject(error);
  }
}

function validate(source) {
  const bytes = sourceBytes(source);
  if (bytes === undefined) throw new TypeError("WebAssembly.validate(): Argument 0 must be a buffer source");
  return ask("validate", 0, bytes);
}

/** Puts WebAssembly on the global object. */
export function installWebAssembly(target) {
  const namespace = {};
  for (const [name, value] of Object.entries({ compile, validate, instantiate })) {
    Object.defineProperty(value, "length", { value: 1 });
    Object.defineProperty(namespace, name, { value, writable: true, enumerable: true, configurable: true });
  }
  const classes = { Module, Instance, Table, Memory, Global, Tag, JSTag, Exception, CompileError, LinkError, RuntimeError };
  for (const [name, value] of Object.entries(classes)) {
    Object.defineProperty(namespace, name, { value, writable: true, configurable: true });
  }
  defineUncloneable([Module, Instance, Table, Memory, Global, Tag, Exception]);
  Object.defineProperty(namespace, Symbol.toStringTag, { value: "WebAssembly", configurable: true });
  Object.defineProperty(target, "WebAssembly", { value: namespace, writable: true, configurable: true });
}
