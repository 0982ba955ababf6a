//! Durable objects: names and ids, storage, turns, and what remains when the machine is cut off.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use support::{Client, Place, Probe, until};

const NO_APPS: &str = "";

#[test]
fn namespaces_make_ids_and_stubs() {
    let probe = Probe::start_with(
        r#"
        ids() {
          const { PROBE, OTHER } = this.env;
          const named = PROBE.idFromName("x");
          const unique = PROBE.newUniqueId();
          return {
            hex: String(named),
            same: named.equals(PROBE.idFromName("x")) && String(named) === String(PROBE.idFromName("x")),
            differs: !named.equals(PROBE.idFromName("y")) && !unique.equals(PROBE.newUniqueId()),
            parsed: PROBE.idFromString(String(named)).equals(named),
            name: [named.name, PROBE.idFromString(String(named)).name ?? null, unique.name ?? null],
            otherClass: String(OTHER.idFromName("x")) !== String(named),
            stub: [PROBE.get(named).id.equals(named), PROBE.getByName("x").name],
          };
        }
        foreign() { return this.env.PROBE.idFromString(String(this.env.OTHER.idFromName("x"))); }
        garbage() { return this.env.PROBE.idFromString("xyz"); }
        notAnId() { return this.env.PROBE.get("xyz"); }
        async seen() {
          const { PROBE } = this.env;
          const see = async (stub) => JSON.parse((await (await stub.fetch("http://o/x/me")).text())).ok;
          const unique = PROBE.newUniqueId();
          return [
            await see(PROBE.getByName("x")),
            await see(PROBE.get(PROBE.idFromString(String(unique)))),
            String(unique),
            await see(this.ctx.exports.Probe.getByName("x")),
            await (await this.ctx.exports.default.fetch("http://o/x/me")).json(),
            await (await this.ctx.exports.Gate({ props: { key: 7 } }).fetch("http://gate/")).text(),
            await (await this.env.OTHER.getByName("x").fetch("http://o/")).text(),
          ];
        }
        me() { return [String(this.ctx.id), this.ctx.id.name ?? null]; }
        "#,
        r#"
        export class Other extends DurableObject { fetch() { return new Response("other " + this.ctx.id.name); } }
        export class Gate extends WorkerEntrypoint { fetch() { return new Response("gate " + this.ctx.props.key); } }
        "#,
        NO_APPS,
        &[],
        json!({ "durable_objects": { "bindings": [
            { "name": "PROBE", "class_name": "Probe" },
            { "name": "OTHER", "class_name": "Other" },
        ] }, "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Probe", "Other"] }] }),
    );
    let ids = probe.ok("ids");
    let hex = ids["hex"].as_str().unwrap();
    assert!(
        hex.len() == 64
            && hex
                .bytes()
                .all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)),
        "{hex}"
    );
    for truth in ["same", "differs", "parsed", "otherClass"] {
        assert_eq!(ids[truth], true, "{truth}");
    }
    assert_eq!(ids["name"], json!(["x", null, null]));
    assert_eq!(ids["stub"], json!([true, "x"]));
    assert_eq!(probe.error("foreign").0, "TypeError");
    assert_eq!(probe.error("garbage").0, "TypeError");
    let text = "Failed to execute 'get' on 'DurableObjectNamespace': parameter 1 is not of type 'DurableObjectId'.";
    assert_eq!(probe.error("notAnId"), ("TypeError".into(), text.into()));
    let seen = probe.ok("seen");
    assert_eq!(seen[0], json!([hex, "x"]));
    assert_eq!(seen[1], json!([seen[2], null]));
    assert_eq!(seen[3], seen[0]);
    assert_eq!(seen[4]["ok"], seen[0]);
    assert_eq!(seen[5], "gate 7");
    assert_eq!(seen[6], "other x");
}

