// The module "node:process", and the global of that name.

import { host } from "../native.js";
import { isGlobalScope } from "../web/scope.js";
import EventEmitter from "./events.js";
import { ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE, plainError } from "./errors.js";
import { nextTick } from "./next-tick.js";
import { environment } from "./process/environment.js";
import { stream } from "./process/streams.js";
import { isBuiltin } from "./module.js";
import { nodeModule } from "./registry.js";
import { validateString } from "./validate.js";

const ERR_EPERM = class ERR_EPERM extends plainError("ERR_EPERM", () => "operation not permitted") {
  constructor() {
    super();
    this.code = "EPERM";
  }
};

const directory = { path: "/bundle" };
/** Directories that there are. */
const FOLDERS = ["/", "/bundle", "/tmp", "/dev"];

const notHere = (name, parameters = 0) => {
  const method = { [name]() { throw new ERR_METHOD_NOT_IMPLEMENTED(`process.${name}`); } }[name];
  Object.defineProperty(method, "length", { value: parameters });
  return method;
};
const forbidden = (name, parameters = 1) => {
  const method = { [name]() { throw new ERR_EPERM(); } }[name];
  Object.defineProperty(method, "length", { value: parameters });
  return method;
};
const zero = (name) => ({ [name]: () => 0 })[name];
const nothing = (name) => ({ [name]() {} })[name];

function end(code) {
  // a worker that starts has no request to end
  if (isGlobalScope()) return;
  host("abort", `The Node.js process.exit(${code}) API was called. Canceling the request.`);
}

/** Seconds and nanoseconds, since the epoch or since `time`. */
function hrtime(time) {
  const now = host("time.now");
  const [seconds, nanoseconds] = [Math.trunc(now / 1000), Math.trunc((now % 1000) * 1e6)];
  if (time === undefined) return [seconds, nanoseconds];
  if (!Array.isArray(time)) throw new ERR_INVALID_ARG_TYPE("time", "tuple of integers", time);
  if (time.length !== 2) throw new ERR_OUT_OF_RANGE("time", "2", time);
  const borrow = nanoseconds < time[1] ? 1 : 0;
  return [seconds - time[0] - borrow, nanoseconds - time[1] + borrow * 1e9];
}
hrtime.bigint = function bigint() {
  const [seconds, nanoseconds] = hrtime();
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
};

function emitWarning(warning, options, code, constructor) {
  let [type, detail, ownCode] = [options, undefined, code];
  if (options !== null && typeof options === "object" && !Array.isArray(options)) {
    ({ type, code: ownCode } = options);
    detail = typeof options.detail === "string" ? options.detail : undefined;
  } else if (typeof options === "function") {
    [type, ownCode] = [undefined, undefined];
  }
  if (typeof ownCode === "function") ownCode = undefined;
  if (type !== undefined) validateString(type, "type");
  if (ownCode !== undefined) validateString(ownCode, "code");
  let error = warning;
  if (typeof warning === "string") {
    error = new Error(warning);
    error.name = String(type || "Warning");
    if (ownCode !== undefined) error.code = ownCode;
    if (detail !== undefined) error.detail = detail;
  } else if (!(warning instanceof Error)) {
    throw new ERR_INVALID_ARG_TYPE("warning", "string or Error", warning);
  }
  void constructor;
  if (error.name === "DeprecationWarning" && process.noDeprecation) return;
  nextTick(() => process.emit("warning", error));
}

function chdir(path) {
  validateString(path, "directory");
  const goal = path.startsWith("/") ? path.replace(/(.)\/+$/, "$1") : `${directory.path === "/" ? "" : directory.path}/${path}`;
  if (!FOLDERS.includes(goal)) {
    const error = new Error(`no such file or directory, chdir '${path.replace(/^\//, "")}'`);
    throw Object.assign(error, { code: "ENOENT", syscall: "chdir" });
  }
  directory.path = goal;
}

function getBuiltinModule(id) {
  const found = nodeModule(`${id}`) ?? (isBuiltin(id) ? nodeModule(`node:${id}`) : undefined);
  return found?.namespace.default;
}

const usage = ["userCPUTime", "systemCPUTime", "maxRSS", "sharedMemorySize", "unsharedDataSize", "unsharedStackSize", "minorPageFault",
  "majorPageFault", "swappedOut", "fsRead", "fsWrite", "ipcSent", "ipcReceived", "signalsCount", "voluntaryContextSwitches",
  "involuntaryContextSwitches"];
const versions = {
  node: "22.23.4", v8: "", modules: "", zlib: "", brotli: "", zstd: "", ares: "", napi: "",
};

