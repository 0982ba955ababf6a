//! One fault at one place of one file, shown the way compilers show it.

use std::fmt;

/// Characters of a source line that an excerpt shows at most. Bundles have lines of megabytes.
const EXCERPT_CHARS: usize = 120;

/// A fault, or a warning, at one place of one file.
///
/// Its `Display` is `file:line:column: message`, then the source line, then a caret under the
/// place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as the user knows it: its path inside the project's folder, behind the path by
    /// which that folder was named.
    pub file: String,
    /// 1-based line; lines end at `\n`.
    pub line: usize,
    /// 1-based column, counted in characters (Unicode scalar values), as the JavaScript engine
    /// counts them; neither bytes nor UTF-16 units.
    pub column: usize,
    /// What is wrong and what cures it.
    pub message: String,
    /// The source line, without its indentation and cut to a window around the column when long.
    /// Empty when there is no source to show.
    pub excerpt: String,
    /// Characters of `excerpt` before the place.
    pub caret: usize,
}

impl Diagnostic {
    /// A diagnostic at byte `offset` of `source`. An offset beyond the end means the end.
    pub fn at(file: &str, source: &str, offset: usize, message: impl Into<String>) -> Self {
        let place = Place::of(source, offset);
        let (excerpt, caret) = excerpt(place.line_text, place.column - 1);
        Self {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            message: message.into(),
            excerpt,
            caret,
        }
    }

    /// The same diagnostic shown in another text of the file that has the same lines and columns:
    /// in the TypeScript of which the text at hand was made.
    pub(super) fn in_source(self, source: &str) -> Self {
        let lines = source.split_inclusive('\n');
        let line_start: usize = lines.take(self.line - 1).map(str::len).sum();
        let line = source[line_start..].lines().next().unwrap_or_default();
        let caret = (self.column - 1).min(line.chars().count());
        let (excerpt, caret) = excerpt(line, caret);
        Self {
            excerpt,
            caret,
            ..self
        }
    }

    /// A diagnostic about a file as a whole, placed at its first character, with no excerpt.
    pub fn whole_file(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 1,
            column: 1,
            message: message.into(),
            excerpt: String::new(),
            caret: 0,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        if !self.excerpt.is_empty() {
            // Tabs stay tabs under the excerpt, so that the caret stands where the eye looks.
            let before: String = self
                .excerpt
                .chars()
                .take(self.caret)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            write!(f, "\n    {}\n    {before}^", self.excerpt)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Where a byte offset lies.
struct Place<'s> {
    line: usize,
    column: usize,
    line_text: &'s str,
}

impl<'s> Place<'s> {
    fn of(source: &'s str, offset: usize) -> Self {
        let mut offset = offset.min(source.len());
        while !source.is_char_boundary(offset) {
            offset -= 1;
        }
        let (before, after) = source.split_at(offset);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = after.find('\n').map_or(source.len(), |at| offset + at);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            line_text: source[line_start..line_end].trim_end_matches('\r'),
        }
    }
}

/// The part of a line worth showing, and the caret's place in it.
fn excerpt(line: &str, caret: usize) -> (String, usize) {
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let indent = indent.min(caret);
    let shown: Vec<char> = line.chars().skip(indent).collect();
    let caret = (caret - indent).min(shown.len());
    if shown.len() <= EXCERPT_CHARS {
        return (
            shown.iter().collect::<String>().trim_end().to_owned(),
            caret,
        );
    }
    let start = caret
        .saturating_sub(EXCERPT_CHARS / 2)
        .min(shown.len() - EXCERPT_CHARS);
    let window = &shown[start..start + EXCERPT_CHARS];
    let (left, right) = (start > 0, start + EXCERPT_CHARS < shown.len());
    let text: String = left
        .then_some('…')
        .into_iter()
        .chain(window.iter().copied())
        .chain(right.then_some('…'))
        .collect();
    (text, caret - start + usize::from(left))
}

#[cfg(test)]
mod tests {
    use super::Diagnostic;

    #[test]
    fn shows_place_line_and_caret() {
        let source = "let a;\n  let b = ö + ;\nlet c;";
        let at = source.find("+ ;").map_or(0, |at| at + 2);
        let diagnostic = Diagnostic::at("src/a.ts", source, at, "Unexpected token");
        assert_eq!(
            diagnostic.to_string(),
            "src/a.ts:2:15: Unexpected token\n    let b = ö + ;\n                ^"
        );
    }

    #[test]
    fn the_end_of_a_file_is_a_place() {
        let diagnostic = Diagnostic::at("a.js", "x(\n", 99, "Unexpected end");
        assert_eq!((diagnostic.line, diagnostic.column), (2, 1));
        assert_eq!(diagnostic.to_string(), "a.js:2:1: Unexpected end");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = format!("{}!{}", "a".repeat(5000), "b".repeat(5000));
        let diagnostic = Diagnostic::at("a.js", &source, 5000, "here");
        assert_eq!(diagnostic.column, 5001);
        assert!(diagnostic.excerpt.chars().count() <= 122);
        assert_eq!(diagnostic.excerpt.chars().nth(diagnostic.caret), Some('!'));
    }

    #[test]
    fn carriage_returns_and_tabs_do_not_move_the_caret() {
        let diagnostic = Diagnostic::at("a.js", "if (a)\r\n\tb\t= ;\r\n", 13, "here");
        assert_eq!((diagnostic.line, diagnostic.column), (2, 6));
        assert_eq!(
            diagnostic.to_string(),
            "a.js:2:6: here\n    b\t= ;\n     \t  ^"
        );
    }
}
