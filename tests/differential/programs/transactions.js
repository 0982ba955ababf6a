// Transactions, gates, and what a turn's writes have in common.

import { Actor, ask, differs, outcome, outcomes, program } from "../suite.js";

export class Subject extends Actor {
  async countThroughStorage() {
    const n = (await this.ctx.storage.get("n")) ?? 0;
    await this.ctx.storage.put("n", n + 1);
    return n + 1;
  }
  async countAcrossWait() {
    const n = this.ctx.storage.kv.get("n") ?? 0;
    await scheduler.wait(2);
    this.ctx.storage.kv.put("n", n + 1);
    return n + 1;
  }
  async countBlocked() {
    return this.ctx.blockConcurrencyWhile(async () => {
      const n = this.ctx.storage.kv.get("n") ?? 0;
      await scheduler.wait(1);
      this.ctx.storage.kv.put("n", n + 1);
      return n + 1;
    });
  }
  async countInTransaction() {
    return this.ctx.storage.transaction(async (txn) => {
      const n = (await txn.get("n")) ?? 0;
      await scheduler.wait(1);
      await txn.put("n", n + 1);
      return n + 1;
    });
  }
  violateLater() {
    this.ctx.storage.sql.exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)");
    this.ctx.storage.sql.exec("INSERT INTO c VALUES (1)");
    return "violated";
  }
  tables() { return this.ctx.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(); }
}

const table = (t) => t.sql.exec("CREATE TABLE t (n)");
const rows = (t) => t.sql.exec("SELECT n FROM t ORDER BY n").toArray().map((row) => row.n);
const insert = (t, n) => t.sql.exec("INSERT INTO t VALUES (?)", n);

