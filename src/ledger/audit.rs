//! Who did what to which node, and why: every verb of an operator and every decision of the host.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rusqlite::{Connection, Row, params};

use super::file::{self, LedgerError, Surety, below, failed, whole};

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person, by any face.
    Operator,
    /// A limit that was reached.
    Limit,
    /// A budget that was used up.
    Budget,
    /// The supervising class at this path, `worker/Class`.
    Supervisor(String),
    /// The host of its own accord.
    Host,
}

impl Who {
    /// Its name on disk, in JSON and in CSV.
    pub fn name(&self) -> &'static str {
        match self {
            Who::Operator => "operator",
            Who::Limit => "limit",
            Who::Budget => "budget",
            Who::Supervisor(_) => "supervisor",
            Who::Host => "host",
        }
    }

    fn node(&self) -> Option<&str> {
        match self {
            Who::Supervisor(node) => Some(node),
            _ => None,
        }
    }

    /// Of a name that this program does not know, the host is the author.
    fn of(name: &str, node: Option<String>) -> Self {
        match name {
            "operator" => Who::Operator,
            "limit" => Who::Limit,
            "budget" => Who::Budget,
            "supervisor" => Who::Supervisor(node.unwrap_or_default()),
            _ => Who::Host,
        }
    }
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    /// Whose act it was.
    pub who: Who,
    /// The verb or decision, such as `kill`.
    pub what: String,
    /// What it was done to.
    pub node: String,
    /// The reason that was given.
    pub why: Option<String>,
    /// How it was before.
    pub before: Option<String>,
    /// How it has been since.
    pub after: Option<String>,
}

impl Entry {
    /// An act of this moment.
    pub fn now(who: Who, what: impl Into<String>, node: impl Into<String>) -> Self {
        Self {
            at_ms: super::now_ms(),
            who,
            what: what.into(),
            node: node.into(),
            why: None,
            before: None,
            after: None,
        }
    }

    /// The same, with its reason.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The same, with what it changed.
    pub fn changed(mut self, before: Option<String>, after: Option<String>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }
}

/// An act with its place in the order of acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Grows with each act, whatever the clock does.
    pub id: u64,
    /// What happened.
    pub entry: Entry,
}

/// Which acts to list.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only those on this node and below it.
    pub node: Option<String>,
    /// Only those before this one: the last of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// The list of acts; each is on disk before its recording returns.
pub struct Audit {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Audit {
    /// The acts in the ledger of a data folder.
    pub fn open(data: &Path) -> Result<Self, LedgerError> {
        Ok(Self {
            path: file::path_in(data),
            connection: Mutex::new(file::open(data, Surety::Machine)?),
        })
    }

    /// Writes an act down, in a transaction of its own, and returns its place in the order.
    pub fn record(&self, entry: &Entry) -> Result<u64, LedgerError> {
        let connection = self.connection.lock();
        let insert = || -> rusqlite::Result<i64> {
            let mut insert = connection.prepare(
                "INSERT INTO audit (at_ms, who, who_node, what, node, why, before, after)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            insert.insert(params![
                whole(entry.at_ms),
                entry.who.name(),
                entry.who.node(),
                entry.what,
                entry.node,
                entry.why,
                entry.before,
                entry.after,
            ])
        };
        let id = insert().map_err(|cause| failed(&self.path, cause))?;
        Ok(id.max(0) as u64)
    }

    /// Acts, the newest first.
    pub fn list(&self, query: &AuditQuery) -> Result<Vec<Recorded>, LedgerError> {
        let connection = self.connection.lock();
        let list = || -> rusqlite::Result<Vec<Recorded>> {
            let before = whole(query.before.unwrap_or(u64::MAX));
            let limit = whole(query.limit as u64);
            let columns = "id, at_ms, who, who_node, what, node, why, before, after";
            match &query.node {
                None => connection
                    .prepare(&format!(
                        "SELECT {columns} FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2"
                    ))?
                    .query_map(params![before, limit], recorded)?
                    .collect(),
                Some(node) => {
                    let (from, to) = below(node);
                    connection
                        .prepare(&format!(
                            "SELECT {columns} FROM audit
                             WHERE id < ?1 AND (node = ?3 OR (node >= ?4 AND node < ?5))
                             ORDER BY id DESC LIMIT ?2"
                        ))?
                        .query_map(params![before, limit, node, from, to], recorded)?
                        .collect()
                }
            }
        };
        list().map_err(|cause| failed(&self.path, cause))
    }
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let who: String = row.get(2)?;
    Ok(Recorded {
        id: row.get::<_, i64>(0)?.max(0) as u64,
        entry: Entry {
            at_ms: row.get::<_, i64>(1)?.max(0) as u64,
            who: Who::of(&who, row.get(3)?),
            what: row.get(4)?,
            node: row.get(5)?,
            why: row.get(6)?,
            before: row.get(7)?,
            after: row.get(8)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(audit: &Audit, query: AuditQuery) -> Vec<String> {
        let list = audit.list(&query).unwrap();
        list.into_iter().map(|it| it.entry.node).collect()
    }

    #[test]
    fn an_act_is_kept_as_it_was() {
        let data = tempfile::tempdir().unwrap();
        let audit = Audit::open(data.path()).unwrap();
        let entry = Entry::now(Who::Supervisor("w/Boss".into()), "set limit", "w/C/1")
            .because("it floods")
            .changed(None, Some("requests_per_second = 5".into()));
        let id = audit.record(&entry).unwrap();
        drop(audit);
        let audit = Audit::open(data.path()).unwrap();
        let query = AuditQuery {
            limit: 9,
            ..Default::default()
        };
        assert_eq!(audit.list(&query).unwrap(), [Recorded { id, entry }]);
    }

    #[test]
    fn acts_come_newest_first_in_pages_and_by_node() {
        let data = tempfile::tempdir().unwrap();
        let audit = Audit::open(data.path()).unwrap();
        for node in ["w", "w/C", "w/C/1", "w/C/1/f", "w/C2/1", "v", "w/C/2"] {
            audit
                .record(&Entry::now(Who::Operator, "kill", node))
                .unwrap();
        }
        let of = |node: &str| AuditQuery {
            node: Some(node.into()),
            before: None,
            limit: 99,
        };
        assert_eq!(
            nodes(&audit, of("w/C")),
            ["w/C/2", "w/C/1/f", "w/C/1", "w/C"]
        );
        assert_eq!(nodes(&audit, of("w/C/1")), ["w/C/1/f", "w/C/1"]);
        let first = audit
            .list(&AuditQuery {
                limit: 3,
                ..Default::default()
            })
            .unwrap();
        assert_eq!(first.len(), 3);
        let rest = AuditQuery {
            before: first.last().map(|it| it.id),
            limit: 99,
            node: None,
        };
        assert_eq!(nodes(&audit, rest), ["w/C/1/f", "w/C/1", "w/C", "w"]);
    }
}
