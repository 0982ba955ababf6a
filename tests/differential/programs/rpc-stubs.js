// References: functions and RpcTargets given away, called back, duplicated and let go of.

import { RpcPromise, RpcProperty, RpcStub, RpcTarget } from "cloudflare:workers";
import { Actor, differs, outcome, outcomes, program } from "../suite.js";

class Counter extends RpcTarget {
  constructor(n, log) { super(); this.n = n; this.log = log; }
  add(d = 1) { return (this.n += d); }
  get value() { return this.n; }
  [Symbol.dispose]() { this.log?.push(`disposed ${this.n}`); }
}

export class Subject extends Actor {
  log = [];
  call(fn, ...args) { return fn(...args); }
  async callTwice(fn) { return [await fn(1), await fn(2)]; }
  async addTo(counter, n) { return counter.add(n); }
  async valueOf(counter) { return counter.value; }
  async keep(fn) { this.kept = fn; return "kept"; }
  async keepDup(fn) { this.kept = fn.dup(); return "kept"; }
  async useKept(...args) { return this.kept(...args); }
  makeCounter(n) { return new Counter(n, this.log); }
  record(n) { return { f: (x) => x + n, counter: new Counter(n, this.log), text: "t" }; }
  echo(x) { return x; }
  compose(f, g) { return async (x) => g(await f(x)); }
  readLog() { return [...this.log]; }
  about(fn) { return [typeof fn, Object.prototype.toString.call(fn), fn instanceof RpcStub, fn instanceof Function, Reflect.ownKeys(fn)]; }
  async failWith(fn) { try { await fn(); } catch (error) { return [error.constructor.name, error.name, error.message, error.remote === true]; } }
  async later(fn) { await scheduler.wait(3); return fn("later"); }
}

const own = (object) => Reflect.ownKeys(object).map(String);
const settle = () => scheduler.wait(5);

