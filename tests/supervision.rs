//! The operator's power over what runs: verbs, limits, budgets and versions, by the commands of a
//! shell against a running server.

mod support;

use std::{path::PathBuf, process::Output, thread, time::Duration};

use serde_json::Value;
use support::{Place, Server, program, until};

/// One supervisor per name; `/name/app/…` goes to its facet, which runs the source that was saved.
const SUPERVISOR: &str = r#"
import { DurableObject } from "cloudflare:workers";
export default {
  fetch(request, env) {
    const name = new URL(request.url).pathname.split("/")[1];
    return env.SUPERVISOR.getByName(name).fetch(request);
  },
};
export class Supervisor extends DurableObject {
  async fetch(request) {
    const [, , what, ...rest] = new URL(request.url).pathname.split("/");
    if (request.method === "PUT") {
      this.ctx.storage.kv.put("source", await request.text());
      return new Response("saved");
    }
    if (what === "own") {
      const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
      this.ctx.storage.kv.put("n", n);
      return new Response(`own ${n}`);
    }
    const worker = this.env.LOADER.get("app", () => ({
      compatibilityDate: "2026-08-04",
      mainModule: "app.js",
      modules: { "app.js": this.ctx.storage.kv.get("source") },
    }));
    return this.ctx.facets.get(what, () => ({ class: worker.getDurableObjectClass("App") })).fetch(request);
  }
}"#;

/// An app with a counter, alarms, loops and failures; `version` is what it calls itself.
fn app(version: &str) -> String {
    format!(
        r#"
import {{ DurableObject }} from "cloudflare:workers";
export class App extends DurableObject {{
  async fetch(request) {{
    const path = new URL(request.url).pathname;
    if (request.headers.get("upgrade") === "websocket") {{
      const [client, server] = Object.values(new WebSocketPair());
      this.ctx.acceptWebSocket(server);
      return new Response(null, {{ status: 101, webSocket: client }});
    }}
    if (path.endsWith("/fail")) throw new Error("failed on purpose");
    if (path.endsWith("/spin")) for (;;);
    if (path.endsWith("/alarms")) await this.ctx.storage.setAlarm(Date.now());
    if (path.endsWith("/fill")) this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS f(b); INSERT INTO f VALUES (zeroblob(1000000))");
    const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
    this.ctx.storage.kv.put("n", n);
    return new Response(`{version} ${{n}}`);
  }}
  webSocketMessage(socket, message) {{
    socket.send(`{version} ${{message}}`);
  }}
  async alarm() {{
    this.ctx.storage.kv.put("rung", (this.ctx.storage.kv.get("rung") ?? 0) + 1);
    await this.ctx.storage.setAlarm(Date.now());
  }}
}}"#
    )
}

struct Supervised {
    place: Place,
    server: Server,
}

impl Supervised {
    fn start(arguments: &[&str]) -> Self {
        let place = Place::with("apps", &["Supervisor"], SUPERVISOR);
        let server = place.serve_with(arguments);
        Self { place, server }
    }

    /// With an app in the object `a`.
    fn with_app() -> Self {
        let supervised = Self::start(&[]);
        supervised.save("a", &app("v1"));
        assert_eq!(supervised.get("/a/notes"), "v1 1");
        supervised
    }

    fn save(&self, name: &str, source: &str) {
        let saved = self
            .server
            .ask("PUT", "", &format!("/{name}"), Some(source.as_bytes()));
        assert_eq!(saved.text(), "saved");
    }

    fn get(&self, path: &str) -> String {
        self.server.get(path).text()
    }

    fn output(&self, arguments: &[&str]) -> Output {
        program()
            .args(arguments)
            .arg("--data")
            .arg(self.place.data())
            .output()
            .unwrap()
    }

    /// What a command says.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Why a command was refused.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stderr).unwrap()
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        serde_json::from_str(&self.run(&all)).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.data().join(name)
    }
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in: {text}");
}

const A: &str = "apps/Supervisor/a";
const NOTES: &str = "apps/Supervisor/a/notes";

#[test]
fn a_command_without_a_server_says_what_to_do() {
    let place = Place::with("apps", &["Supervisor"], SUPERVISOR);
    let output = program()
        .args(["ps", "--data"])
        .arg(place.data())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert_has(&error, "no server answers for the data folder");
    assert_has(&error, "--data");
}

