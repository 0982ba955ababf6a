//! Answers as tables for people, or as JSON for programs.

use std::{fmt::Write as _, io::Write as _};

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::CommandError;
use crate::control::view::{harmless, percent};

/// A column is never wider, but for the last.
const MAX_WIDTH: usize = 90;

/// Prints an answer; `raw` for text of many lines.
pub(super) fn print(answer: &Value, json: bool, raw: bool) -> Result<(), CommandError> {
    let text = match answer {
        _ if json => format!("{answer:#}\n"),
        Value::String(text) if raw && text.is_empty() => "they are the same\n".into(),
        Value::String(text) if raw => clean(text),
        Value::String(text) => format!("{text}\n"),
        Value::Array(rows) => table(rows),
        Value::Object(fields) => {
            let mut text = String::new();
            describe(fields, 0, &mut text);
            text
        }
        other => format!("{other}\n"),
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // whoever reads may go away before the end
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(CommandError::Output),
    }
}

/// Text of many lines without anything that a terminal would obey.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for line in text.lines() {
        clean.push_str(&harmless(&line.replace('\t', "    "), usize::MAX));
        clean.push('\n');
    }
    clean
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => harmless(text, 4096),
        other => other.to_string(),
    }
}

/// The path of a node as a person writes it, with the object's name instead of its id.
fn by_name(row: &Value) -> Option<String> {
    let node = row.get("node")?.as_str()?;
    let label = row.get("name")?.as_str()?;
    let worker = node.split('/').next()?;
    let names: Vec<String> = label.split(" ▸ ").map(percent).collect();
    // a name may hold what stands between names
    (names.len() + 1 == node.split('/').count()).then(|| format!("{worker}/{}", names.join("/")))
}

/// Rows that all have the fields of the first one. Objects go by their names.
fn table(rows: &[Value]) -> String {
    let mut named = rows.to_vec();
    for row in &mut named {
        if let Some(path) = by_name(row)
            && let Value::Object(fields) = row
        {
            fields.insert("node".into(), path.into());
        }
        if let Value::Object(fields) = row
            && fields.contains_key("node")
        {
            fields.shift_remove("name");
        }
    }
    let rows = named.as_slice();
    let Some(Value::Object(first)) = rows.first() else {
        return match rows.is_empty() {
            true => "none\n".into(),
            false => rows.iter().map(|row| cell(row) + "\n").collect(),
        };
    };
    let names: Vec<&String> = first.keys().collect();
    let mut lines = vec![
        names
            .iter()
            .map(|name| name.to_uppercase())
            .collect::<Vec<_>>(),
    ];
    for row in rows {
        let value = |name: &&String| row.get(name.as_str()).map_or_else(String::new, cell);
        lines.push(names.iter().map(value).collect());
    }
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].width());
        widths.max().unwrap_or_default().min(MAX_WIDTH)
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let pad = width.saturating_sub(cell.width());
            // writing to a String cannot fail
            let _ = write!(row, "{cell}{:pad$}  ", "");
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn describe(fields: &Map<String, Value>, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let width = fields
        .keys()
        .map(|name| name.width())
        .max()
        .unwrap_or_default();
    for (name, value) in fields {
        match value {
            Value::Object(inner) => {
                text.push_str(&format!("{indent}{name}\n"));
                describe(inner, depth + 1, text);
            }
            Value::Array(items) => {
                for item in items {
                    match item {
                        Value::Object(inner) => {
                            text.push_str(&format!("{indent}{name}\n"));
                            describe(inner, depth + 1, text);
                        }
                        other => text.push_str(&format!("{indent}{name}  {}\n", cell(other))),
                    }
                }
            }
            Value::String(source) if source.contains('\n') => {
                text.push_str(&format!("{indent}{name}\n"));
                for line in clean(source).lines() {
                    text.push_str(&format!("{indent}  {line}\n"));
                }
            }
            other => {
                let pad = width - name.width();
                text.push_str(&format!("{indent}{name}{:pad$}  {}\n", "", cell(other)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_become_a_table_without_control_characters() {
        let rows = [
            json!({"node": "a", "n": 1, "why": null}),
            json!({"node": "long\u{1b}[31m", "n": 22, "why": "x"}),
        ];
        let text = table(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("NODE"), "{text}");
        assert!(lines[1].starts_with("a "), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        let column = lines[0].find(" N ").unwrap();
        assert_eq!(&lines[1][column + 1..column + 2], "1");
        assert_eq!(table(&[]), "none\n");
    }

    #[test]
    fn an_object_goes_by_its_name() {
        let id = "0".repeat(64);
        let rows = [
            json!({"node": format!("w/C/{id}/app"), "name": "C ▸ a b ▸ app", "n": 1}),
            json!({"node": format!("w/C/{id}"), "name": "C ▸ odd ▸ name", "n": 1}),
        ];
        let text = table(&rows);
        assert!(text.contains("w/C/a%20b/app"), "{text}");
        assert!(text.contains(&format!("w/C/{id} ")), "{text}");
        assert!(!text.contains("NAME"), "{text}");
    }

    #[test]
    fn fields_are_aligned_and_inner_ones_indented() {
        let mut text = String::new();
        let value = json!({"a": 1, "long": {"b": "x\ny"}});
        describe(value.as_object().unwrap(), 0, &mut text);
        assert_eq!(text, "a     1\nlong\n  b\n    x\n    y\n");
    }
}
