//! What an operator can look at from outside this program, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Refused, verb::budget_text, view::NodeId};
use crate::{
    host::{DEFAULTS, Host, VersionLine},
    ledger::{AuditQuery, Count, Level, LogFilter, Nodes, Pattern, Snapshot, now_ms},
    object::{Actor, ModuleKind},
};

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "show", content = "of", rename_all = "kebab-case")]
pub enum Show {
    /// Objects and facets at and below a node, or all.
    Nodes(Option<NodeId>),
    /// How many objects are known.
    Count,
    /// What a node has counted since the program started, and costs.
    Meter(NodeId),
    /// One count of a node with all below it over the last time.
    Series {
        /// Of what.
        node: NodeId,
        /// The count's name, such as `requests`.
        count: String,
        /// Seconds of one step.
        step_s: u64,
        /// How far back.
        minutes: u64,
    },
    /// The limits that hold for a node, and where each is set.
    Limits(NodeId),
    /// All budgets, and what is spent of each.
    Budgets,
    /// Versions of the code of a node.
    Versions(NodeId),
    /// A version's modules.
    Version(String),
    /// How one version differs from another.
    Diff(String, String),
    /// Verbs and decisions, newest first.
    Audit {
        /// Only at and below it.
        node: Option<NodeId>,
        /// At most so many.
        count: usize,
    },
    /// Log lines on disk, newest first.
    Logs {
        /// Only at and below it.
        node: Option<NodeId>,
        /// Only those at least so loud.
        level: Option<String>,
        /// Only those with this in it.
        text: Option<String>,
        /// `text` is a regular expression.
        regex: bool,
        /// Only those of this request.
        request: Option<u64>,
        /// At most so many.
        count: usize,
    },
}

/// What was to be shown. A list of nodes may be very long.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Shown {
    Value(Value),
    Nodes(Vec<NodeLine>),
}

/// One object or facet in a list.
#[derive(Serialize)]
pub(super) struct NodeLine {
    node: String,
    name: String,
    state: &'static str,
    version: String,
    requests: u64,
    errors: u64,
    cpu_ms: u64,
    memory_bytes: u64,
    database_bytes: u64,
}

/// Looks. May wait for a disk.
pub(super) fn look(host: &Host, show: Show) -> Result<Shown, Refused> {
    let path = |node: &NodeId| host.resolve(&node.0);
    let shown = match show {
        Show::Nodes(node) => return nodes(host, node.as_ref().map(path)).map(Shown::Nodes),
        Show::Count => Ok(host.count().into()),
        Show::Meter(node) => meter(host, &path(&node)),
        Show::Series {
            node,
            count,
            step_s,
            minutes,
        } => series(host, &path(&node), &count, step_s, minutes),
        Show::Limits(node) => Ok(limits(host, &path(&node))),
        Show::Budgets => Ok(budgets(host)),
        Show::Versions(node) => versions(host, &path(&node)),
        Show::Version(digits) => version(host, &digits),
        Show::Diff(old, new) => Ok(Value::String(host.version_diff(&old, &new)?)),
        Show::Audit { node, count } => audit(host, node.as_ref().map(path), count),
        Show::Logs {
            node,
            level,
            text,
            regex,
            request,
            count,
        } => {
            let level = level.map(|name| level_of(&name)).transpose()?;
            let pattern = match (text, regex) {
                (Some(text), true) => Some(Pattern::regex(&text).map_err(Refused)?),
                (Some(text), false) => Some(Pattern::Text(text)),
                (None, _) => None,
            };
            let filter = LogFilter {
                node: node.as_ref().map(path),
                level,
                text: pattern,
                request,
                limit: count,
                ..LogFilter::default()
            };
            logs(host, &filter)
        }
    };
    shown.map(Shown::Value)
}

fn state(host: &Host, actor: &Actor) -> &'static str {
    if host.pause_of(&actor.source.node).is_some() {
        "paused"
    } else if actor.is_busy() {
        "busy"
    } else if actor.is_live() {
        "idle"
    } else if actor.broken.load(std::sync::atomic::Ordering::Relaxed) {
        "broken"
    } else {
        "hibernated"
    }
}

