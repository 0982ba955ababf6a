// What may come between the steps of an object, and what leaves it when.

import { Actor, ask, outcome, outcomes, program } from "../suite.js";

export class Subject extends Actor {
  log = [];

  constructor(ctx, env) {
    super(ctx, env);
    if (ctx.id.name.endsWith("slow start")) {
      ctx.blockConcurrencyWhile(async () => {
        await scheduler.wait(10);
        this.log.push("started");
        this.seen = ctx.storage.kv.get("seen") ?? 0;
        ctx.storage.kv.put("seen", this.seen + 1);
      });
      this.log.push("constructor");
    }
  }

  note(text) { this.log.push(text); return this.log.length; }
  notes() { return this.log; }
  seenBefore() { return this.seen; }
  async waitAndNote(ms, text) { this.log.push(`${text} begins`); await scheduler.wait(ms); this.log.push(`${text} ends`); return this.log.length; }
  async storageAndNote(text) { this.log.push(`${text} begins`); await this.ctx.storage.get("x"); await this.ctx.storage.put("x", text); await this.ctx.storage.list(); this.log.push(`${text} ends`); return text; }
  async blockAndNote(ms, text) {
    return this.ctx.blockConcurrencyWhile(async () => { this.log.push(`${text} in`); await scheduler.wait(ms); this.log.push(`${text} out`); return text; });
  }
  async nestedBlocks() {
    return this.ctx.blockConcurrencyWhile(async () => {
      this.log.push("outer in");
      await this.ctx.blockConcurrencyWhile(async () => { this.log.push("inner in"); await scheduler.wait(2); this.log.push("inner out"); });
      await scheduler.wait(2);
      this.log.push("outer out");
      return this.log;
    });
  }
  async blockAndFetch(name) {
    return this.ctx.blockConcurrencyWhile(async () => ask(this.env.SUBJECTS.getByName(name), "waitAndNote", 3, "called"));
  }
  async twoBlocks() {
    const first = this.ctx.blockConcurrencyWhile(async () => { this.log.push("first in"); await scheduler.wait(3); this.log.push("first out"); return 1; });
    const second = this.ctx.blockConcurrencyWhile(async () => { this.log.push("second in"); await scheduler.wait(1); this.log.push("second out"); return 2; });
    return [await first, await second, this.log];
  }
  async timerDuringBlock() {
    setTimeout(() => this.log.push("timer"), 1);
    await this.ctx.blockConcurrencyWhile(async () => { await scheduler.wait(15); this.log.push("block ends"); });
    await scheduler.wait(5);
    return this.log;
  }
  async catchBlock() {
    const caught = await outcome(() => this.ctx.blockConcurrencyWhile(async () => { throw new Error("inside"); }));
    return caught;
  }
  async transactionAndNote(text) {
    return this.ctx.storage.transaction(async (txn) => { this.log.push(`${text} in`); await scheduler.wait(2); await txn.put("t", text); this.log.push(`${text} out`); return text; });
  }
  async failedTransactions() {
    const results = [];
    for (const how of ["throw", "rollback", "keep"]) {
      results.push(await outcome(() => this.ctx.storage.transaction(async (txn) => {
        await txn.put("value", how);
        if (how === "throw") throw new Error("undone");
        if (how === "rollback") txn.rollback();
      })));
      results.push(await this.ctx.storage.get("value"));
    }
    return results;
  }
  async writeThenFetch(name) {
    this.ctx.storage.kv.put("written", true);
    const seen = await ask(this.env.SUBJECTS.getByName(name), "note", "told");
    return [seen, this.ctx.storage.kv.get("written")];
  }
  async unawaited() {
    this.ctx.storage.put("late", 1);
    return "answered";
  }
  late() { return this.ctx.storage.get("late"); }
  async afterAnswer() {
    this.ctx.waitUntil((async () => { await scheduler.wait(5); this.ctx.storage.kv.put("after", 1); })());
    return "answered";
  }
  after() { return this.ctx.storage.kv.get("after"); }
  deadlock(other, name, depth) {
    return depth === 0 ? "bottom" : ask(this.env.SUBJECTS.getByName(other), "deadlock", name, other, depth - 1);
  }
}

const { worker, Place } = program({
  "requests wait for the constructor's block": async (t) => {
    const stub = t.subject("slow start");
    const numbers = await Promise.all([ask(stub, "note", "a"), ask(stub, "note", "b")]);
    return [numbers, await ask(stub, "notes"), await ask(stub, "seenBefore")];
  },
  "other awaits let requests in": async (t) => {
    const stub = t.subject();
    await Promise.all([ask(stub, "waitAndNote", 20, "long"), ask(stub, "waitAndNote", 5, "short")]);
    return ask(stub, "notes");
  },
  "storage awaits let nobody in": async (t) => {
    const stub = t.subject();
    await Promise.all(["a", "b", "c"].map((text) => ask(stub, "storageAndNote", text)));
    return ask(stub, "notes");
  },
  "blocks let nobody in": async (t) => {
    const stub = t.subject();
    const answers = await Promise.all([ask(stub, "blockAndNote", 8, "a"), ask(stub, "blockAndNote", 2, "b"), ask(stub, "note", "c")]);
    return [answers, await ask(stub, "notes")];
  },
  "blocks nest": (t) => ask(t.subject(), "nestedBlocks"),
  "a block may call others": async (t) => ask(t.subject(), "blockAndFetch", t.subject("other").name),
  "an earlier timer waits for the block": (t) => ask(t.subject(), "timerDuringBlock"),
  "a failed block cannot be survived": async (t) => [await outcome(() => ask(t.subject(), "catchBlock")), await ask(t.subject(), "notes")],
  "transactions let nobody in": async (t) => {
    const stub = t.subject();
    await Promise.all([ask(stub, "transactionAndNote", "a"), ask(stub, "transactionAndNote", "b"), ask(stub, "note", "c")]);
    return ask(stub, "notes");
  },
  "failed transactions leave nothing": (t) => ask(t.subject(), "failedTransactions"),
  "a write before a call": (t) => ask(t.subject(), "writeThenFetch", t.subject("other").name),
  "a write that nobody awaits": async (t) => [await ask(t.subject(), "unawaited"), await ask(t.subject(), "late")],
  "work after the answer": async (t) => {
    const answer = await ask(t.subject(), "afterAnswer");
    await scheduler.wait(30);
    return [answer, await ask(t.subject(), "after")];
  },
  "objects that call each other": (t) => ask(t.subject("one"), "deadlock", t.subject("two").name, t.subject("one").name, 6),
  "storage after a failed statement in a turn": (t) => outcomes({
    bad: () => t.sql.exec("INSERT INTO nothing VALUES (1)"),
    good: () => t.sql.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1); SELECT * FROM t").toArray(),
  }),
});

export default worker;
export { Place, Subject as Plain };
