//! A small made-up world for tests.

use std::sync::Arc;

use crate::{
    console::{
        model::{Clock, Model},
        theme::{ColorDepth, Theme},
    },
    control::view::{
        Account, BudgetView, Details, Failure, Level, LimitView, LogBounds, LogRecord, NodeId,
        NodeKind, Origin, Overview, PauseView, RequestLine, Row, State, Totals, VersionMark,
        VersionView,
    },
};

/// 2026-03-01 21:04:07 UTC, milliseconds.
pub const NOW_MS: u64 = 1_772_399_047_000;

/// A live row that does nothing.
pub fn row(label: &str, depth: u16) -> Row {
    Row {
        id: NodeId(label.into()),
        parent: None,
        kind: match depth {
            0 => NodeKind::Worker,
            1 => NodeKind::Namespace,
            2 => NodeKind::Object,
            _ => NodeKind::Facet,
        },
        depth,
        label: label.into(),
        state: State::Live,
        version: "".into(),
        requests: 0,
        errors: 0,
        requests_per_s: 0.0,
        spark: [0; 20],
        p50_us: 0,
        p99_us: 0,
        cpu_ms_per_s: 0.0,
        cpu_us: 0,
        memory_bytes: 0,
        database_bytes: 0,
        age_ms: 0,
        cost_micros: 0,
        url: None,
    }
}

/// Rows from label, depth and requests per second, with ids that nest as real ones do.
pub fn rows(nodes: &[(&str, u16, f32)]) -> Arc<[Row]> {
    let mut path: Vec<String> = Vec::new();
    nodes
        .iter()
        .map(|&(label, depth, rate)| {
            path.truncate(depth as usize);
            let parent = (!path.is_empty()).then(|| NodeId(path.join("/").into()));
            path.push(label.to_owned());
            Row {
                id: NodeId(path.join("/").into()),
                parent,
                requests_per_s: rate,
                ..row(label, depth)
            }
        })
        .collect()
}

/// One record.
pub fn log(seq: u64, level: Level, node: &str, text: &str) -> LogRecord {
    LogRecord {
        seq,
        at_ms: NOW_MS - 60_000 + seq * 137,
        level,
        node: NodeId(node.into()),
        label: node.rsplit('/').next().unwrap_or(node).into(),
        host: level == Level::Error,
        text: text.into(),
    }
}

/// A tree with every kind and state in it.
pub fn overview() -> Overview {
    let mut rows = rows(&[
        ("apps", 0, 41.5),
        ("AppRunner", 1, 41.0),
        ("my-app", 2, 24.0),
        ("app", 3, 23.5),
        ("notes", 2, 12.0),
        ("app", 3, 12.0),
        ("todo-list-of-the-whole-family", 2, 0.0),
        ("app", 3, 0.0),
        ("Counter", 1, 0.4),
        ("visits", 2, 0.4),
        ("shop", 0, 1240.0),
        ("Cart", 1, 1240.0),
        ("runaway", 2, 1240.0),
        ("broken-one", 2, 0.0),
        ("ended", 2, 0.0),
    ])
    .to_vec();
    for (i, row) in rows.iter_mut().enumerate() {
        let busy = row.requests_per_s > 0.0;
        let n = i as u64 + 1;
        row.state = match &*row.label {
            "runaway" => State::Busy,
            "broken-one" => State::Broken,
            "ended" => State::Killed,
            _ if busy => State::Live,
            _ => State::Hibernated,
        };
        row.requests = n * 977;
        row.database_bytes = n * 61_440;
        row.cost_micros = if n.is_multiple_of(7) { 0 } else { n.pow(6) };
        if busy {
            row.version = "3f9a2c1b".into();
            row.spark = std::array::from_fn(|s| ((s * 7 + i * 3) % 11) as u16);
            row.p50_us = 90 * n as u32 * n as u32;
            row.p99_us = 850 * n as u32 * n as u32;
            row.cpu_ms_per_s = n as f32 * 1.7;
            row.memory_bytes = n * 1_900_000;
            row.age_ms = n * n * 41_000;
        }
        row.errors = if row.state == State::Broken { 12 } else { 0 };
        row.url = (row.kind == NodeKind::Worker)
            .then(|| format!("http://{}.localhost:8787", row.label).into());
    }
    Overview {
        revision: 1,
        at_ms: NOW_MS,
        rows: rows.into(),
        totals: Totals {
            live: 12,
            hibernated: 2,
            paused: 0,
            broken: 1,
            requests: 123_456,
            requests_per_s: 1281.5,
            errors: 12,
            cpu_percent: 7.4,
            memory_bytes: 180_000_000,
            cost_micros: 4_201_337,
        },
        listen: "http://127.0.0.1:8787".into(),
        currency: "USD".into(),
    }
}

