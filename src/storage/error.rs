//! What can go wrong, and how a SQLite failure is worded.

use std::path::{Path, PathBuf};

use rusqlite::ffi;

/// Why a storage call failed. `Display` speaks to the operator; a worker gets
/// [`StorageError::worker_message`], which never names a path of the host.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StorageError {
    /// The statement or the call was wrong. The turn goes on.
    #[error("{0}")]
    Rejected(String),
    /// SQLite rolled the whole turn back (disk full, I/O error, no memory, interrupted while
    /// writing), or the turn could not be committed. The object must be reset.
    #[error("{0}")]
    Critical(String),
    /// A deferred constraint did not hold at commit; holds SQLite's own words. Rolled back, the
    /// object must be reset.
    #[error(
        "Durable Object was reset and rolled back to its last known good state because the \
         application left the database in a state where constraints were violated: {0}"
    )]
    Violated(String),
    /// The file is not a sound SQLite database.
    #[error(
        "the database {path} is damaged ({detail}): put back a good copy, or remove it with its \
         -wal and -shm files and this object starts empty; no other object is affected",
        path = .path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    /// A file operation beside SQLite failed.
    #[error("cannot {action} {path}: {cause}", path = .path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        cause: String,
    },
}

impl StorageError {
    /// True when the turn is lost and the caller must reset the object.
    pub fn resets_object(&self) -> bool {
        !matches!(self, StorageError::Rejected(_))
    }

    /// True when there is no room: the database has reached its size, or the disk is full.
    pub fn is_full(&self) -> bool {
        let (StorageError::Rejected(text) | StorageError::Critical(text)) = self else {
            return false;
        };
        text.ends_with(": SQLITE_FULL")
    }

    /// The text that the worker's own code may see.
    pub fn worker_message(&self) -> String {
        match self {
            StorageError::Damaged { detail, .. } => detail.clone(),
            StorageError::File { action, .. } => {
                format!("cannot {action} the object's database: SQLITE_IOERR")
            }
            other => other.to_string(),
        }
    }

    pub(super) fn file(action: &'static str, path: &Path, cause: &std::io::Error) -> Self {
        StorageError::File {
            action,
            path: path.to_path_buf(),
            cause: cause.to_string(),
        }
    }
}

/// One failure as SQLite reported it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Extended result code.
    pub code: i32,
    /// `message[ at offset N]: SQLITE_X[ (extended: SQLITE_X_Y)]`.
    pub text: String,
}

impl Failure {
    /// Words a failure; `offset` is the byte of the SQL text that it points at, negative for none.
    pub fn new(code: i32, message: &str, offset: i32) -> Self {
        let mut text = String::from(message);
        if offset >= 0 {
            text.push_str(&format!(" at offset {offset}"));
        }
        text.push_str(": ");
        text.push_str(code_name(code & 0xff));
        if code > 0xff {
            text.push_str(&format!(" (extended: {})", code_name(code)));
        }
        Failure { code, text }
    }

    /// The same, if the text it points into is another: `place` tells where in that.
    pub fn relocated(mut self, place: impl Fn(usize) -> usize) -> Self {
        const MARK: &str = " at offset ";
        let found = self.text.rfind(MARK).and_then(|at| {
            let from = at + MARK.len();
            let length = self.text[from..].find(|c: char| !c.is_ascii_digit())?;
            let offset = self.text[from..from + length].parse().ok()?;
            Some((from..from + length, place(offset)))
        });
        if let Some((digits, offset)) = found {
            self.text.replace_range(digits, &offset.to_string());
        }
        self
    }

    /// True when SQLite's grammar has no place for a LIMIT or an ORDER BY.
    pub fn is_about_limit(&self) -> bool {
        let text = self.text.to_ascii_uppercase();
        [
            "NEAR \"LIMIT\": SYNTAX ERROR",
            "NEAR \"ORDER\": SYNTAX ERROR",
        ]
        .iter()
        .any(|head| text.starts_with(head))
    }

    /// The primary result code.
    pub fn primary(&self) -> i32 {
        self.code & 0xff
    }

    /// True when the file itself is unsound.
    pub fn is_damage(&self) -> bool {
        matches!(self.primary(), ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB)
    }
}

/// Symbolic name of a primary or extended result code.
fn code_name(code: i32) -> &'static str {
    primary_name(code)
        .or_else(|| constraint_name(code))
        .or_else(|| io_name(code))
        .or_else(|| other_name(code))
        .unwrap_or("SQLITE_UNKNOWN")
}

