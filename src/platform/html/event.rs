//! The first parser: notes which handler would be called with what.

use std::{ops::Range, sync::Arc};

use lol_html::{
    errors::SelectorError,
    html_content::{Comment, Doctype, DocumentEnd, EndTag, TextChunk},
    send::{DocumentContentHandlers, Element, ElementContentHandlers, Settings},
};
use parking_lot::Mutex;

use super::Wanted;

/// One call of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which handler; an end tag has the number of its element's first one.
    pub handler: u32,
    /// The token's number; calls one after the other may share a token.
    pub token: u64,
    /// The token, as it stands in the document.
    pub content: Content,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The same token as in the event before.
    Again,
    /// A start tag.
    Element {
        name: String,
        attributes: Vec<(String, String)>,
        namespace: &'static str,
        /// Whether there may be an end tag.
        open: bool,
    },
    /// Part of a text node.
    Text { text: String, last: bool },
    /// A comment.
    Comment(String),
    /// The document's type.
    Doctype {
        name: Option<String>,
        public: Option<String>,
        system: Option<String>,
    },
    /// The end tag of the element with the token number `element`.
    EndTag { element: u64, name: String },
    /// The end of the document.
    End,
}

/// The kind of end tags, for [`Events::note`].
const END_TAG: u8 = 1;

#[derive(Default)]
struct Seen {
    events: Vec<Event>,
    last: u64,
    /// Kind and place of the last token, to know it again.
    at: Option<(u8, Range<usize>)>,
}

/// What has been seen since the last [`Events::take`].
#[derive(Clone, Default)]
pub(super) struct Events(Arc<Mutex<Seen>>);

impl Events {
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().events)
    }

    /// Notes a call; its token's number, and whether the token is a new one.
    fn note(
        &self,
        handler: u32,
        kind: u8,
        at: Range<usize>,
        content: impl FnOnce() -> Content,
    ) -> (u64, bool) {
        let mut seen = self.0.lock();
        let place = Some((kind, at));
        // one end tag may end several elements, and is another token for each
        let is_new = kind == END_TAG || seen.at != place;
        if is_new {
            seen.at = place;
            seen.last += 1;
        }
        let token = seen.last;
        let content = if is_new { content() } else { Content::Again };
        seen.events.push(Event {
            handler,
            token,
            content,
        });
        (token, is_new)
    }

    fn element(&self, handler: u32, element: &mut Element<'_, '_>) {
        let open = element.can_have_content();
        let (token, is_new) = self.note(handler, 0, element.source_location().bytes(), || {
            Content::Element {
                name: element.tag_name(),
                attributes: element
                    .attributes()
                    .iter()
                    .map(|attribute| (attribute.name(), attribute.value()))
                    .collect(),
                namespace: element.namespace_uri(),
                open,
            }
        });
        if let Some(handlers) = element.end_tag_handlers().filter(|_| is_new) {
            let events = self.clone();
            handlers.push(Box::new(move |tag: &mut EndTag<'_>| {
                let at = tag.source_location().bytes();
                events.note(handler, END_TAG, at, || Content::EndTag {
                    element: token,
                    name: tag.name(),
                });
                Ok(())
            }));
        }
    }

    fn text(&self, handler: u32, text: &TextChunk<'_>) {
        self.note(handler, 2, text.source_location().bytes(), || {
            Content::Text {
                text: text.as_str().into(),
                last: text.last_in_text_node(),
            }
        });
    }

    fn comment(&self, handler: u32, comment: &Comment<'_>) {
        self.note(handler, 3, comment.source_location().bytes(), || {
            Content::Comment(comment.text())
        });
    }

    fn doctype(&self, handler: u32, doctype: &Doctype<'_>) {
        self.note(handler, 4, doctype.source_location().bytes(), || {
            Content::Doctype {
                name: doctype.name(),
                public: doctype.public_id(),
                system: doctype.system_id(),
            }
        });
    }
}

/// Gives `next` numbers to the handlers that are wanted.
fn number(wanted: bool, next: &mut u32) -> Option<u32> {
    let number = *next;
    wanted.then(|| {
        *next += 1;
        number
    })
}

/// Adds handlers that note their calls in `events`.
pub(super) fn listen(
    mut settings: Settings<'static, 'static>,
    wanted: &[Wanted],
    events: &Events,
) -> Result<Settings<'static, 'static>, SelectorError> {
    let mut next = 0;
    for each in wanted {
        match each {
            Wanted::Within {
                selector,
                element,
                comments,
                text,
            } => {
                let mut handlers = ElementContentHandlers::default();
                if let Some(n) = number(*element, &mut next) {
                    let events = events.clone();
                    handlers = handlers.element(move |element: &mut Element<'_, '_>| {
                        events.element(n, element);
                        Ok(())
                    });
                }
                if let Some(n) = number(*comments, &mut next) {
                    let events = events.clone();
                    handlers = handlers.comments(move |comment: &mut Comment<'_>| {
                        events.comment(n, comment);
                        Ok(())
                    });
                }
                if let Some(n) = number(*text, &mut next) {
                    let events = events.clone();
                    handlers = handlers.text(move |text: &mut TextChunk<'_>| {
                        events.text(n, text);
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
                let numbers = [doctype, comments, text, end].map(|want| number(*want, &mut next));
                settings = settings.append_document_content_handler(document(numbers, events));
            }
        }
    }
    Ok(settings)
}

fn document(numbers: [Option<u32>; 4], events: &Events) -> DocumentContentHandlers<'static> {
    let mut handlers = DocumentContentHandlers::default();
    let [doctype, comments, text, end] = numbers;
    if let Some(n) = doctype {
        let events = events.clone();
        handlers = handlers.doctype(move |doctype: &mut Doctype<'_>| {
            events.doctype(n, doctype);
            Ok(())
        });
    }
    if let Some(n) = comments {
        let events = events.clone();
        handlers = handlers.comments(move |comment: &mut Comment<'_>| {
            events.comment(n, comment);
            Ok(())
        });
    }
    if let Some(n) = text {
        let events = events.clone();
        handlers = handlers.text(move |text: &mut TextChunk<'_>| {
            events.text(n, text);
            Ok(())
        });
    }
    if let Some(n) = end {
        let events = events.clone();
        handlers = handlers.end(move |_: &mut DocumentEnd<'_>| {
            events.note(n, 5, 0..0, || Content::End);
            Ok(())
        });
    }
    handlers
}
