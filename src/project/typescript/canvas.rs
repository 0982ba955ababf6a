//! The source text as a sheet on which erasing leaves blanks, so that what stays does not move.

use std::collections::BTreeMap;

use oxc_parser::{Kind, Token};
use oxc_span::Span;

/// A source text, its tokens and what has been erased from it, written over it or put between.
pub(super) struct Canvas<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    /// One flag per byte.
    erased: Vec<bool>,
    /// Characters that stand where an erased one stood, by byte offset.
    written: BTreeMap<usize, char>,
    /// Text put in before a byte offset. It makes its line longer.
    inserted: BTreeMap<usize, String>,
}

impl<'s> Canvas<'s> {
    pub(super) fn new(source: &'s str, tokens: Vec<Token>) -> Self {
        Self {
            source,
            tokens,
            erased: vec![false; source.len()],
            written: BTreeMap::new(),
            inserted: BTreeMap::new(),
        }
    }

    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    /// Erases bytes `start..end`. Line ends inside it stay.
    pub(super) fn erase(&mut self, start: u32, end: u32) {
        let end = (end as usize).min(self.erased.len());
        if let Some(bytes) = self.erased.get_mut(start as usize..end) {
            bytes.fill(true);
        }
    }

    pub(super) fn erase_span(&mut self, span: Span) {
        self.erase(span.start, span.end);
    }

    /// Lets `c` stand at byte `at`, in place of the character there, which is erased.
    pub(super) fn write(&mut self, at: u32, c: char) {
        let at = at as usize;
        let width = self.source[at..].chars().next().map_or(0, char::len_utf8);
        self.erase(at as u32, (at + width) as u32);
        self.written.insert(at, c);
    }

    /// Puts `text` in before byte `at`, after what was put there earlier.
    pub(super) fn insert(&mut self, at: u32, text: &str) {
        self.inserted.entry(at as usize).or_default().push_str(text);
    }

    /// Puts `text` in before byte `at`, before what was put there earlier.
    pub(super) fn insert_first(&mut self, at: u32, text: &str) {
        self.inserted
            .entry(at as usize)
            .or_default()
            .insert_str(0, text);
    }

    /// The start of the last character before byte `end`.
    pub(super) fn char_before(&self, end: u32) -> u32 {
        let before = &self.source[..end as usize];
        before.char_indices().next_back().map_or(0, |(at, _)| at) as u32
    }

    /// Whether a line ends between bytes `start` and `end`.
    pub(super) fn spans_lines(&self, start: u32, end: u32) -> bool {
        self.source
            .get(start as usize..end as usize)
            .is_some_and(|text| text.contains(is_line_end))
    }

    fn index_from(&self, at: u32) -> usize {
        self.tokens.partition_point(|token| token.start() < at)
    }

    /// The first token that starts at or after byte `at`.
    pub(super) fn token_from(&self, at: u32) -> Option<Token> {
        self.tokens.get(self.index_from(at)).copied()
    }

    /// The last token that starts before byte `at`.
    pub(super) fn token_before(&self, at: u32) -> Option<Token> {
        let index = self.index_from(at).checked_sub(1)?;
        self.tokens.get(index).copied()
    }

    /// The tokens that start in bytes `start..end`.
    pub(super) fn tokens_in(&self, start: u32, end: u32) -> Vec<Token> {
        let from = self.index_from(start);
        let until = self.index_from(end).max(from);
        self.tokens[from..until].to_vec()
    }

    /// The last byte of erasing a list's element: behind the comma that follows it, or its end.
    pub(super) fn end_with_comma(&self, end: u32) -> u32 {
        match self.token_from(end) {
            Some(token) if token.kind() == Kind::Comma => token.end(),
            _ => end,
        }
    }

    /// Nothing of this token is left.
    fn is_gone(&self, token: Token) -> bool {
        let (start, end) = (token.start() as usize, token.end() as usize);
        self.erased.get(start) == Some(&true)
            && self.written.range(start..end).next().is_none()
            && self.inserted.range(start..=end).next().is_none()
    }

    /// The first character that is left of a token.
    fn first_char(&self, token: Token) -> Option<char> {
        let start = token.start() as usize;
        let inserted = self
            .inserted
            .get(&start)
            .and_then(|text| text.chars().next());
        inserted
            .or_else(|| self.written.get(&start).copied())
            .or_else(|| self.source[start..].chars().next())
    }

    /// Keeps the statement or class member that starts at byte `start` apart from what is left
    /// before it: where something was erased between the two, and the first token left would be
    /// read as a continuation, a semicolon takes the place of the first erased character.
    pub(super) fn keep_apart(&mut self, start: u32) {
        let from = self.index_from(start);
        let first = (from..self.tokens.len()).find(|&i| !self.is_gone(self.tokens[i]));
        let Some(first) = first else { return };
        if !self.could_continue(self.tokens[first]) {
            return;
        }
        let gone = (0..first)
            .rev()
            .take_while(|&i| self.is_gone(self.tokens[i]))
            .count();
        let Some(before) = (first - gone).checked_sub(1) else {
            return;
        };
        let before = self.tokens[before];
        let settled = matches!(before.kind(), Kind::Semicolon | Kind::LCurly)
            || self.written.get(&(before.start() as usize)) == Some(&';');
        if gone > 0 && !settled {
            self.write(self.tokens[first - gone].start(), ';');
        }
    }

    /// Whether a token that starts a statement or a member could be read as going on with the
    /// expression before it.
    fn could_continue(&self, token: Token) -> bool {
        matches!(token.kind(), Kind::In | Kind::Instanceof)
            || matches!(
                self.first_char(token),
                Some('(' | '[' | '`' | '+' | '-' | '*' | '/')
            )
    }

    /// The text with blanks where something was erased. Inserted text uses up erased characters
    /// behind it on its line, so that the rest of the line moves as little as possible.
    pub(super) fn finish(self) -> String {
        let mut out = String::with_capacity(self.source.len() + 64);
        let mut too_long = 0_usize;
        for (at, c) in self.source.char_indices() {
            if let Some(text) = self.inserted.get(&at) {
                out.push_str(text);
                too_long += text.chars().count();
            }
            if c == '\n' {
                too_long = 0;
            }
            if let Some(&written) = self.written.get(&at) {
                out.push(written);
            } else if !self.erased[at] || is_line_end(c) {
                out.push(c);
            } else if too_long > 0 && out.ends_with([' ', ';', '{']) {
                too_long -= 1;
            } else {
                out.push(' ');
            }
        }
        if let Some(text) = self.inserted.get(&self.source.len()) {
            out.push_str(text);
        }
        out
    }
}

/// The four characters that end a line in ECMAScript.
fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}