macro_rules! names {
    ($function:ident: $($name:ident)*) => {
        fn $function(code: i32) -> Option<&'static str> {
            match code {
                $(ffi::$name => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

names!(primary_name:
    SQLITE_OK SQLITE_ERROR SQLITE_INTERNAL SQLITE_PERM SQLITE_ABORT SQLITE_BUSY SQLITE_LOCKED
    SQLITE_NOMEM SQLITE_READONLY SQLITE_INTERRUPT SQLITE_IOERR SQLITE_CORRUPT SQLITE_NOTFOUND
    SQLITE_FULL SQLITE_CANTOPEN SQLITE_PROTOCOL SQLITE_EMPTY SQLITE_SCHEMA SQLITE_TOOBIG
    SQLITE_CONSTRAINT SQLITE_MISMATCH SQLITE_MISUSE SQLITE_NOLFS SQLITE_AUTH SQLITE_FORMAT
    SQLITE_RANGE SQLITE_NOTADB SQLITE_NOTICE SQLITE_WARNING SQLITE_ROW SQLITE_DONE);

names!(constraint_name:
    SQLITE_CONSTRAINT_CHECK SQLITE_CONSTRAINT_COMMITHOOK SQLITE_CONSTRAINT_DATATYPE
    SQLITE_CONSTRAINT_FOREIGNKEY SQLITE_CONSTRAINT_FUNCTION SQLITE_CONSTRAINT_NOTNULL
    SQLITE_CONSTRAINT_PINNED SQLITE_CONSTRAINT_PRIMARYKEY SQLITE_CONSTRAINT_ROWID
    SQLITE_CONSTRAINT_TRIGGER SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_VTAB);

names!(io_name:
    SQLITE_IOERR_READ SQLITE_IOERR_SHORT_READ SQLITE_IOERR_WRITE SQLITE_IOERR_FSYNC
    SQLITE_IOERR_DIR_FSYNC SQLITE_IOERR_TRUNCATE SQLITE_IOERR_FSTAT SQLITE_IOERR_UNLOCK
    SQLITE_IOERR_RDLOCK SQLITE_IOERR_DELETE SQLITE_IOERR_NOMEM SQLITE_IOERR_ACCESS
    SQLITE_IOERR_CHECKRESERVEDLOCK SQLITE_IOERR_LOCK SQLITE_IOERR_CLOSE SQLITE_IOERR_SHMOPEN
    SQLITE_IOERR_SHMSIZE SQLITE_IOERR_SHMLOCK SQLITE_IOERR_SHMMAP SQLITE_IOERR_SEEK
    SQLITE_IOERR_DELETE_NOENT SQLITE_IOERR_MMAP SQLITE_IOERR_GETTEMPPATH
    SQLITE_IOERR_CORRUPTFS);

names!(other_name:
    SQLITE_ERROR_MISSING_COLLSEQ SQLITE_ERROR_RETRY SQLITE_ERROR_SNAPSHOT SQLITE_ABORT_ROLLBACK
    SQLITE_BUSY_RECOVERY SQLITE_BUSY_SNAPSHOT SQLITE_BUSY_TIMEOUT SQLITE_LOCKED_SHAREDCACHE
    SQLITE_LOCKED_VTAB SQLITE_CANTOPEN_NOTEMPDIR SQLITE_CANTOPEN_ISDIR SQLITE_CANTOPEN_FULLPATH
    SQLITE_CANTOPEN_SYMLINK SQLITE_CORRUPT_VTAB SQLITE_CORRUPT_SEQUENCE SQLITE_CORRUPT_INDEX
    SQLITE_READONLY_RECOVERY SQLITE_READONLY_CANTLOCK SQLITE_READONLY_ROLLBACK
    SQLITE_READONLY_DBMOVED SQLITE_READONLY_CANTINIT SQLITE_READONLY_DIRECTORY
    SQLITE_AUTH_USER);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_offset_and_extended_code() {
        let plain = Failure::new(ffi::SQLITE_ERROR, "near \"selec\": syntax error", 0);
        assert_eq!(
            plain.text,
            "near \"selec\": syntax error at offset 0: SQLITE_ERROR"
        );
        let extended = Failure::new(ffi::SQLITE_CONSTRAINT_PRIMARYKEY, "UNIQUE failed", -1);
        assert_eq!(
            extended.text,
            "UNIQUE failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)"
        );
        assert_eq!(extended.primary(), ffi::SQLITE_CONSTRAINT);
    }

    #[test]
    fn a_failure_can_point_into_another_text() {
        let failure = Failure::new(ffi::SQLITE_ERROR, "no such column: at offset 3", 40);
        assert_eq!(
            failure.relocated(|at| at + 2).text,
            "no such column: at offset 3 at offset 42: SQLITE_ERROR"
        );
        let plain = Failure::new(ffi::SQLITE_ERROR, "nothing", -1);
        assert_eq!(plain.relocated(|at| at + 2).text, "nothing: SQLITE_ERROR");
    }

    #[test]
    fn a_worker_never_sees_a_path() {
        let error = StorageError::Damaged {
            path: "/data/secret/object.sqlite".into(),
            detail: "file is not a database: SQLITE_NOTADB".into(),
        };
        assert!(error.to_string().contains("/data/secret/object.sqlite"));
        assert_eq!(
            error.worker_message(),
            "file is not a database: SQLITE_NOTADB"
        );
        assert!(error.resets_object());
        assert!(!StorageError::Rejected(String::new()).resets_object());
    }
}
