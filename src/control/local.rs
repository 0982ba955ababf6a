//! The host of this very program, as faces see it.

use std::{ops::Range, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};

use super::{
    Control, Outcome, Refused, Verb, costs,
    sampler::Sampler,
    standing::{self, add_standing},
    verb::carry_out,
    view::{
        Account, Details, Failure, Level, LogBounds, LogRecord, NodeId, NodeKind, Overview,
        RequestLine, Row,
    },
};
use crate::{
    host::Host,
    ledger::{self, Count, Logs, Who},
    object::{Actor, IdView, Kind},
};

/// Pictures of the tree, at most this often.
const PICTURE: Duration = Duration::from_millis(250);
/// Changes of the log, at most this often.
const LOG_CHANGE: Duration = Duration::from_millis(50);

/// Controls the host of this program.
pub struct Local {
    host: Arc<Host>,
    tokio: Handle,
    pictures: Arc<Pictures>,
    bounds: watch::Receiver<LogBounds>,
}

impl Local {
    /// Starts to watch `host`, whose front door is at `listen` (such as `http://127.0.0.1:8787`).
    pub fn new(host: Arc<Host>, listen: &str, tokio: Handle) -> Arc<Self> {
        let pictures = Arc::new(Pictures {
            sampler: Mutex::new(Sampler::new(listen)),
            sender: watch::Sender::default(),
        });
        let (watched, theirs) = (Arc::downgrade(&host), Arc::downgrade(&pictures));
        let (new_costs, costs) = watch::channel(Arc::default());
        tokio.spawn(costs::follow(watched.clone(), new_costs));
        tokio.spawn(async move {
            loop {
                tokio::time::sleep(PICTURE).await;
                let (Some(host), Some(pictures)) = (watched.upgrade(), theirs.upgrade()) else {
                    return;
                };
                pictures.sampler.lock().set_costs(costs.borrow().clone());
                pictures.next(&host);
            }
        });
        let (changes, bounds) = watch::channel(bounds(host.logs()));
        tokio.spawn(follow_logs(host.logs().clone(), changes));
        Arc::new(Self {
            host,
            tokio,
            pictures,
            bounds,
        })
    }
}

/// Pictures of the tree, made while anybody looks.
struct Pictures {
    sampler: Mutex<Sampler>,
    sender: watch::Sender<Arc<Overview>>,
}

impl Pictures {
    /// Makes the next one, if anybody looks.
    fn next(&self, host: &Host) {
        let mut sampler = self.sampler.lock();
        if self.sender.receiver_count() == 0 {
            sampler.rest();
            self.sender.send_if_modified(|last| {
                *last = Arc::default();
                false
            });
            return;
        }
        let picture = sampler.picture(host);
        self.sender.send_if_modified(|last| {
            let differs = last.totals != picture.totals || differ(&last.rows, &picture.rows);
            if differs {
                *last = Arc::new(picture);
            }
            differs
        });
    }

    /// The newest and all that come.
    fn look(&self, host: &Host) -> watch::Receiver<Arc<Overview>> {
        let first = self.sender.receiver_count() == 0;
        let receiver = self.sender.subscribe();
        if first {
            self.next(host);
        }
        receiver
    }
}

/// Whether rows differ; most are the same ones.
fn differ(before: &[Arc<Row>], now: &[Arc<Row>]) -> bool {
    let mut pairs = before.iter().zip(now);
    before.len() != now.len() || pairs.any(|(a, b)| !Arc::ptr_eq(a, b) && a != b)
}

fn bounds(logs: &Logs) -> LogBounds {
    let (first, next, dropped) = logs.bounds();
    LogBounds {
        first,
        next,
        dropped,
    }
}

async fn follow_logs(logs: Arc<Logs>, changes: watch::Sender<LogBounds>) {
    let mut newest = logs.watch();
    while newest.changed().await.is_ok() {
        if changes.send(bounds(&logs)).is_err() {
            return;
        }
        tokio::time::sleep(LOG_CHANGE).await;
    }
}

impl Control for Local {
    fn overview(&self) -> watch::Receiver<Arc<Overview>> {
        self.pictures.look(&self.host)
    }

