//! What the console knows and where its user stands: plain state, no terminal, no waiting.

use std::{collections::VecDeque, sync::Arc};

use ratatui::layout::{Position, Rect};
use tui_textarea::TextArea;

use super::{
    commands::Command, form::Form, logbook::Logbook, order::Column, palette::Palette, theme::Theme,
    tree::Tree,
};
use crate::control::{
    Verb,
    view::{Account, Details, LogRecord, NodeId, Overview, Row},
};

/// A screen of its own; its number is the key that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Objects,
    Logs,
}

impl Screen {
    /// Every screen there is, in the order of the tabs.
    pub const ALL: [Self; 2] = [Self::Objects, Self::Logs];

    /// Number of the tab and key.
    pub fn number(self) -> char {
        match self {
            Self::Objects => '1',
            Self::Logs => '4',
        }
    }

    /// Name on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Objects => "Objects",
            Self::Logs => "Logs",
        }
    }
}

/// The part of a screen that movement keys act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The table or list.
    Main,
    /// Details of the selected node, or the record in full.
    Side,
}

/// Something that lies over the screen and takes keys first; the last one is on top.
pub enum Layer {
    Welcome,
    Help,
    Messages,
    Palette(Palette),
    Confirm(Confirm),
    /// What a verb needs is being typed.
    Form(Form),
    /// The filter of the shown screen is being typed.
    Filter(TextArea<'static>),
}

/// A question before harm is done.
pub struct Confirm {
    pub question: String,
    /// What will happen, and what will not.
    pub consequences: Vec<String>,
    pub then: Then,
    /// When it was first drawn; keys count only after that, so that nothing typed ahead
    /// answers a question that nobody has read.
    pub drawn_at_ms: Option<u64>,
}

/// What follows a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Run { verb: Verb, label: String },
    Quit,
}

/// What the loop has to do for the model, since it takes a terminal or the world outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Starts a verb on the node that the user calls `label`.
    Run {
        verb: Verb,
        label: String,
    },
    /// Puts text on the clipboard.
    Copy(String),
    /// Shows an address in a browser, or copies it where there is none.
    Open(String),
    /// Draws every cell again.
    Redraw,
    Quit,
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Info,
    Good,
    Bad,
}

/// One message to the user; a toast for a while, then a line of the list.
#[derive(Clone, Debug)]
pub struct Message {
    pub at_ms: u64,
    pub tone: Tone,
    pub text: String,
    /// It shows elsewhere, so there is no toast of it.
    pub quiet: bool,
}

impl Message {
    /// When its toast goes away, milliseconds since the epoch.
    pub fn until_ms(&self) -> u64 {
        self.at_ms + if self.tone == Tone::Bad { 9_000 } else { 4_000 }
    }
}

/// Messages kept in the list.
const MESSAGES: usize = 200;

/// Something on the screen that a click can mean.
#[derive(Clone, Debug)]
pub enum Hit {
    Tab(Screen),
    Row(NodeId),
    /// The sign before a row that opens and closes it.
    Fold(NodeId),
    Head(Column),
    Record(u64),
    Command(&'static Command),
    Entry(usize),
    /// One of a form's choices.
    Choice(usize),
    /// Nothing by itself, but the wheel scrolls it.
    Pane(Pane),
    /// What lies below does not react.
    Cover,
}

/// What the last frame showed: where things were, and which node keys act on.
#[derive(Default)]
pub struct Drawn {
    /// The selected node as it was shown.
    pub selected: Option<NodeId>,
    /// Clickable places, those on top last.
    pub hits: Vec<(Rect, Hit)>,
    /// Lines of the main list, for page keys.
    pub page: usize,
    /// First line of the objects table.
    pub objects_top: usize,
    /// First record of the log list.
    pub logs_top: u64,
    /// Farthest that the side pane scrolls.
    pub side_end: usize,
    /// Farthest that the sheet on top (help, messages) scrolls.
    pub sheet_end: usize,
    /// Whether the side pane was there.
    pub side: bool,
}

impl Drawn {
    /// What is at a cell.
    pub fn hit(&self, at: Position) -> Option<&Hit> {
        self.hits
            .iter()
            .rev()
            .find(|(area, _)| area.contains(at))
            .map(|(_, hit)| hit)
    }
}

/// Time as the console shows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// Milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// Local time less universal time, seconds.
    pub offset_s: i32,
}

impl Clock {
    /// Milliseconds since local midnight of an instant.
    fn of_day(self, at_ms: u64) -> u64 {
        let local = at_ms as i64 + i64::from(self.offset_s) * 1000;
        local.rem_euclid(86_400_000) as u64
    }