#[test]
fn a_loop_is_killed_and_a_pause_holds_requests() {
    let supervised = Supervised::with_app();
    thread::scope(|scope| {
        let spinning = scope.spawn(|| supervised.server.get("/a/notes/spin"));
        until("the loop to begin", || {
            let nodes = supervised.json(&["ps", A]);
            let busy = nodes.as_array()?.iter().any(|node| {
                node["node"].as_str().unwrap().ends_with("/notes") && node["state"] == "busy"
            });
            busy.then_some(())
        });
        assert_has(&supervised.run(&["kill", NOTES]), "killed");
        let answer = spinning.join().unwrap();
        assert_eq!(answer.status, 500);
        assert_has(&answer.text(), "The operator killed this object.");
    });
    assert_eq!(supervised.get("/a/notes"), "v1 2");

    supervised.run(&["pause", NOTES, "--wait", "30"]);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| supervised.get("/a/notes"));
        // its parent goes on
        assert_eq!(supervised.get("/a/own"), "own 1");
        thread::sleep(Duration::from_millis(100));
        assert!(!waiting.is_finished());
        supervised.run(&["resume", NOTES]);
        assert_eq!(waiting.join().unwrap(), "v1 3");
    });
    supervised.run(&[
        "pause",
        "apps",
        "--wait",
        "0",
        "--reason",
        "We are moving house.",
    ]);
    let refused = supervised.server.get("/a/notes");
    assert_eq!(refused.status, 503);
    assert_has(&refused.text(), "We are moving house.");
    let why = supervised.refused(&["resume", NOTES]);
    assert_has(&why, "is paused with apps");
    supervised.run(&["resume", "apps"]);
    assert_eq!(supervised.get("/a/notes"), "v1 4");
    let audit = supervised.run(&["audit"]);
    for part in [
        "operator",
        "kill",
        "pause",
        "resume",
        "We are moving house.",
    ] {
        assert_has(&audit, part);
    }
}

#[test]
fn a_pause_outlives_a_restart() {
    let supervised = Supervised::with_app();
    supervised.run(&["pause", A, "--wait", "0"]);
    let Supervised { place, server } = supervised;
    server.stop();
    let server = place.serve();
    assert_eq!(server.get("/a/own").status, 503);
    let supervised = Supervised { place, server };
    supervised.run(&["resume", A]);
    assert_eq!(supervised.get("/a/own"), "own 1");
}

#[test]
fn a_fork_has_the_data_and_goes_its_own_way() {
    let supervised = Supervised::with_app();
    assert_eq!(supervised.get("/a/own"), "own 1");
    // while it is written to
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for _ in 0..200 {
                supervised.get("/a/own");
            }
        });
        assert_has(&supervised.run(&["fork", A, "b"]), "b is a copy of");
        writing.join().unwrap();
    });
    assert_eq!(supervised.get("/a/own"), "own 202");
    let own = supervised.get("/b/own");
    let n: u32 = own.strip_prefix("own ").unwrap().parse().unwrap();
    assert!((2..=202).contains(&n), "{own}");
    assert_eq!(supervised.get("/b/notes"), "v1 2");
    assert_eq!(supervised.get("/a/notes"), "v1 2");
    assert_has(
        &supervised.refused(&["fork", A, "b"]),
        "there is a \"b\" already",
    );
    // a facet beside a facet
    supervised.run(&["fork", NOTES, "draft"]);
    assert_eq!(supervised.get("/a/draft"), "v1 3");
    assert_eq!(supervised.get("/a/notes"), "v1 3");
    assert_has(
        &supervised.refused(&["fork", "apps/Supervisor", "x"]),
        "is a namespace; fork needs an object or a facet",
    );
}

#[test]
fn what_is_renamed_is_found_under_its_new_name_alone() {
    let supervised = Supervised::with_app();
    supervised.run(&["limit", NOTES, "requests_per_second", "1000"]);
    supervised.run(&["rename", A, "z"]);
    assert_eq!(supervised.get("/z/notes"), "v1 2");
    let lines = supervised.run(&["limit", "apps/Supervisor/z/notes"]);
    assert_has(&lines, "1000");
    assert_eq!(supervised.get("/a/notes"), "v1 1", "the old name is free");
    supervised.run(&["rename", "apps/Supervisor/z/notes", "letters"]);
    assert_eq!(supervised.get("/z/letters"), "v1 3");
    assert_eq!(supervised.get("/z/notes"), "v1 1", "the old name is free");
    assert_has(
        &supervised.refused(&["rename", "apps/Supervisor/z/letters", "notes"]),
        "there is a \"notes\" already",
    );
}

