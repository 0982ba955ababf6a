// flags: nodejs_compat
// node:events.

import EventEmitter, * as events from "node:events";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
add("on and emit", () => { const seen = []; const e = new EventEmitter(); e.on("x", function (...args) { seen.push(args, this === e); }); return [e.emit("x", 1, 2), e.emit("y"), seen]; });
add("order of listeners", () => { const seen = []; const e = new EventEmitter(); e.on("x", () => seen.push(1)); e.prependListener("x", () => seen.push(2)); e.once("x", () => seen.push(3)); e.prependOnceListener("x", () => seen.push(4)); e.emit("x"); e.emit("x"); return seen; });
add("added and removed meanwhile", () => { const seen = []; const e = new EventEmitter(); const late = () => seen.push("late"); e.on("x", () => { seen.push("first"); e.on("x", late); e.off("x", second); }); const second = () => seen.push("second"); e.on("x", second); e.emit("x"); e.emit("x"); return seen; });
add("the same listener twice", () => { let n = 0; const f = () => n++; const e = new EventEmitter(); e.on("x", f).on("x", f); e.emit("x"); e.off("x", f); e.emit("x"); return [n, e.listenerCount("x")]; });
add("chaining", () => { const e = new EventEmitter(); const f = () => {}; return [e.on("a", f) === e, e.once("a", f) === e, e.off("a", f) === e, e.removeAllListeners() === e, e.setMaxListeners(5) === e, e.prependListener("a", f) === e]; });
add("newListener and removeListener", () => { const seen = []; const e = new EventEmitter(); const f = () => {}; e.on("newListener", (name, g) => seen.push("new", String(name), g === f)); e.on("removeListener", (name, g) => seen.push("gone", String(name), g === f)); e.on("x", f); e.once("y", f); e.off("x", f); e.emit("y"); e.on("z", f); e.removeAllListeners("z"); e.on("w", f); e.removeAllListeners(); return [seen, e.eventNames()]; });
add("a listener that adds itself in newListener", () => { const seen = []; const e = new EventEmitter(); e.once("newListener", (name) => { if (name === "x") e.on("x", () => seen.push("B")); }); e.on("x", () => seen.push("A")); e.emit("x"); return seen; });
add("names", () => { const e = new EventEmitter(); const s = Symbol("s"); e.on("a", () => {}).on(s, () => {}).on(5, () => {}).on("", () => {}); return [e.eventNames().map(String), e.emit(s), e.emit("5"), e.emit(""), e.listenerCount(5)]; });
add("listeners and rawListeners", () => { const f = () => {}; const e = new EventEmitter(); e.on("x", f).once("x", f); const raw = e.rawListeners("x"); return [e.listeners("x").map((g) => g === f), raw.map((g) => g === f), raw[1].listener === f, raw[1].name, e.listeners("none"), e.rawListeners("none")]; });
add("listenerCount", () => { const f = () => {}, g = () => {}; const e = new EventEmitter(); e.on("x", f).on("x", g).once("x", f); return [e.listenerCount("x"), e.listenerCount("none"), events.listenerCount(e, "x"), EventEmitter.listenerCount(e, "x")]; });
table("error without a listener", [[new Error("own")], [], [undefined], [5], ["text"], [{ a: 1 }], [null], [new TypeError("t"), 2]], (...args) => new EventEmitter().emit("error", ...args));
add("error with a listener", () => { const seen = []; const e = new EventEmitter(); e.on("error", (...args) => seen.push(args)); return [e.emit("error", 1, 2), seen]; });
add("errorMonitor", async () => { const seen = []; const e = new EventEmitter(); e.on(events.errorMonitor, (error) => seen.push(error.message)); const first = await outcome(() => e.emit("error", new Error("a"))); e.on("error", () => seen.push("handled")); e.emit("error", new Error("b")); return [first, seen, String(events.errorMonitor)]; });
add("a listener that throws", async () => { const seen = []; const e = new EventEmitter(); e.on("x", () => { throw new Error("boo"); }); e.on("x", () => seen.push("second")); return [await outcome(() => e.emit("x")), seen]; });
add("once removes before it calls", () => { let n = 0; const e = new EventEmitter(); e.once("x", () => { n++; e.emit("x"); }); e.emit("x"); return n; });
for (const method of ["on", "addListener", "once", "prependListener", "prependOnceListener", "off", "removeListener"]) table(`${method} without a function`, [5, null, undefined, "x", {}], (value) => new EventEmitter()[method]("x", value));
table("setMaxListeners", [0, 1, -1, NaN, "5", null, undefined, Infinity, 1.5], (n) => new EventEmitter().setMaxListeners(n).getMaxListeners());
table("static setMaxListeners", [[5, new EventEmitter()], [-1], ["x"], [5, {}], [5, new EventTarget()]], (...args) => events.setMaxListeners(...args));
table("static getMaxListeners", [new EventEmitter(), new EventEmitter().setMaxListeners(3), new EventTarget(), {}, 5], (target) => events.getMaxListeners(target));
table("static listenerCount", [[new EventEmitter(), "x"], [new EventTarget(), "x"], [{}, "x"], [{ listenerCount: () => 7 }, "x"]], (...args) => events.listenerCount(...args));
table("getEventListeners", [[new EventEmitter().on("x", function named() {}), "x"], [new EventTarget(), "x"], [{}, "x"], [5, "x"], [new EventEmitter(), "none"]], (...args) => events.getEventListeners(...args));
table("captureRejections that is no boolean", [5, "x", {}], (value) => new EventEmitter({ captureRejections: value }));
table("options that are none", [0, null, undefined, 5], (value) => new EventEmitter(value).listenerCount("x"));
add("defaultMaxListeners", async () => { const before = EventEmitter.defaultMaxListeners; const bad = await outcome(() => { EventEmitter.defaultMaxListeners = -1; }); EventEmitter.defaultMaxListeners = 3; const now = new EventEmitter().getMaxListeners(); EventEmitter.defaultMaxListeners = before; return [before, bad, now, events.defaultMaxListeners]; });
add("rejections that are caught", async () => { const seen = []; const e = new EventEmitter({ captureRejections: true }); e.on("x", async () => { throw new Error("late"); }); e.on("error", (error) => seen.push(error.message)); e.emit("x"); await wait(1); return seen; });
add("rejections with a handler of their own", async () => { const seen = []; class Mine extends EventEmitter { [events.captureRejectionSymbol](error, name, ...args) { seen.push(error.message, name, args); } } const e = new Mine({ captureRejections: true }); e.on("x", async () => { throw new Error("late"); }); e.emit("x", 1, 2); await wait(1); return seen; });
add("rejections that are not caught", async () => { const seen = []; const e = new EventEmitter(); e.on("error", (error) => seen.push(error.message)); e.on("x", () => { const p = Promise.reject(new Error("late")); p.catch(() => {}); return p; }); e.emit("x"); await wait(1); return seen; });
add("once resolves", async () => { const e = new EventEmitter(); setTimeout(() => e.emit("x", 1, 2), 1); return [await events.once(e, "x"), e.eventNames()]; });
add("once rejects", async () => { const e = new EventEmitter(); setTimeout(() => e.emit("error", new Error("bad")), 1); return [await outcome(() => events.once(e, "x")), e.eventNames()]; });
add("once of error", async () => { const e = new EventEmitter(); setTimeout(() => e.emit("error", 5), 1); return events.once(e, "error"); });
add("once of an EventTarget", async () => { const e = new EventTarget(); setTimeout(() => e.dispatchEvent(new Event("x")), 1); const [event] = await events.once(e, "x"); return event.type; });
add("once with a signal", async () => { const e = new EventEmitter(); const c = new AbortController(); setTimeout(() => c.abort("why"), 1); const { threw } = await outcome(() => events.once(e, "x", { signal: c.signal })); return [threw.$, threw.name, threw.code, threw.message, e.eventNames()]; });
add("once with a signal that has aborted", async () => { const { threw } = await outcome(() => events.once(new EventEmitter(), "x", { signal: AbortSignal.abort() })); return [threw.name, threw.code]; });
table("once of what emits nothing", [[{}, "x"], [5, "x"], [new EventEmitter(), "x", { signal: 5 }]], async (...args) => events.once(...args));
add("on iterates", async () => { const e = new EventEmitter(); setTimeout(() => { e.emit("x", 1); e.emit("x", 2, 3); e.emit("x"); }, 1); const seen = []; for await (const args of events.on(e, "x")) { seen.push(args); if (seen.length === 3) break; } return [seen, e.eventNames()]; });
add("on keeps what came early", async () => { const e = new EventEmitter(); const it = events.on(e, "x"); e.emit("x", 1); e.emit("x", 2); return [await it.next(), await it.next(), await it.return(), await it.next()]; });
add("on ends with an error", async () => { const e = new EventEmitter(); const it = events.on(e, "x"); e.emit("x", 1); e.emit("error", new Error("bad")); return [await it.next(), await outcome(() => it.next()), await it.next()]; });
add("on with a signal", async () => { const e = new EventEmitter(); const c = new AbortController(); const it = events.on(e, "x", { signal: c.signal }); setTimeout(() => c.abort(), 1); const { threw } = await outcome(() => it.next()); return [threw.name, threw.code, e.eventNames()]; });
add("on: throw", async () => { const e = new EventEmitter(); const it = events.on(e, "x"); return [await outcome(() => it.throw()), await outcome(() => it.throw(5)), await outcome(() => it.throw(new Error("mine"))), await outcome(() => it.next()), e.eventNames()]; });
add("on: an iterator", () => { const it = events.on(new EventEmitter(), "x"); return [it[Symbol.asyncIterator]() === it, Object.keys(it)]; });
add("addAbortListener", async () => { const c = new AbortController(); let n = 0; const d = events.addAbortListener(c.signal, () => n++); const again = events.addAbortListener(c.signal, () => n += 10); again[Symbol.dispose](); c.abort(); events.addAbortListener(c.signal, () => n += 100); const before = n; await wait(1); return [before, n, Object.keys(d)]; });
table("addAbortListener of what is no signal", [[5, () => {}], [undefined, () => {}], [AbortSignal.abort(), 5]], (...args) => events.addAbortListener(...args));
add("EventEmitterAsyncResource", () => { const e = new events.EventEmitterAsyncResource({ name: "q" }); let seen; e.on("a", function (v) { seen = [v, this === e]; }); return [e.emit("a", 4), seen, e.asyncResource.constructor.name, e.asyncResource.eventEmitter === e, e instanceof EventEmitter]; });
add("inherited in the old way", () => { function Mine() { EventEmitter.call(this); } Object.setPrototypeOf(Mine.prototype, EventEmitter.prototype); const e = new Mine(); let n = 0; e.on("x", () => n++); e.emit("x"); return [n, e instanceof EventEmitter]; });
add("mixed into an object", () => { const o = Object.assign({}, EventEmitter.prototype); let n = 0; o.on("x", () => n++); return [o.emit("x"), n]; });
add("a class of one's own", () => { class Mine extends EventEmitter { constructor() { super(); this.own = 1; } } const e = new Mine(); return [e.own, e.emit("x"), e.constructor.name, Object.keys(e).filter((key) => key !== "domain")]; });
add("the class", () => [EventEmitter.name, EventEmitter.length, EventEmitter.EventEmitter === EventEmitter, Object.getOwnPropertyNames(EventEmitter), Object.getOwnPropertyNames(EventEmitter.prototype), Object.keys(EventEmitter.prototype), EventEmitter.prototype.on === EventEmitter.prototype.addListener, EventEmitter.prototype.off === EventEmitter.prototype.removeListener]);
add("the module", () => [Object.keys(events), events.usingDomains, String(events.captureRejectionSymbol), events.once === EventEmitter.once, events.default === EventEmitter, events.captureRejections]);
add("removeAllListeners of what is not there", () => { const e = new EventEmitter(); return [e.removeAllListeners("x") === e, e.removeAllListeners() === e, e.off("x", () => {}) === e, e.eventNames()]; });

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

