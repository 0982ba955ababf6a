//! What workers and the host say, as a list that follows or stands still, and one record in full.

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{Class, Painter, objects::found_spans, scrolled};
use crate::{
    console::{
        model::{Hit, Pane},
        text,
        theme::Theme,
    },
    control::view::{Level, LogRecord},
};

impl Painter<'_> {
    pub(super) fn logs(&mut self, area: Rect) {
        let open = self
            .model
            .record_open
            .then(|| self.model.logs.current())
            .flatten();
        let (list, record) = match open {
            None => (area, None),
            Some(record) if self.class == Class::Wide => {
                let width = area.width * 2 / 5;
                let list = Rect {
                    width: area.width - width,
                    ..area
                };
                let side = Rect {
                    x: list.right(),
                    width,
                    ..area
                };
                (list, Some((side, record)))
            }
            Some(record) => {
                let height = (area.height * 2 / 5).max(7);
                let list = Rect {
                    height: area.height - height,
                    ..area
                };
                let side = Rect {
                    y: list.bottom(),
                    height,
                    ..area
                };
                (list, Some((side, record)))
            }
        };
        if let Some((area, record)) = record {
            self.drawn.side = true;
            self.record(area, record);
        }
        self.log_list(list);
    }

    fn log_list(&mut self, area: Rect) {
        let model = self.model;
        let book = &model.logs;
        let inner = self.main_frame(area, self.focused(Pane::Main), self.log_note());
        self.drawn.hits.push((inner, Hit::Pane(Pane::Main)));
        let shown = inner.height as usize;
        self.drawn.page = shown;
        if book.len() == 0 {
            return self.no_records(inner);
        }
        let cursor = book.cursor();
        let last_top = book.position(model.drawn.logs_top);
        let top = scrolled(last_top, cursor, shown, book.len());
        self.drawn.logs_top = book.get(top).map_or(0, |record| record.seq);
        for y in 0..inner.height {
            let index = top + usize::from(y);
            let Some(record) = book.get(index) else {
                break;
            };
            let line_area = Rect {
                y: inner.y + y,
                height: 1,
                ..inner
            };
            let line = self.log_line(record, inner.width as usize - 1);
            self.buf
                .set_line(inner.x + 1, line_area.y, &line, inner.width - 1);
            if index == cursor && book.is_paused() {
                self.buf
                    .set_string(inner.x, line_area.y, "▌", model.theme.focus);
                let style = match model.focus {
                    Pane::Main => model.theme.selected,
                    Pane::Side => model.theme.selected_idle,
                };
                self.buf.set_style(line_area, style);
            }
            self.drawn.hits.push((line_area, Hit::Record(record.seq)));
        }
        self.scroll_mark(area, top, shown, book.len());
    }

    fn log_line(&self, record: &LogRecord, width: usize) -> Line<'static> {
        let (model, theme) = (self.model, &self.model.theme);
        let clock = model.clock;
        let time = match self.class {
            Class::Slim => clock.second(record.at_ms),
            _ => clock.milli(record.at_ms),
        };
        let label_width = match self.class {
            Class::Slim => 12,
            Class::Narrow => 18,
            Class::Normal => 22,
            Class::Wide => 28,
        };
        let (sign, word, style) = level_look(theme, record.level);
        let label = text::clip_start(&record.label, label_width);
        let pad = label_width - text::width(&label);
        let mut spans = vec![
            Span::styled(time, theme.dim),
            Span::styled(format!(" {sign} {word:<5} "), style),
            Span::styled(label, theme.accent),
            Span::raw(" ".repeat(pad + 1)),
        ];
        if record.host {
            spans.push(Span::styled("host: ", theme.heading));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        // A stack stands in the record in full; here it is only announced.
        let more = record.text.lines().count().saturating_sub(1);
        let more = match more {
            0 => String::new(),
            n => format!(" +{}", text::plural(n as u64, "line")),
        };
        let first = record.text.lines().next().unwrap_or_default();
        let said = text::clip(first, width.saturating_sub(used + more.len()));
        spans.extend(found_spans(
            &said,
            &model.logs.filter().text,
            text_style(theme, record),
            theme.found,
        ));
        spans.push(Span::styled(more, theme.dim));
        Line::from(spans)
    }

    /// Whether it follows, what it shows, what was lost.
    fn log_note(&self) -> Line<'static> {
        let (model, theme) = (self.model, &self.model.theme);
        let book = &model.logs;
        let mut spans = Vec::new();
        if book.dropped() > 0 {
            let dropped = text::tally(book.dropped());
            spans.push(Span::styled(format!(" ▲ {dropped} dropped "), theme.warn));
        }
        if let Some(node) = &book.filter().node {
            let label = model
                .tree
                .row(node)
                .map_or_else(|| node.to_string(), |row| row.label.to_string());
            spans.push(Span::styled(
                format!(" {} only ", text::clip(&label, 16)),
                theme.accent,
            ));
        }
        if book.filter().level > Level::Debug {
            let (sign, word, style) = level_look(theme, book.filter().level);
            spans.push(Span::styled(format!(" ≥ {sign} {word} "), style));
        }
        if !book.filter().text.is_empty() {
            let filter = text::clip(&book.filter().text, 12);
            spans.push(Span::styled(format!(" /{filter} "), theme.found));
        }
        spans.push(if !book.is_paused() {
            Span::styled(" ▶ following ", theme.good)
        } else {
            let arrived = text::count(book.arrived());
            Span::styled(format!(" ‖ paused, {arrived} new "), theme.warn)
        });
        Line::from(spans)
    }

    fn no_records(&mut self, inner: Rect) {
        let (model, theme) = (self.model, &self.model.theme);
        let book = &model.logs;
        let filter = book.filter();
        let filtered =
            filter.node.is_some() || filter.level > Level::Debug || !filter.text.is_empty();
        let lines = match (book.is_searching(), filtered) {
            (true, _) => ["Searching …", ""],
            (false, true) => ["No record passes the filters", "c shows all again."],
            (false, false) => ["Nothing was said yet", "console.log lines appear here."],
        };
        let y = inner.y + inner.height.saturating_sub(2) / 2;
        for (i, (text, style)) in lines.into_iter().zip([theme.strong, theme.dim]).enumerate() {
            let line = Line::styled(text, style);
            let width = (line.width() as u16).min(inner.width);
            let x = inner.x + (inner.width - width) / 2;
            self.buf.set_line(x, y + i as u16, &line, width);
        }
    }

    /// One record in full.
    fn record(&mut self, area: Rect, record: &LogRecord) {
        let (model, theme) = (self.model, &self.model.theme);
        let (sign, word, style) = level_look(theme, record.level);
        let title = Line::from(vec![
            Span::styled(format!(" {sign} {word} "), style),
            Span::styled(format!("{} ", model.clock.milli(record.at_ms)), theme.dim),
        ]);
        let inner = self.frame(area, self.focused(Pane::Side), title, Line::default());
        self.drawn.hits.push((inner, Hit::Pane(Pane::Side)));
        let padded = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let source = if record.host {
            "said by the host"
        } else {
            "said by its own code"
        };
        let mut lines = vec![
            Line::from(vec![
                Span::styled(text::safe(&record.label).into_owned(), theme.accent),
                Span::styled(format!("  {source}, record {}", record.seq), theme.dim),
            ]),
            Line::default(),
        ];
        lines.extend(
            text::wrap(&record.text, padded.width as usize)
                .into_iter()
                .map(|line| Line::styled(line, theme.text)),
        );
        let shown = padded.height as usize;
        self.drawn.side_end = lines.len().saturating_sub(shown);
        let top = model.side_top.min(self.drawn.side_end);
        self.lines(padded, &lines, top);
        self.scroll_mark(area, top, shown, lines.len());
    }
}

/// The sign and word for a level, and how it looks.
pub(super) fn level_look(theme: &Theme, level: Level) -> (&'static str, &'static str, Style) {
    match level {
        Level::Debug => ("·", "debug", theme.dim),
        Level::Info => ("●", "info", theme.heading),
        Level::Warn => ("▲", "warn", theme.warn),
        Level::Error => ("✗", "error", theme.bad),
    }
}

fn text_style(theme: &Theme, record: &LogRecord) -> Style {
    match record.level {
        Level::Debug => theme.dim,
        Level::Info => theme.text,
        Level::Warn => theme.warn,
        Level::Error => theme.bad.remove_modifier(Modifier::BOLD),
    }
}
