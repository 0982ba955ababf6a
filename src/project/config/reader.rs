//! Reading a configuration tree with the words a person needs when something in it is wrong.

use super::tree::{Entry, Node, Value};
use crate::project::diagnostic::Diagnostic;

/// A value with the path of keys that leads to it, such as `durable_objects.bindings[0].name`.
#[derive(Debug, Clone)]
pub(super) struct Field<'n> {
    pub(super) path: String,
    pub(super) node: &'n Node,
}

/// Reads one file's tree and collects the warnings.
pub(super) struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    pub(super) warnings: Vec<Diagnostic>,
}

/// What is known of a table's keys.
pub(super) struct Keys<'k> {
    /// Keys that are read.
    pub(super) read: &'k [&'k str],
    /// Keys that are right in wrangler and have no effect here yet: each gets a warning.
    pub(super) not_yet: &'k [&'k str],
    /// Keys that are right in wrangler and mean nothing when a project runs on one's own machine.
    pub(super) elsewhere: &'k [&'k str],
}

impl<'k> Keys<'k> {
    pub(super) fn only(read: &'k [&'k str]) -> Self {
        Self {
            read,
            not_yet: &[],
            elsewhere: &[],
        }
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            warnings: Vec::new(),
        }
    }

    /// An error at a value.
    pub(super) fn error(&self, field: &Field<'_>, message: impl AsRef<str>) -> Diagnostic {
        let message = format!("{}{}", path_prefix(&field.path), message.as_ref());
        Diagnostic::at(self.file, self.text, field.node.range.start, message)
    }

    /// A warning at a value.
    pub(super) fn warn(&mut self, field: &Field<'_>, message: impl AsRef<str>) {
        let warning = self.error(field, message);
        self.warnings.push(warning);
    }

    fn warn_key(&mut self, entry: &Entry, message: String) {
        let at = entry.key_range.start;
        let warning = Diagnostic::at(self.file, self.text, at, message);
        self.warnings.push(warning);
    }

    fn wrong_type(&self, field: &Field<'_>, expected: &str) -> Diagnostic {
        self.error(
            field,
            format!("expected {expected}, found {}", field.node.kind()),
        )
    }

    /// A table's entries, after a warning for each key that is unknown or given twice.
    pub(super) fn table<'n>(
        &mut self,
        field: &Field<'n>,
        keys: &Keys<'_>,
    ) -> Result<Table<'n>, Diagnostic> {
        let table = self.open_table(field)?;
        for entry in table.entries {
            let path = join(&field.path, &entry.key);
            let key = entry.key.as_str();
            if keys.not_yet.contains(&key) {
                let message =
                    format!("`{path}` is known but has no effect here yet; it is ignored");
                self.warn_key(entry, message);
            } else if !keys.read.contains(&key) && !keys.elsewhere.contains(&key) {
                let known = keys.read.iter().chain(keys.not_yet).chain(keys.elsewhere);
                let hint = match nearest(key, known.copied()) {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None => String::new(),
                };
                self.warn_key(
                    entry,
                    format!("`{path}` is not a known key; it is ignored{hint}"),
                );
            }
        }
        Ok(table)
    }

    /// A table whose keys are the user's own.
    pub(super) fn open_table<'n>(&mut self, field: &Field<'n>) -> Result<Table<'n>, Diagnostic> {
        let Value::Table(entries) = &field.node.value else {
            return Err(self.wrong_type(field, "a table"));
        };
        for (index, entry) in entries.iter().enumerate() {
            if entries[..index].iter().any(|it| it.key == entry.key) {
                let path = join(&field.path, &entry.key);
                self.warn_key(
                    entry,
                    format!("`{path}` is given twice; the last one counts"),
                );
            }
        }
        Ok(Table {
            field: field.clone(),
            entries,
        })
    }

    /// The value of a key that must be there.
    pub(super) fn required<'n>(
        &self,
        table: &Table<'n>,
        key: &str,
        example: &str,
    ) -> Result<Field<'n>, Diagnostic> {
        table.get(key).ok_or_else(|| {
            let message = format!("`{key}` is missing; add for example {example}");
            self.error(&table.field, message)
        })
    }

    pub(super) fn list<'n>(&self, field: &Field<'n>) -> Result<Vec<Field<'n>>, Diagnostic> {
        let Value::List(items) = &field.node.value else {
            return Err(self.wrong_type(field, "a list"));
        };
        let fields = items.iter().enumerate().map(|(index, node)| Field {
            path: format!("{}[{index}]", field.path),
            node,
        });
        Ok(fields.collect())
    }

    pub(super) fn string<'n>(&self, field: &Field<'n>) -> Result<&'n str, Diagnostic> {
        match &field.node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong_type(field, "a string")),
        }
    }

    pub(super) fn strings(&self, field: &Field<'_>) -> Result<Vec<String>, Diagnostic> {
        let items = self.list(field)?;
        items
            .iter()
            .map(|item| self.string(item).map(str::to_owned))
            .collect()
    }

    pub(super) fn boolean(&self, field: &Field<'_>) -> Result<bool, Diagnostic> {
        match field.node.value {
            Value::Bool(it) => Ok(it),
            _ => Err(self.wrong_type(field, "true or false")),
        }
    }

    /// A whole number from 1 up.
    pub(super) fn count(&self, field: &Field<'_>) -> Result<u32, Diagnostic> {
        let Value::Number(number) = &field.node.value else {
            return Err(self.wrong_type(field, "a whole number from 1 up"));
        };
        let whole = number
            .as_f64()
            .filter(|it| it.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(it));
        match whole {
            Some(it) => Ok(it as u32),
            None => Err(self.error(
                field,
                format!(
                    "expected a whole number from 1 to {}, found {number}",
                    u32::MAX
                ),
            )),
        }
    }

    /// A name that code can write behind a dot.
    pub(super) fn identifier(&self, field: &Field<'_>) -> Result<String, Diagnostic> {
        let name = self.string(field)?;
        if is_identifier(name) {
            return Ok(name.to_owned());
        }
        Err(self.error(
            field,
            format!(
                "`{name}` is not an identifier; use letters, digits, `_` and `$`, and no digit \
                 first"
            ),
        ))
    }
}

