//! A compiled SQL statement: the thinnest safe layer over `sqlite3_stmt`.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr::NonNull,
};

use rusqlite::ffi;

use super::error::Failure;

/// A value for a `?` of a statement. Numbers are always REAL, as the reference binds them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Param<'a> {
    Null,
    /// NaN becomes NULL.
    Real(f64),
    /// UTF-8; lone surrogates may come as WTF-8. A NUL inside is kept.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// One column of a result row; borrowed until the statement steps again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// The bytes as stored: nearly always UTF-8, but nothing enforces it.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

impl ValueRef<'_> {
    /// What the value counts against a batch, bytes.
    pub(super) fn weight(&self) -> usize {
        match self {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => 8 + bytes.len(),
            _ => 8,
        }
    }
}

/// Whether bound bytes must outlive the call that binds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// SQLite takes a copy.
    Copied,
    /// The caller resets the statement and clears its bindings before the bytes go away.
    Borrowed,
}

/// Counters of a statement that SQLite keeps.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counter {
    /// Times that a schema change made SQLite compile it again.
    Recompiled = ffi::SQLITE_STMTSTATUS_REPREPARE as isize,
    /// What the reference bills; `assets/sqlite/compile.rs` adds these two to SQLite.
    RowsRead = 9,
    RowsWritten = 10,
}

/// What compiling the head of a text gave.
pub(super) struct Compiled {
    /// `None` for a text of comments and blanks.
    pub statement: Option<Statement>,
    /// Bytes of the text that were used.
    pub used: usize,
}

/// Owns one `sqlite3_stmt`. SQLite keeps a closed connection alive until its last statement is
/// gone (`sqlite3_close_v2`), so this needs no lifetime.
pub(super) struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
}

