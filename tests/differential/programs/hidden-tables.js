// The tables that keys, values and alarms need are there only when something was put into them; and
// what libraries do to the stack of an error.

import { Actor, outcome, outcomes, program } from "../suite.js";

const tables = (t) => t.sql.exec("SELECT name FROM sqlite_master ORDER BY name").toArray().map(({ name }) => name);
const infoOfAll = (t) => outcome(() => t.sql.exec("SELECT m.name AS t, p.name AS c FROM sqlite_master AS m, pragma_table_info(m.name) AS p ORDER BY 1, 2").toArray());

const { worker, Place } = program({
  "nothing was done": (t) => tables(t),
  "a table of the worker's": async (t) => [t.sql.exec("CREATE TABLE t (a)").toArray(), tables(t), await infoOfAll(t)],
  "reading and removing a key": (t) => {
    t.sql.exec("CREATE TABLE t (a)");
    return [show(t.storage.kv.get("a")), t.storage.kv.delete("a"), [...t.storage.kv.list()], [...t.storage.kv.list({ prefix: "a", reverse: true })], tables(t).includes("t")];
  },
  "every table can be dropped when no key was put": (t) => {
    t.sql.exec("CREATE TABLE a (x); CREATE TABLE b (x)");
    return outcomes({ drop: () => tables(t).map((name) => t.sql.exec(`DROP TABLE ${name}`).toArray()), left: () => tables(t) });
  },
  "after a key": (t) => {
    t.sql.exec("CREATE TABLE t (a)");
    t.storage.kv.put("a", 1);
    return [tables(t).includes("_cf_KV"), t.storage.kv.get("a")];
  },
  "a put that is rolled back": async (t) => {
    t.sql.exec("CREATE TABLE t (a)");
    const rolled = await outcome(() => t.storage.transactionSync(() => {
      t.storage.kv.put("a", 1);
      throw new Error("back");
    }));
    const after = show(t.storage.kv.get("a"));
    t.storage.kv.put("b", 2);
    return [rolled, after, t.storage.kv.get("b"), [...t.storage.kv.list()]];
  },
  "a cursor is open while the first key is put": (t) => {
    t.sql.exec("CREATE TABLE t (a)");
    t.sql.exec("INSERT INTO t VALUES (1), (2), (3)");
    const seen = [];
    for (const { a } of t.sql.exec("SELECT a FROM t")) {
      t.storage.kv.put(`k${a}`, a);
      seen.push(a);
    }
    return [seen, [...t.storage.kv.list()]];
  },
  "the alarm comes and goes": async (t) => {
    t.sql.exec("CREATE TABLE t (a)");
    const before = await t.storage.getAlarm();
    await t.storage.deleteAlarm();
    await t.storage.setAlarm(4_102_444_800_000);
    const set = await t.storage.getAlarm();
    await t.storage.deleteAlarm();
    return [before, set, await t.storage.getAlarm(), tables(t).includes("t")];
  },
  "everything removed, then again": async (t) => {
    t.storage.kv.put("a", 1);
    await t.storage.deleteAll();
    const none = show(t.storage.kv.get("a"));
    t.storage.kv.put("b", 2);
    return [none, [...t.storage.kv.list()]];
  },
  "a stack takes any value": () => [undefined, null, 1, "text", { a: 1 }].map((value) => {
    const error = new RangeError("far");
    error.stack = value;
    return [show(error.stack), Object.keys(error), String(error), error instanceof RangeError];
  }),
  "a stack is removed and given": () => {
    const error = new Error("far");
    delete error.stack;
    error.stack = "mine";
    const subclass = new (class Mine extends Error { constructor() { super("m"); this.stack = "own"; } })();
    return [error.stack, subclass.stack, JSON.stringify(subclass), { ...subclass }];
  },
});

function show(value) {
  return value === undefined ? "undefined" : value;
}

class WithAlarm extends Place {
  alarm() {}
}

export default worker;
export { WithAlarm as Place, Actor as Subject, Actor as Plain };