const members = {
  version: "v22.23.4", versions, title: "workerd", argv: ["workerd"], argv0: "workerd", execArgv: [], arch: "x64", platform: "linux",
  config: { target_defaults: {}, variables: {} }, pid: 1, ppid: 0,
  getegid: zero("getegid"), getgid: zero("getgid"), getgroups: () => [0], geteuid: zero("geteuid"), getuid: zero("getuid"),
  setegid: forbidden("setegid"), setgid: forbidden("setgid"), setgroups: forbidden("setgroups"), seteuid: forbidden("seteuid"),
  setuid: forbidden("setuid"), initgroups: forbidden("initgroups", 2),
  setSourceMapsEnabled(_, __) {},
  getSourceMapsSupport: () => ({ enabled: false, nodeModules: false, generatedCode: false }),
  nextTick, emitWarning, env: environment,
  exit(code) {
    end(code === undefined ? process.exitCode ?? 0 : Number(code) || 0);
  },
  abort() {
    end(1);
  },
  getBuiltinModule,
  features: {
    cached_builtins: true, debug: false, inspector: false, ipv6: false, openssl_is_boringssl: true, require_module: false, tls: false,
    tls_alpn: false, tls_ocsp: false, tls_sni: false, typescript: false, uv: false,
  },
  allowedNodeEnvironmentFlags: new Set(),
  kill: notHere("kill", 2), ref: nothing("ref"), unref: nothing("unref"), chdir, cwd: () => directory.path,
  umask: (mask) => { void mask; return 0o22; },
  hrtime, uptime: () => 0,
  loadEnvFile() {
    throw Object.assign(new Error("no such file or directory, readAll '/bundle/.env'"), { code: "ENOENT" });
  },
  exitCode: undefined, channel: null, connected: false, binding: notHere("binding", 1), debugPort: 0, dlopen: notHere("dlopen", 3),
  finalization: { register() {}, registerBeforeExit() {}, unregister() {} },
  getActiveResourcesInfo: notHere("getActiveResourcesInfo"),
  setUncaughtExceptionCaptureCallback: notHere("setUncaughtExceptionCaptureCallback", 1),
  hasUncaughtExceptionCaptureCallback: notHere("hasUncaughtExceptionCaptureCallback"),
  memoryUsage: Object.assign(function memoryUsage() { return { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }; }, { rss: () => 0 }),
  noDeprecation: false,
  permission: { has: () => true },
  release: { name: "node", lts: true, sourceUrl: "", headersUrl: "" },
  resourceUsage: () => Object.fromEntries(usage.map((name) => [name, 0])),
  send: (_, __) => false,
  traceDeprecation: false, throwDeprecation: false, sourceMapsEnabled: false,
  threadCpuUsage: notHere("threadCpuUsage"), cpuUsage: notHere("cpuUsage", 1), execPath: "",
  constrainedMemory: zero("constrainedMemory"), availableMemory: zero("availableMemory"), execve: notHere("execve", 3),
  openStdin: () => stream("stdin"), _rawDebug: nothing("_rawDebug"), moduleLoadList: [],
  _linkedBinding: notHere("_linkedBinding", 1), domain: null, _exiting: false, _getActiveRequests: () => [], _getActiveHandles: () => [],
  _kill: notHere("_kill", 2), _fatalException: (_) => false, _tickCallback: nothing("_tickCallback"), _debugProcess: nothing("_debugProcess"),
  _debugEnd: nothing("_debugEnd"), reallyExit: (code) => end(Number(code) || 0),
  _preload_modules: [],
};

const process = new EventEmitter();
for (const [name, value] of Object.entries(members)) {
  if (typeof value === "function" && value.name === "") Object.defineProperty(value, "name", { value: name });
  process[name] = value;
}
for (const name of ["stdin", "stdout", "stderr"]) {
  Object.defineProperty(process, name, { get: () => stream(name), enumerable: true, configurable: true });
}
Object.defineProperty(process, Symbol.toStringTag, { value: "process", configurable: true });

export const {
  version, title, argv, argv0, execArgv, arch, platform, config, pid, ppid, getegid, getgid, getgroups, geteuid, getuid, setegid, setgid,
  setgroups, seteuid, setuid, initgroups, setSourceMapsEnabled, getSourceMapsSupport, env, exit, abort, features,
  allowedNodeEnvironmentFlags, kill, ref, unref, cwd, umask, uptime, loadEnvFile, exitCode, channel, connected, binding, debugPort, dlopen,
  finalization, getActiveResourcesInfo, setUncaughtExceptionCaptureCallback, hasUncaughtExceptionCaptureCallback, memoryUsage,
  noDeprecation, permission, release, resourceUsage, send, traceDeprecation, throwDeprecation, sourceMapsEnabled, threadCpuUsage, cpuUsage,
  execPath, constrainedMemory, availableMemory, execve, openStdin, _rawDebug, moduleLoadList, _linkedBinding, domain, _exiting,
  _getActiveRequests, _getActiveHandles, _kill, reallyExit, _preload_modules,
} = process;
export { chdir, emitWarning, getBuiltinModule, hrtime, nextTick, versions };
export default process;
