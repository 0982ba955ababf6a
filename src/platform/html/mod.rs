//! Rewriting HTML while it streams by, with handlers that live elsewhere and may take their time.
//!
//! The parser calls its handlers in the middle of a piece of input and cannot be held there, so
//! two parsers run in step over the same input. The first ([`Rewriter::read`]) only notes which
//! handler would be called with what ([`Event`]). Whoever owns the handlers runs them and says
//! what each wants changed ([`Edit`]). The second ([`Rewriter::write`]) meets the same calls in
//! the same order, makes those changes and gives the output.

mod edit;
mod event;

use std::sync::Arc;

use lol_html::{
    AsciiCompatibleEncoding, MemorySettings, OutputSink, Selector, errors::RewritingError,
    send::HtmlRewriter, send::Settings,
};
use parking_lot::Mutex;

pub use edit::{Edit, Verb};
pub use event::{Content, Event};

/// What a parser may hold of unfinished input, bytes, as the reference has it.
const MAX_PARSER_MEMORY: usize = 3 << 20;

/// What goes wrong in rewriting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HtmlError {
    /// The selector, the encoding or the HTML; the text is the parser's.
    #[error("Parser error: {0}")]
    Parser(String),
}

fn parser(error: impl ToString) -> HtmlError {
    HtmlError::Parser(error.to_string())
}

/// Which tokens are asked for. Every `true` is one handler; handlers are numbered from 0 in the
/// order in which they appear here, fields from first to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Within what matches `selector`.
    Within {
        selector: String,
        element: bool,
        comments: bool,
        text: bool,
    },
    /// Anywhere.
    Document {
        doctype: bool,
        comments: bool,
        text: bool,
        end: bool,
    },
}

/// Checks a selector. Its error is the reference's.
pub fn check_selector(selector: &str) -> Result<(), HtmlError> {
    selector.parse::<Selector>().map(drop).map_err(parser)
}

/// Where a parser's output goes.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl OutputSink for Output {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.lock().extend_from_slice(chunk);
    }
}

/// Output that nobody wants.
struct Nowhere;

impl OutputSink for Nowhere {
    fn handle_chunk(&mut self, _: &[u8]) {}
}

/// One document on its way.
pub struct Rewriter {
    reader: Option<HtmlRewriter<'static, Nowhere>>,
    events: event::Events,
    writer: Option<HtmlRewriter<'static, Output>>,
    edits: edit::Edits,
    output: Output,
}

impl Rewriter {
    /// A rewriter of a document in the encoding that `label` names.
    pub fn new(wanted: &[Wanted], label: &str) -> Result<Self, HtmlError> {
        let encoding = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())
            .ok_or_else(|| parser("Unknown character encoding has been provided."))?;
        let encoding = AsciiCompatibleEncoding::new(encoding)
            .ok_or_else(|| parser("Expected ASCII-compatible encoding."))?;
        let settings = || {
            Settings::new_send()
                .with_encoding(encoding)
                .with_memory_settings(
                    MemorySettings::new().with_max_allowed_memory_usage(MAX_PARSER_MEMORY),
                )
        };
        let (events, edits) = (event::Events::default(), edit::Edits::default());
        let output = Output::default();
        let reading = event::listen(settings(), wanted, &events).map_err(parser)?;
        let writing = edit::listen(settings(), wanted, &edits).map_err(parser)?;
        Ok(Self {
            reader: Some(HtmlRewriter::new(reading, Nowhere)),
            events,
            writer: Some(HtmlRewriter::new(writing, output.clone())),
            edits,
            output,
        })
    }

    /// Parses a piece, or the end of the document: which handlers have to be called with what.
    pub fn read(&mut self, piece: Option<&[u8]>) -> Result<Vec<Event>, HtmlError> {
        feed(&mut self.reader, piece)?;
        Ok(self.events.take())
    }

    /// Parses the same piece again and makes the changes: `edits` has one list for each event that
    /// [`Rewriter::read`] gave for it. Gives what can be written.
    pub fn write(
        &mut self,
        piece: Option<&[u8]>,
        edits: Vec<Vec<Edit>>,
    ) -> Result<Vec<u8>, HtmlError> {
        self.edits.put(edits);
        feed(&mut self.writer, piece)?;
        Ok(std::mem::take(&mut *self.output.0.lock()))
    }
}

