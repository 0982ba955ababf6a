//! The list that `:` and Ctrl-P open: every verb and every node, found by a few letters.

use tui_textarea::TextArea;

use super::{
    commands::{self, Command},
    model::Model,
    text, view,
};
use crate::control::view::NodeId;

/// Most entries shown.
const ENTRIES: usize = 50;

/// What an entry leads to.
#[derive(Clone)]
pub enum Goal {
    Command(&'static Command),
    Node(NodeId),
}

/// One line of the list.
#[derive(Clone)]
pub struct Entry {
    pub goal: Goal,
    pub title: String,
    /// What it does or where it stands.
    pub about: String,
    /// Why it cannot be chosen now.
    pub why_not: Option<&'static str>,
}

/// The list and what is typed.
pub struct Palette {
    pub input: TextArea<'static>,
    /// Whether commands are offered besides nodes.
    pub with_commands: bool,
    pub entries: Vec<Entry>,
    pub cursor: usize,
}

impl Palette {
    /// An open palette for the state that the model is in.
    pub fn open(model: &Model, with_commands: bool) -> Self {
        let mut palette = Self {
            input: TextArea::default(),
            with_commands,
            entries: Vec::new(),
            cursor: 0,
        };
        palette.refresh(model);
        palette
    }

    /// What is typed.
    pub fn query(&self) -> &str {
        self.input.lines().first().map_or("", String::as_str)
    }

    /// Finds the entries anew: after typing, or when the tree changed.
    pub fn refresh(&mut self, model: &Model) {
        let query = self.query().to_lowercase();
        let mut found: Vec<(i32, Entry)> = Vec::new();
        if self.with_commands {
            found.extend(commands_matching(model, &query));
        }
        // All nodes would only bury the commands before anything is typed.
        if !(self.with_commands && query.is_empty()) {
            found.extend(nodes_matching(model, &query));
        }
        found.sort_by_key(|(score, entry)| (entry.why_not.is_some(), -score));
        found.truncate(ENTRIES);
        self.entries = found.into_iter().map(|(_, entry)| entry).collect();
        self.cursor = self.cursor.min(self.entries.len().saturating_sub(1));
    }
}

fn commands_matching<'a>(
    model: &'a Model,
    query: &'a str,
) -> impl Iterator<Item = (i32, Entry)> + 'a {
    commands::named(model).filter_map(move |command| {
        let score = score(command.title, query).or_else(|| {
            // A word of its explanation finds it too, after all that match by name.
            (query.len() > 2 && text::holds(command.doc, query)).then_some(0)
        })?;
        Some((
            score + 1,
            Entry {
                goal: Goal::Command(command),
                title: command.title.to_owned(),
                about: command.doc.to_owned(),
                why_not: (command.applies)(model).err(),
            },
        ))
    })
}

fn nodes_matching<'a>(model: &'a Model, query: &'a str) -> impl Iterator<Item = (i32, Entry)> + 'a {
    let mut best: Vec<(i32, usize)> = model
        .tree
        .rows()
        .iter()
        .enumerate()
        .filter_map(|(i, row)| Some((score(&row.label, query)?, i)))
        .collect();
    if best.len() > ENTRIES {
        best.select_nth_unstable_by_key(ENTRIES, |(score, i)| (-score, *i));
        best.truncate(ENTRIES);
    }
    best.into_iter().map(move |(score, i)| {
        let row = &model.tree.rows()[i];
        let path = model.tree.path_to(i);
        let above: Vec<&str> = path[..path.len() - 1]
            .iter()
            .map(|row| &*row.label)
            .collect();
        let kind = view::kind_word(row.kind);
        let about = if above.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind} in {}", above.join(" ▸ "))
        };
        (
            score,
            Entry {
                goal: Goal::Node(row.id.clone()),
                title: row.label.to_string(),
                about,
                why_not: None,
            },
        )
    })
}

/// How well the letters of `query` (lower case) appear in `text`, in order: more for letters
/// that follow each other or begin a word, less for long texts. `None` when one is missing.
fn score(text: &str, query: &str) -> Option<i32> {
    let mut wanted = query.chars().filter(|c| *c != ' ').peekable();
    let mut total = 0;
    let mut run = 0;
    let mut word_start = true;
    let mut length = 0;
    for c in text.chars() {
        length += 1;
        let same = wanted
            .peek()
            .is_some_and(|&w| w == c || c.to_lowercase().eq([w]));
        if same {
            wanted.next();
            run += 1;
            total += 5 * run + if word_start { 6 } else { 0 };
        } else {
            run = 0;
        }
        word_start = !c.is_alphanumeric();
    }
    wanted.peek().is_none().then_some(total * 4 - length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_match() {
        assert!(score("Reload code", "rc").is_some());
        assert!(score("Reload code", "cr").is_none());
        assert!(score("Éclair", "éc").is_some());
        assert!(score("anything", "").is_some());
    }

    #[test]
    fn whole_words_come_before_scattered_letters() {
        assert!(score("kill", "kill") > score("keep it less loud", "kill"));
        assert!(score("my-app", "app") > score("map-pool", "app"));
        assert!(score("app", "app") > score("apparatus", "app"));
    }
}
