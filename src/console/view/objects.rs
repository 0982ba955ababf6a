//! The tree as a table, with the details of the selected node beside or below it.

use ratatui::{
    layout::{Alignment, Constraint, Rect},
    style::Style,
    text::{Line, Span, Text},
    widgets::StatefulWidget,
};
use ratatui_table::{Cell, HighlightSpacing, Row as TableRow, Table, TableState};

use super::{Class, Painter, scrolled, state_look};
use crate::{
    console::{
        model::{Hit, Model, Pane},
        order::Column,
        text,
        theme::Theme,
        tree::Tree,
    },
    control::view::{NodeKind, Row, State},
};

/// A column as a layout shows it; the name takes what the others leave.
struct Shown {
    column: Column,
    head: &'static str,
    width: u16,
    align: Alignment,
}

const fn left(column: Column, head: &'static str, width: u16) -> Shown {
    Shown {
        column,
        head,
        width,
        align: Alignment::Left,
    }
}

const fn right(column: Column, head: &'static str, width: u16) -> Shown {
    Shown {
        column,
        head,
        width,
        align: Alignment::Right,
    }
}

const NAME: Shown = left(Column::Name, "Name", 0);
const STATE: Shown = left(Column::State, "State", 12);
const VERSION: Shown = left(Column::Version, "Code", 7);
const RATE: Shown = right(Column::Rate, "Req/s", 6);
const P50: Shown = right(Column::P50, "p50", 6);
const P99: Shown = right(Column::P99, "p99", 6);
const CPU: Shown = right(Column::Cpu, "CPU/s", 6);
const MEMORY: Shown = right(Column::Memory, "Memory", 7);
const DATABASE: Shown = right(Column::Database, "Data", 6);
const ERRORS: Shown = right(Column::Errors, "Err", 5);
const COST: Shown = right(Column::Cost, "Cost", 6);
const AGE: Shown = right(Column::Age, "Age", 4);

/// The columns of each layout, chosen rather than squeezed.
const SLIM: [Shown; 5] = [NAME, STATE, RATE, P99, ERRORS];
const NARROW: [Shown; 8] = [NAME, STATE, RATE, P99, CPU, MEMORY, DATABASE, ERRORS];
const NORMAL: [Shown; 11] = [
    NAME,
    STATE,
    RATE,
    left(Column::Spark, "", 8),
    P50,
    P99,
    CPU,
    MEMORY,
    DATABASE,
    ERRORS,
    COST,
];
/// Beside details, which tell the age.
const BESIDE: [Shown; 12] = [
    NAME,
    STATE,
    VERSION,
    RATE,
    left(Column::Spark, "", 8),
    P50,
    P99,
    CPU,
    MEMORY,
    DATABASE,
    ERRORS,
    COST,
];
const WIDE: [Shown; 13] = [
    NAME,
    STATE,
    VERSION,
    RATE,
    left(Column::Spark, "", 8),
    P50,
    P99,
    CPU,
    MEMORY,
    DATABASE,
    ERRORS,
    COST,
    AGE,
];

fn columns(class: Class, width: u16) -> &'static [Shown] {
    match class {
        Class::Slim => &SLIM,
        Class::Narrow => &NARROW,
        // Without details beside it a wide table has room for all columns.
        Class::Normal if width < 125 => &NORMAL,
        Class::Wide if width < 125 => &BESIDE,
        Class::Normal | Class::Wide => &WIDE,
    }
}

