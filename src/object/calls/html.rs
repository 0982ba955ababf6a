//! HTML rewriters of one sandbox, as it knows them: by number.

use std::collections::HashMap;

use super::{Done, Failed};
use crate::{
    object::{live::Live, message::CallError},
    platform::html::{Content, Edit, Event, HtmlError, Rewriter, Verb, Wanted, check_selector},
    sandbox::wire::{Malformed, Reader, Value, Writer},
};

/// Documents that one sandbox may rewrite at once; each may hold some 6 MiB of unfinished input.
const MAX_REWRITERS: usize = 32;
/// Handlers of one rewriter, and calls of them that one piece may bring.
const MAX_HANDLERS: usize = 1000;
const MAX_PIECE: usize = 64 << 10;

/// The rewriters of one sandbox.
#[derive(Default)]
pub(in crate::object) struct Rewriters {
    all: HashMap<u64, Rewriter>,
    last: u64,
}

impl From<HtmlError> for Failed {
    fn from(error: HtmlError) -> Self {
        Failed::Throw(CallError::of("TypeError", error.to_string()))
    }
}

impl Live {
    /// * `html.selector(text)`: throws when it is none
    /// * `html.open(encoding, wanted)`: a rewriter's number. `wanted`: lists of a selector or null,
    ///   then which handlers there are
    /// * `html.read(number, piece)`: the calls of handlers that the piece brings; null is the end
    /// * `html.write(number, piece, edits)`: the same piece, changed
    /// * `html.close(number)`
    pub(super) fn html_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match verb {
            "selector" => check_selector(&args.lossy()?)?,
            "open" => {
                let encoding = args.lossy()?;
                let id = self.open_rewriter(&encoding, &args.value()?)?;
                answer.int(id as i64);
            }
            "read" => {
                let rewriter = self.rewriter(args.index()?)?;
                let events = rewriter.read(piece(&args.value()?)?)?;
                let mut list = answer.begin_list();
                for event in &events {
                    write_event(answer, event);
                    list.push();
                }
                answer.end_list(list);
            }
            "write" => {
                let rewriter = self.rewriter(args.index()?)?;
                let input = args.value()?;
                let edits = args
                    .value()?
                    .items()
                    .iter()
                    .map(read_edits)
                    .collect::<Result<_, _>>()?;
                answer.bytes(&rewriter.write(piece(&input)?, edits)?);
            }
            _ => {
                let id = args.index()?;
                self.rewriters.all.remove(&id);
            }
        }
        Ok(())
    }

    fn rewriter(&mut self, id: u64) -> Result<&mut Rewriter, Failed> {
        let closed = || CallError::of("TypeError", "The document has ended.");
        Ok(self.rewriters.all.get_mut(&id).ok_or_else(closed)?)
    }

    fn open_rewriter(&mut self, encoding: &str, wanted: &Value<'_>) -> Result<u64, Failed> {
        let Rewriters { all, last } = &mut self.rewriters;
        if all.len() >= MAX_REWRITERS {
            let text = format!(
                "Too many documents are being rewritten at once: {MAX_REWRITERS} is the most. Read or cancel the bodies of the others first."
            );
            return Err(CallError::of("RangeError", text).into());
        }
        let wanted = wanted
            .items()
            .iter()
            .map(read_wanted)
            .collect::<Result<Vec<_>, _>>()?;
        if wanted.len() > MAX_HANDLERS {
            let text = format!("A rewriter takes at most {MAX_HANDLERS} handlers.");
            return Err(CallError::of("RangeError", text).into());
        }
        let rewriter = Rewriter::new(&wanted, encoding)?;
        *last += 1;
        all.insert(*last, rewriter);
        Ok(*last)
    }
}

/// A piece of a document, or null for its end.
fn piece<'a>(value: &Value<'a>) -> Result<Option<&'a [u8]>, Malformed> {
    match value.as_bytes() {
        Some(bytes) if bytes.len() > MAX_PIECE => Err(Malformed),
        bytes => Ok(bytes),
    }
}

fn read_wanted(value: &Value<'_>) -> Result<Wanted, Malformed> {
    let is = |index: usize| value.items().get(index) == Some(&Value::Bool(true));
    Ok(match value.items().first().ok_or(Malformed)?.to_text() {
        Some(selector) => Wanted::Within {
            selector,
            element: is(1),
            comments: is(2),
            text: is(3),
        },
        None => Wanted::Document {
            doctype: is(1),
            comments: is(2),
            text: is(3),
            end: is(4),
        },
    })
}

/// The changes of one call: lists of a verb's number, text, an attribute's value, and whether the
/// text is HTML.
fn read_edits(value: &Value<'_>) -> Result<Vec<Edit>, Malformed> {
    let read = |edit: &Value<'_>| {
        let [verb, text, more, html] = edit.items() else {
            return Err(Malformed);
        };
        let verb = verb.as_f64().ok_or(Malformed)? as usize;
        Ok(Edit {
            verb: *Verb::ALL.get(verb).ok_or(Malformed)?,
            text: text.to_text().unwrap_or_default(),
            more: more.to_text().unwrap_or_default(),
            html: *html == Value::Bool(true),
        })
    };
    value.items().iter().map(read).collect()
}

/// Handler, token, kind, and what the kind has.
fn write_event(answer: &mut Writer, event: &Event) {
    let start = |answer: &mut Writer, kind: i64, more: usize| {
        answer.list(3 + more);
        answer
            .int(i64::from(event.handler))
            .int(event.token as i64)
            .int(kind);
    };
    match &event.content {
        Content::Again => start(answer, 0, 0),
        Content::Element {
            name,
            attributes,
            namespace,
            open,
        } => {
            start(answer, 1, 4);
            answer
                .text(name)
                .text(namespace)
                .bool(*open)
                .list(attributes.len() * 2);
            for (name, value) in attributes {
                answer.text(name).text(value);
            }
        }
        Content::Text { text, last } => {
            start(answer, 2, 2);
            answer.text(text).bool(*last);
        }
        Content::Comment(text) => {
            start(answer, 3, 1);
            answer.text(text);
        }
        Content::Doctype {
            name,
            public,
            system,
        } => {
            start(answer, 4, 3);
            for part in [name, public, system] {
                answer.optional_text(part.as_deref());
            }
        }
        Content::EndTag { element, name } => {
            start(answer, 5, 2);
            answer.int(*element as i64).text(name);
        }
        Content::End => start(answer, 6, 0),
    }
}
