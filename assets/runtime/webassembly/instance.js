// WebAssembly.Instance: links a module with its imports, and makes its exports.
//
// An instance's owner (an object of the engine's) keeps its imports; its functions keep the
// owner. So an instance lives as long as anything of it can be reached.

import { functionNumber, functionObject, memoryHolder, memoryPressure, newOwner } from "../native.js";
import { LinkError, worded } from "./errors.js";
import { globalState, makeGlobal } from "./global.js";
import { makeMemory, memoryState } from "./memory.js";
import { moduleState } from "./module.js";
import { ask, encode, isObject, NO_FUNCTION, requireNew, States, wasmClass } from "./support.js";
import { makeTable, tableState } from "./table.js";

const states = new States("Instance");
let lastOwner = 0;

/** Owners of instances that may have put functions into tables of others. */
const pinned = [];

export function Instance(module, imports) {
  requireNew(new.target, "Instance", "");
  const where = "WebAssembly.Instance()";
  const state = moduleState(module);
  if (state === undefined) throw new TypeError(`${where}: Argument 0 must be a WebAssembly.Module`);
  return instantiate(state, imports, where, new.target);
}
Object.defineProperty(Instance, "length", { value: 1 });

/** A new instance of a module's state. */
export function instantiate(module, imports, where, target = Instance) {
  if (imports !== undefined && !isObject(imports)) throw new TypeError(`${where}: Argument 1 must be an object`);
  const given = new Given(where);
  const values = look(module.imports, imports, where);
  const forms = module.imports.map((wanted, index) => given.form(wanted, index, values[index]));
  const number = ++lastOwner;
  const owner = newOwner(number, given.functions, given.keeps);
  memoryPressure(module.pages);
  let answer;
  try {
    answer = ask("instantiate", module.number, number, forms);
  } catch (error) {
    throw worded(error, where);
  }
  const [start, memory, exports] = answer;
  if (given.sharesTable) pinned.push(owner);
  const made = states.make(target, { exports: makeExports(exports, memory, given, owner) });
  if (start !== null) functionObject(start[0], start[1], "", owner)();
  return made;
}

/** Reads all imports, in order. */
function look(wanted, imports, where) {
  if (wanted.length > 0 && imports === undefined) throw new TypeError(`${where}: Imports argument must be present and must be an object`);
  return wanted.map(([module, name], index) => {
    const from = imports[module];
    if (!isObject(from)) throw new TypeError(`${where}: Import #${index} "${module}": module is not an object or function`);
    return from[name];
  });
}

/** What an instance is given, for the host and to be kept. */
class Given {
  #where;
  /** Functions of JavaScript's, each followed by its signature. */
  functions = [];
  /** What the instance must keep. */
  keeps = [];
  /** Objects that come out again as exports, by kind and number. */
  known = new Map();
  sharesTable = false;

  constructor(where) {
    this.#where = where;
  }

  #wrong([module, name], index, what) {
    return new LinkError(`${this.#where}: Import #${index} "${module}" "${name}": ${what}`);
  }

  /** The host's form of an import. No code of the program's runs here. */
  form(wanted, index, value) {
    const [, , kind, type] = wanted;
    if (kind === "f") return this.#function(wanted, index, value, type);
    if (kind === "g") return this.#global(wanted, index, value, type);
    const state = kind === "t" ? tableState(value) : memoryState(value);
    if (state === undefined) {
      throw this.#wrong(wanted, index, kind === "t" ? "table import requires a WebAssembly.Table" : "memory import must be a WebAssembly.Memory object");
    }
    if (kind === "t") this.sharesTable = true;
    return this.#known(kind, state, value);
  }

  #known(kind, state, value) {
    this.keeps.push(value, state);
    this.known.set(kind + state.number, value);
    return [kind, state.number];
  }

  #function(wanted, index, value, signature) {
    if (typeof value !== "function") throw this.#wrong(wanted, index, "function import requires a callable");
    const number = functionNumber(value);
    if (number !== undefined) {
      this.keeps.push(value);
      return ["f", number];
    }
    const results = signature.length - signature.indexOf(":") - 1;
    this.functions.push(results > 1 ? spread(value, results) : value, signature);
    return ["n", this.functions.length / 2 - 1];
  }

  #global(wanted, index, value, type) {
    const state = globalState(value);
    if (state !== undefined) return this.#known("g", state, value);
    if (type.endsWith("*")) throw this.#wrong(wanted, index, "imported mutable global must be a WebAssembly.Global object");
    if (type === "v") throw this.#wrong(wanted, index, "global import of type v128 must be a WebAssembly.Global");
    const fits = type === "e" || type === "a" || (type === "l" ? typeof value === "bigint" : typeof value === "number");
    if (!fits) throw this.#wrong(wanted, index, "global import must be a number, valid Wasm reference, or WebAssembly.Global object");
    const encoded = encode(type, value, (kept) => this.keeps.push(kept), false);
    if (encoded === undefined) throw this.#wrong(wanted, index, NO_FUNCTION);
    return ["v", encoded];
  }
}

/** A function that gives an array of exactly `count` values. */
const spread = (value, count) => (...args) => {
  const results = Reflect.apply(value, undefined, args);
  if (!isObject(results) && typeof results !== "string") {
    throw new TypeError(`${results === undefined || results === null ? "" : `${typeof results} `}${String(results)} is not iterable (cannot read property Symbol(Symbol.iterator))`);
  }
  const list = [...results];
  if (list.length !== count) throw new TypeError("multi-return length mismatch");
  return list;
};

function makeExports(list, memory, given, owner) {
  const exports = Object.create(null);
  const { keeps, known } = given;
  if (memory !== null && !known.has(`m${memory}`)) {
    const holder = memoryHolder(memory);
    keeps.push(holder);
    known.set(`m${memory}`, undefined);
    known.set("holder", holder);
  }
  for (const [name, kind, number, type, more] of list) {
    Object.defineProperty(exports, name, { value: exported(kind, number, type, more, given, owner), enumerable: true });
  }
  return Object.freeze(exports);
}

function exported(kind, number, type, more, { keeps, known }, owner) {
  if (kind === "f") return functionObject(number, type, more, owner);
  const key = kind + number;
  const there = known.get(key);
  if (there !== undefined) return there;
  if (kind === "g") return makeGlobal(number, type, more, keeps, owner);
  const made = kind === "m" ? makeMemory(number, known.get("holder")) : makeTable(number, type, keeps, owner);
  known.set(key, made);
  return made;
}

wasmClass(Instance, {
  get exports() {
    return states.of(this, "WebAssembly.Instance.exports()").exports;
  },
});
