//! The alarms of a namespace in one small database, so that a start need not open every object's.
//!
//! It is a hint: it says for each object or facet with an alarm a time that is not later than the
//! alarm. Whoever acts on it looks into the object's own database first, which alone is right.
//! An entry is written before the turn that needs it commits, and put right some time after.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, params};

use super::{connection::Durability, error::StorageError, file::sync_folder};

/// How long to wait for another tool that holds the file.
const BUSY: Duration = Duration::from_secs(2);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS alarms (
    object TEXT NOT NULL, facet INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (object, facet)) WITHOUT ROWID";

/// One entry: when the alarm of an object (facet 0) or facet is due at the earliest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedAlarm {
    /// 64 hexadecimal digits.
    pub object: String,
    /// Facet number; 0 is the object itself.
    pub facet: u16,
    /// Milliseconds since the epoch; `None` takes the entry away.
    pub at_ms: Option<u64>,
}

/// The file, opened when it is first needed and created with the first alarm.
#[derive(Debug)]
pub struct AlarmIndex {
    path: PathBuf,
    durability: Durability,
    connection: Option<Connection>,
}

impl AlarmIndex {
    /// The index at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>, durability: Durability) -> Self {
        Self {
            path: path.into(),
            durability,
            connection: None,
        }
    }

    /// All entries. Creates no file.
    pub fn read(&mut self) -> Result<Vec<IndexedAlarm>, StorageError> {
        if self.connection.is_none() && !self.path.exists() {
            return Ok(Vec::new());
        }
        self.with(|connection| {
            let mut all = connection.prepare("SELECT object, facet, at_ms FROM alarms")?;
            let entries = all.query_map([], |row| {
                Ok(IndexedAlarm {
                    object: row.get(0)?,
                    facet: row.get(1)?,
                    at_ms: Some(row.get::<_, i64>(2)?.max(0) as u64),
                })
            })?;
            entries.collect()
        })
    }

    /// Makes sure that the entry is there with this time or an earlier one, lastingly.
    pub fn guard(&mut self, object: &str, facet: u16, at_ms: u64) -> Result<(), StorageError> {
        self.with(|connection| {
            connection.execute(
                "INSERT INTO alarms VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET at_ms = min(at_ms, excluded.at_ms)",
                params![object, facet, whole(at_ms)],
            )
        })
        .map(drop)
    }

    /// Puts entries right, in one transaction.
    pub fn update(&mut self, entries: &[IndexedAlarm]) -> Result<(), StorageError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let mut put =
                transaction.prepare("INSERT OR REPLACE INTO alarms VALUES (?1, ?2, ?3)")?;
            let mut remove =
                transaction.prepare("DELETE FROM alarms WHERE object = ?1 AND facet = ?2")?;
            for IndexedAlarm {
                object,
                facet,
                at_ms,
            } in entries
            {
                match at_ms {
                    Some(at) => put.execute(params![object, facet, whole(*at)])?,
                    None => remove.execute(params![object, facet])?,
                };
            }
            drop((put, remove));
            transaction.commit()
        })
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StorageError> {
        let failed = |path: &Path, cause: rusqlite::Error| StorageError::File {
            action: "use",
            path: path.to_path_buf(),
            cause: cause.to_string(),
        };
        if self.connection.is_none() {
            self.make_folder()?;
            let opened = open(&self.path, self.durability);
            self.connection = Some(opened.map_err(|cause| failed(&self.path, cause))?);
        }
        let Some(connection) = &mut self.connection else {
            return Err(StorageError::Rejected("the index is closed".into()));
        };
        work(connection).map_err(|cause| failed(&self.path, cause))
    }

    /// A new folder must be on disk before what is in it counts.
    fn make_folder(&self) -> Result<(), StorageError> {
        let Some(folder) = self.path.parent() else {
            return Ok(());
        };
        let missing: Vec<&Path> = folder.ancestors().take_while(|it| !it.exists()).collect();
        fs::create_dir_all(folder).map_err(|cause| StorageError::file("create", folder, &cause))?;
        for parent in missing.iter().filter_map(|it| it.parent()) {
            sync_folder(parent)?;
        }
        Ok(())
    }
}

fn whole(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn open(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.execute(TABLE, [])?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(object: &str, facet: u16, at_ms: Option<u64>) -> IndexedAlarm {
        IndexedAlarm {
            object: object.into(),
            facet,
            at_ms,
        }
    }

    #[test]
    fn entries_survive_and_a_guard_never_moves_one_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/alarms.sqlite");
        let mut index = AlarmIndex::new(&path, Durability::Full);
        assert_eq!(index.read(), Ok(vec![]));
        assert!(!path.exists());
        index.guard("a", 0, 50).unwrap();
        index.guard("a", 0, 70).unwrap();
        index.guard("b", 3, 70).unwrap();
        index.guard("b", 3, 60).unwrap();
        drop(index);
        let mut index = AlarmIndex::new(&path, Durability::Full);
        let both = vec![entry("a", 0, Some(50)), entry("b", 3, Some(60))];
        assert_eq!(index.read(), Ok(both));
        let changes = [
            entry("a", 0, Some(90)),
            entry("b", 3, None),
            entry("c", 1, None),
        ];
        index.update(&changes).unwrap();
        assert_eq!(index.read(), Ok(vec![entry("a", 0, Some(90))]));
    }

    #[test]
    fn a_damaged_index_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alarms.sqlite");
        fs::write(&path, [7; 5000]).unwrap();
        let error = AlarmIndex::new(&path, Durability::Full).read().unwrap_err();
        assert!(error.to_string().contains("alarms.sqlite"), "{error}");
    }
}
