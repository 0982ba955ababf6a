import { both, equal, flush, ok, rejects, test, throws } from "harness";
import { setErrorReporter } from "web/report-error.js";
import { pendingTimers } from "web/timers.js";
import { onAbort } from "web/abort.js";
import { setGlobalScope } from "web/scope.js";

const wait = (ms) => new Promise((r) => globalThis.setTimeout(r, ms));
function reported(run) {
  const errors = [];
  setErrorReporter((e) => errors.push(e));
  run();
  return errors;
}
both("listeners", ({ Event, EventTarget }) => {
  const log = [];
  const t = new EventTarget();
  const f = (e) => log.push(e.type, e.target === t, e.currentTarget === t, e.eventPhase);
  t.addEventListener("a", f);
  t.addEventListener("a", f);
  t.addEventListener("a", { handleEvent(e) { log.push("object", this !== t); } });
  t.addEventListener("a", () => log.push("once"), { once: true });
  t.addEventListener("a", null);
  const e = new Event("a", { cancelable: true });
  log.push(t.dispatchEvent(e), e.target === t, e.currentTarget, e.eventPhase);
  log.push(t.dispatchEvent(e));
  t.removeEventListener("a", f);
  t.dispatchEvent(new Event("a"));
  return log;
});
test("preventDefault, passive, stopImmediatePropagation", () => {
  const t = new EventTarget();
  const log = [];
  t.addEventListener("x", (e) => e.preventDefault());
  log.push(t.dispatchEvent(new Event("x", { cancelable: true })), t.dispatchEvent(new Event("x")));
  const p = new EventTarget();
  p.addEventListener("x", (e) => e.preventDefault(), { passive: true });
  log.push(p.dispatchEvent(new Event("x", { cancelable: true })));
  const s = new EventTarget();
  s.addEventListener("x", (e) => { log.push(1); e.stopImmediatePropagation(); });
  s.addEventListener("x", () => log.push(2));
  s.dispatchEvent(new Event("x"));
  equal(log, [false, true, true, 1]);
});
both("a listener removed while dispatching is not called", ({ Event, EventTarget }) => {
  const t = new EventTarget();
  const log = [];
  const second = () => log.push("second");
  t.addEventListener("x", () => { t.removeEventListener("x", second); t.addEventListener("x", () => log.push("late")); });
  t.addEventListener("x", second);
  t.dispatchEvent(new Event("x"));
  return log;
});
both("signal of a listener", ({ Event, EventTarget, AbortController }) => {
  const t = new EventTarget();
  const c = new AbortController();
  let count = 0;
  t.addEventListener("x", () => count++, { signal: c.signal });
  t.dispatchEvent(new Event("x"));
  c.abort();
  t.dispatchEvent(new Event("x"));
  t.addEventListener("x", () => count++, { signal: c.signal });
  t.dispatchEvent(new Event("x"));
  return count;
});
test("an error in a listener is reported and stops nothing", () => {
  let after = false;
  const errors = reported(() => {
    const t = new EventTarget();
    t.addEventListener("x", () => { throw new RangeError("l"); });
    t.addEventListener("x", () => (after = true));
    t.dispatchEvent(new Event("x"));
  });
  equal([errors.length, errors[0].message, after], [1, "l", true]);
});
test("dispatch refuses", () => {
  const t = new EventTarget();
  throws(() => t.dispatchEvent({ type: "x" }), "TypeError");
  t.addEventListener("x", (e) => throws(() => t.dispatchEvent(e), "TypeError"));
  equal(reported(() => t.dispatchEvent(new Event("x"))).length, 0);
  throws(() => new Event(), "TypeError");
  throws(() => t.addEventListener("x"), "TypeError");
  throws(() => t.addEventListener("x", 5), "TypeError");
});
test("event classes", () => {
  equal(new CustomEvent("c", { detail: 1 }).detail, 1);
  equal(new CustomEvent("c").detail, null);
  const m = new MessageEvent("message", { data: "d", origin: "o" });
  equal([m.data, m.origin, m.lastEventId, m.ports, m instanceof Event], ["d", "o", "", [], true]);
  const c = new CloseEvent("close", { code: 1001, reason: "r", wasClean: true });
  equal([c.code, c.reason, c.wasClean, new CloseEvent("close").code], [1001, "r", true, 0]);
  const e = new ErrorEvent("error", { message: "m", error: 5, lineno: 2 });
  equal([e.message, e.error, e.lineno, e.filename, e.colno], ["m", 5, 2, "", 0]);
  const promise = Promise.resolve();
  throws(() => new PromiseRejectionEvent("unhandledrejection", { promise, reason: 1 }), "TypeError");
  equal([Event.AT_TARGET, new Event("x").NONE, typeof new Event("x").timeStamp], [2, 0, "number"]);
});
both("AbortController", ({ AbortController }) => {
  const c = new AbortController();
  const log = [c.signal.aborted, c.signal === c.signal];
  c.signal.onabort = (e) => log.push("on " + e.type);
  c.signal.addEventListener("abort", () => log.push("listener"));
  c.abort();
  c.abort("again");
  const { reason } = c.signal;
  log.push(c.signal.aborted, reason.name, reason.code);
  try { c.signal.throwIfAborted(); } catch (e) { log.push(e === reason); }
  return log;
});
both("onabort can be replaced and removed", ({ AbortController }) => {
  const log = [];
  const a = new AbortController();
  a.signal.onabort = () => log.push(1);
  a.signal.onabort = () => log.push(2);
  log.push(typeof a.signal.onabort);
  a.abort();
  const b = new AbortController();
  b.signal.onabort = () => log.push(3);
  b.signal.onabort = null;
  log.push(b.signal.onabort);
  b.abort();
  return log;
});
test("AbortSignal.abort and any", () => {
  const c = new AbortController();
  const d = new AbortController();
  const any = AbortSignal.any([c.signal, d.signal]);
  const both = AbortSignal.any([any, c.signal]);
  const log = [any.aborted];
  any.addEventListener("abort", () => log.push("any", both.aborted));
  both.addEventListener("abort", () => log.push("both"));
  d.abort("d");
  c.abort("c");
  equal(log, [false, "any", true, "both"]);
  equal([any.reason, both.reason, AbortSignal.abort("x").reason, AbortSignal.abort().reason.name, AbortSignal.any([AbortSignal.abort("y")]).reason, AbortSignal.any([]).aborted], ["d", "d", "x", "AbortError", "y", false]);
});
test("AbortSignal.timeout", async () => {
  const signal = AbortSignal.timeout(1);
  equal(signal.aborted, false);
  await wait(15);
  equal([signal.aborted, signal.reason.name, signal.reason.code], [true, "TimeoutError", 23]);
  throws(() => AbortSignal.timeout(-1), "TypeError");
  throws(() => new AbortSignal(), "TypeError", "Illegal constructor");
});
test("the runtime's own abort hooks", () => {
  const log = [];
  const c = new AbortController();
  onAbort(c.signal, () => log.push("kept"));
  onAbort(c.signal, () => log.push("taken back"))();
  c.signal.addEventListener("abort", () => log.push("listener"));
  c.abort();
  equal(log, ["kept", "listener"]);
});
// ---- timers ----
test("setTimeout", async () => {
  const log = [];
  const id = setTimeout((...args) => log.push(args), 1, "a", "b");
  equal(typeof id, "number");
  clearTimeout(setTimeout(() => log.push("cleared"), 1));
  clearInterval(setTimeout(() => log.push("cleared too"), 1));
  setTimeout(() => log.push("bad delay"), "x");
  equal(pendingTimers(), 2);
  await wait(15);
  equal([log.map(String).sort(), pendingTimers()], [["a,b", "bad delay"], 0]);
  clearTimeout();
  clearTimeout(null);
  clearTimeout(12345);
});
test("setInterval", async () => {
  let count = 0;
  const id = setInterval(() => {
    if (++count === 3) clearInterval(id);
  }, 1);
  await wait(40);
  equal([count, pendingTimers()], [3, 0]);
});
test("timers refuse", () => {
  throws(() => setTimeout("code"), "TypeError", "Failed to execute 'setTimeout' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.");
  throws(() => setInterval(5), "TypeError", "setInterval");
});
test("the number of timers is limited", () => {
  const ids = [];
  const before = pendingTimers();
  for (let i = before; i < 10000; i++) ids.push(setTimeout(() => {}, 1e6));
  const error = throws(() => setTimeout(() => {}), "QuotaExceededError", "You have exceeded the number of active timeouts you may set. max active timeouts: 10000, current active timeouts: 10000, finished timeouts: ");
  equal(error.code, 22);
  ids.forEach(clearTimeout);
  equal(pendingTimers(), before);
});
test("an error in a timer is reported", async () => {
  const errors = reported(() => setTimeout(() => { throw new RangeError("t"); }, 0));
  await wait(5);
  equal(errors[0].message, "t");
});
test("scheduler.wait", async () => {
  equal(await scheduler.wait(1), undefined);
  const c = new AbortController();
  const waiting = scheduler.wait(1e6, { signal: c.signal });
  c.abort(new RangeError("r"));
  await rejects(waiting, "RangeError", "r");
  await rejects(scheduler.wait(1, { signal: c.signal }), "RangeError");
  equal(pendingTimers(), 0);
});
test("queueMicrotask", async () => {
  const log = [];
  queueMicrotask(() => log.push(1));
  const errors = reported(() => queueMicrotask(() => { throw new RangeError("m"); }));
  log.push(0);
  await flush();
  equal([log, errors.map((e) => e.message)], [[0, 1], ["m"]]);
  throws(() => queueMicrotask(5), "TypeError");
});
test("reportError", () => {
  const error = new RangeError("r");
  ok(reported(() => reportError(error))[0] === error);
  throws(() => reportError(), "TypeError");
});
test("global scope forbids timers and randomness", async () => {
  const message = "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a timeout, and generating random values are not allowed within global scope. To fix this error, perform this operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/";
  setGlobalScope(true);
  try {
    for (const act of [() => setTimeout(() => {}), () => setInterval(() => {}), () => crypto.randomUUID(), () => crypto.getRandomValues(new Uint8Array(1)), () => AbortSignal.timeout(1)]) {
      equal(throws(act, "Error").message, message);
    }
    await rejects(scheduler.wait(1), "Error", "Disallowed operation");
  } finally {
    setGlobalScope(false);
  }
  equal(pendingTimers(), 0);
});
both("DOMException", ({ DOMException }) => {
  const e = new DOMException("m", "DataCloneError");
  const c = new DOMException("m", { name: "AbortError", cause: 5 });
  return [e.name, e.message, e.code, `${e}`, Object.prototype.toString.call(e), DOMException.ABORT_ERR, e.DATA_CLONE_ERR, new DOMException().name, new DOMException().message,
    new DOMException("x", "Own").code, c.name, c.cause, typeof e.stack, DOMException.length];
});
test("DOMException is an Error", () => ok(new DOMException("m") instanceof Error));
