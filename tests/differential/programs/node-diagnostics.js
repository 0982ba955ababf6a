// flags: nodejs_compat
// node:diagnostics_channel and node:perf_hooks.

import channels, { Channel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { AsyncLocalStorage } from "node:async_hooks";
import * as hooks from "node:perf_hooks";
import { inspect } from "node:util";
import { Actor, differs, outcomes, program, stateless } from "../suite.js";

const wait = (ms = 1) => scheduler.wait(ms);
/** Hears of all that a tracing channel tells. */
function listen(tracing) {
  const log = [];
  const handlers = {};
  for (const event of ["start", "end", "asyncStart", "asyncEnd", "error"]) handlers[event] = (message, name) => log.push([event, JSON.stringify(message), name]);
  tracing.subscribe(handlers);
  return { log, handlers };
}
const caught = (error) => `caught ${error.message}`;

const cases = {
  "publish and subscribe": () => { const c = channel("a"); const log = []; const f = (message, name) => log.push([message, name]); c.publish(1); c.subscribe(f); c.publish(2); const had = c.hasSubscribers; const gone = c.unsubscribe(f); c.publish(3); return [log, had, gone, c.hasSubscribers, c.unsubscribe(f), c.name, channel("a") === c]; },
  "the module's functions": () => { const log = []; const f = (message) => log.push(message); const made = subscribe("b", f); channel("b").publish("x"); return [made, log, hasSubscribers("b"), unsubscribe("b", f), hasSubscribers("b"), hasSubscribers("never"), unsubscribe("b", f)]; },
  "names": () => { const s = Symbol("q"); return [channel(s) === channel(s), channel("x") === channel("x"), channel("x") === channel("y"), inspect(channel()), inspect(channel(5))]; },
  "wrong arguments": () => outcomes({ subscribe: () => channel("x").subscribe(), "subscribe a number": () => channel("x").subscribe(5), unsubscribe: () => channel("x").unsubscribe(5), "of the module": () => subscribe("x"), "of the module, off": () => unsubscribe("x"), number: () => hasSubscribers(5), "new Channel": () => new Channel("x"), bindStore: () => channel("x").bindStore(), runStores: () => channel("x").runStores(1), tracing: () => tracingChannel(), "tracing a number": () => tracingChannel(5), "tracing an object": () => tracingChannel({}) }),
  "a subscriber that throws": () => { const c = channel("t"); const log = []; c.subscribe(() => { throw new Error("in sub"); }); c.subscribe(() => log.push("second")); return outcomes({ publish: () => c.publish(1), log: () => log }); },
  "subscribers that change while told": () => { const c = channel("ip"); const log = []; const f = () => { log.push(1); c.unsubscribe(f); }; c.subscribe(f); c.subscribe(() => log.push(2)); c.publish(0); c.publish(0); return log; },
  "the same subscriber twice": () => { const c = channel("tw"); const log = []; const f = () => log.push(1); c.subscribe(f); c.subscribe(f); c.publish(0); c.unsubscribe(f); c.publish(0); return log; },
  "stores": () => { const c = channel("s"); const als = new AsyncLocalStorage(); c.bindStore(als); const inside = c.runStores({ a: 1 }, function (...args) { return [als.getStore(), this.x, args]; }, { x: 5 }, 1, 2); const had = c.hasSubscribers; c.unbindStore(als); return [inside, had, c.runStores(5, () => als.getStore() ?? "none"), c.unbindStore(als)]; },
  "stores with a transform": () => { const c = channel("s2"); const als = new AsyncLocalStorage(); c.bindStore(als, (message) => ({ t: message })); const log = []; c.subscribe((message) => log.push([message, als.getStore()])); return [c.runStores("q", () => als.getStore()), log, als.getStore()]; },
  "a transform that throws": () => outcomes({ run: () => { const c = channel("s3"); const als = new AsyncLocalStorage(); c.bindStore(als, () => { throw new Error("tr"); }); return c.runStores("q", () => als.getStore() ?? "none"); } }),
  "tracing channels": () => { const c = tracingChannel("tr"); return [Object.keys(c), c.start === channel("tracing:tr:start"), c.asyncEnd === channel("tracing:tr:asyncEnd"), c.constructor.name, Object.getOwnPropertyNames(Object.getPrototypeOf(c)), c.hasSubscribers]; },
  "tracing channels of given ones": () => { const given = Object.fromEntries(["start", "end", "asyncStart", "asyncEnd", "error"].map((event) => [event, channel(`o${event}`)])); return tracingChannel(given).start === given.start; },
  "traceSync": () => { const c = tracingChannel("t1"); const { log } = listen(c); return [c.traceSync((a, b) => a + b, { id: 1 }, null, 1, 2), log]; },
  "traceSync that throws": () => { const c = tracingChannel("t2"); const { log } = listen(c); try { c.traceSync(() => { throw new Error("e"); }, { id: 1 }); } catch (error) { log.push(caught(error)); } return log; },
  "traceSync and this": () => { const c = tracingChannel("t12"); listen(c); return [c.traceSync(function (...args) { return [this.z, args]; }, {}, { z: 1 }, 2), tracingChannel("t11").traceSync(function () { return this === globalThis; }, {})]; },
  "tracePromise": async () => { const c = tracingChannel("t3"); const { log } = listen(c); const promise = c.tracePromise(async (a) => a, { id: 1 }, null, 7); log.push("after"); return [await promise, log]; },
  "tracePromise that rejects": async () => { const c = tracingChannel("t4"); const { log } = listen(c); await c.tracePromise(async () => { throw new Error("e"); }, {}).catch((error) => log.push(caught(error))); return log; },
  "tracePromise of a value": async () => { const c = tracingChannel("t5"); const { log } = listen(c); const result = c.tracePromise(() => 5, {}); return [result instanceof Promise, await result, log]; },
  "tracePromise that throws": () => { const c = tracingChannel("t6"); const { log } = listen(c); try { c.tracePromise(() => { throw new Error("s"); }, {}); } catch (error) { log.push(caught(error)); } return log; },
  "traceCallback": async () => { const c = tracingChannel("t7"); const { log } = listen(c); const answer = await new Promise((resolve) => { log.push(c.traceCallback((callback, a) => { setTimeout(() => callback(null, a + 1), 1); return "ret"; }, 0, { id: 1 }, null, (error, value) => { log.push("called"); resolve([error, value]); }, 4)); }); await null; return [answer, log]; },
  "traceCallback that fails": async () => { const c = tracingChannel("t8"); const { log } = listen(c); return [await new Promise((resolve) => c.traceCallback((callback) => callback(new Error("ce")), 0, {}, null, (error, value) => resolve([error.message, value]))), log]; },
  "traceCallback without one": () => outcomes({ number: () => tracingChannel("t9").traceCallback(() => {}, 0, {}, null, 5) }),
  "unsubscribing from all": () => { const c = tracingChannel("t10"); const { log, handlers } = listen(c); const gone = c.unsubscribe(handlers); c.traceSync(() => 1, {}); return [gone, log, c.hasSubscribers]; },
  "whether anybody listens": () => { const c = tracingChannel("hs"); const before = c.hasSubscribers; c.start.subscribe(() => {}); return [before, c.hasSubscribers]; },
  "stores of tracing": async () => { const c = tracingChannel("als"); const als = new AsyncLocalStorage(); c.start.bindStore(als, (message) => message.id); return [c.traceSync(() => als.getStore(), { id: 9 }), als.getStore(), await c.tracePromise(async () => { await wait(); return als.getStore(); }, { id: 8 })]; },
  "the shape": () => [Channel.name, Channel.length, Object.getOwnPropertyNames(Channel.prototype), Object.prototype.toString.call(channel("x")), Object.keys(channel("x")), channel("x") instanceof Channel, inspect(channel("x")), Object.keys(channels).map((name) => name + channels[name].length), channel("x").subscribe.length, channel("x").runStores.length],
  "performance": () => [hooks.performance === performance, hooks.Performance === performance.constructor, Object.keys(hooks.default), hooks.constants, hooks.eventLoopUtilization(), hooks.timerify((a) => a + 1)(1), hooks.PerformanceObserver.supportedEntryTypes],
  "performance that is missing": () => outcomes({ histogram: () => hooks.createHistogram(), delay: () => hooks.monitorEventLoopDelay(), resource: () => new hooks.PerformanceResourceTiming(), list: () => new hooks.PerformanceObserverEntryList() }),
  "observers": () => { const observer = new hooks.PerformanceObserver(() => {}); return [observer.observe({ entryTypes: ["mark"] }), observer.takeRecords(), observer.disconnect()]; },
};
const differing = {
  "a callback counted from the end": differs("it works as in Node; the reference counts from the start alone", { gave: 5 }, () => new Promise((resolve) => tracingChannel("t13").traceCallback((a, callback) => callback(null, a + 1), -1, {}, null, 4, (_, value) => resolve(value)))),
};

const { worker, Place } = program(Object.fromEntries(Object.entries({ ...cases, ...differing }).map(([name, run]) => [name, stateless(run)])));

export default worker;
export { Place, Actor as Subject, Actor as Plain };
