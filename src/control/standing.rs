//! How one node stands: its limits and how far they are used, its pause, its budgets, its money and
//! the versions of its code.

use std::sync::Arc;

use super::{
    Refused,
    costs::micros,
    view::{
        Account, BudgetView, Details, HostsView, LimitView, NodeId, NodeKind, Origin, PauseView,
        Row, VersionMark, VersionView,
    },
};
use crate::{
    host::{BudgetLine, DEFAULTS, Host},
    ledger::harmless,
    object::{Actor, limits::Limit},
};

/// Versions that are looked at, the newest.
const VERSIONS: usize = 20;

/// Adds limits, pause and budgets; nothing of it takes a look at the disk.
pub(super) fn add_standing(host: &Host, details: &mut Details, row: &Row, rows: &[Arc<Row>]) {
    let path = &*row.id.0;
    let actor = match row.kind {
        NodeKind::Object | NodeKind::Facet => host.node(path),
        NodeKind::Worker | NodeKind::Namespace => None,
    };
    details.limits = limits(host, row, details.sockets, actor.as_ref(), rows);
    let value = |name: &str| {
        let limit = details.limits.iter().find(|limit| limit.name == name);
        limit.and_then(|limit| limit.value).unwrap_or(0)
    };
    details.memory_limit_bytes = value(Limit::MemoryBytes.name());
    details.cpu_limit_ms_per_request = value(Limit::CpuMsPerRequest.name());
    details.hosts = host.limited_hosts(path).map(|(hosts, from)| HostsView {
        hosts: hosts.iter().map(ToString::to_string).collect(),
        from: origin(Some(from)),
    });
    details.pause = host.pause_of(path).map(|(paused, at)| PauseView {
        reason: harmless(&paused.pause.reason, 1024),
        by: paused.by,
        since_ms: paused.since_ms,
        wait_s: paused.pause.wait.as_secs(),
        at: NodeId(at.into()),
    });
    details.budgets = budgets(host.budgets(), path);
}

fn origin(from: Option<String>) -> Origin {
    match from {
        None => Origin::Program,
        Some(from) if from == DEFAULTS => Origin::Default,
        Some(from) => Origin::Node(NodeId(from.into())),
    }
}

fn limits(
    host: &Host,
    row: &Row,
    sockets: u64,
    actor: Option<&Arc<Actor>>,
    rows: &[Arc<Row>],
) -> Vec<LimitView> {
    let used = |limit: Limit| match (limit, actor) {
        (Limit::Objects, None) if row.kind == NodeKind::Worker => Some(objects_of(row, rows)),
        (_, None) => None,
        (Limit::MemoryBytes, _) => Some(row.memory_bytes),
        (Limit::StorageBytes, _) => Some(row.database_bytes),
        (Limit::RequestsPerSecond, _) => Some(row.requests_per_s.round() as u64),
        (Limit::WebSockets, _) => Some(sockets),
        (Limit::Facets, Some(actor)) => Some(actor.facets().len() as u64),
        (limit, Some(actor)) => actor.used_of(limit),
    };
    let view = |line: crate::host::LimitLine| {
        let limit = line.limit;
        let actions = limit.actions();
        LimitView {
            name: limit.name().into(),
            value: line.setting.map(|it| it.value),
            used: line.setting.and_then(|_| used(limit)),
            at: line.setting.map_or(actions[0], |it| it.at).name().into(),
            from: origin(line.from),
            actions: actions.iter().map(|at| at.name().into()).collect(),
            bounds: limit.bounds(),
        }
    };
    host.limit_lines(&row.id.0).into_iter().map(view).collect()
}

fn objects_of(worker: &Row, rows: &[Arc<Row>]) -> u64 {
    let below = format!("{}/", worker.id.0);
    let mine = |row: &&Arc<Row>| row.kind == NodeKind::Object && row.id.0.starts_with(&below);
    rows.iter().filter(mine).count() as u64
}

