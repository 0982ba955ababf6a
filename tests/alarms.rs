//! Alarms from outside: they wake, they survive a crash, they are retried, and facets have them.

mod support;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{Place, Probe, Server, until};

/// An object that does what its alarm is told to do, and remembers each ring.
const METHODS: &str = r#"
  memory = 0;
  delay(request) { return Number(new URL(request.url).searchParams.get("in") ?? 50); }
  async set(request) {
    const at = Date.now() + this.delay(request);
    this.ctx.storage.kv.put("at", at);
    this.ctx.storage.kv.put("does", new URL(request.url).searchParams.get("does") ?? "");
    await this.ctx.storage.setAlarm(at);
    return at;
  }
  get() { return this.ctx.storage.getAlarm(); }
  rings() { return this.ctx.storage.kv.get("rings") ?? []; }
  peek() { return this.memory; }
  remember() { return ++this.memory; }
  async alarm(info) {
    const rings = this.ctx.storage.kv.get("rings") ?? [];
    const { storage } = this.ctx;
    storage.kv.put("rings", [...rings, {
      retries: info.retryCount, name: this.ctx.id.name ?? null, memory: this.memory,
      due: info.scheduledTime === storage.kv.get("at"), late: Date.now() - info.scheduledTime,
    }]);
    switch (storage.kv.get("does")) {
      case "throw": throw new Error("not this time");
      case "once": if (rings.length === 0) throw new Error("not this time"); break;
      case "spin": await storage.sync(); await new Promise((resolve) => setTimeout(resolve, 1)); for (;;); break;
      case "hang": await new Promise((resolve) => setTimeout(resolve, 600_000)); break;
      case "sleep": if (rings.length === 0) await new Promise((resolve) => setTimeout(resolve, 60_000)); break;
      case "abort": await new Promise((resolve) => setTimeout(resolve, 1)); this.ctx.abort("over", { retryAlarm: false }); break;
      case "again": if (rings.length < 3) await storage.setAlarm(Date.now() + 20); break;
    }
  }
  async wipe() { await this.ctx.storage.deleteAll(); return this.ctx.storage.getAlarm(); }
"#;

/// The same as facets.
const APPS: &str = r#"
import { DurableObject } from "cloudflare:workers";
export class App extends DurableObject {
  constructor(ctx, env) { super(ctx, env); ctx.storage.kv.put("starts", (ctx.storage.kv.get("starts") ?? 0) + 1); }
  async fetch(request) {
    const url = new URL(request.url);
    const { storage } = this.ctx;
    switch (url.pathname) {
      case "/set": await storage.setAlarm(Date.now() + Number(url.searchParams.get("in"))); return Response.json(await storage.getAlarm());
      case "/get": return Response.json(await storage.getAlarm());
      case "/rings": return Response.json(storage.kv.get("rings") ?? 0);
      case "/starts": return Response.json(storage.kv.get("starts"));
      case "/inner": return this.ctx.facets.get("inner", () => ({ class: this.ctx.exports.App })).fetch("http://x" + url.searchParams.get("path"));
    }
  }
  alarm() { this.ctx.storage.kv.put("rings", (this.ctx.storage.kv.get("rings") ?? 0) + 1); }
}"#;

const FACET_METHODS: &str = r#"
  path(request) { return new URL(request.url).searchParams.get("path"); }
  name(request) { return new URL(request.url).searchParams.get("name") ?? "app"; }
  async app(request) { return JSON.parse(await this.text(this.facet(this.name(request)), this.path(request))); }
  delete(request) { this.ctx.facets.delete(this.name(request)); }
  clone() { this.ctx.facets.clone("app", "copy"); }
  async wipe() { await this.ctx.storage.deleteAll(); }
  nothing() {}
"#;

const QUICK: [&str; 2] = ["--alarm-retry-ms", "4"];

fn ok(server: &Server, path: &str) -> Value {
    support::ok_of(server.get(path).json())
}

/// Waits until an object has rung `count` times.
#[track_caller]
fn rings(server: &Server, object: &str, count: usize) -> Vec<Value> {
    until(&format!("{count} rings of {object}"), || {
        let rings = ok(server, &format!("/{object}/rings"));
        let rings = rings.as_array().expect("a list");
        (rings.len() >= count).then(|| rings.clone())
    })
}