/// What is known of one node of [`overview`].
pub fn details(id: &NodeId) -> Details {
    Details {
        id: id.clone(),
        kind: NodeKind::Object,
        label: id.0.rsplit('/').next().unwrap_or_default().to_owned(),
        class: "AppRunner".into(),
        object_id: Some("3fa9".repeat(16)),
        database: Some("/srv/data/apps/AppRunner/3fa93fa93fa9/db.sqlite".into()),
        memory_bytes: 5_700_000,
        memory_limit_bytes: 134_217_728,
        cpu_limit_ms_per_request: 30_000,
        rows_read: 12_345,
        rows_written: 678,
        starts: 3,
        sockets: 0,
        hibernated_sockets: 0,
        messages_in: 0,
        messages_out: 0,
        pending: 2,
        last_failure: Some(Failure {
            at_ms: NOW_MS - 95_000,
            message: "TypeError: cannot read properties of undefined (reading 'total')".into(),
            stack: "at total (src/cart.ts:41:18)\nat fetch (src/cart.ts:12:5)".into(),
        }),
        recent: (0..6)
            .map(|i| RequestLine {
                at_ms: NOW_MS - i * 700,
                method: if i % 3 == 0 { "POST" } else { "GET" }.into(),
                path: format!("/items/{i}?page=2"),
                status: if i == 2 { 500 } else { 200 },
                duration_us: 900 + i * i * 5_000,
            })
            .collect(),
        children: 1,
        alarm_ms: Some(NOW_MS + 185_000),
        limits: limits(id),
        hosts: None,
        pause: None,
        budgets: vec![BudgetView {
            node: id.clone(),
            period: "day",
            sum_micros: 500_000,
            spent_micros: 431_250,
            at: "pause".into(),
        }],
    }
}

/// Limits of every origin: near, used up, far, without account, and one that is not set.
fn limits(id: &NodeId) -> Vec<LimitView> {
    let class = Origin::Node(NodeId("apps/AppRunner".into()));
    let here = Origin::Node(id.clone());
    let limit = |name: &str, value, used, actions: &[&str], from| LimitView {
        name: name.into(),
        value,
        used,
        at: actions[0].into(),
        from,
        actions: actions.iter().map(ToString::to_string).collect(),
        bounds: (1, 10_000_000),
    };
    let refuse = ["refuse", "slow", "pause", "kill"];
    vec![
        limit(
            "cpu_ms_per_request",
            Some(30_000),
            None,
            &["kill", "pause"],
            Origin::Program,
        ),
        limit(
            "cpu_ms_per_minute",
            Some(2_000),
            Some(2_150),
            &refuse,
            class,
        ),
        limit(
            "memory_bytes",
            Some(134_217_728),
            Some(5_700_000),
            &["kill", "pause"],
            Origin::Program,
        ),
        limit(
            "storage_bytes",
            Some(1 << 20),
            Some(184_320),
            &["refuse"],
            Origin::Default,
        ),
        limit("requests_per_second", Some(30), Some(24), &refuse, here),
        limit("facets", None, None, &["refuse"], Origin::Program),
    ]
}

