//! Runs the programs of `tests/differential/programs` on this build and compares every answer,
//! byte for byte, with the one that the reference runtime gave (`recorded.json`).
//!
//! `node tests/differential/record.mjs` records anew; needed whenever a program changes.

mod differential {
    pub mod client;
    pub mod server;
}

use std::{collections::BTreeMap, fs, path::Path};

use differential::server::Server;
use serde_json::Value;
use sha2::{Digest, Sha256};

const HOW: &str = "record the reference's answers: node tests/differential/record.mjs";

/// The recorded answers of one program.
struct Recorded {
    source: String,
    answers: serde_json::Map<String, Value>,
}

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

fn recorded(folder: &Path) -> (String, BTreeMap<String, Recorded>) {
    let text = fs::read_to_string(folder.join("recorded.json"))
        .unwrap_or_else(|error| panic!("{error}; {HOW}"));
    let mut all: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("recorded.json: {error}; {HOW}"));
    let suite = all["suite"].as_str().unwrap_or_default().to_string();
    let programs = all["programs"]
        .as_object_mut()
        .map(std::mem::take)
        .unwrap_or_default();
    let programs = programs.into_iter().map(|(file, mut one)| {
        let source = one["source"].as_str().unwrap_or_default().to_string();
        let answers = one["answers"]
            .as_object_mut()
            .map(std::mem::take)
            .unwrap_or_default();
        (file, Recorded { source, answers })
    });
    (suite, programs.collect())
}

#[test]
fn agrees_with_the_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    let read = |path: &Path| {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let (suite, recorded) = recorded(&folder);
    assert_eq!(
        suite,
        hash(&read(&folder.join("suite.js"))),
        "suite.js has changed; {HOW}"
    );
    let server = Server::start(&folder);
    let mut report = Report::default();
    for file in &server.programs {
        let known = recorded
            .get(file)
            .unwrap_or_else(|| panic!("{file} is not recorded; {HOW}"));
        assert_eq!(
            known.source,
            hash(&read(&folder.join("programs").join(file))),
            "{file} has changed; {HOW}"
        );
        let cases: Value = serde_json::from_str(&server.get(file, "/"))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in cases
            .as_array()
            .unwrap_or_else(|| panic!("{file}: no list of cases"))
        {
            let name = case["name"].as_str().unwrap_or_default();
            let at = format!("{file}, {name}");
            let answer = server.answer(file, name, &case["request"]);
            match known.answers.get(name) {
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