/// The entries of a table.
pub(super) struct Table<'n> {
    pub(super) field: Field<'n>,
    entries: &'n [Entry],
}

impl<'n> Table<'n> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Field<'n>> {
        let entry = self.entries.iter().rev().find(|it| it.key == key)?;
        Some(self.field_of(entry))
    }

    /// All keys with their values, in the order of the file.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'n str, Field<'n>)> {
        self.entries
            .iter()
            .map(|entry| (entry.key.as_str(), self.field_of(entry)))
    }

    fn field_of(&self, entry: &'n Entry) -> Field<'n> {
        Field {
            path: join(&self.field.path, &entry.key),
            node: &entry.node,
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn path_prefix(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("`{path}`: ")
    }
}

/// Whether a text is an identifier of JavaScript made of ASCII characters.
fn is_identifier(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    text.chars().all(word) && text.starts_with(|c: char| !c.is_ascii_digit())
}

/// The known word that a mistyped one is most like, if any is like it enough.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let allowed = 1 + word.chars().count() / 4;
    known
        .map(|candidate| (edits(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or exchanged to make `b` of `a`; upper and lower
/// case and `-` and `_` count as the same.
fn edits(a: &str, b: &str) -> usize {
    let plain = |c: char| {
        if c == '-' {
            '_'
        } else {
            c.to_ascii_lowercase()
        }
    };
    let b: Vec<char> = b.chars().map(plain).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().map(plain).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let exchange = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = exchange.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{edits, is_identifier, nearest};

    #[test]
    fn distance_counts_edits() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("compatibility-date", "compatibility_date"), 0);
    }

    #[test]
    fn only_a_near_word_is_meant() {
        let known = ["durable_objects", "migrations", "main"];
        let near = |word| nearest(word, known.into_iter());
        assert_eq!(near("durable_object"), Some("durable_objects"));
        assert_eq!(near("migrationz"), Some("migrations"));
        assert_eq!(near("mian"), Some("main"));
        assert_eq!(near("colour"), None);
    }

    #[test]
    fn identifiers() {
        assert!(is_identifier("MY_DO") && is_identifier("$a1") && is_identifier("_"));
        assert!(!is_identifier("") && !is_identifier("1a") && !is_identifier("a-b"));
    }
}
