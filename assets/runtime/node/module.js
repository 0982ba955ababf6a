// The module "node:module".

import { requireGlobally } from "../workers/modules.js";
import { ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED } from "./errors.js";
import { moduleNames } from "./registry.js";

const notHere = (name) => ({ [name]() { throw new ERR_METHOD_NOT_IMPLEMENTED(`module.${name}`); } })[name];

export const Module = notHere("Module");
/** What can be imported with "node:" alone. */
const PREFIXED = ["sqlite", "test"];
export const builtinModules = [];

/** Lists the modules, once the table has them all. */
export function listModules() {
  builtinModules.push(...moduleNames().filter((name) => !PREFIXED.includes(name)).sort());
}

export function isBuiltin(id) {
  if (typeof id !== "string") return false;
  return id.startsWith("node:") ? moduleNames().includes(id.slice(5)) : builtinModules.includes(id);
}

export function createRequire(path) {
  const text = `${path}`;
  if (!(path instanceof URL) && !text.startsWith("/") && !text.startsWith("file:")) {
    throw new ERR_INVALID_ARG_VALUE("path", text, "The argument must be a file URL object, a file URL string, or an absolute path string.");
  }
  const folder = decodeURIComponent(new URL(text, "file:///").pathname).replace(/^\//, "").split("/").slice(0, -1);
  return function require(id) {
    return requireGlobally(/^\.\.?\//.test(id) ? new URL(id, `file:///${folder.map((part) => `${part}/`).join("")}`).pathname.slice(1) : id);
  };
}

export const constants = { compileCacheStatus: Object.freeze({ FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 }) };
export const register = notHere("register");
export const registerHooks = notHere("registerHooks");
export const enableCompileCache = () => undefined;
export const findPackageJSON = notHere("findPackageJSON");
export const flushCompileCache = () => undefined;
export const getCompileCacheDir = () => undefined;
export const stripTypeScriptTypes = notHere("stripTypeScriptTypes");
export const findSourceMap = notHere("findSourceMap");
export const SourceMap = notHere("SourceMap");
export const getSourceMapsSupport = () => ({ enabled: false, nodeModules: false, generatedCode: false });
export const setSourceMapsSupport = notHere("setSourceMapsSupport");
export const globalPaths = [];
export const runMain = notHere("runMain");
export const syncBuiltinESMExports = notHere("syncBuiltinESMExports");
export const wrap = notHere("wrap");

Object.assign(Module, {
  register, constants, enableCompileCache, findPackageJSON, flushCompileCache, getCompileCacheDir, stripTypeScriptTypes, findSourceMap,
  SourceMap, getSourceMapsSupport, setSourceMapsSupport, createRequire, builtinModules, globalPaths, isBuiltin, runMain,
  syncBuiltinESMExports, wrap, Module, registerHooks,
});
export default Module;