fn probe(arguments: &[&str]) -> Probe {
    Probe::start_with(METHODS, "", APPS, arguments, json!({}))
}

#[test]
fn an_alarm_wakes_an_object_that_left_memory() {
    let probe = probe(&["--idle", "1"]);
    probe.ok("remember");
    probe.ok("set?in=3300");
    thread::sleep(Duration::from_millis(2_500));
    assert_eq!(probe.ok("peek"), 0, "its memory is gone");
    let rung = rings(&probe.server, "a", 1);
    assert_eq!(rung[0]["name"], "a");
    assert_eq!(
        (&rung[0]["due"], &rung[0]["retries"]),
        (&json!(true), &json!(0))
    );
    assert!(rung[0]["late"].as_i64().unwrap() >= 0, "{rung:?}");
    assert_eq!(probe.ok("get"), Value::Null);
}

#[test]
fn a_handler_sets_the_next_alarm() {
    let probe = probe(&[]);
    probe.ok("set?does=again");
    assert_eq!(rings(&probe.server, "a", 4).len(), 4);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(rings(&probe.server, "a", 4).len(), 4);
}

#[test]
fn acknowledged_alarms_survive_any_crash() {
    let Probe { place, mut server } = probe(&[]);
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        // how far the setters have come when it crashes
        let wanted = 8 + 12 * round;
        let done = AtomicUsize::new(0);
        let names: Vec<String> = thread::scope(|scope| {
            let address = server.address();
            let setters: Vec<_> = (0..3)
                .map(|worker| {
                    let done = &done;
                    scope.spawn(move || {
                        let mut set = Vec::new();
                        for n in 0..200 {
                            let name = format!("r{round}-{worker}-{n}");
                            let path = format!("/{name}/set?in={}", 200 + n * 7);
                            let answer = support::Client::connect(address).and_then(|mut it| {
                                it.request("GET", "", &path, None)?;
                                it.answer()
                            });
                            match answer {
                                Ok(answer) if answer.status == 200 => {
                                    set.push(name);
                                    done.fetch_add(1, Ordering::Relaxed);
                                }
                                _ => break,
                            }
                        }
                        set
                    })
                })
                .collect();
            until("alarms to be set", || {
                (done.load(Ordering::Relaxed) >= wanted).then_some(())
            });
            server.kill();
            let sets = setters.into_iter().map(|it| it.join().unwrap());
            sets.flatten().collect()
        });
        acknowledged.extend(names);
        server = place.serve();
    }
    for name in &acknowledged {
        rings(&server, name, 1);
    }
}

#[test]
fn what_is_overdue_after_a_stop_rings_at_once_and_only_then() {
    let probe = probe(&[]);
    probe.ok("set?in=700");
    probe.call("later", "set?in=3600000");
    let Probe { place, server } = probe;
    server.stop();
    thread::sleep(Duration::from_millis(900));
    let begun = Instant::now();
    let server = place.serve();
    rings(&server, "a", 1);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(ok(&server, "/later/rings"), json!([]));
    assert!(ok(&server, "/later/get").is_u64());
}

#[test]
fn an_alarm_whose_handler_was_cut_off_rings_again() {
    let Probe { place, server } = probe(&[]);
    ok(&server, "/a/set?does=sleep");
    rings(&server, "a", 1);
    server.kill();
    let server = place.serve();
    let rung = rings(&server, "a", 2);
    assert_eq!(rung[1]["retries"], 0);
    assert_eq!(ok(&server, "/a/get"), Value::Null);
}

#[test]
fn a_handler_that_always_throws_is_given_up_after_six_retries() {
    let probe = probe(&QUICK);
    probe.ok("set?does=throw");
    let rung = rings(&probe.server, "a", 7);
    let retries: Vec<_> = rung.iter().map(|ring| ring["retries"].clone()).collect();
    assert_eq!(json!(retries), json!([0, 1, 2, 3, 4, 5, 6]));
    probe
        .server
        .logged(&["the alarm is given up after 6 retries"]);
    probe
        .server
        .logged(&["Uncaught (in alarm) Error: not this time"]);
    until("no alarm", || probe.ok("get").is_null().then_some(()));
    thread::sleep(Duration::from_millis(600));
    assert_eq!(rings(&probe.server, "a", 7).len(), 7);
    // what was given up is gone for good, also after a crash
    let Probe { place, server } = probe;
    server.kill();
    let server = place.serve_with(&QUICK);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(rings(&server, "a", 7).len(), 7);
}

