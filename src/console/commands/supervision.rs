//! What an operator does to the selected node beyond killing and reloading it.

use super::{
    Command, Scope,
    objects::{in_memory_below, selected},
};
use crate::{
    console::{
        form::{Ask, Form, budget_line},
        keys::Key,
        model::{Confirm, Effect, Layer, Model, Then},
        view,
    },
    control::{
        Verb,
        view::{NodeId, NodeKind, State},
    },
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        id: "object.pause",
        title: "pause/resume",
        doc: "Lets nothing of the selected node run, or lets it go on; requests wait a while.",
        keys: &[Key::char('p')],
        scope: Scope::Objects,
        hint: 28,
        harm: false,
        applies: selected,
        action: pause_or_resume,
    },
    Command {
        id: "object.pause-because",
        title: "pause because",
        doc: "Pauses the selected node, and tells its callers why.",
        keys: &[Key::char('P')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: selected,
        action: |model| {
            ask(
                model,
                Ask::PauseBecause,
                "Pause",
                &[
                    "Nothing of it runs until it is resumed with p.",
                    "What callers are told:",
                ],
            );
        },
    },
    Command {
        id: "object.hibernate",
        title: "hibernate",
        doc: "Lets what has nothing to do leave memory now.",
        keys: &[Key::char('z')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: |model| {
            selected(model)?;
            match model.target().map(|row| in_memory_below(model, row)) {
                Some(0) => Err("nothing of it is in memory"),
                _ => Ok(()),
            }
        },
        action: |model| run(model, Verb::Hibernate),
    },
    Command {
        id: "object.limit",
        title: "limit",
        doc: "Sets a limit of the selected node and all below it, or removes it there.",
        keys: &[Key::char('i')],
        scope: Scope::Objects,
        hint: 61,
        harm: false,
        applies: selected,
        action: |model| {
            ask(
                model,
                Ask::Limit,
                "Limit",
                &["limit value [action], or limit none; it holds at once, below it too."],
            );
        },
    },
    Command {
        id: "object.budget",
        title: "budget",
        doc: "Sets what the selected node and all below it may spend in a day or month.",
        keys: &[Key::char('b')],
        scope: Scope::Objects,
        hint: 62,
        harm: false,
        applies: selected,
        action: |model| {
            ask(
                model,
                Ask::Budget,
                "Budget of",
                &["day sum, month sum, and what happens then; or none."],
            );
        },
    },
    Command {
        id: "object.fork",
        title: "fork",
        doc: "Copies the selected object or facet with its data under a new name.",
        keys: &[Key::char('f')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: one,
        action: |model| {
            ask(
                model,
                Ask::Fork,
                "Fork",
                &["It goes on; the copy has its data.", "Name of the copy:"],
            );
        },
    },
    Command {
        id: "object.rename",
        title: "rename",
        doc: "Gives the selected object or facet another name; its data goes along.",
        keys: &[Key::char('n')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: one,
        action: |model| {
            ask(
                model,
                Ask::Rename,
                "Rename",
                &[
                    "Its data goes along. Who asks for the old name gets a new one.",
                    "New name:",
                ],
            );
        },
    },
    Command {
        id: "object.delete",
        title: "delete",
        doc: "Removes the selected node with its databases, after its name was typed.",
        keys: &[Key::char('D')],
        scope: Scope::Objects,
        hint: 0,
        harm: true,
        applies: selected,
        action: |model| {
            let what = match model.target().map(|row| row.kind) {
                Some(NodeKind::Worker | NodeKind::Namespace) => {
                    "Every object below it goes, with its databases."
                }
                _ => "It goes, with its databases and all facets inside it.",
            };
            let label = model.target().map(|row| row.label.to_string());
            let confirm = format!("Type {} to confirm:", label.unwrap_or_default());
            let about = [what, "This cannot be undone.", &confirm];
            ask(model, Ask::Delete, "▲ Delete", &about);
        },
    },
    Command {
        id: "code.use",
        title: "use version",
        doc: "Runs a version of the code that was brought before, in all that run the same worker.",
        keys: &[Key::char('v')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: |model| {
            selected(model)?;
            match model.target().map(|row| row.kind) {
                Some(NodeKind::Namespace) => Err("a class has the versions of its worker"),
                _ => Ok(()),
            }
        },
        action: |model| {
            ask(
                model,
                Ask::UseVersion,
                "Version of",
                &[
                    "All that run the same worker change to it; data stays.",
                    "First digits of the version:",
                ],
            );
        },
    },
    Command {
        id: "code.release",
        title: "release version",
        doc: "Runs again what the supervising class loads, in place of what an operator put there.",
        keys: &[Key::char('V')],
        scope: Scope::Objects,
        hint: 0,
        harm: true,
        applies: one,
        action: ask_to_release,
    },
];

/// An object or facet is selected.
fn one(model: &Model) -> Result<(), &'static str> {
    selected(model)?;
    match model.target().map(|row| row.kind) {
        Some(NodeKind::Worker | NodeKind::Namespace) => Err("it is for objects and facets"),
        _ => Ok(()),
    }
}

fn run(model: &mut Model, verb: fn(NodeId) -> Verb) {
    if let Some(row) = model.target() {
        let effect = Effect::Run {
            verb: verb(row.id.clone()),
            label: row.label.to_string(),
        };
        model.effects.push(effect);
    }
}

fn pause_or_resume(model: &mut Model) {
    match model.target().map(|row| row.state) {
        Some(State::Paused) => run(model, Verb::Resume),
        _ => run(model, |node| Verb::Pause {
            node,
            reason: None,
            wait_s: None,
        }),
    }
}

/// Asks for what a verb needs besides the target.
fn ask(model: &mut Model, ask: Ask, what: &str, about: &[&str]) {
    let Some(row) = model.target() else {
        return;
    };
    let details = model.details.as_ref().filter(|it| it.id == row.id);
    let typed = match ask {
        Ask::Rename => row.label.to_string(),
        Ask::Budget => details.map_or_else(String::new, |it| budget_line(&it.id, &it.budgets)),
        _ => String::new(),
    };
    let mut form = Form::new(ask, row.id.clone(), &row.label, &typed);
    form.title = format!("{what} {} {}", view::kind_word(row.kind), row.label);
    form.about = about.iter().map(ToString::to_string).collect();
    model.layers.push(Layer::Form(form));
}

fn ask_to_release(model: &mut Model) {
    let Some(row) = model.target() else {
        return;
    };
    let confirm = Confirm {
        question: format!("Release the code of {}?", row.label),
        consequences: vec![
            "What the supervising class loads runs again, in all that run the same worker.".into(),
            "The operator's version stays in the list of versions. All data stays.".into(),
        ],
        then: Then::Run {
            verb: Verb::Release(row.id.clone()),
            label: row.label.to_string(),
        },
        drawn_at_ms: None,
    };
    model.layers.push(Layer::Confirm(confirm));
}
