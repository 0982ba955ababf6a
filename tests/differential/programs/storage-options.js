// The asynchronous storage API's options, durability, sizes, and objects without SQL.

import { Actor, ask, outcome, outcomes, program, show } from "../suite.js";

const MiB = 1 << 20;

/** An object without SQL. */
export class Plain extends Actor {
  async run(name) { return plain[name](this.ctx, this.ctx.storage); }
  alarm() {}
}

const plain = {
  shape: (ctx, storage) => outcomes({
    sql: () => storage.sql, kv: () => storage.kv, "transactionSync": () => storage.transactionSync(() => 1),
    own: () => Object.getOwnPropertyNames(storage), size: () => storage.sql.databaseSize,
  }),
  async values(ctx, storage) {
    await storage.put({ a: 1, b: new Map([[1, 2]]), c: [1, , 3] });
    return [show(await storage.get(["c", "a", "b"])), await storage.delete("a"), await storage.delete(["a", "b"]), show(await storage.list())];
  },
  async transaction(ctx, storage) {
    await storage.put("a", 1);
    const failed = await outcome(() => storage.transaction(async (txn) => { await txn.put("a", 2); throw new RangeError("no"); }));
    const kept = await storage.transaction(async (txn) => { await txn.put("b", 3); return txn.get("a"); });
    return [failed, kept, await storage.get("a"), await storage.get("b")];
  },
  async alarm(ctx, storage) {
    const at = Date.now() + 1e6;
    await storage.setAlarm(at);
    return (await storage.getAlarm()) === at;
  },
  async deleteAll(ctx, storage) {
    await storage.put("a", 1);
    await storage.setAlarm(Date.now() + 1e6);
    await storage.deleteAll();
    return [(await storage.list()).size, await storage.getAlarm()];
  },
  sizes: (ctx, storage) => outcomes({
    "key of 2048": () => storage.put("k".repeat(2048), 1),
    "key of 2049": () => storage.put("k".repeat(2049), 1),
    "value of 128 KiB": () => storage.put("v", new Uint8Array(128 * 1024)),
    "value of 129 KiB": () => storage.put("v", new Uint8Array(129 * 1024)),
    "129 keys to get": () => storage.get(Array.from({ length: 129 }, (_, i) => `k${i}`)),
    "129 entries to put": () => storage.put(Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, i]))),
    "129 keys to delete": () => storage.delete(Array.from({ length: 129 }, (_, i) => `k${i}`)),
  }),
  bookmarks: (ctx, storage) => outcomes({
    current: async () => typeof (await storage.getCurrentBookmark()),
    time: () => storage.getBookmarkForTime(Date.now()),
    restore: () => storage.onNextSessionRestoreBookmark("x"),
  }),
};

const wrong = (t, method, ...before) => outcomes(Object.fromEntries(
  [["number", 5], ["string", "x"], ["true", true], ["null", null], ["undefined", undefined], ["array", []], ["function", () => {}], ["empty", {}]]
    .map(([name, options]) => [name, () => t.storage[method](...before, options)])));

