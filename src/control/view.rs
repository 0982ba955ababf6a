//! What a face may see: plain data, published by the host side and never locked by a reader.
//!
//! Every value here is a copy. Text that came from a worker is made harmless (no control
//! characters) before it gets into a view, so that any face may print it as it is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::{ledger::harmless, object::percent};

/// Names one node of the tree for as long as the program runs, and across restarts:
/// `worker`, `worker/Namespace`, `worker/Namespace/<64 hex digits>`, and for a facet
/// `worker/Namespace/<64 hex digits>/name/…` with each facet name percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct NodeId(pub Arc<str>);

impl From<String> for NodeId {
    fn from(path: String) -> Self {
        NodeId(path.into())
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.0.to_string()
    }
}

impl std::fmt::Display for NodeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The floor of the tree that a node stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A project's worker.
    Worker,
    /// A durable object class of a worker.
    Namespace,
    /// One named instance.
    Object,
    /// A durable object inside another one.
    Facet,
}

/// What a node is doing now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Running JavaScript this very moment, or with events waiting.
    Busy,
    /// In memory, nothing to do.
    Live,
    /// On disk only: no memory, no CPU. The next request wakes it.
    Hibernated,
    /// Nothing of it runs until it, or what is paused above it, is resumed.
    Paused,
    /// Ended by an operator; the next request starts it afresh.
    Killed,
    /// Its last start or turn failed; the next request tries again.
    Broken,
}

/// One line of the tree, in display order (parents before children).
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: NodeId,
    pub parent: Option<NodeId>,
    pub kind: NodeKind,
    /// 0 for workers, 1 for namespaces, 2 for objects, 3 and more for facets.
    pub depth: u16,
    /// What a person calls it: the worker's, class's, object's or facet's name; an object
    /// that has no name shows the first digits of its id.
    pub label: Arc<str>,
    pub state: State,
    /// First digits of the hash of the code that runs; empty when nothing is loaded.
    pub version: Arc<str>,
    pub requests: u64,
    pub errors: u64,
    pub requests_per_s: f32,
    /// Requests in each of the last 20 seconds, the newest last.
    pub spark: [u16; 20],
    pub p50_us: u32,
    pub p99_us: u32,
    /// CPU milliseconds used in the last second.
    pub cpu_ms_per_s: f32,
    /// CPU microseconds since the program started.
    pub cpu_us: u64,
    /// Linear memory of the sandbox, bytes; 0 when not in memory.
    pub memory_bytes: u64,
    /// Database file, bytes; 0 when none exists.
    pub database_bytes: u64,
    /// Milliseconds since it was started; 0 when not in memory.
    pub age_ms: u64,
    /// What it and all below it have cost this month before anything that is included, in
    /// millionths of [`Overview::currency`]; a few seconds old.
    pub cost_micros: u64,
    /// Where a browser reaches it (workers only).
    pub url: Option<Arc<str>>,
}

/// Sums over everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    pub live: u32,
    pub hibernated: u32,
    pub paused: u32,
    pub broken: u32,
    pub requests: u64,
    pub requests_per_s: f32,
    pub errors: u64,
    /// Share of all processors used by sandboxes in the last second, 0 to 100.
    pub cpu_percent: f32,
    pub memory_bytes: u64,
    /// See [`Row::cost_micros`].
    pub cost_micros: u64,
}

/// One consistent picture of the whole tree.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Grows by one with each picture published.
    pub revision: u64,
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Shared with the pictures before, where nothing has changed.
    pub rows: Arc<[Arc<Row>]>,
    pub totals: Totals,
    /// The front door, such as `http://127.0.0.1:8787`.
    pub listen: Arc<str>,
    /// What costs are counted in, such as `USD`.
    pub currency: Arc<str>,
}

/// A failure as its object's author should see it.
#[derive(Clone, Debug)]
pub struct Failure {
    pub at_ms: u64,
    pub message: String,
    /// JavaScript stack with positions in the author's own files; may be empty.
    pub stack: String,
}

/// One finished request.
#[derive(Clone, Debug)]
pub struct RequestLine {
    pub at_ms: u64,
    pub method: String,
    pub path: String,
    pub status: u16,
    pub duration_us: u64,
}

