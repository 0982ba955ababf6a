// The modules of the worker that this sandbox runs, by name.

import { utf8Encode } from "../native.js";
import { offeredModule } from "../webassembly/module.js";
import { isOn, moduleNames, nodeModule } from "../node/registry.js";
import * as cloudflare from "./cloudflare.js";
import * as email from "./email-module.js";
import * as sockets from "./sockets-module.js";

const modules = new Map();

/** Whether the worker has a module of that name. */
export const hasModule = (name) => modules.has(name);

/** Whether that module is WebAssembly. */
export const isWasm = (name) => modules.get(name)?.kind === "wasm";

const builtins = new Map([
  ["cloudflare:workers", { file: "lapidary:runtime/workers/cloudflare.js", namespace: cloudflare }],
  ["cloudflare:email", { file: "lapidary:runtime/workers/email-module.js", namespace: email }],
  ["cloudflare:sockets", { file: "lapidary:runtime/workers/sockets-module.js", namespace: sockets }],
]);

/** The runtime's own module that `specifier` means: `{ file, namespace }`. */
function builtin(specifier) {
  // a module of the worker's goes first, but for Node's bare names
  if (specifier.startsWith("node:") && modules.has(specifier)) return undefined;
  return builtins.get(specifier) ?? nodeModule(specifier);
}

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

function cureFor(name) {
  if (/^(?:cloudflare|workerd):/.test(name)) return "\n  This version of lapidary provides only \"cloudflare:workers\", \"cloudflare:email\" and \"cloudflare:sockets\".";
  if (!name.startsWith("node:")) return "";
  return isOn()
    ? `\n  Of Node's modules this version of lapidary provides ${moduleNames().join(", ")}.`
    : "\n  Node's modules need the compatibility flag \"nodejs_compat\", or a compatibility date of 2026-08-04 or later.";
}

function noSuchModule(name, importer) {
  const from = starting && importer !== undefined ? `\n  imported from "${importer}"` : "";
  return new Error(`No such module "${name}".${from}${cureFor(name)}`);
}

/** The name of what `importer` imports as `specifier`. C calls this. */
export function resolveModule(importer, specifier) {
  const own = builtin(specifier);
  if (own !== undefined) return own.file;
  const known = modules.get(importer)?.imports?.get(specifier);
  if (known !== undefined) return builtin(known)?.file ?? present(known, importer);
  if (!importer.startsWith("lapidary:") && !modules.has(importer)) throw noSuchModule(specifier, importer);
  const name = resolvePath(importer, specifier);
  if (modules.has(name)) return name;
  // the reference also finds a sibling at the top by its bare name
  return present(modules.has(specifier) ? specifier : name, importer);
}

function present(name, importer) {
  if (modules.has(name)) return name;
  throw noSuchModule(name, importer);
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

/** What `require(specifier)` gives in the module `importer`. */
function requireFrom(importer, specifier) {
  const own = builtin(specifier) ?? builtin(modules.get(importer)?.imports?.get(specifier) ?? "");
  if (own !== undefined) return own.namespace.default ?? own.namespace;
  return requireModule(resolveModule(importer, specifier));
}

/** The default export of one of Node's modules; undefined when there is none of that name. */
export const nodeDefault = (name) => nodeModule(name)?.namespace.default;

/** What a `require` gives that belongs to no module. */
export function requireGlobally(specifier) {
  const own = builtin(specifier);
  if (own !== undefined) return own.namespace.default ?? own.namespace;
  if (modules.has(specifier)) return requireModule(specifier);
  throw noSuchModule(specifier);
}

/** CommonJS: runs the module once and returns its `module.exports`. */
function requireModule(name) {
  if (required.has(name)) return required.get(name).exports;
  const entry = modules.get(name);
  if (!entry) throw new Error(`No such module "${name}".`);
  if (entry.kind === "text" || entry.kind === "wasm") return entry.source;
  if (entry.kind === "json") return JSON.parse(entry.source);
  if (entry.kind !== "cjs") throw new Error(`Module "${name}" cannot be loaded with require().`);
  const module = { path: "/", exports: {} };
  required.set(name, module);
  const require = (specifier) => requireFrom(name, specifier);
  // a line of its own would move every position in the author's file
  const run = (0, eval)(`(function (exports, require, module, __filename, __dirname) {${entry.source}\n})//# ${name}`);
  const path = `/${name}`;
  run(module.exports, require, module, path, path.slice(0, path.lastIndexOf("/")) || "/");
  return module.exports;
}
