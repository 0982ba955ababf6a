//! One frame from one model: the bar on top, a screen, the footer, and what lies over them.

mod details;
mod form;
mod layers;
mod logs;
mod objects;
mod standing;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Widget},
};

use super::{
    commands::{self, Command},
    model::{Drawn, Hit, Layer, Model, Pane, Screen},
    text,
    theme::Theme,
};
use crate::control::view::{NodeKind, State};

/// Smallest screen that shows everything needed, cells.
const SMALLEST: (u16, u16) = (60, 15);

/// Which of the designed layouts fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// From 60 columns.
    Slim,
    /// From 80 columns.
    Narrow,
    /// From 100 columns.
    Normal,
    /// From 160 columns.
    Wide,
}

impl Class {
    fn of(width: u16) -> Self {
        match width {
            160.. => Self::Wide,
            100.. => Self::Normal,
            80.. => Self::Narrow,
            _ => Self::Slim,
        }
    }
}

/// What a frame is painted with.
struct Painter<'a> {
    model: &'a Model,
    buf: &'a mut Buffer,
    area: Rect,
    class: Class,
    drawn: Drawn,
    /// Where typed text goes.
    cursor: Option<Position>,
}

/// Draws the model and says what is where.
pub fn draw(model: &Model, frame: &mut Frame) -> Drawn {
    let area = frame.area();
    let mut painter = Painter {
        model,
        class: Class::of(area.width),
        area,
        buf: frame.buffer_mut(),
        drawn: Drawn::default(),
        cursor: None,
    };
    painter.buf.set_style(area, model.theme.text);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        painter.too_small();
    } else {
        painter.everything();
    }
    disarm(painter.buf);
    let (drawn, cursor) = (painter.drawn, painter.cursor);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    drawn
}

/// The last line of defence: no cell may hold what a terminal could obey.
fn disarm(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let symbol = cell.symbol();
        let plain = symbol.len() == 1 && (b' '..0x7f).contains(&symbol.as_bytes()[0]);
        if !plain && symbol.chars().any(text::is_harmful) {
            cell.set_symbol("·");
        }
    }
}

