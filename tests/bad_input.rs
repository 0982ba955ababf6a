//! Code and data as bad as they come: the caller and the operator are told what happened, and a
//! neighbour goes on answering meanwhile.

mod support;

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use support::{Answer, Client, Place, Server};

/// Slower than this, a neighbour is disturbed. Mischief that lasts at all lasts longer.
const DISTURBED: Duration = Duration::from_secs(2);

/// A supervisor per name, which keeps the app it is given and runs it as a facet.
const SUPERVISOR: &str = r#"
import { DurableObject } from "cloudflare:workers";
export default {
  fetch(request, env) {
    return env.SUPERVISOR.getByName(new URL(request.url).pathname.split("/")[1]).fetch(request);
  },
};
export class Supervisor extends DurableObject {
  fetch(request) {
    if (request.method === "PUT") return this.save(request);
    const callback = new URL(request.url).searchParams.get("callback");
    return this.ctx.facets.get("app", () => ({
      class: this.env.LOADER.get(callback && "bad " + callback, () => this.load(callback)).getDurableObjectClass("App"),
    })).fetch(request);
  }
  async save(request) {
    this.ctx.storage.kv.put("source", await request.text());
    this.ctx.facets.abort("app", new Error("A new version was saved."));
    return new Response("saved");
  }
  load(callback) {
    if (callback === "throws") throw new RangeError("the code is not at hand");
    if (callback === "never") return new Promise(() => {});
    if (callback === "nonsense") return 7;
    return {
      compatibilityDate: "2026-08-04",
      mainModule: "app.js",
      modules: { "app.js": this.ctx.storage.kv.get("source") },
      globalOutbound: null,
    };
  }
}"#;

const GOOD: &str = "
import { DurableObject } from 'cloudflare:workers';
export class App extends DurableObject {
  fetch() {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS t(n INTEGER)');
    sql.exec('INSERT INTO t VALUES (1)');
    return new Response('good ' + sql.exec('SELECT count(*) AS n FROM t').one().n);
  }
}";

/// An app whose requests run `body`.
fn app(body: &str) -> String {
    format!(
        "import {{ DurableObject }} from 'cloudflare:workers';
         export class App extends DurableObject {{
           async fetch(request) {{ {body} }}
         }}"
    )
}

struct Supervised {
    place: Place,
    server: Server,
}

impl Supervised {
    fn start(arguments: &[&str]) -> Self {
        let place = Place::with("supervised", &["Supervisor"], SUPERVISOR);
        let server = place.serve_with(arguments);
        Self { place, server }
    }

    #[track_caller]
    fn save(&self, name: &str, source: &[u8]) {
        assert_eq!(
            self.server
                .ask("PUT", "", &format!("/{name}"), Some(source))
                .text(),
            "saved"
        );
    }

    #[track_caller]
    fn run(&self, name: &str, source: &str) -> Answer {
        self.save(name, source.as_bytes());
        self.server.get(&format!("/{name}"))
    }

    /// Runs bad code: its caller and the operator are told `texts`, and good code runs after it.
    #[track_caller]
    fn fails(&self, name: &str, source: &str, texts: &[&str]) -> Answer {
        let shown = &source[..source.len().min(300)];
        let answer = self.run(name, source);
        assert_eq!(answer.status, 500, "{shown}: {}", answer.text());
        for text in texts {
            assert!(answer.text().contains(text), "{shown}: {}", answer.text());
            self.server.logged(&[text]);
        }
        assert!(
            self.run(name, GOOD).text().starts_with("good "),
            "good code after {shown}"
        );
        answer
    }
}

/// A neighbour that is asked again and again while something bad happens elsewhere.
struct Neighbour {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<(usize, Duration)>,
    since: Instant,
}

