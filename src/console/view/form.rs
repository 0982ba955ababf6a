//! A form: what happens, the line that is typed, what the host said of it, and what completes it.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::Painter;
use crate::console::{
    form::{Choice, Form, Sent},
    model::Hit,
    text,
};

/// Lines of choices shown at once.
const CHOICES: usize = 6;

impl Painter<'_> {
    pub(super) fn form(&mut self, form: &Form) {
        let theme = &self.model.theme;
        let width = 76.min(self.area.width - 4);
        let room = width as usize - 4;
        let wrapped = |text: &String| text::wrap(text, room);
        let about: Vec<Line> = form
            .about
            .iter()
            .flat_map(wrapped)
            .map(|line| Line::styled(line, theme.text))
            .collect();
        let choices = form.choices(self.model.details.as_ref(), self.model.account.as_ref());
        let below = self.below(form, room);
        let fixed = about.len() + below.len() + 4;
        let shown = choices.len().min(CHOICES);
        let shown = shown.min((self.area.height as usize).saturating_sub(fixed + 4));
        let style = if form.is_harm() {
            theme.bad
        } else {
            theme.focus
        };
        let title = text::clip(&form.title, room.saturating_sub(4));
        let title = Line::styled(format!(" {title} "), style);
        let height = (fixed + shown + usize::from(shown > 0)) as u16;
        let inner = self.window(width, height, title, style);

        self.lines(inner, &about, 0);
        let line = |y: usize| Rect {
            y: (inner.y + y as u16).min(inner.bottom() - 1),
            height: 1,
            ..inner
        };
        let mut y = about.len();
        let (typed, column) = (form.typed().to_owned(), form.input.cursor().1);
        self.input_line(line(y), "› ", &typed, column);
        y += 1;
        for (i, said) in below.iter().enumerate() {
            let area = line(y + i);
            self.buf.set_line(area.x, area.y, said, area.width);
        }
        y += below.len() + usize::from(shown > 0);
        let cursor = form.cursor.min(choices.len().saturating_sub(1));
        let top = (cursor + 1).saturating_sub(shown);
        for (i, choice) in choices.iter().enumerate().skip(top).take(shown) {
            self.choice(choice, i, i == cursor, line(y + i - top));
        }
    }

    /// What is wrong with the line, or that the host works at it.
    fn below(&self, form: &Form, room: usize) -> Vec<Line<'static>> {
        let theme = &self.model.theme;
        if form.sent != Sent::Not {
            return vec![Line::styled("… the host works at it", theme.busy)];
        }
        let error = form.error.as_deref().unwrap_or_default();
        let lines = text::wrap(error, room.saturating_sub(2)).into_iter();
        let signed = |(i, line)| format!("{}{line}", if i == 0 { "✗ " } else { "  " });
        lines
            .filter(|_| !error.is_empty())
            .take(4)
            .enumerate()
            .map(|it| Line::styled(signed(it), theme.bad))
            .collect()
    }

    fn choice(&mut self, choice: &Choice, index: usize, marked: bool, area: Rect) {
        const WORD: usize = 26;
        let theme = &self.model.theme;
        let word = text::clip(&choice.word, WORD);
        let pad = WORD + 1 - text::width(&word);
        let about = text::clip(
            &choice.about,
            (area.width as usize).saturating_sub(WORD + 2),
        );
        let line = Line::from(vec![
            Span::styled(if marked { "▌" } else { " " }, theme.focus),
            Span::styled(word, theme.text),
            Span::raw(" ".repeat(pad)),
            Span::styled(about, theme.dim),
        ]);
        self.buf.set_line(area.x, area.y, &line, area.width);
        if marked {
            self.buf.set_style(area, theme.selected);
        }
        self.drawn.hits.push((area, Hit::Choice(index)));
    }
}