const { worker, Place } = program({
  "functions are called back": (t) => outcomes({
    simple: () => t.subject().call((x) => x * 10, 3),
    asynchronous: () => t.subject().call(async (x) => { await scheduler.wait(1); return x + 1; }, 3),
    twice: () => t.subject().callTwice((x) => x * 2),
    "after a wait": () => t.subject().later((x) => `${x}!`),
    "no function": () => t.subject().call({}, 1).catch((error) => error.constructor.name),
    "several arguments": () => t.subject().call((...all) => all, 1, "two", [3]),
    "a function that gives a function": () => t.subject().call(() => (x) => x + 1).then((f) => f(4)),
  }),
  "failures of functions": (t) => outcomes({
    type: () => t.subject().failWith(() => { throw new TypeError("from the callback"); }),
    custom: () => t.subject().failWith(() => { throw Object.assign(new Error("m"), { name: "Odd", code: 5 }); }),
    "passed on": () => t.subject().call(() => { throw new RangeError("through"); }),
    rejected: () => t.subject().call(async () => { throw new SyntaxError("late"); }),
    text: () => t.subject().call(() => { throw "just text"; }),
  }),
  "targets are called back": (t) => outcomes({
    method: async () => { const counter = new Counter(1); return [await t.subject().addTo(counter, 4), counter.n]; },
    property: () => t.subject().valueOf(new Counter(9)),
    "own members": () => t.subject().echo(new Counter(1)).then((counter) => outcome(() => counter.n)),
    "missing": () => t.subject().echo(new Counter(1)).then((counter) => outcome(() => counter.nope())),
  }),
  "what a stub looks like": async (t) => {
    using counter = await t.subject().makeCounter(1);
    using fn = await t.subject().echo(() => 1);
    return [typeof counter, Object.prototype.toString.call(counter), counter instanceof RpcStub, own(counter), counter.constructor === RpcStub, typeof fn, own(fn), await t.subject().about(() => 1)];
  },
  "what properties and results look like": async (t) => {
    const stub = t.subject();
    const [property, result] = [stub.echo, stub.echo(1)];
    await result;
    return [typeof property, Object.prototype.toString.call(property), property instanceof RpcProperty, own(property), property.constructor === RpcProperty,
      typeof result, Object.prototype.toString.call(result), result instanceof RpcPromise, result instanceof Promise, own(result), String(property), `${result}`, stub.echo === stub.echo];
  },
  "a stub passed on": async (t) => {
    const counter = await t.subject("a").makeCounter(5);
    return [await t.subject("b").addTo(counter, 1), await counter.value];
  },
  "a stub comes home": async (t) => { const back = await t.subject().echo(await t.subject().makeCounter(3)); return [await back.add(1)]; },
  "functions composed elsewhere": async (t) => { const f = await t.subject().compose((x) => x + 1, (x) => x * 10); return outcome(() => f(4)); },
  "parameters end with the call": async (t) => [await t.subject().keep((x) => x + 1), await outcome(() => t.subject().useKept(9))],
  "dup keeps them": async (t) => [await t.subject().keepDup((x) => x + 1), await outcome(() => t.subject().useKept(9)), await outcome(() => t.subject().useKept(10))],
  "the caller's own stub outlives the call": async (t) => {
    const counter = await t.subject("a").makeCounter(1);
    await t.subject("b").addTo(counter, 1);
    return counter.add(1);
  },
  "after dispose": differs("duplicating or passing on a stub that was let go of says so", { gave: Object.fromEntries(["call", "read", "dup", "pass"].map((name) => [name, { threw: { $: "Error", name: "Error", message: "RPC stub used after being disposed." } }])) }, async (t) => {
    const counter = await t.subject().makeCounter(7);
    counter[Symbol.dispose]();
    counter[Symbol.dispose]();
    return outcomes({ call: () => counter.add(), read: () => counter.value, dup: () => counter.dup(), pass: () => t.subject().echo(counter) });
  }),
  "dispose reaches the target": async (t) => {
    const counter = await t.subject().makeCounter(7);
    await counter.add(1);
    counter[Symbol.dispose]();
    await settle();
    return t.subject().readLog();
  },
  "dup holds the target": async (t) => {
    const counter = await t.subject().makeCounter(7);
    const second = counter.dup();
    counter[Symbol.dispose]();
    await settle();
    const before = await t.subject().readLog();
    const value = await second.add(1);
    second[Symbol.dispose]();
    await settle();
    return [before, value, await t.subject().readLog()];
  },
  "disposing of a result": async (t) => {
    const record = await t.subject().record(5);
    const before = [await record.f(1), await record.counter.add(1), record.text, own(record)];
    record[Symbol.dispose]();
    await settle();
    return [before, await outcome(() => record.f(1)), await outcome(() => record.counter.add(1)), await t.subject().readLog()];
  },
  "using": async (t) => {
    { using counter = await t.subject().makeCounter(3); await counter.add(1); }
    await settle();
    return t.subject().readLog();
  },
  "targets given by the caller are disposed of after the call": async (t) => {
    const log = [];
    await t.subject().addTo(new Counter(1, log), 1);
    await settle();
    return log;
  },
  "RpcStub around what is here": async () => {
    const counter = new Counter(1);
    const stub = new RpcStub(counter);
    const first = [typeof stub, Object.prototype.toString.call(stub), await stub.add(), counter.n];
    const second = stub.dup();
    stub[Symbol.dispose]();
    return [first, await outcome(() => stub.add()), await second.add()];
  },
  "RpcStub around other things": () => outcomes({
    "plain object": async () => { const stub = new RpcStub({ a() { return 1; }, b: 2, c: { d: () => 3 } }); return [await stub.a(), await stub.b, await stub.c.d()]; },
    function: async () => { const stub = new RpcStub((x) => x + 1); return [typeof stub, await stub(1), await outcome(() => stub.a())]; },
    number: () => new RpcStub(5), null: () => new RpcStub(null), nothing: () => new RpcStub(), list: () => new RpcStub([1]).length, date: () => typeof new RpcStub(new Date(0)),
    instance: () => typeof new RpcStub(new (class Z {})()),
    "values are copied": async () => { const given = { n: 1 }; const stub = new RpcStub({ take(x) { x.n++; return x.n; } }); return [await stub.take(given), given.n]; },
  }),
  "classes cannot be made": () => outcomes({ RpcPromise: () => new RpcPromise(), RpcProperty: () => new RpcProperty() }),
  "members of the classes": () => Object.fromEntries([RpcStub, RpcPromise, RpcProperty, RpcTarget].map((Class) => [Class.name, [
    Class.length, Object.getOwnPropertyNames(Class.prototype).sort(), Object.prototype.toString.call(Class.prototype), typeof Class.prototype[Symbol.dispose]]])),
  "a plain function as a target's member": async (t) => { const f = await t.subject().echo(Object.assign(() => 1, { extra: () => "extra", n: 5 })); return [await f(), await f.extra(), await f.n, await outcome(() => f.name)]; },
});

export default worker;
export { Place, Actor as Plain };
