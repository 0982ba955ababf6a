//! A configuration file as a tree that knows where everything stands, for JSON with comments and
//! for TOML alike.

use std::ops::Range;
use std::str::FromStr;

use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Number;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::project::diagnostic::Diagnostic;

/// A value and the bytes where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) range: Range<usize>,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    /// Dates of TOML are text too.
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Table(Vec<Entry>),
}

/// A key of a table with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_range: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    /// What a person calls this kind of value.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The value without its places. Of a key given twice the last counts.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(it) => (*it).into(),
            Value::Number(it) => serde_json::Value::Number(it.clone()),
            Value::Text(it) => it.as_str().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// Reads JSON with comments and trailing commas.
pub(super) fn read_jsonc(file: &str, text: &str) -> Result<Node, Diagnostic> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        Diagnostic::at(file, text, error.range().start, error.kind().to_string())
    })?;
    match parsed.value {
        Some(value) => from_jsonc(file, text, value),
        None => Err(Diagnostic::whole_file(
            file,
            "the file is empty; it needs at least `{ \"name\": …, \"main\": … }`",
        )),
    }
}

fn from_jsonc(file: &str, text: &str, value: ast::Value<'_>) -> Result<Node, Diagnostic> {
    let (range, value) = match value {
        ast::Value::NullKeyword(it) => (it.range, Value::Null),
        ast::Value::BooleanLit(it) => (it.range, Value::Bool(it.value)),
        ast::Value::StringLit(it) => (it.range, Value::Text(it.value.into_owned())),
        ast::Value::NumberLit(it) => {
            let number = Number::from_str(it.value).map_err(|_| {
                Diagnostic::at(file, text, it.range.start, "this number is out of range")
            })?;
            (it.range, Value::Number(number))
        }
        ast::Value::Array(it) => {
            let items = it.elements.into_iter();
            let items = items.map(|item| from_jsonc(file, text, item));
            (it.range, Value::List(items.collect::<Result<_, _>>()?))
        }
        ast::Value::Object(it) => {
            let mut entries = Vec::with_capacity(it.properties.len());
            for property in it.properties {
                let start = property.range.start;
                let key_range = match &property.name {
                    ast::ObjectPropName::String(name) => name.range.start..name.range.end,
                    ast::ObjectPropName::Word(name) => start..start + name.value.len(),
                };
                entries.push(Entry {
                    key: property.name.into_string(),
                    key_range,
                    node: from_jsonc(file, text, property.value)?,
                });
            }
            (it.range, Value::Table(entries))
        }
    };
    Ok(Node {
        range: range.start..range.end,
        value,
    })
}

/// Reads TOML.
pub(super) fn read_toml(file: &str, text: &str) -> Result<Node, Diagnostic> {
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Diagnostic::at(file, text, offset, error.message().trim_end())
    })?;
    let range = table.span();
    from_table(file, text, table.into_inner(), range)
}

fn from_table(
    file: &str,
    text: &str,
    table: DeTable<'_>,
    range: Range<usize>,
) -> Result<Node, Diagnostic> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        entries.push(Entry {
            key_range: key.span(),
            key: key.into_inner().into_owned(),
            node: from_toml(file, text, value)?,
        });
    }
    entries.sort_by_key(|entry| entry.key_range.start);
    Ok(Node {
        range,
        value: Value::Table(entries),
    })
}

fn from_toml(file: &str, text: &str, value: Spanned<DeValue<'_>>) -> Result<Node, Diagnostic> {
    let range = value.span();
    let out_of_range = || {
        Diagnostic::at(
            file,
            text,
            value.span().start,
            "this number is out of range",
        )
    };
    let value = match value.get_ref() {
        DeValue::Boolean(it) => Value::Bool(*it),
        DeValue::String(it) => Value::Text(it.to_string()),
        DeValue::Datetime(it) => Value::Text(it.to_string()),
        DeValue::Integer(it) => {
            let integer = i64::from_str_radix(it.as_str(), it.radix()).map_err(|_| out_of_range());
            Value::Number(integer?.into())
        }
        DeValue::Float(it) => {
            let float = it.as_str().parse().ok().and_then(Number::from_f64);
            Value::Number(float.ok_or_else(out_of_range)?)
        }
        DeValue::Array(items) => {
            let items = items.iter().cloned();
            let items = items.map(|item| from_toml(file, text, item));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => return from_table(file, text, table.clone(), range),
    };
    Ok(Node { range, value })
}

#[cfg(test)]
mod tests {
    use super::{read_jsonc, read_toml};

    #[test]
    fn both_formats_make_the_same_values() {
        let jsonc = r#"{
            // a comment
            "name": "a", "list": [1, -2.5, true,], "deep": { "date": "2024-01-02" },
        }"#;
        let toml = "name = \"a\"\nlist = [1, -2.5, true]\n[deep]\ndate = 2024-01-02\n";
        let jsonc = read_jsonc("a.jsonc", jsonc).map(|node| node.to_json());
        let toml = read_toml("a.toml", toml).map(|node| node.to_json());
        assert_eq!(jsonc, toml);
        assert!(jsonc.is_ok());
    }

    #[test]
    fn syntax_errors_have_places() {
        let fault = read_jsonc("w.jsonc", "{\n  \"a\": 1\n  \"b\": 2\n}").map_err(|it| it.line);
        assert_eq!(fault, Err(2));
        let fault = read_toml("w.toml", "a = 1\nb = = 2\n").map_err(|it| (it.line, it.column));
        assert_eq!(fault, Err((2, 5)));
        assert!(read_jsonc("w.jsonc", "").is_err());
        assert!(read_toml("w.toml", "a = 99999999999999999999").is_err());
    }
}