/// The sums that the node at `path` spends from, the nearest first.
fn budgets(all: Vec<BudgetLine>, path: &str) -> Vec<BudgetView> {
    let mut mine: Vec<BudgetLine> = all
        .into_iter()
        .filter(|line| {
            path.strip_prefix(&*line.node)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .collect();
    mine.sort_by_key(|line| std::cmp::Reverse(line.node.len()));
    mine.into_iter()
        .flat_map(|line| {
            let sums = [
                ("day", line.budget.day, line.today),
                ("month", line.budget.month, line.month),
            ];
            let node = NodeId(line.node.into());
            sums.into_iter().filter_map(move |(period, sum, spent)| {
                Some(BudgetView {
                    node: node.clone(),
                    period,
                    sum_micros: micros(sum?),
                    spent_micros: micros(spent),
                    at: line.budget.at.name().into(),
                })
            })
        })
        .collect()
}

/// Reads a node's money and versions. Waits for the disk.
pub(super) fn account(host: &Host, id: &NodeId) -> Result<Account, Refused> {
    let path = &*id.0;
    let figures = host.ledger().figures(path);
    let figures = figures.map_err(|error| Refused(error.to_string()))?;
    Ok(Account {
        id: id.clone(),
        today_micros: micros(figures.today),
        month_micros: micros(figures.month),
        per_hour_micros: micros(figures.per_hour),
        projected_micros: micros(figures.projected),
        // what runs no code of its own, such as a namespace, has none
        versions: versions(host, path).unwrap_or_default(),
    })
}

fn versions(host: &Host, path: &str) -> Result<Vec<VersionView>, crate::host::VerbError> {
    let running = host.version_at(path).ok();
    let mark = |content: &str| match &running {
        Some((now, _)) if **now == *content => VersionMark::Runs,
        Some((_, Some(replaced))) if **replaced == *content => VersionMark::Replaced,
        _ => VersionMark::Other,
    };
    let mut lines = host.versions_at(path)?;
    // a project's list has those of its dynamic workers too
    let own = lines
        .iter()
        .find(|it| mark(&it.content) == VersionMark::Runs);
    if let Some(worker) = own.map(|line| line.worker.clone()) {
        lines.retain(|line| line.worker == worker);
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.last_ms));
    let view = |line: crate::host::VersionLine| VersionView {
        version: line.content.chars().take(8).collect(),
        mark: mark(&line.content),
        worker: harmless(&line.worker, 256),
        who: line.who.name().into(),
        last_ms: line.last_ms,
        bytes: line.bytes,
    };
    Ok(lines.into_iter().take(VERSIONS).map(view).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        host::{AtBudget, Budget},
        ledger::Money,
    };

    #[test]
    fn a_node_spends_from_its_own_budget_and_those_above_it() {
        let line = |node: &str, day: bool, month: bool| {
            let sum = |there: bool| there.then_some(Money::from_cents(200));
            BudgetLine {
                node: node.into(),
                budget: Budget {
                    day: sum(day),
                    month: sum(month),
                    at: AtBudget::Pause,
                },
                today: Money::from_cents(50),
                month: Money::from_cents(150),
            }
        };
        let all = vec![
            line("w", true, true),
            line("w/C/1", true, false),
            line("w/C/12", true, true),
            line("v", true, true),
        ];
        let mine: Vec<_> = budgets(all, "w/C/1")
            .into_iter()
            .map(|it| (it.node.to_string(), it.period, it.spent_micros))
            .collect();
        assert_eq!(
            mine,
            [
                ("w/C/1".into(), "day", 500_000),
                ("w".into(), "day", 500_000),
                ("w".into(), "month", 1_500_000)
            ]
        );
    }

    #[test]
    fn where_a_limit_comes_from() {
        assert_eq!(origin(None), Origin::Program);
        assert_eq!(origin(Some(String::new())), Origin::Default);
        assert_eq!(
            origin(Some("w/C".into())),
            Origin::Node(NodeId("w/C".into()))
        );
    }
}