impl Painter<'_> {
    fn too_small(&mut self) {
        let theme = &self.model.theme;
        let lines = [
            Line::styled("too small", theme.strong),
            Line::styled(format!("needs {}×{}", SMALLEST.0, SMALLEST.1), theme.text),
            Line::styled(
                format!("this is {}×{}", self.area.width, self.area.height),
                theme.dim,
            ),
        ];
        let top = self.area.height.saturating_sub(lines.len() as u16) / 2;
        for (i, line) in lines.into_iter().enumerate() {
            let y = top + i as u16;
            if y < self.area.height {
                line.centered()
                    .render(Rect::new(0, y, self.area.width, 1), self.buf);
            }
        }
    }

    fn everything(&mut self) {
        let Rect { width, height, .. } = self.area;
        self.drawn.selected = self.model.tree.selected().cloned();
        self.title_bar(Rect::new(0, 0, width, 1));
        let body = Rect::new(0, 1, width, height - 2);
        match self.model.screen {
            Screen::Objects => self.objects(body),
            Screen::Logs => self.logs(body),
        }
        self.toasts(body);
        for layer in &self.model.layers {
            self.layer(layer);
        }
        self.footer(Rect::new(0, height - 1, width, 1));
    }

    /// Name, path of the selected node, and the sums over everything.
    fn title_bar(&mut self, area: Rect) {
        let model = self.model;
        let theme = &model.theme;
        self.buf.set_style(area, theme.bar);
        let totals = self.totals();
        let totals_width = totals.width() as u16;
        let brand = Span::styled(" lapidary ", theme.brand);
        let brand_width = brand.width() as u16;
        let left = Line::from(vec![brand]);
        self.buf.set_line(0, 0, &left, area.width);
        self.buf.set_line(
            area.width.saturating_sub(totals_width),
            0,
            &totals,
            totals_width,
        );

        let room = area.width.saturating_sub(brand_width + totals_width + 2);
        let path = model
            .tree
            .selected()
            .map(|id| model.tree.path(id))
            .unwrap_or_default();
        let labels: Vec<&str> = path.iter().map(|row| &*row.label).collect();
        let (above, own) = crumbs(&labels, room as usize);
        let line = Line::from(vec![
            Span::styled(above, theme.bar.patch(theme.dim)),
            Span::styled(own, theme.bar.patch(theme.strong)),
        ]);
        self.buf.set_line(brand_width + 1, 0, &line, room);
    }

    /// Counts by state, load and time; signs alone where words do not fit.
    fn totals(&self) -> Line<'static> {
        let model = self.model;
        let (theme, totals) = (&model.theme, &model.overview.totals);
        // Below that the path would lose too much.
        let words = self.area.width >= 120;
        let mut parts = Vec::new();
        let counts = [
            (totals.live, State::Live, true),
            (totals.hibernated, State::Hibernated, true),
            (totals.paused, State::Paused, totals.paused > 0),
            (totals.broken, State::Broken, totals.broken > 0),
        ];
        for (n, state, _) in counts.into_iter().filter(|(.., shown)| *shown) {
            let (sign, word, style) = state_look(theme, state);
            let n = text::tally(n.into());
            let text = if words {
                format!("{sign} {n} {word}")
            } else {
                format!("{sign} {n}")
            };
            parts.push((text, style));
        }
        let rate = text::short(totals.requests_per_s.into());
        parts.push((format!("{rate} req/s"), theme.text));
        let cpu = if totals.cpu_percent >= 80.0 {
            theme.warn
        } else {
            theme.text
        };
        parts.push((format!("cpu {:.0}%", totals.cpu_percent), cpu));
        if words {
            parts.push((
                format!("mem {}", text::bytes(totals.memory_bytes)),
                theme.text,
            ));
            let cost = text::money(totals.cost_micros);
            parts.push((format!("{cost} {}", model.overview.currency), theme.text));
        }
        let mut spans = Vec::new();
        for (text, style) in parts {
            spans.push(Span::styled(text, theme.bar.patch(style)));
            spans.push(Span::styled(
                if words { " · " } else { "  " },
                theme.bar.patch(theme.dim),
            ));
        }
        spans.pop();
        spans.push(Span::styled(
            format!("  {} ", model.clock.minute(model.clock.now_ms)),
            theme.bar.patch(theme.dim),
        ));
        Line::from(spans)
    }

    /// What is typed into a filter, or the keys that work now.
    fn footer(&mut self, area: Rect) {
        if let Some(Layer::Filter(input)) = self.model.layers.last() {
            let typed = input.lines().first().cloned().unwrap_or_default();
            let column = input.cursor().1;
            return self.filter_line(area, &typed, column);
        }
        let right = self.status();
        let right_width = right.width() as u16;
        let start = area.width.saturating_sub(right_width);
        self.buf.set_line(start, area.y, &right, right_width);
        self.hint_line(Rect {
            width: start,
            ..area
        });
    }

    /// What is under way, else how many messages wait.
    fn status(&self) -> Line<'static> {
        let (model, theme) = (self.model, &self.model.theme);
        match model.running.last() {
            Some((_, what)) => {
                let what = text::clip(what, self.area.width as usize / 3);
                Line::from(Span::styled(format!(" … {what} "), theme.busy))
            }
            None => Line::default(),
        }
    }

    fn hint_line(&mut self, area: Rect) {
        let mut hints = commands::hints(self.model);
        // Help stays, whatever else has to go.
        let help = hints.pop_if(|c| c.id == "help.show");
        let help_width = help.map_or(0, hint_width);
        let mut x = area.x + 1;
        for command in hints {
            let width = hint_width(command);
            if x + width + help_width <= area.right() {
                x = self.hint(x, area.y, command);
            }
        }
        if let Some(command) = help {
            self.hint(x, area.y, command);
        }
    }

    /// Prints one hint and returns where the next one goes.
    fn hint(&mut self, x: u16, y: u16, command: &'static Command) -> u16 {
        let theme = &self.model.theme;
        let line = Line::from(vec![
            Span::styled(command.keys[0].to_string(), theme.key),
            Span::raw(" "),
            Span::styled(command.title, theme.hint),
        ]);
        let width = line.width() as u16;
        self.buf.set_line(x, y, &line, width);
        self.drawn
            .hits
            .push((Rect::new(x, y, width, 1), Hit::Command(command)));
        x + width + 2
    }

    fn filter_line(&mut self, area: Rect, typed: &str, column: usize) {
        let (model, theme) = (self.model, &self.model.theme);
        let found = match model.screen {
            Screen::Objects => format!("{} found", text::count(model.tree.found() as u64)),
            Screen::Logs => text::plural(model.logs.len() as u64, "record"),
        };
        let right = Line::from(vec![
            Span::styled(found, theme.dim),
            Span::raw("  "),
            Span::styled("Enter", theme.key),
            Span::styled(" keep  ", theme.hint),
            Span::styled("Esc", theme.key),
            Span::styled(" clear ", theme.hint),
        ]);
        let width = right.width() as u16;
        let start = area.width.saturating_sub(width);
        self.buf.set_line(start, area.y, &right, width);
        self.input_line(
            Rect {
                x: 1,
                width: start.saturating_sub(2),
                ..area
            },
            "/",
            typed,
            column,
        );
    }

    /// A prompt with typed text, scrolled so that the cursor shows.
    fn input_line(&mut self, area: Rect, prompt: &str, typed: &str, column: usize) {
        let theme = &self.model.theme;
        let room = (area.width as usize).saturating_sub(text::width(prompt) + 1);
        let before: String = typed.chars().take(column).collect();
        let after: String = typed.chars().skip(column).collect();
        let before = text::clip_start(&before, room);
        let at = text::width(prompt) + text::width(&before);
        let line = Line::from(vec![
            Span::styled(prompt.to_owned(), theme.key),
            Span::styled(before, theme.strong),
            Span::styled(text::safe(&after).into_owned(), theme.strong),
        ]);
        self.buf.set_line(area.x, area.y, &line, area.width);
        self.cursor = Some(Position::new(area.x + at as u16, area.y));
    }

    /// A frame with the tabs of all screens on it; returns its inside.
    fn main_frame(&mut self, area: Rect, focused: bool, note: Line<'_>) -> Rect {
        let model = self.model;
        let theme = &model.theme;
        let inner = self.frame(area, focused, Line::default(), note);
        let mut x = area.x + 1;
        for (i, screen) in Screen::ALL.into_iter().enumerate() {
            let style = if screen == model.screen {
                theme.tab_active
            } else {
                theme.tab
            };
            if i > 0 {
                x += 1;
            }
            let line = Line::from(vec![
                Span::raw(" "),
                Span::styled(screen.number().to_string(), theme.key),
                Span::raw(" "),
                Span::styled(screen.title(), style),
                Span::raw(" "),
            ]);
            let width = line.width() as u16;
            self.buf.set_line(x, area.y, &line, width);
            self.drawn
                .hits
                .push((Rect::new(x, area.y, width, 1), Hit::Tab(screen)));
            x += width;
        }
        inner
    }

    /// A frame with a title on the left and a note on the right; returns its inside.
    fn frame(&mut self, area: Rect, focused: bool, title: Line<'_>, note: Line<'_>) -> Rect {
        let theme = &self.model.theme;
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(if focused { theme.focus } else { theme.border })
            .title_top(title)
            .title_top(note.right_aligned());
        let inner = block.inner(area);
        block.render(area, self.buf);
        inner
    }

    /// A mark on the right border for what part of a list shows.
    fn scroll_mark(&mut self, frame: Rect, top: usize, shown: usize, total: usize) {
        let track = frame.height.saturating_sub(2) as usize;
        if total <= shown || track == 0 {
            return;
        }
        let length = (shown * track / total).clamp(1, track);
        let start = top * (track - length) / (total - shown).max(1);
        for i in start..(start + length).min(track) {
            let at = Position::new(frame.right() - 1, frame.y + 1 + i as u16);
            if let Some(cell) = self.buf.cell_mut(at) {
                cell.set_symbol("┃");
            }
        }
    }

    fn focused(&self, pane: Pane) -> bool {
        self.model.focus == pane && self.model.layers.is_empty()
    }
}

