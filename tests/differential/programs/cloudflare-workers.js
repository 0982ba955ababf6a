// flags: nodejs_compat
// The functions of "cloudflare:workers": other bindings and exports for what a call sets going,
// tracing, and the shapes of the rest.

import * as workers from "cloudflare:workers";
import { env, exports, tracing, waitUntil, withEnv, withEnvAndExports, withExports } from "cloudflare:workers";
import { AsyncLocalStorage } from "node:async_hooks";
import { Actor, differs, outcome, outcomes, program, stateless } from "../suite.js";

const als = new AsyncLocalStorage();
const atTheTop = env.TEXT;
const keysAtTheTop = Object.keys(env).sort();
const later = () => env.TEXT;
const wait = (ms = 1) => scheduler.wait(ms);
const tag = (value) => Object.prototype.toString.call(value);

const cases = {
  "at the top": () => [atTheTop === env.TEXT, keysAtTheTop, "TEXT" in env, "never" in env, env.never],
  "withEnv": (t) => [withEnv({ TEXT: 2 }, () => [env.TEXT, Object.keys(env), t.env.TEXT, later(), "JSON" in env, { ...env }]), env.TEXT],
  "withEnv and await": async () => { const inner = withEnv({ TEXT: 3 }, async () => { const first = env.TEXT; await wait(); return [first, env.TEXT]; }); return [env.TEXT, await inner, env.TEXT]; },
  "withEnv and timers": () => withEnv({ TEXT: 4 }, () => new Promise((resolve) => setTimeout(() => resolve(env.TEXT), 1))),
  "withEnv in withEnv": () => withEnv({ TEXT: 1 }, () => [withEnv({ TEXT: 2 }, () => env.TEXT), env.TEXT]),
  "withEnv of what is no object": () => [5, "abc", true, null, undefined].map((value) => withEnv(value, () => env.TEXT)),
  "withEnv of a function": () => withEnv(Object.assign(() => {}, { TEXT: 7 }), () => env.TEXT),
  "withEnv of an instance": () => withEnv(new (class { TEXT = 8; get other() { return 9; } })(), () => [env.TEXT, env.other, Object.keys(env)]),
  "withEnv that throws": async () => [await outcome(() => withEnv({ TEXT: 1 }, () => { throw new Error("x"); })), env.TEXT],
  "withEnv calls": () => withEnv({}, function (...args) { return [args, this === globalThis]; }, 1, 2),
  "wrong arguments": () => outcomes({ nothing: () => withEnv(), "no function": () => withEnv({}), number: () => withEnv({}, 5), exports: () => withExports({}), both: () => withEnvAndExports({}, () => 1), waitUntil: () => waitUntil() }),
  "setting what was overridden": () => { const own = { TEXT: 1 }; withEnv(own, () => { env.TEXT = 5; env.more = 6; }); return [own, env.TEXT, env.more]; },
  "setting and deleting bindings": (t) => { env.NEW = 1; const all = [env.NEW, t.env.NEW]; delete env.NEW; return [...all, env.NEW, "NEW" in env]; },
  "the object env": (t) => [Object.getPrototypeOf(env) === Object.prototype, tag(env), JSON.stringify(env) === JSON.stringify(t.env), Object.keys(env).length === Object.keys(t.env).length, env === t.env],
  "exports": () => [typeof exports.default, typeof exports.Subject, exports.never, Object.keys(exports).sort()],
  "withExports": (t) => withExports({ Foo: 1 }, () => [Object.keys(exports), exports.Foo, exports.Subject, t.ctx.exports.Foo, env.TEXT === atTheTop]),
  "withEnvAndExports": () => [withEnvAndExports({ TEXT: 9 }, { B: 8 }, () => [env.TEXT, exports.B]), env.TEXT, exports.B],
  "withEnv keeps the exports": () => withEnv({}, () => typeof exports.Subject),
  "together with AsyncLocalStorage": () => als.run(1, () => withEnv({ TEXT: 2 }, () => [als.getStore(), env.TEXT, als.exit(() => [als.getStore(), env.TEXT])])),
  "snapshots keep the env": () => { const snapshot = withEnv({ TEXT: 7 }, () => AsyncLocalStorage.snapshot()); return [snapshot(() => env.TEXT), env.TEXT]; },
  "waitUntil": () => [waitUntil(Promise.resolve(1)), waitUntil(5), waitUntil.name],
  "cache": () => [tag(workers.cache), Object.keys(workers.cache)],
  "what there is": () => Object.keys(workers).map((name) => `${name} ${typeof workers[name]}${typeof workers[name] === "function" ? ` ${workers[name].length}` : ""}`),
  "spans": () => { const span = tracing.startSpan("n"); return [tag(tracing), tag(span), span.isTraced, span.spanContext(), span.setAttribute("a", 1) === span, span.setAttributes({ a: 1 }) === span, span.recordException(new Error("x")), span.updateName("q") === span, span.setStatus({ code: "ok" }) === span, span.end(), span.end()]; },
  "the active span": async () => { const outer = tracing.getActiveSpan(); return [tag(outer), tracing.getActiveSpan() === outer, tracing.enterSpan("a", (span) => tracing.getActiveSpan() === span), await tracing.startActiveSpan("b", async (span) => { await wait(); return tracing.getActiveSpan() === span; }), tracing.getActiveSpan() === outer]; },
  "an active span of one's own": () => { const span = tracing.startSpan("x"); return tracing.withActiveSpan(span, (...args) => [tracing.getActiveSpan() === span, args], 1, 2); },
  "what spans give": () => outcomes({ value: () => tracing.enterSpan("x", (span, a) => a, 5), promise: () => tracing.enterSpan("x", async () => 7), error: () => tracing.enterSpan("x", () => { throw new RangeError("q"); }), number: () => tracing.enterSpan(5, () => 1), arguments: () => tracing.startActiveSpan("x", (...args) => args.length) }),
  "wrong arguments of tracing": () => outcomes({
    enterSpan: () => tracing.enterSpan(), callback: () => tracing.enterSpan("x"), startSpan: () => tracing.startSpan(), startActiveSpan: () => tracing.startActiveSpan("a"), options: () => tracing.startActiveSpan("x", {}, () => 3), withActiveSpan: () => tracing.withActiveSpan(), number: () => tracing.withActiveSpan(5, () => 1), null: () => tracing.withActiveSpan(null, () => 1), "no callback": () => tracing.withActiveSpan(tracing.startSpan("x")), "new Span": () => new tracing.Span(),
    setAttribute: () => tracing.startSpan("x").setAttribute(), setAttributes: () => tracing.startSpan("x").setAttributes(), "attributes of a number": () => tracing.startSpan("x").setAttributes(5), setStatus: () => tracing.startSpan("x").setStatus(), code: () => tracing.startSpan("x").setStatus({ code: 1 }), "no code": () => tracing.startSpan("x").setStatus({}), recordException: () => tracing.startSpan("x").recordException(), updateName: () => tracing.startSpan("x").updateName(),
  }),
};
const differing = {
  "lists in the place of env": differs("a proxy here shows all properties as ones that can be changed", { gave: ["0", "1"] }, () => withEnv([1, 2], () => Object.keys(env))),
};

const inObject = {
  "withEnv in an object": (t) => withEnv({ TEXT: 1 }, async () => { await t.storage.put("a", 1); return [env.TEXT, t.env.TEXT !== 1]; }),
};

const { worker, Place } = program({ ...Object.fromEntries(Object.entries({ ...cases, ...differing }).map(([name, run]) => [name, stateless(run)])), ...inObject });

export default worker;
export { Place, Actor as Subject, Actor as Plain };
