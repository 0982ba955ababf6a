//! What is written: one transaction for all that was counted since the last one, so that a crash
//! loses what came since and never counts anything twice.
//!
//! What is stored at rest costs money without anything being counted. Nothing is written for it
//! either: a node's row says how much it stores and until when that has been added up; whoever
//! reads adds the rest (`reading.rs`), and the next change of the size writes it down.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    calendar::{DAY_MS, Day, Month, overlap},
    coding::{Kinds, PerNode},
    counts::{Count, Counts},
    file::{self, LedgerError, Surety, below, failed, whole},
};

/// Nodes whose row is remembered; all are forgotten when there are more.
const REMEMBERED: usize = 10_000;
/// Days for which each day's counts are kept.
const DAYS_KEPT: u64 = 62;
/// Old steps that go at once, so that a clock that jumps does not take all of them along.
const STEPS_DROPPED: i64 = 4;
/// Bytes that the steps of one length may take.
const STEPS_BYTES: u64 = 256 << 20;

/// A length of steps, seconds, and how long they are kept, seconds.
pub(super) const STEPS: [(u64, u64); 3] = [(1, 86_400), (10, 86_400), (60, 2 * 86_400)];

/// What is new of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// What came since the last time.
    pub counts: Counts,
    /// How much it stores now; `None` when nobody has looked.
    pub database_bytes: Option<u64>,
}

/// A change of what a node stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resized {
    pub node: Arc<str>,
    pub before: u64,
    pub now: u64,
}

/// A use of a dynamic worker: the worker that loaded it, and what tells it from others.
pub(super) type DynamicUse = (Arc<str>, Box<str>);

/// What a transaction changed, beside what it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Nodes that store another amount now.
    pub resized: Vec<Resized>,
    /// Workers that have used a dynamic worker that was new on that day, once for each.
    pub dynamic: Vec<Arc<str>>,
}

/// What is remembered of a node's row.
#[derive(Clone, Copy, Debug)]
struct Row {
    id: i64,
    bytes: u64,
    /// Until when what it stores has been added up.
    until_ms: u64,
}

impl Row {
    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            bytes: row.get::<_, i64>(1)?.max(0) as u64,
            until_ms: row.get::<_, i64>(2)?.max(0) as u64,
        })
    }
}

/// The side of the ledger that writes.
pub(super) struct Store {
    path: PathBuf,
    connection: Connection,
    kinds: Kinds,
    rows: HashMap<Arc<str>, Row>,
    /// Bytes of the steps of each length.
    steps: [u64; STEPS.len()],
    last_tidied: Option<Day>,
    last_ms: u64,
}

impl Store {
    /// The ledger of a data folder.
    pub fn open(data: &Path, now_ms: u64) -> Result<Self, LedgerError> {
        let path = file::path_in(data);
        let connection = file::open(data, Surety::Program)?;
        let begin = || -> rusqlite::Result<_> {
            let kinds = Kinds::load(&connection, true)?;
            let mut steps = [0; STEPS.len()];
            for (size, (seconds, _)) in steps.iter_mut().zip(STEPS) {
                *size = size_of_steps(&connection, seconds)?;
            }
            stored_in_the_future(&connection, now_ms)?;
            Ok((kinds, steps))
        };
        let (kinds, steps) = begin().map_err(|cause| failed(&path, cause))?;
        Ok(Self {
            path,
            connection,
            kinds,
            rows: HashMap::new(),
            steps,
            last_tidied: None,
            last_ms: now_ms,
        })
    }