impl Neighbour {
    fn of(supervised: &Supervised) -> Self {
        assert_eq!(supervised.run("neighbour", GOOD).text(), "good 1");
        let stop = Arc::new(AtomicBool::new(false));
        let mut client = supervised.server.connect();
        let asking = {
            let stop = stop.clone();
            thread::spawn(move || {
                let (mut answers, mut slowest) = (0, Duration::ZERO);
                while !stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    client.request("GET", "", "/neighbour", None).unwrap();
                    assert_eq!(
                        client.answer().unwrap().text(),
                        format!("good {}", answers + 2)
                    );
                    slowest = slowest.max(asked.elapsed());
                    answers += 1;
                    thread::sleep(Duration::from_millis(5));
                }
                (answers, slowest)
            })
        };
        Self {
            stop,
            asking,
            since: Instant::now(),
        }
    }

    /// Answered all the time, and never slowly. Returns how long it was watched.
    #[track_caller]
    fn was_undisturbed(self) -> Duration {
        let watched = self.since.elapsed();
        self.stop.store(true, Ordering::Relaxed);
        let (answers, slowest) = self.asking.join().expect("the neighbour answered rightly");
        assert!(answers > 0, "the neighbour never answered");
        assert!(slowest < DISTURBED, "the neighbour once took {slowest:?}");
        watched
    }
}

#[test]
fn code_that_cannot_start() {
    let supervised = Supervised::start(&[]);
    let neighbour = Neighbour::of(&supervised);
    let start = "Failed to start Worker:";
    let no_class = "Worker has no such actor class: App";
    let deep = format!(
        "export class App {{ x = {}1{} }}",
        "(".repeat(200_000),
        ")".repeat(200_000)
    );
    let nested = "[".repeat(500_000);
    let cases: &[(&str, &[&str])] = &[
        (
            "export class App { fetch( }",
            &[start, "Uncaught SyntaxError", "app.js:1"],
        ),
        (
            "export class App {}; let x = ;",
            &[start, "Uncaught SyntaxError"],
        ),
        (
            "throw new RangeError('not today'); export class App {}",
            &[start, "Uncaught RangeError: not today"],
        ),
        ("undefined.x", &[start, "Uncaught TypeError"]),
        ("throw null", &[start]),
        (
            "import './nothing.js'",
            &[start, "No such module \"nothing.js\""],
        ),
        (
            "await new Promise(() => {})",
            &[start, "Top-level await in module is unsettled."],
        ),
        (
            "setTimeout(() => {}, 1)",
            &[start, "Disallowed operation called within global scope."],
        ),
        ("", &[no_class]),
        ("export class Other {}", &[no_class]),
        ("export default class App {}", &[no_class]),
        (
            "export const App = 'text'",
            &[start, "Incorrect type for map entry 'App'"],
        ),
        ("export const App = {}", &[no_class]),
        ("export const App = () => {}", &["not a constructor"]),
        (
            "export class App { constructor() { throw new TypeError('no app'); } }",
            &["TypeError: no app"],
        ),
        (
            "export class App {}",
            &["Handler does not export a fetch() function."],
        ),
        (
            "export class App { fetch = 5 }",
            &["Handler does not export a fetch() function."],
        ),
        (
            "export class App { fetch() { return 5; } }",
            &["Callback returned incorrect type; expected 'Promise'"],
        ),
        (
            "export class App { fetch() { throw undefined; } }",
            &["undefined"],
        ),
        (
            "export class App { get fetch() { throw new RangeError('no handler'); } }",
            &["RangeError: no handler"],
        ),
        (&deep, &[start]),
        (&nested, &[start]),
    ];
    for (source, texts) in cases {
        supervised.fails("bad", source, texts);
    }
    // neither text nor code
    supervised.save(
        "bad",
        &(0..100_000u32)
            .map(|n| (n * 37 % 256) as u8)
            .collect::<Vec<_>>(),
    );
    assert_eq!(supervised.server.get("/bad").status, 500);
    neighbour.was_undisturbed();
}

#[test]
fn a_loader_callback_that_throws_or_never_answers() {
    let supervised = Supervised::start(&["--loader-timeout-ms", "500"]);
    let neighbour = Neighbour::of(&supervised);
    let thrown = supervised.server.get("/bad?callback=throws");
    assert_eq!(thrown.status, 500);
    assert!(
        thrown
            .text()
            .contains("RangeError: the code is not at hand"),
        "{}",
        thrown.text()
    );
    supervised
        .server
        .logged(&["ERROR", "the code is not at hand"]);
    let never = supervised.server.get("/bad?callback=never");
    assert_eq!(never.status, 500);
    let text = "The code callback for dynamic worker \"bad never\" did not answer within 0.5 s.";
    assert!(never.text().contains(text), "{}", never.text());
    supervised.server.logged(&["ERROR", text]);
    let nonsense = supervised.server.get("/bad?callback=nonsense");
    assert_eq!(nonsense.status, 500);
    assert!(
        nonsense.text().contains("TypeError: "),
        "{}",
        nonsense.text()
    );
    // nothing of that sticks
    assert_eq!(supervised.run("bad", GOOD).text(), "good 1");
    neighbour.was_undisturbed();
}