impl Statement {
    /// Compiles the first statement of `sql`.
    ///
    /// # Safety
    /// `db` is an open connection that no other thread uses meanwhile.
    pub unsafe fn compile(
        db: NonNull<ffi::sqlite3>,
        sql: &[u8],
        flags: u32,
    ) -> Result<Compiled, Failure> {
        let length = c_int::try_from(sql.len()).unwrap_or(c_int::MAX);
        let start = sql.as_ptr().cast::<c_char>();
        let mut raw = std::ptr::null_mut();
        let mut tail = start;
        // SAFETY: the caller vouches for `db`; `start` has `length` readable bytes.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(db.as_ptr(), start, length, flags, &mut raw, &mut tail)
        };
        if code != ffi::SQLITE_OK {
            // SAFETY: as above.
            return Err(unsafe { last_failure(db, code) });
        }
        Ok(Compiled {
            statement: NonNull::new(raw).map(|raw| Statement { raw }),
            used: (tail as usize)
                .saturating_sub(start as usize)
                .min(sql.len()),
        })
    }

    /// Runs to the next row (`true`) or the end (`false`).
    pub fn step(&mut self) -> Result<bool, Failure> {
        // SAFETY: `raw` is a live statement, `&mut self` keeps others out.
        match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => Err(self.failure(code)),
        }
    }

    /// Steps to the end, dropping rows, and makes it ready for another run.
    pub fn run(&mut self) -> Result<(), Failure> {
        let outcome = loop {
            match self.step() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        self.reset();
        outcome
    }

    #[cold]
    fn failure(&self, code: i32) -> Failure {
        // SAFETY: a live statement has a live connection.
        unsafe {
            match NonNull::new(ffi::sqlite3_db_handle(self.raw.as_ptr())) {
                Some(db) => last_failure(db, code),
                None => Failure::new(code, "the statement has no connection", -1),
            }
        }
    }

    /// Ends a run; bindings stay.
    pub fn reset(&mut self) {
        // SAFETY: as in `step`. Its result only repeats what `step` said.
        unsafe { ffi::sqlite3_reset(self.raw.as_ptr()) };
    }

    /// Forgets all bindings.
    pub fn clear_bindings(&mut self) {
        // SAFETY: as in `step`.
        unsafe { ffi::sqlite3_clear_bindings(self.raw.as_ptr()) };
    }

    /// Binds parameter `index` (from 1).
    pub fn bind(
        &mut self,
        index: usize,
        param: Param<'_>,
        lifetime: Lifetime,
    ) -> Result<(), Failure> {
        let raw = self.raw.as_ptr();
        let index = c_int::try_from(index).unwrap_or(c_int::MAX);
        let destructor = match lifetime {
            Lifetime::Copied => ffi::SQLITE_TRANSIENT(),
            Lifetime::Borrowed => ffi::SQLITE_STATIC(),
        };
        // SAFETY: the bytes are readable for their length; with `Borrowed` the caller clears
        // the binding before they go away, with `Copied` SQLite copies them now. A pointer that
        // is not null makes an empty text or blob differ from NULL; an empty slice's is not.
        let code = unsafe {
            match param {
                Param::Null => ffi::sqlite3_bind_null(raw, index),
                Param::Real(number) => ffi::sqlite3_bind_double(raw, index, number),
                Param::Text(bytes) => ffi::sqlite3_bind_text64(
                    raw,
                    index,
                    bytes.as_ptr().cast::<c_char>(),
                    bytes.len() as u64,
                    destructor,
                    ffi::SQLITE_UTF8 as u8,
                ),
                Param::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    raw,
                    index,
                    bytes.as_ptr().cast::<c_void>(),
                    bytes.len() as u64,
                    destructor,
                ),
            }
        };
        self.bound(code)
    }

    /// Binds an integer, for the storage's own statements.
    pub fn bind_integer(&mut self, index: usize, value: i64) -> Result<(), Failure> {
        let index = c_int::try_from(index).unwrap_or(c_int::MAX);
        // SAFETY: as in `step`.
        let code = unsafe { ffi::sqlite3_bind_int64(self.raw.as_ptr(), index, value) };
        self.bound(code)
    }

    fn bound(&self, code: c_int) -> Result<(), Failure> {
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.failure(code))
        }
    }

    /// Column `index` (from 0) of the current row.
    pub fn value(&self, index: usize) -> ValueRef<'_> {
        let raw = self.raw.as_ptr();
        let column = c_int::try_from(index).unwrap_or(c_int::MAX);
        // SAFETY: the pointers stay valid until the next step, reset or conversion of this
        // column; the borrow of `self` rules out the first two, and each column is read in its
        // own type only, so nothing converts it.
        unsafe {
            match ffi::sqlite3_column_type(raw, column) {
                ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_column_int64(raw, column)),
                ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_column_double(raw, column)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_column_text(raw, column);
                    ValueRef::Text(bytes(start.cast(), ffi::sqlite3_column_bytes(raw, column)))
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_column_blob(raw, column);
                    ValueRef::Blob(bytes(start.cast(), ffi::sqlite3_column_bytes(raw, column)))
                }
                _ => ValueRef::Null,
            }
        }
    }

    /// Column `index` of the current row as an integer.
    pub fn integer(&self, index: usize) -> i64 {
        let column = c_int::try_from(index).unwrap_or(c_int::MAX);
        // SAFETY: as in `value`; an integer needs no pointer.
        unsafe { ffi::sqlite3_column_int64(self.raw.as_ptr(), column) }
    }

    /// Columns of a row; 0 for a statement that gives none.
    pub fn column_count(&self) -> usize {
        // SAFETY: `raw` is a live statement.
        let count = unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// Name of column `index`: its alias, or its SQL text.
    pub fn column_name(&self, index: usize) -> String {
        let column = c_int::try_from(index).unwrap_or(c_int::MAX);
        // SAFETY: the name is NUL-terminated and copied before anything can change it.
        unsafe {
            let name = ffi::sqlite3_column_name(self.raw.as_ptr(), column);
            if name.is_null() {
                return String::new();
            }
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }

    /// The largest parameter number.
    pub fn parameter_count(&self) -> usize {
        // SAFETY: `raw` is a live statement.
        let count = unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// True when it cannot change the database file.
    pub fn is_readonly(&self) -> bool {
        // SAFETY: `raw` is a live statement.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw.as_ptr()) != 0 }
    }

    /// Reads a counter, which grows over all runs.
    pub fn counter(&self, counter: Counter) -> u32 {
        // SAFETY: `raw` is a live statement, and SQLite checks the number.
        unsafe { ffi::sqlite3_stmt_status(self.raw.as_ptr(), counter as c_int, 0) as u32 }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: nothing uses the statement afterwards.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// The connection's latest failure.
///
/// # Safety
/// `db` is an open connection that no other thread uses meanwhile.
pub(super) unsafe fn last_failure(db: NonNull<ffi::sqlite3>, code: i32) -> Failure {
    // SAFETY: the message is NUL-terminated and copied at once.
    unsafe {
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db.as_ptr())).to_string_lossy();
        Failure::new(code, &message, ffi::sqlite3_error_offset(db.as_ptr()))
    }
}

/// # Safety
/// `start` is null or has `length` readable bytes that live for `'a`.
unsafe fn bytes<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: as the caller vouches.
        Ok(length) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        _ => &[],
    }
}