impl Painter<'_> {
    pub(super) fn objects(&mut self, area: Rect) {
        if self.model.zoomed {
            self.drawn.side = true;
            return self.details_zoomed(area);
        }
        let (table, side) = self.split(area);
        if let Some(side) = side {
            self.drawn.side = true;
            self.details_pane(side, side.height < area.height);
        }
        self.table(table);
    }

    /// Beside at 160 columns, below from 80 on where there is height, else on Enter only.
    fn split(&self, area: Rect) -> (Rect, Option<Rect>) {
        let Rect { width, height, .. } = area;
        if self.class == Class::Wide {
            let side = (width * 3 / 10).clamp(48, 64);
            let table = Rect {
                width: width - side,
                ..area
            };
            let details = Rect {
                x: area.x + width - side,
                width: side,
                ..area
            };
            return (table, Some(details));
        }
        let below = match (self.class, height) {
            (Class::Slim, 26..) => 9,
            (Class::Slim, _) | (_, ..20) => return (area, None),
            (_, 20..30) => 9,
            (_, 30..) => (height / 3).clamp(11, 16),
        };
        let table = Rect {
            height: height - below,
            ..area
        };
        let details = Rect {
            y: area.y + height - below,
            height: below,
            ..area
        };
        (table, Some(details))
    }

    fn table(&mut self, area: Rect) {
        let model = self.model;
        let note = self.table_note();
        let inner = self.main_frame(area, self.focused(Pane::Main), note);
        self.drawn.hits.push((inner, Hit::Pane(Pane::Main)));
        // A cell of air before the frame.
        let inner = Rect {
            width: inner.width - 1,
            ..inner
        };
        let shown_rows = inner.height.saturating_sub(1) as usize;
        self.drawn.page = shown_rows;
        if model.tree.len() == 0 {
            return self.nothing(inner);
        }

        let columns = columns(self.class, inner.width);
        let fixed: u16 = columns
            .iter()
            .map(|c| c.width + u16::from(c.width > 0))
            .sum();
        // One cell is the mark of the selected line.
        let name_width = inner.width.saturating_sub(fixed + 1);
        let widths = columns.iter().map(|c| match c.width {
            0 => Constraint::Length(name_width),
            width => Constraint::Length(width),
        });
        let top = scrolled(
            model.drawn.objects_top,
            model.tree.cursor(),
            shown_rows,
            model.tree.len(),
        );
        let name = name_width as usize;
        let (tree, theme) = (&model.tree, &model.theme);
        let rows = Table::lazy_rows(model.tree.len(), widths, |line| {
            row_cells(tree, theme, columns, line, name)
        });
        let selected = if model.focus == Pane::Main {
            model.theme.selected
        } else {
            model.theme.selected_idle
        };
        let table = rows
            .header(head_cells(model, columns))
            .column_spacing(1)
            .highlight_symbol(Text::styled("▌", model.theme.focus))
            .highlight_spacing(HighlightSpacing::Always)
            .row_highlight_style(selected);
        let mut state = TableState::new()
            .with_offset(top)
            .with_selected(model.tree.cursor());
        table.render(inner, self.buf, &mut state);

        self.drawn.objects_top = top;
        self.table_hits(inner, columns, name_width, top);
        self.scroll_mark(area, top, shown_rows, model.tree.len());
    }

    /// Remembers where heads and rows are, for the mouse.
    fn table_hits(&mut self, inner: Rect, columns: &[Shown], name_width: u16, top: usize) {
        let mut x = inner.x + 1;
        for shown in columns {
            let width = if shown.width == 0 {
                name_width
            } else {
                shown.width
            };
            let head = Rect::new(x, inner.y, width, 1);
            self.drawn.hits.push((head, Hit::Head(shown.column)));
            x += width + 1;
        }
        for y in 1..inner.height {
            let line = top + usize::from(y) - 1;
            let Some(row) = self.model.tree.line(line) else {
                break;
            };
            let area = Rect::new(inner.x, inner.y + y, inner.width, 1);
            self.drawn.hits.push((area, Hit::Row(row.id.clone())));
            if self.model.tree.has_children(line) {
                let fold = Rect::new(inner.x + 1 + indent(row), inner.y + y, 2, 1);
                self.drawn.hits.push((fold, Hit::Fold(row.id.clone())));
            }
        }
    }

    fn table_note(&self) -> Line<'static> {
        let (model, theme) = (self.model, &self.model.theme);
        let tree = &model.tree;
        let mut spans = Vec::new();
        if let Some(sort) = tree.sort() {
            let arrow = if sort.descending { "▼" } else { "▲" };
            spans.push(Span::styled(
                format!(" by {} {arrow} ", sort_word(sort.column)),
                theme.sorted,
            ));
        }
        if tree.filter().is_empty() {
            let total = text::plural(tree.total() as u64, "node");
            spans.push(Span::styled(format!(" {total} "), theme.dim));
        } else {
            let filter = text::clip(tree.filter(), 16);
            spans.push(Span::styled(format!(" /{filter} "), theme.found));
            let found = text::count(tree.found() as u64);
            let total = text::count(tree.total() as u64);
            spans.push(Span::styled(format!(" {found} of {total} "), theme.dim));
        }
        Line::from(spans)
    }

    fn nothing(&mut self, inner: Rect) {
        let (model, theme) = (self.model, &self.model.theme);
        let lines = if model.tree.filter().is_empty() {
            [
                Line::styled("Nothing runs yet", theme.strong),
                Line::styled("Objects appear here with their first request.", theme.dim),
            ]
        } else {
            [
                Line::styled("Nothing matches the filter", theme.strong),
                Line::styled("Esc clears it.", theme.dim),
            ]
        };
        let y = inner.y + inner.height.saturating_sub(2) / 2;
        for (i, line) in lines.into_iter().enumerate() {
            let width = (line.width() as u16).min(inner.width);
            let x = inner.x + (inner.width - width) / 2;
            self.buf.set_line(x, y + i as u16, &line, width);
        }
    }
}

