//! `UPDATE … LIMIT` and `DELETE … LIMIT`, which the reference's SQLite knows.
//!
//! SQLite can be built with them only from its grammar, not from the single file that is
//! published for building. It turns them into `… WHERE rowid IN (SELECT rowid FROM … LIMIT …)`
//! itself, so this does the same with the text. Not known: `UPDATE … FROM … LIMIT`, and views.

use std::ops::Range;

/// A statement with ORDER BY or LIMIT that SQLite did not understand, in its parts. All ranges
/// are bytes of the text; an absent part is empty.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Limited {
    /// `UPDATE` or `DELETE`.
    pub verb: &'static str,
    /// Up to the table's name: EXPLAIN, WITH, the verb.
    head: Range<usize>,
    /// The table's name without its schema, as written.
    name: Range<usize>,
    /// The whole table: schema, name, alias.
    table: Range<usize>,
    indexed: Range<usize>,
    is_indexed_by: bool,
    set: Range<usize>,
    condition: Range<usize>,
    returning: Range<usize>,
    order: Range<usize>,
    limit: Range<usize>,
    /// The first word that has no place in it.
    stray: Range<usize>,
    /// Each parameter, and the number that SQLite gives it.
    parameters: Vec<(Range<usize>, usize)>,
    /// Bytes of the text that the statement takes, its semicolon included.
    pub used: usize,
}

/// A text that SQLite understands, and where its pieces come from.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub sql: Vec<u8>,
    /// Place here, place in the original, length.
    pieces: Vec<(usize, usize, usize)>,
}

impl Rewritten {
    /// The place in the original of a place here.
    pub fn original(&self, at: usize) -> usize {
        let piece = self.pieces.iter().rev().find(|piece| piece.0 <= at);
        piece.map_or(at, |(here, there, length)| there + (at - here).min(*length))
    }

    fn words(&mut self, text: &str) {
        self.sql.extend_from_slice(text.as_bytes());
    }

    /// A part of the original, with a blank behind it and every parameter by its number.
    fn part(&mut self, original: &[u8], part: &Range<usize>, parameters: &[(Range<usize>, usize)]) {
        let mut from = part.start;
        for (place, number) in parameters {
            if place.start >= from && place.end <= part.end {
                self.piece(original, from..place.start);
                self.pieces.push((self.sql.len(), place.start, 0));
                self.words(&format!("?{number}"));
                from = place.end;
            }
        }
        self.piece(original, from..part.end);
        self.words(" ");
    }

    fn piece(&mut self, original: &[u8], range: Range<usize>) {
        self.pieces.push((self.sql.len(), range.start, range.len()));
        self.sql.extend_from_slice(&original[range]);
    }
}

impl Limited {
    /// Reads the first statement of `sql`; `None` unless it is such a one.
    pub fn read(sql: &[u8]) -> Option<Limited> {
        let tokens = Tokens { sql, at: 0 };
        let (mut all, mut used) = (Vec::with_capacity(32), sql.len());
        let mut depth = 0usize;
        for token in tokens {
            match (token.kind, depth) {
                (Kind::Punctuation(b';'), 0) => {
                    used = token.range.end;
                    break;
                }
                (Kind::Punctuation(b')'), _) => depth = depth.saturating_sub(1),
                _ => {}
            }
            let opens = token.kind == Kind::Punctuation(b'(');
            all.push((depth, token));
            depth += usize::from(opens);
        }
        let parser = Parser {
            sql,
            tokens: &all,
            at: 0,
        };
        let mut limited = parser.statement()?;
        limited.used = used;
        limited.parameters = number_parameters(sql, &all);
        Some(limited)
    }

    /// What is wrong with it before SQLite looks at it, and where; negative for no place.
    pub fn fault(&self, sql: &[u8]) -> Option<(String, i32)> {
        let near = |range: &Range<usize>| {
            let word = String::from_utf8_lossy(&sql[range.clone()]);
            let at = i32::try_from(range.start).unwrap_or(-1);
            Some((format!("near \"{word}\": syntax error"), at))
        };
        if !self.stray.is_empty() {
            return near(&self.stray);
        }
        if self.limit.is_empty() {
            return Some((format!("ORDER BY without LIMIT on {}", self.verb), -1));
        }
        match self.limit.len() {
            5 if sql[..self.used].ends_with(b";") => near(&(self.used - 1..self.used)),
            5 => Some(("incomplete input".into(), -1)),
            _ => None,
        }
    }

