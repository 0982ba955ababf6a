//! Whole configurations in both formats.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{
    ClassStorage, Config, Durability, DurableClass, DurableObjectBinding, Limits,
    NEWEST_COMPATIBILITY_DATE, ServiceBinding, is_date,
};
use crate::project::diagnostic::Diagnostic;

const FULL_JSONC: &str = r#"{
  "$schema": "node_modules/wrangler/config-schema.json",
  // the worker
  "name": "chat-1",
  "main": "src/index.ts",
  "compatibility_date": "2026-01-31",
  "compatibility_flags": ["nodejs_compat"],
  "observability": { "enabled": true },
  "durable_objects": {
    "bindings": [
      { "name": "ROOMS", "class_name": "Room" },
      { "name": "OTHERS", "class_name": "Other", "script_name": "other" },
    ],
  },
  "migrations": [
    { "tag": "v1", "new_sqlite_classes": ["Hall", "Gone"], "new_classes": ["Old"] },
    { "tag": "v2", "renamed_classes": [{ "from": "Hall", "to": "Room" }], "deleted_classes": ["Gone"] },
  ],
  "worker_loaders": [{ "binding": "LOADER" }],
  "vars": { "GREETING": "hello", "DEEP": { "a": [1, true, null] } },
  "services": [{ "binding": "AUTH", "service": "auth", "entrypoint": "Auth", "props": { "k": 1 } }],
  "tail_consumers": [{ "service": "watcher" }],
  "limits": { "cpu_ms": 50, "subrequests": 10 },
  "lapidary": { "durability": "normal", "strict_compat": true },
}"#;

const FULL_TOML: &str = r#"
name = "chat-1"
main = "src/index.ts"
compatibility_date = 2026-01-31
compatibility_flags = ["nodejs_compat"]

[observability]
enabled = true

[[durable_objects.bindings]]
name = "ROOMS"
class_name = "Room"

[[durable_objects.bindings]]
name = "OTHERS"
class_name = "Other"
script_name = "other"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Hall", "Gone"]
new_classes = ["Old"]

[[migrations]]
tag = "v2"
renamed_classes = [{ from = "Hall", to = "Room" }]
deleted_classes = ["Gone"]

[[worker_loaders]]
binding = "LOADER"

[vars]
GREETING = "hello"
DEEP = { a = [1, true] }

[[tail_consumers]]
service = "watcher"

[[services]]
binding = "AUTH"
service = "auth"
entrypoint = "Auth"
props = { k = 1 }

[limits]
cpu_ms = 50
subrequests = 10

[lapidary]
durability = "normal"
strict_compat = true
"#;

/// A folder with a main module.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("src")).expect("src");
    fs::write(folder.path().join("src/index.ts"), "export default {};").expect("main");
    folder
}

fn read(file: &str, text: &str) -> Result<(Config, Vec<Diagnostic>), Diagnostic> {
    super::read(folder().path(), file, text)
}

/// Takes the mark `▸` out of a text; the answer is the text and the mark's column on a line where
/// two characters stand before the text.
fn unmark(marked: &str) -> (String, usize) {
    let (before, after) = marked.split_once('▸').expect("a mark");
    (format!("{before}{after}"), before.chars().count() + 3)
}

/// A JSONC configuration that is right but for `more`, which stands on the second line.
fn with(more: &str) -> Result<(Config, Vec<Diagnostic>), Diagnostic> {
    let text = format!(
        "{{ \"name\": \"a\", \"main\": \"src/index.ts\", \"compatibility_date\": \"2026-01-01\",\n  {more} }}"
    );
    read("w.jsonc", &text)
}

fn refuses(marked: &str, part: &str) {
    let (more, column) = unmark(marked);
    let fault = with(&more).expect_err(&more);
    assert_eq!((fault.line, fault.column), (2, column), "{fault}");
    assert!(fault.message.contains(part), "{fault}");
}

