//! Finding log lines on disk, the newest first.

use std::{fs, io::ErrorKind};

use regex::Regex;
use serde::Deserialize;

use super::{
    Level,
    file::LedgerError,
    log_files::{LogFiles, failed},
    logs::{id_of, id_text},
};

/// What a line's text must hold.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// These characters.
    Text(String),
    /// Something that fits.
    Regex(Regex),
}

impl Pattern {
    /// A regular expression; what is wrong with it is told in a sentence.
    pub fn regex(text: &str) -> Result<Self, String> {
        // small, since it may be anybody's
        let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        match built {
            Ok(regex) => Ok(Pattern::Regex(regex)),
            Err(error) => {
                let whole = error.to_string();
                let why = whole.lines().last().unwrap_or(&whole);
                let why = why.trim_start_matches("error: ");
                Err(format!("\"{text}\" is not a regular expression: {why}"))
            }
        }
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Text(part) => text.contains(part.as_str()),
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Which lines to find.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Only those of this node and those below it.
    pub node: Option<String>,
    /// Only those at least so loud.
    pub level: Option<Level>,
    /// Only those with such a text.
    pub text: Option<Pattern>,
    /// Only those of this request.
    pub request: Option<u64>,
    /// Only those from this time on, milliseconds since the epoch.
    pub from_ms: Option<u64>,
    /// Only those before this time.
    pub to_ms: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A line that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    /// How loud.
    pub level: Level,
    /// Whose line it is.
    pub node: String,
    /// What a person calls that.
    pub label: String,
    /// True when the host speaks about the node.
    pub host: bool,
    /// The request that it belongs to.
    pub request: Option<u64>,
    /// The line.
    pub text: String,
}

#[derive(Deserialize)]
struct Line {
    at_ms: u64,
    level: String,
    node: String,
    label: String,
    #[serde(default)]
    host: bool,
    request: Option<String>,
    text: String,
}

impl LogFiles {
    /// Lines that fit, the newest first.
    pub fn search(&self, filter: &LogFilter) -> Result<Vec<Found>, LedgerError> {
        let mut found = Vec::new();
        let hint = filter.hint();
        for path in self.newest_first() {
            if found.len() >= filter.limit {
                break;
            }
            let text = match fs::read(&path) {
                Ok(bytes) => bytes,
                // it became too old meanwhile
                Err(cause) if cause.kind() == ErrorKind::NotFound => continue,
                Err(cause) => return Err(failed("read", &path, cause)),
            };
            let text = String::from_utf8_lossy(&text);
            let lines = text.rsplit('\n').filter(|line| {
                !line.is_empty() && hint.as_ref().is_none_or(|hint| line.contains(hint))
            });
            // what cannot be read was torn by a crash
            let fitting = lines
                .filter_map(|line| serde_json::from_str::<Line>(line).ok())
                .filter_map(found_line)
                .filter(|line| filter.fits(line));
            found.extend(fitting.take(filter.limit - found.len()));
        }
        Ok(found)
    }
}

fn found_line(line: Line) -> Option<Found> {
    Some(Found {
        at_ms: line.at_ms,
        level: Level::of(&line.level)?,
        node: line.node,
        label: line.label,
        host: line.host,
        request: line.request.as_deref().and_then(id_of),
        text: line.text,
    })
}

impl LogFilter {
    /// Something that stands in each fitting line as it lies on disk: to look for it is much
    /// quicker than to read the line.
    fn hint(&self) -> Option<String> {
        if let Some(request) = self.request {
            return Some(id_text(request));
        }
        match &self.text {
            Some(Pattern::Text(text)) => {
                let json = serde_json::Value::from(text.as_str()).to_string();
                Some(json[1..json.len() - 1].to_string())
            }
            _ => None,
        }
    }

