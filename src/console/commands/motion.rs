//! Moving in whatever has the focus.

use crossterm::event::KeyCode;

use super::{Command, Scope, always};
use crate::console::{
    keys::Key,
    model::{Layer, Model, Pane, Screen},
};

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Lines, downwards when positive.
    Lines(i64),
    /// Pages, downwards when positive.
    Pages(i64),
    Top,
    Bottom,
}

impl Motion {
    /// The place reached from `at`, within `0..=end`.
    pub fn from(self, at: usize, end: usize, page: usize) -> usize {
        let steps = match self {
            Self::Lines(lines) => lines,
            Self::Pages(pages) => pages * page.saturating_sub(1).max(1) as i64,
            Self::Top => return 0,
            Self::Bottom => return end,
        };
        at.saturating_add_signed(steps as isize).min(end)
    }
}

macro_rules! motion {
    ($id:literal, $title:literal, $doc:literal, $keys:expr, $motion:expr) => {
        Command {
            id: $id,
            title: $title,
            doc: $doc,
            keys: $keys,
            scope: Scope::Move,
            hint: 0,
            harm: false,
            applies: always,
            action: |model| {
                let (screen, focus) = (model.screen, model.focus);
                move_by(model, screen, focus, $motion);
            },
        }
    };
}

pub(super) const COMMANDS: &[Command] = &[
    motion!(
        "move.up",
        "up",
        "Goes one line up.",
        &[Key::code(KeyCode::Up), Key::char('k')],
        Motion::Lines(-1)
    ),
    motion!(
        "move.down",
        "down",
        "Goes one line down.",
        &[Key::code(KeyCode::Down), Key::char('j')],
        Motion::Lines(1)
    ),
    motion!(
        "move.page-up",
        "page up",
        "Goes one page up.",
        &[Key::code(KeyCode::PageUp), Key::ctrl('b')],
        Motion::Pages(-1)
    ),
    motion!(
        "move.page-down",
        "page down",
        "Goes one page down.",
        &[Key::code(KeyCode::PageDown), Key::ctrl('f')],
        Motion::Pages(1)
    ),
    motion!(
        "move.top",
        "top",
        "Goes to the first line.",
        &[Key::char('g'), Key::code(KeyCode::Home)],
        Motion::Top
    ),
    motion!(
        "move.bottom",
        "bottom",
        "Goes to the last line; in the logs it follows the newest.",
        &[Key::char('G'), Key::code(KeyCode::End)],
        Motion::Bottom
    ),
];

/// Moves in the sheet on top if there is one, else in `pane` of `screen`.
pub fn move_by(model: &mut Model, screen: Screen, pane: Pane, motion: Motion) {
    let page = model.drawn.page;
    match (model.layers.last_mut(), screen, pane) {
        (Some(Layer::Help | Layer::Messages), ..) => {
            model.sheet_top = motion.from(model.sheet_top, model.drawn.sheet_end, page);
        }
        (Some(Layer::Palette(palette)), ..) => {
            let end = palette.entries.len().saturating_sub(1);
            palette.cursor = motion.from(palette.cursor, end, page);
        }
        (_, _, Pane::Side) => {
            let at = model.side_top.min(model.drawn.side_end);
            model.side_top = motion.from(at, model.drawn.side_end, page);
        }
        (_, Screen::Objects, Pane::Main) => {
            let end = model.tree.len().saturating_sub(1);
            let line = motion.from(model.tree.cursor(), end, page);
            model.choose_line(line);
        }
        (_, Screen::Logs, Pane::Main) => {
            let end = model.logs.len().saturating_sub(1);
            let at = model.logs.cursor();
            match motion.from(at, end, page) {
                _ if motion == Motion::Bottom => model.logs.follow(),
                // Going down at the end follows again, like any pager.
                line if line == end && line == at && motion != Motion::Top => model.logs.follow(),
                line => model.logs.stop_at(line),
            }
            model.side_top = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motions_stay_within_bounds() {
        assert_eq!(Motion::Lines(-1).from(0, 9, 5), 0);
        assert_eq!(Motion::Lines(1).from(9, 9, 5), 9);
        assert_eq!(Motion::Pages(1).from(0, 9, 5), 4);
        assert_eq!(Motion::Pages(1).from(0, 9, 0), 1);
        assert_eq!(Motion::Bottom.from(0, 9, 5), 9);
        assert_eq!(Motion::Top.from(7, 9, 5), 0);
    }
}
