//! What works on the objects screen.

use crossterm::event::KeyCode;

use super::{Command, Motion, Scope, global::show, move_by};
use crate::{
    console::{
        keys::Key,
        model::{Confirm, Effect, Layer, Model, Pane, Screen, Then},
        order::{Column, Sort},
        text, view,
    },
    control::{
        Verb,
        view::{NodeKind, Row, State},
    },
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        id: "details.open",
        title: "details",
        doc: "Shows everything about the selected node on the whole screen.",
        keys: &[Key::code(KeyCode::Enter)],
        scope: Scope::Objects,
        hint: 10,
        harm: false,
        applies: |model| match model.zoomed {
            true => Err("they are open; Esc goes back"),
            false => selected(model),
        },
        action: |model| {
            model.zoomed = true;
            model.focus = Pane::Side;
            model.side_top = 0;
        },
    },
    Command {
        id: "object.reload",
        title: "reload",
        doc: "Reads the code of the selected node again and starts it afresh; data stays.",
        keys: &[Key::char('r')],
        scope: Scope::Objects,
        hint: 25,
        harm: false,
        applies: selected,
        action: |model| {
            if let Some(row) = model.target() {
                let effect = Effect::Run {
                    verb: Verb::Reload(row.id.clone()),
                    label: row.label.to_string(),
                };
                model.effects.push(effect);
            }
        },
    },
    Command {
        id: "object.kill",
        title: "kill",
        doc: "Ends the selected node now, even in the middle of a loop, after asking.",
        keys: &[Key::char('x'), Key::code(KeyCode::Delete)],
        scope: Scope::Objects,
        hint: 30,
        harm: true,
        applies: can_kill,
        action: ask_to_kill,
    },
    Command {
        id: "object.logs",
        title: "its logs",
        doc: "Shows the logs of the selected node and what is below it.",
        keys: &[Key::char('L')],
        scope: Scope::Objects,
        hint: 35,
        harm: false,
        applies: selected,
        action: |model| {
            model.logs_of_selected = true;
            model.logs.follow();
            show(model, Screen::Logs);
        },
    },
    Command {
        id: "tree.fold",
        title: "fold",
        doc: "Hides or shows what is below the selected node.",
        keys: &[Key::char(' ')],
        scope: Scope::Objects,
        hint: 55,
        harm: false,
        applies: can_fold,
        action: fold,
    },
    Command {
        id: "tree.out",
        title: "out",
        doc: "Hides what is below the selected node, or goes to the node above it.",
        keys: &[Key::code(KeyCode::Left), Key::char('h')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: on_table,
        action: |model| {
            if !model.tree.collapse() {
                model.tree.select_parent();
                model.choose_line(model.tree.cursor());
            }
        },
    },
    Command {
        id: "tree.in",
        title: "in",
        doc: "Shows what is below the selected node, or goes to the first of it.",
        keys: &[Key::code(KeyCode::Right), Key::char('l')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: on_table,
        action: |model| {
            if !model.tree.expand() && model.tree.has_children(model.tree.cursor()) {
                move_by(model, Screen::Objects, Pane::Main, Motion::Lines(1));
            }
        },
    },
    Command {
        id: "tree.open-all",
        title: "open all",
        doc: "Shows every node.",
        keys: &[Key::char('+'), Key::char('=')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: on_table,
        action: |model| model.tree.expand_all(),
    },
    Command {
        id: "tree.close-all",
        title: "close all",
        doc: "Hides everything below the classes.",
        keys: &[Key::char('-')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: can_close_all,
        action: |model| {
            model.tree.collapse_all();
            model.choose_line(model.tree.cursor());
        },
    },
    Command {
        id: "sort.next",
        title: "sort",
        doc: "Sorts siblings by the next column; after the last one in the host's order.",
        keys: &[Key::char('s')],
        scope: Scope::Objects,
        hint: 58,
        harm: false,
        applies: on_table,
        action: sort_by_next,
    },
    Command {
        id: "sort.reverse",
        title: "reverse",
        doc: "Turns the order of the sorted column round.",
        keys: &[Key::char('S')],
        scope: Scope::Objects,
        hint: 0,
        harm: false,
        applies: |model| {
            on_table(model)?;
            model
                .tree
                .sort()
                .map(drop)
                .ok_or("nothing is sorted yet: s chooses a column")
        },
        action: |model| {
            if let Some(sort) = model.tree.sort() {
                model.tree.set_sort(Some(Sort {
                    descending: !sort.descending,
                    ..sort
                }));
            }
        },
    },
];

pub(super) fn selected(model: &Model) -> Result<(), &'static str> {
    match (&model.aim, model.target()) {
        (Some(_), Some(_)) => Ok(()),
        (Some(_), None) => Err("it is gone"),
        (None, _) => Err("nothing is selected"),
    }
}

fn on_table(model: &Model) -> Result<(), &'static str> {
    match model.zoomed {
        true => Err("the details fill the screen: Esc brings the table back"),
        false => selected(model),
    }
}

fn can_fold(model: &Model) -> Result<(), &'static str> {
    on_table(model)?;
    if !model.tree.filter().is_empty() {
        return Err("a filter shows all that it finds; Esc clears it");
    }
    match model.tree.has_children(model.tree.cursor()) {
        true => Ok(()),
        false => Err("nothing is below it"),
    }
}