    /// The table's name, without quotes.
    pub fn table_name(&self, sql: &[u8]) -> String {
        unquoted(&sql[self.name.clone()])
    }

    /// The statement in words that SQLite understands; `key` are the columns that tell rows apart.
    pub fn rewritten(&self, sql: &[u8], key: &[String]) -> Rewritten {
        let mut out = Rewritten::default();
        let parameters = &self.parameters;
        let quoted: Vec<String> = key
            .iter()
            .map(|name| format!("\"{}\"", name.replace('"', "\"\"")))
            .collect();
        let columns = quoted.join(", ");
        out.part(sql, &self.head, parameters);
        out.part(sql, &self.table, parameters);
        if !self.is_indexed_by {
            out.part(sql, &self.indexed, parameters);
        }
        out.part(sql, &self.set, parameters);
        match key.len() {
            1 => out.words(&format!("WHERE {columns} IN (SELECT {columns} FROM ")),
            _ => out.words(&format!("WHERE ({columns}) IN (SELECT {columns} FROM ")),
        }
        out.part(sql, &self.table, parameters);
        for part in [&self.indexed, &self.condition, &self.order, &self.limit] {
            out.part(sql, part, parameters);
        }
        out.words(") ");
        out.part(sql, &self.returning, parameters);
        out
    }
}

/// What each parameter of a statement is called by number.
fn number_parameters(sql: &[u8], tokens: &[(usize, Token)]) -> Vec<(Range<usize>, usize)> {
    let mut names: Vec<(&[u8], usize)> = Vec::new();
    let (mut largest, mut all) = (0, Vec::new());
    for (_, token) in tokens {
        if token.kind != Kind::Parameter {
            continue;
        }
        let text = &sql[token.range.clone()];
        let number = match text {
            b"?" => largest + 1,
            [b'?', digits @ ..] => std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(0),
            _ => match names.iter().find(|(name, _)| *name == text) {
                Some((_, number)) => *number,
                None => {
                    names.push((text, largest + 1));
                    largest + 1
                }
            },
        };
        largest = largest.max(number);
        all.push((token.range.clone(), number));
    }
    all
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A keyword or a name.
    Word,
    /// A name in quotes, or a string.
    Quoted,
    Parameter,
    Punctuation(u8),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    range: Range<usize>,
}

/// The tokens of a text, without blanks and comments; as coarse as needed here.
struct Tokens<'a> {
    sql: &'a [u8],
    at: usize,
}

fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

impl Tokens<'_> {
    /// The first place from `from` on at which `stop` holds, or the end.
    fn until(&self, from: usize, stop: impl Fn(&[u8]) -> bool) -> usize {
        (from..self.sql.len())
            .find(|at| stop(&self.sql[*at..]))
            .unwrap_or(self.sql.len())
    }

    fn skip_blanks(&mut self) {
        loop {
            self.at = self.until(self.at, |rest| !rest[0].is_ascii_whitespace());
            let rest = &self.sql[self.at..];
            if rest.starts_with(b"--") {
                self.at = self.until(self.at, |rest| rest[0] == b'\n');
            } else if rest.starts_with(b"/*") {
                let end = self.until(self.at + 2, |rest| rest.starts_with(b"*/"));
                self.at = (end + 2).min(self.sql.len());
            } else {
                return;
            }
        }
    }

    /// The end of what `quote` opens at the current place; a doubled quote stands for itself.
    fn quoted(&self, quote: u8) -> usize {
        let close = if quote == b'[' { b']' } else { quote };
        let mut at = self.at + 1;
        loop {
            at = self.until(at, |rest| rest[0] == close) + 1;
            if close == b']' || self.sql.get(at) != Some(&close) {
                return at.min(self.sql.len());
            }
            at += 1;
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let first = *self.sql.get(self.at)?;
        let start = self.at;
        let word_end = |from| self.until(from, |rest| !continues_word(rest[0]));
        let (kind, end) = match first {
            b'\'' | b'"' | b'`' | b'[' => (Kind::Quoted, self.quoted(first)),
            b'?' | b':' | b'@' | b'$' | b'#' => (Kind::Parameter, word_end(start + 1)),
            byte if continues_word(byte) => (Kind::Word, word_end(start)),
            byte => (Kind::Punctuation(byte), start + 1),
        };
        self.at = end;
        Some(Token {
            kind,
            range: start..end,
        })
    }
}

