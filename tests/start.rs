//! What the program says when it cannot start, or starts with a warning: the thing, the place and
//! the cure.

mod support;

use std::{
    net::TcpListener,
    process::{Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use support::{Place, program};

const WORKER: &str = "export default { fetch: () => new Response('here') };";

/// Runs the program to its end; one that goes on is stopped, and its success is none.
fn run(arguments: &[&str]) -> Output {
    let mut command = program();
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let pid = Pid::from_child(&child);
    let (ended, end) = mpsc::channel();
    let watch = thread::spawn(move || {
        if end.recv_timeout(Duration::from_secs(20)).is_err() {
            // SIGTERM would be a success
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    let output = child.wait_with_output().expect("its output");
    let _ = ended.send(());
    watch.join().expect("the watch");
    assert!(
        output.status.code().is_some(),
        "it went on: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// What a start that must fail says.
#[track_caller]
fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it started: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// What a start on one project says, which must fail.
#[track_caller]
fn refused_project(config: &str, source: &str) -> String {
    let place = Place::new();
    place.write("p/wrangler.jsonc", config);
    place.write("p/index.ts", source);
    let (projects, data) = (place.projects(), place.data());
    refusal(&[
        "serve",
        projects.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
    ])
}

#[test]
fn a_port_in_use_is_said_and_a_free_one_offered() {
    let place = Place::with("p", &[], WORKER);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (projects, data) = (place.projects(), place.data());
    let start = |listen: &str| {
        let arguments = [
            "serve",
            projects.to_str().unwrap(),
            "--listen",
            listen,
            "--data",
            data.to_str().unwrap(),
        ];
        refusal(&arguments)
    };
    let text = start(&address);
    let start_of = format!("lapidary: {address} is in use by another program.");
    assert!(text.contains(&start_of), "{text}");
    let offered = text.split("--listen ").nth(1).expect("an offer").trim();
    assert!(TcpListener::bind(offered).is_ok(), "{offered} is free");
    // addresses that are none
    assert!(start("127.0.0.1").contains("--listen"));
    assert!(start("192.0.2.1:80").contains("cannot listen on 192.0.2.1:80"));
}

#[test]
fn a_second_process_on_the_same_data_is_refused() {
    let place = Place::with("p", &[], WORKER);
    let server = place.serve();
    let (projects, data) = (place.projects(), place.data());
    let data = data.to_str().unwrap();
    let text = refusal(&[
        "serve",
        projects.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--data",
        data,
    ]);
    let expected = format!(
        "lapidary: the data folder {data} is in use by process {}: stop that process, or name another folder",
        server.pid()
    );
    assert!(text.contains(&expected), "{text}");
    assert_eq!(server.get("/").text(), "here");
    // the lock dies with its holder, however that ends
    server.kill();
    assert_eq!(place.serve().get("/").text(), "here");
}

#[test]
fn a_folder_without_a_project_is_refused() {
    let place = Place::new();
    place.write("readme.txt", "nothing here");
    let folder = place.projects();
    let text = refusal(&["serve", folder.to_str().unwrap()]);
    assert!(text.contains(folder.to_str().unwrap()), "{text}");
    assert!(
        text.contains("has a wrangler.jsonc, wrangler.json or wrangler.toml"),
        "{text}"
    );
    assert!(
        text.contains("\"compatibility_date\""),
        "it shows a minimal one: {text}"
    );
    let missing = folder.join("missing");
    assert!(refusal(&["serve", missing.to_str().unwrap()]).contains("missing is not a folder"));
    place.project("one", &[], WORKER);
    place.write(
        "two/wrangler.toml",
        "name = 'one'\nmain = 'index.js'\ncompatibility_date = 2026-08-04\n",
    );
    place.write("two/index.js", WORKER);
    let text = refusal(&["serve", folder.to_str().unwrap()]);
    assert!(text.contains("two projects are named \"one\""), "{text}");
}

#[test]
fn a_data_folder_that_cannot_be_one_is_refused() {
    let place = Place::with("p", &[], WORKER);
    place.write("file", "not a folder");
    let (projects, file) = (place.projects().join("p"), place.projects().join("file"));
    let text = refusal(&[
        "serve",
        projects.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--data",
        file.to_str().unwrap(),
    ]);
    assert!(
        text.contains("cannot create") && text.contains(file.to_str().unwrap()),
        "{text}"
    );
}

#[test]
fn wrong_configuration_and_source_stop_with_their_place() {
    let config = |more: &str| {
        format!(
            "{{\n  \"name\": \"p\",\n  \"main\": \"index.ts\",\n  \"compatibility_date\": \"2026-08-04\",\n  {more}\n}}"
        )
    };
    let good = "export default { fetch: () => new Response('') };";
    let cases = [
        (config("\"vars\": 5"), good, "wrangler.jsonc:5:11", "vars"),
        (
            config("\"durable_objects\": { \"bindings\": [{ \"name\": \"A\" }] }"),
            good,
            "wrangler.jsonc:5:",
            "class_name",
        ),
        (
            config("\"compatibility_flags\": [true]"),
            good,
            "wrangler.jsonc:5:27",
            "expected a string",
        ),
        (
            config("\"tail_consumers\": [{ \"service\": \"watcher\" }]"),
            good,
            "wrangler.jsonc:5:35",
            "no worker called \"watcher\" is served here",
        ),
        (config("\"vars\": {"), good, "wrangler.jsonc:", ""),
        (
            config("").replace("2026-08-04", "soon"),
            good,
            "wrangler.jsonc:4:25",
            "compatibility_date",
        ),
        (
            config("").replace("index.ts", "gone.ts"),
            good,
            "gone.ts",
            "",
        ),
        (config(""), "const x: number = ;", "index.ts:1:19", ""),
        (
            config(""),
            "\n\n  import y from './y'; y();",
            "index.ts:3:17",
            "./y",
        ),
    ];
    for (config, source, at, about) in &cases {
        let text = refused_project(config, source);
        assert!(text.contains(at), "{at} in {text}");
        assert!(text.contains(about), "{about} in {text}");
    }
}

#[test]
fn an_unknown_key_is_a_warning() {
    let place = Place::new();
    place.project_with(
        "p",
        &[],
        WORKER,
        json!({ "compatibility-flags": [], "surprise": 1, "vars": { "A": "x" } }),
    );
    let server = place.serve();
    server.logged(&[
        "WARN",
        "wrangler.jsonc:1:",
        "compatibility-flags",
        "did you mean `compatibility_flags`?",
    ]);
    server.logged(&["WARN", "wrangler.jsonc:1:", "surprise"]);
    assert_eq!(server.get("/").text(), "here");
}

#[test]
fn a_wrong_command_line_is_explained() {
    assert!(refusal(&["serve", "--cpu-ms", "0"]).contains("--cpu-ms"));
    assert!(refusal(&["serve", "--memory", "lots"]).contains("--memory"));
    assert!(refusal(&["serve", "--no-such-option"]).contains("--no-such-option"));
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("--listen"));
}
