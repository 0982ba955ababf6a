//! Turns, and the commit gate.
//!
//! The first access of a turn opens a transaction. [`Database::commit_turn`] is the only place
//! where a turn's writes become lasting, and no effect of the turn may leave before it returns.
//! History and replication will hang there: [`Committed`] is what the gate hands on.

use std::fs::File;

use rusqlite::ffi;

use super::{
    connection::Durability, counting::Usage, database::Database, error::StorageError, open::Own,
};

/// What the commit gate hands on about a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The file changed.
    pub wrote: bool,
    /// A savepoint is open across turns: nothing was committed yet, effects must wait.
    pub held: bool,
    /// Cost of the turn.
    pub usage: Usage,
}

impl Database {
    /// The commit gate: makes the turn's writes lasting. Almost free when the turn touched
    /// nothing. On an error the turn is rolled back and the object must be reset; call
    /// [`Database::rollback_turn`] before using the database again. While a savepoint is open
    /// nothing is committed and [`Committed::held`] is set.
    pub fn commit_turn(&mut self) -> Result<Committed, StorageError> {
        if let Some(error) = &self.lost {
            return Err(error.clone());
        }
        let mut committed = Committed::default();
        if let Some(open) = &mut self.open
            && open.in_turn
        {
            if open.savepoints > 0 {
                committed.held = true;
                return Ok(committed);
            }
            committed.wrote = open.connection.is_writing();
            if committed.wrote {
                self.sync_new_file().map_err(|error| self.lose(error))?;
            }
            self.commit()?;
        }
        self.alarm_touched = false;
        committed.usage = std::mem::take(&mut self.usage);
        Ok(committed)
    }

    /// Drops everything the turn wrote, ends all cursors and forgets a lost turn. Returns what
    /// the turn had cost.
    pub fn rollback_turn(&mut self) -> Result<Usage, StorageError> {
        self.lost = None;
        self.alarm_touched = false;
        self.drop_stand_in();
        if let Some(open) = &mut self.open {
            open.close_all();
            if let Err(failure) = open.abandon_turn() {
                // A connection that cannot even roll back is closed: that rolls back.
                let error = self.describe(&failure);
                self.close();
                return Err(error);
            }
        }
        Ok(std::mem::take(&mut self.usage))
    }

    fn commit(&mut self) -> Result<(), StorageError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let outcome = match open.own(Own::Commit) {
            Ok(statement) => statement.run(),
            Err(failure) => Err(failure),
        };
        let Err(failure) = outcome else {
            open.in_turn = false;
            return Ok(());
        };
        let error = match failure.primary() {
            ffi::SQLITE_CONSTRAINT => StorageError::Violated(failure.text),
            _ if failure.is_damage() => self.describe(&failure),
            _ => StorageError::Critical(failure.text),
        };
        Err(self.lose(error))
    }

    /// Rolls the turn back because of `error`, which every call then meets until
    /// [`Database::rollback_turn`].
    pub(super) fn lose(&mut self, error: StorageError) -> StorageError {
        if let Some(open) = &mut self.open {
            open.close_all();
            if open.abandon_turn().is_err() {
                self.close();
            }
        }
        self.lost = Some(error.clone());
        error
    }

    /// A first commit is lasting only when the file it belongs to is.
    fn sync_new_file(&mut self) -> Result<(), StorageError> {
        if !self.is_unsynced || self.options.durability == Durability::Normal {
            return Ok(());
        }
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.map_err(|cause| StorageError::file("save", &self.path, &cause))?;
        if let Some(files) = &self.options.files {
            files.sync()?;
        }
        self.is_unsynced = false;
        Ok(())
    }

    /// Opens a savepoint inside the turn; returns its depth, 1 for the outermost.
    pub fn savepoint(&mut self) -> Result<u32, StorageError> {
        let depth = self.open_for_turn()?.savepoints + 1;
        self.run_own(&format!("SAVEPOINT s{depth}"))?;
        if let Some(open) = &mut self.open {
            open.savepoints = depth;
        }
        Ok(depth)
    }

    /// Keeps what was written since savepoint `depth`, and ends it and all inside it.
    pub fn release(&mut self, depth: u32) -> Result<(), StorageError> {
        if self.lost.is_some() {
            return Err(StorageError::Critical(
                "Cannot commit transaction due to an earlier SQL critical error".into(),
            ));
        }
        self.end_savepoint(depth, &format!("RELEASE s{depth}"))
    }

    /// Drops what was written since savepoint `depth`, and ends it and all inside it.
    pub fn rollback_to(&mut self, depth: u32) -> Result<(), StorageError> {
        if let Some(error) = &self.lost {
            return Err(error.clone());
        }
        self.end_savepoint(depth, &format!("ROLLBACK TO s{depth};RELEASE s{depth}"))?;
        if let Some(open) = &mut self.open {
            open.forget_made_tables();
        }
        Ok(())
    }

    fn end_savepoint(&mut self, depth: u32, sql: &str) -> Result<(), StorageError> {
        let open_depth = self.savepoint_depth();
        if depth == 0 || depth > open_depth {
            return Err(StorageError::Rejected(format!(
                "there is no savepoint of depth {depth}: {open_depth} are open"
            )));
        }
        self.run_own(sql)?;
        if let Some(open) = &mut self.open {
            open.savepoints = depth - 1;
        }
        Ok(())
    }

    /// Savepoints open now.
    pub fn savepoint_depth(&self) -> u32 {
        self.open.as_ref().map_or(0, |open| open.savepoints)
    }
}