#[test]
fn a_retry_that_succeeds_is_the_last() {
    let probe = probe(&QUICK);
    let at = probe.ok("set?does=once");
    let rung = rings(&probe.server, "a", 2);
    assert_eq!(
        (&rung[1]["retries"], &rung[1]["due"]),
        (&json!(1), &json!(true)),
        "{at}"
    );
    thread::sleep(Duration::from_millis(200));
    assert_eq!(rings(&probe.server, "a", 2).len(), 2);
    assert_eq!(probe.ok("get"), Value::Null);
}

#[test]
fn handlers_that_take_too_long_are_ended_and_retried() {
    let limits = [
        "--alarm-retry-ms",
        "4",
        "--alarm-limit-ms",
        "150",
        "--cpu-ms",
        "100",
    ];
    let probe = probe(&limits);
    probe.call("hangs", "set?does=hang");
    probe.call("spins", "set?does=spin");
    // a turn that is ended loses its own writes; the rings are seen because they were committed
    let rung = rings(&probe.server, "hangs", 7);
    assert_eq!(rung[6]["retries"], 6);
    probe
        .server
        .logged(&["Alarm exceeded its allowed execution time"]);
    let rung = rings(&probe.server, "spins", 7);
    assert_eq!(rung[6]["retries"], 6);
    until("no alarm", || {
        let none = |object: &str| ok(&probe.server, &format!("/{object}/get")).is_null();
        (none("hangs") && none("spins")).then_some(())
    });
}

#[test]
fn an_object_may_end_itself_without_a_retry() {
    let probe = probe(&QUICK);
    probe.ok("set?does=abort");
    rings(&probe.server, "a", 1);
    until("no alarm", || probe.ok("get").is_null().then_some(()));
    thread::sleep(Duration::from_millis(200));
    assert_eq!(rings(&probe.server, "a", 1).len(), 1);
}

#[test]
fn delete_all_spares_the_alarm_of_older_projects() {
    let config = json!({ "compatibility_date": "2026-02-23" });
    let probe = Probe::start_with(METHODS, "", APPS, &[], config);
    let at = probe.ok("set?in=3600000");
    assert_eq!(probe.ok("wipe"), at);
    let Probe { place, server } = probe;
    server.kill();
    let server = place.serve();
    assert_eq!(ok(&server, "/a/get"), at);
    ok(&server, "/a/set?in=700");
    ok(&server, "/a/wipe");
    server.kill();
    let server = place.serve();
    assert_eq!(
        rings(&server, "a", 1)[0]["due"],
        false,
        "its other data is gone"
    );
}

#[test]
fn delete_all_deletes_the_alarm() {
    let probe = probe(&[]);
    probe.ok("set?in=300");
    assert_eq!(probe.ok("wipe"), Value::Null);
    thread::sleep(Duration::from_millis(600));
    assert_eq!(probe.ok("rings"), json!([]));
}

#[test]
fn an_alarm_without_a_handler_is_discarded_with_a_warning() {
    let probe = probe(&[]);
    probe.ok("set?in=300");
    let Probe { place, server } = probe;
    server.stop();
    let path = place.projects().join("probe/index.js");
    let source = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        source.replace("async alarm(info)", "async noAlarm(info)"),
    )
    .unwrap();
    thread::sleep(Duration::from_millis(300));
    let server = place.serve();
    server.logged(&["Attempted to run a scheduled alarm without a handler"]);
    until("no alarm", || ok(&server, "/a/get").is_null().then_some(()));
    assert_eq!(ok(&server, "/a/rings"), json!([]));
}

fn facets(arguments: &[&str], config: Value) -> Probe {
    Probe::start_with(FACET_METHODS, "", APPS, arguments, config)
}

#[track_caller]
fn app(server: &Server, path: &str) -> Value {
    ok(server, &format!("/a/app?path={path}"))
}

#[track_caller]
fn rung(server: &Server, path: &str, count: u64) {
    until(&format!("{count} rings at {path}"), || {
        (app(server, path) == count).then_some(())
    });
}

