//! The figures as a table for people and as JSON for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::contest::{Row, Tally, percentile};
use crate::options::Options;
use crate::server::Side;
use crate::workerd;

/// What both sides promise when they answer. The facts about workerd were seen with a system call tracer.
fn durability() -> String {
    format!(
        "Durability: workerd {} syncs its write-ahead log once for every commit before it answers (one fsync for each \
         counted request; 11, and 2 of data only, for a new object with one facet and one table). lapidary runs with \
         `full`, which syncs before the answer as well, so both promise the same.",
        workerd::VERSION
    )
}

/// A table with the median of the rounds and, in brackets, the least and the most.
pub fn markdown(machine: &str, sides: &[Side], options: &Options, tally: &Tally) -> String {
    let mut text = format!("{machine}  \n");
    let versions: Vec<String> = sides
        .iter()
        .map(|side| format!("{}: {}", side.name, side.version))
        .collect();
    text += &format!(
        "{}; {} rounds in turns; loopback\n\n",
        versions.join("; "),
        options.rounds
    );
    text += "| |";
    let mut rule = String::from("\n|---|");
    for side in sides {
        text += &format!(" {} |", side.name);
        rule += "---:|";
    }
    if sides.len() == 2 {
        text += &format!(" {} is ahead |", sides[0].name);
        rule += "---:|";
    }
    text += &rule;
    for (row, figures) in tally.rows() {
        text += &format!("\n| {} |", row.title);
        for rounds in figures {
            text += &format!(" {} |", cell(row, rounds));
        }
        if let Some(ratio) = ratio(row, figures) {
            text += &format!(" {ratio:.2} × |");
        }
    }
    match (sides.len(), options.self_check) {
        (2, true) => text + "\n\nThe same on both sides: what differs is noise.",
        (2, false) => text + "\n\nBelow 1 × it is behind. " + &durability(),
        _ => text,
    }
}

/// Every single figure.
pub fn json(machine: &str, sides: &[Side], options: &Options, tally: &Tally) -> String {
    let rows: Vec<Value> = tally
        .rows()
        .iter()
        .map(|(row, figures)| {
            let by_side: Value = sides
                .iter()
                .zip(figures)
                .map(|(side, rounds)| (side.name.to_string(), json!(rounds)))
                .collect();
            json!({
                "row": row.title,
                "unit": row.unit,
                "lower_is_better": row.lower_is_better,
                "rounds": by_side,
                "ahead": ratio(row, figures),
            })
        })
        .collect();
    let versions: Value = sides
        .iter()
        .map(|side| (side.name.to_string(), json!(side.version)))
        .collect();
    let all = json!({
        "machine": machine,
        "versions": versions,
        "rounds": options.rounds,
        "rows": rows,
    });
    format!("{all:#}\n")
}

fn cell(row: &Row, rounds: &[f64]) -> String {
    if rounds.is_empty() {
        return "–".into();
    }
    let mut rounds = rounds.to_vec();
    let [low, middle, high] = [0.0, 0.5, 1.0].map(|part| percentile(&mut rounds, part));
    let mut text = format!("**{}** {}", number(middle), row.unit);
    if rounds.len() > 1 {
        // Writing to a string cannot fail.
        let _ = write!(text, " ({}–{})", number(low), number(high));
    }
    text
}

/// How many times better the first of two sides is: the median over the rounds, in each of which the two ran one right
/// after the other, so that what else goes on in the machine weighs on both. None for one side, or
/// when only one could be measured.
fn ratio(row: &Row, figures: &[Vec<f64>]) -> Option<f64> {
    let [judged, reference] = figures else {
        return None;
    };
    let rounds = judged.iter().zip(reference);
    let mut ratios: Vec<f64> = rounds
        .map(|(judged, reference)| match row.lower_is_better {
            true => reference / judged,
            false => judged / reference,
        })
        .collect();
    (!ratios.is_empty()).then(|| percentile(&mut ratios, 0.5))
}

/// Three digits that matter.
fn number(figure: f64) -> String {
    let decimals = match figure.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{figure:.decimals$}")
}
