//! Log records in memory: the newest ones, within a set number and size.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{harmless, now_ms};

/// The longest text that is kept of one record, bytes.
const MAX_TEXT: usize = 16 * 1024;

/// How loud a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `console.debug`.
    Debug,
    /// `console.log` and `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, and errors that nobody caught.
    Error,
}

impl Level {
    /// Its name on disk.
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The level of that name.
    pub fn of(name: &str) -> Option<Self> {
        let all = [Level::Debug, Level::Info, Level::Warn, Level::Error];
        all.into_iter().find(|level| level.name() == name)
    }
}

/// A request's id as people see it.
pub fn id_text(id: u64) -> String {
    format!("{id:016x}")
}

/// The id that people see so.
pub fn id_of(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// Who speaks.
#[derive(Clone, Debug)]
pub struct Source {
    /// The node's path, such as `worker/Class/id/facet`.
    pub node: Arc<str>,
    /// What a person calls it.
    pub label: Arc<str>,
}

/// One line, harmless to print.
#[derive(Clone, Debug)]
pub struct Record {
    /// Grows by one with each record.
    pub seq: u64,
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    /// How loud.
    pub level: Level,
    /// Whose line it is.
    pub source: Source,
    /// True when the host speaks about the node.
    pub host: bool,
    /// The request or other event in whose course it was written, if there is one.
    pub request: Option<u64>,
    /// The line; may hold line breaks.
    pub text: Arc<str>,
}

struct Ring {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    next: u64,
    dropped: u64,
}

/// The room's log.
pub struct Logs {
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
    max_records: usize,
    max_bytes: usize,
    echo: bool,
}

impl Logs {
    /// Keeps at most this many records and bytes of text. With `echo`, each record is also a
    /// tracing event, which is how a headless server shows it.
    pub fn new(max_records: usize, max_bytes: usize, echo: bool) -> Self {
        let ring = Ring {
            records: VecDeque::new(),
            bytes: 0,
            next: 0,
            dropped: 0,
        };
        Self {
            ring: Mutex::new(ring),
            newest: watch::channel(0).0,
            max_records,
            max_bytes,
            echo,
        }
    }

    /// Adds a record.
    pub fn write(&self, source: &Source, level: Level, host: bool, text: &str) {
        self.write_of(source, level, host, None, text);
    }

    /// Adds a record of a request.
    pub fn write_of(
        &self,
        source: &Source,
        level: Level,
        host: bool,
        request: Option<u64>,
        text: &str,
    ) {
        let text: Arc<str> = harmless(text, MAX_TEXT).into();
        if self.echo {
            echo(level, &source.label, &text);
        }
        let mut ring = self.ring.lock();
        let seq = ring.next;
        ring.next += 1;
        ring.bytes += text.len();
        ring.records.push_back(Arc::new(Record {
            seq,
            at_ms: now_ms(),
            level,
            source: source.clone(),
            host,
            request,
            text,
        }));
        while ring.records.len() > self.max_records || ring.bytes > self.max_bytes {
            let Some(oldest) = ring.records.pop_front() else {
                break;
            };
            ring.bytes -= oldest.text.len();
        }
        drop(ring);
        self.newest.send_replace(seq + 1);
    }

    /// Counts records that were not written because their source floods.
    pub fn count_dropped(&self, records: u64) {
        self.ring.lock().dropped += records;
    }

    /// First record held, the next one's number, and how many were dropped at intake.
    pub fn bounds(&self) -> (u64, u64, u64) {
        let ring = self.ring.lock();
        (
            ring.next - ring.records.len() as u64,
            ring.next,
            ring.dropped,
        )
    }

    /// The records of `range` that are still held.
    pub fn range(&self, range: Range<u64>) -> Vec<Arc<Record>> {
        let ring = self.ring.lock();
        let first = ring.next - ring.records.len() as u64;
        let from = range.start.clamp(first, ring.next) - first;
        let to = range.end.clamp(first, ring.next) - first;
        ring.records
            .range(from as usize..(to.max(from)) as usize)
            .cloned()
            .collect()
    }

    /// Changes with every record.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

fn echo(level: Level, label: &str, text: &str) {
    match level {
        Level::Debug => tracing::debug!(target: "worker", "{label}: {text}"),
        Level::Info => tracing::info!(target: "worker", "{label}: {text}"),
        Level::Warn => tracing::warn!(target: "worker", "{label}: {text}"),
        Level::Error => tracing::error!(target: "worker", "{label}: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source {
            node: "w".into(),
            label: "w".into(),
        }
    }

    #[test]
    fn keeps_the_newest_within_its_bounds() {
        let logs = Logs::new(3, 1000, false);
        for n in 0..5 {
            logs.write(&source(), Level::Info, false, &n.to_string());
        }
        assert_eq!(logs.bounds(), (2, 5, 0));
        let texts: Vec<String> = logs
            .range(0..100)
            .iter()
            .map(|r| r.text.to_string())
            .collect();
        assert_eq!(texts, ["2", "3", "4"]);
        assert_eq!(logs.range(3..4).len(), 1);
        assert!(logs.range(9..12).is_empty());
    }

    #[test]
    fn keeps_within_its_size() {
        let logs = Logs::new(1000, 100, false);
        for _ in 0..10 {
            logs.write(&source(), Level::Info, false, &"x".repeat(40));
        }
        assert_eq!(logs.range(0..100).len(), 2);
    }

    #[test]
    fn tells_watchers() {
        let logs = Logs::new(10, 1000, false);
        let mut watch = logs.watch();
        logs.write(&source(), Level::Warn, true, "x");
        assert!(watch.has_changed().unwrap());
        assert_eq!(*watch.borrow_and_update(), 1);
    }
}