fn sort_word(column: Column) -> &'static str {
    match column {
        Column::Name => "name",
        Column::State => "state",
        Column::Version => "version",
        Column::Rate | Column::Spark => "req/s",
        Column::P50 => "p50",
        Column::P99 => "p99",
        Column::Cpu => "cpu",
        Column::Memory => "memory",
        Column::Database => "data",
        Column::Errors => "errors",
        Column::Cost => "cost",
        Column::Age => "age",
    }
}

fn head_cells(model: &Model, columns: &'static [Shown]) -> TableRow<'static> {
    let theme = &model.theme;
    let sort = model.tree.sort();
    TableRow::new(columns.iter().map(|shown| {
        let sorted = sort.filter(|sort| sort.column == shown.column);
        let line = match sorted {
            None => Line::styled(shown.head, theme.heading),
            Some(sort) => {
                let arrow = if sort.descending { '▼' } else { '▲' };
                let head = match shown.width {
                    0 => format!("{} {arrow}", shown.head),
                    width => {
                        let head = text::clip(shown.head, width as usize - 1);
                        format!("{head}{arrow}")
                    }
                };
                Line::styled(head, theme.sorted)
            }
        };
        Cell::from(line.alignment(shown.align))
    }))
}

fn row_cells<'a>(
    tree: &Tree,
    theme: &Theme,
    columns: &[Shown],
    line: usize,
    name_width: usize,
) -> TableRow<'a> {
    let Some(row) = tree.line(line) else {
        return TableRow::default();
    };
    TableRow::new(columns.iter().map(|shown| {
        let content = match shown.column {
            Column::Name => name(tree, theme, row, line, name_width),
            column => value(theme, row, column, shown.width),
        };
        Cell::from(content.alignment(shown.align))
    }))
}

fn indent(row: &Row) -> u16 {
    row.depth.min(8) * 2
}

/// Indentation, the sign that it opens or closes, and the label with what a filter found in it.
fn name(tree: &Tree, theme: &Theme, row: &Row, line: usize, width: usize) -> Line<'static> {
    let sign = match (tree.has_children(line), tree.is_collapsed(line), row.kind) {
        (true, true, _) => "▸ ",
        (true, false, _) => "▾ ",
        (false, _, NodeKind::Facet) => "◆ ",
        (false, ..) => "· ",
    };
    let style = match (row.kind, row.state) {
        (NodeKind::Worker, _) => theme.strong,
        (NodeKind::Namespace, _) => theme.heading,
        (_, State::Hibernated) => theme.hint,
        _ => theme.text,
    };
    let before = indent(row) as usize;
    let label = text::clip(&row.label, width.saturating_sub(before + 2));
    let mut spans = vec![Span::raw(" ".repeat(before)), Span::styled(sign, theme.dim)];
    spans.extend(found_spans(&label, tree.filter(), style, theme.found));
    Line::from(spans)
}