    fn fits(&self, line: &Found) -> bool {
        let below = |node: &String| {
            let rest = line.node.strip_prefix(node.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.node.as_ref().is_none_or(below)
            && self.level.is_none_or(|level| line.level >= level)
            && self
                .request
                .is_none_or(|request| line.request == Some(request))
            && self.from_ms.is_none_or(|from| line.at_ms >= from)
            && self.to_ms.is_none_or(|to| line.at_ms < to)
            && self
                .text
                .as_ref()
                .is_none_or(|pattern| pattern.fits(&line.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Logs, Source, log_files::LogSettings};

    fn place() -> (tempfile::TempDir, LogFiles) {
        let data = tempfile::tempdir().unwrap();
        let files = LogFiles::open(data.path(), &LogSettings::of(1 << 20)).unwrap();
        let logs = Logs::new(1000, 1 << 20, false);
        let lines = [
            ("w", Level::Info, None, "begins"),
            ("w/C/1", Level::Debug, Some(7), "said \"hello\"\nand more"),
            ("w/C/1/f", Level::Warn, Some(8), "half full: 53 %"),
            ("w/C/11", Level::Error, Some(7), "ünlucky"),
        ];
        for (node, level, request, text) in lines {
            let source = Source {
                node: node.into(),
                label: node.into(),
            };
            logs.write_of(&source, level, request.is_none(), request, text);
        }
        files.follow(&logs, |_| true);
        (data, files)
    }

    fn nodes(files: &LogFiles, filter: LogFilter) -> Vec<String> {
        let filter = LogFilter {
            limit: if filter.limit == 0 { 99 } else { filter.limit },
            ..filter
        };
        files
            .search(&filter)
            .unwrap()
            .into_iter()
            .map(|line| line.node)
            .collect()
    }

    #[test]
    fn lines_are_found_by_each_condition() {
        let (_data, files) = place();
        let none = LogFilter::default;
        let by = |filter| nodes(&files, filter);
        assert_eq!(by(none()), ["w/C/11", "w/C/1/f", "w/C/1", "w"]);
        assert_eq!(by(LogFilter { limit: 2, ..none() }), ["w/C/11", "w/C/1/f"]);
        assert_eq!(
            by(LogFilter {
                node: Some("w/C/1".into()),
                ..none()
            }),
            ["w/C/1/f", "w/C/1"]
        );
        assert_eq!(
            by(LogFilter {
                level: Some(Level::Warn),
                ..none()
            }),
            ["w/C/11", "w/C/1/f"]
        );
        assert_eq!(
            by(LogFilter {
                request: Some(7),
                ..none()
            }),
            ["w/C/11", "w/C/1"]
        );
        let text = |text: &str| LogFilter {
            text: Some(Pattern::Text(text.into())),
            ..none()
        };
        assert_eq!(by(text("\"hello\"\nand")), ["w/C/1"]);
        assert_eq!(by(text("ünlu")), ["w/C/11"]);
        assert_eq!(by(text("w/C/1")), [""; 0], "only texts are looked through");
        let regex = |text| LogFilter {
            text: Some(Pattern::regex(text).unwrap()),
            ..none()
        };
        assert_eq!(by(regex(r"\d+ %$")), ["w/C/1/f"]);
        let all = files.search(&LogFilter { limit: 9, ..none() }).unwrap();
        let (first, last) = (all[3].at_ms, all[0].at_ms);
        assert_eq!(
            by(LogFilter {
                from_ms: Some(last + 1),
                ..none()
            }),
            [""; 0]
        );
        assert_eq!(
            by(LogFilter {
                to_ms: Some(first),
                ..none()
            }),
            [""; 0]
        );
        assert_eq!(
            by(LogFilter {
                from_ms: Some(first),
                to_ms: Some(last + 1),
                ..none()
            })
            .len(),
            4
        );
        assert!(all[3].host && !all[0].host && all[3].request.is_none());
    }

    #[test]
    fn a_wrong_regular_expression_is_told() {
        let error = Pattern::regex("a(b").unwrap_err();
        assert_eq!(error, "\"a(b\" is not a regular expression: unclosed group");
        assert!(
            Pattern::regex("(((a{999}){999}){999})")
                .unwrap_err()
                .contains("size")
        );
    }
}
