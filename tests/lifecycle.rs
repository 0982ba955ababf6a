//! The life of the program and its objects: sleep, waking, the clean stop, a large data folder,
//! and a disk that is full.

mod support;

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{Place, Probe, Server, program, until};

const APPS: &str = "
import { DurableObject } from 'cloudflare:workers';
export class App extends DurableObject {
  memory = 0;
  fetch() {
    const stored = (this.ctx.storage.kv.get('n') ?? 0) + 1;
    this.ctx.storage.kv.put('n', stored);
    return new Response(`${++this.memory} ${stored}`);
  }
}";

#[test]
fn idle_objects_leave_memory_and_wake_with_their_data() {
    let probe = Probe::start_with(
        r#"
        memory = 0;
        count() {
          const stored = (this.ctx.storage.kv.get("n") ?? 0) + 1;
          this.ctx.storage.kv.put("n", stored);
          return [++this.memory, stored];
        }
        peek() { return this.memory; }
        app() { return this.text(this.facet("app")); }
        wait() { return new Promise((resolve) => setTimeout(() => resolve(this.memory), 3000)); }
        "#,
        "",
        APPS,
        &["--idle", "1"],
        json!({}),
    );
    assert_eq!(probe.call("sleeper", "count")["ok"], json!([1, 1]));
    assert_eq!(probe.call("sleeper", "app")["ok"], "1 1");
    assert_eq!(probe.call("busy", "count")["ok"], json!([1, 1]));
    thread::scope(|scope| {
        // one that waits for something is not idle
        let busy = scope.spawn(|| probe.call("busy", "wait")["ok"].clone());
        thread::sleep(Duration::from_millis(2_600));
        assert_eq!(probe.call("sleeper", "peek")["ok"], 0, "its memory is gone");
        assert_eq!(
            probe.call("sleeper", "count")["ok"],
            json!([1, 2]),
            "its data is not"
        );
        assert_eq!(
            probe.call("sleeper", "app")["ok"],
            "1 2",
            "the same for its facet"
        );
        assert_eq!(busy.join().unwrap(), 1);
    });
}

#[test]
fn a_stop_lets_turns_finish_and_closes_the_databases() {
    let probe = Probe::start(
        r#"
        async slow() {
          this.ctx.storage.kv.put("begun", true);
          await new Promise((resolve) => setTimeout(resolve, 700));
          this.ctx.storage.kv.put("ended", true);
          return "finished";
        }
        begun() { return this.ctx.storage.kv.get("begun") ?? false; }
        ended() { return this.ctx.storage.kv.get("ended") ?? false; }
        app() { return this.text(this.facet("app")); }
        "#,
        APPS,
    );
    probe.ok("app");
    let Probe { place, mut server } = probe;
    let mut client = server.connect();
    client.request("GET", "", "/a/slow", None).unwrap();
    until("the slow request to begin", || {
        (server.get("/a/begun").json()["ok"] == true).then_some(())
    });
    server.terminate();
    let answer = client.answer().unwrap();
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "ok": "finished" }))
    );
    let status = server.wait();
    assert!(status.success(), "{status}");
    server.logged(&["stopping"]);
    // all is in the databases themselves: SQLite removes the log file when the last user closes
    let mut files = Vec::new();
    for object in std::fs::read_dir(place.data().join("probe/Probe")).unwrap() {
        files.extend(
            std::fs::read_dir(object.unwrap().path())
                .unwrap()
                .map(|file| file.unwrap().path()),
        );
    }
    assert!(
        files.iter().any(|file| file.ends_with("facet-1.sqlite")),
        "{files:?}"
    );
    let open = files
        .iter()
        .find(|file| file.to_string_lossy().ends_with("-wal"));
    assert_eq!(open, None, "a database was not closed");
    let server = place.serve();
    assert_eq!(server.get("/a/ended").json()["ok"], true);
}

#[test]
fn without_a_terminal_it_serves_headless_and_says_so() {
    let place = Place::with(
        "p",
        &[],
        "export default { fetch: () => new Response('here') };",
    );
    let mut command = program();
    command
        .arg(place.projects())
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(place.data());
    let server = Server::of(command);
    server.logged(&["no terminal here: serving without the console (as `lapidary serve` does)"]);
    assert_eq!(server.get("/").text(), "here");
    server.stop();
}