#[test]
fn objects_share_neither_memory_nor_data() {
    let probe = Probe::start(
        r#"
        memory = 0;
        count() {
          globalThis.shared = (globalThis.shared ?? 0) + 1;
          const stored = (this.ctx.storage.kv.get("n") ?? 0) + 1;
          this.ctx.storage.kv.put("n", stored);
          return [++this.memory, globalThis.shared, stored];
        }
        "#,
        NO_APPS,
    );
    assert_eq!(probe.call("one", "count")["ok"], json!([1, 1, 1]));
    assert_eq!(probe.call("one", "count")["ok"], json!([2, 2, 2]));
    assert_eq!(probe.call("two", "count")["ok"], json!([1, 1, 1]));
    assert_eq!(probe.call("one", "count")["ok"], json!([3, 3, 3]));
}

#[test]
fn a_service_binding_reaches_another_project() {
    let place = Place::new();
    place.project_with(
        "front",
        &[],
        r#"export default { async fetch(request, env) {
            const { pathname } = new URL(request.url);
            const stub = pathname === "/admin" ? env.ADMIN : pathname === "/gone" ? env.GONE : env.BACK;
            try {
              const answer = await stub.fetch("http://back" + pathname, { method: "POST", body: "from front" });
              return new Response(`${answer.status} ${await answer.text()}`);
            } catch (error) {
              return new Response(`${error.name}: ${error.message}`, { status: 502 });
            }
        } };"#,
        json!({ "services": [
            { "binding": "BACK", "service": "back" },
            { "binding": "ADMIN", "service": "back", "entrypoint": "Admin", "props": { "role": "root" } },
            { "binding": "GONE", "service": "nowhere" },
        ] }),
    );
    place.project(
        "back",
        &["Store"],
        r#"
        import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
        export class Store extends DurableObject {
          async fetch(request) {
            const texts = this.ctx.storage.kv.get("texts") ?? [];
            texts.push(await request.text());
            this.ctx.storage.kv.put("texts", texts);
            return new Response(texts.length + " " + texts.at(-1), { status: 201 });
          }
        }
        export class Admin extends WorkerEntrypoint { fetch() { return new Response("admin as " + this.ctx.props.role); } }
        export default { fetch: (request, env) => env.STORE.getByName("only").fetch(request) };"#,
    );
    let server = place.serve();
    let ask = |path: &str| server.ask("GET", "front.localhost", path, None).text();
    assert_eq!(ask("/"), "201 1 from front");
    assert_eq!(ask("/"), "201 2 from front");
    assert_eq!(ask("/admin"), "200 admin as root");
    assert!(ask("/gone").contains("nowhere"), "{}", ask("/gone"));
}

#[test]
fn a_constructor_may_hold_back_requests_until_it_is_ready() {
    let probe = Probe::start(
        r#"
        constructor(ctx, env) {
          super(ctx, env);
          this.order = [];
          ctx.blockConcurrencyWhile(async () => {
            this.order.push("began");
            await new Promise((resolve) => setTimeout(resolve, 50));
            await ctx.storage.put("ready", true);
            this.order.push("ready");
          });
        }
        async look() {
          this.order.push("asked");
          return [await this.ctx.storage.get("ready"), this.order];
        }
        async fails() {
          await this.ctx.storage.put("kept", 1);
          await this.ctx.blockConcurrencyWhile(async () => { throw new RangeError("cannot begin"); });
        }
        async kept() { return (await this.ctx.storage.get("kept")) ?? null; }
        "#,
        NO_APPS,
    );
    let first: Vec<Value> = thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| probe.ok("look"))).collect();
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    for seen in first {
        assert_eq!(seen[0], true);
        assert_eq!(
            seen[1].as_array().unwrap()[..3],
            [json!("began"), json!("ready"), json!("asked")],
            "{seen}"
        );
    }
    // a failed section resets the object
    let failed = probe.server.get("/b/fails");
    assert_eq!(failed.status, 500);
    assert!(
        failed.text().contains("RangeError: cannot begin"),
        "{}",
        failed.text()
    );
    probe.server.logged(&["cannot begin"]);
    assert_eq!(probe.call("b", "look")["ok"][0], true);
}