#[test]
fn a_delete_asks_for_the_name_and_takes_the_data() {
    let supervised = Supervised::with_app();
    assert_has(
        &supervised.refused(&["delete", NOTES, "--name", "notse"]),
        "to confirm, give the name \"notes\"",
    );
    supervised.run(&["delete", NOTES, "--name", "notes"]);
    assert_eq!(supervised.get("/a/notes"), "v1 1");
    assert_eq!(supervised.get("/a/own"), "own 1");
    supervised.run(&["delete", A, "--name", "a"]);
    assert_eq!(supervised.get("/a/own"), "own 1");
    supervised.run(&["delete", "apps/Supervisor", "--name", "Supervisor"]);
    assert_eq!(supervised.json(&["ps"]), serde_json::json!([]));
    assert_has(
        &supervised.refused(&["delete", NOTES, "--name", "notes"]),
        "is not there any more",
    );
}

#[test]
fn an_archive_travels_and_a_damaged_one_changes_nothing() {
    let supervised = Supervised::with_app();
    supervised.get("/a/own");
    supervised.run(&["limit", NOTES, "storage_bytes", "5000000"]);
    let file = supervised.file("a.lapidary");
    let file = file.to_str().unwrap();
    supervised.run(&["export", A, file]);
    assert_has(&supervised.refused(&["export", A, file]), "cannot create");
    supervised.run(&["import", file, "apps/Supervisor", "--name", "c"]);
    assert_eq!(supervised.get("/c/own"), "own 2");
    assert_eq!(supervised.get("/c/notes"), "v1 2");
    assert_has(
        &supervised.run(&["limit", "apps/Supervisor/c/notes"]),
        "5000000",
    );
    assert_has(
        &supervised.refused(&["import", file, "apps/Supervisor"]),
        "there is a \"a\" already",
    );
    // into a facet of another one
    supervised.run(&["import", file, "apps/Supervisor/c", "--name", "inner"]);
    let nodes = supervised.run(&["ps", "apps/Supervisor/c"]);
    assert_has(&nodes, "/inner/notes");

    let whole = std::fs::read(file).unwrap();
    let damaged = supervised.file("damaged");
    let path = damaged.to_str().unwrap();
    let mut all: Vec<Vec<u8>> = vec![
        whole[..whole.len() / 2].into(),
        whole[..whole.len() - 1].into(),
        b"PK\x03\x04".into(),
        Vec::new(),
    ];
    for part in 1..16 {
        let mut flipped = whole.clone();
        flipped[whole.len() * part / 16] ^= 0xff;
        all.push(flipped);
    }
    for bad in all {
        std::fs::write(&damaged, bad).unwrap();
        let why = supervised.refused(&["import", path, "apps/Supervisor", "--name", "d"]);
        assert_has(&why, "cannot be imported");
        assert_has(&why, "Nothing was changed");
    }
    assert!(!supervised.run(&["ps"]).contains("Supervisor/d"));
    let drafts = std::fs::read_dir(supervised.file(".drafts")).unwrap();
    assert_eq!(drafts.count(), 0, "something unfinished is left");
}

#[test]
fn hibernation_on_request() {
    let supervised = Supervised::with_app();
    supervised.save("b", &app("v1"));
    let said = supervised.run(&["hibernate", A, "apps/Supervisor/b"]);
    assert_has(&said, "2 left memory");
    assert_has(&said, "1 left memory");
    let nodes = supervised.json(&["ps", A]);
    for node in nodes.as_array().unwrap() {
        assert_eq!(node["state"], "hibernated", "{node}");
    }
    assert_eq!(supervised.get("/a/notes"), "v1 2");
}