#[test]
fn loops_end_at_their_limit() {
    let supervised = Supervised::start(&["--cpu-ms", "200"]);
    let neighbour = Neighbour::of(&supervised);
    let text = "Durable Object exceeded its CPU time limit of 200 ms and was reset.";
    let bodies = [
        "for (;;);",
        "try { for (;;); } finally { for (;;); }",
        "const step = () => Promise.resolve().then(step); await step();",
        "/(a+)+$/.exec('a'.repeat(40) + 'b');",
        "[...Array(3e6).keys()].sort(() => Math.random() - 0.5); for (;;);",
        "'x'.repeat(1e6).replace(/x/g, () => 'y'.repeat(100)); for (;;);",
        "JSON.parse('1', function step() { for (;;); });",
        "new Proxy({}, { get() { for (;;); } }).x;",
        "for (const x of (function* () { for (;;) yield 1; })());",
        "for (let n = 2n; ; n = (n * n) % 1_000_007n);",
    ];
    for body in bodies {
        supervised.fails("loop", &app(body), &[text]);
    }
    supervised.fails("loop", "for (;;);", &[text]);
    supervised.fails(
        "loop",
        "export class App { constructor() { for (;;); } }",
        &[text],
    );
    // a loop of timers holds nobody up, and ends with its object
    let timers =
        app("const step = () => setTimeout(step, 0); step(); return new Response('looping');");
    assert_eq!(supervised.run("loop", &timers).text(), "looping");
    assert!(supervised.run("loop", GOOD).text().starts_with("good "));
    neighbour.was_undisturbed();
}

#[test]
fn six_loops_at_once_disturb_nobody() {
    let supervised = Supervised::start(&["--cpu-ms", "1000"]);
    let looping = app("for (;;);");
    for n in 0..6 {
        supervised.save(&format!("loop{n}"), looping.as_bytes());
    }
    let neighbour = Neighbour::of(&supervised);
    thread::scope(|scope| {
        for n in 0..6 {
            let server = &supervised.server;
            scope.spawn(move || {
                let answer = server.get(&format!("/loop{n}"));
                assert!(
                    answer
                        .text()
                        .contains("exceeded its CPU time limit of 1000 ms"),
                    "{}",
                    answer.text()
                );
            });
        }
    });
    let watched = neighbour.was_undisturbed();
    assert!(
        watched > DISTURBED,
        "six seconds of loops were over after {watched:?}"
    );
    assert_eq!(
        supervised
            .server
            .count_logged("▸ app: Error: Durable Object exceeded its CPU time limit of 1000 ms"),
        6
    );
}

#[test]
fn recursion_is_an_error_that_code_can_catch() {
    let supervised = Supervised::start(&[]);
    let neighbour = Neighbour::of(&supervised);
    let bodies = [
        "(function f() { f(); })();",
        "const o = { toString() { return String(o); } }; String(o);",
        "const o = { get x() { return this.x; } }; o.x;",
        "const p = new Proxy({}, { get: (_, key) => p[key] }); p.x;",
        "const o = { toJSON() { return JSON.stringify(o); } }; JSON.stringify(o);",
        "let a = []; for (let n = 0; n < 1e5; n++) a = [a]; JSON.stringify(a);",
        "let a = []; for (let n = 0; n < 1e5; n++) a = [a]; a.flat(Infinity);",
        "let a = []; for (let n = 0; n < 1e5; n++) a = [a]; structuredClone(a);",
        "JSON.parse('['.repeat(1e6));",
        "new RegExp('('.repeat(1e5) + ')'.repeat(1e5));",
        "class A { constructor() { new A(); } } new A();",
        "const f = () => [1].map(f); f();",
        "const f = (...rest) => f(...rest, 1); f();",
        "function f() { f.apply(null, arguments); } f();",
        "async function f() { await f(); } await f();",
        "const t = (x, ...y) => t`${x}`; t`1`;",
    ];
    for body in bodies {
        let caught = app(&format!(
            "this.calls = (this.calls ?? 0) + 1;
             try {{ {body} }} catch (error) {{ return new Response(error.name + ' ' + this.calls); }}
             return new Response('no error ' + this.calls);"
        ));
        supervised.save("deep", caught.as_bytes());
        for call in 1..=2 {
            let answer = supervised.server.get("/deep");
            let text = answer.text();
            assert_eq!(answer.status, 200, "{body}: {text}");
            // some shapes may simply be possible
            let told = [
                "RangeError",
                "SyntaxError",
                "InternalError",
                "DataCloneError",
                "no error",
            ];
            assert!(
                told.iter().any(|told| text == format!("{told} {call}")),
                "{body}: {text}"
            );
        }
    }
    let answer = supervised.fails(
        "deep",
        &app("(function f() { f(); })();"),
        &["RangeError: Maximum call stack size exceeded"],
    );
    assert_eq!(answer.status, 500);
    neighbour.was_undisturbed();
}

