//! One open SQLite connection: settings, limits, the template of a new file.

use std::{
    ffi::{CString, c_int, c_void},
    path::Path,
    ptr::NonNull,
    sync::{Arc, OnceLock},
};

use rusqlite::ffi;

use super::{
    authorizer::{Author, Guard, authorize},
    error::Failure,
    statement::{Statement, last_failure},
};

/// Bytes of a database page.
pub(super) const PAGE_BYTES: u64 = 4096;

/// Page cache of one connection, KiB. Only pages in use take memory.
const CACHE_KIB: u32 = 512;

/// Virtual machine steps between two looks at the interrupt check; about 50 µs.
const STEPS_PER_CHECK: c_int = 5000;

/// How long to wait for another tool that holds the file, milliseconds.
const BUSY_TIMEOUT_MS: c_int = 2000;

/// The engine limits of the reference.
const LIMITS: [(c_int, c_int); 12] = [
    (ffi::SQLITE_LIMIT_LENGTH, 8 * 1024 * 1024 + 34),
    (ffi::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (ffi::SQLITE_LIMIT_COLUMN, 100),
    (ffi::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (ffi::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (ffi::SQLITE_LIMIT_VDBE_OP, 25_000),
    (ffi::SQLITE_LIMIT_FUNCTION_ARG, 127),
    (ffi::SQLITE_LIMIT_ATTACHED, 0),
    (ffi::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (ffi::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (ffi::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    (ffi::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It is on disk (`fsync`): a power cut loses nothing.
    #[default]
    Full,
    /// It is with the operating system: a power cut may lose the latest turns, never part of one.
    Normal,
}

/// Asked now and then during a query; `true` ends the query with `SQLITE_INTERRUPT`.
pub type InterruptCheck = Arc<dyn Fn() -> bool + Send + Sync>;

unsafe extern "C" {
    /// Not among the crate's bindings: closes at once, or with the last statement.
    fn sqlite3_close_v2(db: *mut ffi::sqlite3) -> c_int;
}

/// Owns one `sqlite3`.
pub(super) struct Connection {
    raw: NonNull<ffi::sqlite3>,
    /// From `Box::into_raw`; SQLite holds the pointer.
    guard: NonNull<Guard>,
    /// Same; null when there is no check.
    check: *mut InterruptCheck,
}

// SAFETY: SQLite is built thread-safe (SQLITE_THREADSAFE=1); a connection opened with NOMUTEX
// may move between threads as long as one uses it at a time, which `&mut` in `Database` ensures.
unsafe impl Send for Connection {}
// SAFETY: as for `Connection`; a statement moves together with its connection.
unsafe impl Send for Statement {}

impl Connection {
    /// Opens an existing file and makes it ready: WAL, limits, foreign keys on.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, Failure> {
        let mut connection = Self::connect(&path_text(path)?, ffi::SQLITE_OPEN_READWRITE)?;
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        connection.run_all(&format!(
            "PRAGMA cache_size=-{CACHE_KIB};PRAGMA synchronous={synchronous};"
        ))?;
        connection.apply_limits();
        Ok(connection)
    }

    /// An empty database in memory.
    pub fn in_memory() -> Result<Self, Failure> {
        let connection = Self::connect(c":memory:", ffi::SQLITE_OPEN_READWRITE)?;
        connection.apply_limits();
        Ok(connection)
    }

    /// Opens a file as it is.
    pub fn connect_to(path: &Path, flags: c_int) -> Result<Self, Failure> {
        Self::connect(&path_text(path)?, flags)
    }

    fn connect(path: &std::ffi::CStr, flags: c_int) -> Result<Self, Failure> {
        let mut raw = std::ptr::null_mut();
        let flags = flags | ffi::SQLITE_OPEN_NOMUTEX | ffi::SQLITE_OPEN_EXRESCODE;
        // SAFETY: `path` is NUL-terminated, `raw` receives the connection or null.
        let code =
            unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &mut raw, flags, std::ptr::null()) };
        let Some(raw) = NonNull::new(raw) else {
            return Err(Failure::new(ffi::SQLITE_NOMEM, "out of memory", -1));
        };
        let connection = Connection {
            raw,
            guard: NonNull::from(Box::leak(Box::new(Guard::new()))),
            check: std::ptr::null_mut(),
        };
        if code != ffi::SQLITE_OK {
            // SAFETY: SQLite hands out a connection for its message even when opening failed.
            return Err(unsafe { last_failure(raw, code) });
        }
        connection.configure();
        Ok(connection)
    }

    fn configure(&self) {
        let db = self.raw.as_ptr();
        let ignored = std::ptr::null_mut::<c_int>();
        // SAFETY: `db` is open; the guard outlives the registration (see `drop`); each option
        // takes an int and a pointer that may be null. None of these can fail on a new
        // connection.
        unsafe {
            ffi::sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
            ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_ENABLE_FKEY, 1 as c_int, ignored);
            ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_DEFENSIVE, 1 as c_int, ignored);
            ffi::sqlite3_db_config(
                db,
                ffi::SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
                0 as c_int,
                ignored,
            );
            ffi::sqlite3_set_authorizer(db, Some(authorize), self.guard.as_ptr().cast::<c_void>());
        }
    }

    fn apply_limits(&self) {
        for (limit, value) in LIMITS {
            // SAFETY: `raw` is open; unknown limits are ignored.
            unsafe { ffi::sqlite3_limit(self.raw.as_ptr(), limit, value) };
        }
    }

    /// What the authorizer knows.
    pub fn guard(&self) -> &Guard {
        // SAFETY: freed only in `drop`.
        unsafe { self.guard.as_ref() }
    }

    /// Compiles the first statement of `sql`; `persistent` for one that is kept.
    pub fn compile(
        &mut self,
        sql: &[u8],
        persistent: bool,
    ) -> Result<super::statement::Compiled, Failure> {
        let flags = if persistent {
            ffi::SQLITE_PREPARE_PERSISTENT
        } else {
            0
        };
        // SAFETY: `raw` is open and `&mut self` keeps other users out.
        unsafe { Statement::compile(self.raw, sql, flags) }
    }

    /// Compiles one statement of the storage's own.
    pub fn compile_own(&mut self, sql: &str) -> Result<Statement, Failure> {
        self.guard().set_author(Author::Storage);
        match self.compile(sql.as_bytes(), true)?.statement {
            Some(statement) => Ok(statement),
            None => Err(Failure::new(ffi::SQLITE_MISUSE, "empty statement", -1)),
        }
    }

    /// Runs statements of the storage's own, dropping their rows.
    pub fn run_all(&mut self, sql: &str) -> Result<(), Failure> {
        self.guard().set_author(Author::Storage);
        let mut rest = sql.as_bytes();
        while !rest.is_empty() {
            let compiled = self.compile(rest, false)?;
            let Some(mut statement) = compiled.statement else {
                break;
            };
            statement.run()?;
            rest = &rest[compiled.used..];
        }
        Ok(())
    }

    /// Registers the check that can end a query.
    pub fn set_interrupt_check(&mut self, check: Option<InterruptCheck>) {
        let fresh = match check {
            Some(check) => Box::into_raw(Box::new(check)),
            None => std::ptr::null_mut(),
        };
        let callback: Option<unsafe extern "C" fn(*mut c_void) -> c_int> =
            (!fresh.is_null()).then_some(progress as _);
        // SAFETY: `fresh` lives until it is replaced here or freed in `drop`; the old box is
        // freed only after SQLite forgot it.
        unsafe {
            ffi::sqlite3_progress_handler(
                self.raw.as_ptr(),
                STEPS_PER_CHECK,
                callback,
                fresh.cast(),
            );
            free_check(std::mem::replace(&mut self.check, fresh));
        }
    }

    /// For [`super::InterruptHandle`], which forgets it before the connection closes.
    pub fn raw(&self) -> NonNull<ffi::sqlite3> {
        self.raw
    }

    /// True when no transaction is open, so also after SQLite rolled one back on its own.
    pub fn is_autocommit(&self) -> bool {
        // SAFETY: `raw` is open.
        unsafe { ffi::sqlite3_get_autocommit(self.raw.as_ptr()) != 0 }
    }

    /// True when the open transaction changed the file.
    pub fn is_writing(&self) -> bool {
        // SAFETY: `raw` is open; a null schema asks for all.
        unsafe {
            ffi::sqlite3_txn_state(self.raw.as_ptr(), std::ptr::null()) == ffi::SQLITE_TXN_WRITE
        }
    }

    /// Rows changed by the latest INSERT, UPDATE or DELETE itself.
    pub fn changes(&self) -> u64 {
        // SAFETY: `raw` is open.
        unsafe { ffi::sqlite3_changes64(self.raw.as_ptr()) as u64 }
    }

    /// Gives cached pages back.
    pub fn release_memory(&mut self) {
        // SAFETY: `raw` is open.
        unsafe { ffi::sqlite3_db_release_memory(self.raw.as_ptr()) };
    }

    /// Closing shall not move the WAL into the file, because both are about to be removed.
    pub fn skip_final_checkpoint(&mut self) {
        let ignored = std::ptr::null_mut::<c_int>();
        // SAFETY: as in `configure`.
        unsafe {
            ffi::sqlite3_db_config(
                self.raw.as_ptr(),
                ffi::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                1 as c_int,
                ignored,
            )
        };
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: SQLite forgets the callbacks before their state is freed. `close_v2` waits for
        // statements that are still there; those call nothing back.
        unsafe {
            ffi::sqlite3_set_authorizer(self.raw.as_ptr(), None, std::ptr::null_mut());
            ffi::sqlite3_progress_handler(self.raw.as_ptr(), 0, None, std::ptr::null_mut());
            sqlite3_close_v2(self.raw.as_ptr());
            free_check(self.check);
            drop(Box::from_raw(self.guard.as_ptr()));
        }
    }
}

unsafe extern "C" fn progress(check: *mut c_void) -> c_int {
    // SAFETY: the connection keeps the check alive while it is registered.
    let check = unsafe { &*check.cast::<InterruptCheck>() };
    c_int::from(check())
}

/// # Safety
/// `check` is null or from `Box::into_raw`, and no longer registered.
unsafe fn free_check(check: *mut InterruptCheck) {
    if !check.is_null() {
        // SAFETY: as the caller vouches.
        drop(unsafe { Box::from_raw(check) });
    }
}

fn path_text(path: &Path) -> Result<CString, Failure> {
    CString::new(path.as_os_str().as_encoded_bytes())
        .map_err(|_| Failure::new(ffi::SQLITE_CANTOPEN, "the path contains a NUL byte", -1))
}

/// Copies what is committed in one database into a new file, also while the first is in use. The
/// alarm is not copied: a copy does nothing until somebody calls it.
pub(super) fn copy_database(source: &Path, target: &Path) -> Result<(), Failure> {
    let mut connection = Connection::connect(&path_text(source)?, ffi::SQLITE_OPEN_READWRITE)?;
    let mut statement = connection.compile_own("VACUUM INTO ?1")?;
    let name = path_text(target)?;
    statement.bind(
        1,
        super::statement::Param::Text(name.as_bytes()),
        super::statement::Lifetime::Copied,
    )?;
    statement.run()?;
    drop(statement);
    drop(connection);
    super::moment::forget_alarm(target)
}

/// The bytes of an empty database, already in WAL mode: writing them is
/// quicker than having SQLite begin each new file.
pub(super) fn template() -> Result<&'static [u8], Failure> {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(image) = TEMPLATE.get() {
        return Ok(image);
    }
    let image = build_template()?;
    Ok(TEMPLATE.get_or_init(|| image))
}

