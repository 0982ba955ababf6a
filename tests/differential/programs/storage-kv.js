// `ctx.storage.kv` and the asynchronous get, put, delete and list.

import { Actor, outcome, outcomes, program } from "../suite.js";

class Point {
  constructor() { this.x = 1; }
  sum() { return this.x; }
}

const { worker, Place } = program({
  "get of nothing": (t) => t.storage.get("a"),
  "put and get": async (t) => {
    await t.storage.put("a", { n: 1 });
    return t.storage.get("a");
  },
  "put gives undefined": (t) => t.storage.put("a", 1),
  "values by structured clone": async (t) => {
    const cyclic = { name: "me" };
    cyclic.self = cyclic;
    const values = { date: new Date(5), map: new Map([[1, { a: 2 }]]), set: new Set([1, "x"]), bytes: new Uint8Array([1, 2]), buffer: new ArrayBuffer(2),
      big: 12n, nan: NaN, zero: -0, undef: [undefined], regexp: /a+/gi, error: new RangeError("far"), sparse: [1, , 3], nil: null, bool: false, text: "ü\0" };
    await t.storage.put(values);
    await t.storage.put("cyclic", cyclic);
    const back = await t.storage.get(Object.keys(values));
    const again = await t.storage.get("cyclic");
    return [Object.fromEntries(back), again.self === again];
  },
  "class instances become plain": async (t) => {
    await t.storage.put("p", new Point());
    const back = await t.storage.get("p");
    return [back, Object.getPrototypeOf(back) === Object.prototype];
  },
  "values that cannot be stored": (t) => outcomes({
    function: () => t.storage.put("a", () => 1),
    method: () => t.storage.put("a", { f() {} }),
    symbol: () => t.storage.put("a", Symbol("s")),
    undefined: () => t.storage.put("a", undefined),
    missing: () => t.storage.put("a"),
    nothing: () => t.storage.put(),
    promise: () => t.storage.put("a", Promise.resolve(1)),
    weakmap: () => t.storage.put("a", new WeakMap()),
    stub: () => t.storage.put("a", t.subject()),
  }),
  "async functions reject, they do not throw": (t) => {
    const promise = t.storage.put("a", undefined);
    return outcome(() => promise);
  },
  "put of entries": async (t) => {
    await t.storage.put({ b: 2, a: 1, skipped: undefined, c: null });
    return t.storage.list();
  },
  "put in the wrong form": (t) => outcomes({
    number: () => t.storage.put(1, 2),
    object_and_value: () => t.storage.put({ a: 1 }, "b"),
    null_key: () => t.storage.put(null, 1),
    list: () => t.storage.list(),
  }),
  "get of several": async (t) => {
    await t.storage.put({ b: 2, a: 1, "ä": 3, "": 4 });
    return t.storage.get(["b", "zzz", "ä", "a", "", "a"]);
  },
  "get in the wrong form": (t) => outcomes({
    nothing: () => t.storage.get(),
    undefined: () => t.storage.get(undefined),
    number: () => t.storage.get(5),
    null: () => t.storage.get(null),
    object: () => t.storage.get({}),
  }),
  "delete": async (t) => {
    await t.storage.put({ a: 1, b: 2, c: 3 });
    return [await t.storage.delete("a"), await t.storage.delete("a"), await t.storage.delete(["b", "c", "d"]), await t.storage.list()];
  },
  "delete in the wrong form": (t) => outcomes({ nothing: () => t.storage.delete(), undefined: () => t.storage.delete(undefined) }),
  "list is in order of the keys' bytes": async (t) => {
    for (const key of ["b", "a", "B", "ä", "€", "😀", "\uffff", "10", "9", ""]) await t.storage.put(key, 1);
    return [...(await t.storage.list()).keys()];
  },
  "list options": async (t) => {
    await t.storage.put({ a: 1, ab: 2, abc: 3, b: 4, ba: 5, c: 6 });
    const keys = async (options) => [...(await t.storage.list(options)).keys()];
    return [
      await keys({ start: "ab" }), await keys({ startAfter: "ab" }), await keys({ end: "b" }), await keys({ start: "ab", end: "ba" }),
      await keys({ prefix: "a" }), await keys({ prefix: "ab", start: "abb" }), await keys({ reverse: true }), await keys({ reverse: true, limit: 2 }),
      await keys({ start: "ab", end: "c", reverse: true }), await keys({ limit: 2 }), await keys({ startAfter: "ab", reverse: true }),
      await keys({ prefix: "z" }), await keys({ end: "a" }), await keys({ start: "c", end: "a" }), await keys({ prefix: "" }), await keys({ limit: 2.9 }),
      await keys(undefined), await keys({}), await keys({ start: undefined, limit: undefined }),
    ];
  },
  "list in the wrong form": (t) => outcomes({
    both: () => t.storage.list({ start: "a", startAfter: "b" }),
    zero: () => t.storage.list({ limit: 0 }),
    negative: () => t.storage.list({ limit: -1 }),
    text_limit: () => t.storage.list({ limit: "x" }),
    not_options: () => t.storage.list(5),
    null_options: () => t.storage.list(null),
  }),
  "list gives a Map of values": async (t) => {
    await t.storage.put({ x: { y: [1] }, z: "s" });
    const map = await t.storage.list({ allowConcurrency: true, noCache: true });
    return [map instanceof Map, map];
  },
  "options are accepted": async (t) => {
    await t.storage.put("a", 1, { allowUnconfirmed: true, noCache: true });
    return [await t.storage.get("a", { allowConcurrency: true, noCache: true }), await t.storage.delete("a", { allowUnconfirmed: true })];
  },
  "many keys": async (t) => {
    for (let i = 0; i < 400; i++) await t.storage.put(`k${String(i).padStart(3, "0")}`, i);
    const all = await t.storage.list();
    const back = await t.storage.list({ reverse: true, limit: 300 });
    return [all.size, [...all.values()].every((v, i) => v === i), back.size, [...back.keys()][0], [...back.keys()][299]];
  },
  "sync kv: put, get, delete": (t) => {
    const kv = t.storage.kv;
    return [kv.put("a", { n: 1 }), kv.get("a"), kv.get("b"), kv.delete("a"), kv.delete("a"), kv.get("a")];
  },
  "sync kv: a value of undefined": (t) => {
    const kv = t.storage.kv;
    kv.put("a", undefined);
    return [kv.get("a"), kv.delete("a"), [...kv.list()]];
  },
  "sync kv: shared with the asynchronous API": async (t) => {
    t.storage.kv.put("a", 1);
    await t.storage.put("b", 2);
    return [await t.storage.get("a"), t.storage.kv.get("b"), await t.storage.list()];
  },
  "sync kv: wrong forms": (t) => outcomes({
    get: () => t.storage.kv.get(),
    get_array: () => t.storage.kv.get(["a", "b"]),
    put_nothing: () => t.storage.kv.put(),
    put_key: () => t.storage.kv.put("a"),
    put_object: () => t.storage.kv.put({ a: 1 }),
    put_function: () => t.storage.kv.put("a", () => 1),
    delete: () => t.storage.kv.delete(),
    list_both: () => t.storage.kv.list({ start: "a", startAfter: "b" }),
    list_zero: () => t.storage.kv.list({ limit: 0 }),
  }),
  "sync kv: list": (t) => {
    const kv = t.storage.kv;
    for (const key of ["c", "a", "b"]) kv.put(key, key.toUpperCase());
    const list = kv.list();
    return [[...list], [...kv.list({ start: "b" })], [...kv.list({ reverse: true, limit: 1 })], kv.list().map(([key]) => key).toArray(),
      kv.list({ prefix: "a" }).next(), Object.prototype.toString.call(kv.list())];
  },
  "sync kv: one list at a time": (t) => {
    const kv = t.storage.kv;
    for (const key of ["a", "b", "c"]) kv.put(key, 1);
    const first = kv.list();
    first.next();
    const second = kv.list();
    return outcomes({ first: () => first.next(), second: () => second.next() });
  },
  "shape of kv": (t) => ({
    tag: Object.prototype.toString.call(t.storage.kv),
    same: t.storage.kv === t.storage.kv,
    members: Object.getOwnPropertyNames(Object.getPrototypeOf(t.storage.kv)).sort(),
  }),
  "shape of storage": (t) => ({
    tag: Object.prototype.toString.call(t.storage),
    same: t.ctx.storage === t.storage,
    own: Object.keys(t.storage),
    kv: typeof t.storage.kv,
    methods: ["get", "put", "delete", "list", "deleteAll", "transaction", "transactionSync", "sync", "getAlarm", "setAlarm", "deleteAlarm",
      "getCurrentBookmark", "getBookmarkForTime", "onNextSessionRestoreBookmark"].map((name) => [name, typeof t.storage[name]]),
  }),
  "sync": (t) => t.storage.sync(),
  "deleteAll": async (t) => {
    await t.storage.put("a", 1);
    t.sql.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    const gave = await t.storage.deleteAll();
    return [gave, await t.storage.list(), await outcome(() => t.sql.exec("SELECT * FROM t")), t.sql.exec("CREATE TABLE t (m)").toArray()];
  },
  "no alarm is set": (t) => t.storage.getAlarm(),
  "no point in time": (t) => outcomes({
    time: () => t.storage.getBookmarkForTime(Date.now()),
    restore: () => t.storage.onNextSessionRestoreBookmark("00000000-00000000-00000000-00000000000000000000000000000000"),
  }),
  "a class without SQL": async (t) => (await t.env.PLAINS.getByName("a class without SQL").fetch("http://x/")).json(),
});

export class Plain extends Actor {
  async fetch() {
    await this.ctx.storage.put("a", 1);
    return Response.json(await outcomes({
      sql: () => this.ctx.storage.sql.exec("SELECT 1"),
      kv: () => this.ctx.storage.kv.get("a"),
      get: () => this.ctx.storage.get("a"),
      list: () => this.ctx.storage.list(),
      transactionSync: () => this.ctx.storage.transactionSync(() => 1),
      transaction: () => this.ctx.storage.transaction(async (txn) => txn.get("a")),
    }));
  }
}

export default worker;
export { Place, Actor as Subject };
