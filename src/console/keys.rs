//! Keys by name: what a command is bound to and how a person reads it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key press that a command may be bound to. Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

impl Key {
    /// The key that types `c`.
    pub const fn char(c: char) -> Self {
        Self::code(KeyCode::Char(c))
    }

    /// A key that types nothing.
    pub const fn code(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    /// `c` (lower case) with the control key held.
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            ctrl: true,
        }
    }

    /// The key of an event; `None` with modifiers that no command uses.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        let other = KeyModifiers::all() - KeyModifiers::SHIFT - KeyModifiers::CONTROL;
        if event.modifiers.intersects(other) {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        Some(Self { code, ctrl })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            KeyCode::Char(c) if self.ctrl => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            code => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_keys() {
        let key = |code, modifiers| Key::of(&KeyEvent::new(code, modifiers));
        assert_eq!(
            key(KeyCode::Char('G'), KeyModifiers::SHIFT),
            Some(Key::char('G'))
        );
        assert_eq!(
            key(KeyCode::Char('P'), KeyModifiers::CONTROL),
            Some(Key::ctrl('p'))
        );
        assert_eq!(key(KeyCode::Char('x'), KeyModifiers::ALT), None);
    }

    #[test]
    fn keys_have_names() {
        assert_eq!(Key::ctrl('p').to_string(), "Ctrl-P");
        assert_eq!(Key::char(' ').to_string(), "Space");
        assert_eq!(Key::code(KeyCode::Esc).to_string(), "Esc");
        assert_eq!(Key::code(KeyCode::Home).to_string(), "Home");
    }
}