    /// Writes what is new; either all of it or, when this fails, nothing. Each dynamic worker
    /// counts once for each day on which it is used.
    pub fn write<'n>(
        &mut self,
        news: &HashMap<Arc<str>, News>,
        used: impl IntoIterator<Item = &'n DynamicUse>,
        now_ms: u64,
    ) -> Result<Outcome, LedgerError> {
        self.change(now_ms, |turn| {
            let mut nodes = PerNode::new();
            for (node, news) in news {
                turn.count(&mut nodes, node, news)?;
            }
            let mut one = News::default();
            one.counts[Count::DynamicWorkers] = 1;
            for (worker, version) in used {
                if turn.is_new_today(worker, version)? {
                    turn.count(&mut nodes, worker, &one)?;
                    turn.outcome.dynamic.push(worker.clone());
                }
            }
            turn.add_steps(&nodes)
        })
    }

    /// Notes what was found on disk of the nodes whose path is not below `from` and below `to`:
    /// what each stores; all others there store nothing. What has changed since `since_ms` is
    /// newer and stays.
    pub fn found(
        &mut self,
        paths: Range<&str>,
        stored: &HashMap<Arc<str>, u64>,
        since_ms: u64,
        now_ms: u64,
    ) -> Result<Outcome, LedgerError> {
        self.change(now_ms, |turn| {
            let known = turn.rows_between(paths)?;
            for (node, bytes) in stored {
                let old = |row: &Row| row.bytes != *bytes && row.until_ms < since_ms;
                if known.get(node).is_none_or(old) {
                    turn.settle(node, Some(*bytes))?;
                }
            }
            for (node, row) in &known {
                if row.bytes > 0 && row.until_ms < since_ms && !stored.contains_key(node) {
                    turn.settle(node, Some(0))?;
                }
            }
            Ok(())
        })
    }

    /// A node and all below it are gone: they store nothing more; what they cost stays.
    pub fn delete(&mut self, node: &str, now_ms: u64) -> Result<Outcome, LedgerError> {
        self.change(now_ms, |turn| {
            for (node, row) in turn.rows_below(node)? {
                if row.bytes > 0 {
                    turn.settle(&node, Some(0))?;
                }
            }
            let (from, to) = below(node);
            turn.transaction.execute(
                "UPDATE nodes SET deleted_ms = ?1 WHERE path >= ?2 AND path < ?4 AND (path = ?2 OR path >= ?3)",
                params![whole(now_ms), node, from, to],
            )?;
            Ok(())
        })
    }

    /// A node and all below it have another path from now on; what they cost goes with them. It is
    /// added to what a node at the new path has cost.
    pub fn rename(&mut self, from: &str, to: &str, now_ms: u64) -> Result<(), LedgerError> {
        let renamed = self.change(now_ms, |turn| {
            for path in turn.rows_below(from)?.keys() {
                let target = format!("{to}{}", &path[from.len()..]);
                turn.move_node(path, &target)?;
            }
            Ok(())
        });
        self.rows.clear();
        renamed.map(drop)
    }

    /// Keeps a fact under a name.
    pub fn set_fact(&mut self, name: &str, value: &str) -> Result<(), LedgerError> {
        let put = "INSERT OR REPLACE INTO facts VALUES (?1, ?2)";
        let done = self.connection.execute(put, [name, value]);
        done.map(drop).map_err(|cause| failed(&self.path, cause))
    }

    /// One transaction.
    fn change(
        &mut self,
        now_ms: u64,
        act: impl FnOnce(&mut Turn<'_>) -> rusqlite::Result<()>,
    ) -> Result<Outcome, LedgerError> {
        if self.rows.len() > REMEMBERED {
            self.rows.clear();
        }
        let run = || -> rusqlite::Result<Outcome> {
            let back = now_ms < self.last_ms;
            let day = Day::of(now_ms);
            let mut turn = Turn {
                transaction: self.connection.transaction()?,
                kinds: &self.kinds,
                rows: &mut self.rows,
                steps: self.steps,
                outcome: Outcome::default(),
                now_ms,
            };
            if back {
                stored_in_the_future(&turn.transaction, now_ms)?;
                turn.rows.clear();
            }
            act(&mut turn)?;
            turn.drop_steps()?;
            if self.last_tidied != Some(day) {
                turn.tidy()?;
            }
            let Turn {
                transaction,
                steps,
                outcome,
                ..
            } = turn;
            transaction.commit()?;
            (self.steps, self.last_tidied, self.last_ms) = (steps, Some(day), now_ms);
            Ok(outcome)
        };
        run().map_err(|cause| {
            // what is remembered may be of rows that were not written
            self.rows.clear();
            failed(&self.path, cause)
        })
    }
}

