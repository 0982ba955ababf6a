//! The log screen's own hold on records: those that pass its filters, newest kept, nothing
//! lost while paused.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use super::text;
use crate::control::view::{Level, LogBounds, LogRecord, NodeId};

/// Most records held here; the oldest leave first, and while paused none leaves.
const CAPACITY: usize = 50_000;
/// Records looked at in one go, so that a key never waits for a long search.
const CHUNK: u64 = 4_096;

/// Which records show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// This node and what is below it; `None` for all.
    pub node: Option<NodeId>,
    /// This level and louder ones.
    pub level: Level,
    /// In lower case; empty for all.
    pub text: String,
}

impl Filter {
    fn passes(&self, record: &LogRecord) -> bool {
        record.level >= self.level
            && self
                .node
                .as_ref()
                .is_none_or(|node| is_within(&record.node, node))
            && (text::holds(&record.text, &self.text) || text::holds(&record.label, &self.text))
    }
}

/// Whether `node` is `above` or stands below it.
pub fn is_within(node: &NodeId, above: &NodeId) -> bool {
    node.0
        .strip_prefix(&*above.0)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Records that pass the filter, and where the reader stands among them.
pub struct Logbook {
    bounds: LogBounds,
    filter: Filter,
    records: VecDeque<Arc<LogRecord>>,
    /// Everything from `older` up to `taken` has been looked at.
    older: u64,
    taken: u64,
    /// Records that the host let go before they were looked at.
    skipped: u64,
    /// The record that the cursor stands on while paused; `None` follows the newest.
    paused_at: Option<u64>,
    /// Records that came in since the pause.
    arrived: u64,
}

impl Default for Logbook {
    fn default() -> Self {
        Self {
            bounds: LogBounds::default(),
            filter: Filter {
                node: None,
                level: Level::Debug,
                text: String::new(),
            },
            records: VecDeque::new(),
            older: 0,
            taken: 0,
            skipped: 0,
            paused_at: None,
            arrived: 0,
        }
    }
}

impl Logbook {
    /// Learns what the host holds now.
    pub fn set_bounds(&mut self, bounds: LogBounds) {
        if self.bounds == LogBounds::default() {
            // At first the newest, then backwards from there.
            self.taken = bounds.next;
            self.older = bounds.next;
        }
        self.bounds = bounds;
    }

    /// What shows.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows other records; the newest are found first. The reader stays at the record that the
    /// cursor is on, or at the next one that passes.
    pub fn set_filter(&mut self, filter: Filter) {
        if filter != self.filter {
            self.filter = filter;
            self.records.clear();
            self.arrived = 0;
            self.taken = self.bounds.next;
            self.older = self.bounds.next;
        }
    }

    /// The next records to look at, if any are left; give them to [`Logbook::take`].
    pub fn wants(&self) -> Option<Range<u64>> {
        let full = self.records.len() >= CAPACITY;
        if self.taken < self.bounds.next && !(full && self.is_paused()) {
            let mut from = self.taken.max(self.bounds.first);
            if !self.is_paused() {
                // What would leave at once is not fetched.
                from = from.max(self.bounds.next.saturating_sub(CAPACITY as u64));
            }
            return Some(from..self.bounds.next.min(from + CHUNK));
        }
        let first = self.bounds.first;
        (self.older > first && !full)
            .then(|| self.older.saturating_sub(CHUNK).max(first)..self.older)
    }

    /// Takes in what the host still had of `range`, which [`Logbook::wants`] named.
    pub fn take(&mut self, range: Range<u64>, records: Vec<Arc<LogRecord>>) {
        let passing = |record: &Arc<LogRecord>| self.filter.passes(record);
        if range.start >= self.taken {
            self.skipped += range.start - self.taken;
            self.skipped += (range.end - range.start).saturating_sub(records.len() as u64);
            self.taken = range.end;
            let before = self.records.len();
            self.records.extend(records.into_iter().filter(passing));
            if self.is_paused() {
                self.arrived += (self.records.len() - before) as u64;
            } else {
                let surplus = self.records.len().saturating_sub(CAPACITY);
                self.records.drain(..surplus);
            }
        } else {
            self.older = range.start;
            for record in records.into_iter().rev().filter(passing) {
                self.records.push_front(record);
            }
        }
    }

    /// Number of records that pass.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// The record at `index`, 0 being the oldest.
    pub fn get(&self, index: usize) -> Option<&Arc<LogRecord>> {
        self.records.get(index)
    }

    /// Place of the record `seq`, or of the first one after it.
    pub fn position(&self, seq: u64) -> usize {
        self.records.partition_point(|record| record.seq < seq)
    }

    /// Place of the cursor: the newest record, or where the reader stopped.
    pub fn cursor(&self) -> usize {
        let last = self.records.len().saturating_sub(1);
        self.paused_at
            .map_or(last, |seq| self.position(seq).min(last))
    }

    /// The record under the cursor.
    pub fn current(&self) -> Option<&Arc<LogRecord>> {
        self.get(self.cursor())
    }

    /// True while the reader stands still and records only gather below.
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Stands still at `index`.
    pub fn stop_at(&mut self, index: usize) {
        if let Some(record) = self.get(index.min(self.records.len().saturating_sub(1))) {
            let seq = record.seq;
            if self.paused_at.replace(seq).is_none() {
                self.arrived = 0;
            }
        }
    }

    /// Goes to the newest record and stays there.
    pub fn follow(&mut self) {
        self.paused_at = None;
        self.arrived = 0;
        let surplus = self.records.len().saturating_sub(CAPACITY);
        self.records.drain(..surplus);
    }

    /// Records that came since the reader paused, looked at or not.
    pub fn arrived(&self) -> u64 {
        self.arrived + (self.bounds.next - self.taken.min(self.bounds.next))
    }

    /// Records lost before they could be shown: by the host to flooding, and by this screen.
    pub fn dropped(&self) -> u64 {
        self.bounds.dropped + self.skipped
    }

    /// True when older records have not been searched yet.
    pub fn is_searching(&self) -> bool {
        self.wants().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fake::log;

    /// A log room that holds `first..next`, every tenth record an error of `a/N/x`.
    fn feed(book: &mut Logbook, first: u64, next: u64) {
        book.set_bounds(LogBounds {
            first,
            next,
            dropped: 0,
        });
        while let Some(range) = book.wants() {
            let held = range.start.max(first)..range.end.min(next);
            let records = held
                .map(|seq| {
                    let (level, node) = if seq % 10 == 0 {
                        (Level::Error, "a/N/x")
                    } else {
                        (Level::Info, "a/N/xy")
                    };
                    Arc::new(log(seq, level, node, &format!("line {seq}")))
                })
                .collect();
            book.take(range, records);
        }
    }

    fn filter(node: Option<&str>, level: Level, text: &str) -> Filter {
        Filter {
            node: node.map(|n| NodeId(n.into())),
            level,
            text: text.into(),
        }
    }

    #[test]
    fn takes_what_was_there_before_and_what_comes() {
        let mut book = Logbook::default();
        feed(&mut book, 5, 10_000);
        assert_eq!(book.len(), 9_995);
        assert_eq!(book.get(0).unwrap().seq, 5);
        feed(&mut book, 5, 10_020);
        assert_eq!(book.current().unwrap().seq, 10_019);
        assert_eq!(book.dropped(), 0);
    }

    #[test]
    fn filters_by_node_level_and_text() {
        let mut book = Logbook::default();
        feed(&mut book, 0, 100);
        book.set_filter(filter(Some("a/N/x"), Level::Debug, ""));
        feed(&mut book, 0, 100);
        assert_eq!(book.len(), 10, "a/N/xy is not below a/N/x");
        book.set_filter(filter(Some("a"), Level::Error, "line 5"));
        feed(&mut book, 0, 100);
        assert_eq!(book.records.iter().map(|r| r.seq).collect::<Vec<_>>(), [50]);
    }

    #[test]
    fn a_pause_loses_nothing_and_counts() {
        let mut book = Logbook::default();
        feed(&mut book, 0, 100);
        book.stop_at(40);
        feed(&mut book, 90, 150);
        assert_eq!(book.current().unwrap().seq, 40);
        assert_eq!(book.arrived(), 50);
        assert_eq!(
            book.get(0).unwrap().seq,
            0,
            "the host let it go, we did not"
        );
        book.follow();
        assert_eq!(book.current().unwrap().seq, 149);
        assert_eq!((book.arrived(), book.dropped()), (0, 0));
    }

    #[test]
    fn flooding_is_counted() {
        let mut book = Logbook::default();
        feed(&mut book, 0, 100);
        feed(&mut book, 1_000, 1_100);
        assert_eq!(book.dropped(), 900);
        feed(&mut book, 1_000, 200_000);
        assert_eq!(book.len(), CAPACITY);
        assert_eq!(book.current().unwrap().seq, 199_999);
        assert_eq!(
            book.dropped(),
            900 + (200_000 - CAPACITY as u64 - 1_100),
            "only the newest were fetched"
        );
    }

    #[test]
    fn paused_and_full_it_stops_taking_but_goes_on_counting() {
        let mut book = Logbook::default();
        feed(&mut book, 0, 1_000);
        book.stop_at(0);
        feed(&mut book, 0, 200_000);
        assert!(book.len() < CAPACITY + CHUNK as usize);
        assert_eq!(book.current().unwrap().seq, 0);
        assert!(book.arrived() > 190_000);
    }

    #[test]
    fn ids_nest_at_slashes() {
        let id = |s: &str| NodeId(s.into());
        assert!(is_within(&id("a/b"), &id("a/b")));
        assert!(is_within(&id("a/b/c"), &id("a/b")));
        assert!(!is_within(&id("a/bc"), &id("a/b")));
    }
}