const { worker, Place } = program({
  "options of get": (t) => wrong(t, "get", "a"),
  "options of get of several": (t) => wrong(t, "get", ["a"]),
  "options of put": (t) => wrong(t, "put", "a", 1),
  "options of put of entries": (t) => wrong(t, "put", { a: 1 }),
  "options of delete": (t) => wrong(t, "delete", "a"),
  "options of list": (t) => wrong(t, "list"),
  "options of deleteAll": (t) => wrong(t, "deleteAll"),
  "options of transaction": (t) => wrong(t, "transaction", async () => 1),
  "values of options": (t) => outcomes({
    "text for a flag": () => t.storage.put("a", 1, { allowUnconfirmed: "yes" }),
    "number for a flag": () => t.storage.get("a", { allowConcurrency: 1, noCache: 0 }),
    "null for a flag": () => t.storage.get("a", { noCache: null }),
    "unknown": () => t.storage.get("a", { cacheTtl: 1 }),
    "symbol": () => t.storage.get("a", { noCache: Symbol("x") }),
    "limit of text": () => t.storage.list({ limit: "2" }),
    "limit that is no number": () => t.storage.list({ limit: "x" }),
    "limit of NaN": () => t.storage.list({ limit: NaN }),
    "limit of infinity": () => t.storage.list({ limit: Infinity }),
    "limit of 0": () => t.storage.list({ limit: 0 }),
    "limit below 0": () => t.storage.list({ limit: -1 }),
    "limit of 1.5": () => t.storage.list({ limit: 1.5 }),
    "limit of null": () => t.storage.list({ limit: null }),
    "start of null": () => t.storage.list({ start: null }),
    "start of number": () => t.storage.list({ start: 5 }),
    "start of symbol": () => t.storage.list({ start: Symbol("x") }),
    "prefix of object": () => t.storage.list({ prefix: {} }),
    "reverse of text": () => t.storage.list({ reverse: "yes" }),
  }),
  "all options together": async (t) => {
    const all = { allowConcurrency: true, allowUnconfirmed: true, noCache: true };
    await t.storage.put("a", 1, all);
    await t.storage.put({ b: 2, c: 3 }, all);
    return [await t.storage.get("a", all), show(await t.storage.get(["b", "c"], all)), show(await t.storage.list({ ...all, prefix: "b" })), await t.storage.delete("a", all), await t.storage.delete(["b", "x"], all)];
  },
  "sync waits for what was written unconfirmed": async (t) => {
    t.storage.put("a", 1, { allowUnconfirmed: true });
    const result = await t.storage.sync();
    return [show(result), await t.storage.get("a")];
  },
  "sync twice and with arguments": (t) => outcomes({ twice: () => Promise.all([t.storage.sync(), t.storage.sync()]), argument: () => t.storage.sync(5) }),
  "results are promises": async (t) => {
    const all = { get: t.storage.get("a"), put: t.storage.put("a", 1), delete: t.storage.delete("a"), list: t.storage.list(), sync: t.storage.sync(), deleteAll: t.storage.deleteAll() };
    await Promise.all(Object.values(all));
    return Object.entries(all).map(([name, promise]) => [name, promise instanceof Promise]);
  },
  "order of what is not awaited": async (t) => {
    const seen = [];
    t.storage.put("a", 1).then(() => seen.push("put"));
    t.storage.get("a").then((value) => seen.push(["get", value]));
    t.storage.put("a", 2).then(() => seen.push("put again"));
    t.storage.get("a").then((value) => seen.push(["get again", value]));
    await t.storage.delete("a");
    await t.storage.sync();
    return seen;
  },
  "large keys": async (t) => {
    const key = "k".repeat(4096);
    await t.storage.put(key, 1);
    await t.storage.put("ключ".repeat(300), 2);
    return [await t.storage.get(key), await t.storage.get("ключ".repeat(300)), (await t.storage.list()).size];
  },
  "odd keys": async (t) => {
    const keys = ["", "\0", "a\0b", "\u{1F600}", "é", "e\u0301", " ", "\n", "\uFFFF"];
    for (const key of keys) await t.storage.put(key, key.length);
    return [...(await t.storage.list())];
  },
  "a key with a lone surrogate": async (t) => {
    await t.storage.put("a\uD800b", 1);
    return [await t.storage.get("a\uD800b"), [...(await t.storage.list()).keys()].map((key) => [...key].map((c) => c.codePointAt(0)))];
  },
  "values of 1 MiB and 2 MiB": async (t) => {
    await t.storage.put("one", new Uint8Array(MiB).fill(7));
    await t.storage.put("two", "x".repeat(2 * MiB - 1024));
    return [(await t.storage.get("one")).length, (await t.storage.get("two")).length];
  },
  "a value that is too large": async (t) => {
    const tried = await outcome(() => t.storage.put("big", new Uint8Array(9 * MiB)));
    return [tried, await outcome(() => t.storage.get("big"))];
  },
  "a value that is too large, in the synchronous API": (t) => outcome(() => t.storage.kv.put("big", new Uint8Array(9 * MiB))),
  "many entries at once": async (t) => {
    await t.storage.put(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${String(i).padStart(4, "0")}`, i])));
    const some = await t.storage.get(Array.from({ length: 500 }, (_, i) => `k${String(i * 2).padStart(4, "0")}`));
    return [some.size, await t.storage.delete([...some.keys()]), (await t.storage.list()).size];
  },
  "list with every bound": async (t) => {
    for (const key of ["a", "aa", "ab", "b", "ba", "c"]) await t.storage.put(key, key);
    const keys = async (options) => [...(await t.storage.list(options)).keys()].join(" ");
    return {
      start: await keys({ start: "aa" }), startAfter: await keys({ startAfter: "aa" }), end: await keys({ end: "b" }), prefix: await keys({ prefix: "a" }),
      "prefix and start": await keys({ prefix: "a", start: "ab" }), "prefix and end": await keys({ prefix: "a", end: "ab" }), "reverse": await keys({ reverse: true }),
      "reverse, start, end": await keys({ reverse: true, start: "aa", end: "c" }), "reverse and limit": await keys({ reverse: true, limit: 2 }),
      "end before start": await keys({ start: "c", end: "a" }), "prefix of nothing": await keys({ prefix: "zz" }), "empty prefix": await keys({ prefix: "" }),
      "startAfter and reverse": await keys({ startAfter: "aa", reverse: true }), "empty start": await keys({ start: "" }), "empty end": await keys({ end: "" }),
    };
  },
  "bookmarks": (t) => outcomes({
    "of now": async () => { const b = await t.storage.getCurrentBookmark(); return [typeof b, /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/.test(b)]; },
    "grow": async () => { const a = await t.storage.getCurrentBookmark(); await t.storage.put("x", 1); await t.storage.sync(); return a <= (await t.storage.getCurrentBookmark()); },
    "of a time": () => t.storage.getBookmarkForTime(Date.now() - 1000),
    "of a Date": () => t.storage.getBookmarkForTime(new Date()),
    "of nothing": () => t.storage.getBookmarkForTime(),
    "of text": () => t.storage.getBookmarkForTime("x"),
    "restored": () => t.storage.onNextSessionRestoreBookmark("0"),
    "restored from nothing": () => t.storage.onNextSessionRestoreBookmark(),
  }),
  "deleteAll keeps nothing": async (t) => {
    t.sql.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    await t.storage.put("a", 1);
    t.storage.kv.put("b", 2);
    const size = t.sql.databaseSize;
    const result = await t.storage.deleteAll();
    return [show(result), size > t.sql.databaseSize, (await t.storage.list()).size, await outcome(() => t.sql.exec("SELECT * FROM t"))];
  },
  "deleteAll, then use": async (t) => {
    await t.storage.put("a", 1);
    t.storage.deleteAll();
    await t.storage.put("b", 2);
    t.sql.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    return [show(await t.storage.list()), t.sql.exec("SELECT * FROM t").toArray()];
  },
  "deleteAll of nothing": async (t) => [show(await t.storage.deleteAll()), show(await t.storage.deleteAll())],
  "deleteAll with a cursor open": async (t) => {
    t.sql.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3)");
    const cursor = t.sql.exec("SELECT x FROM t");
    cursor.next();
    await t.storage.deleteAll();
    return outcome(() => t.sql.exec("SELECT count(*) AS n FROM sqlite_master").one().n >= 0);
  },
  "without SQL: what is there": (t) => ask(t.env.PLAINS.getByName("shape"), "run", "shape"),
  "without SQL: values": (t) => ask(t.env.PLAINS.getByName("values"), "run", "values"),
  "without SQL: transactions": (t) => ask(t.env.PLAINS.getByName("transaction"), "run", "transaction"),
  "without SQL: alarms": (t) => ask(t.env.PLAINS.getByName("alarm"), "run", "alarm"),
  "without SQL: deleteAll": (t) => ask(t.env.PLAINS.getByName("deleteAll"), "run", "deleteAll"),
  "without SQL: sizes": (t) => ask(t.env.PLAINS.getByName("sizes"), "run", "sizes"),
  "without SQL: bookmarks": (t) => ask(t.env.PLAINS.getByName("bookmarks"), "run", "bookmarks"),
});

export default worker;
export { Place, Actor as Subject };
