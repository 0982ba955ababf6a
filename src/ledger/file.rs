//! The ledger's database: where it lies, its tables, and what can go wrong with it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// The ledger's folder within the data folder.
pub const FOLDER: &str = ".ledger";
/// The database's name within it.
const FILE: &str = "ledger.sqlite";

/// How long to wait for another connection that writes.
const BUSY: Duration = Duration::from_secs(5);

/// The form of the tables; a newer program may read an older one's file, not the other way round.
const FORM: i64 = 1;

/// `spans` has one row for each node and day (`yyyymmdd`, UTC) or month (`yyyymm`) in which
/// something was counted; `steps` one row for each 1, 10 or 60 seconds, with what all nodes
/// counted then. `counts` and `data` are as `coding.rs` writes them, by the numbers in `kinds`.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nodes (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    known_since_ms INTEGER NOT NULL,
    database_bytes INTEGER NOT NULL DEFAULT 0,
    stored_until_ms INTEGER NOT NULL DEFAULT 0,
    deleted_ms INTEGER);
CREATE TABLE IF NOT EXISTS spans (
    span INTEGER NOT NULL, node INTEGER NOT NULL, counts BLOB NOT NULL,
    PRIMARY KEY (span, node)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spans_of_node ON spans (node, span);
CREATE TABLE IF NOT EXISTS steps (
    seconds INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (seconds, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dynamic_workers (
    day INTEGER NOT NULL, worker TEXT NOT NULL, version TEXT NOT NULL,
    PRIMARY KEY (day, worker, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    who_node TEXT,
    what TEXT NOT NULL,
    node TEXT NOT NULL,
    why TEXT, before TEXT, after TEXT);
CREATE INDEX IF NOT EXISTS audit_of_node ON audit (node, id);
";

/// Why the ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A file or folder cannot be used.
    #[error("cannot {action} {path}: {cause}", path = .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        cause: std::io::Error,
    },
    /// There is none.
    #[error(
        "there is no ledger in {path}: run lapidary with this data folder first, or name another one with --data",
        path = .0.display()
    )]
    Missing(PathBuf),
    /// The file is not a ledger, or not whole.
    #[error(
        "the ledger {path} is damaged ({detail}): move it away, and a new one is begun",
        path = .path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// A newer program wrote it.
    #[error(
        "the ledger {path} was written by a newer lapidary: use that one",
        path = .0.display()
    )]
    Newer(PathBuf),
    /// SQLite failed otherwise.
    #[error("the ledger {path} cannot be used: {cause}", path = .path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        cause: rusqlite::Error,
    },
    /// No thread.
    #[error("no thread for the ledger: {0}")]
    Thread(std::io::Error),
}

/// How sure a transaction must be before it counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surety {
    /// A crash of the program loses nothing; a power cut may lose the latest ones.
    Program,
    /// A power cut loses nothing.
    Machine,
}

/// Where the ledger of a data folder lies.
pub(super) fn path_in(data: &Path) -> PathBuf {
    data.join(FOLDER).join(FILE)
}

/// A connection's failure, with its file.
pub(super) fn failed(path: &Path, cause: rusqlite::Error) -> LedgerError {
    let path = path.to_path_buf();
    match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => LedgerError::Damaged {
            path,
            detail: cause.to_string(),
        },
        _ => LedgerError::Database { path, cause },
    }
}

/// Opens the ledger of a data folder for writing; begins one where there is none.
pub(super) fn open(data: &Path, surety: Surety) -> Result<Connection, LedgerError> {
    let path = path_in(data);
    let folder = data.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|cause| LedgerError::File {
        action: "create",
        path: folder,
        cause,
    })?;
    let open = || -> rusqlite::Result<(Connection, i64)> {
        let connection = Connection::open(&path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = match surety {
            Surety::Program => "NORMAL",
            Surety::Machine => "FULL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let form = form_of(&connection)?;
        if form <= FORM {
            connection.execute_batch(TABLES)?;
            connection.pragma_update(None, "user_version", FORM)?;
        }
        Ok((connection, form))
    };
    let (connection, form) = open().map_err(|cause| failed(&path, cause))?;
    not_newer(&path, form)?;
    Ok(connection)
}

/// Opens the ledger of a data folder for reading only, also while a server writes it.
pub(super) fn open_to_read(data: &Path) -> Result<Connection, LedgerError> {
    let path = path_in(data);
    if !path.exists() {
        return Err(LedgerError::Missing(data.to_path_buf()));
    }
    let open = || -> rusqlite::Result<(Connection, i64)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        let form = form_of(&connection)?;
        Ok((connection, form))
    };
    let (connection, form) = open().map_err(|cause| failed(&path, cause))?;
    not_newer(&path, form)?;
    Ok(connection)
}

fn form_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn not_newer(path: &Path, form: i64) -> Result<(), LedgerError> {
    if form > FORM {
        return Err(LedgerError::Newer(path.to_path_buf()));
    }
    Ok(())
}

/// A number as SQLite keeps it.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What lies below a path, as a range of paths: from the first up to, but not with, the second.
/// `/` is followed by `0`.
pub(super) fn below(path: &str) -> (String, String) {
    (format!("{path}/"), format!("{path}0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_ledger_is_named_with_its_cure() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(FOLDER)).unwrap();
        fs::write(path_in(data.path()), [7; 5000]).unwrap();
        let text = open(data.path(), Surety::Program).unwrap_err().to_string();
        assert!(text.contains("ledger.sqlite is damaged"), "{text}");
        let text = open_to_read(data.path()).unwrap_err().to_string();
        assert!(text.contains("move it away"), "{text}");
    }

    #[test]
    fn a_missing_and_a_newer_ledger_are_named() {
        let data = tempfile::tempdir().unwrap();
        let error = open_to_read(data.path()).unwrap_err();
        assert!(matches!(error, LedgerError::Missing(_)), "{error}");
        assert!(!data.path().join(FOLDER).exists());
        let connection = open(data.path(), Surety::Program).unwrap();
        connection
            .pragma_update(None, "user_version", FORM + 1)
            .unwrap();
        drop(connection);
        let error = open(data.path(), Surety::Program).unwrap_err();
        assert!(matches!(error, LedgerError::Newer(_)), "{error}");
    }

    #[test]
    fn what_lies_below_a_path_is_a_range() {
        let (from, to) = below("a/B");
        for inside in ["a/B/0", "a/B/\u{10ffff}", "a/B/"] {
            assert!(*inside >= *from && *inside < *to, "{inside}");
        }
        for outside in ["a/B", "a/B0", "a/B-c/0", "a/C/0"] {
            assert!(!(*outside >= *from && *outside < *to), "{outside}");
        }
    }
}
