// flags: nodejs_compat
// node:process, and what belongs to a program's surroundings: os, module, console, constants, punycode.

import process, * as namespace from "node:process";
import con from "node:console";
import constants from "node:constants";
import mod from "node:module";
import os from "node:os";
import punycode from "node:punycode";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

add("env", () => [process.env.TEXT, process.env.JSON, process.env.NONE, "TEXT" in process.env, Object.keys(process.env).filter((k) => k === "TEXT" || k === "JSON"), process.env === globalThis.process.env]);
add("env takes text", async () => { process.env.N = 5; process.env.U = undefined; process.env.O = {}; const seen = [process.env.N, process.env.U, process.env.O, await outcome(() => { process.env.S = Symbol("s"); }), await outcome(() => Object.defineProperty(process.env, "Q", { value: "1" })), delete process.env.N, "N" in process.env]; delete process.env.U; delete process.env.O; return seen; });
for (const name of ["version", "title", "argv", "argv0", "execArgv", "arch", "platform", "pid", "ppid", "exitCode", "channel", "connected", "debugPort", "noDeprecation", "traceDeprecation", "throwDeprecation", "sourceMapsEnabled", "execPath", "domain", "moduleLoadList", "_exiting"]) add(`process.${name}`, () => process[name]);
for (const name of ["cwd", "getuid", "geteuid", "getgid", "getegid", "getgroups", "setuid", "setgid", "setgroups", "seteuid", "setegid", "initgroups", "memoryUsage", "resourceUsage", "constrainedMemory", "availableMemory", "umask", "kill", "binding", "dlopen", "getActiveResourcesInfo", "setUncaughtExceptionCaptureCallback", "hasUncaughtExceptionCaptureCallback", "cpuUsage", "threadCpuUsage", "execve", "getSourceMapsSupport", "ref", "unref", "loadEnvFile", "_linkedBinding", "_getActiveRequests", "_getActiveHandles", "_kill"]) add(`process.${name}()`, () => outcome(() => process[name]()));
add("versions", () => [Object.keys(process.versions), process.versions.node]);
add("hrtime", async () => { const a = process.hrtime(); return [a.length, a.every(Number.isInteger), typeof process.hrtime.bigint(), process.hrtime(a).every(Number.isInteger), await outcome(() => process.hrtime(5)), await outcome(() => process.hrtime([1]))]; });
add("uptime", () => typeof process.uptime());
add("chdir", async () => { const seen = [process.cwd(), process.chdir("/tmp"), process.cwd(), await outcome(() => process.chdir(5)), (await outcome(() => process.chdir("/nowhere"))).threw.code]; process.chdir("/bundle"); return seen; });
add("emitWarning", async () => { const seen = []; const on = (w) => seen.push([w.name, w.message, w.code, w.detail]); process.on("warning", on); process.emitWarning("plain"); process.emitWarning("typed", "Kind", "CODE"); process.emitWarning("options", { type: "T", code: "C", detail: "D" }); process.emitWarning(new TypeError("own")); await new Promise((r) => setTimeout(r, 2)); process.off("warning", on); return seen; });
table("emitWarning of what is none", [5, undefined, null, {}], (value) => process.emitWarning(value));
add("events", () => [typeof process.on, process.emit("nothing"), process.constructor.name, Object.prototype.toString.call(process)]);
add("stdout and stderr", () => [process.stdout.fd, process.stderr.fd, process.stdin.fd, process.stdout.isTTY, process.stdout.write("a line\n"), process.stderr.write("another"), process.stdout.constructor.name]);
add("getBuiltinModule", async () => [process.getBuiltinModule("path") === (await import("node:path")).default, process.getBuiltinModule("node:buffer") === (await import("node:buffer")).default, process.getBuiltinModule("nothing"), process.getBuiltinModule("node:nothing"), process.getBuiltinModule("test")]);
add("globals", () => [globalThis.process === process, globalThis.global === globalThis, typeof Buffer, typeof setImmediate, typeof clearImmediate, Object.getOwnPropertyDescriptor(globalThis, "process").enumerable, namespace.default === process, namespace.env === process.env]);

add("os", () => Object.fromEntries(Object.keys(os).map((name) => [name, typeof os[name] === "function" ? (name === "setPriority" ? "" : os[name]()) : os[name]])));
table("os.getPriority", [0, 1, "x", 1.5, 2 ** 40], (pid) => os.getPriority(pid));
table("os.setPriority", [[0, 5], ["x", 5], [0, 99], [0, "x"]], (...args) => os.setPriority(...args));
add("constants", () => constants);
add("module.isBuiltin", () => ["fs", "path", "node:path", "node:fs", "nothing", "stream/promises", "cloudflare:workers", "./x", 5].filter((id) => !["fs", "node:fs"].includes(id)).map((id) => mod.isBuiltin(id)));
add("module.createRequire", async () => { const require = mod.createRequire("/x"); return [require("node:path") === (await import("node:path")).default, require("events").name, await outcome(() => mod.createRequire("x")), await outcome(() => mod.createRequire(5)), mod.createRequire("file:///x")("util" === 1 ? "" : "buffer").kMaxLength, mod.createRequire(new URL("file:///x"))("path").sep]; });
for (const name of ["register", "findPackageJSON", "stripTypeScriptTypes", "findSourceMap", "SourceMap", "setSourceMapsSupport", "runMain", "syncBuiltinESMExports", "wrap", "registerHooks", "Module", "getSourceMapsSupport", "enableCompileCache"]) add(`module.${name}()`, () => outcome(() => mod[name]()));
add("module", () => [typeof mod, mod.name, mod.constants, mod.globalPaths, Array.isArray(mod.builtinModules), mod.builtinModules.includes("path"), mod.builtinModules.includes("node:path")]);
add("console", async () => [con === console, typeof con.Console, await outcome(() => new con.Console()), await outcome(() => con.context("x")), await outcome(() => con.createTask("x"))]);
table("punycode.encode", ["mañana", "☃-⌘", "abc", "ü", "日本語", "A-B", "", "-", "bücher", "😀"], (text) => punycode.encode(text));
table("punycode.decode", ["maana-pta", "--dqo34k", "abc-", "tda", "wgv71a119e", "", "-", "ls8h=", "abc", "bcher-kva"], (text) => punycode.decode(text));
table("punycode.toASCII", ["mañana.com", "джумла@джpумлатест.bрфa", "a。b", "example.com", "☃.net", ""], (text) => punycode.toASCII(text));
table("punycode.toUnicode", ["xn--maana-pta.com", "example.com", "xn--n3h.net", "a@xn--n3h.net", ""], (text) => punycode.toUnicode(text));
add("punycode.ucs2", () => [punycode.ucs2.decode("a😀"), punycode.ucs2.encode([0x61, 0x1f600]), punycode.version, Object.keys(punycode)]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

