//! Everything about the selected node: facts with gauges, how it stands, the last failure, the last
//! requests and the last log lines.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::{
    Class, Painter, fit, kind_word,
    objects::{cpu_us_per_s, spark},
    state_look,
};
use crate::{
    console::{
        model::{Hit, Pane},
        text,
    },
    control::view::{Details, Failure, NodeKind, Row, State},
};

/// Cells of the names in front of facts.
const LABEL: usize = 9;

impl Painter<'_> {
    /// The pane beside or below the table.
    pub(super) fn details_pane(&mut self, area: Rect, below: bool) {
        let title = self.details_title(area.width as usize / 2);
        let inner = self.frame(area, self.focused(Pane::Side), title, Line::default());
        self.drawn.hits.push((inner, Hit::Pane(Pane::Side)));
        let facts_width = (below && self.class > Class::Slim).then_some(inner.width * 9 / 20);
        self.details_body(area, inner, facts_width);
    }

    /// The same on the whole screen.
    pub(super) fn details_zoomed(&mut self, area: Rect) {
        let inner = self.main_frame(area, true, self.details_title(area.width as usize / 2));
        self.drawn.hits.push((inner, Hit::Pane(Pane::Side)));
        self.drawn.page = inner.height as usize;
        let facts_width = (self.class > Class::Narrow).then_some((inner.width * 9 / 20).min(64));
        self.details_body(area, inner, facts_width);
    }

    fn details_title(&self, width: usize) -> Line<'static> {
        let theme = &self.model.theme;
        match self.shown_row() {
            None => Line::default(),
            Some(row) => {
                let kind = kind_word(row.kind);
                let label = text::clip(&row.label, width.saturating_sub(kind.len() + 4));
                Line::from(vec![
                    Span::styled(format!(" {label} "), theme.strong),
                    Span::styled(format!("{kind} "), theme.dim),
                ])
            }
        }
    }

    fn shown_row(&self) -> Option<&Row> {
        self.model.tree.row(self.model.tree.selected()?)
    }

    /// Facts and activity, side by side when `facts_width` says how wide the facts are.
    fn details_body(&mut self, frame: Rect, inner: Rect, facts_width: Option<u16>) {
        let Some(row) = self.shown_row().cloned() else {
            let line = Line::styled("nothing is selected", self.model.theme.dim);
            self.buf.set_line(inner.x + 1, inner.y, &line, inner.width);
            return;
        };
        let padded = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let padded = self.banner(&row, padded);
        let shown = padded.height as usize;
        let total = match facts_width {
            None => {
                let mut lines = self.facts(&row, padded.width as usize);
                lines.push(Line::default());
                lines.extend(self.activity(padded.width as usize));
                self.scrolled_lines(padded, &lines);
                lines.len()
            }
            Some(width) => {
                let facts = self.facts(&row, width as usize);
                let right = Rect {
                    x: padded.x + width + 2,
                    width: padded.width.saturating_sub(width + 2),
                    ..padded
                };
                let activity = self.activity(right.width as usize);
                self.scrolled_lines(Rect { width, ..padded }, &facts);
                self.scrolled_lines(right, &activity);
                facts.len().max(activity.len())
            }
        };
        self.drawn.side_end = total.saturating_sub(shown);
        let top = self.model.side_top.min(self.drawn.side_end);
        self.scroll_mark(frame, top, shown, total);
    }

    /// Tells of a pause in the first line; returns what is left below it.
    fn banner(&mut self, row: &Row, area: Rect) -> Rect {
        let details = self.model.details.as_ref().filter(|d| d.id == row.id);
        let Some(pause) = details.and_then(|details| details.pause.as_ref()) else {
            return area;
        };
        let line = self.pause_banner(pause, &row.id, area.width as usize);
        self.buf.set_line(area.x, area.y, &line, area.width);
        Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        }
    }

    /// Lines as far as the side pane is scrolled, each column to its own end.
    fn scrolled_lines(&mut self, area: Rect, lines: &[Line<'_>]) {
        let end = lines.len().saturating_sub(area.height as usize);
        self.lines(area, lines, self.model.side_top.min(end));
    }

    pub(super) fn lines(&mut self, area: Rect, lines: &[Line<'_>], top: usize) {
        for (y, line) in lines
            .iter()
            .skip(top)
            .take(area.height as usize)
            .enumerate()
        {
            self.buf
                .set_line(area.x, area.y + y as u16, line, area.width);
        }
    }

    /// The facts, the most wanted first, since a low pane cuts the rest.
    fn facts(&self, row: &Row, width: usize) -> Vec<Line<'static>> {
        let theme = &self.model.theme;
        let details = self.model.details.as_ref().filter(|d| d.id == row.id);
        let room = width.saturating_sub(LABEL);
        let fact = |label: &str, spans: Vec<Span<'static>>| {
            let mut all = vec![Span::styled(format!("{label:<LABEL$}"), theme.heading)];
            all.extend(spans);
            Line::from(fit(all, width))
        };
        let plain = |text: String| vec![Span::styled(text::clip(&text, room), theme.text)];

        let account = self.model.account.as_ref().filter(|a| a.id == row.id);
        let mut lines = vec![
            fact("state", self.state_spans(row)),
            fact("requests", self.request_spans(row)),
            fact("cost", self.cost_spans(row.cost_micros, account, room)),
        ];
        for budget in details.map_or(&[][..], |d| &d.budgets) {
            lines.push(fact("budget", self.budget_spans(budget, &row.id, room)));
        }
        lines.push(fact("cpu", self.cpu_spans(row, details)));
        lines.push(fact("memory", self.memory_spans(row, details, room)));
        lines.push(fact("data", self.data_spans(row, details, room)));
        lines.extend(details.map_or_else(Vec::new, |d| self.limit_lines(d, false, width)));
        lines.extend(details.and_then(|d| self.hosts_line(d, width)));
        if row.requests > 0 {
            let p50 = text::micros(row.p50_us.into());
            let p99 = text::micros(row.p99_us.into());
            lines.push(fact("latency", plain(format!("p50 {p50} · p99 {p99}"))));
        }
        if let Some(account) = account {
            lines.push(fact("rate", self.rate_spans(account)));
        }
        let Some(details) = details else {
            return lines;
        };
        lines.push(fact("life", plain(life(details))));
        if let Some(at) = details.alarm_ms {
            lines.push(fact("alarm", plain(alarm(at, self.model.clock.now_ms))));
        }
        let (read, written) = (
            text::count(details.rows_read),
            text::count(details.rows_written),
        );
        lines.push(fact(
            "rows",
            plain(format!("{read} read · {written} written")),
        ));
        if let Some(sockets) = sockets(details) {
            lines.push(fact("sockets", plain(sockets)));
        }
        if details.children > 0 {
            lines.push(fact("holds", plain(holds(row.kind, details.children))));
        }
        if let Some(url) = &row.url {
            let url = text::clip(url, room);
            lines.push(fact("url", vec![Span::styled(url, theme.accent)]));
        }
        if !details.class.is_empty() && row.kind != NodeKind::Worker {
            lines.push(fact("class", plain(details.class.clone())));
        }
        if let Some(id) = &details.object_id {
            lines.push(fact("id", plain(id.clone())));
        }
        if let Some(file) = &details.database {
            let file = text::clip_start(file, room);
            lines.push(fact("file", vec![Span::styled(file, theme.text)]));
        }
        let limits = self.limit_lines(details, true, width);
        if !limits.is_empty() {
            section(
                &mut lines,
                Line::styled("limits from the start", theme.heading),
            );
            lines.extend(limits);
        }
        let versions = account.map_or_else(Vec::new, |account| self.version_lines(account, width));
        if !versions.is_empty() {
            section(&mut lines, Line::styled("versions", theme.heading));
            lines.extend(versions);
        }
        lines
    }

    fn state_spans(&self, row: &Row) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let (sign, word, style) = state_look(theme, row.state);
        let mut spans = vec![Span::styled(format!("{sign} {word}"), style)];
        if row.age_ms > 0 {
            // How long it is paused stands elsewhere.
            let word = if row.state == State::Paused {
                ", in memory "
            } else {
                " "
            };
            let age = text::age(row.age_ms);
            spans.push(Span::styled(format!("{word}{age}"), theme.text));
        }
        if !row.version.is_empty() {
            let version = text::clip(&row.version, 8);
            spans.push(Span::styled(format!(" · code {version}"), theme.dim));
        }
        spans
    }

    fn request_spans(&self, row: &Row) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let mut spans = vec![
            Span::styled(
                format!("{}/s ", text::short(row.requests_per_s.into())),
                theme.text,
            ),
            Span::styled(spark(&row.spark, 12), theme.gauge),
            Span::styled(format!(" {}", text::tally(row.requests)), theme.text),
        ];
        if row.errors > 0 {
            let errors = text::plural(row.errors, "error");
            spans.push(Span::styled(format!(" · ✗ {errors}"), theme.bad));
        }
        spans
    }

    fn cpu_spans(&self, row: &Row, details: Option<&Details>) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let mut spans = vec![Span::styled(
            format!("{} a second", text::micros(cpu_us_per_s(row))),
            theme.text,
        )];
        if let Some(limit) = details
            .map(|d| d.cpu_limit_ms_per_request)
            .filter(|l| *l > 0)
        {
            let limit = text::micros(limit.saturating_mul(1000));
            spans.push(Span::styled(format!(" · limit {limit}"), theme.dim));
        }
        spans
    }

    fn memory_spans(
        &self,
        row: &Row,
        details: Option<&Details>,
        room: usize,
    ) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        if row.memory_bytes == 0 {
            return vec![Span::styled("not in memory", theme.dim)];
        }
        // What a group uses together is not limited.
        let limit = details
            .filter(|_| is_one(row))
            .map_or(0, |d| d.memory_limit_bytes);
        self.bytes_of(row.memory_bytes, limit, room)
    }

    fn data_spans(&self, row: &Row, details: Option<&Details>, room: usize) -> Vec<Span<'static>> {
        let limit = details
            .and_then(|d| d.limits.iter().find(|limit| limit.name == "storage_bytes"))
            .and_then(|limit| limit.value)
            .filter(|_| is_one(row));
        match row.database_bytes {
            0 => vec![Span::styled("none yet", self.model.theme.dim)],
            bytes => self.bytes_of(bytes, limit.unwrap_or(0), room),
        }
    }

    /// Bytes, as a gauge where there is a limit.
    fn bytes_of(&self, bytes: u64, limit: u64, room: usize) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let used = text::bytes(bytes);
        if limit == 0 {
            return vec![Span::styled(used, theme.text)];
        }
        let share = bytes as f64 / limit as f64;
        let (sign, style) = self.share_look(share);
        let words = format!("{sign}{used} of {}", text::bytes(limit));
        let cells = room.saturating_sub(text::width(&words)).clamp(4, 16);
        let mut spans = self.gauge(share, cells);
        spans.push(Span::styled(words, style));
        spans
    }

    /// What happened last: failure, requests, log lines.
    fn activity(&self, width: usize) -> Vec<Line<'static>> {
        let (model, theme) = (self.model, &self.model.theme);
        let mut lines = Vec::new();
        let details = model
            .details
            .as_ref()
            .filter(|d| Some(&d.id) == model.tree.selected());
        if let Some(failure) = details.and_then(|d| d.last_failure.as_ref()) {
            self.failure(failure, width, &mut lines);
        }
        let recent = details.map_or(&[][..], |d| &d.recent);
        if !recent.is_empty() {
            section(&mut lines, Line::styled("last requests", theme.heading));
        }
        for request in recent {
            let time = model.clock.second(request.at_ms);
            let took = text::micros(request.duration_us);
            let bad = request.status >= 500;
            let sign = if bad { "✗" } else { " " };
            let rest = text::clip(
                &format!("{} {}", request.method, request.path),
                width.saturating_sub(20),
            );
            lines.push(Line::from(vec![
                Span::styled(format!("{time} "), theme.dim),
                Span::styled(
                    format!("{sign}{} ", request.status),
                    if bad { theme.bad } else { theme.good },
                ),
                Span::styled(format!("{took:>5} "), theme.dim),
                Span::styled(rest, theme.text),
            ]));
        }
        if !model.tail.is_empty() {
            section(&mut lines, Line::styled("last log lines", theme.heading));
        }
        for record in model.tail.iter().rev() {
            let time = model.clock.second(record.at_ms);
            let (sign, _, style) = super::logs::level_look(theme, record.level);
            let rest = text::clip(&record.text, width.saturating_sub(time.len() + 3));
            lines.push(Line::from(vec![
                Span::styled(format!("{time} "), theme.dim),
                Span::styled(format!("{sign} "), style),
                Span::styled(rest, theme.text),
            ]));
        }
        if lines.is_empty() {
            lines.push(Line::styled("no requests or log lines yet", theme.dim));
        }
        lines
    }

    fn failure(&self, failure: &Failure, width: usize, lines: &mut Vec<Line<'static>>) {
        let (model, theme) = (self.model, &self.model.theme);
        let at = model.clock.second(failure.at_ms);
        section(
            lines,
            Line::styled(format!("last failure, {at}"), theme.heading),
        );
        for line in text::wrap(&failure.message, width.saturating_sub(2)) {
            let sign = if lines.len() == 1 { "✗ " } else { "  " };
            lines.push(Line::styled(format!("{sign}{line}"), theme.bad));
        }
        for line in failure.stack.lines() {
            let line = text::clip(line.trim(), width.saturating_sub(2));
            lines.push(Line::styled(format!("  {line}"), theme.dim));
        }
    }
}