#[test]
fn all_forms_of_storage_share_one_database_and_one_transaction() {
    let probe = Probe::start(
        r#"
        get kv() { return this.ctx.storage.kv; }
        get sql() { return this.ctx.storage.sql; }
        async shared() {
          await this.ctx.storage.put("async", new Map([["list", [1, 2n]]]));
          this.kv.put("sync", new Date(5));
          await this.ctx.storage.put({ many: 1, more: 2 });
          return [
            [...this.kv.get("async").keys()],
            (await this.ctx.storage.get("sync")).getTime(),
            [...(await this.ctx.storage.list({ prefix: "m" })).entries()],
            [...this.kv.list()].map(([key]) => key),
            await this.ctx.storage.delete("many"),
            await this.ctx.storage.delete("many"),
          ];
        }
        rollback() {
          this.sql.exec("CREATE TABLE IF NOT EXISTS t(n)");
          this.ctx.storage.transactionSync(() => { this.sql.exec("INSERT INTO t VALUES (1)"); this.kv.put("k", 1); });
          let thrown;
          try {
            this.ctx.storage.transactionSync(() => {
              this.sql.exec("INSERT INTO t VALUES (2)");
              this.kv.put("k", 2);
              throw new Error("no");
            });
          } catch (error) { thrown = error.message; }
          this.sql.exec("INSERT INTO t VALUES (3)");
          return [thrown, this.sql.exec("SELECT n FROM t ORDER BY n").raw().toArray().flat(), this.kv.get("k")];
        }
        async asyncTransaction() {
          const { storage } = this.ctx;
          await storage.put("balance", 10);
          const attempt = (fail) => storage.transaction(async (txn) => {
            await txn.put("balance", (await txn.get("balance")) + 1);
            await new Promise((resolve) => setTimeout(resolve, 10));
            if (fail === "throw") throw new Error("undo");
            if (fail === "rollback") txn.rollback();
            return "done";
          });
          const first = await attempt();
          const thrown = await caught(() => attempt("throw"));
          await attempt("rollback");
          return [first, thrown.message, await storage.get("balance")];
        }
        // what began outside a transaction does not go on inside it
        async order() {
          const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
          const order = [];
          const outside = sleep(5).then(() => order.push("outside"));
          const asked = this.env.PROBE.getByName("other").fetch("http://o/x/read").then(() => order.push("outside"));
          await this.ctx.storage.transaction(async () => {
            await sleep(60);
            await this.env.PROBE.getByName("other").fetch("http://o/x/read");
            order.push("inside");
          });
          await Promise.all([outside, asked]);
          return order;
        }
        read() { return [this.kv.get("balance"), this.kv.get("k")]; }
        "#,
        NO_APPS,
    );
    assert_eq!(
        probe.ok("shared"),
        json!([
            ["list"],
            5,
            [["many", 1], ["more", 2]],
            ["async", "many", "more", "sync"],
            true,
            false
        ])
    );
    assert_eq!(probe.ok("rollback"), json!(["no", [1, 3], 1]));
    assert_eq!(probe.ok("asyncTransaction"), json!(["done", "undo", 11]));
    assert_eq!(probe.ok("order"), json!(["inside", "outside", "outside"]));
    let probe = probe.restart(&[]);
    assert_eq!(probe.ok("read"), json!([11, 1]));
}

#[test]
fn what_a_throw_keeps_an_abort_drops() {
    let probe = Probe::start(
        r#"
        throws() { this.ctx.storage.kv.put("thrown", 1); throw new Error("after the write"); }
        aborts() { this.ctx.storage.kv.put("aborted", 1); this.memory = 1; this.ctx.abort("enough"); }
        async abortsLater() {
          this.ctx.storage.kv.put("earlier", 1);
          await new Promise((resolve) => setTimeout(resolve, 10));
          this.ctx.storage.kv.put("later", 1);
          this.ctx.abort();
        }
        read() {
          return ["thrown", "aborted", "earlier", "later"].map((key) => this.ctx.storage.kv.get(key) ?? null).concat(this.memory ?? null);
        }
        "#,
        NO_APPS,
    );
    assert_eq!(probe.error("throws").1, "after the write");
    let aborted = probe.server.get("/a/aborts");
    assert_eq!(aborted.status, 500);
    assert!(aborted.text().contains("enough"), "{}", aborted.text());
    let text = probe.server.get("/a/abortsLater").text();
    assert!(
        text.contains("Application called abort() to reset Durable Object."),
        "{text}"
    );
    assert_eq!(probe.ok("read"), json!([1, null, 1, null, null]));
}

