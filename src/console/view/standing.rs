//! How the selected node stands: pause, money, limits as gauges, budgets, and versions of its code.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{Painter, fit};
use crate::{
    console::{names, text},
    control::view::{
        Account, BudgetView, Details, LimitView, NodeId, Origin, PauseView, VersionMark,
    },
};

/// Cells of the names in front of limits.
const NAME: usize = 17;
/// Cells of a gauge in a list of limits.
const GAUGE: usize = 6;
/// From this share on a limit is near.
const NEAR: f64 = 0.8;

impl Painter<'_> {
    /// A bar for a share, and a sign where it is near or used up.
    pub(super) fn gauge(&self, share: f64, cells: usize) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        // Something is never shown as nothing.
        let least = usize::from(share > 0.0);
        let full = ((share.clamp(0.0, 1.0) * cells as f64).round() as usize).clamp(least, cells);
        let style = if share < NEAR {
            theme.gauge
        } else {
            self.share_look(share).1
        };
        vec![
            Span::styled("━".repeat(full), style),
            Span::styled("─".repeat(cells - full), theme.gauge_rest),
        ]
    }

    /// The sign for how near a limit is, and how it looks.
    pub(super) fn share_look(&self, share: f64) -> (&'static str, Style) {
        let theme = &self.model.theme;
        if share >= 1.0 {
            ("✗", theme.bad)
        } else if share >= NEAR {
            ("▲", theme.warn)
        } else {
            (" ", theme.text)
        }
    }

    /// Why nothing runs, in one line over the whole pane.
    pub(super) fn pause_banner(
        &self,
        pause: &PauseView,
        own: &NodeId,
        width: usize,
    ) -> Line<'static> {
        let theme = &self.model.theme;
        let since = text::age(self.model.clock.now_ms.saturating_sub(pause.since_ms));
        let by = pause.by.as_deref().unwrap_or("an operator");
        let with = match pause.at == *own {
            true => String::new(),
            false => format!(
                ", with {}",
                self.origin(&Origin::Node(pause.at.clone()), own)
            ),
        };
        let reason = names::named(&pause.reason, &self.model.tree);
        let spans = vec![
            Span::styled(format!("‖ paused {since} by {by}{with}: "), theme.accent),
            Span::styled(text::safe(&reason).into_owned(), theme.text),
        ];
        Line::from(fit(spans, width))
    }

    /// What it has cost, before and after the ledger was asked.
    pub(super) fn cost_spans(
        &self,
        micros: u64,
        account: Option<&Account>,
        room: usize,
    ) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let currency = text::clip(&self.model.overview.currency, 4);
        let Some(account) = account else {
            let month = text::money(micros);
            return vec![Span::styled(
                format!("{month} {currency} this month"),
                theme.text,
            )];
        };
        let (today, month) = (account.today_micros, account.month_micros);
        let today = format!(" · {} today", text::money(today));
        let month = format!("{} {currency}", text::money(month));
        let this_month = " this month";
        let fits = text::width(&month) + this_month.len() + text::width(&today) <= room;
        vec![
            Span::styled(month, theme.text),
            Span::styled(if fits { this_month } else { "" }, theme.text),
            Span::styled(today, theme.dim),
        ]
    }

    /// What an hour costs now, and where the month goes.
    pub(super) fn rate_spans(&self, account: &Account) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let (hour, end) = (account.per_hour_micros, account.projected_micros);
        vec![
            Span::styled(format!("{}/h now", text::money(hour)), theme.text),
            Span::styled(format!(" · month ends at {}", text::money(end)), theme.dim),
        ]
    }

    /// A budget as a bar, in at most `room` cells.
    pub(super) fn budget_spans(
        &self,
        budget: &BudgetView,
        own: &NodeId,
        room: usize,
    ) -> Vec<Span<'static>> {
        let theme = &self.model.theme;
        let share = budget.spent_micros as f64 / budget.sum_micros.max(1) as f64;
        let (sign, style) = self.share_look(share);
        let (spent, sum) = (
            text::money(budget.spent_micros),
            text::money(budget.sum_micros),
        );
        let words = format!("{sign}{spent} of {sum}/{}", budget.period);
        let mut spans = self.gauge(share, room.saturating_sub(words.len()).clamp(2, GAUGE));
        spans.push(Span::styled(words, style));
        spans.push(Span::styled(format!(" → {}", budget.at), theme.dim));
        if budget.node != *own {
            let from = self.origin(&Origin::Node(budget.node.clone()), own);
            spans.push(Span::styled(format!(" · {from}"), theme.dim));
        }
        fit(spans, room)
    }

    /// Limits that somebody set, and after `rest` those that the program was started with.
    pub(super) fn limit_lines(
        &self,
        details: &Details,
        rest: bool,
        width: usize,
    ) -> Vec<Line<'static>> {
        let of_program = |limit: &&LimitView| (limit.from == Origin::Program) == rest;
        let limits = details.limits.iter().filter(of_program);
        limits
            .filter_map(|limit| self.limit_line(limit, &details.id, width))
            .collect()
    }

    fn limit_line(&self, limit: &LimitView, own: &NodeId, width: usize) -> Option<Line<'static>> {
        let theme = &self.model.theme;
        let value = limit.value?;
        let words = text::limit_words(&limit.name);
        let most = text::of_limit(&limit.name, value);
        let mut spans = vec![Span::styled(format!("{words:<NAME$}"), theme.heading)];
        match limit.used {
            None => spans.push(Span::styled(most, theme.text)),
            Some(used) => {
                // Nothing of nothing is within it.
                let share = match (used, value) {
                    (0, 0) => 0.0,
                    (used, value) => used as f64 / value as f64,
                };
                let (sign, style) = self.share_look(share);
                let used = text::of_limit(&limit.name, used);
                spans.extend(self.gauge(share, GAUGE));
                spans.push(Span::styled(format!("{sign}{used} of {most}"), style));
            }
        }
        let from = self.origin(&limit.from, own);
        spans.push(Span::styled(format!(" → {}", limit.at), theme.dim));
        spans.push(Span::styled(format!(" · {from}"), theme.dim));
        Some(Line::from(fit(spans, width)))
    }

    /// The hosts that an operator left.
    pub(super) fn hosts_line(&self, details: &Details, width: usize) -> Option<Line<'static>> {
        let theme = &self.model.theme;
        let hosts = details.hosts.as_ref()?;
        let names = match hosts.hosts.is_empty() {
            true => "none".to_owned(),
            false => hosts.hosts.join(", "),
        };
        let from = self.origin(&hosts.from, &details.id);
        let spans = vec![
            Span::styled(format!("{:<NAME$}", "hosts"), theme.heading),
            Span::styled(text::safe(&names).into_owned(), theme.text),
            Span::styled(format!(" · {from}"), theme.dim),
        ];
        Some(Line::from(fit(spans, width)))
    }

    /// Versions of the code, the newest first, with a sign before the one that runs.
    pub(super) fn version_lines(&self, account: &Account, width: usize) -> Vec<Line<'static>> {
        let (theme, now) = (&self.model.theme, self.model.clock.now_ms);
        let line = |it: &crate::control::view::VersionView| {
            let (sign, word, style) = match it.mark {
                VersionMark::Runs => ("●", " runs", theme.good),
                VersionMark::Replaced => ("○", " replaced", theme.warn),
                VersionMark::Other => (" ", "", theme.text),
            };
            let (ago, size) = (
                text::age(now.saturating_sub(it.last_ms)),
                text::bytes(it.bytes),
            );
            let spans = vec![
                Span::styled(format!("{sign} {}", text::clip(&it.version, 8)), style),
                Span::styled(format!(" {ago:>4} {size:>5} {}", it.who), theme.text),
                Span::styled(word, style),
                Span::styled(format!(" · {}", text::clip(&it.worker, 32)), theme.dim),
            ];
            Line::from(fit(spans, width))
        };
        account.versions.iter().map(line).collect()
    }

    /// Where something is set, in a person's words.
    fn origin(&self, from: &Origin, own: &NodeId) -> String {
        match from {
            Origin::Program => "at start".into(),
            Origin::Default => "default".into(),
            Origin::Node(node) if node == own => "here".into(),
            Origin::Node(node) => match self.model.tree.row(node) {
                Some(row) => format!("{} {}", super::kind_word(row.kind), row.label),
                None => text::clip_start(&node.0, 24),
            },
        }
    }
}
