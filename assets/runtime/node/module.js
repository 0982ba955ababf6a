// The module "node:module".

import { requireGlobally } from "../workers/modules.js";
import { ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED } from "./errors.js";
import { builtinModules, isBuiltin } from "./module/list.js";

const notHere = (name) => ({ [name]() { throw new ERR_METHOD_NOT_IMPLEMENTED(`module.${name}`); } })[name];

export const Module = notHere("Module");
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

export const _cache = {};
export const _debug = notHere("_debug");
export const _extensions = {};
export const _findPath = notHere("_findPath");
export const _initPaths = notHere("_initPaths");
export const _load = notHere("_load");
export const _pathCache = {};
export const _preloadModules = notHere("_preloadModules");
export const _resolveFilename = notHere("_resolveFilename");
export const _resolveLookupPaths = notHere("_resolveLookupPaths");
export const _nodeModulePaths = notHere("_nodeModulePaths");
export { builtinModules, isBuiltin };

Object.assign(Module, {
  register, constants, enableCompileCache, findPackageJSON, flushCompileCache, getCompileCacheDir, stripTypeScriptTypes, findSourceMap,
  SourceMap, getSourceMapsSupport, setSourceMapsSupport, createRequire, builtinModules, globalPaths, isBuiltin, runMain,
  syncBuiltinESMExports, wrap, _cache, _debug, _extensions, _findPath, _initPaths, _load, _pathCache, _preloadModules, _resolveFilename,
  _resolveLookupPaths, _nodeModulePaths, Module, registerHooks,
});
export default Module;