fn hint_width(command: &Command) -> u16 {
    let key = text::width(&command.keys[0].to_string());
    (key + 1 + text::width(command.title) + 2) as u16
}

/// Spans that take at most `room` cells; what does not fit ends in `…` or goes.
fn fit(spans: Vec<Span<'static>>, room: usize) -> Vec<Span<'static>> {
    let mut left = room;
    let mut kept = Vec::with_capacity(spans.len());
    for span in spans {
        let width = span.width();
        if width <= left {
            left -= width;
            kept.push(span);
            continue;
        }
        // Less than that says nothing.
        if left > 5 {
            kept.push(Span::styled(text::clip(&span.content, left), span.style));
        }
        break;
    }
    kept
}

/// The sign and word for a state, and how it looks.
fn state_look(theme: &Theme, state: State) -> (&'static str, &'static str, Style) {
    match state {
        State::Busy => ("◉", "busy", theme.busy),
        State::Live => ("●", "live", theme.good),
        State::Hibernated => ("○", "hibernated", theme.asleep),
        State::Paused => ("‖", "paused", theme.accent),
        State::Killed => ("■", "killed", theme.warn),
        State::Broken => ("✗", "broken", theme.bad),
    }
}

/// What a person calls a node of this kind.
pub fn kind_word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Worker => "worker",
        NodeKind::Namespace => "class",
        NodeKind::Object => "object",
        NodeKind::Facet => "facet",
    }
}