#[test]
fn a_thousand_objects_on_disk_are_served_at_once_after_a_restart() {
    let place = Place::with(
        "many",
        &["Thing"],
        r#"
        import { DurableObject } from "cloudflare:workers";
        export default {
          async fetch(request, env) {
            const name = new URL(request.url).pathname.slice(1);
            if (name !== "all") return env.THING.getByName(name).fetch(request);
            const made = Array.from({ length: 1000 }, (_, n) => env.THING.getByName("n" + n).fetch("http://x/"));
            return new Response(String((await Promise.all(made)).length));
          },
        };
        export class Thing extends DurableObject {
          fetch() {
            const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
            this.ctx.storage.kv.put("n", n);
            return new Response(this.ctx.id.name + " " + n);
          }
        }"#,
    );
    let server = place.serve();
    assert_eq!(server.get("/all").text(), "1000");
    server.stop();
    let began = Instant::now();
    let server = place.serve();
    assert_eq!(server.get("/n777").text(), "n777 2");
    let took = began.elapsed();
    // a tenth of this is usual; a start that opened every database would take longer by far
    assert!(
        took < Duration::from_secs(4),
        "{took:?} to the first answer"
    );
    assert_eq!(server.get("/all").text(), "1000");
    assert_eq!(server.get("/n777").text(), "n777 4");
}

const FILLER: &str = r#"
  get sql() { return this.ctx.storage.sql; }
  fill() {
    this.sql.exec("CREATE TABLE IF NOT EXISTS t(filler)");
    this.sql.exec("INSERT INTO t VALUES (randomblob(200000))");
    return this.rows();
  }
  rows() { return this.sql.exec("SELECT count(*) AS n FROM t").one().n; }
  small() {
    const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
    this.ctx.storage.kv.put("n", n);
    return n;
  }
  pure() { return "alive"; }
"#;

/// Fills the disk of a server that runs behind `wrapper`, a shell script that gets the data folder
/// as `$0` and the program's command line as `$@`. False when the machine does not allow it.
fn fill_disk(wrapper: &str, full: &str) -> bool {
    // the first start leaves files and the compiled engine behind
    let probe = Probe::start(FILLER, "");
    assert_eq!(probe.ok("fill"), 1);
    let Probe { place, server } = probe;
    server.stop();
    std::fs::remove_dir_all(place.data()).unwrap();
    std::fs::create_dir(place.data()).unwrap();
    let allowed = Command::new("sh")
        .args(["-c", wrapper])
        .arg(place.data())
        .arg("true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        return false;
    }
    let inner = program();
    let mut command = Command::new("sh");
    command
        .args(["-c", wrapper])
        .arg(place.data())
        .arg(inner.get_program());
    command.envs(
        inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    command
        .arg("serve")
        .arg(place.projects())
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(place.data());
    let probe = Probe {
        server: Server::of(command),
        place,
    };
    assert_eq!(probe.call("neighbour", "small")["ok"], 1);
    let mut kept = 0;
    let refused = until("the disk to be full", || {
        let answer = probe.server.get("/a/fill");
        match answer.status {
            200 if answer.json().get("ok").is_some() => {
                kept += 1;
                assert_eq!(answer.json()["ok"], kept);
                None
            }
            _ => Some(answer.text()),
        }
    });
    assert!(kept > 0, "nothing fitted: {refused}");
    assert!(refused.contains(full), "{refused}");
    probe.server.logged(&["ERROR", full]);
    // what was confirmed is there, nothing of the failed turn is, and nobody crashed
    assert_eq!(probe.ok("rows"), kept);
    assert_eq!(probe.call("neighbour", "pure")["ok"], "alive");
    true
}

#[test]
fn a_write_beyond_the_space_there_is_fails_alone() {
    // no file may grow beyond 8 MiB; the signal about it is ignored, so that writes fail instead
    let allowed = fill_disk("trap '' XFSZ; ulimit -f 16384; exec \"$@\"", "SQLITE_IOERR");
    assert!(allowed, "every system has limits of file sizes");
}

#[test]
fn a_full_disk_fails_writes_alone() {
    let wrapper = "exec unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=2m none \"$0\" && exec \"$@\"' \"$0\" \"$@\"";
    if !fill_disk(wrapper, "SQLITE_FULL") {
        eprintln!(
            "skipped: this machine lets nobody mount a small disk; a limit of file sizes stands in for it"
        );
    }
}