#[test]
fn what_was_counted_is_shown() {
    let supervised = Supervised::with_app();
    supervised.get("/a/notes/fail");
    supervised.get("/a/own");
    let meter = until("the ledger to have it", || {
        let meter = supervised.json(&["meter", NOTES]);
        (meter["counts"]["requests"] == 2).then_some(meter)
    });
    assert_eq!(meter["counts"]["errors"], 1);
    assert!(meter["memory_bytes"].as_u64().unwrap() > 0);
    assert_eq!(meter["cost"]["currency"], "USD");
    let series = supervised.json(&["meter", "apps", "--series", "requests", "--step", "60"]);
    let sum: u64 = series
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["requests"].as_u64().unwrap())
        .sum();
    // each of four passed the worker, the object, and two of them the facet
    assert!(sum >= 8, "{series}");
    assert_has(
        &supervised.refused(&["meter", "apps", "--series", "miles"]),
        "nothing called \"miles\" is counted",
    );
    until("the line to be on disk", || {
        let arguments = ["logs", NOTES, "-g", "on p.rpose", "-e", "--level", "error"];
        let logs = supervised.run(&arguments);
        logs.contains("failed on purpose").then_some(())
    });
    assert_has(
        &supervised.refused(&["logs", "-g", "(", "-e"]),
        "is not a regular expression",
    );
}

#[test]
fn limits_hold_at_once_and_the_nearest_wins() {
    let supervised = Supervised::with_app();
    supervised.run(&["limit", "default", "requests_per_second", "1000000"]);
    supervised.run(&["limit", NOTES, "requests_per_second", "1"]);
    let mut refused = 0;
    for _ in 0..20 {
        let answer = supervised.server.get("/a/notes");
        if answer.status == 429 || answer.status == 500 {
            refused += 1;
        }
    }
    assert!(refused >= 15, "{refused}");
    let lines = supervised.json(&["limit", NOTES]);
    let line = |name: &str| {
        let lines = lines.as_array().unwrap();
        lines
            .iter()
            .find(|line| line["limit"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(line("requests_per_second")["value"], 1);
    assert!(
        line("requests_per_second")["set_by"]
            .as_str()
            .unwrap()
            .ends_with("/notes")
    );
    assert_eq!(line("memory_bytes")["set_by"], "the program");
    supervised.run(&["limit", NOTES, "requests_per_second", "none"]);
    for _ in 0..20 {
        assert_eq!(supervised.server.get("/a/notes").status, 200);
    }
    // a loop that is under way feels a new limit
    thread::scope(|scope| {
        let spinning = scope.spawn(|| supervised.server.get("/a/notes/spin").text());
        thread::sleep(Duration::from_millis(200));
        supervised.run(&["limit", NOTES, "cpu_ms_per_request", "100"]);
        assert_has(&spinning.join().unwrap(), "CPU time limit");
    });
    supervised.run(&["limit", NOTES, "cpu_ms_per_request", "none"]);
    // a database at its quota
    supervised.run(&["limit", NOTES, "storage_bytes", "2000000"]);
    let full = (0..5)
        .map(|_| supervised.get("/a/notes/fill"))
        .find(|text| text.contains("FULL"));
    assert_has(&full.unwrap_or_default(), "SQLITE_FULL");
    // a pause at a limit
    supervised.run(&["limit", A, "requests_per_second", "1", "--at", "pause"]);
    thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| supervised.server.get("/a/own").status))
            .collect();
        until("the pause", || {
            let nodes = supervised.json(&["ps", A]);
            (nodes[0]["state"] == "paused").then_some(())
        });
        supervised.run(&["limit", A, "requests_per_second", "none"]);
        supervised.run(&["resume", A]);
        // those that came while it was paused have waited
        for asked in asked {
            assert_eq!(asked.join().unwrap(), 200);
        }
    });
    assert_has(&supervised.get("/a/own"), "own ");
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let supervised = Supervised::with_app();
    for (arguments, why) in [
        (&["requests_per_second", "0"][..], "must be from 1 to"),
        (&["requests_per_second", "-1"], "-1"),
        (&["memory_bytes", "99999999999999"], "must be from"),
        (&["memory_bytes", "1073741824"], "--memory"),
        (
            &["no_such_limit", "1"],
            "there is no limit \"no_such_limit\"",
        ),
        (&["facets", "1", "--at", "slow"], "what can: refuse"),
        (&["facets", "1", "--at", "explode"], "explode"),
        (&["facets", "many"], "a whole number is needed"),
        (&["objects", "5"], "is limited for a worker or by default"),
        (&["facets"], "say a value"),
    ] {
        let mut all = vec!["limit", NOTES];
        all.extend(arguments);
        assert_has(&supervised.refused(&all), why);
    }
    assert_has(
        &supervised.refused(&["limit", "nobody/X/y", "facets", "1"]),
        "is not there",
    );
    for (arguments, why) in [
        (&[][..], "--day or --month"),
        (&["--day", "0"], "must be above 0"),
        (&["--day", "-3"], "-3"),
        (&["--day", "a lot"], "is not an amount of money"),
        (&["--month", "1", "--at", "slow"], "warn, pause, kill"),
    ] {
        let mut all = vec!["budget", NOTES];
        all.extend(arguments);
        assert_has(&supervised.refused(&all), why);
    }
}

