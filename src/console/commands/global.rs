//! What works on every screen.

use crossterm::event::KeyCode;
use tui_textarea::TextArea;

use super::{Command, Scope, always, layers::ask_to_quit};
use crate::console::{
    keys::Key,
    model::{Effect, Layer, Model, Pane, Screen, Then},
    palette::Palette,
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        id: "screen.objects",
        title: "objects",
        doc: "Shows workers, objects and facets.",
        keys: &[Key::char('1')],
        scope: Scope::Global,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| show(model, Screen::Objects),
    },
    Command {
        id: "screen.logs",
        title: "logs",
        doc: "Shows what workers and the host say.",
        keys: &[Key::char('4')],
        scope: Scope::Global,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| show(model, Screen::Logs),
    },
    Command {
        id: "filter.edit",
        title: "filter",
        doc: "Filters what is shown, as you type.",
        keys: &[Key::char('/')],
        scope: Scope::Global,
        hint: 50,
        harm: false,
        applies: |model| match model.zoomed && model.screen == Screen::Objects {
            true => Err("the details fill the screen: Esc brings the table back"),
            false => Ok(()),
        },
        action: edit_filter,
    },
    Command {
        id: "palette.open",
        title: "command",
        doc: "Finds any command or object by a few letters.",
        keys: &[Key::char(':')],
        scope: Scope::Global,
        hint: 33,
        harm: false,
        applies: always,
        action: |model| {
            let palette = Palette::open(model, true);
            model.layers.push(Layer::Palette(palette));
        },
    },
    Command {
        id: "palette.jump",
        title: "jump",
        doc: "Jumps to any worker, object or facet by a few letters.",
        keys: &[Key::ctrl('p')],
        scope: Scope::Global,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| {
            let palette = Palette::open(model, false);
            model.layers.push(Layer::Palette(palette));
        },
    },
    Command {
        id: "url.open",
        title: "open url",
        doc: "Opens the worker's address in a browser, or copies it where there is none.",
        keys: &[Key::char('o')],
        scope: Scope::Global,
        hint: 40,
        harm: false,
        applies: has_url,
        action: |model| {
            let url = model.url().map(str::to_owned);
            model.effects.extend(url.map(Effect::Open));
        },
    },
    Command {
        id: "url.copy",
        title: "copy url",
        doc: "Copies the worker's address, over ssh too.",
        keys: &[Key::char('y')],
        scope: Scope::Global,
        hint: 45,
        harm: false,
        applies: has_url,
        action: |model| {
            let url = model.url().map(str::to_owned);
            model.effects.extend(url.map(Effect::Copy));
        },
    },
    Command {
        id: "pane.next",
        title: "pane",
        doc: "Moves the focus to the other pane.",
        keys: &[Key::code(KeyCode::Tab), Key::code(KeyCode::BackTab)],
        scope: Scope::Global,
        hint: 65,
        harm: false,
        applies: |model| match model.drawn.side && !model.zoomed {
            true => Ok(()),
            false => Err("there is one pane only; Enter shows details"),
        },
        action: |model| {
            model.focus = match model.focus {
                Pane::Main => Pane::Side,
                Pane::Side => Pane::Main,
            };
        },
    },
    Command {
        id: "messages.show",
        title: "messages",
        doc: "Lists every message so far.",
        keys: &[Key::char('m')],
        scope: Scope::Global,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| {
            model.sheet_top = 0;
            model.layers.push(Layer::Messages);
        },
    },
    Command {
        id: "help.show",
        title: "help",
        doc: "Shows every key of this screen.",
        keys: &[Key::char('?'), Key::code(KeyCode::F(1))],
        scope: Scope::Global,
        hint: 255,
        harm: false,
        applies: always,
        action: |model| {
            model.sheet_top = 0;
            model.layers.push(Layer::Help);
        },
    },
    Command {
        id: "app.quit",
        title: "quit",
        doc: "Ends lapidary after asking.",
        keys: &[Key::char('q')],
        scope: Scope::Global,
        hint: 70,
        harm: true,
        applies: always,
        action: ask_to_quit,
    },
    Command {
        id: "app.interrupt",
        title: "quit",
        doc: "Asks to quit; pressed again it quits.",
        keys: &[Key::ctrl('c')],
        scope: Scope::Always,
        hint: 0,
        harm: true,
        applies: always,
        action: |model| {
            let asked = model.layers.iter().any(
                |layer| matches!(layer, Layer::Confirm(confirm) if confirm.then == Then::Quit),
            );
            if asked {
                model.effects.push(Effect::Quit);
            } else {
                ask_to_quit(model);
            }
        },
    },
    Command {
        id: "app.redraw",
        title: "redraw",
        doc: "Draws the whole screen again.",
        keys: &[Key::ctrl('l')],
        scope: Scope::Always,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| model.effects.push(Effect::Redraw),
    },
    Command {
        id: "app.back",
        title: "back",
        doc: "Goes back one step; never quits.",
        keys: &[Key::code(KeyCode::Esc)],
        scope: Scope::Always,
        hint: 20,
        harm: false,
        applies: |model| match back_step(model) {
            Some(_) => Ok(()),
            None => Err("this is the beginning; q quits"),
        },
        action: |model| {
            if let Some(step) = back_step(model) {
                step(model);
            }
        },
    },
];

fn has_url(model: &Model) -> Result<(), &'static str> {
    model
        .url()
        .map(drop)
        .ok_or("nothing listens yet, so there is no address")
}

/// Shows a screen, with the focus on its list.
pub(super) fn show(model: &mut Model, screen: Screen) {
    model.screen = screen;
    model.focus = Pane::Main;
    model.zoomed = false;
}

fn edit_filter(model: &mut Model) {
    let text = match model.screen {
        Screen::Objects => model.tree.filter().to_owned(),
        Screen::Logs => model.logs.filter().text.clone(),
    };
    let mut input = TextArea::new(vec![text]);
    input.move_cursor(tui_textarea::CursorMove::End);
    model.focus = Pane::Main;
    model.layers.push(Layer::Filter(input));
}

/// What Esc undoes now: the layer on top, then what was opened last on the screen.
fn back_step(model: &Model) -> Option<fn(&mut Model)> {
    match model.layers.last() {
        Some(Layer::Filter(_)) => {
            return Some(|model| {
                model.layers.pop();
                model.filter_typed("");
            });
        }
        Some(_) => return Some(|model| drop(model.layers.pop())),
        None => {}
    }
    let filtered = match model.screen {
        Screen::Objects => !model.tree.filter().is_empty(),
        Screen::Logs => !model.logs.filter().text.is_empty(),
    };
    if model.screen == Screen::Objects && model.zoomed {
        Some(|model| {
            model.zoomed = false;
            model.focus = Pane::Main;
        })
    } else if model.focus == Pane::Side {
        Some(|model| model.focus = Pane::Main)
    } else if model.screen == Screen::Logs && model.record_open {
        Some(|model| model.record_open = false)
    } else if filtered {
        Some(|model| model.filter_typed(""))
    } else if model.screen == Screen::Logs && model.logs.is_paused() {
        Some(|model| model.logs.follow())
    } else if model.screen == Screen::Logs && model.logs_of_selected {
        Some(|model| model.logs_of_selected = false)
    } else if model.screen != Screen::Objects {
        Some(|model| show(model, Screen::Objects))
    } else {
        None
    }
}