const { worker, Place } = program({
  "transactionSync gives the callback's value": (t) => t.storage.transactionSync(() => "value"),
  "transactionSync keeps": (t) => {
    table(t);
    t.storage.transactionSync(() => { insert(t, 1); insert(t, 2); });
    return rows(t);
  },
  "transactionSync rolls back": (t) => {
    table(t);
    insert(t, 1);
    let error;
    try {
      t.storage.transactionSync(() => { insert(t, 2); t.storage.kv.put("k", 1); throw new RangeError("undo"); });
    } catch (caught) {
      error = caught;
    }
    return [error.name, error.message, error.constructor === RangeError, rows(t), t.storage.kv.get("k")];
  },
  "transactionSync nests": (t) => {
    table(t);
    t.storage.transactionSync(() => {
      insert(t, 1);
      try {
        t.storage.transactionSync(() => { insert(t, 2); throw new Error("inner"); });
      } catch {}
      t.storage.transactionSync(() => insert(t, 3));
    });
    return rows(t);
  },
  "transactionSync: the outer undoes the inner": (t) => {
    table(t);
    try {
      t.storage.transactionSync(() => { t.storage.transactionSync(() => insert(t, 1)); throw new Error("outer"); });
    } catch {}
    return rows(t);
  },
  "transactionSync with an async callback": async (t) => {
    table(t);
    const result = t.storage.transactionSync(async () => { insert(t, 1); await 1; insert(t, 2); return "later"; });
    return [result instanceof Promise, await result, rows(t)];
  },
  "transactionSync in the wrong form": (t) => outcomes({ nothing: () => t.storage.transactionSync(), text: () => t.storage.transactionSync("x"), thrown: () => t.storage.transactionSync(() => { throw "text"; }) }),
  "transaction keeps": async (t) => {
    table(t);
    const gave = await t.storage.transaction(async (txn) => { insert(t, 1); await txn.put("a", 1); t.storage.kv.put("b", 2); return "gave"; });
    return [gave, rows(t), await t.storage.list()];
  },
  "transaction rolls back when it throws": async (t) => {
    table(t);
    const result = await outcome(() => t.storage.transaction(async (txn) => { insert(t, 1); await txn.put("a", 1); throw new TypeError("undo"); }));
    return [result, rows(t), await t.storage.list()];
  },
  "transaction rolls back on request": async (t) => {
    table(t);
    const gave = await t.storage.transaction(async (txn) => { insert(t, 1); await txn.put("a", 1); txn.rollback(); return "gave"; });
    return [gave, rows(t), await t.storage.list()];
  },
  "transaction with a sync callback": async (t) => t.storage.transaction((txn) => 5),
  "transaction in the wrong form": (t) => outcomes({ nothing: () => t.storage.transaction(), text: () => t.storage.transaction("x") }),
  "transaction after a rollback": (t) => outcome(() => t.storage.transaction(async (txn) => {
    txn.rollback();
    return outcomes({ get: () => txn.get("a"), put: () => txn.put("a", 1), list: () => txn.list(), delete: () => txn.delete("a"), rollback: () => txn.rollback() });
  })),
  "transaction after its end": async (t) => {
    let kept;
    await t.storage.transaction(async (txn) => { kept = txn; });
    return outcomes({ get: () => kept.get("a"), put: () => kept.put("a", 1), list: () => kept.list(), delete: () => kept.delete("a"), rollback: () => kept.rollback() });
  },
  "transactions nest": async (t) => {
    table(t);
    const gave = await t.storage.transaction(async () => {
      insert(t, 1);
      await outcome(() => t.storage.transaction(async () => { insert(t, 2); throw new Error("inner"); }));
      t.storage.transactionSync(() => insert(t, 3));
      return "gave";
    });
    return [gave, rows(t)];
  },
  "txn has the methods": (t) => t.storage.transaction(async (txn) => [Object.prototype.toString.call(txn), Object.getOwnPropertyNames(Object.getPrototypeOf(txn)).sort()]),
  "txn reads and writes": (t) => t.storage.transaction(async (txn) => {
    await txn.put({ a: 1, b: 2 });
    return [await txn.get("a"), await txn.get(["a", "b"]), await txn.list({ prefix: "b" }), await txn.delete("a"), await txn.list(), await t.storage.get("b")];
  }),
  "deleteAll inside a transaction": (t) => outcome(() => t.storage.transaction(async (txn) => outcomes({ txn: () => txn.deleteAll(), storage: () => t.storage.deleteAll() }))),
  "deleteAll inside transactionSync": differs("the reference reports an internal error", { gave: { threw: { $: "Error", name: "Error", message: "Cannot call deleteAll() within a transaction" } } }, (t) => outcome(() => t.storage.transactionSync(() => t.storage.deleteAll()))),
  "SQL after a caught error goes on": (t) => {
    table(t);
    insert(t, 1);
    try { t.sql.exec("INSERT INTO nope VALUES (1)"); } catch {}
    insert(t, 2);
    return rows(t);
  },
  "ten counts through storage are ten": async (t) => {
    const stub = t.subject();
    return Promise.all(Array.from({ length: 10 }, () => ask(stub, "countThroughStorage")));
  },
  "ten counts across a wait are one": async (t) => {
    const stub = t.subject();
    return Promise.all(Array.from({ length: 10 }, () => ask(stub, "countAcrossWait")));
  },
  "five blocked counts are five": async (t) => {
    const stub = t.subject();
    return Promise.all(Array.from({ length: 5 }, () => ask(stub, "countBlocked")));
  },
  "five counts in transactions are five": async (t) => {
    const stub = t.subject();
    return Promise.all(Array.from({ length: 5 }, () => ask(stub, "countInTransaction")));
  },
  "a constraint violated at the turn's end": differs("the mark says that the object was reset, which the reference leaves out",
    { gave: [{ threw: { $: "Error", name: "Error", message: "Durable Object was reset and rolled back to its last known good state because the application left the database in a state where constraints were violated: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)", remote: true, durableObjectReset: true } }, []] }, async (t) => [await outcome(() => ask(t.subject(), "violateLater")), await ask(t.subject(), "tables")]),
  "an unused method of the transaction": (t) => t.storage.transaction(async (txn) => typeof txn.getAlarm),
});

export default worker;
export { Place, Subject as Plain };