fn can_close_all(model: &Model) -> Result<(), &'static str> {
    on_table(model)?;
    match model.tree.filter().is_empty() {
        true => Ok(()),
        false => Err("a filter shows all that it finds; Esc clears it"),
    }
}

/// Hides or shows what is below the selected node.
pub fn fold(model: &mut Model) {
    if !model.tree.collapse() {
        model.tree.expand();
    }
}

fn runs(row: &Row) -> bool {
    match row.state {
        State::Busy | State::Live => true,
        // it keeps its memory, and goes on where it was
        State::Paused => row.age_ms > 0,
        State::Hibernated | State::Killed | State::Broken => false,
    }
}

/// Objects and facets in memory at or below the target.
pub(super) fn in_memory_below(model: &Model, row: &Row) -> usize {
    model
        .tree
        .subtree(&row.id)
        .iter()
        .filter(|row| matches!(row.kind, NodeKind::Object | NodeKind::Facet) && runs(row))
        .count()
}

fn can_kill(model: &Model) -> Result<(), &'static str> {
    selected(model)?;
    match model
        .target()
        .map(|row| (row.kind, in_memory_below(model, row)))
    {
        Some((NodeKind::Worker | NodeKind::Namespace, 0)) => Err("nothing below it is running"),
        Some((_, 0)) => Err("it is not running"),
        _ => Ok(()),
    }
}

fn ask_to_kill(model: &mut Model) {
    let Some(row) = model.target() else {
        return;
    };
    let path: Vec<_> = model.tree.path(&row.id);
    let path: Vec<&str> = path.iter().map(|row| &*row.label).collect();
    let (kind, running) = (row.kind, in_memory_below(model, row) as u64);
    let what = match (kind, running) {
        (NodeKind::Worker | NodeKind::Namespace, n) => {
            format!(
                "Ends {} below it, even in the middle of a request.",
                text::plural(n, "live object")
            )
        }
        (_, 0 | 1) => "Ends it now, even in the middle of a request.".to_owned(),
        (_, n) => format!(
            "Ends it and {} inside it, even in the middle of a request.",
            text::plural(n - 1, "facet")
        ),
    };
    let confirm = Confirm {
        question: format!("Kill {} {}?", view::kind_word(kind), row.label),
        consequences: vec![
            path.join(" ▸ "),
            what,
            "The next request starts afresh. All data stays.".into(),
        ],
        then: Then::Run {
            verb: Verb::Kill(row.id.clone()),
            label: row.label.to_string(),
        },
        drawn_at_ms: None,
    };
    model.layers.push(Layer::Confirm(confirm));
}

const SORTABLE: [Column; 12] = [
    Column::Name,
    Column::State,
    Column::Version,
    Column::Rate,
    Column::P50,
    Column::P99,
    Column::Cpu,
    Column::Memory,
    Column::Database,
    Column::Errors,
    Column::Cost,
    Column::Age,
];

fn sort_by_next(model: &mut Model) {
    let next = match model.tree.sort() {
        None => SORTABLE.first(),
        Some(sort) => SORTABLE.iter().skip_while(|c| **c != sort.column).nth(1),
    };
    model.tree.set_sort(next.map(|&column| Sort::by(column)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_goes_through_every_column_and_back_to_the_hosts_order() {
        let mut model = crate::console::tests::fake::model();
        for column in SORTABLE {
            sort_by_next(&mut model);
            assert_eq!(model.tree.sort().map(|s| s.column), Some(column));
        }
        sort_by_next(&mut model);
        assert_eq!(model.tree.sort(), None);
    }

    #[test]
    fn only_what_runs_can_be_killed() {
        let mut model = crate::console::tests::fake::model();
        let asleep = model
            .tree
            .rows()
            .iter()
            .find(|row| row.state == State::Hibernated && row.kind == NodeKind::Object)
            .map(|row| row.id.clone())
            .unwrap();
        model.choose(&asleep);
        assert_eq!(can_kill(&model), Err("it is not running"));
    }
}
