// WorkerCode: what a loader is given, checked as the contract says and packed for the host.

import { moduleBytes, sourceBytes } from "../webassembly/module.js";
import { pack } from "./grants.js";
import { FACET } from "./platform.js";
import { Target, isObject } from "./stamp.js";

const MAX_CODE_BYTES = 67108864;
/** Each is told of each invocation. */
const MAX_TAILS = 32;
const MAX_ENV_BYTES = 1048576;
const KINDS = ["js", "cjs", "text", "data", "json", "py", "wasm"];

const incorrect = (field, type) =>
  new TypeError(`Incorrect type for the '${field}' field on 'WorkerCode': the provided value is not of type '${type}'.`);

/** `[date, flags, main, modules, env, outbound, limits, tails]` for the host's `loader.define`. */
export function packCode(code) {
  if (code === undefined || code === null) {
    throw new TypeError("Cannot initialize WorkerCode with required members from an undefined or null value.");
  }
  if (!isObject(code)) throw new TypeError("Callback returned incorrect type; expected 'Promise'");
  refuseUnsupported(code);
  const modules = packModules(code.modules);
  const main = String(code.mainModule);
  if (main.endsWith(".py") || modules.some(([, kind]) => kind === "py")) {
    throw new TypeError(`Python Workers are not supported by this version of lapidary. Main module: ${main}`);
  }
  return [
    String(code.compatibilityDate),
    (code.compatibilityFlags ?? []).map(String),
    main,
    modules,
    packEnv(code.env),
    packOutbound(code.globalOutbound),
    packLimits(code.limits),
    packTails(code.tails),
  ];
}

function refuseUnsupported(code) {
  for (const field of ["compatibilityFlags", "tails", "streamingTails"]) {
    if (code[field] !== undefined && !Array.isArray(code[field])) throw incorrect(field, "Array");
  }
  if (code.allowExperimental) {
    throw new Error("'allowExperimental' is only allowed when the calling worker has the 'experimental' compat flag set.");
  }
  if (code.streamingTails !== undefined) {
    throw new Error("Streaming tail workers are experimental. You must pass the option 'allowExperimental: true' to the worker loader to use them");
  }
}

function packTails(tails = []) {
  if (tails.length > MAX_TAILS) throw new RangeError(`A worker can have ${MAX_TAILS} tail workers; 'tails' has ${tails.length}.`);
  return tails.map((tail, at) => {
    const target = isObject(tail) ? Target.of(tail) : undefined;
    if (target === undefined) throw new TypeError(`Incorrect type for array element ${at}: the provided value is not of type 'Fetcher'.`);
    if (target[0] === "facet") throw new DOMException(FACET, "DataCloneError");
    return target;
  });
}

function packModules(modules) {
  if (!isObject(modules) || Array.isArray(modules)) throw incorrect("modules", "object");
  const list = Object.entries(modules).map(([name, content]) => packModule(name, content));
  if (list.length === 0) throw new TypeError("Dynamic Worker code must contain at least one module.");
  const size = list.reduce((sum, [, , source]) => sum + (source.byteLength ?? source.length), 0);
  if (size > MAX_CODE_BYTES) {
    throw new Error(`Dynamic Worker code size (${size} bytes) exceeds the maximum allowed size of ${MAX_CODE_BYTES} bytes.`);
  }
  return list;
}

function packModule(name, content) {
  if (content !== null && !isObject(content)) {
    if (name.endsWith(".js")) return [name, "js", String(content)];
    if (name.endsWith(".py")) return [name, "py", content];
    const bundle = /\.[tj]sx?$/.test(name)
      ? ". If you're trying to load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass the generated JavaScript modules."
      : "";
    throw new TypeError(`Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: ${name}${bundle}`);
  }
  const given = KINDS.filter((kind) => content?.[kind] !== undefined);
  if (given.length !== 1) {
    throw new TypeError(`Each module must contain exactly one of 'js', 'cjs', 'text', 'data', 'json', 'py', or 'wasm'. Module '${name}' contained ${given.length} properties.`);
  }
  const kind = given[0];
  return [name, kind, packSource(name, kind, content[kind])];
}

function packSource(name, kind, value) {
  switch (kind) {
    case "json":
      return JSON.stringify(value);
    case "data":
      return value instanceof ArrayBuffer ? new Uint8Array(value.slice(0)) : value;
    case "wasm":
      return wasmSource(value);
    default:
      return String(value);
  }
}

/** A copy of the bytes of a module, or of bytes. */
function wasmSource(value) {
  const bytes = moduleBytes(value) ?? sourceBytes(value);
  if (bytes === undefined) {
    throw new TypeError("Incorrect type for the 'wasm' field on 'Module': the provided value is not of type 'Array or WasmModuleObject'.");
  }
  return new Uint8Array(bytes);
}

function packEnv(env) {
  if (env === undefined) return null;
  if (typeof env !== "object" || env === null) throw incorrect("env", "Object");
  const packed = pack(env);
  if (packed[0].byteLength > MAX_ENV_BYTES) {
    throw new Error(`Dynamic Worker env size (${packed[0].byteLength} bytes) exceeds the maximum allowed size of ${MAX_ENV_BYTES} bytes.`);
  }
  return packed;
}

/** "inherit", null (blocked), or a list of one target. */
function packOutbound(outbound) {
  if (outbound === undefined) return "inherit";
  if (outbound === null) return null;
  const target = isObject(outbound) ? Target.of(outbound) : undefined;
  if (target === undefined) throw incorrect("globalOutbound", "Fetcher");
  return [target];
}

/** Limits as the host takes them, of a worker or of one of its stubs. */
export function packLimits(limits) {
  const packed = {};
  for (const field of ["cpuMs", "subRequests"]) {
    const value = limits?.[field];
    if (value === undefined) continue;
    if (!Number.isFinite(Number(value))) throw new TypeError("The value cannot be converted because it is not an integer.");
    if (value < 0) throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
    packed[field] = Math.floor(Number(value));
  }
  return packed;
}
