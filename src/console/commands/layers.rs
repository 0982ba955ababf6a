//! What works in things that lie over a screen.

use crossterm::event::KeyCode;

use super::{Command, Motion, Scope, always, global::show, move_by};
use crate::console::{
    form::{Choice, Form, Sent},
    keys::Key,
    model::{Confirm, Effect, Layer, Model, Pane, Screen, Then, Tone},
    palette::Goal,
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        id: "confirm.yes",
        title: "yes",
        doc: "Does what was asked.",
        keys: &[Key::char('y')],
        scope: Scope::Confirm,
        hint: 1,
        harm: false,
        applies: always,
        action: |model| {
            if let Some(Layer::Confirm(confirm)) = model.layers.pop() {
                model.effects.push(match confirm.then {
                    Then::Run { verb, label } => Effect::Run { verb, label },
                    Then::Quit => Effect::Quit,
                });
            }
        },
    },
    Command {
        id: "confirm.no",
        title: "no",
        doc: "Leaves everything as it is.",
        keys: &[Key::char('n'), Key::char('q')],
        scope: Scope::Confirm,
        hint: 2,
        harm: false,
        applies: always,
        action: |model| drop(model.layers.pop()),
    },
    Command {
        id: "welcome.close",
        title: "start",
        doc: "Closes the welcome.",
        keys: &[Key::code(KeyCode::Enter)],
        scope: Scope::Welcome,
        hint: 1,
        harm: false,
        applies: always,
        action: |model| drop(model.layers.pop()),
    },
    Command {
        id: "sheet.close",
        title: "close",
        doc: "Closes this sheet.",
        keys: &[
            Key::char('q'),
            Key::char('?'),
            Key::char('m'),
            Key::code(KeyCode::Enter),
        ],
        scope: Scope::Sheet,
        hint: 1,
        harm: false,
        applies: always,
        action: |model| drop(model.layers.pop()),
    },
    Command {
        id: "palette.choose",
        title: "choose",
        doc: "Does the chosen command, or jumps to the chosen object.",
        keys: &[Key::code(KeyCode::Enter)],
        scope: Scope::Palette,
        hint: 1,
        harm: false,
        applies: always,
        action: choose,
    },
    Command {
        id: "palette.up",
        title: "up",
        doc: "Goes one entry up.",
        keys: &[Key::code(KeyCode::Up), Key::ctrl('p')],
        scope: Scope::Palette,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| move_by(model, model.screen, Pane::Main, Motion::Lines(-1)),
    },
    Command {
        id: "palette.down",
        title: "down",
        doc: "Goes one entry down.",
        keys: &[Key::code(KeyCode::Down), Key::ctrl('n')],
        scope: Scope::Palette,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| move_by(model, model.screen, Pane::Main, Motion::Lines(1)),
    },
    Command {
        id: "form.send",
        title: "do it",
        doc: "Does what was asked for with what is typed.",
        keys: &[Key::code(KeyCode::Enter)],
        scope: Scope::Form,
        hint: 1,
        harm: false,
        applies: always,
        action: send,
    },
    Command {
        id: "form.complete",
        title: "complete",
        doc: "Puts the marked choice in the place of the last word.",
        keys: &[Key::code(KeyCode::Tab)],
        scope: Scope::Form,
        hint: 2,
        harm: false,
        applies: |model| match choices(model).is_empty() {
            true => Err("nothing completes this"),
            false => Ok(()),
        },
        action: complete,
    },
    Command {
        id: "form.up",
        title: "up",
        doc: "Marks the choice above.",
        keys: &[Key::code(KeyCode::Up), Key::ctrl('p')],
        scope: Scope::Form,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| mark(model, Motion::Lines(-1)),
    },
    Command {
        id: "form.down",
        title: "down",
        doc: "Marks the choice below.",
        keys: &[Key::code(KeyCode::Down), Key::ctrl('n')],
        scope: Scope::Form,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| mark(model, Motion::Lines(1)),
    },
    Command {
        id: "filter.keep",
        title: "keep",
        doc: "Keeps the filter and goes back to the list.",
        keys: &[Key::code(KeyCode::Enter), Key::code(KeyCode::Tab)],
        scope: Scope::Filter,
        hint: 1,
        harm: false,
        applies: always,
        action: |model| drop(model.layers.pop()),
    },
    Command {
        id: "filter.up",
        title: "up",
        doc: "Goes one line up while typing.",
        keys: &[Key::code(KeyCode::Up)],
        scope: Scope::Filter,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| move_by(model, model.screen, Pane::Main, Motion::Lines(-1)),
    },
    Command {
        id: "filter.down",
        title: "down",
        doc: "Goes one line down while typing.",
        keys: &[Key::code(KeyCode::Down)],
        scope: Scope::Filter,
        hint: 0,
        harm: false,
        applies: always,
        action: |model| move_by(model, model.screen, Pane::Main, Motion::Lines(1)),
    },
];

/// Asks before the whole program ends.
pub(super) fn ask_to_quit(model: &mut Model) {
    let live = u64::from(model.overview.totals.live);
    let running = match live {
        0 => "No object is in memory; nothing is interrupted.".to_owned(),
        1 => "1 live object stops; its data stays.".to_owned(),
        n => format!("{n} live objects stop; their data stays."),
    };
    model.layers.push(Layer::Confirm(Confirm {
        question: "Quit lapidary?".into(),
        consequences: vec![running, "Nothing answers until it is started again.".into()],
        then: Then::Quit,
        drawn_at_ms: None,
    }));
}

fn form(model: &mut Model) -> Option<&mut Form> {
    match model.layers.last_mut() {
        Some(Layer::Form(form)) if form.sent == Sent::Not => Some(form),
        _ => None,
    }
}

/// What may complete the form on top.
fn choices(model: &Model) -> Vec<Choice> {
    match model.layers.last() {
        Some(Layer::Form(form)) => form.choices(model.details.as_ref(), model.account.as_ref()),
        _ => Vec::new(),
    }
}

fn send(model: &mut Model) {
    let Some(form) = form(model) else {
        return;
    };
    match form.verb() {
        Err(why) => form.error = Some(why),
        Ok(verb) => {
            form.error = None;
            form.sent = Sent::Asked;
            let label = form.label.clone();
            model.effects.push(Effect::Run { verb, label });
        }
    }
}

/// Completes the last word of the form on top.
pub fn complete(model: &mut Model) {
    let choices = choices(model);
    if let Some(form) = form(model)
        && let Some(choice) = choices.get(form.cursor.min(choices.len().saturating_sub(1)))
    {
        form.complete(choice);
    }
}

fn mark(model: &mut Model, motion: Motion) {
    let end = choices(model).len().saturating_sub(1);
    if let Some(form) = form(model) {
        form.cursor = motion.from(form.cursor, end, 1);
    }
}

fn choose(model: &mut Model) {
    let Some(Layer::Palette(palette)) = model.layers.last() else {
        return;
    };
    let Some(entry) = palette.entries.get(palette.cursor).cloned() else {
        return;
    };
    if let Some(why) = entry.why_not {
        model.say(Tone::Info, format!("{}: {why}", entry.title));
        return;
    }
    model.layers.pop();
    match entry.goal {
        Goal::Command(command) => model.run_command(command),
        Goal::Node(id) => {
            show(model, Screen::Objects);
            model.choose(&id);
        }
    }
}
