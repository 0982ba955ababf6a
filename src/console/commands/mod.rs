//! The one table of commands. Key handling, the footer, the help sheet and the palette are all
//! made from it, so a command is declared once and nowhere else.

mod global;
mod layers;
mod logs;
mod motion;
mod objects;
mod supervision;

use super::{
    keys::Key,
    model::{Layer, Model, Screen},
};

pub use layers::complete;
pub use motion::{Motion, move_by};
pub use objects::fold;

/// Where a command's keys work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// On the objects screen.
    Objects,
    /// On the log screen.
    Logs,
    /// In every list, table and sheet.
    Move,
    /// On every screen while nothing lies over it.
    Global,
    /// On the welcome.
    Welcome,
    /// In help and messages.
    Sheet,
    /// In a question before harm.
    Confirm,
    /// In the palette, besides typing.
    Palette,
    /// In a filter, besides typing.
    Filter,
    /// In a form, besides typing.
    Form,
    /// Everywhere.
    Always,
}

/// Something that the user can do.
#[derive(Debug)]
pub struct Command {
    /// Stable name, such as `object.kill`.
    pub id: &'static str,
    /// One or two words for footer and palette.
    pub title: &'static str,
    /// One sentence for the help sheet.
    pub doc: &'static str,
    /// The first is the one shown in the footer.
    pub keys: &'static [Key],
    pub scope: Scope,
    /// Shown in the footer; the smaller, the sooner. 0 keeps it out.
    pub hint: u8,
    /// Destroys something that cannot be had back: it asks first, and key repeat never does it.
    pub harm: bool,
    /// Whether it can be done now, and if not why.
    pub applies: fn(&Model) -> Result<(), &'static str>,
    pub action: fn(&mut Model),
}

/// For commands that can always be done.
fn always(_: &Model) -> Result<(), &'static str> {
    Ok(())
}

/// Every command.
pub fn all() -> impl Iterator<Item = &'static Command> {
    [
        objects::COMMANDS,
        supervision::COMMANDS,
        logs::COMMANDS,
        motion::COMMANDS,
        global::COMMANDS,
        layers::COMMANDS,
    ]
    .into_iter()
    .flatten()
}

/// The scopes in force, the first one asked first.
pub fn scopes(model: &Model) -> &'static [Scope] {
    use Scope::{
        Always, Confirm, Filter, Form, Global, Logs, Move, Objects, Palette, Sheet, Welcome,
    };
    match (model.layers.last(), model.screen) {
        (Some(Layer::Confirm(_)), _) => &[Confirm, Always],
        (Some(Layer::Form(_)), _) => &[Form, Always],
        (Some(Layer::Palette(_)), _) => &[Palette, Always],
        (Some(Layer::Filter(_)), _) => &[Filter, Always],
        (Some(Layer::Help | Layer::Messages), _) => &[Sheet, Move, Always],
        (Some(Layer::Welcome), Screen::Objects) => &[Welcome, Objects, Move, Global, Always],
        (Some(Layer::Welcome), Screen::Logs) => &[Welcome, Logs, Move, Global, Always],
        (None, Screen::Objects) => &[Objects, Move, Global, Always],
        (None, Screen::Logs) => &[Logs, Move, Global, Always],
    }
}

/// The command that `key` means now.
pub fn for_key(model: &Model, key: Key) -> Option<&'static Command> {
    scopes(model)
        .iter()
        .find_map(|scope| all().find(|c| c.scope == *scope && c.keys.contains(&key)))
}

/// Commands for the footer: those that work right now, the most useful first.
pub fn hints(model: &Model) -> Vec<&'static Command> {
    let scopes = scopes(model);
    let mut hints: Vec<_> = all()
        .filter(|c| c.hint > 0 && scopes.contains(&c.scope) && (c.applies)(model).is_ok())
        // Another command may cover its key now.
        .filter(|c| for_key(model, c.keys[0]).is_some_and(|first| first.id == c.id))
        .collect();
    hints.sort_by_key(|c| c.hint);
    hints
}

/// Commands for the palette: what this screen and every screen offer by name.
pub fn named(model: &Model) -> impl Iterator<Item = &'static Command> + use<> {
    let screen = scope_of(model.screen);
    all().filter(move |c| c.scope == screen || c.scope == Scope::Global)
}

/// The scope of a screen's own commands.
pub fn scope_of(screen: Screen) -> Scope {
    match screen {
        Screen::Objects => Scope::Objects,
        Screen::Logs => Scope::Logs,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::console::tests::fake;

    #[test]
    fn no_two_commands_share_a_key_where_both_work() {
        use Scope::*;
        // The welcome may cover keys of the screen below it; nothing else may.
        for together in [
            &[Objects, Move, Global, Always][..],
            &[Logs, Move, Global, Always],
            &[Sheet, Move, Always],
            &[Confirm, Always],
            &[Palette, Always],
            &[Filter, Always],
            &[Form, Always],
            &[Welcome],
        ] {
            let mut taken: Vec<(Key, &str)> = Vec::new();
            for command in all().filter(|c| together.contains(&c.scope)) {
                for key in command.keys {
                    if let Some((_, other)) = taken.iter().find(|(k, _)| k == key) {
                        panic!("{key} is both {other} and {}", command.id);
                    }
                    taken.push((*key, command.id));
                }
            }
            assert!(!taken.is_empty(), "{together:?}");
        }
    }

    #[test]
    fn every_command_explains_itself() {
        let mut ids = HashSet::new();
        for command in all() {
            assert!(ids.insert(command.id), "{} twice", command.id);
            assert!(command.id.contains('.'), "{}", command.id);
            assert!(!command.keys.is_empty(), "{} has no key", command.id);
            assert!(
                !command.title.is_empty() && command.title.len() <= 16,
                "{}: title",
                command.id
            );
            assert!(
                command.doc.ends_with('.') && command.doc.len() > 12,
                "{}: doc",
                command.id
            );
        }
    }

    #[test]
    fn every_screen_has_its_number() {
        for screen in Screen::ALL {
            let mut model = fake::model();
            let command = for_key(&model, Key::char(screen.number())).expect("a command");
            (command.action)(&mut model);
            assert_eq!(model.screen, screen);
        }
    }

    #[test]
    fn harm_always_asks_and_never_on_enter() {
        for command in all().filter(|c| c.harm) {
            let mut model = fake::model();
            assert_eq!((command.applies)(&model), Ok(()), "{}", command.id);
            (command.action)(&mut model);
            assert!(model.effects.is_empty(), "{}", command.id);
            let enter = for_key(&model, Key::code(crossterm::event::KeyCode::Enter));
            match model.layers.last() {
                Some(Layer::Confirm(_)) => assert!(enter.is_none(), "{}", command.id),
                Some(Layer::Form(form)) => {
                    assert!(form.is_harm() && form.typed().is_empty(), "{}", command.id);
                    (enter.expect("sends the form").action)(&mut model);
                    assert!(model.effects.is_empty(), "{}", command.id);
                }
                _ => panic!("{} does not ask", command.id),
            }
        }
        assert!(all().any(|c| c.harm));
    }
}
