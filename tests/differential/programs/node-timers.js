// flags: nodejs_compat
// Timers, process.nextTick and setImmediate, and how they follow each other.

import process from "node:process";
import timers, * as namespace from "node:timers";
import promises from "node:timers/promises";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
add("ticks and promises", async () => { const log = []; process.nextTick((a, b) => log.push(`tick ${a}${b}`), 1, 2); Promise.resolve().then(() => { log.push("then 1"); process.nextTick(() => log.push("tick in then")); }).then(() => log.push("then 2")); queueMicrotask(() => log.push("micro")); process.nextTick(() => { log.push("tick 2"); Promise.resolve().then(() => log.push("then in tick")); process.nextTick(() => log.push("tick in tick")); }); log.push("sync"); await later(2); return log; });
add("ticks, immediates and timers", async () => { const log = []; setTimeout(() => log.push("timeout"), 0); setImmediate(() => log.push("immediate")); process.nextTick(() => log.push("tick")); Promise.resolve().then(() => log.push("then")); await later(10); return log; });
add("a tick inside a timer", async () => { const log = []; setTimeout(() => { log.push("timer"); process.nextTick(() => log.push("tick")); Promise.resolve().then(() => log.push("then")); }, 0); setTimeout(() => log.push("next timer"), 0); await later(10); return log; });
add("immediates in order", async () => { const log = []; setImmediate(() => { log.push(1); setImmediate(() => log.push(3)); }); setImmediate((...args) => log.push(2, args), "a", "b"); const gone = setImmediate(() => log.push("never")); clearImmediate(gone); await later(10); return log; });
add("a tick that throws", async () => { const log = []; process.nextTick(() => { throw new Error("in tick"); }); process.nextTick(() => log.push("after")); await later(2); return log; });
add("a Timeout", () => { const t = setTimeout(() => {}, 5); const seen = [typeof t, t.constructor.name, typeof +t, t.hasRef(), t.unref() === t, t.hasRef(), t.ref() === t, t.hasRef(), t.refresh() === t, t.close() === t, Object.getOwnPropertyNames(t), Object.getOwnPropertyNames(Object.getPrototypeOf(t)), JSON.stringify(t), typeof t[Symbol.dispose]]; clearTimeout(t); return seen; });
add("an Immediate", () => { const i = setImmediate(() => {}); const seen = [typeof i, i.constructor.name, Object.prototype.toString.call(i), i.hasRef(), i.ref(), i.unref(), typeof i[Symbol.dispose]]; clearImmediate(i); return seen; });
add("cleared by number", async () => { const log = []; const t = setTimeout(() => log.push("no"), 1); clearTimeout(+t); const i = setInterval(() => log.push("no"), 1); clearInterval(+i); await later(5); return log; });
add("cleared in each way", async () => { const log = []; const t = setTimeout(() => log.push(1), 1); clearInterval(t); const i = setInterval(() => log.push(2), 1); clearTimeout(i); const d = setTimeout(() => log.push(3), 1); d[Symbol.dispose](); const c = setTimeout(() => log.push(4), 1); c.close(); await later(5); return log; });
add("intervals", async () => { const log = []; const i = setInterval((x) => { log.push(x); if (log.length === 3) clearInterval(i); }, 1, "x"); await later(20); return log; });
add("refresh", async () => { const log = []; const t = setTimeout(() => log.push("fired"), 2); await later(10); t.refresh(); await later(10); return log; });
add("arguments", async () => new Promise((resolve) => setTimeout((...args) => resolve(args), 1, 1, "two", null)));
add("delays that are none", async () => { const log = []; for (const delay of [-5, "x", 0, null, NaN]) setTimeout(() => log.push(String(delay)), delay); await later(10); return log; });
for (const name of ["setTimeout", "setInterval", "setImmediate"]) { table(`global ${name} without a function`, ["x", 5, undefined, null], (value) => globalThis[name](value)); table(`node:timers ${name} without a function`, ["x", 5, undefined], (value) => timers[name](value)); }
table("clearTimeout of what is none", ["x", {}, null, undefined, 5, 1e9, true], (value) => clearTimeout(value));
table("clearImmediate of what is none", [5, {}, "x"], (value) => clearImmediate(value));
add("promises.setTimeout", async () => [await promises.setTimeout(1, "v"), await promises.setTimeout(), await promises.setTimeout(-1, 2)]);
add("promises.setImmediate", async () => promises.setImmediate("v"));
add("promises.setInterval", async () => { const seen = []; for await (const x of promises.setInterval(1, "i")) { seen.push(x); if (seen.length === 3) break; } return seen; });
table("promises.setTimeout with options", [[1, 2, 5], [1, 2, null], [1, 2, { ref: 5 }], [1, 2, { signal: 5 }], [1, 2, { ref: false }], ["x"], [null]], async (...args) => promises.setTimeout(...args));
add("aborted", async () => { const names = []; for (const run of [(signal) => promises.setTimeout(50, 1, { signal }), (signal) => promises.setImmediate(1, { signal }), (signal) => promises.setInterval(50, 1, { signal }).next()]) { const early = await outcome(() => run(AbortSignal.abort())); const c = new AbortController(); const late = outcome(() => run(c.signal)); c.abort("why"); const done = await late; names.push(early.threw.name, early.threw.code, done.threw?.name ?? "gave"); } return names; });
add("scheduler", async () => [await promises.scheduler.wait(1), await promises.scheduler.yield(), Object.getOwnPropertyNames(Object.getPrototypeOf(promises.scheduler))]);
add("enroll and others", async () => [await outcome(() => timers.enroll({}, 5)), timers.unenroll({}), timers.active({})]);
add("the module", () => [Object.keys(namespace), Object.keys(timers), Object.keys(promises), timers.setTimeout === setTimeout, timers.clearInterval === clearInterval, setTimeout.name, setTimeout.length, setInterval.length, clearTimeout.length]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

