// The modules of the worker that this sandbox runs, by name.

import { utf8Encode } from "../native.js";
import { offeredModule } from "../webassembly/module.js";

const modules = new Map();

/** Whether the worker has a module of that name. */
export const hasModule = (name) => modules.has(name);

/** Whether that module is WebAssembly. */
export const isWasm = (name) => modules.get(name)?.kind === "wasm";

const builtins = new Map([["cloudflare:workers", "lapidary:runtime/workers/cloudflare.js"]]);

/** Takes over the worker's modules: lists of name, kind, source (of wasm, its number) and resolved imports. */
export function defineModules(list) {
  for (const [name, kind, source, imports] of list) {
    // what is no wasm is found now, used or not
    const content = kind === "wasm" ? offeredModule(source) : source;
    modules.set(name, { kind, source: content, imports: imports && new Map(imports) });
  }
}

/** An import while the worker starts is told with its importer; a later one is at a place that is known. */
let starting = true;

export function modulesStarted() {
  starting = false;
}

const PROVIDED = /^(?:node|cloudflare|workerd):/;

function noSuchModule(name, importer) {
  const from = starting ? `\n  imported from "${importer}"` : "";
  const cure = PROVIDED.test(name) ? "\n  This version of lapidary provides only \"cloudflare:workers\"." : "";
  return new Error(`No such module "${name}".${from}${cure}`);
}

/** The name of what `importer` imports as `specifier`. C calls this. */
export function resolveModule(importer, specifier) {
  if (builtins.has(specifier)) return builtins.get(specifier);
  const known = modules.get(importer)?.imports?.get(specifier);
  if (known !== undefined) return known;
  if (importer.startsWith("lapidary:") || modules.has(importer)) {
    const name = resolvePath(importer, specifier);
    if (modules.has(name)) return name;
    // the reference also finds a sibling at the top by its bare name
    if (modules.has(specifier)) return specifier;
    throw noSuchModule(name, importer);
  }
  throw noSuchModule(specifier, importer);
}

function resolvePath(importer, specifier) {
  if (specifier.startsWith("/")) return specifier.slice(1);
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return specifier;
  const parts = importer.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Source text, or an object whose `value` is the default export. C calls this. */
export function moduleSource(name) {
  const module = modules.get(name);
  if (!module) throw new Error(`No such module "${name}".`);
  switch (module.kind) {
    case "js":
      return module.source;
    case "text":
    case "wasm":
      return { value: module.source };
    case "json":
      return { value: JSON.parse(module.source) };
    case "data":
      return { value: typeof module.source === "string" ? utf8Encode(module.source).buffer : module.source };
    case "cjs":
      return { value: requireModule(name) };
    default:
      throw new Error(`Module "${name}" is of a kind that is not supported here: ${module.kind}.`);
  }
}

const required = new Map();

/** CommonJS: runs the module once and returns its `module.exports`. */
function requireModule(name) {
  if (required.has(name)) return required.get(name).exports;
  const entry = modules.get(name);
  if (!entry) throw new Error(`No such module "${name}".`);
  if (entry.kind === "text" || entry.kind === "wasm") return entry.source;
  if (entry.kind === "json") return JSON.parse(entry.source);
  if (entry.kind !== "cjs") throw new Error(`Module "${name}" cannot be loaded with require().`);
  const module = { exports: {} };
  required.set(name, module);
  const require = (specifier) => requireModule(resolveModule(name, specifier));
  // a line of its own would move every position in the author's file
  const run = (0, eval)(`(function (exports, require, module) {${entry.source}\n})//# ${name}`);
  run(module.exports, require, module);
  return module.exports;
}