/// A parser that failed is gone, because it cannot go on.
fn feed<O: OutputSink>(
    slot: &mut Option<HtmlRewriter<'static, O>>,
    piece: Option<&[u8]>,
) -> Result<(), HtmlError> {
    let mut rewriter = slot
        .take()
        .ok_or_else(|| parser("The document has ended."))?;
    let fed: Result<(), RewritingError> = match piece {
        Some(piece) => {
            let fed = rewriter.write(piece);
            if fed.is_ok() {
                *slot = Some(rewriter);
            }
            fed
        }
        None => rewriter.end(),
    };
    fed.map_err(parser)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all() -> Vec<Wanted> {
        let within = |selector: &str| Wanted::Within {
            selector: selector.into(),
            element: true,
            comments: true,
            text: true,
        };
        vec![
            within("*"),
            within("p > b, i"),
            Wanted::Document {
                doctype: true,
                comments: true,
                text: true,
                end: true,
            },
        ]
    }

    /// Rewrites `html` in pieces, with `edits` for each event.
    fn rewrite(
        html: &str,
        size: usize,
        mut edits: impl FnMut(&Event) -> Vec<Edit>,
    ) -> Result<(String, Vec<Event>), HtmlError> {
        let mut rewriter = Rewriter::new(&all(), "utf-8")?;
        let (mut out, mut seen) = (Vec::new(), Vec::new());
        let pieces = html.as_bytes().chunks(size).map(Some).chain([None]);
        for piece in pieces {
            let events = rewriter.read(piece)?;
            let wanted = events.iter().map(&mut edits).collect();
            out.extend(rewriter.write(piece, wanted)?);
            seen.extend(events);
        }
        Ok((String::from_utf8_lossy(&out).into_owned(), seen))
    }

    proptest! {
        #[test]
        fn what_nobody_edits_stays(
            parts in prop::collection::vec(prop_oneof![
                Just("<p>"), Just("</p>"), Just("<b class=x>"), Just("</b>"), Just("<br/>"), Just("text"),
                Just("<!--c-->"), Just("<!doctype html>"), Just("<i a='1'"), Just(">"), Just("</i>"), Just("<"),
                Just("é"), Just("<script>var a = '<p>';</script>"), Just("&amp;"),
            ], 0..40),
            size in 1usize..50,
        ) {
            let html = parts.concat();
            let (out, _) = rewrite(&html, size, |_| Vec::new()).unwrap();
            prop_assert_eq!(out, html);
        }

        #[test]
        fn both_parsers_meet_the_same_calls(
            parts in prop::collection::vec(prop_oneof![
                Just("<p>"), Just("</p>"), Just("<b>"), Just("</b>"), Just("<br>"), Just("t"), Just("<!--c-->"), Just("<i"), Just(">"),
            ], 0..40),
            size in 1usize..50,
        ) {
            // every call leaves a mark of its own, so a call out of step would show
            let (mut count, html) = (0, parts.concat());
            let (out, seen) = rewrite(&html, size, |event| {
                count += 1;
                let text = format!("[{count}]");
                match event.content {
                    Content::Doctype { .. } => Vec::new(),
                    Content::End => vec![Edit { verb: Verb::Append, text, more: String::new(), html: true }],
                    _ => vec![Edit { verb: Verb::Before, text, more: String::new(), html: true }],
                }
            }).unwrap();
            for n in 1..=count {
                let mark = format!("[{n}]");
                prop_assert!(out.contains(&mark), "{} in {}", mark, out);
            }
            prop_assert_eq!(seen.len(), count);
        }
    }

    #[test]
    fn errors_are_the_parsers_own() {
        assert_eq!(
            check_selector("div >").unwrap_err().to_string(),
            "Parser error: Dangling combinator in selector."
        );
        assert!(Rewriter::new(&[], "utf-16").is_err());
        assert!(Rewriter::new(&[], "nothing").is_err());
    }

    #[test]
    fn a_tag_without_end_is_refused_not_hoarded() {
        let mut rewriter = Rewriter::new(&all(), "utf-8").unwrap();
        let piece = vec![b'a'; 1 << 20];
        rewriter.read(Some(b"<p ")).unwrap();
        let failed = (0..5).any(|_| rewriter.read(Some(&piece)).is_err());
        assert!(failed);
        assert!(rewriter.read(Some(b"<p>")).is_err());
    }
}
