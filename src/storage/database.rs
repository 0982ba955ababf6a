//! One SQLite file of one object or facet: opened late, created later, and asked by SQL.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::ffi;

use super::{
    connection::{Connection, Durability, InterruptCheck, PAGE_BYTES, template},
    counting::Usage,
    error::{Failure, StorageError},
    file::{Present, look_at, remove_database, sync_folder},
    interrupt::InterruptHandle,
    object_files::ObjectFiles,
    open::{Open, Own},
    sql::{Batch, CursorId, Executed, RowSink, Stop},
    statement::Param,
};

/// How a database behaves; fixed for its life.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub durability: Durability,
    /// Folder that must be made known on disk before the file is created.
    pub files: Option<ObjectFiles>,
}

/// One SQLite file. Creating this value touches nothing on disk; the file appears with the first
/// statement that needs it.
pub struct Database {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) open: Option<Box<Open>>,
    /// Serves reading SQL while there is no file.
    stand_in: Option<Box<Open>>,
    /// Created in this process and not yet synced to disk.
    pub(super) is_unsynced: bool,
    /// The file was looked for and not found.
    is_absent: bool,
    /// The failure that lost this turn.
    pub(super) lost: Option<StorageError>,
    pub(super) usage: Usage,
    /// The turn wrote or removed the alarm.
    pub(super) alarm_touched: bool,
    max_bytes: Option<u64>,
    check: Option<InterruptCheck>,
    interrupt: InterruptHandle,
}

/// Below 2^53, so that the number survives JavaScript.
const STAND_IN_CURSOR: u64 = 1 << 52;