fn section(lines: &mut Vec<Line<'static>>, head: Line<'static>) {
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines.push(head);
}

fn is_one(row: &Row) -> bool {
    matches!(row.kind, NodeKind::Object | NodeKind::Facet)
}

fn life(details: &Details) -> String {
    let starts = text::plural(details.starts, "start");
    match details.pending {
        0 => starts,
        pending => format!("{starts} · {pending} pending"),
    }
}

/// None for who never had a WebSocket.
fn sockets(details: &Details) -> Option<String> {
    let (came, went) = (details.messages_in, details.messages_out);
    if details.sockets + came + went == 0 {
        return None;
    }
    let count = text::count;
    let asleep = match details.hibernated_sockets {
        0 => String::new(),
        n => format!(", {} hibernated", count(n)),
    };
    let open = count(details.sockets);
    Some(format!(
        "{open} open{asleep} · {} in · {} out",
        count(came),
        count(went)
    ))
}

fn alarm(at_ms: u64, now_ms: u64) -> String {
    match at_ms.checked_sub(now_ms) {
        None | Some(0) => "due now".into(),
        Some(ms) => format!("in {}", text::age(ms)),
    }
}

fn holds(kind: NodeKind, children: u32) -> String {
    let (one, many) = match kind {
        NodeKind::Worker => ("class", "classes"),
        NodeKind::Namespace => ("object", "objects"),
        NodeKind::Object | NodeKind::Facet => ("facet", "facets"),
    };
    let word = if children == 1 { one } else { many };
    format!("{} {word}", text::count(children.into()))
}