fn nodes(host: &Host, node: Option<String>) -> Result<Vec<NodeLine>, Refused> {
    let roots = match &node {
        Some(node) => host.at(node)?,
        None => host.actors(),
    };
    let mut all: Vec<NodeLine> = Vec::new();
    for actor in roots.iter().flat_map(Actor::tree) {
        let used = actor.meter.snapshot();
        all.push(NodeLine {
            node: actor.source.node.to_string(),
            name: actor.source.label.to_string(),
            state: state(host, &actor),
            version: actor.version().to_string(),
            requests: used.counts.served(),
            errors: used.counts[Count::Errors],
            cpu_ms: used.counts[Count::CpuUs] / 1000,
            memory_bytes: used.memory_bytes,
            database_bytes: used.database_bytes,
        });
    }
    let any_paused = host.any_paused();
    let state = |node: &str| match any_paused && host.pause_of(node).is_some() {
        true => "paused",
        false => "hibernated",
    };
    host.each_stored(node.as_deref(), |object| {
        all.extend(object.into_iter().map(|line| NodeLine {
            state: state(&line.node),
            node: line.node,
            name: line.label,
            version: String::new(),
            requests: line.used.served(),
            errors: line.used[Count::Errors],
            cpu_ms: line.used[Count::CpuUs] / 1000,
            memory_bytes: 0,
            database_bytes: line.database_bytes,
        }));
    });
    all.sort_unstable_by(|a, b| a.node.cmp(&b.node));
    Ok(all)
}

fn meter(host: &Host, path: &str) -> Result<Value, Refused> {
    let refused = |error: crate::ledger::LedgerError| Refused(error.to_string());
    let figures = host.ledger().figures(path).map_err(refused)?;
    let lifetime = host.ledger().lifetime(path).map_err(refused)?;
    let mut sum = Snapshot::default();
    let actors = host.at(path)?;
    let mut latencies = Vec::new();
    for actor in actors.iter().flat_map(|actor| actor.tree()) {
        let used = actor.meter.snapshot();
        sum.memory_bytes += used.memory_bytes;
        sum.memory_peak += used.memory_peak;
        sum.database_bytes += used.database_bytes;
        sum.accepted_sockets += used.accepted_sockets;
        sum.kept_sockets += used.kept_sockets;
        latencies.push(actor.meter.clone());
    }
    let meters: Vec<&crate::ledger::Meter> = latencies.iter().map(|meter| &**meter).collect();
    let latency = |share| crate::ledger::Meter::latency_of(&meters, share).as_secs_f64() * 1000.0;
    if path.split('/').count() < 3 {
        host.each_stored(Some(path), |object| {
            sum.database_bytes += object.iter().map(|line| line.database_bytes).sum::<u64>();
        });
    }
    let mut counts = serde_json::Map::new();
    for count in Count::ALL {
        counts.insert(count.name().into(), lifetime[count].into());
    }
    let money = |amount: crate::ledger::Money| amount.decimal(6);
    Ok(json!({
        "node": path,
        "counts": counts,
        "memory_bytes": sum.memory_bytes,
        "memory_peak_bytes": sum.memory_peak,
        "database_bytes": sum.database_bytes,
        "websockets": sum.accepted_sockets + sum.kept_sockets,
        "latency_ms": {"p50": latency(0.5), "p95": latency(0.95), "p99": latency(0.99)},
        "cost": {
            "currency": host.ledger().prices().currency,
            "today": money(figures.today),
            "month": money(figures.month),
            "per_hour_now": money(figures.per_hour),
            "month_projected": money(figures.projected),
        },
    }))
}

fn series(
    host: &Host,
    path: &str,
    name: &str,
    step_s: u64,
    minutes: u64,
) -> Result<Value, Refused> {
    let count = Count::ALL.into_iter().find(|count| count.name() == name);
    let count = count.ok_or_else(|| {
        let all = Count::ALL.map(Count::name).join(", ");
        Refused(format!(
            "nothing called \"{name}\" is counted; what is: {all}"
        ))
    })?;
    let now_s = now_ms() / 1000;
    let from_s = now_s.saturating_sub(minutes.saturating_mul(60));
    let points = host
        .ledger()
        .series(Nodes::From(path), count, from_s..now_s, step_s.max(1))
        .map_err(|error| Refused(error.to_string()))?;
    let line = |point: crate::ledger::Point| {
        let at = time(point.at_s.saturating_mul(1000));
        json!({"at": at, name: point.value})
    };
    Ok(points.into_iter().map(line).collect())
}

