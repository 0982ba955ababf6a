//! How the model changes: by a key, the mouse, a paste, or something that the host reports.

use std::sync::Arc;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;
use tui_textarea::TextArea;

use super::{
    commands::{self, Command, Motion, fold, move_by},
    form::Sent,
    keys::Key,
    logbook::Filter,
    model::{Drawn, Hit, Layer, Model, Pane, Screen, Tone},
    names,
    order::Sort,
};
use crate::control::{
    Outcome, Refused,
    view::{Account, Details, LogRecord, NodeId, Overview},
};

/// How long a question must have been on the screen before a key may answer it: less than anyone
/// needs to read it, more than the keys of a paste take to arrive.
const READ_MS: u64 = 250;

impl Model {
    /// Takes in something that happened at the terminal.
    pub fn event(&mut self, event: Event) {
        match event {
            Event::Key(key) => self.key(&key),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Paste(text) => self.paste(&text),
            Event::Resize(..) => self.dirty = true,
            Event::FocusGained | Event::FocusLost => {}
        }
        self.settle();
    }

    /// Takes a new picture of the tree.
    pub fn set_overview(&mut self, overview: Arc<Overview>) {
        self.tree.set_rows(overview.rows.clone());
        self.overview = overview;
        self.dirty = true;
        self.settle();
    }

    /// Takes what was asked for by [`Model::wants_details`].
    pub fn set_details(&mut self, details: Option<Details>, tail: Vec<Arc<LogRecord>>) {
        self.details = details;
        self.tail = tail;
        self.dirty = true;
    }

    /// Takes what was read of a node's money and versions.
    pub fn set_account(&mut self, outcome: Result<Account, Refused>) {
        match outcome {
            Ok(account) if self.account.as_ref() == Some(&account) => {}
            Ok(account) => {
                self.account = Some(account);
                self.dirty = true;
            }
            // said once, however often it is tried
            Err(Refused(why)) => {
                if self.messages.back().is_none_or(|last| last.text != why) {
                    self.say(Tone::Bad, why);
                }
            }
        }
    }

    /// A verb was started under `ticket`.
    pub fn started(&mut self, ticket: u64, what: String) {
        if let Some(Layer::Form(form)) = self.layers.last_mut()
            && form.sent == Sent::Asked
        {
            form.sent = Sent::UnderWay(ticket);
        }
        self.running.push((ticket, what));
        self.dirty = true;
    }

    /// The verb of `ticket` came to an end; `None` when the host went away meanwhile.
    pub fn finished(&mut self, ticket: u64, outcome: Option<Outcome>) {
        let what = self
            .running
            .iter()
            .position(|(t, _)| *t == ticket)
            .map(|at| self.running.remove(at).1)
            .unwrap_or_default();
        // Before the next picture, in which what it was about may be gone.
        let name = |text: &str| names::named(text, &self.tree).into_owned();
        let outcome = outcome.map(|outcome| match outcome {
            Ok(said) => Ok(name(&said)),
            Err(Refused(why)) => Err(Refused(name(&why))),
        });
        let form = self.layers.iter().position(
            |layer| matches!(layer, Layer::Form(form) if form.sent == Sent::UnderWay(ticket)),
        );
        match (&outcome, form) {
            (Some(Err(refused)), Some(at)) => {
                if let Layer::Form(form) = &mut self.layers[at] {
                    form.sent = Sent::Not;
                    form.error = Some(refused.to_string());
                }
            }
            (_, Some(at)) => drop(self.layers.remove(at)),
            (_, None) => {}
        }
        match outcome {
            Some(Ok(said)) => self.say(Tone::Good, said),
            Some(Err(refused)) => self.note(Tone::Bad, refused.to_string(), form.is_some()),
            None => self.say(
                Tone::Bad,
                format!("{what}: the host went away before it answered"),
            ),
        }
    }

    /// Remembers what the frame showed: from now on keys act on that.
    pub fn drawn(&mut self, drawn: Drawn) {
        self.aim.clone_from(&drawn.selected);
        if !drawn.side && !self.zoomed && self.focus == Pane::Side {
            self.focus = Pane::Main;
        }
        let question = match self.layers.last_mut() {
            Some(Layer::Confirm(confirm)) => Some(&mut confirm.drawn_at_ms),
            Some(Layer::Form(form)) => Some(&mut form.drawn_at_ms),
            _ => None,
        };
        if let Some(drawn_at_ms) = question {
            drawn_at_ms.get_or_insert(self.clock.now_ms);
        }
        self.drawn = drawn;
        self.dirty = false;
    }

    /// Does a command, or says why it cannot be done now.
    pub fn run_command(&mut self, command: &'static Command) {
        match (command.applies)(self) {
            Ok(()) => (command.action)(self),
            Err(why) => self.say(Tone::Info, format!("{}: {why}", command.title)),
        }
    }

    /// Selects the node on a line of the table, by the user's own hand.
    pub fn choose_line(&mut self, line: usize) {
        self.tree.select_line(line);
        self.aim = self.tree.selected().cloned();
        self.side_top = 0;
    }

    /// Selects a node by the user's own hand. False when it is gone.
    pub fn choose(&mut self, id: &NodeId) -> bool {
        let there = self.tree.select(id);
        if there {
            self.aim = Some(id.clone());
            self.side_top = 0;
        }
        there
    }

    /// The filter of the shown screen is now `text`.
    pub fn filter_typed(&mut self, text: &str) {
        match self.screen {
            Screen::Objects => {
                self.tree.set_filter(text);
                self.aim = self.tree.selected().cloned();
            }
            Screen::Logs => {
                let filter = Filter {
                    text: text.to_lowercase(),
                    ..self.logs.filter().clone()
                };
                self.logs.set_filter(filter);
            }
        }
    }