#[test]
fn exhausted_memory_ends_the_facet_alone() {
    let supervised = Supervised::start(&["--memory", "32"]);
    let neighbour = Neighbour::of(&supervised);
    let bodies = [
        "const all = []; for (;;) all.push({ n: all.length });",
        "let text = 'x'; for (;;) text += text + 'y';",
        "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));",
        "new Uint8Array(1 << 30);",
        "'x'.repeat(2 ** 30 - 2).split('');",
        "const map = new Map(); for (let n = 0; ; n++) map.set(n, String(n));",
        "new Array(2 ** 31).fill(7);",
    ];
    for body in bodies {
        let answer = supervised.run("greedy", &app(body));
        let text = answer.text();
        assert_eq!(answer.status, 500, "{body}: {text}");
        let told = [
            "exceeded its memory limit of 32 MiB",
            "out of memory",
            "Invalid array length",
            "invalid array buffer length",
            "string too long",
        ];
        let told = told.iter().find(|told| text.contains(**told));
        let told = told.unwrap_or_else(|| panic!("{body}: {text}"));
        supervised.server.logged(&["ERROR", told]);
        assert!(
            supervised.run("greedy", GOOD).text().starts_with("good "),
            "after {body}"
        );
    }
    // within the limit is fine
    let fine = app(
        "const all = []; for (let n = 0; n < 10; n++) all.push(new Uint8Array(1 << 20)); return new Response('fine');",
    );
    assert_eq!(supervised.run("greedy", &fine).text(), "fine");
    neighbour.was_undisturbed();
}

#[test]
fn a_flood_of_log_lines_is_cut_and_harmless() {
    let supervised = Supervised::start(&[]);
    let neighbour = Neighbour::of(&supervised);
    let flood = app(
        "for (let n = 0; n < 20_000; n++) console.log('flood', n, 'x'.repeat(100));
         return new Response('done');",
    );
    assert_eq!(supervised.run("loud", &flood).text(), "done");
    supervised.server.logged(&[
        "WARN",
        "over 1000 log lines within a second: the rest of them is dropped",
    ]);
    let nasty = app(
        r#"console.error("\x1b[2J\x1b]0;title\x07 first\r\nsecond \u202e \0 " + "y".repeat(5_000_000));
           return new Response("said");"#,
    );
    assert_eq!(supervised.run("loud", &nasty).text(), "said");
    supervised.server.logged(&["ERROR", "first"]);
    let kept = supervised.server.count_logged("flood ");
    // the flood may have spanned a few seconds
    assert!(
        (1_000..15_000).contains(&kept),
        "{kept} lines of 20,000 were kept"
    );
    let log = supervised.server.log();
    assert!(log.contains("first"), "the text itself is shown");
    let harmful = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
    assert!(
        !log.contains(harmful),
        "control characters reached the operator's terminal"
    );
    assert!(
        log.lines().all(|line| line.len() < 20_000),
        "a line of 5 MB was kept"
    );
    neighbour.was_undisturbed();
}

#[test]
fn an_endless_query_ends_at_the_cpu_limit() {
    let supervised = Supervised::start(&["--cpu-ms", "500"]);
    let neighbour = Neighbour::of(&supervised);
    let endless =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";
    let text = "Durable Object exceeded its CPU time limit of 500 ms and was reset.";
    supervised.fails(
        "query",
        &app(&format!("this.ctx.storage.sql.exec('{endless}');")),
        &[text],
    );
    // nor can it be caught, or hidden in a write, which is undone
    supervised.fails(
        "query",
        &app(&format!(
            "for (;;) try {{ this.ctx.storage.sql.exec('{endless}'); }} catch {{}}"
        )),
        &[text],
    );
    let write = app(
        "const { sql } = this.ctx.storage;
         sql.exec('CREATE TABLE big(n)');
         sql.exec('INSERT INTO big WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c');",
    );
    supervised.fails("query", &write, &[text]);
    let look = app(
        "return new Response(this.ctx.storage.sql.exec(\"SELECT count(*) AS n FROM sqlite_master WHERE name = 'big'\").one().n + ' tables')",
    );
    assert_eq!(supervised.run("query", &look).text(), "0 tables");
    neighbour.was_undisturbed();
}

