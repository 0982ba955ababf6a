// Calling methods and reading properties of durable objects: what is visible, paths, pipelining,
// order, and what goes wrong.

import { DurableObject, RpcTarget } from "cloudflare:workers";
import { Actor, differs, outcome, outcomes, program, stateless } from "../suite.js";

class Counter extends RpcTarget {
  #n;
  own = 1;
  ownFunction = () => 1;
  constructor(n) { super(); this.#n = n; }
  add(d = 1) { return (this.#n += d); }
  get value() { return this.#n; }
  get later() { return Promise.resolve(this.#n); }
  get doubler() { return (x) => x * 2; }
  get nested() { return { a: { b: 1, f: () => 7 } }; }
  self() { return this; }
  fetch(x) { return `fetched ${x}`; }
  static make() { return 1; }
}

export class Subject extends Actor {
  field = 1;
  arrow = () => 2;
  log = [];
  static make() {}
  hello(x) { return `hello ${x}`; }
  count(...args) { return args.length; }
  async slow(ms, what) { await scheduler.wait(ms); this.log.push(what); return [...this.log]; }
  note(what) { this.log.push(what); return [...this.log]; }
  get property() { return 42; }
  get promised() { return Promise.resolve(43); }
  get object() { return { a: 1, b: { c: 2 }, add(x) { return x + 1; }, list: [1, { x: 5 }] }; }
  get counter() { return new Counter(100); }
  get failing() { throw new RangeError("no property today"); }
  makeCounter(n) { return new Counter(n); }
  number() { return 5; }
  text() { return "text"; }
  nothing() {}
  nil() { return null; }
  list() { return [1, { deep: [2, 3] }]; }
  record() { return { a: 1, f: (x) => x + 1, counter: new Counter(5), text: "str", inner: { g: () => "g" } }; }
  adder() { return (a, b) => a + b; }
  _under() { return "u"; }
  async alarm() {}
  webSocketMessage() {}
  ["with space"]() { return "space"; }
  ["ünïcode"]() { return "é"; }
  [5]() { return "five"; }
  readThis() { return this.constructor.name; }
}

/** A class without the base. */
export class Plain {
  fetch() { return new Response("plain"); }
  hello() { return 1; }
}

const names = (list, run) => outcomes(Object.fromEntries(list.map((name) => [name, () => run(name)])));

const { worker, Place } = program({
  "methods": (t) => outcomes({
    plain: () => t.subject().hello("you"),
    under: () => t.subject()._under(),
    space: () => t.subject()["with space"](),
    unicode: () => t.subject()["ünïcode"](),
    "a number is no name": () => typeof t.subject()[5],
    "receiver": () => t.subject().readThis(),
    "no arguments": () => t.subject().count(),
    "undefined and null": () => t.subject().count(undefined, null, undefined),
    "many": () => t.subject().count(...Array.from({ length: 300 }, (_, i) => i)),
  }),
  "from the stateless worker": stateless((t) => t.subject().hello("there")),
  "properties": (t) => outcomes({
    value: () => t.subject().property,
    promised: () => t.subject().promised,
    nested: () => t.subject().object.b.c,
    "nested object": () => t.subject().object.b,
    "nested call": () => t.subject().object.add(1),
    "in a list": () => typeof t.subject().object.list[1],
    failing: () => t.subject().failing,
    "counter through a getter": () => t.subject().counter.add(2),
    "a method read": async () => { const method = await t.subject().hello; return [typeof method, await method("x")]; },
  }),
  "what is not visible": (t) => names(["missing", "field", "arrow", "ctx", "env", "make", "log"], (name) => t.subject()[name]("x")),
  "what is not visible, read": (t) => names(["missing", "field", "ctx", "env", "log"], (name) => t.subject()[name]),
  "reserved names": (t) => names(["alarm", "dup", "webSocketMessage", "webSocketClose", "webSocketError"], (name) => t.subject()[name]("x")),
  "reserved names, read": (t) => names(["alarm", "dup", "webSocketMessage"], (name) => t.subject()[name]),
  "members that every object has": (t) => outcomes({
    toString: () => t.subject().toString(),
    hasOwnProperty: () => t.subject().hasOwnProperty("x"),
  }),
  "then is no member": async (t) => { const stub = t.subject(); return [typeof stub.then, (await stub) === stub]; },
  "missing members further on": (t) => outcomes({
    read: () => t.subject().object.zz,
    call: () => t.subject().object.zz(),
    deeper: () => t.subject().object.zz.yy(),
    "not a function": () => t.subject().object.a(),
    "of a number": () => t.subject().object.a.b,
    "of a number, called": () => t.subject().object.a.b(),
    "a property that is no function": () => t.subject().property(),
    "inherited by all objects": () => t.subject().object.toString(),
  }),
  "pipelining": (t) => outcomes({
    method: () => t.subject().makeCounter(10).add(5),
    property: () => t.subject().makeCounter(10).value,
    promised: () => t.subject().makeCounter(10).later,
    chain: () => t.subject().makeCounter(10).self().self().add(1),
    nested: () => t.subject().makeCounter(10).nested.a.b,
    "nested call": () => t.subject().makeCounter(10).nested.a.f(),
    "function in a record": () => t.subject().record().f(5),
    "value in a record": () => t.subject().record().a,
    "target in a record": () => t.subject().record().counter.add(1),
    "deeper in a record": () => t.subject().record().inner.g(),
    "a function itself": () => t.subject().adder()(3, 4),
    "into a list": () => typeof t.subject().list()[1],
  }),
  "pipelining into nothing": (t) => outcomes({
    "number, read": () => t.subject().number().x,
    "number, called": () => t.subject().number().x(),
    "number itself": () => t.subject().number()(),
    "text, read": () => t.subject().text().length,
    "undefined": () => t.subject().nothing().x,
    "null": () => t.subject().nil().x(),
    "record, missing": () => t.subject().record().zz,
    "record, too deep": () => t.subject().record().text.length,
    "after a failure": () => t.subject().missing().further.on(),
    "own of a target": () => t.subject().makeCounter(1).own,
    "own function of a target": () => t.subject().makeCounter(1).ownFunction(),
    "static of a target": () => t.subject().makeCounter(1).make(),
  }),
  "two calls through one promise": async (t) => {
    const counter = t.subject().makeCounter(10);
    const [a, b, c] = await Promise.all([counter.add(1), counter.add(1), counter.add(1)]);
    return [a, b, c, await (await counter).value];
  },
  "no first reaction": differs("as with any promise", { gave: 'The RPC receiver does not implement the method "missing".' },
    (t) => t.subject().missing().then(null, (error) => error.message)),
  "calls are delivered in order": async (t) => {
    const stub = t.subject();
    const all = [];
    for (let i = 0; i < 20; i++) all.push(stub.note(i));
    return (await Promise.all(all)).at(-1);
  },
  "calls interleave at waits": async (t) => {
    const stub = t.subject();
    const [slow, quick] = await Promise.all([stub.slow(15, "slow"), stub.slow(1, "quick")]);
    return [slow, quick];
  },
  "a path may be 65 names long": async (t) => {
    const walk = (n) => { let at = t.subject(); for (let i = 0; i < n; i++) at = at.a; return at; };
    return outcomes({ fits: async () => await walk(65), "too long": async () => await walk(66) });
  },
  "a class without the base": async (t) => {
    const stub = t.env.PLAINS.getByName("x");
    return outcomes({ call: () => stub.hello(), read: () => stub.hello, fetch: async () => (await stub.fetch("http://x/")).text() });
  },
  "a result is nobody's duty": async (t) => {
    t.subject().missing();
    t.subject().failing.further();
    await scheduler.wait(5);
    return "fine";
  },
  "reactions of a result": async (t) => outcomes({
    then: () => t.subject().hello("a").then((text) => text + "!"),
    "then of a failure": () => t.subject().missing().then((x) => x, (error) => error.message),
    catch: () => t.subject().missing().catch((error) => error.message),
    finally: async () => { let ran = false; const text = await t.subject().hello("b").finally(() => { ran = true; }); return [text, ran]; },
    "of a property": () => t.subject().property.then((n) => n + 1),
    "catch of a property": () => t.subject().failing.catch((error) => error.message),
    all: () => Promise.all([t.subject().hello(1), t.subject().property, t.subject().number()]),
    race: () => Promise.race([t.subject().number()]),
  }),
  "own properties of a stub": async (t) => { const stub = t.subject(); stub.mine = 5; return [stub.mine, Object.keys(stub)]; },
  "symbols": (t) => {
    const stub = t.subject();
    return [typeof stub[Symbol("x")], typeof stub.hello[Symbol("y")], typeof stub[Symbol.iterator], typeof stub.number()[Symbol.dispose], typeof stub[Symbol.dispose], typeof stub.hello[Symbol.dispose]];
  },
  "an object calls itself through a stub": async (t) => {
    const stub = t.env.PLACES.get(t.ctx.id);
    return outcome(() => stub.caseless());
  },
});

export default worker;
export { Place };