#[test]
fn concurrent_increments_across_awaits_lose_nothing() {
    let probe = Probe::start(
        r#"
        async increment() {
          const n = (await this.ctx.storage.get("n")) ?? 0;
          await this.ctx.storage.put("n", n + 1);
          return n + 1;
        }
        "#,
        NO_APPS,
    );
    let mut seen: Vec<u64> = thread::scope(|scope| {
        let asked: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| probe.ok("increment").as_u64().unwrap()))
            .collect();
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    seen.sort_unstable();
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
}

/// Writes in a loop over one connection until the server is gone; answers with what it confirmed.
fn write_until_cut_off(mut client: Client, object: &str, stop: &AtomicBool) -> u64 {
    let mut confirmed = 0;
    while !stop.load(Ordering::Relaxed) {
        let next = confirmed + 1;
        let asked = client.request("GET", "", &format!("/{object}/write?n={next}"), None);
        match asked.and_then(|()| client.answer()) {
            Ok(answer) if answer.status == 200 => confirmed = next,
            _ => break,
        }
    }
    confirmed
}

#[test]
fn every_confirmed_write_outlives_a_sudden_death() {
    let probe = Probe::start(
        r#"
        get sql() { return this.ctx.storage.sql; }
        // both rows or none
        write(request) {
          const n = Number(new URL(request.url).searchParams.get("n"));
          this.sql.exec("CREATE TABLE IF NOT EXISTS log(n INTEGER PRIMARY KEY, side TEXT, filler TEXT)");
          this.sql.exec("INSERT INTO log VALUES (?, 'left', ?)", n * 2, "x".repeat(500));
          this.sql.exec("INSERT INTO log VALUES (?, 'right', ?)", n * 2 + 1, "y".repeat(500));
          return n;
        }
        read() {
          const count = (side) => this.sql.exec("SELECT count(*) AS n FROM log WHERE side = ?", side).one().n;
          const { last } = this.sql.exec("SELECT max(n) / 2 AS last FROM log").one();
          return [count("left"), count("right"), last];
        }
        "#,
        NO_APPS,
    );
    let stop = Arc::new(AtomicBool::new(false));
    let objects = ["p", "q", "r"];
    let writers: Vec<_> = objects
        .into_iter()
        .map(|object| {
            let (client, stop) = (probe.server.connect(), stop.clone());
            thread::spawn(move || write_until_cut_off(client, object, &stop))
        })
        .collect();
    // cut off in the middle of writing
    until("a few writes", || {
        let enough = objects.iter().all(|object| {
            let read = probe.server.get(&format!("/{object}/read"));
            read.json()["ok"][0].as_u64() > Some(30)
        });
        enough.then_some(())
    });
    let Probe { place, server } = probe;
    server.kill();
    stop.store(true, Ordering::Relaxed);
    let confirmed: Vec<u64> = writers
        .into_iter()
        .map(|writer| writer.join().unwrap())
        .collect();
    let server = place.serve();
    for (object, confirmed) in objects.iter().zip(confirmed) {
        let read = server.get(&format!("/{object}/read")).json()["ok"].clone();
        let (left, right, last) = (&read[0], &read[1], read[2].as_u64().unwrap());
        assert_eq!(left, right, "{object} has half a turn");
        assert_eq!(left.as_u64(), Some(last), "{object} has a gap");
        // one more may have been written whose answer did not arrive
        assert!(
            last == confirmed || last == confirmed + 1,
            "{object}: {confirmed} confirmed, {last} kept"
        );
    }
}