#[test]
fn a_budget_stops_an_alarm_loop() {
    let supervised = Supervised::with_app();
    supervised.run(&["budget", NOTES, "--day", "0.000004", "--at", "warn"]);
    until("the warning", || {
        supervised.get("/a/notes");
        thread::sleep(Duration::from_millis(250));
        supervised
            .run(&["audit", NOTES])
            .contains("used to 80 %")
            .then_some(())
    });
    supervised.run(&["budget", NOTES, "--day", "0.00005"]);
    supervised.get("/a/notes/alarms");
    until("the budget to be used up", || {
        let nodes = supervised.json(&["ps", NOTES]);
        (nodes[0]["state"] == "paused").then_some(())
    });
    let refused = supervised.server.get("/a/notes");
    assert_has(
        &refused.text(),
        "has used its budget of 0.00005 USD for this day",
    );
    let requests = |supervised: &Supervised| {
        supervised.json(&["meter", NOTES])["counts"]["alarms"]
            .as_u64()
            .unwrap()
    };
    thread::sleep(Duration::from_millis(300));
    let before = requests(&supervised);
    assert!(before > 0);
    thread::sleep(Duration::from_millis(700));
    assert_eq!(requests(&supervised), before, "alarms still ring");
    assert_has(
        &supervised.refused(&["resume", NOTES]),
        "raise or remove the budget",
    );
    let audit = supervised.run(&["audit", NOTES]);
    assert_has(&audit, "used up");
    // more money, and it goes on
    supervised.run(&["budget", NOTES, "--day", "100"]);
    until("it to go on", || {
        (requests(&supervised) > before).then_some(())
    });
    supervised.run(&["budget", NOTES, "--none"]);
    assert_eq!(supervised.json(&["budget"]), serde_json::json!([]));
}

#[test]
fn an_operators_version_takes_the_place_until_it_is_released() {
    let supervised = Supervised::with_app();
    let file = supervised.file("edited.js");
    std::fs::write(&file, app("v2")).unwrap();
    let file = file.to_str().unwrap();
    let said = supervised.run(&["code", "edit", NOTES, "app.js", file]);
    assert_has(&said, "instead of what its supervising class loads");
    assert_eq!(supervised.get("/a/notes"), "v2 2", "with its data");
    // what is loaded later under that id runs the operator's version too, also after a restart
    supervised.save("b", &app("v1"));
    assert_eq!(supervised.get("/b/notes"), "v2 1");
    let Supervised { place, server } = supervised;
    server.stop();
    let server = place.serve();
    let supervised = Supervised { place, server };
    assert_eq!(supervised.get("/a/notes"), "v2 3");
    let list = supervised.json(&["code", "list", NOTES]);
    let version = |who: &str| {
        let list = list.as_array().unwrap();
        let line = list.iter().find(|line| line["who"] == who).unwrap();
        line["version"].as_str().unwrap().to_string()
    };
    let (ours, theirs) = (version("operator"), version("supervisor"));
    let diff = supervised.run(&["code", "diff", &theirs, &ours]);
    assert_has(&diff, "-    return new Response(`v1 ");
    assert_has(&diff, "+    return new Response(`v2 ");
    assert_has(&supervised.run(&["code", "show", &ours]), "v2 ");
    assert_has(&supervised.run(&["code", "release", NOTES]), "again");
    assert_eq!(supervised.get("/a/notes"), "v1 4");
    assert_has(&supervised.refused(&["code", "release", NOTES]), "already");
    supervised.run(&["code", "use", NOTES, &ours]);
    assert_eq!(supervised.get("/a/notes"), "v2 5");
    assert_has(
        &supervised.refused(&["code", "use", NOTES, "00000000"]),
        "nothing has a version that begins with",
    );
    assert_has(
        &supervised.refused(&["code", "edit", NOTES, "other.js", file]),
        "there are app.js",
    );
}

