// Alarms: setting, reading, deleting, when they fire, and what their handler may do.

import { Actor, ask, outcome, outcomes, program, show } from "../suite.js";

const HOUR = 3_600_000;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `actor` every few milliseconds until what it tells is not empty; gives up after 9 s. */
async function told(actor, method = "told", ...args) {
  for (let i = 0; i < 450; i++) {
    const seen = await ask(actor, method, ...args);
    if (seen !== null && seen.length !== 0) return seen;
    await wait(20);
  }
  return "nothing";
}

export class Subject extends Actor {
  /** `steps` is JavaScript that each run of the alarm evaluates by name. */
  async plan(what, delay = 30) {
    await this.ctx.storage.put("what", what);
    const at = Date.now() + delay;
    await this.ctx.storage.setAlarm(at);
    await this.ctx.storage.put("at", at);
  }
  async told(count = 1) {
    const told = (await this.ctx.storage.get("told")) ?? [];
    return told.length < count ? [] : told;
  }
  async tell(line) {
    await this.ctx.storage.put("told", [...((await this.ctx.storage.get("told")) ?? []), line]);
  }
  async get() { return this.ctx.storage.getAlarm(); }
  async untilNone() { return (await this.ctx.storage.getAlarm()) === null ? ["none"] : []; }
  async set(delay) { await this.ctx.storage.setAlarm(Date.now() + delay); }
  async isNull() { return (await this.ctx.storage.getAlarm()) === null; }
  async alarm(info) {
    const { storage } = this.ctx;
    const what = await storage.get("what");
    await handlers[what].call(this, info, storage);
  }
}

const handlers = {
  async plain() { await this.tell("rang"); },
  async info(info) {
    const at = await this.ctx.storage.get("at");
    await this.tell({
      keys: Object.keys(info), names: Object.getOwnPropertyNames(info), json: JSON.stringify({ ...info, scheduledTime: 0 }),
      due: info.scheduledTime === at, late: Date.now() >= at, proto: Object.getPrototypeOf(info) === Object.prototype,
      tag: Object.prototype.toString.call(info), getters: Object.values(Object.getOwnPropertyDescriptors(info)).map((d) => [typeof d.get, typeof d.set, d.writable ?? null, d.enumerable, d.configurable]),
      name: info.constructor.name,
    });
  },
  async alarmIsNull(info, storage) { await this.tell(show(await storage.getAlarm())); },
  async setsAgain(info, storage) {
    const told = (await storage.get("told")) ?? [];
    if (told.length < 2) {
      const at = Date.now() + 40;
      await storage.setAlarm(at);
      await this.tell((await storage.getAlarm()) === at);
    } else {
      await this.tell([info.isRetry, info.retryCount]);
    }
  },
  async name() { await this.tell(show([this.ctx.id.name, this.ctx.id.toString().length])); },
  async failsOnce(info) {
    await this.tell([info.isRetry, info.retryCount, info.scheduledTime === (await this.ctx.storage.get("at"))]);
    if (!info.isRetry) throw new Error("once");
  },
  async failsAndSets(info, storage) {
    const told = (await storage.get("told")) ?? [];
    await this.tell([info.isRetry, info.retryCount]);
    if (told.length === 0) {
      await storage.setAlarm(Date.now() + 50);
      throw new Error("once");
    }
  },
  async failsAndDeletes(info, storage) {
    await this.tell([info.isRetry, info.retryCount, await storage.getAlarm()]);
    await storage.deleteAlarm();
    throw new Error("once");
  },
  async deletes(info, storage) {
    await storage.deleteAlarm();
    await this.tell(["deleted", await storage.getAlarm()]);
  },
  async setsAndDeletes(info, storage) {
    await storage.setAlarm(Date.now() + 20);
    await storage.deleteAlarm();
    await this.tell(await storage.getAlarm());
  },
  async slow(info, storage) {
    await this.tell(["begin", await storage.getAlarm()]);
    await storage.setAlarm(Date.now());
    await storage.put("what", "plain");
    await wait(300);
    await this.tell("end");
  },
  async past() { await this.tell("rang"); },
  async abortsOnce(info) {
    const told = (await this.ctx.storage.get("told")) ?? [];
    await this.tell([info.isRetry, info.retryCount]);
    await this.ctx.storage.sync();
    await wait(20);
    if (told.length === 0) this.ctx.abort("gone");
  },
  async abortsForGood(info) {
    await this.tell([info.isRetry, info.retryCount]);
    await this.ctx.storage.sync();
    await wait(20);
    this.ctx.abort("gone", { retryAlarm: false });
  },
};

