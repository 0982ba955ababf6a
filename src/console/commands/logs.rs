//! What works on the log screen.

use crossterm::event::KeyCode;

use super::{Command, Scope, always, global::show};
use crate::{
    console::{
        keys::Key,
        logbook::Filter,
        model::{Model, Pane, Screen, Tone},
    },
    control::view::Level,
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        id: "logs.pause",
        title: "pause/follow",
        doc: "Stands still without losing anything, or follows the newest record again.",
        keys: &[Key::char(' ')],
        scope: Scope::Logs,
        hint: 10,
        harm: false,
        applies: has_records,
        action: |model| match model.logs.is_paused() {
            true => model.logs.follow(),
            false => model.logs.stop_at(model.logs.cursor()),
        },
    },
    Command {
        id: "logs.follow",
        title: "follow",
        doc: "Goes to the newest record and stays there.",
        keys: &[Key::char('f')],
        scope: Scope::Logs,
        hint: 0,
        harm: false,
        applies: |model| match model.logs.is_paused() {
            true => Ok(()),
            false => Err("it follows already"),
        },
        action: |model| model.logs.follow(),
    },
    Command {
        id: "logs.record",
        title: "whole record",
        doc: "Shows the record under the cursor in full, or hides it.",
        keys: &[Key::code(KeyCode::Enter)],
        scope: Scope::Logs,
        hint: 15,
        harm: false,
        applies: has_records,
        action: |model| {
            model.record_open = !model.record_open;
            model.side_top = 0;
            if model.record_open {
                // Or it would change while it is read.
                model.logs.stop_at(model.logs.cursor());
            } else {
                model.focus = Pane::Main;
            }
        },
    },
    Command {
        id: "logs.level",
        title: "level",
        doc: "Hides the least loud level, then the next; after errors only, all show again.",
        keys: &[Key::char('v')],
        scope: Scope::Logs,
        hint: 25,
        harm: false,
        applies: always,
        action: |model| {
            let level = match model.logs.filter().level {
                Level::Debug => Level::Info,
                Level::Info => Level::Warn,
                Level::Warn => Level::Error,
                Level::Error => Level::Debug,
            };
            let filter = model.logs.filter().clone();
            model.logs.set_filter(Filter { level, ..filter });
        },
    },
    Command {
        id: "logs.scope",
        title: "all/selected",
        doc: "Changes between all records and those of the selected node.",
        keys: &[Key::char('a')],
        scope: Scope::Logs,
        hint: 30,
        harm: false,
        applies: |model| match model.logs_of_selected || model.tree.selected().is_some() {
            true => Ok(()),
            false => Err("nothing is selected on the objects screen"),
        },
        action: |model| model.logs_of_selected = !model.logs_of_selected,
    },
    Command {
        id: "logs.jump",
        title: "to object",
        doc: "Shows the object that the record under the cursor is about.",
        keys: &[Key::char('J')],
        scope: Scope::Logs,
        hint: 35,
        harm: false,
        applies: has_records,
        action: |model| {
            let Some(node) = model.logs.current().map(|record| record.node.clone()) else {
                return;
            };
            if model.choose(&node) {
                show(model, Screen::Objects);
            } else {
                model.say(Tone::Info, "that object is no longer listed");
            }
        },
    },
    Command {
        id: "logs.clear",
        title: "show all",
        doc: "Drops every filter.",
        keys: &[Key::char('c')],
        scope: Scope::Logs,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| {
            model.logs_of_selected = false;
            model.logs.set_filter(Filter {
                node: None,
                level: Level::Debug,
                text: String::new(),
            });
        },
    },
];

fn has_records(model: &Model) -> Result<(), &'static str> {
    match model.logs.len() {
        0 => Err("there is no record"),
        _ => Ok(()),
    }
}