    fn key(&mut self, event: &KeyEvent) {
        if event.kind == KeyEventKind::Release {
            return;
        }
        self.dirty = true;
        if self.is_unread_question() {
            return;
        }
        let command = Key::of(event).and_then(|key| commands::for_key(self, key));
        match command {
            Some(command)
                if event.kind == KeyEventKind::Repeat
                    && (command.harm || command.id == "form.send") => {}
            Some(command) => {
                if matches!(self.layers.last(), Some(Layer::Welcome))
                    && !matches!(
                        command.scope,
                        commands::Scope::Welcome | commands::Scope::Always
                    )
                {
                    self.layers.pop();
                }
                self.run_command(command);
            }
            None => self.type_into(|input| {
                if !matches!(event.code, KeyCode::Enter | KeyCode::Tab) && !is_newline(event) {
                    input.input(*event);
                }
            }),
        }
    }

    /// True while a question is on top that nobody can have read yet.
    fn is_unread_question(&self) -> bool {
        let drawn_at_ms = match self.layers.last() {
            Some(Layer::Confirm(confirm)) => Some(confirm.drawn_at_ms),
            Some(Layer::Form(form)) if form.is_harm() => Some(form.drawn_at_ms),
            _ => None,
        };
        drawn_at_ms.is_some_and(|at| at.is_none_or(|at| self.clock.now_ms < at + READ_MS))
    }

    /// A paste is text and never keys, so it can answer no question.
    fn paste(&mut self, text: &str) {
        let line = super::text::safe(text).trim().to_owned();
        self.dirty = true;
        if matches!(self.layers.last(), Some(Layer::Form(form)) if form.is_harm()) {
            return;
        }
        self.type_into(|input| {
            input.insert_str(line);
        });
    }

    /// Changes the text field on top, if there is one, and what hangs on it.
    fn type_into(&mut self, change: impl FnOnce(&mut TextArea<'static>)) {
        match self.layers.pop() {
            Some(Layer::Filter(mut input)) => {
                change(&mut input);
                let text = input.lines().first().cloned().unwrap_or_default();
                self.layers.push(Layer::Filter(input));
                self.filter_typed(&text);
            }
            Some(Layer::Palette(mut palette)) => {
                change(&mut palette.input);
                palette.cursor = 0;
                palette.refresh(self);
                self.layers.push(Layer::Palette(palette));
            }
            Some(Layer::Form(mut form)) => {
                if form.sent == Sent::Not {
                    change(&mut form.input);
                    form.changed();
                }
                self.layers.push(Layer::Form(form));
            }
            other => self.layers.extend(other),
        }
    }

    fn mouse(&mut self, event: MouseEvent) {
        let at = Position::new(event.column, event.row);
        let hit = self.drawn.hit(at).cloned();
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(hit) = hit {
                    self.click(hit);
                    self.dirty = true;
                }
            }
            MouseEventKind::ScrollUp => self.wheel(hit, -3),
            MouseEventKind::ScrollDown => self.wheel(hit, 3),
            _ => {}
        }
    }

    fn wheel(&mut self, hit: Option<Hit>, lines: i64) {
        self.dirty = true;
        let pane = match hit {
            Some(Hit::Pane(pane)) => pane,
            Some(Hit::Cover | Hit::Entry(_) | Hit::Choice(_)) | None => self.focus,
            Some(_) => Pane::Main,
        };
        if !matches!(
            self.layers.last(),
            Some(Layer::Confirm(_) | Layer::Welcome | Layer::Form(_))
        ) {
            move_by(self, self.screen, pane, Motion::Lines(lines));
        }
    }

    fn click(&mut self, hit: Hit) {
        match hit {
            Hit::Tab(screen) => {
                let command = commands::for_key(self, Key::char(screen.number()));
                if let Some(command) = command {
                    self.run_command(command);
                }
            }
            Hit::Row(id) => {
                self.focus = Pane::Main;
                self.choose(&id);
            }
            Hit::Fold(id) => {
                self.focus = Pane::Main;
                if self.choose(&id) {
                    fold(self);
                }
            }
            Hit::Head(column) => {
                let sort = match self.tree.sort() {
                    Some(sort) if sort.column == column => Sort {
                        descending: !sort.descending,
                        ..sort
                    },
                    _ => Sort::by(column),
                };
                self.tree.set_sort(Some(sort));
            }
            Hit::Record(seq) => {
                self.focus = Pane::Main;
                self.logs.stop_at(self.logs.position(seq));
            }
            Hit::Command(command) => {
                if !self.is_unread_question() {
                    self.run_command(command);
                }
            }
            Hit::Entry(index) => {
                if let Some(Layer::Palette(palette)) = self.layers.last_mut() {
                    palette.cursor = index;
                    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
                    self.key(&enter);
                }
            }
            Hit::Choice(index) => {
                if let Some(Layer::Form(form)) = self.layers.last_mut() {
                    form.cursor = index;
                    commands::complete(self);
                }
            }
            Hit::Pane(pane) => self.focus = pane,
            Hit::Cover => {}
        }
    }

    /// Keeps together what hangs together, after every change.
    pub fn settle(&mut self) {
        if self.screen == Screen::Logs {
            let node = self
                .logs_of_selected
                .then(|| self.tree.selected().cloned())
                .flatten();
            if self.logs.filter().node != node {
                let filter = self.logs.filter().clone();
                self.logs.set_filter(Filter { node, ..filter });
            }
        }
    }
}

/// Control keys that a text area takes for a line end.
fn is_newline(event: &KeyEvent) -> bool {
    event.modifiers.contains(KeyModifiers::CONTROL)
        && matches!(event.code, KeyCode::Char('m' | 'j'))
}