#[test]
fn a_promise_that_never_resolves_holds_up_only_its_caller() {
    let supervised = Supervised::start(&[]);
    let neighbour = Neighbour::of(&supervised);
    let source = app("const path = new URL(request.url).pathname;
         if (path.endsWith('/never')) return new Promise((resolve) => { this.resolve = resolve; });
         if (path.endsWith('/resolve')) this.resolve(new Response('at last'));
         return new Response('here');");
    supervised.save("waits", source.as_bytes());
    let waiting = |supervised: &Supervised| {
        let mut client: Client = supervised.server.connect();
        client.request("GET", "", "/waits/never", None).unwrap();
        client
    };
    let mut first = waiting(&supervised);
    assert_eq!(supervised.server.get("/waits").text(), "here");
    assert_eq!(supervised.server.get("/waits/resolve").text(), "here");
    assert_eq!(first.answer().unwrap().text(), "at last");
    // new code ends the wait
    let mut second = waiting(&supervised);
    assert_eq!(supervised.server.get("/waits").text(), "here");
    supervised.save("waits", GOOD.as_bytes());
    let ended = second.answer().unwrap();
    assert_eq!(ended.status, 500);
    assert!(
        ended.text().contains("A new version was saved."),
        "{}",
        ended.text()
    );
    supervised.server.logged(&["A new version was saved."]);
    neighbour.was_undisturbed();
}

/// The only database of an object that has a facet's content, by what its file is called.
fn databases(place: &Place) -> Vec<std::path::PathBuf> {
    let folder = place.data().join("supervised/Supervisor");
    let mut found = Vec::new();
    for object in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(object.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "sqlite")
            {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_damaged_database_fails_its_own_object_alone() {
    type Damage = fn(&std::path::Path);
    let damages: &[(&str, Damage)] = &[
        ("garbage", |path| {
            fs::write(path, vec![0x5a; 20_000]).unwrap()
        }),
        ("half a page", |path| {
            let content = fs::read(path).unwrap();
            fs::write(path, &content[..content.len() / 2 - 100]).unwrap();
        }),
        ("a torn tree", |path| {
            let mut content = fs::read(path).unwrap();
            let end = content.len();
            content[4096..end].fill(0xff);
            content[120..4000].fill(0xff);
            fs::write(path, content).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let Supervised { place, server } = Supervised::start(&[]);
        let supervised = Supervised { place, server };
        assert_eq!(supervised.run("victim", GOOD).text(), "good 1");
        let Supervised { place, server } = supervised;
        server.stop();
        let facet = databases(&place)
            .into_iter()
            .find(|path| path.ends_with("facet-1.sqlite"))
            .expect("the facet's file");
        let good = fs::read(&facet).unwrap();
        damage(&facet);
        let supervised = Supervised {
            server: place.serve(),
            place,
        };
        let neighbour = Neighbour::of(&supervised);
        for _ in 0..2 {
            let answer = supervised.server.get("/victim");
            assert_eq!(answer.status, 500, "{what}: {}", answer.text());
            let told =
                answer.text().contains("SQLITE_NOTADB") || answer.text().contains("SQLITE_CORRUPT");
            assert!(told, "{what}: {}", answer.text());
            assert!(
                !answer.text().contains("facet-1"),
                "the caller learns nothing of the host's files: {}",
                answer.text()
            );
        }
        // the operator is told which file, and what to do
        let line = supervised
            .server
            .logged(&["ERROR", "facet-1.sqlite", "is damaged"]);
        assert!(
            line.contains("put back a good copy") && line.contains("no other object is affected"),
            "{line}"
        );
        neighbour.was_undisturbed();
        // the good copy put back, it goes on
        supervised.server.stop();
        fs::write(&facet, good).unwrap();
        let server = supervised.place.serve();
        assert_eq!(server.get("/victim").text(), "good 2", "{what}");
    }
}