#[test]
fn another_version_takes_over_with_its_sockets_open() {
    let supervised = Supervised::with_app();
    let stream = std::net::TcpStream::connect(supervised.server.address()).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let (mut socket, _) = tungstenite::client("ws://apps.localhost/a/notes", stream).unwrap();
    let mut ask = |text: &str| {
        socket.send(text.into()).unwrap();
        socket.read().unwrap().into_text().unwrap().to_string()
    };
    assert_eq!(ask("one"), "v1 one");
    let file = supervised.file("edited.js");
    for version in ["v2", "v3"] {
        std::fs::write(&file, app(version)).unwrap();
        supervised.run(&["code", "edit", NOTES, "app.js", file.to_str().unwrap()]);
        assert_eq!(ask("two"), format!("{version} two"));
        supervised.run(&["hibernate", NOTES]);
    }
    supervised.run(&["code", "release", NOTES]);
    assert_eq!(ask("three"), "v1 three");
}

#[test]
fn code_that_does_not_start_leaves_the_old_one_in_place() {
    let supervised = Supervised::with_app();
    let file = supervised.file("bad.js");
    for (bad, why) in [
        ("export class App {", "SyntaxError"),
        (
            "throw new Error('no start'); export class App {}",
            "no start",
        ),
    ] {
        std::fs::write(&file, bad).unwrap();
        let refused =
            supervised.refused(&["code", "edit", NOTES, "app.js", file.to_str().unwrap()]);
        assert_has(&refused, "keeps running its old code");
        assert_has(&refused, why);
    }
    assert_eq!(supervised.get("/a/notes"), "v1 2");
    // the module starts, its class does not
    let source = app("v9").replace(
        "async alarm()",
        "constructor(ctx, env) { super(ctx, env); throw new Error('no object'); } async alarm()",
    );
    std::fs::write(&file, source).unwrap();
    supervised.run(&["code", "edit", NOTES, "app.js", file.to_str().unwrap()]);
    assert_eq!(supervised.get("/a/notes"), "v1 3");
    supervised
        .server
        .logged(&["is given up", "no object", "goes on"]);
    let audit = supervised.run(&["audit"]);
    assert_has(&audit, "roll-back");
}

#[test]
fn a_version_that_fails_too_often_goes_back_by_itself() {
    let supervised = Supervised::with_app();
    supervised.run(&["limit", "apps", "error_percent_after_reload", "20"]);
    let file = supervised.file("worse.js");
    std::fs::write(
        &file,
        app("v3").replace("const n =", "throw new Error('always'); const n ="),
    )
    .unwrap();
    supervised.run(&["code", "edit", NOTES, "app.js", file.to_str().unwrap()]);
    for _ in 0..12 {
        assert_eq!(supervised.server.get("/a/notes").status, 500);
    }
    until("the roll-back", || {
        supervised.get("/a/notes").starts_with("v1 ").then_some(())
    });
    supervised
        .server
        .logged(&["is given up", "requests failed"]);
}

#[test]
fn a_project_is_reloaded_between_turns_with_its_data() {
    let supervised = Supervised::with_app();
    assert_eq!(supervised.get("/a/own"), "own 1");
    let main = supervised.place.projects().join("apps/index.js");
    let source = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, source.replace("`own ${n}`", "`mine ${n}`")).unwrap();
    assert_has(&supervised.run(&["reload", "apps"]), "runs version");
    until("the new version", || {
        (supervised.get("/a/own").starts_with("mine ")).then_some(())
    });
    std::fs::write(&main, "export default {").unwrap();
    assert_has(
        &supervised.refused(&["reload", "apps"]),
        "keeps running its old code",
    );
    assert_has(&supervised.get("/a/own"), "mine ");
    // a class that does not start gives way to the version before
    std::fs::write(&main, source.replace("export class Supervisor extends DurableObject {", "export class Supervisor extends DurableObject { constructor(a, b) { super(a, b); throw new Error('no way'); }")).unwrap();
    supervised.run(&["reload", "apps"]);
    assert_has(&supervised.get("/a/own"), "mine ");
    supervised.server.logged(&["is given up", "no way"]);
}

