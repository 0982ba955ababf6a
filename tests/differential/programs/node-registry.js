// Which flags and dates give a worker Node's modules, and how the modules are found.

import { outcome, program, stateless, textOf } from "../suite.js";

const cases = {};
const say = (expression, imports = "") => `${imports}\nexport default { async fetch() { return new Response(JSON.stringify(${expression})); } }`;
const ask = (t, source, more = {}) => outcome(() => textOf(t.load(source, more).getEntrypoint()));
const add = (name, source, more) => { cases[name] = stateless((t) => ask(t, source, more)); };

const TYPES = "[typeof Buffer, typeof process, typeof global, typeof setImmediate, typeof clearImmediate, typeof setTimeout(() => {}, 1)]";
const WAYS = {
  "nothing": {}, "the flag": { compatibilityFlags: ["nodejs_compat"] }, "the flag, version 2": { compatibilityFlags: ["nodejs_compat_v2"] },
  "the flag, long ago": { compatibilityDate: "2024-01-01", compatibilityFlags: ["nodejs_compat"] },
  "version 2, long ago": { compatibilityDate: "2024-01-01", compatibilityFlags: ["nodejs_compat_v2"] },
  "the day it came on": { compatibilityDate: "2026-08-04" }, "the day before": { compatibilityDate: "2026-08-03" },
  "a new date without it": { compatibilityDate: "2026-08-04", compatibilityFlags: ["no_nodejs_compat"] },
  "a new date without version 2": { compatibilityDate: "2026-08-04", compatibilityFlags: ["no_nodejs_compat_v2"] },
  "a new date without both": { compatibilityDate: "2026-08-04", compatibilityFlags: ["no_nodejs_compat", "no_nodejs_compat_v2"] },
  "without global timers": { compatibilityFlags: ["nodejs_compat", "no_nodejs_global_timers"] },
};
for (const [name, more] of Object.entries(WAYS)) {
  add(`globals with ${name}`, say(TYPES), more);
  add(`flags with ${name}`, say("Object.entries(Cloudflare.compatibilityFlags).filter(([name]) => !/python/.test(name))"), more);
  cases[`imports with ${name}`] = stateless(async (t) => (await Promise.all(["node:buffer", "buffer"].map((from) => ask(t, say("1", `import "${from}";`), more)))).map((r) => r.gave ?? r.threw.message.split("\n")[1]));
}
const ON = { compatibilityFlags: ["nodejs_compat"] };
const MODULES = ["buffer", "console", "constants", "events", "module", "os", "path", "path/posix", "path/win32", "process", "punycode", "querystring", "stream", "stream/consumers", "stream/promises", "stream/web", "string_decoder", "timers", "timers/promises", "url", "_stream_duplex", "_stream_passthrough", "_stream_readable", "_stream_transform", "_stream_writable"];
for (const name of MODULES) add(`names in ${name}`, say("Object.keys(m).filter((key) => !/^_(channel|disconnect|events|eventsCount|fatalException|handleQueue|maxListeners|pendingMessage|send|startProfilerIdleNotifier|stopProfilerIdleNotifier|tickCallback|debugProcess|debugEnd)$|^(assert|report|stdin|stdout|stderr|_stdout|_stderr)$/.test(key))", `import * as m from "node:${name}";`), ON);
add("bare and prefixed are one", say("[a === b, c.default === a]", 'import a from "buffer"; import b from "node:buffer"; import * as c from "buffer";'), ON);
add("dynamic import", say('[typeof (await import("node:path")).join, (await import("path")) === (await import("node:path"))]'), ON);
add("dynamic import of what is none", say('await import("node:nothing").catch((error) => error.message.split("\\n")[0])'), ON);
add("a module of one's own of that name", say("typeof b", 'import b from "buffer";'), { ...ON, modules: { buffer: { js: "export default 1" } } });
add("a module of one's own with the prefix", say("typeof b", 'import b from "node:buffer";'), { ...ON, modules: { "node:buffer": { js: "export default 1" } } });
add("without the flag, a module of one's own", say("typeof b", 'import b from "buffer";'), { modules: { buffer: { js: "export default 1" } } });
add("CommonJS", say("x", 'import x from "./c.cjs";'), { ...ON, modules: { "c.cjs": { cjs: "let no; try { require('node:nothing'); } catch (error) { no = error.message.split('\\n')[0]; } module.exports = [require('node:buffer').Buffer.from('a').toString('hex'), require('events').name, typeof require('path').join, no, typeof exports, __filename, __dirname];" } } });
add("process.env of a loaded worker", say("process.env"), { ...ON, env: { A: "text", N: 5, O: { a: 1 }, B: true, X: null, L: [1] } });
add("process.env before it was filled", say("process.env"), { compatibilityDate: "2024-10-01", ...ON, env: { A: "text" } });
add("process.env at the top", say("a", "const a = process.env.A;"), { ...ON, env: { A: "text" } });
add("process.exit at the top", say("1", "process.exit(0);"), ON);
cases["process.exit"] = stateless(async (t) => (await ask(t, "export default { fetch() { process.exit(3); return new Response('after'); } }", ON)).threw.message);
cases["process.abort"] = stateless(async (t) => (await ask(t, "export default { fetch() { try { process.abort(); } catch {} return new Response('after'); } }", ON)).threw.message);
for (const flags of [["nonsense"], ["nonsense", "more"], ["nodejs_compat", "nodejs_compat"], ["nodejs_compat", "no_nodejs_compat"], ["url_standard"], ["url_original"], ["url_original", "url_standard"], ["durable_object_rename"], ["nonsense", "durable_object_rename"], ["nonsense", "nonsense"], [""], ["r2_internal_beta_bindings"]]) {
  add(`flags ${flags.join(" and ") || "of nothing"}`, say("1"), { compatibilityFlags: flags });
}
add("Cloudflare", say("[Object.prototype.toString.call(Cloudflare), Object.isFrozen(Cloudflare.compatibilityFlags), Object.getPrototypeOf(Cloudflare.compatibilityFlags), Cloudflare.compatibilityFlags === Cloudflare.compatibilityFlags, Object.keys(Cloudflare)]"));

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";
