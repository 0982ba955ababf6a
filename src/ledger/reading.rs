//! What is read of a ledger, by a server that writes it or by anybody else: sums over days and
//! months, what is stored, and series. What nodes have stored since their rows were last written
//! is added here.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    calendar::{Day, Month, overlap},
    coding::Kinds,
    counts::{Count, Counts},
    file::{self, LedgerError, below, failed, whole},
    store::{STEPS, byte_seconds},
};

/// Which nodes a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes<'a> {
    /// All.
    All,
    /// One, without what is below it.
    Only(&'a str),
    /// One, and all below it.
    From(&'a str),
}

/// What a node counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Its path.
    pub node: String,
    /// What it counted, and what it stored meanwhile.
    pub counts: Counts,
    /// Bytes that it stores now.
    pub database_bytes: u64,
}

/// A part of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it begins, seconds since the epoch.
    pub at_s: u64,
    /// What was counted from then to the next one.
    pub value: u64,
}

/// The side of the ledger that reads.
pub(super) struct Reader {
    path: PathBuf,
    connection: Connection,
    kinds: Kinds,
}

impl Reader {
    /// The ledger of a data folder, which may be in use.
    pub fn open(data: &Path) -> Result<Self, LedgerError> {
        let path = file::path_in(data);
        let connection = file::open_to_read(data)?;
        let kinds = Kinds::load(&connection, false).map_err(|cause| failed(&path, cause))?;
        Ok(Self {
            path,
            connection,
            kinds,
        })
    }

    /// What nodes counted in a month, and stored in what has gone by of it.
    pub fn month(
        &self,
        nodes: Nodes<'_>,
        month: Month,
        now_ms: u64,
    ) -> Result<Vec<Usage>, LedgerError> {
        self.usage(nodes, month.number(), &month.range_ms(), now_ms)
    }

    /// The same of a day.
    pub fn day(&self, nodes: Nodes<'_>, day: Day, now_ms: u64) -> Result<Vec<Usage>, LedgerError> {
        self.usage(nodes, day.number(), &day.range_ms(), now_ms)
    }