/// `label` with the first place that holds `needle` (lower case) in the style `found`.
pub(super) fn found_spans(
    label: &str,
    needle: &str,
    style: Style,
    found: Style,
) -> Vec<Span<'static>> {
    // Lower case may have other lengths outside ASCII; then the mark is left out.
    let lower = label.to_lowercase();
    let at = lower
        .find(needle)
        .filter(|_| !needle.is_empty() && lower.len() == label.len());
    let parts = at.and_then(|at| {
        let end = at + needle.len();
        Some((label.get(..at)?, label.get(at..end)?, label.get(end..)?))
    });
    match parts {
        None => vec![Span::styled(label.to_owned(), style)],
        Some((before, hit, after)) => vec![
            Span::styled(before.to_owned(), style),
            Span::styled(hit.to_owned(), style.patch(found)),
            Span::styled(after.to_owned(), style),
        ],
    }
}

fn value(theme: &Theme, row: &Row, column: Column, width: u16) -> Line<'static> {
    // Zeros step back, so that what happens stands out.
    let shade = |zero: bool| if zero { theme.dim } else { theme.text };
    let unless_zero = |value: u64, text: fn(u64) -> String| match value {
        0 => Line::styled("–", theme.dim),
        value => Line::styled(text(value), theme.text),
    };
    match column {
        Column::Name => Line::default(),
        Column::State => {
            let (sign, word, style) = state_look(theme, row.state);
            Line::styled(format!("{sign} {word}"), style)
        }
        Column::Version => Line::styled(text::clip(&row.version, width as usize), theme.dim),
        Column::Rate => Line::styled(
            text::short(f64::from(row.requests_per_s)),
            shade(row.requests_per_s == 0.0),
        ),
        Column::Spark => Line::styled(
            spark(&row.spark, width as usize),
            if row.spark.iter().any(|n| *n > 0) {
                theme.gauge
            } else {
                theme.gauge_rest
            },
        ),
        Column::P50 => unless_zero(u64::from(row.p50_us), text::micros),
        Column::P99 => unless_zero(u64::from(row.p99_us), text::micros),
        Column::Cpu => unless_zero(cpu_us_per_s(row), text::micros),
        Column::Memory => unless_zero(row.memory_bytes, text::bytes),
        Column::Database => unless_zero(row.database_bytes, text::bytes),
        Column::Errors => Line::styled(
            text::tally(row.errors),
            if row.errors == 0 {
                theme.dim
            } else {
                theme.bad
            },
        ),
        Column::Cost => unless_zero(row.cost_micros, text::money),
        Column::Age => unless_zero(row.age_ms, text::age),
    }
}

/// CPU microseconds used in the last second.
pub(super) fn cpu_us_per_s(row: &Row) -> u64 {
    (f64::from(row.cpu_ms_per_s) * 1000.0) as u64
}

/// The newest `width` seconds as bars, scaled to the tallest of them.
pub(super) fn spark(values: &[u16; 20], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    // A single request is not a full bar.
    let most = usize::from(values.iter().copied().max().unwrap_or(0)).max(4);
    let newest = &values[values.len().saturating_sub(width)..];
    newest
        .iter()
        .map(|&n| BARS[(usize::from(n) * 7).div_ceil(most).min(7)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_scale_to_the_tallest() {
        let mut values = [0; 20];
        values[19] = 100;
        values[18] = 1;
        assert_eq!(spark(&values, 4), "▁▁▂█");
        values[19] = 1;
        assert_eq!(spark(&values, 2), "▃▃");
    }

    #[test]
    fn what_a_filter_found_is_marked() {
        let plain = Style::new();
        let found = Style::new().bold();
        let parts = |label, needle| -> Vec<String> {
            found_spans(label, needle, plain, found)
                .into_iter()
                .map(|span| span.content.into_owned())
                .collect()
        };
        assert_eq!(parts("My-App", "app"), ["My-", "App", ""]);
        assert_eq!(parts("My-App", ""), ["My-App"]);
        assert_eq!(parts("İstanbul", "stan"), ["İstanbul"]);
    }

    #[test]
    fn every_layout_leaves_room_for_names() {
        for (class, width) in [
            (Class::Slim, 58),
            (Class::Narrow, 78),
            (Class::Normal, 98),
            (Class::Normal, 125),
            (Class::Wide, 110),
            (Class::Wide, 125),
        ] {
            let fixed: u16 = columns(class, width)
                .iter()
                .map(|c| c.width + u16::from(c.width > 0))
                .sum();
            assert!(
                width - fixed > 19,
                "{class:?} at {width} leaves {}",
                width - fixed
            );
        }
    }
}