/// The clock was set back: what was added up until a time to come counts as added up until now.
fn stored_in_the_future(connection: &Connection, now_ms: u64) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE nodes SET stored_until_ms = ?1 WHERE stored_until_ms > ?1",
        [whole(now_ms)],
    )?;
    Ok(())
}

fn size_of_steps(connection: &Connection, seconds: u64) -> rusqlite::Result<u64> {
    let sum = "SELECT coalesce(sum(length(data)), 0) FROM steps WHERE seconds = ?1";
    let size: i64 = connection.query_row(sum, [whole(seconds)], |row| row.get(0))?;
    Ok(size.max(0) as u64)
}

/// Byte-seconds of `bytes` stored for that many milliseconds.
pub(super) fn byte_seconds(bytes: u64, ms: u64) -> u64 {
    let exact = u128::from(bytes) * u128::from(ms / 1000);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// A transaction under way.
struct Turn<'a> {
    transaction: Transaction<'a>,
    kinds: &'a Kinds,
    rows: &'a mut HashMap<Arc<str>, Row>,
    steps: [u64; STEPS.len()],
    outcome: Outcome,
    now_ms: u64,
}

impl Turn<'_> {
    /// Adds what is new of a node to its day and month, and to the step.
    fn count(&mut self, step: &mut PerNode, node: &Arc<str>, news: &News) -> rusqlite::Result<()> {
        let id = self.settle(node, news.database_bytes)?;
        if !news.counts.is_zero() {
            self.add(Month::of(self.now_ms).number(), id, &news.counts)?;
            self.add(Day::of(self.now_ms).number(), id, &news.counts)?;
            *step.entry(id).or_default() += news.counts;
        }
        Ok(())
    }

    fn is_new_today(&mut self, worker: &str, version: &str) -> rusqlite::Result<bool> {
        let insert = "INSERT OR IGNORE INTO dynamic_workers VALUES (?1, ?2, ?3)";
        let day = Day::of(self.now_ms).number();
        Ok(self
            .transaction
            .execute(insert, params![day, worker, version])?
            > 0)
    }

    /// The node's number; it is known from now on. If it stores another amount now, what it stored
    /// until now is added up first.
    fn settle(&mut self, node: &Arc<str>, bytes: Option<u64>) -> rusqlite::Result<i64> {
        let mut row = match self.known(node)? {
            Some(row) => row,
            None => self.new_row(node)?,
        };
        if let Some(now) = bytes.filter(|bytes| *bytes != row.bytes) {
            let until_ms = self.add_stored(&row)?;
            self.outcome.resized.push(Resized {
                node: node.clone(),
                before: row.bytes,
                now,
            });
            (row.bytes, row.until_ms) = (now, until_ms);
            self.transaction.execute(
                "UPDATE nodes SET database_bytes = ?2, stored_until_ms = ?3, deleted_ms = NULL
                 WHERE id = ?1",
                params![row.id, whole(now), whole(until_ms)],
            )?;
        }
        self.rows.insert(node.clone(), row);
        Ok(row.id)
    }

    fn known(&mut self, node: &str) -> rusqlite::Result<Option<Row>> {
        if let Some(row) = self.rows.get(node) {
            return Ok(Some(*row));
        }
        let select = "SELECT id, database_bytes, stored_until_ms FROM nodes WHERE path = ?1";
        let found = self.transaction.query_row(select, [node], Row::of);
        found.optional()
    }

    fn new_row(&mut self, node: &str) -> rusqlite::Result<Row> {
        let now = whole(self.now_ms);
        let insert =
            "INSERT INTO nodes (path, known_since_ms, stored_until_ms) VALUES (?1, ?2, ?2)";
        self.transaction.execute(insert, params![node, now])?;
        Ok(Row {
            id: self.transaction.last_insert_rowid(),
            bytes: 0,
            until_ms: self.now_ms,
        })
    }

    /// Adds up what a node stored until now, in whole seconds; returns until when that is.
    fn add_stored(&mut self, row: &Row) -> rusqlite::Result<u64> {
        let stored_ms = self.now_ms.saturating_sub(row.until_ms) / 1000 * 1000;
        if row.bytes == 0 || stored_ms == 0 {
            return Ok(if row.bytes == 0 {
                self.now_ms
            } else {
                row.until_ms
            });
        }
        let span = row.until_ms..row.until_ms + stored_ms;
        let mut at = span.start;
        while at < span.end {
            let month = Month::of(at);
            self.add_stored_in(month.number(), row, &span, &month.range_ms())?;
            at = month.range_ms().end;
        }
        let oldest = self.now_ms.saturating_sub(DAYS_KEPT * DAY_MS);
        let mut at = span.start.max(oldest);
        while at < span.end {
            let day = Day::of(at);
            self.add_stored_in(day.number(), row, &span, &day.range_ms())?;
            at = day.range_ms().end;
        }
        Ok(span.end)
    }

    fn add_stored_in(
        &mut self,
        number: i64,
        row: &Row,
        span: &Range<u64>,
        within: &Range<u64>,
    ) -> rusqlite::Result<()> {
        let mut counts = Counts::default();
        counts[Count::StoredByteSeconds] = byte_seconds(row.bytes, overlap(span, within));
        self.add(number, row.id, &counts)
    }

    /// Adds to what a node counted in a day or month.
    fn add(&mut self, span: i64, id: i64, more: &Counts) -> rusqlite::Result<()> {
        let mut counts = self.counts(span, id)?;
        counts += *more;
        self.transaction.execute(
            "INSERT OR REPLACE INTO spans VALUES (?1, ?2, ?3)",
            params![span, id, self.kinds.pack(&counts)],
        )?;
        Ok(())
    }

    fn counts(&self, span: i64, id: i64) -> rusqlite::Result<Counts> {
        let select = "SELECT counts FROM spans WHERE span = ?1 AND node = ?2";
        let found = self.transaction.query_row(select, [span, id], |row| {
            self.kinds.unpack(row.get_ref(0)?.as_blob()?)
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Adds what was counted now to the steps that it lies in, whatever the clock has done.
    fn add_steps(&mut self, news: &PerNode) -> rusqlite::Result<()> {
        if news.is_empty() {
            return Ok(());
        }
        for (size, (seconds, _)) in self.steps.iter_mut().zip(STEPS) {
            let at = whole(self.now_ms / 1000 / seconds * seconds);
            let select = "SELECT data FROM steps WHERE seconds = ?1 AND at = ?2";
            let key = [whole(seconds), at];
            let found = self.transaction.query_row(select, key, |row| row.get(0));
            let old: Vec<u8> = found.optional()?.unwrap_or_default();
            let mut nodes = news.clone();
            self.kinds.unpack_nodes(&old, |id, counts| {
                *nodes.entry(id).or_default() += counts;
            })?;
            let data = self.kinds.pack_nodes(&nodes);
            *size = (*size + data.len() as u64).saturating_sub(old.len() as u64);
            self.transaction.execute(
                "INSERT OR REPLACE INTO steps VALUES (?1, ?2, ?3)",
                params![whole(seconds), at, data],
            )?;
        }
        Ok(())
    }

    /// Lets some of the steps go that are too old, or too many.
    fn drop_steps(&mut self) -> rusqlite::Result<()> {
        for (size, (seconds, kept)) in self.steps.iter_mut().zip(STEPS) {
            let before = match *size > STEPS_BYTES {
                true => i64::MAX,
                false => whole((self.now_ms / 1000).saturating_sub(kept)),
            };
            let mut oldest = self.transaction.prepare(
                "DELETE FROM steps WHERE seconds = ?1 AND at IN (
                     SELECT at FROM steps WHERE seconds = ?1 AND at < ?2 ORDER BY at LIMIT ?3)
                 RETURNING length(data)",
            )?;
            let key = params![whole(seconds), before, STEPS_DROPPED];
            let mut rows = oldest.query(key)?;
            while let Some(row) = rows.next()? {
                *size = size.saturating_sub(row.get::<_, i64>(0)?.max(0) as u64);
            }
        }
        Ok(())
    }

    /// Once a day: single days that are too old.
    fn tidy(&mut self) -> rusqlite::Result<()> {
        let oldest = Day::of(self.now_ms.saturating_sub(DAYS_KEPT * DAY_MS)).number();
        // months have smaller numbers than all days
        self.transaction.execute(
            "DELETE FROM spans WHERE span > 1000000 AND span < ?1",
            [oldest],
        )?;
        self.transaction
            .execute("DELETE FROM dynamic_workers WHERE day < ?1", [oldest])?;
        Ok(())
    }

    /// The nodes at a path and below it.
    fn rows_below(&mut self, path: &str) -> rusqlite::Result<HashMap<Arc<str>, Row>> {
        let (from, to) = below(path);
        let mut select = self.transaction.prepare(
            "SELECT id, database_bytes, stored_until_ms, path FROM nodes
             WHERE path >= ?1 AND path < ?3 AND (path = ?1 OR path >= ?2)",
        )?;
        let rows = select.query_map([path, &from, &to], |row| {
            let path: String = row.get(3)?;
            Ok((path.into(), Row::of(row)?))
        })?;
        rows.collect()
    }

    fn rows_between(&mut self, paths: Range<&str>) -> rusqlite::Result<HashMap<Arc<str>, Row>> {
        let mut select = self.transaction.prepare(
            "SELECT id, database_bytes, stored_until_ms, path FROM nodes
             WHERE path >= ?1 AND path < ?2",
        )?;
        let rows = select.query_map([paths.start, paths.end], |row| {
            let path: String = row.get(3)?;
            Ok((path.into(), Row::of(row)?))
        })?;
        rows.collect()
    }

    fn move_node(&mut self, from: &str, to: &str) -> rusqlite::Result<()> {
        let (Some(source), target) = (self.known(from)?, self.known(to)?) else {
            return Ok(());
        };
        let Some(target) = target else {
            let rename = "UPDATE nodes SET path = ?2 WHERE id = ?1";
            self.transaction.execute(rename, params![source.id, to])?;
            return Ok(());
        };
        // what stood there before is gone; its costs and the other's are one's from now on
        self.settle(&to.into(), Some(0))?;
        self.settle(&from.into(), Some(0))?;
        for (span, counts) in self.spans(source.id)? {
            self.add(span, target.id, &counts)?;
        }
        self.transaction
            .execute("DELETE FROM spans WHERE node = ?1", [source.id])?;
        self.transaction
            .execute("DELETE FROM nodes WHERE id = ?1", [source.id])?;
        self.rows.remove(from);
        self.settle(&to.into(), Some(source.bytes)).map(drop)
    }

    fn spans(&self, id: i64) -> rusqlite::Result<Vec<(i64, Counts)>> {
        let select = "SELECT span, counts FROM spans WHERE node = ?1";
        let mut select = self.transaction.prepare(select)?;
        let rows = select.query_map([id], |row| {
            let counts = self.kinds.unpack(row.get_ref(1)?.as_blob()?)?;
            Ok((row.get(0)?, counts))
        })?;
        rows.collect()
    }
}

#[cfg(test)]
mod tests;