    fn usage(
        &self,
        nodes: Nodes<'_>,
        number: i64,
        range: &Range<u64>,
        now_ms: u64,
    ) -> Result<Vec<Usage>, LedgerError> {
        let from = "SELECT nodes.path, nodes.database_bytes, nodes.stored_until_ms, spans.counts
             FROM nodes LEFT JOIN spans ON spans.span = ?1 AND spans.node = nodes.id
             WHERE (spans.counts IS NOT NULL OR nodes.database_bytes > 0) AND";
        let usage = |row: &Row<'_>| {
            let counts = match row.get_ref(3)?.as_blob_or_null()? {
                Some(bytes) => self.kinds.unpack(bytes)?,
                None => Counts::default(),
            };
            let mut usage = Usage {
                node: row.get(0)?,
                counts,
                database_bytes: row.get::<_, i64>(1)?.max(0) as u64,
            };
            let until_ms = row.get::<_, i64>(2)?.max(0) as u64;
            let rest = overlap(range, &(until_ms..now_ms.max(until_ms)));
            let stored = byte_seconds(usage.database_bytes, rest);
            let count = &mut usage.counts[Count::StoredByteSeconds];
            *count = count.saturating_add(stored);
            Ok(usage)
        };
        let read = || -> rusqlite::Result<Vec<Usage>> {
            let (filter, path) = filter(nodes);
            let (first, last) = below(path);
            let mut select = self.connection.prepare(&format!("{from} {filter}"))?;
            let rows = select.query_map(params![number, path, first, last], usage)?;
            rows.collect()
        };
        read().map_err(|cause| failed(&self.path, cause))
    }

    /// All that a node has ever counted.
    pub fn lifetime(&self, node: &str, now_ms: u64) -> Result<Counts, LedgerError> {
        let read = || -> rusqlite::Result<Counts> {
            let mut all = Counts::default();
            let row = "SELECT id, database_bytes, stored_until_ms FROM nodes WHERE path = ?1";
            let found = self.connection.query_row(row, [node], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            });
            let Some((id, bytes, until)) = found.optional()? else {
                return Ok(all);
            };
            let mut months = self
                .connection
                .prepare("SELECT counts FROM spans WHERE node = ?1 AND span < 1000000")?;
            let mut rows = months.query([id])?;
            while let Some(row) = rows.next()? {
                all += self.kinds.unpack(row.get_ref(0)?.as_blob()?)?;
            }
            let rest = now_ms.saturating_sub(until.max(0) as u64);
            let stored = byte_seconds(bytes.max(0) as u64, rest);
            all[Count::StoredByteSeconds] = all[Count::StoredByteSeconds].saturating_add(stored);
            Ok(all)
        };
        read().map_err(|cause| failed(&self.path, cause))
    }

    /// Bytes that nodes store now.
    pub fn stored(&self, nodes: Nodes<'_>) -> Result<u64, LedgerError> {
        let (filter, path) = filter(nodes);
        let (first, last) = below(path);
        let sum = format!(
            "SELECT coalesce(sum(database_bytes), 0) FROM nodes WHERE ?1 = ?1 AND {filter}"
        );
        let read = self
            .connection
            .query_row(&sum, params![0, path, first, last], |row| {
                row.get::<_, i64>(0)
            });
        let bytes = read.map_err(|cause| failed(&self.path, cause))?;
        Ok(bytes.max(0) as u64)
    }

    /// When the first of these nodes became known, milliseconds since the epoch.
    pub fn known_since(&self, nodes: Nodes<'_>) -> Result<Option<u64>, LedgerError> {
        let (filter, path) = filter(nodes);
        let (first, last) = below(path);
        let least = format!("SELECT min(known_since_ms) FROM nodes WHERE ?1 = ?1 AND {filter}");
        let read = self
            .connection
            .query_row(&least, params![0, path, first, last], |row| {
                row.get::<_, Option<i64>>(0)
            });
        let since = read.map_err(|cause| failed(&self.path, cause))?;
        Ok(since.map(|ms| ms.max(0) as u64))
    }

    /// What nodes counted from one second up to another, by the path of the node.
    pub fn between(
        &self,
        nodes: Nodes<'_>,
        seconds: Range<u64>,
    ) -> Result<BTreeMap<String, Counts>, LedgerError> {
        let read = || -> rusqlite::Result<BTreeMap<String, Counts>> {
            let paths = self.numbers(nodes)?;
            let mut sums: BTreeMap<String, Counts> = BTreeMap::new();
            self.steps(1, &seconds, |_, id, counts| {
                if let Some(path) = paths.get(&id) {
                    *sums.entry(path.clone()).or_default() += counts;
                }
            })?;
            Ok(sums)
        };
        read().map_err(|cause| failed(&self.path, cause))
    }

    /// One count of nodes together, in steps of so many seconds; steps without any are left out.
    /// Steps of 1 to 9 seconds are there for a day, of 10 to 59 for as long but coarser, and from
    /// 60 on for two days.
    pub fn series(
        &self,
        nodes: Nodes<'_>,
        count: Count,
        seconds: Range<u64>,
        step: u64,
    ) -> Result<Vec<Point>, LedgerError> {
        let step = step.max(1);
        let finest = STEPS.iter().rev().map(|(length, _)| *length);
        let length = finest
            .into_iter()
            .find(|length| step.is_multiple_of(*length));
        let read = || -> rusqlite::Result<Vec<Point>> {
            let wanted: HashSet<i64> = self.numbers(nodes)?.into_keys().collect();
            let mut points: BTreeMap<u64, u64> = BTreeMap::new();
            self.steps(length.unwrap_or(1), &seconds, |at, id, counts| {
                if counts[count] > 0 && wanted.contains(&id) {
                    let point = points.entry(at / step * step).or_default();
                    *point = point.saturating_add(counts[count]);
                }
            })?;
            let point = |(at_s, value)| Point { at_s, value };
            Ok(points.into_iter().map(point).collect())
        };
        read().map_err(|cause| failed(&self.path, cause))
    }

    /// The steps of one length that begin within a range.
    fn steps(
        &self,
        length: u64,
        seconds: &Range<u64>,
        mut each: impl FnMut(u64, i64, Counts),
    ) -> rusqlite::Result<()> {
        let mut select = self.connection.prepare(
            "SELECT at, data FROM steps WHERE seconds = ?1 AND at >= ?2 AND at < ?3 ORDER BY at",
        )?;
        let key = [length, seconds.start, seconds.end].map(whole);
        let mut rows = select.query(key)?;
        while let Some(row) = rows.next()? {
            let at = row.get::<_, i64>(0)?.max(0) as u64;
            let data = row.get_ref(1)?.as_blob()?;
            self.kinds
                .unpack_nodes(data, |id, counts| each(at, id, counts))?;
        }
        Ok(())
    }

    fn numbers(&self, nodes: Nodes<'_>) -> rusqlite::Result<BTreeMap<i64, String>> {
        let (filter, path) = filter(nodes);
        let (first, last) = below(path);
        let select = format!("SELECT id, path FROM nodes WHERE ?1 = ?1 AND {filter}");
        let mut select = self.connection.prepare(&select)?;
        let rows = select.query_map(params![0, path, first, last], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        rows.collect()
    }

    /// What is kept under a name.
    pub fn fact(&self, name: &str) -> Result<Option<String>, LedgerError> {
        let select = "SELECT value FROM facts WHERE name = ?1";
        let found = self.connection.query_row(select, [name], |row| row.get(0));
        found.optional().map_err(|cause| failed(&self.path, cause))
    }
}

/// A condition on paths, and the path in it; it uses the parameters 2 to 4.
fn filter(nodes: Nodes<'_>) -> (&'static str, &str) {
    match nodes {
        Nodes::All => ("(?2 = ?2 AND ?3 = ?3 AND ?4 = ?4)", ""),
        Nodes::Only(path) => ("(nodes.path = ?2 AND ?3 = ?3 AND ?4 = ?4)", path),
        // the first two conditions are what the index is searched by
        Nodes::From(path) => (
            "nodes.path >= ?2 AND nodes.path < ?4 AND (nodes.path = ?2 OR nodes.path >= ?3)",
            path,
        ),
    }
}