impl Database {
    /// The database at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>, options: Options) -> Self {
        Database {
            path: path.into(),
            options,
            open: None,
            stand_in: None,
            is_unsynced: false,
            is_absent: false,
            lost: None,
            usage: Usage::default(),
            alarm_touched: false,
            max_bytes: None,
            check: None,
            interrupt: InterruptHandle::default(),
        }
    }

    /// The database of a facet (0: the object itself) in an object's folder.
    pub fn in_folder(files: &ObjectFiles, facet: u16, durability: Durability) -> Self {
        let options = Options {
            durability,
            files: Some(files.clone()),
        };
        Database::new(files.database_path(facet), options)
    }

    /// Rows that the turn under way has read and written.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Where the file lies, or will.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True while a connection is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Limits the file to this many bytes, whole pages; 0 means no limit. A file that is larger
    /// already keeps its size but cannot grow. Over it, statements fail with `SQLITE_FULL`.
    pub fn set_max_bytes(&mut self, bytes: u64) -> Result<(), StorageError> {
        self.max_bytes = Some(bytes);
        if let Some(open) = &mut self.open {
            let outcome = limit_size(&mut open.connection, bytes);
            outcome.map_err(|failure| self.fail(failure))?;
        }
        Ok(())
    }

    /// Asks `check` every few thousand steps of a query; once it says `true`, the query ends
    /// with `interrupted: SQLITE_INTERRUPT`.
    pub fn set_interrupt_check(&mut self, check: InterruptCheck) {
        for open in [&mut self.open, &mut self.stand_in].into_iter().flatten() {
            open.connection
                .set_interrupt_check(Some(Arc::clone(&check)));
        }
        self.check = Some(check);
    }

    /// Stops the query that runs at that moment, from any thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Runs `sql`, one or more statements, the last with `params`. The first batch of the last
    /// one's rows goes to `sink`; more wait in a cursor, which lives across commits. A statement
    /// that writes gives all its rows.
    pub fn exec<S: RowSink + ?Sized>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        sink: &mut S,
        batch: Batch,
    ) -> Result<Executed, StorageError> {
        self.refuse_if_lost()?;
        let sql = sql.as_bytes();
        if self.open.is_none()
            && self.file_is_absent()
            && let Some(outcome) = self.exec_without_file(sql, params, sink, batch)
        {
            return outcome;
        }
        self.open_for_turn()?;
        let Some(open) = &mut self.open else {
            return Ok(Executed::default());
        };
        match open.exec(sql, params, sink, batch, &mut self.usage) {
            Ok(executed) => Ok(executed),
            Err(stop) => Err(self.stopped(stop)),
        }
    }

    /// Gives the next batch of a cursor to `sink` (without its columns). A cursor that ended or
    /// was closed gives nothing.
    pub fn fetch<S: RowSink + ?Sized>(
        &mut self,
        cursor: CursorId,
        sink: &mut S,
        batch: Batch,
    ) -> Result<Executed, StorageError> {
        self.refuse_if_lost()?;
        let stand_in = cursor.0 & STAND_IN_CURSOR;
        let (place, id) = if stand_in == 0 {
            (&mut self.open, cursor)
        } else {
            (&mut self.stand_in, CursorId(cursor.0 & !STAND_IN_CURSOR))
        };
        let Some(open) = place else {
            return Ok(Executed::default());
        };
        match open.fetch(id, sink, batch, &mut self.usage) {
            Ok(mut executed) => {
                executed.cursor = executed.cursor.map(|next| CursorId(next.0 | stand_in));
                Ok(executed)
            }
            Err(stop) => Err(self.stopped(stop)),
        }
    }

    /// Ends a cursor early. Unknown ones are ignored.
    pub fn close_cursor(&mut self, cursor: CursorId) {
        if cursor.0 & STAND_IN_CURSOR != 0 {
            if let Some(open) = &mut self.stand_in {
                open.close(CursorId(cursor.0 & !STAND_IN_CURSOR));
            }
        } else if let Some(open) = &mut self.open {
            open.close(cursor);
        }
    }

    /// Reading needs no file: an empty database in memory answers. `None` when the text writes.
    fn exec_without_file<S: RowSink + ?Sized>(
        &mut self,
        sql: &[u8],
        params: &[Param<'_>],
        sink: &mut S,
        batch: Batch,
    ) -> Option<Result<Executed, StorageError>> {
        if self.stand_in.is_none() {
            let connection = match Connection::in_memory() {
                Ok(connection) => connection,
                Err(failure) => return Some(Err(self.describe(&failure))),
            };
            self.stand_in = Some(self.adopt(connection, true));
        }
        let open = self.stand_in.as_mut()?;
        match open.exec(sql, params, sink, batch, &mut self.usage) {
            Ok(mut executed) => {
                executed.cursor = executed.cursor.map(|id| CursorId(id.0 | STAND_IN_CURSOR));
                Some(Ok(executed))
            }
            Err(Stop::NeedsFile) => None,
            Err(stop) => Some(Err(self.stopped(stop))),
        }
    }

    /// Bytes in use: pages that are not free. An object without a file has the size of an empty
    /// one.
    pub fn database_size(&mut self) -> Result<u64, StorageError> {
        if self.open.is_none() && self.file_is_absent() {
            let image = template().map_err(|failure| self.describe(&failure))?;
            return Ok(image.len() as u64);
        }
        let pages = self.own_integer(Own::PageCount)?;
        let free = self.own_integer(Own::FreePageCount)?;
        Ok(pages.saturating_sub(free) * PAGE_BYTES)
    }

    /// Bytes that the file takes, or will once the WAL is moved into it; 0 without a file. Asked
    /// between turns it begins none. `None` when that cannot be known now.
    pub fn stored_bytes(&mut self) -> Option<u64> {
        let Some(open) = &mut self.open else {
            return self.file_is_absent().then_some(0);
        };
        let statement = open.own(Own::PageCount).ok()?;
        let pages = statement
            .step()
            .map(|found| if found { statement.integer(0) } else { 0 });
        statement.reset();
        Some(u64::try_from(pages.ok()?).ok()? * PAGE_BYTES)
    }

    /// Removes everything at once, the file too: tables, keys and metadata. What the turn wrote
    /// before is gone with it; cursors end. Refused inside a savepoint.
    pub fn delete_all(&mut self) -> Result<(), StorageError> {
        self.refuse_delete_all()?;
        self.alarm_touched = true;
        if let Some(open) = &mut self.open {
            open.connection.skip_final_checkpoint();
        }
        self.close();
        remove_database(&self.path)?;
        self.is_absent = true;
        self.is_unsynced = false;
        match (self.options.durability, self.path.parent()) {
            (Durability::Full, Some(folder)) if folder.exists() => sync_folder(folder),
            _ => Ok(()),
        }
    }

    /// Removes everything but the alarm, as `delete_all` does: a file that holds only the alarm
    /// takes the place of the old one in one step.
    pub fn delete_all_but_alarm(&mut self) -> Result<(), StorageError> {
        self.refuse_delete_all()?;
        let Some(at) = self.alarm()? else {
            return self.delete_all();
        };
        // the log is moved into the file, which is then all there is
        self.close();
        let fresh = self.path.with_extension("new");
        remove_database(&fresh)?;
        let mut only_alarm = Database::new(&fresh, Options::default());
        only_alarm.set_alarm(Some(at))?;
        only_alarm.commit_turn()?;
        drop(only_alarm);
        File::open(&fresh)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&fresh, &self.path))
            .map_err(|cause| StorageError::file("replace", &self.path, &cause))?;
        remove_database(&fresh)?;
        self.is_unsynced = false;
        self.alarm_touched = true;
        match self.path.parent() {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }

    fn refuse_delete_all(&self) -> Result<(), StorageError> {
        self.refuse_if_lost()?;
        if self.savepoint_depth() > 0 {
            return Err(StorageError::Rejected(
                "Cannot call deleteAll() within a transaction".into(),
            ));
        }
        Ok(())
    }

    /// Gives back memory that an idle database need not hold; statements compile again later.
    pub fn shrink(&mut self) {
        if self.stand_in.as_ref().is_some_and(|s| s.cursors.is_empty()) {
            self.drop_stand_in();
        }
        if let Some(open) = &mut self.open {
            open.shrink();
        }
    }

    /// Closes the file; an open turn is rolled back, cursors end. The next access opens it again.
    pub fn close(&mut self) {
        self.drop_stand_in();
        if let Some(open) = self.open.take() {
            self.interrupt.forget(open.connection.raw());
        }
    }

    pub(super) fn drop_stand_in(&mut self) {
        if let Some(open) = self.stand_in.take() {
            self.interrupt.forget(open.connection.raw());
        }
    }

    fn refuse_if_lost(&self) -> Result<(), StorageError> {
        match &self.lost {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// True when there is no file, so that reading needs none.
    pub(super) fn file_is_absent(&mut self) -> bool {
        if !self.is_absent && self.open.is_none() {
            self.is_absent = !self.path.exists();
        }
        self.is_absent && self.open.is_none()
    }

    /// True when nothing can be found: no file, and no lost turn to report.
    pub(super) fn is_empty_for_reading(&mut self) -> Result<bool, StorageError> {
        self.refuse_if_lost()?;
        Ok(self.open.is_none() && self.file_is_absent())
    }

    /// The connection, opened if need be, inside the turn's transaction.
    pub(super) fn open_for_turn(&mut self) -> Result<&mut Open, StorageError> {
        self.refuse_if_lost()?;
        if self.open.is_none() {
            let connection = self.connect()?;
            self.open = Some(self.adopt(connection, false));
            if self.stand_in.as_ref().is_some_and(|s| s.cursors.is_empty()) {
                self.drop_stand_in();
            }
        }
        let begun = match &mut self.open {
            Some(open) => open.begin_turn(),
            None => Ok(()),
        };
        if let Err(failure) = begun {
            return Err(self.fail(failure));
        }
        match &mut self.open {
            Some(open) => Ok(open),
            None => Err(StorageError::Rejected("the database is closed".into())),
        }
    }

    fn adopt(&mut self, mut connection: Connection, is_stand_in: bool) -> Box<Open> {
        connection.set_interrupt_check(self.check.clone());
        self.interrupt.watch(connection.raw());
        Box::new(Open::new(connection, is_stand_in))
    }

    fn connect(&mut self) -> Result<Connection, StorageError> {
        let is_foreign = self.create_unless_sound()?;
        let connected =
            Connection::open(&self.path, self.options.durability).and_then(|mut connection| {
                if is_foreign {
                    connection.run_all("PRAGMA journal_mode=WAL")?;
                }
                if let Some(bytes) = self.max_bytes {
                    limit_size(&mut connection, bytes)?;
                }
                Ok(connection)
            });
        let connection = connected.map_err(|failure| self.describe(&failure))?;
        self.is_absent = false;
        Ok(connection)
    }

    /// Writes the file from the template when there is none, or one whose creation was cut off.
    /// True when another tool made the file, in another journal mode.
    fn create_unless_sound(&mut self) -> Result<bool, StorageError> {
        let image = template().map_err(|failure| self.describe(&failure))?;
        match look_at(&self.path, image)? {
            Present::Ready => return Ok(false),
            Present::NotInWalMode => return Ok(true),
            Present::Nothing => {}
        }
        match &self.options.files {
            Some(files) => files.create()?,
            None => {
                if let Some(folder) = self.path.parent() {
                    fs::create_dir_all(folder)
                        .map_err(|cause| StorageError::file("create", folder, &cause))?;
                }
            }
        }
        // A WAL left behind by a database that was removed must not be taken for this one's.
        remove_database(&self.path)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(image))
            .map_err(|cause| StorageError::file("create", &self.path, &cause))?;
        self.is_unsynced = true;
        Ok(false)
    }

    pub(super) fn run_own(&mut self, sql: &str) -> Result<(), StorageError> {
        let outcome = self.open_for_turn()?.connection.run_all(sql);
        outcome.map_err(|failure| self.fail(failure))
    }

    fn own_integer(&mut self, which: Own) -> Result<u64, StorageError> {
        let open = self.open_for_turn()?;
        let read = open.own(which).and_then(|statement| {
            let found = statement.step()?;
            let value = if found { statement.integer(0) } else { 0 };
            statement.reset();
            Ok(u64::try_from(value).unwrap_or(0))
        });
        read.map_err(|failure| self.fail(failure))
    }

    pub(super) fn spend(&mut self, rows_read: u64, rows_written: u64) {
        self.usage.add(Usage {
            rows_read,
            rows_written,
        });
    }

    fn stopped(&mut self, stop: Stop) -> StorageError {
        match stop {
            Stop::Failure(failure) => self.fail(failure),
            Stop::Rule(text) => StorageError::Rejected(text.into()),
            Stop::NeedsFile => StorageError::Rejected("the database has no file yet".into()),
        }
    }

    /// Words a failure and notes whether it took the turn with it.
    #[cold]
    pub(super) fn fail(&mut self, failure: Failure) -> StorageError {
        let lost = self.open.as_ref().is_some_and(|open| open.lost_turn());
        if failure.is_damage() {
            let error = self.describe(&failure);
            return self.lose(error);
        }
        if lost {
            return self.lose(StorageError::Critical(failure.text));
        }
        if failure.primary() == ffi::SQLITE_INTERRUPT {
            // SQLite keeps the request up until the last running statement ended.
            for open in [&mut self.open, &mut self.stand_in].into_iter().flatten() {
                open.close_all();
            }
        }
        StorageError::Rejected(failure.text)
    }

    pub(super) fn describe(&self, failure: &Failure) -> StorageError {
        if failure.is_damage() {
            StorageError::Damaged {
                path: self.path.clone(),
                detail: failure.text.clone(),
            }
        } else {
            StorageError::Critical(failure.text.clone())
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.close();
    }
}

fn limit_size(connection: &mut Connection, bytes: u64) -> Result<(), Failure> {
    const NO_LIMIT: u64 = 0xffff_fffe;
    let pages = match bytes {
        0 => NO_LIMIT,
        _ => (bytes / PAGE_BYTES).clamp(1, NO_LIMIT),
    };
    connection.run_all(&format!("PRAGMA max_page_count={pages}"))
}