fn limits(host: &Host, path: &str) -> Value {
    let from = |from: Option<String>| match from.as_deref() {
        None => "the program".to_string(),
        Some(DEFAULTS) => "default".into(),
        Some(node) => node.into(),
    };
    let mut lines: Vec<Value> = host
        .limit_lines(path)
        .into_iter()
        .map(|line| {
            json!({
                "limit": line.limit.name(),
                "value": line.setting.map(|it| it.value),
                "at": line.setting.map(|it| it.at.name()),
                "set_by": line.setting.map(|_| from(line.from)),
            })
        })
        .collect();
    if let Some((hosts, at)) = host.limited_hosts(path) {
        let hosts: Vec<String> = hosts.iter().map(|host| host.to_string()).collect();
        lines.push(json!({
            "limit": "outbound_hosts",
            "value": hosts.join(","),
            "at": "refuse",
            "set_by": from(Some(at)),
        }));
    }
    if let Some((paused, at)) = host.pause_of(path) {
        lines.push(json!({
            "limit": "paused",
            "value": paused.pause.reason,
            "at": paused.by.unwrap_or_else(|| "operator".into()),
            "set_by": at,
        }));
    }
    Value::Array(lines)
}

fn budgets(host: &Host) -> Value {
    let line = |line: crate::host::BudgetLine| {
        json!({
            "node": line.node,
            "budget": budget_text(line.budget),
            "spent_today": line.today.decimal(6),
            "spent_this_month": line.month.decimal(6),
        })
    };
    host.budgets().into_iter().map(line).collect()
}

fn versions(host: &Host, path: &str) -> Result<Value, Refused> {
    let running = host.version_at(path).ok();
    let line = |line: VersionLine| {
        let runs = match &running {
            Some((now, _)) if **now == *line.content => "runs",
            Some((_, Some(replaced))) if **replaced == *line.content => "replaced",
            _ => "",
        };
        json!({
            "version": line.content[..8],
            "": runs,
            "worker": line.worker,
            "who": line.who.name(),
            "by": line.by,
            "first": time(line.first_ms),
            "last": time(line.last_ms),
            "bytes": line.bytes,
        })
    };
    Ok(host.versions_at(path)?.into_iter().map(line).collect())
}

fn version(host: &Host, digits: &str) -> Result<Value, Refused> {
    let (hash, content) = host.version(digits)?;
    let module = |module: &crate::object::Module| {
        let text = match module.kind {
            ModuleKind::Data | ModuleKind::Wasm => None,
            _ => Some(String::from_utf8_lossy(&module.source).into_owned()),
        };
        json!({
            "name": module.name,
            "kind": module.kind.name(),
            "bytes": module.source.len(),
            "source": text,
        })
    };
    Ok(json!({
        "version": hash,
        "main": content.main,
        "modules": content.modules.iter().map(module).collect::<Vec<_>>(),
    }))
}

fn audit(host: &Host, node: Option<String>, count: usize) -> Result<Value, Refused> {
    let query = AuditQuery {
        node,
        before: None,
        limit: count,
    };
    let acts = host.ledger().acts(&query);
    let acts = acts.map_err(|error| Refused(error.to_string()))?;
    let line = |act: crate::ledger::Recorded| {
        let entry = act.entry;
        json!({
            "at": time(entry.at_ms),
            "who": entry.who.name(),
            "what": entry.what,
            "node": entry.node,
            "why": entry.why,
            "before": entry.before,
            "after": entry.after,
        })
    };
    Ok(acts.into_iter().map(line).collect())
}

fn logs(host: &Host, filter: &LogFilter) -> Result<Value, Refused> {
    let found = host.ledger().search(filter);
    let found = found.map_err(|error| Refused(error.to_string()))?;
    let line = |line: crate::ledger::Found| {
        json!({
            "at": time(line.at_ms),
            "level": format!("{:?}", line.level).to_lowercase(),
            "node": line.node,
            "request": line.request,
            "text": line.text,
        })
    };
    Ok(found.into_iter().map(line).collect())
}

fn level_of(name: &str) -> Result<Level, Refused> {
    match name {
        "debug" => Ok(Level::Debug),
        "info" => Ok(Level::Info),
        "warn" => Ok(Level::Warn),
        "error" => Ok(Level::Error),
        other => Err(Refused(format!(
            "\"{other}\" is not a level: there are debug, info, warn, error"
        ))),
    }
}

/// Such as `2026-05-01T12:00:00Z`.
fn time(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms - ms % 1000)
        .unwrap_or_default()
        .to_string()
}