/// A path in at most `room` cells: what is above the last part, and the last part. The parts
/// nearest the root go first when room is short.
fn crumbs(labels: &[&str], room: usize) -> (String, String) {
    let Some((own, above)) = labels.split_last() else {
        return Default::default();
    };
    let own = text::clip(own, room);
    for from in 0..above.len() {
        let mut path = String::from(if from > 0 { "… ▸ " } else { "" });
        for label in &above[from..] {
            path.push_str(&text::safe(label));
            path.push_str(" ▸ ");
        }
        if text::width(&path) + text::width(&own) <= room {
            return (path, own);
        }
    }
    (String::new(), own)
}

/// The first line to show so that `cursor` is among `shown` lines, starting from the last `top`.
fn scrolled(top: usize, cursor: usize, shown: usize, total: usize) -> usize {
    let last_top = total.saturating_sub(shown);
    let lowest = (cursor + 1).saturating_sub(shown);
    top.clamp(lowest, cursor.max(lowest)).min(last_top)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_keeps_the_cursor_in_sight() {
        assert_eq!(scrolled(0, 0, 5, 3), 0);
        assert_eq!(scrolled(0, 7, 5, 20), 3);
        assert_eq!(scrolled(3, 4, 5, 20), 3);
        assert_eq!(scrolled(9, 4, 5, 20), 4);
        assert_eq!(scrolled(18, 19, 5, 20), 15);
        assert_eq!(scrolled(0, 0, 0, 0), 0);
    }

    #[test]
    fn what_does_not_fit_says_so() {
        let fitted = |room| -> Vec<String> {
            let spans = ["12 of 30", " → refuse", " · here"].map(Span::raw).to_vec();
            let kept = fit(spans, room).into_iter();
            kept.map(|span| span.content.into_owned()).collect()
        };
        assert_eq!(fitted(24), ["12 of 30", " → refuse", " · here"]);
        assert_eq!(fitted(23), ["12 of 30", " → refuse", " · he…"]);
        assert_eq!(fitted(22), ["12 of 30", " → refuse"]);
        assert_eq!(fitted(15), ["12 of 30", " → ref…"]);
    }

    #[test]
    fn paths_lose_their_roots_first() {
        let path = |room| {
            let (above, own) = crumbs(&["apps", "AppRunner", "my-app"], room);
            above + &own
        };
        assert_eq!(path(40), "apps ▸ AppRunner ▸ my-app");
        assert_eq!(path(22), "… ▸ AppRunner ▸ my-app");
        assert_eq!(path(21), "my-app");
        assert_eq!(path(5), "my-a…");
    }

    #[test]
    fn no_cell_keeps_a_control_character() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
        buf[(0, 0)].set_symbol("\x1b");
        buf[(1, 0)].set_symbol("a\u{202e}");
        buf[(2, 0)].set_symbol("é");
        disarm(&mut buf);
        assert_eq!(buf[(0, 0)].symbol(), "·");
        assert_eq!(buf[(1, 0)].symbol(), "·");
        assert_eq!(buf[(2, 0)].symbol(), "é");
    }
}