fn warns(marked: &str, part: &str) {
    let (more, column) = unmark(marked);
    let (_, warnings) = with(&more).expect(&more);
    let [warning] = warnings.as_slice() else {
        panic!("one warning expected: {warnings:?}");
    };
    assert_eq!((warning.line, warning.column), (2, column), "{warning}");
    assert!(warning.message.contains(part), "{warning}");
}

#[test]
fn everything_is_read() {
    let (config, warnings) = read("w.jsonc", FULL_JSONC).expect("valid");
    assert_eq!(warnings, []);
    assert_eq!(config.name, "chat-1");
    assert_eq!(config.compatibility_date, "2026-01-31");
    assert_eq!(config.compatibility_flags, ["nodejs_compat"]);
    let binding = |name: &str, class_name: &str, script: Option<&str>| DurableObjectBinding {
        name: name.to_owned(),
        class_name: class_name.to_owned(),
        script_name: script.map(str::to_owned),
    };
    let expected = [
        binding("ROOMS", "Room", None),
        binding("OTHERS", "Other", Some("other")),
    ];
    assert_eq!(config.durable_objects, expected);
    let class = |name: &str, storage, former: &[&str]| DurableClass {
        name: name.to_owned(),
        storage,
        former_names: former.iter().map(|it| (*it).to_owned()).collect(),
    };
    let expected = [
        class("Room", ClassStorage::Sqlite, &["Hall"]),
        class("Old", ClassStorage::KeyValue, &[]),
    ];
    assert_eq!(config.classes, expected);
    assert_eq!(config.deleted_classes, ["Gone"]);
    assert_eq!(config.migration_tag.as_deref(), Some("v2"));
    assert_eq!(config.worker_loaders[0].binding, "LOADER");
    let vars = serde_json::json!({ "GREETING": "hello", "DEEP": { "a": [1, true, null] } });
    assert_eq!(serde_json::Value::Object(config.vars), vars);
    let expected = ServiceBinding {
        binding: "AUTH".to_owned(),
        service: "auth".to_owned(),
        entrypoint: Some("Auth".to_owned()),
        props: serde_json::json!({ "k": 1 }).as_object().cloned(),
    };
    assert_eq!(config.services, [expected]);
    assert_eq!(config.tail_consumers[0].service, "watcher");
    let limits = Limits {
        cpu_ms: Some(50),
        subrequests: Some(10),
    };
    assert_eq!(config.limits, limits);
    assert_eq!(config.lapidary.durability, Durability::Normal);
    assert!(config.lapidary.strict_compat);
}

#[test]
fn toml_reads_as_jsonc() {
    let (mut from_jsonc, _) = read("w.jsonc", FULL_JSONC).expect("valid");
    let (from_toml, warnings) = read("w.toml", FULL_TOML).expect("valid");
    assert_eq!(warnings, []);
    // TOML has no null.
    from_jsonc.vars["DEEP"] = serde_json::json!({ "a": [1, true] });
    // a consumer knows its place, for the case that there is no such worker
    assert_eq!(from_jsonc.tail_consumers[0].unknown.line, 22);
    from_jsonc.tail_consumers = from_toml.tail_consumers.clone();
    assert_eq!(from_toml, from_jsonc);
}

#[test]
fn defaults() {
    let (config, warnings) = with("\"vars\": {}").expect("valid");
    assert_eq!(warnings, []);
    assert_eq!(config.lapidary.durability, Durability::Full);
    assert!(!config.lapidary.strict_compat);
    assert_eq!(config.limits, Limits::default());
    let text = "{ \"name\": \"a\", \"main\": \"./src/index.ts\" }";
    let (config, warnings) = read("w.json", text).expect("valid");
    assert_eq!(config.compatibility_date, NEWEST_COMPATIBILITY_DATE);
    assert!(
        warnings[0]
            .message
            .contains("`compatibility_date` is missing")
    );
}