/// A class that holds its own facets to limits, by the binding that its project asks for.
const HOLDING: &str = r#"
import { DurableObject } from "cloudflare:workers";
export default {
  fetch(request, env) {
    if (new URL(request.url).pathname === "/stateless") {
      try { return Response.json(env.HOST.meter()); } catch (error) { return new Response(error.message); }
    }
    return env.HOLDER.getByName("h").fetch(request);
  },
};
const APP = `
import { DurableObject } from "cloudflare:workers";
export class App extends DurableObject {
  fetch(request) {
    if (request.url.endsWith("/spin")) for (;;);
    return new Response(Object.keys(this.env).join() + "|" + typeof this.env.HOST);
  }
}`;
const WORK = {
/* what the test does */
};
export class Holder extends DurableObject {
  app() {
    return this.ctx.facets.get("app", () => ({
      class: this.env.LOADER.get("app", () => ({
        compatibilityDate: "2026-08-04", mainModule: "app.js", modules: { "app.js": APP }, env: {},
      })).getDurableObjectClass("App"),
    }));
  }
  async fetch(request) {
    const facet = this.env.HOST.facet("app");
    const work = new URL(request.url).searchParams.get("do");
    try {
      return Response.json((await WORK[work](facet, this.app(), this.env)) ?? null);
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`);
    }
  }
}"#;

#[test]
fn a_supervising_class_holds_its_own_facets() {
    let app = "return (await app.fetch('http://app/')).text()";
    let burst = "const all = await Promise.allSettled(Array.from({length: 9}, () => app.fetch('http://app/')));
        return all.filter((one) => one.status === 'rejected' || !one.value.ok).length";
    let spin = "const spin = app.fetch('http://app/spin'); spin.catch(() => {});
        await scheduler.wait(200); facet.kill('Enough of that.'); await spin";
    let work = [
        (app, "\"|undefined\"", "the app sees nothing of it"),
        ("return facet.meter().requests", "1", ""),
        ("return facet.cost().currency", "\"USD\"", ""),
        ("facet.setLimit('requests_per_second', 1)", "null", ""),
        ("return facet.limits().requests_per_second.value", "1", ""),
        (burst, "8", "the first one comes in"),
        ("facet.setLimit('requests_per_second', null)", "null", ""),
        ("return facet.limits().requests_per_second", "null", ""),
        ("facet.pause({ reason: 'It has to rest.' })", "null", ""),
        (app, "It has to rest.", ""),
        ("facet.resume()", "null", ""),
        (app, "\"|undefined\"", "it goes on"),
        (spin, "Enough of that.", ""),
        (
            "facet.setLimit('no_such', 1)",
            "There is no limit \"no_such\"",
            "",
        ),
        ("facet.setLimit('facets', -1)", "cannot be asked", ""),
        (
            "facet.setBudget({ day: 'much' })",
            "is not an amount of money",
            "",
        ),
        ("facet.setBudget({ day: 2 })", "null", ""),
        ("facet.resume()", "not paused by its supervising class", ""),
        (
            "return env.HOST.facet('never').facet('x').limits().memory_bytes.from",
            "\"program\"",
            "",
        ),
    ];
    let cases: String = work
        .iter()
        .enumerate()
        .map(|(number, (code, ..))| {
            format!("  {number}: async (facet, app, env) => {{ {code} }},\n")
        })
        .collect();
    let place = Place::new();
    let more = serde_json::json!({ "lapidary": { "supervisor": "HOST" } });
    let source = HOLDING.replace("/* what the test does */", &cases);
    place.project_with("holding", &["Holder"], &source, more);
    let server = place.serve();
    for (number, (code, told, why)) in work.iter().enumerate() {
        let answer = server.get(&format!("/?do={number}")).text();
        assert!(answer.contains(told), "{code} {why}: {answer}");
    }
    assert_has(
        &server.get("/stateless").text(),
        "Only a Durable Object has facets",
    );
    let audit = program()
        .args(["audit", "--data"])
        .arg(place.data())
        .output()
        .unwrap();
    let audit = String::from_utf8_lossy(&audit.stdout).into_owned();
    for part in [
        "supervisor",
        "It has to rest.",
        "Enough of that.",
        "requests_per_second = 1",
    ] {
        assert_has(&audit, part);
    }
}