/// More about one node, made when somebody looks at it.
#[derive(Clone, Debug)]
pub struct Details {
    pub id: NodeId,
    pub kind: NodeKind,
    pub label: String,
    pub class: String,
    /// The object's id (64 hex digits) where it has one.
    pub object_id: Option<String>,
    /// Where its database lies on disk, whether or not it exists yet.
    pub database: Option<String>,
    pub memory_bytes: u64,
    pub memory_limit_bytes: u64,
    pub cpu_limit_ms_per_request: u64,
    pub rows_read: u64,
    pub rows_written: u64,
    pub starts: u64,
    /// WebSockets that are open now.
    pub sockets: u64,
    /// Those of them whose object sleeps.
    pub hibernated_sockets: u64,
    /// WebSocket messages since the program started.
    pub messages_in: u64,
    pub messages_out: u64,
    /// Sub-requests in flight, timers pending.
    pub pending: u32,
    pub last_failure: Option<Failure>,
    /// Newest first.
    pub recent: Vec<RequestLine>,
    pub children: u32,
    /// When its alarm rings, milliseconds since the epoch; `None` without an alarm.
    pub alarm_ms: Option<u64>,
    /// Every limit that there is, set or not.
    pub limits: Vec<LimitView>,
    /// The only hosts that it may reach, when an operator has limited them.
    pub hosts: Option<HostsView>,
    /// There while it, or something above it, is paused.
    pub pause: Option<PauseView>,
    /// Budgets that it spends from, its own first.
    pub budgets: Vec<BudgetView>,
}

/// Where something that holds for a node was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What the program was started with.
    Program,
    /// The defaults that an operator set.
    Default,
    /// This node.
    Node(NodeId),
}

/// One limit as it holds for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitView {
    /// Such as `memory_bytes`; the unit stands in the name.
    pub name: String,
    /// In its own unit; `None` when there is no such limit.
    pub value: Option<u64>,
    /// What of it is used now; `None` where nobody keeps account.
    pub used: Option<u64>,
    /// What happens at it.
    pub at: String,
    /// Where it is set.
    pub from: Origin,
    /// All that can happen at it, the usual first.
    pub actions: Vec<String>,
    /// The lowest and highest value that makes sense.
    pub bounds: (u64, u64),
}

/// Hosts that a node is limited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostsView {
    /// Patterns, of those that the project allows; none at all forbids every host.
    pub hosts: Vec<String>,
    /// Where that is set.
    pub from: Origin,
}

/// Why nothing of a node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseView {
    /// What callers are told.
    pub reason: String,
    /// Which limit or budget asked for it; `None` for an operator.
    pub by: Option<String>,
    /// Milliseconds since the epoch.
    pub since_ms: u64,
    /// How long requests wait before they are refused, seconds.
    pub wait_s: u64,
    /// The node that is paused: this one, or one above it.
    pub at: NodeId,
}

/// One sum that a node with all below it may spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetView {
    /// Where it is set.
    pub node: NodeId,
    /// `day` or `month`, UTC.
    pub period: &'static str,
    /// Millionths of the currency.
    pub sum_micros: u64,
    /// Spent of it.
    pub spent_micros: u64,
    /// What happens when it is used up.
    pub at: String,
}

/// What takes a look at the disk to know of a node: its money, and versions of its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: NodeId,
    /// All in millionths of the currency, of it and all below it, before anything included.
    pub today_micros: u64,
    pub month_micros: u64,
    /// What an hour like the last minute costs.
    pub per_hour_micros: u64,
    /// What the month will have cost.
    pub projected_micros: u64,
    /// Newest first.
    pub versions: Vec<VersionView>,
}

/// How a version stands to what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionMark {
    /// It runs.
    Runs,
    /// What runs was put in its place by an operator.
    Replaced,
    Other,
}

/// One version of a node's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionView {
    /// First digits of its hash.
    pub version: String,
    pub mark: VersionMark,
    /// The worker that it is of: a project's name, or a dynamic worker's.
    pub worker: String,
    /// `project`, `supervisor` or `operator`.
    pub who: String,
    /// When it was last brought, milliseconds since the epoch.
    pub last_ms: u64,
    /// Size of all modules.
    pub bytes: u64,
}

/// How loud a log record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// One line of a worker's console, or of the host about it.
#[derive(Clone, Debug)]
pub struct LogRecord {
    /// Grows by one with each record; never reused while the program runs.
    pub seq: u64,
    pub at_ms: u64,
    pub level: Level,
    /// Whose line it is.
    pub node: NodeId,
    /// Shown beside the line: `my-app ▸ notes`.
    pub label: Arc<str>,
    /// True when the host speaks about the node, false when the node's own code speaks.
    pub host: bool,
    pub text: Arc<str>,
}

/// What the log room holds now: records `first..next`, `dropped` of them lost to flooding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogBounds {
    pub first: u64,
    pub next: u64,
    pub dropped: u64,
}
