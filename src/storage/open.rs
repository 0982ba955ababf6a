//! An open connection with everything that hangs on it, and the statements of the storage's own.

use rusqlite::ffi;

use super::{
    authorizer::Author, cache::StatementCache, connection::Connection, error::Failure,
    sql::Cursors, statement::Statement,
};

/// Statements of the storage's own, compiled when first needed and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Begin,
    Commit,
    Rollback,
    KvGet,
    KvPut,
    KvDelete,
    /// Upwards or downwards; `To` and `From` have an end.
    KvUp,
    KvUpTo,
    KvDown,
    KvDownFrom,
    MetadataGet,
    MetadataPut,
    MetadataDelete,
    PageCount,
    FreePageCount,
}

/// The tables of the storage's own, which no worker may touch; like the reference's, each is made
/// when something is to be put into it, so that workers that list all tables meet none they never
/// caused.
const KV_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID";
const METADATA_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)";

const OWN_COUNT: usize = Own::FreePageCount as usize + 1;

impl Own {
    fn sql(self) -> &'static str {
        match self {
            Own::Begin => "BEGIN",
            Own::Commit => "COMMIT",
            Own::Rollback => "ROLLBACK",
            Own::KvGet => "SELECT value FROM _cf_KV WHERE key=?1",
            Own::KvPut => {
                "INSERT INTO _cf_KV (key, value) VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value=excluded.value"
            }
            Own::KvDelete => "DELETE FROM _cf_KV WHERE key=?1",
            Own::KvUp => "SELECT key, value FROM _cf_KV WHERE key>=?1 ORDER BY key LIMIT ?2",
            Own::KvUpTo => {
                "SELECT key, value FROM _cf_KV WHERE key>=?1 AND key<?3 ORDER BY key LIMIT ?2"
            }
            Own::KvDown => "SELECT key, value FROM _cf_KV WHERE key>=?1 ORDER BY key DESC LIMIT ?2",
            Own::KvDownFrom => {
                "SELECT key, value FROM _cf_KV WHERE key>=?1 AND key<?3 ORDER BY key DESC LIMIT ?2"
            }
            Own::MetadataGet => "SELECT value FROM _cf_METADATA WHERE key=?1",
            Own::MetadataPut => "INSERT OR REPLACE INTO _cf_METADATA (key, value) VALUES (?1, ?2)",
            Own::MetadataDelete => "DELETE FROM _cf_METADATA WHERE key=?1",
            Own::PageCount => "PRAGMA page_count",
            Own::FreePageCount => "PRAGMA freelist_count",
        }
    }
}

/// A connection and its statements. Fields are dropped in this order: statements first.
pub(super) struct Open {
    pub cursors: Cursors,
    pub cache: StatementCache,
    own: [Option<Statement>; OWN_COUNT],
    pub connection: Connection,
    /// In memory, in place of a file that does not exist.
    pub is_stand_in: bool,
    /// A transaction is open, as far as this side knows.
    pub in_turn: bool,
    /// Savepoints open inside it.
    pub savepoints: u32,
    /// This turn made a table of the storage's own, which a rollback takes away.
    made_table: bool,
    last_shape: u64,
}

impl Open {
    pub fn new(connection: Connection, is_stand_in: bool) -> Self {
        Open {
            cursors: Cursors::default(),
            cache: StatementCache::default(),
            own: [const { None }; OWN_COUNT],
            connection,
            is_stand_in,
            in_turn: false,
            savepoints: 0,
            made_table: false,
            last_shape: 0,
        }
    }

    /// A number for column names that was not used before in this connection.
    pub fn new_shape(&mut self) -> u64 {
        self.last_shape += 1;
        self.last_shape
    }

    /// Opens the turn's transaction unless it is open.
    pub fn begin_turn(&mut self) -> Result<(), Failure> {
        if !self.in_turn {
            self.own(Own::Begin)?.run()?;
            self.in_turn = true;
            self.made_table = false;
        }
        Ok(())
    }

    /// Ends a transaction that wrote nothing, so that a statement can run outside one.
    pub fn end_idle_turn(&mut self) -> Result<(), Failure> {
        if self.in_turn && self.savepoints == 0 && !self.connection.is_writing() {
            self.own(Own::Commit)?.run()?;
            self.in_turn = false;
        }
        Ok(())
    }

    /// True when SQLite rolled the turn's transaction back on its own.
    pub fn lost_turn(&self) -> bool {
        self.in_turn && self.connection.is_autocommit()
    }

    /// Rolls the turn back, whatever state it is in.
    pub fn abandon_turn(&mut self) -> Result<(), Failure> {
        self.savepoints = 0;
        let open = !self.connection.is_autocommit();
        self.in_turn = false;
        if open {
            self.own(Own::Rollback)?.run()?;
        }
        self.forget_made_tables();
        Ok(())
    }

    /// After a rollback: statements on a table that may be gone are compiled anew when needed.
    pub fn forget_made_tables(&mut self) {
        if self.made_table {
            self.drop_own_statements();
        }
    }

    /// One of the storage's own statements, reset; makes the table it needs.
    pub fn own(&mut self, which: Own) -> Result<&mut Statement, Failure> {
        if self.compile_own(which)? {
            return self.compiled(which);
        }
        let table = match which {
            Own::MetadataGet | Own::MetadataPut | Own::MetadataDelete => METADATA_TABLE,
            _ => KV_TABLE,
        };
        self.connection.run_all(table)?;
        self.made_table = true;
        self.compile_own(which)?;
        self.compiled(which)
    }

    /// The same for a statement that reads or removes: `None` when there is no table, so nothing
    /// to read or remove.
    pub fn own_if_there(&mut self, which: Own) -> Result<Option<&mut Statement>, Failure> {
        match self.compile_own(which)? {
            true => self.compiled(which).map(Some),
            false => Ok(None),
        }
    }

    /// False when its table is not there.
    fn compile_own(&mut self, which: Own) -> Result<bool, Failure> {
        self.connection.guard().set_author(Author::Storage);
        let place = &mut self.own[which as usize];
        if place.is_none() {
            match self.connection.compile_own(which.sql()) {
                Ok(statement) => *place = Some(statement),
                Err(failure) if failure.text.starts_with("no such table: _cf_") => {
                    return Ok(false);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(true)
    }

    fn compiled(&mut self, which: Own) -> Result<&mut Statement, Failure> {
        match &mut self.own[which as usize] {
            Some(statement) => Ok(statement),
            None => Err(Failure::new(
                ffi::SQLITE_INTERNAL,
                "statement is missing",
                -1,
            )),
        }
    }

    /// Gives back what an idle connection need not hold.
    pub fn shrink(&mut self) {
        self.cache.shrink();
        self.drop_own_statements();
        self.connection.release_memory();
    }

    /// All but those that begin and end a turn.
    fn drop_own_statements(&mut self) {
        for place in &mut self.own[Own::KvGet as usize..] {
            *place = None;
        }
    }
}
