//! An open connection with everything that hangs on it, and the statements of the storage's own.

use rusqlite::ffi;

use super::{
    authorizer::Author,
    cache::StatementCache,
    connection::{Connection, HIDDEN_TABLES},
    error::Failure,
    sql::Cursors,
    statement::Statement,
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
        Ok(())
    }

    /// One of the storage's own statements, reset.
    pub fn own(&mut self, which: Own) -> Result<&mut Statement, Failure> {
        self.connection.guard().set_author(Author::Storage);
        let place = which as usize;
        if self.own[place].is_none() {
            self.own[place] = Some(self.compile_own(which)?);
        }
        match &mut self.own[place] {
            Some(statement) => Ok(statement),
            None => Err(Failure::new(
                ffi::SQLITE_INTERNAL,
                "statement is missing",
                -1,
            )),
        }
    }

    /// A database that another tool made has no hidden tables: they are added when needed.
    fn compile_own(&mut self, which: Own) -> Result<Statement, Failure> {
        match self.connection.compile_own(which.sql()) {
            Err(failure) if failure.text.starts_with("no such table: _cf_") => {
                self.connection.run_all(HIDDEN_TABLES)?;
                self.connection.compile_own(which.sql())
            }
            outcome => outcome,
        }
    }

    /// Gives back what an idle connection need not hold.
    pub fn shrink(&mut self) {
        self.cache.shrink();
        for place in &mut self.own[Own::KvGet as usize..] {
            *place = None;
        }
        self.connection.release_memory();
    }
}