fn build_template() -> Result<Vec<u8>, Failure> {
    // Without the limits of workers: VACUUM attaches a database of its own.
    let mut connection = Connection::connect(c":memory:", ffi::SQLITE_OPEN_READWRITE)?;
    // SQLite writes its first page with the first table.
    connection.run_all("CREATE TABLE first (a);DROP TABLE first;VACUUM")?;
    let mut size = 0;
    // SAFETY: the image has `size` bytes and is freed once, after it was copied.
    let mut image = unsafe {
        let start = ffi::sqlite3_serialize(connection.raw.as_ptr(), c"main".as_ptr(), &mut size, 0);
        if start.is_null() {
            return Err(Failure::new(ffi::SQLITE_NOMEM, "out of memory", -1));
        }
        let image = std::slice::from_raw_parts(start, usize::try_from(size).unwrap_or(0)).to_vec();
        ffi::sqlite3_free(start.cast());
        image
    };
    // Bytes 18 and 19 of the file format: 2 says WAL.
    if let Some(versions) = image.get_mut(18..20) {
        versions.fill(2);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_one_page_in_wal_mode() {
        let image = template().unwrap();
        assert_eq!(image.len() as u64, PAGE_BYTES);
        assert!(image.starts_with(b"SQLite format 3\0"));
        assert_eq!(image[18..20], [2, 2]);
    }
}