#[test]
fn facets_have_alarms_of_their_own_also_while_they_are_out_of_memory() {
    let probe = facets(&["--idle", "1"], json!({}));
    let server = &probe.server;
    assert!(app(server, "/set?in=50").is_u64());
    rung(server, "/rings", 1);
    assert_eq!(app(server, "/get"), Value::Null);
    assert!(app(server, "/inner?path=/set?in=50").is_u64());
    rung(server, "/inner?path=/rings", 1);
    assert_eq!(app(server, "/rings"), 1);
    app(server, "/set?in=3000");
    thread::sleep(Duration::from_millis(4_000));
    assert_eq!(app(server, "/rings"), 2);
    assert!(
        app(server, "/starts").as_u64().unwrap() >= 2,
        "it was evicted"
    );
}

#[test]
fn after_a_restart_a_facets_alarm_waits_for_its_parent_to_start_it() {
    let probe = facets(&[], json!({}));
    app(&probe.server, "/set?in=400");
    let Probe { place, server } = probe;
    server.kill();
    let server = place.serve();
    thread::sleep(Duration::from_millis(800));
    ok(&server, "/a/nothing");
    thread::sleep(Duration::from_millis(300));
    app(&server, "/starts");
    rung(&server, "/rings", 1);
    assert_eq!(
        app(&server, "/starts"),
        2,
        "once before the restart, once after"
    );
}

#[test]
fn facets_take_their_alarms_with_them_and_clones_get_none() {
    let probe = facets(&[], json!({}));
    let server = &probe.server;
    app(server, "/set?in=1200");
    ok(server, "/a/clone");
    assert_eq!(ok(server, "/a/app?name=copy&path=/get"), Value::Null);
    assert_eq!(
        ok(server, "/a/app?name=copy&path=/starts"),
        2,
        "the data was copied"
    );
    ok(server, "/a/app?name=second&path=/set?in=1200");
    ok(server, "/a/app?name=third&path=/set?in=1200");
    ok(server, "/a/delete?name=second");
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(app(server, "/rings"), 1);
    assert_eq!(ok(server, "/a/app?name=second&path=/rings"), 0);
    assert_eq!(ok(server, "/a/app?name=copy&path=/rings"), 0);
    assert_eq!(ok(server, "/a/app?name=third&path=/rings"), 1);
    app(server, "/set?in=300");
    ok(server, "/a/wipe");
    thread::sleep(Duration::from_millis(500));
    assert_eq!(app(server, "/rings"), 0);
}

#[test]
fn strict_compatibility_refuses_alarms_of_facets_as_the_reference_does() {
    let config = json!({ "lapidary": { "strict_compat": true } });
    let probe = facets(&[], config);
    let answer = probe.call("a", "app?path=/set?in=50");
    assert_eq!(
        answer["error"]["message"],
        "Facets currently cannot set alarms."
    );
    assert_eq!(app(&probe.server, "/get"), Value::Null);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(app(&probe.server, "/rings"), 0);
}

#[test]
fn a_damaged_index_is_written_anew() {
    let probe = probe(&[]);
    probe.ok("set?in=400");
    let Probe { place, server } = probe;
    server.stop();
    let index = place.data().join("probe/Probe/alarms.sqlite");
    std::fs::write(&index, [7; 8192]).unwrap();
    let server = place.serve();
    server.logged(&["the index of the alarms of Probe was damaged"]);
    rings(&server, "a", 1);
}

#[test]
fn projects_keep_their_alarms_apart() {
    // the same object under two projects: each alarm is its own
    let place = Place::new();
    for project in ["one", "two"] {
        let source = format!(
            "import {{ DurableObject }} from 'cloudflare:workers';
             export default {{ fetch: (request, env) => env.O.getByName('o').fetch(request) }};
             export class O extends DurableObject {{
               async fetch(request) {{
                 if (request.url.endsWith('/set')) await this.ctx.storage.setAlarm(Date.now() + 50);
                 return Response.json(this.ctx.storage.kv.get('rang') ?? null);
               }}
               alarm() {{ this.ctx.storage.kv.put('rang', '{project}'); }}
             }}"
        );
        place.project(project, &["O"], &source);
    }
    let server = place.serve();
    let ask = |project: &str, path: &str| {
        let host = format!("{project}.localhost");
        server.ask("GET", &host, path, None).json()
    };
    assert_eq!(ask("one", "/set"), Value::Null);
    until("one's alarm", || (ask("one", "/") == "one").then_some(()));
    assert_eq!(ask("two", "/"), Value::Null);
}
