//! Runs the programs of `tests/differential/programs` on this build and compares every answer,
//! byte for byte, with the one that the reference runtime gave (`recorded/PROGRAM.json`).
//!
//! `node tests/differential/record.mjs` records anew; needed whenever a program changes.

mod differential {
    pub mod client;
    pub mod server;
}

use std::{fs, path::Path};

use differential::server::Server;
use serde_json::Value;
use sha2::{Digest, Sha256};

const HOW: &str = "record the reference's answers: node tests/differential/record.mjs";

/// What disagrees, for the report.
#[derive(Default)]
struct Report {
    agree: usize,
    on_purpose: usize,
    wrong: Vec<String>,
}

impl Report {
    fn check(&mut self, at: &str, case: &Value, recorded: &Value, answer: &str) {
        let expected = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        // as text: the order of members counts too
        let answered = compact(answer);
        let same = |value: &Value| {
            let expected = value.to_string();
            expected == answered
        };
        let note = &case["differs"];
        if note.is_null() {
            if same(recorded) {
                self.agree += 1;
            } else {
                self.wrong.push(format!(
                    "{at}\n  reference: {}\n  here:      {}",
                    recorded,
                    compact(answer)
                ));
            }
            return;
        }
        if *recorded == note["answer"] {
            self.wrong.push(format!(
                "{at}: said to differ on purpose, but the expected answer is the reference's"
            ));
        } else if same(&note["answer"]) {
            self.on_purpose += 1;
        } else {
            let reason = note["reason"].as_str().unwrap_or_default();
            let (want, got) = (expected(&note["answer"]), compact(answer));
            self.wrong.push(format!(
                "{at}\n  on purpose ({reason}): {want}\n  here: {got}"
            ));
        }
    }
}

/// The same JSON without white space; anything else as it is.
fn compact(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_string(), |value| value.to_string())
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What the reference answered to program `file`, by case; checked to be of this very program.
fn recorded(folder: &Path, file: &str) -> serde_json::Map<String, Value> {
    let text = read(&folder.join("recorded").join(format!("{file}on")));
    let mut all: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}on: {error}; {HOW}"));
    let source = hash(&read(&folder.join("programs").join(file)));
    assert_eq!(all["source"], source, "{file} has changed; {HOW}");
    let suite = hash(&read(&folder.join("suite.js")));
    assert_eq!(all["suite"], suite, "suite.js has changed; {HOW}");
    all["answers"]
        .as_object_mut()
        .map(std::mem::take)
        .unwrap_or_default()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}; {HOW}", path.display()))
}

#[test]
fn agrees_with_the_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    let server = Server::start(&folder);
    let mut report = Report::default();
    for file in &server.programs {
        let known = recorded(&folder, file);
        let cases: Value = serde_json::from_str(&server.get(file, "/"))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in cases
            .as_array()
            .unwrap_or_else(|| panic!("{file}: no list of cases"))
        {
            let name = case["name"].as_str().unwrap_or_default();
            let at = format!("{file}, {name}");
            let answer = server.answer(file, name, &case["request"]);
            match known.get(name) {
                Some(answer_there) => report.check(&at, case, answer_there, &answer),
                None => report.wrong.push(format!("{at}: not recorded; {HOW}")),
            }
        }
    }
    let Report {
        agree,
        on_purpose,
        wrong,
    } = report;
    println!(
        "{agree} cases agree, {on_purpose} differ on purpose, {} are wrong",
        wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n\n{}",
        wrong.len(),
        agree + on_purpose + wrong.len(),
        wrong.join("\n\n")
    );
    assert!(agree > 0, "no case was run");
}