struct Parser<'a> {
    sql: &'a [u8],
    /// Each with how many brackets are open around it.
    tokens: &'a [(usize, Token)],
    at: usize,
}

/// Words that end a part of the statement when they stand outside brackets.
const CLAUSES: &[&str] = &["FROM", "WHERE", "RETURNING", "ORDER", "LIMIT"];

impl Parser<'_> {
    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|(_, token)| {
            token.kind == Kind::Word
                && self.sql[token.range.clone()].eq_ignore_ascii_case(word.as_bytes())
        })
    }

    fn take_word(&mut self, word: &str) -> Option<()> {
        self.is_word(self.at, word).then(|| self.at += 1)
    }

    fn take_name(&mut self) -> Option<Range<usize>> {
        let (_, token) = self.tokens.get(self.at)?;
        self.at += 1;
        matches!(token.kind, Kind::Word | Kind::Quoted).then(|| token.range.clone())
    }

    /// The text of the tokens from number `from` up to the current one.
    fn text_since(&self, from: usize) -> Range<usize> {
        match self.tokens.get(from..self.at) {
            Some([(_, first), .., (_, last)]) => first.range.start..last.range.end,
            Some([(_, only)]) => only.range.clone(),
            _ => 0..0,
        }
    }

    /// Goes on to the next word outside brackets that begins a clause, or the end.
    fn skip_clause(&mut self) {
        while let Some((depth, _)) = self.tokens.get(self.at) {
            let begins = *depth == 0
                && CLAUSES.iter().any(|word| self.is_word(self.at, word))
                // a IS DISTINCT FROM b
                && !(self.is_word(self.at, "FROM") && self.is_word(self.at.wrapping_sub(1), "DISTINCT"));
            if begins {
                return;
            }
            self.at += 1;
        }
    }

    fn clause(&mut self, word: &str) -> Range<usize> {
        let from = self.at;
        if self.take_word(word).is_some() {
            self.skip_clause();
        }
        self.text_since(from)
    }

    fn verb(&mut self) -> Option<&'static str> {
        if self.take_word("EXPLAIN").is_some() && self.take_word("QUERY").is_some() {
            self.take_word("PLAN")?;
        }
        if self.is_word(self.at, "WITH") {
            let verb = |at: &usize| {
                self.tokens[*at].0 == 0
                    && ["DELETE", "UPDATE"]
                        .iter()
                        .any(|word| self.is_word(*at, word))
            };
            self.at = (self.at..self.tokens.len()).find(verb)?;
        }
        if self.take_word("DELETE").is_some() {
            self.take_word("FROM")?;
            return Some("DELETE");
        }
        self.take_word("UPDATE")?;
        if self.take_word("OR").is_some() {
            self.at += 1;
        }
        Some("UPDATE")
    }

    fn statement(mut self) -> Option<Limited> {
        let verb = self.verb()?;
        let head = self.text_since(0);
        let from = self.at;
        let mut name = self.take_name()?;
        if self.tokens.get(self.at)?.1.kind == Kind::Punctuation(b'.') {
            self.at += 1;
            name = self.take_name()?;
        }
        if self.take_word("AS").is_some() {
            self.take_name()?;
        }
        let table = self.text_since(from);
        let from = self.at;
        let is_indexed_by = self.take_word("INDEXED").is_some();
        if is_indexed_by {
            self.take_word("BY")?;
            self.take_name()?;
        } else if self.take_word("NOT").is_some() {
            self.take_word("INDEXED")?;
        }
        let indexed = self.text_since(from);
        let set = self.clause("SET");
        let mut limited = Limited {
            verb,
            head,
            name,
            table,
            indexed,
            is_indexed_by,
            set,
            condition: self.clause("WHERE"),
            returning: self.clause("RETURNING"),
            order: self.clause("ORDER"),
            limit: self.clause("LIMIT"),
            ..Limited::default()
        };
        let stray = self.tokens.get(self.at);
        let stray = stray.map_or(0..0, |(_, token)| token.range.clone());
        let limits = !limited.order.is_empty() || !limited.limit.is_empty();
        limited.stray = stray;
        (limits && limited.set.is_empty() == (verb == "DELETE")).then_some(limited)
    }
}