#[test]
fn wrong_types_name_path_and_place() {
    let path = "`durable_objects.bindings[0].class_name`: expected a string, found a number";
    refuses(
        r#""durable_objects": { "bindings": [{ "name": "A", "class_name": ▸5 }] }"#,
        path,
    );
    refuses(r#""vars": ▸[]"#, "`vars`: expected a table, found a list");
    refuses(
        r#""compatibility_flags": ["a", ▸true]"#,
        "`compatibility_flags[1]`: expected a string",
    );
    refuses(
        r#""limits": { "cpu_ms": ▸1.5 }"#,
        "`limits.cpu_ms`: expected a whole number",
    );
    refuses(r#""limits": { "cpu_ms": ▸0 }"#, "from 1 to");
    refuses(
        r#""lapidary": { "durability": ▸"most" }"#,
        "expected \"full\" or \"normal\"",
    );
    refuses(
        r#""lapidary": { "outbound": { "allow": ▸"a.example" } }"#,
        "`lapidary.outbound.allow`: expected a list, found a string",
    );
    refuses(
        r#""lapidary": { "outbound": { "allow": [▸"https://a.example/"] } }"#,
        "`lapidary.outbound.allow[0]`: `https://a.example/` is an address of a page",
    );
    refuses(
        r#""lapidary": { "outbound": { "allow_private": ▸"yes" } }"#,
        "`lapidary.outbound.allow_private`: expected true or false, found a string",
    );
    refuses(
        r#""lapidary": { "strict_compat": ▸1 }"#,
        "expected true or false",
    );
    refuses(
        r#""services": [▸{ "binding": "A" }]"#,
        "`service` is missing",
    );
    refuses(r#""tail_consumers": [▸{}]"#, "`service` is missing");
    refuses(
        r#""worker_loaders": [{ "binding": ▸"a-b" }]"#,
        "not an identifier",
    );
    refuses(
        r#""services": [{ "binding": "A", "service": "b", "props": ▸1 }]"#,
        "expected a table",
    );
}

#[test]
fn toml_errors_have_places_too() {
    let text = "name = \"a\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2026-01-01\"\n[[durable_objects.bindings]]\nname = \"A\"\nclass_name = 5\n";
    let fault = read("w.toml", text).expect_err("a number");
    assert_eq!((fault.line, fault.column), (6, 14), "{fault}");
    assert!(
        fault
            .message
            .starts_with("`durable_objects.bindings[0].class_name`"),
        "{fault}"
    );
    let text = "name = \"a\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2026-01-01\"\n[limits]\ncpu = 5\n";
    let (_, warnings) = read("w.toml", text).expect("valid");
    assert_eq!((warnings[0].line, warnings[0].column), (5, 1));
    assert!(
        warnings[0]
            .message
            .contains("`limits.cpu` is not a known key")
    );
}

#[test]
fn names_dates_and_main_are_checked() {
    let top = |name: &str, main: &str, date: &str| {
        let text = format!(
            "{{\"name\": \"{name}\",\n\"main\": \"{main}\",\n\"compatibility_date\": \"{date}\"}}"
        );
        read("w.jsonc", &text).map(|(config, _)| config.name)
    };
    assert_eq!(
        top("a_b-1", "src/index.ts", "2024-02-29"),
        Ok("a_b-1".to_owned())
    );
    for name in ["", "A", "-a", "a b", "a.b", "ä"] {
        let fault = top(name, "src/index.ts", "2024-01-01").expect_err(name);
        assert_eq!((fault.line, fault.column), (1, 10), "{fault}");
    }
    let fault = top("a", "src/gone.ts", "2024-01-01").expect_err("no such file");
    assert_eq!((fault.line, fault.column), (2, 9), "{fault}");
    let fault = top("a", "src/index.ts", "2023-02-29").expect_err("no such day");
    assert_eq!((fault.line, fault.column), (3, 23), "{fault}");
    assert!(read("w.jsonc", "{ \"main\": \"src/index.ts\" }").is_err());
    assert!(read("w.jsonc", "{ \"name\": \"a\" }").is_err());
    assert!(read("w.jsonc", "[]").is_err());
}

#[test]
fn days_of_the_calendar() {
    assert!(is_date("2024-12-31") && is_date("2000-02-29"));
    for text in [
        "2024-13-01",
        "2024-04-31",
        "1900-02-29",
        "2024-1-1",
        "2024-01-00",
        "24-01-01",
        "2024-01-01-1",
        "2024/01/01",
        "+024-01-01",
    ] {
        assert!(!is_date(text), "{text}");
    }
}

#[test]
fn unknown_keys_are_warned_of() {
    warns(
        r#"▸"durable_object": {}"#,
        "did you mean `durable_objects`?",
    );
    warns(
        r#"▸"compatibility-flags": []"#,
        "did you mean `compatibility_flags`?",
    );
    warns(
        r#"▸"wibble": 1"#,
        "`wibble` is not a known key; it is ignored",
    );
    warns(
        r#"▸"kv_namespaces": []"#,
        "`kv_namespaces` is known but has no effect here yet",
    );
    warns(
        r#""limits": { ▸"cpu": 1 }"#,
        "`limits.cpu` is not a known key",
    );
    warns(r#""lapidary": { ▸"strict": true }"#, "`lapidary.strict`");
    warns(r#""vars": { "A": 1, ▸"A": 2 }"#, "`vars.A` is given twice");
}

#[test]
fn names_in_env_are_unique() {
    refuses(
        r#""vars": { "A": 1 }, "worker_loaders": [{ "binding": ▸"A" }]"#,
        "taken already by `vars.A`",
    );
    refuses(
        r#""worker_loaders": [{ "binding": "A" }, { "binding": ▸"A" }]"#,
        "`worker_loaders[0].binding`",
    );
}

#[test]
fn migrations_are_applied_in_order() {
    refuses(
        r#""migrations": [▸{ "new_classes": ["A"] }]"#,
        "`tag` is missing",
    );
    refuses(
        r#""migrations": [{ "tag": "v1" }, { "tag": ▸"v1" }]"#,
        "earlier migration",
    );
    refuses(
        r#""migrations": [{ "tag": "v1", "deleted_classes": [▸"A"] }]"#,
        "there is no class `A`",
    );
    refuses(
        r#""migrations": [{ "tag": "v1", "new_classes": [▸"A"], "new_sqlite_classes": ["A"] }]"#,
        "exists already",
    );
    refuses(
        r#""migrations": [{ "tag": "v1", "renamed_classes": [{ "from": ▸"A", "to": "B" }] }]"#,
        "there is no class `A`",
    );
    let (config, _) = with(
        "\"migrations\": [{ \"tag\": \"1\", \"new_sqlite_classes\": [\"A\"] }, { \"tag\": \"2\", \"deleted_classes\": [\"A\"] }, { \"tag\": \"3\", \"new_sqlite_classes\": [\"A\"] }]",
    )
    .expect("a class may come again");
    assert_eq!(config.classes.len(), 1);
    assert_eq!(config.deleted_classes, Vec::<String>::new());
}

#[test]
fn a_bound_class_needs_a_migration() {
    warns(
        r#""durable_objects": { "bindings": [{ "name": "A", "class_name": ▸"B" }] }"#,
        "no migration creates class `B`",
    );
    let own = "\"durable_objects\": { \"bindings\": [{ \"name\": \"A\", \"class_name\": \"B\", \"script_name\": \"a\" }] }, \"migrations\": [{ \"tag\": \"1\", \"new_sqlite_classes\": [\"B\"] }]";
    let (config, warnings) = with(own).expect("valid");
    assert_eq!(warnings, []);
    assert_eq!(config.durable_objects[0].script_name, None);
}

#[test]
fn the_file_is_named_in_faults() {
    let fault = super::read(
        Path::new("/nowhere"),
        "app/wrangler.jsonc",
        "{ \"name\": 1 }",
    );
    let shown = fault.expect_err("a number").to_string();
    assert_eq!(
        shown,
        "app/wrangler.jsonc:1:11: `name`: expected a string, found a number\n    { \"name\": 1 }\n              ^"
    );
}