    /// `21:04`
    pub fn minute(self, at_ms: u64) -> String {
        let s = self.of_day(at_ms) / 1000;
        format!("{:02}:{:02}", s / 3600, s / 60 % 60)
    }

    /// `21:04:07`
    pub fn second(self, at_ms: u64) -> String {
        let s = self.of_day(at_ms) / 1000;
        format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }

    /// `21:04:07.123`
    pub fn milli(self, at_ms: u64) -> String {
        format!("{}.{:03}", self.second(at_ms), self.of_day(at_ms) % 1000)
    }
}

/// Everything that a frame is drawn from.
pub struct Model {
    pub theme: Theme,
    pub clock: Clock,
    pub screen: Screen,
    pub focus: Pane,
    pub layers: Vec<Layer>,
    pub overview: Arc<Overview>,
    pub tree: Tree,
    pub details: Option<Details>,
    /// Money and versions of the selected node, once they have been read.
    pub account: Option<Account>,
    /// Newest log lines of the selected node, oldest first.
    pub tail: Vec<Arc<LogRecord>>,
    /// The details fill the screen.
    pub zoomed: bool,
    pub side_top: usize,
    pub logs: Logbook,
    /// The logs are those of the selected node only.
    pub logs_of_selected: bool,
    /// The record under the cursor is shown in full.
    pub record_open: bool,
    pub sheet_top: usize,
    pub messages: VecDeque<Message>,
    /// What is under way, by ticket.
    pub running: Vec<(u64, String)>,
    pub drawn: Drawn,
    /// The node that keys act on: the one that the user last chose or last saw selected, never
    /// one that slipped under the cursor since.
    pub aim: Option<NodeId>,
    pub effects: Vec<Effect>,
    /// The screen no longer shows what the model says.
    pub dirty: bool,
}

impl Model {
    /// A console that has seen nothing yet.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            clock: Clock::default(),
            screen: Screen::Objects,
            focus: Pane::Main,
            layers: Vec::new(),
            overview: Arc::default(),
            tree: Tree::default(),
            details: None,
            account: None,
            tail: Vec::new(),
            zoomed: false,
            side_top: 0,
            logs: Logbook::default(),
            logs_of_selected: false,
            record_open: false,
            sheet_top: 0,
            messages: VecDeque::new(),
            running: Vec::new(),
            drawn: Drawn::default(),
            aim: None,
            effects: Vec::new(),
            dirty: true,
        }
    }

    /// The node that verbs act on, if it is still there.
    pub fn target(&self) -> Option<&Row> {
        self.tree.row(self.aim.as_ref()?)
    }

    /// The address of the target's worker, or the front door.
    pub fn url(&self) -> Option<&str> {
        let of_worker = self
            .aim
            .as_ref()
            .and_then(|id| self.tree.path(id).first().copied())
            .and_then(|row| row.url.as_deref());
        of_worker.or_else(|| Some(&*self.overview.listen).filter(|listen| !listen.is_empty()))
    }

    /// Tells the user something.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.note(tone, text.into(), false);
    }

    /// Adds a message to the list; a quiet one is no toast.
    pub fn note(&mut self, tone: Tone, text: String, quiet: bool) {
        self.messages.push_back(Message {
            at_ms: self.clock.now_ms,
            tone,
            text,
            quiet,
        });
        if self.messages.len() > MESSAGES {
            self.messages.pop_front();
        }
        self.dirty = true;
    }

    /// Messages that still lie on the screen, the newest last.
    pub fn toasts(&self) -> impl DoubleEndedIterator<Item = &Message> {
        let now = self.clock.now_ms;
        self.messages
            .iter()
            .filter(move |message| message.until_ms() > now && !message.quiet)
    }

    /// When the screen changes by itself next, milliseconds since the epoch: a toast goes, or
    /// the clock shows another minute.
    pub fn next_change_ms(&self) -> u64 {
        let minute = (self.clock.now_ms / 60_000 + 1) * 60_000;
        self.toasts().map(Message::until_ms).fold(minute, Ord::min)
    }

    /// What the details of the selected node are needed for, if they show.
    pub fn wants_details(&self) -> Option<&NodeId> {
        (self.screen == Screen::Objects)
            .then(|| self.tree.selected())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_local() {
        let clock = Clock {
            now_ms: 0,
            offset_s: -3600,
        };
        assert_eq!(clock.minute(0), "23:00");
        let clock = Clock {
            now_ms: 0,
            offset_s: 2 * 3600,
        };
        assert_eq!(clock.milli(86_400_000 + 61_007), "02:01:01.007");
    }
}