/// A name as SQLite takes it: without its quotes.
fn unquoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let inner = |quote: char| {
        let inside = text
            .get(1..text.len().saturating_sub(1))
            .unwrap_or_default();
        inside.replace(&format!("{quote}{quote}"), &quote.to_string())
    };
    match text.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => inner(quote),
        Some('[') => text
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_string(),
        _ => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(sql: &str, key: &[&str]) -> Option<String> {
        let limited = Limited::read(sql.as_bytes())?;
        let key: Vec<String> = key.iter().map(|name| name.to_string()).collect();
        let out = String::from_utf8(limited.rewritten(sql.as_bytes(), &key).sql).unwrap();
        Some(out.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_delete_names_its_rows_first() {
        assert_eq!(
            rewritten(
                "DELETE FROM t WHERE a > ? ORDER BY b LIMIT ?; SELECT 1",
                &["rowid"]
            )
            .as_deref(),
            Some(
                "DELETE FROM t WHERE \"rowid\" IN (SELECT \"rowid\" FROM t WHERE a > ?1 ORDER BY b LIMIT ?2 )"
            )
        );
        assert_eq!(
            rewritten(
                "delete from main.\"a b\" as x indexed by i limit 1 -- end",
                &["k", "l\"m"]
            )
            .as_deref(),
            Some(
                "delete from main.\"a b\" as x WHERE (\"k\", \"l\"\"m\") IN (SELECT \"k\", \"l\"\"m\" FROM main.\"a b\" as x indexed by i limit 1 )"
            )
        );
    }

    #[test]
    fn parameters_keep_their_numbers_when_returning_moves() {
        assert_eq!(
            rewritten("UPDATE OR IGNORE t SET a = ?, b = :n WHERE c IS DISTINCT FROM :n RETURNING a + ? LIMIT ?2 OFFSET ?", &["rowid"]).as_deref(),
            Some("UPDATE OR IGNORE t SET a = ?1, b = ?2 WHERE \"rowid\" IN (SELECT \"rowid\" FROM t WHERE c IS DISTINCT FROM ?2 LIMIT ?2 OFFSET ?4 ) RETURNING a + ?3")
        );
    }

    #[test]
    fn other_statements_are_left_alone() {
        for sql in [
            "SELECT 1 LIMIT 1",
            "DELETE FROM t WHERE a IN (SELECT b FROM u ORDER BY b LIMIT 1)",
            "UPDATE t SET a = u.a FROM u LIMIT 1",
            "INSERT INTO t SELECT * FROM t LIMIT 1",
            "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t LIMIT 1; END",
            "UPDATE t LIMIT 1",
            "DELETE FROM t 'unclosed",
            "DELETE",
            "",
        ] {
            assert_eq!(Limited::read(sql.as_bytes()), None, "{sql}");
        }
    }

    #[test]
    fn a_place_leads_back() {
        let sql = b"WITH q AS (SELECT 1) DELETE FROM t WHERE nope = ?1 LIMIT 5; x";
        let limited = Limited::read(sql).unwrap();
        assert_eq!(limited.used, 59);
        let out = limited.rewritten(sql, &["rowid".into()]);
        let find = |text: &[u8], word: &[u8]| text.windows(word.len()).position(|at| at == word);
        for word in [b"nope".as_slice(), b"LIMIT", b"?1", b"5"] {
            let here = find(&out.sql, word).unwrap();
            assert_eq!(Some(out.original(here)), find(sql, word));
        }
    }
}
