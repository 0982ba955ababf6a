//! The second parser: makes the changes that handlers asked for.

use std::{collections::VecDeque, sync::Arc};

use lol_html::{
    HandlerResult,
    errors::SelectorError,
    html_content::{Comment, ContentType, Doctype, DocumentEnd, EndTag, TextChunk},
    send::{DocumentContentHandlers, Element, ElementContentHandlers, Settings},
};
use parking_lot::Mutex;

use super::Wanted;

/// What to change of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Before,
    After,
    Prepend,
    Append,
    Replace,
    SetInner,
    Remove,
    RemoveAndKeep,
    /// The name of a tag, or the text of a comment.
    Set,
    SetAttribute,
    RemoveAttribute,
}

impl Verb {
    /// All, in the order of their numbers on the wire.
    pub const ALL: [Verb; 11] = [
        Verb::Before,
        Verb::After,
        Verb::Prepend,
        Verb::Append,
        Verb::Replace,
        Verb::SetInner,
        Verb::Remove,
        Verb::RemoveAndKeep,
        Verb::Set,
        Verb::SetAttribute,
        Verb::RemoveAttribute,
    ];
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to do.
    pub verb: Verb,
    /// The content, name or text.
    pub text: String,
    /// An attribute's value.
    pub more: String,
    /// Whether `text` is HTML; else it is escaped.
    pub html: bool,
}

impl Edit {
    fn kind(&self) -> ContentType {
        if self.html {
            ContentType::Html
        } else {
            ContentType::Text
        }
    }
}

/// What the calls to come have to change, in their order.
#[derive(Clone, Default)]
pub(super) struct Edits(Arc<Mutex<VecDeque<Vec<Edit>>>>);

impl Edits {
    pub fn put(&self, edits: Vec<Vec<Edit>>) {
        *self.0.lock() = edits.into();
    }

    /// What the call that happens now has to change.
    fn next(&self) -> Vec<Edit> {
        self.0.lock().pop_front().unwrap_or_default()
    }

    fn element(&self, element: &mut Element<'_, '_>) -> HandlerResult {
        // the first of the calls for this element listens for its end tag, as in the other parser
        if let Some(handlers) = element.end_tag_handlers().filter(|all| all.is_empty()) {
            let edits = self.clone();
            handlers.push(Box::new(move |tag: &mut EndTag<'_>| {
                for edit in edits.next() {
                    end_tag(tag, &edit);
                }
                Ok(())
            }));
        }
        for edit in self.next() {
            let (text, kind) = (edit.text.as_str(), edit.kind());
            match edit.verb {
                Verb::Before => element.before(text, kind),
                Verb::After => element.after(text, kind),
                Verb::Prepend => element.prepend(text, kind),
                Verb::Append => element.append(text, kind),
                Verb::Replace => element.replace(text, kind),
                Verb::SetInner => element.set_inner_content(text, kind),
                Verb::Remove => element.remove(),
                Verb::RemoveAndKeep => element.remove_and_keep_content(),
                Verb::Set => element.set_tag_name(text)?,
                Verb::SetAttribute => element.set_attribute(text, &edit.more)?,
                Verb::RemoveAttribute => element.remove_attribute(text),
            }
        }
        Ok(())
    }

    fn text(&self, chunk: &mut TextChunk<'_>) {
        for edit in self.next() {
            let (text, kind) = (edit.text.as_str(), edit.kind());
            match edit.verb {
                Verb::Before => chunk.before(text, kind),
                Verb::After => chunk.after(text, kind),
                Verb::Replace => chunk.replace(text, kind),
                Verb::Remove => chunk.remove(),
                _ => {}
            }
        }
    }

    fn comment(&self, comment: &mut Comment<'_>) -> HandlerResult {
        for edit in self.next() {
            let (text, kind) = (edit.text.as_str(), edit.kind());
            match edit.verb {
                Verb::Before => comment.before(text, kind),
                Verb::After => comment.after(text, kind),
                Verb::Replace => comment.replace(text, kind),
                Verb::Remove => comment.remove(),
                Verb::Set => comment.set_text(text)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn end(&self, end: &mut DocumentEnd<'_>) {
        for edit in self.next() {
            if edit.verb == Verb::Append {
                end.append(&edit.text, edit.kind());
            }
        }
    }
}

fn end_tag(tag: &mut EndTag<'_>, edit: &Edit) {
    let text = edit.text.as_str();
    match edit.verb {
        Verb::Before => tag.before(text, edit.kind()),
        Verb::After => tag.after(text, edit.kind()),
        Verb::Replace => tag.replace(text, edit.kind()),
        Verb::Remove => tag.remove(),
        Verb::Set => tag.set_name(text),
        _ => {}
    }
}

/// Adds handlers that make the changes of `edits`.
pub(super) fn listen(
    mut settings: Settings<'static, 'static>,
    wanted: &[Wanted],
    edits: &Edits,
) -> Result<Settings<'static, 'static>, SelectorError> {
    for each in wanted {
        match each {
            Wanted::Within {
                selector,
                element,
                comments,
                text,
            } => {
                let mut handlers = ElementContentHandlers::default();
                if *element {
                    let edits = edits.clone();
                    handlers = handlers
                        .element(move |element: &mut Element<'_, '_>| edits.element(element));
                }
                if *comments {
                    let edits = edits.clone();
                    handlers =
                        handlers.comments(move |comment: &mut Comment<'_>| edits.comment(comment));
                }
                if *text {
                    let edits = edits.clone();
                    handlers = handlers.text(move |text: &mut TextChunk<'_>| {
                        edits.text(text);
                        Ok(())
                    });
                }
                let pair = (std::borrow::Cow::Owned(selector.parse()?), handlers);
                settings = settings.append_element_content_handler(pair);
            }
            Wanted::Document {
                doctype,
                comments,
                text,
                end,
            } => {
                let wanted = [*doctype, *comments, *text, *end];
                settings = settings.append_document_content_handler(document(wanted, edits));
            }
        }
    }
    Ok(settings)
}

fn document(wanted: [bool; 4], edits: &Edits) -> DocumentContentHandlers<'static> {
    let mut handlers = DocumentContentHandlers::default();
    let [doctype, comments, text, end] = wanted;
    if doctype {
        let edits = edits.clone();
        handlers = handlers.doctype(move |_: &mut Doctype<'_>| {
            // nothing of it can be changed, but its call counts
            edits.next();
            Ok(())
        });
    }
    if comments {
        let edits = edits.clone();
        handlers = handlers.comments(move |comment: &mut Comment<'_>| edits.comment(comment));
    }
    if text {
        let edits = edits.clone();
        handlers = handlers.text(move |text: &mut TextChunk<'_>| {
            edits.text(text);
            Ok(())
        });
    }
    if end {
        let edits = edits.clone();
        handlers = handlers.end(move |end: &mut DocumentEnd<'_>| {
            edits.end(end);
            Ok(())
        });
    }
    handlers
}