/// What the ledger and the versions say of one node of [`overview`].
pub fn account(id: &NodeId) -> Account {
    let version = |version: &str, mark, who: &str, minutes: u64| VersionView {
        version: version.into(),
        mark,
        worker: "apps".into(),
        who: who.into(),
        last_ms: NOW_MS - minutes * 60_000,
        bytes: 12_600 + minutes,
    };
    Account {
        id: id.clone(),
        today_micros: 431_250,
        month_micros: 1_204_000,
        per_hour_micros: 17_900,
        projected_micros: 14_550_000,
        versions: vec![
            version("3f9a2c1b", VersionMark::Runs, "operator", 4),
            version("77e0d4aa", VersionMark::Replaced, "project", 190),
            version("0c1d2e3f", VersionMark::Other, "project", 5_000),
        ],
    }
}

/// Pauses `apps/AppRunner/my-app` with its facet, as an operator did four minutes ago.
pub fn pause(model: &mut Model) {
    let at = NodeId("apps/AppRunner/my-app".into());
    let mut overview = overview();
    let mut rows = overview.rows.to_vec();
    for row in rows.iter_mut().filter(|row| row.id.0.starts_with(&*at.0)) {
        row.state = State::Paused;
    }
    overview.rows = rows.into();
    overview.totals.live -= 2;
    overview.totals.paused = 2;
    overview.revision += 1;
    model.set_overview(Arc::new(overview));
    let mut details = details(&at);
    details.pause = Some(PauseView {
        reason: "We look into a loop of requests; back at noon.".into(),
        by: None,
        since_ms: NOW_MS - 4 * 60_000,
        wait_s: 30,
        at: at.clone(),
    });
    model.set_details(Some(details), logs(3));
}

/// Records of several nodes, levels and lengths, `0..count`.
pub fn logs(count: u64) -> Vec<Arc<LogRecord>> {
    const SAID: [(Level, &str, &str); 5] = [
        (Level::Info, "apps/AppRunner/my-app/app", "GET /items 200"),
        (
            Level::Debug,
            "apps/AppRunner/notes",
            "cache: 12 hits, 3 misses",
        ),
        (
            Level::Warn,
            "apps/AppRunner/my-app",
            "slow query: SELECT * FROM items WHERE title LIKE '%stone%' ORDER BY created_at DESC took 120 ms and read 18,204 rows",
        ),
        (Level::Info, "apps/Counter/visits", "visit counted"),
        (
            Level::Error,
            "shop/Cart/broken-one",
            "TypeError: cannot read properties of undefined (reading 'total')\n    at total (src/cart.ts:41:18)\n    at fetch (src/cart.ts:12:5)",
        ),
    ];
    (0..count)
        .map(|seq| {
            let (level, node, text) = SAID[(seq % 5) as usize];
            Arc::new(log(seq, level, node, text))
        })
        .collect()
}

/// A model that has seen all of this, with `apps/AppRunner/my-app` selected and no frame drawn.
pub fn model() -> Model {
    let mut model = Model::new(Theme::load("dark", ColorDepth::True).expect("built in"));
    model.clock = Clock {
        now_ms: NOW_MS,
        offset_s: 0,
    };
    model.set_overview(Arc::new(overview()));
    let id = NodeId("apps/AppRunner/my-app".into());
    assert!(model.choose(&id));
    model.set_details(Some(details(&id)), logs(3));
    model.set_account(Ok(account(&id)));
    model.logs.set_bounds(LogBounds {
        first: 0,
        next: 40,
        dropped: 0,
    });
    feed(&mut model, 40);
    model
}

/// Gives the model the records that it wants from `0..count`.
pub fn feed(model: &mut Model, count: u64) {
    let all = logs(count);
    while let Some(range) = model.logs.wants() {
        let wanted = all[range.start as usize..range.end as usize].to_vec();
        model.logs.take(range, wanted);
    }
}