/** A plain class without an alarm handler. */
export class Plain extends Actor {
  async set(time) { return outcome(() => this.ctx.storage.setAlarm(time)); }
}



const cases = {
  "none at first": async (t) => t.storage.getAlarm(),
  "set and read": async (t) => {
    const at = Date.now() + HOUR;
    const result = await t.storage.setAlarm(at);
    return [result, (await t.storage.getAlarm()) === at];
  },
  "a Date": async (t) => {
    const at = new Date(Date.now() + HOUR);
    await t.storage.setAlarm(at);
    return (await t.storage.getAlarm()) === at.getTime();
  },
  "a fraction of a millisecond": async (t) => {
    const at = Date.now() + HOUR;
    await t.storage.setAlarm(at + 0.75);
    return (await t.storage.getAlarm()) - at;
  },
  "far away": async (t) => {
    await t.storage.setAlarm(new Date("2200-01-01"));
    return t.storage.getAlarm();
  },
  "times that are not": (t) => outcomes(Object.fromEntries([
    ["nothing", () => t.storage.setAlarm()], ["undefined", () => t.storage.setAlarm(undefined)], ["null", () => t.storage.setAlarm(null)],
    ["zero", () => t.storage.setAlarm(0)], ["negative", () => t.storage.setAlarm(-1)], ["NaN", () => t.storage.setAlarm(NaN)],
    ["a bad Date", () => t.storage.setAlarm(new Date(NaN))], ["a string", () => t.storage.setAlarm("2030-01-01")], ["true", () => t.storage.setAlarm(true)],
    ["infinity", () => t.storage.setAlarm(Infinity)], ["huge", () => t.storage.setAlarm(8.64e15 + 1)], ["an object", () => t.storage.setAlarm({})],
    ["an array", () => t.storage.setAlarm([5])], ["a bigint", () => t.storage.setAlarm(5n)], ["a Date at 0", () => t.storage.setAlarm(new Date(0))],
    ["valueOf", () => t.storage.setAlarm({ valueOf: () => 5e12 })],
  ])),
  "largest times": async (t) => outcomes({
    "the last Date": async () => { await t.storage.setAlarm(new Date(8.64e15)); return t.storage.getAlarm(); },
    "9e12": async () => { await t.storage.setAlarm(9e12); return t.storage.getAlarm(); },
    "1e13": async () => { await t.storage.setAlarm(1e13); return t.storage.getAlarm(); },
  }),
  "a past time is now": async (t) => {
    const before = Date.now();
    await t.storage.setAlarm(5);
    const at = await t.storage.getAlarm();
    return at === null ? "none" : [at >= before - 5, at <= Date.now() + 5];
  },
  "options": (t) => outcomes({
    "unconfirmed": async () => { await t.storage.setAlarm(Date.now() + HOUR, { allowUnconfirmed: true }); return typeof (await t.storage.getAlarm({ allowConcurrency: true })); },
    "concurrent": async () => { await t.storage.deleteAlarm({ allowConcurrency: true, allowUnconfirmed: true, noCache: true }); return t.storage.getAlarm({}); },
    "null": async () => [await t.storage.setAlarm(Date.now() + HOUR, null), await t.storage.deleteAlarm(null), await t.storage.getAlarm(null)],
    "a number to set": () => t.storage.setAlarm(Date.now() + HOUR, 5),
    "a number to get": () => t.storage.getAlarm(5),
    "a number to delete": () => t.storage.deleteAlarm(5),
    "a string to get": () => t.storage.getAlarm("x"),
  }),
  "overwritten": async (t) => {
    await t.storage.setAlarm(Date.now() + HOUR);
    const at = Date.now() + 2 * HOUR;
    await t.storage.setAlarm(at);
    return (await t.storage.getAlarm()) === at;
  },
  "deleted": async (t) => {
    await t.storage.setAlarm(Date.now() + HOUR);
    return [await t.storage.deleteAlarm(), await t.storage.getAlarm(), await t.storage.deleteAlarm()];
  },
  "promises": async (t) => {
    const all = [t.storage.setAlarm(Date.now() + HOUR), t.storage.getAlarm(), t.storage.deleteAlarm()];
    await Promise.all(all);
    return all.map((p) => p instanceof Promise);
  },
  "lengths and names": (t) => ["getAlarm", "setAlarm", "deleteAlarm"].map((name) => [t.storage[name].name, t.storage[name].length]),
  "rolled back with transactionSync": async (t) => {
    await t.storage.setAlarm(Date.now() + HOUR);
    const before = await t.storage.getAlarm();
    try {
      t.storage.transactionSync(() => {
        t.storage.setAlarm(Date.now() + 2 * HOUR);
        throw new Error("no");
      });
    } catch {}
    return (await t.storage.getAlarm()) === before;
  },
  "rolled back with transaction": async (t) => {
    await outcome(() => t.storage.transaction(async (txn) => {
      await txn.setAlarm(Date.now() + HOUR);
      throw new Error("no");
    }));
    return t.storage.getAlarm();
  },
  "kept with transaction": async (t) => {
    const at = Date.now() + HOUR;
    const inside = await t.storage.transaction(async (txn) => {
      await txn.setAlarm(at);
      return (await txn.getAlarm()) === at;
    });
    return [inside, (await t.storage.getAlarm()) === at];
  },
  "deleted in a transaction that is rolled back": async (t) => {
    await t.storage.setAlarm(Date.now() + HOUR);
    await t.storage.transaction(async (txn) => {
      await txn.deleteAlarm();
      const inside = await txn.getAlarm();
      txn.rollback();
      return inside;
    });
    return typeof (await t.storage.getAlarm());
  },
  "on a transaction that has ended": async (t) => {
    let kept;
    await t.storage.transaction(async (txn) => { kept = txn; });
    const committed = await outcomes({ get: () => kept.getAlarm(), set: () => kept.setAlarm(Date.now() + HOUR), delete: () => kept.deleteAlarm() });
    await t.storage.transaction(async (txn) => { kept = txn; txn.rollback(); });
    const rolledBack = await outcomes({ get: () => kept.getAlarm(), set: () => kept.setAlarm(Date.now() + HOUR), delete: () => kept.deleteAlarm() });
    return { committed, rolledBack };
  },
  "bad times in a transaction": (t) => t.storage.transaction((txn) => outcomes({
    zero: () => txn.setAlarm(0), text: () => txn.setAlarm("x"), nothing: () => txn.setAlarm(),
  })),
  "deleteAll deletes it": async (t) => {
    await t.storage.put("a", 1);
    await t.storage.setAlarm(Date.now() + HOUR);
    await t.storage.deleteAll();
    return t.storage.getAlarm();
  },
  "set after deleteAll": async (t) => {
    await t.storage.put("a", 1);
    await t.storage.deleteAll();
    const at = Date.now() + HOUR;
    await t.storage.setAlarm(at);
    return (await t.storage.getAlarm()) === at;
  },
  "the hidden tables do not show it": async (t) => {
    await t.storage.setAlarm(Date.now() + HOUR);
    return [[...(await t.storage.list()).keys()], await outcome(() => t.sql.exec("SELECT * FROM _cf_METADATA").toArray())];
  },
  "no handler": (t) => ask(t.env.PLAINS.getByName("no handler"), "set", Date.now() + HOUR),
  "no handler, bad time": (t) => ask(t.env.PLAINS.getByName("no handler, bad"), "set", -5),

  "rings": async (t) => {
    await ask(t.subject(), "plan", "plain");
    return told(t.subject());
  },
  "rings once": async (t) => {
    await ask(t.subject(), "plan", "plain");
    await told(t.subject());
    await wait(300);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "get")];
  },
  "what its handler is given": async (t) => {
    await ask(t.subject(), "plan", "info", 120);
    return told(t.subject());
  },
  "a past time rings at once": async (t) => {
    await ask(t.subject(), "plan", "past", -100_000);
    return told(t.subject());
  },
  "read by its handler": async (t) => {
    await ask(t.subject(), "plan", "alarmIsNull");
    return told(t.subject());
  },
  "set by its handler": async (t) => {
    await ask(t.subject(), "plan", "setsAgain");
    return told(t.subject(), "told", 3);
  },
  "the object's name": async (t) => {
    await ask(t.subject(), "plan", "name");
    return (await told(t.subject()))[0];
  },
  "fails once": async (t) => {
    await ask(t.subject(), "plan", "failsOnce");
    await told(t.subject());
    await wait(150);
    const between = (await ask(t.subject(), "get")) === (await ask(t.subject(), "at2"));
    return [between, await told(t.subject(), "told", 2), await told(t.subject(), "untilNone")];
  },
  "fails after it set another": async (t) => {
    await ask(t.subject(), "plan", "failsAndSets");
    const seen = await told(t.subject(), "told", 2);
    await wait(2_600);
    return [seen, await ask(t.subject(), "told")];
  },
  "fails after it deleted itself": async (t) => {
    await ask(t.subject(), "plan", "failsAndDeletes");
    await told(t.subject());
    await wait(2_700);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "isNull")];
  },
  "deleted by its handler": async (t) => {
    await ask(t.subject(), "plan", "deletes");
    return [await told(t.subject()), await ask(t.subject(), "isNull")];
  },
  "set and deleted by its handler": async (t) => {
    await ask(t.subject(), "plan", "setsAndDeletes");
    await told(t.subject());
    await wait(200);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "isNull")];
  },
  "not beside itself": async (t) => {
    await ask(t.subject(), "plan", "slow");
    return told(t.subject(), "told", 3);
  },
  "replaced while it waits for its retry": async (t) => {
    await ask(t.subject(), "plan", "failsOnce");
    await told(t.subject());
    await wait(100);
    await ask(t.subject(), "plan", "plain", 50);
    await told(t.subject(), "told", 2);
    await wait(2_600);
    return ask(t.subject(), "told");
  },
  "deleted while it waits for its retry": async (t) => {
    await ask(t.subject(), "plan", "failsOnce");
    await told(t.subject());
    await wait(100);
    await ask(t.subject(), "remove");
    await wait(2_700);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "isNull")];
  },
  "deleted before it rings": async (t) => {
    await ask(t.subject(), "plan", "plain", 200);
    await ask(t.subject(), "remove");
    await wait(400);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "isNull")];
  },
  "moved away before it rings": async (t) => {
    await ask(t.subject(), "plan", "plain", 200);
    await ask(t.subject(), "set", HOUR);
    await wait(400);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "isNull")];
  },
  "abort() in its handler": async (t) => {
    await ask(t.subject(), "plan", "abortsOnce");
    await wait(500);
    return told(t.subject("one"), "told", 2);
  },
  "abort() in its handler, and no retry": async (t) => {
    await ask(t.subject(), "plan", "abortsForGood");
    await wait(3_000);
    return [await ask(t.subject(), "told"), await ask(t.subject(), "isNull")];
  },
};
Subject.prototype.at2 = async function () { return this.ctx.storage.get("at"); };
Subject.prototype.remove = async function () { await this.ctx.storage.deleteAlarm(); };

const made = program(cases);
export default made.worker;
class PlaceWithAlarm extends made.Place { async alarm() {} }
export { PlaceWithAlarm as Place };
