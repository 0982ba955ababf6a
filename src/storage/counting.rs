//! Rows read and written, as the reference bills them.
//!
//! One row read for each seek, each look at a rowid, each rewind and each step of a cursor,
//! sorters included, and all entries of a table for a bare `count(*)`; one row written for each
//! insert into a table or an index and each row deleted, each change of a virtual table. SQLite
//! counts them itself, in the places that `assets/sqlite/compile.rs` adds to its source.

use super::statement::{Counter, Statement};

/// What a statement has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub rows_read: u64,
    pub rows_written: u64,
}

impl Usage {
    /// Adds another one to it.
    pub fn add(&mut self, other: Usage) {
        self.rows_read = self.rows_read.saturating_add(other.rows_read);
        self.rows_written = self.rows_written.saturating_add(other.rows_written);
    }

    /// What came after `earlier`.
    pub(super) fn since(self, earlier: Usage) -> Usage {
        Usage {
            rows_read: self.rows_read.saturating_sub(earlier.rows_read),
            rows_written: self.rows_written.saturating_sub(earlier.rows_written),
        }
    }
}

/// A statement's counters when a run of it began; they grow over all runs, and wrap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    read: u32,
    written: u32,
}

impl Start {
    pub fn of(statement: &Statement) -> Start {
        Start {
            read: statement.counter(Counter::RowsRead),
            written: statement.counter(Counter::RowsWritten),
        }
    }

    /// The cost of the run so far.
    pub fn usage(self, statement: &Statement) -> Usage {
        let now = Start::of(statement);
        Usage {
            rows_read: now.read.wrapping_sub(self.read).into(),
            rows_written: now.written.wrapping_sub(self.written).into(),
        }
    }
}