    fn details(&self, id: &NodeId) -> Option<Details> {
        let picture = self.pictures.sender.borrow().clone();
        let row = picture.rows.iter().find(|row| row.id == *id)?;
        let mut details = Details {
            id: id.clone(),
            kind: row.kind,
            label: row.label.to_string(),
            class: String::new(),
            object_id: None,
            database: None,
            memory_bytes: row.memory_bytes,
            memory_limit_bytes: 0,
            cpu_limit_ms_per_request: 0,
            rows_read: 0,
            rows_written: 0,
            starts: 0,
            sockets: 0,
            hibernated_sockets: 0,
            messages_in: 0,
            messages_out: 0,
            pending: 0,
            last_failure: None,
            recent: Vec::new(),
            children: 0,
            alarm_ms: None,
            limits: Vec::new(),
            hosts: None,
            pause: None,
            budgets: Vec::new(),
        };
        match row.kind {
            NodeKind::Worker => {
                let worker = self.host.worker(&id.0)?;
                for actor in worker.entrypoints() {
                    add(&mut details, actor);
                }
                details.children = worker.code().namespaces.len() as u32;
            }
            NodeKind::Namespace => details.class = row.label.to_string(),
            NodeKind::Object | NodeKind::Facet => {
                let actor = self.host.node(&id.0)?;
                add(&mut details, &actor);
                details.alarm_ms = self.host.alarm_of(&actor);
            }
        }
        details
            .recent
            .sort_by_key(|line| std::cmp::Reverse(line.at_ms));
        add_standing(&self.host, &mut details, row, &picture.rows);
        Some(details)
    }

    fn account(&self, id: &NodeId) -> oneshot::Receiver<Result<Account, Refused>> {
        let (sender, receiver) = oneshot::channel();
        let (host, id) = (self.host.clone(), id.clone());
        self.tokio.spawn_blocking(move || {
            // a face that looks elsewhere by now does not wait for it
            let _ = sender.send(standing::account(&host, &id));
        });
        receiver
    }

    fn log_bounds(&self) -> watch::Receiver<LogBounds> {
        self.bounds.clone()
    }

    fn logs(&self, range: Range<u64>) -> Vec<Arc<LogRecord>> {
        self.host
            .logs()
            .range(range)
            .iter()
            .map(|record| Arc::new(log_record(record)))
            .collect()
    }

    fn run(&self, verb: Verb) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        let host = self.host.clone();
        self.tokio.spawn_blocking(move || {
            // a face that closed meanwhile does not wait for the outcome
            let _ = sender.send(carry_out(&host, Who::Operator, verb));
        });
        receiver
    }
}

/// Adds what one actor knows of itself.
fn add(details: &mut Details, actor: &Arc<Actor>) {
    let used = actor.meter.snapshot();
    details.class = actor.class();
    details.rows_read += used.counts[Count::RowsRead];
    details.rows_written += used.counts[Count::RowsWritten];
    details.starts += used.counts[Count::ColdStarts];
    details.sockets += used.accepted_sockets + used.kept_sockets;
    if !actor.is_live() {
        details.hibernated_sockets += used.kept_sockets;
    }
    details.messages_in += used.counts[Count::MessagesIn];
    details.messages_out += used.counts[Count::MessagesOut];
    details.pending += u32::from(actor.is_busy());
    details.children += actor.facets().len() as u32;
    if let Kind::Object(place) = &actor.kind {
        details.object_id = Some(place.root_id.to_string());
        details.database = actor.database_path().map(|path| path.display().to_string());
    }
    if let Some(IdView::Text(id)) = actor.id() {
        details.object_id = Some(ledger::harmless(&id, 256));
    }
    if let Some(failure) = actor.meter.failure() {
        let newer = details
            .last_failure
            .as_ref()
            .is_none_or(|known| known.at_ms < failure.at_ms);
        if newer {
            let ledger::Failure {
                at_ms,
                message,
                stack,
            } = failure;
            details.last_failure = Some(Failure {
                at_ms,
                message,
                stack,
            });
        }
    }
    details
        .recent
        .extend(actor.meter.recent().into_iter().map(|request| RequestLine {
            at_ms: request.at_ms,
            method: ledger::harmless(&request.method, 32),
            path: request.path,
            status: request.status,
            duration_us: request.duration.as_micros() as u64,
        }));
}

fn log_record(record: &ledger::Record) -> LogRecord {
    LogRecord {
        seq: record.seq,
        at_ms: record.at_ms,
        level: match record.level {
            ledger::Level::Debug => Level::Debug,
            ledger::Level::Info => Level::Info,
            ledger::Level::Warn => Level::Warn,
            ledger::Level::Error => Level::Error,
        },
        node: NodeId(record.source.node.clone()),
        label: record.source.label.clone(),
        host: record.host,
        text: record.text.clone(),
    }
}
