//! The console as a whole, without a terminal and in one.

pub mod fake;
mod keys;
mod pictures;
mod real_terminal;
mod verbs;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use super::{model::Model, view};

/// Draws the model as the loop does and returns the picture.
fn draw(model: &mut Model, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("never fails");
    let mut drawn = None;
    terminal
        .draw(|frame| drawn = Some(view::draw(model, frame)))
        .expect("never fails");
    model.drawn(drawn.expect("drawn"));
    terminal.backend().buffer().clone()
}

/// The picture as text.
fn glyphs(buf: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buf.area.height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buf.area.width {
            // What a wide character covers has no glyph of its own.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let symbol = buf[(x, y)].symbol();
            covered = super::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn code(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn ctrl(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

/// Types `keys` one by one.
fn press(model: &mut Model, keys: &str) {
    for c in keys.chars() {
        model.event(code(KeyCode::Char(c)));
    }
}
