//! Stopping a query from another thread.

use std::{ptr::NonNull, sync::Arc};

use parking_lot::Mutex;
use rusqlite::ffi;

/// Stops the running query of one database; cheap to clone, usable from any thread.
#[derive(Clone, Default)]
pub struct InterruptHandle(Arc<Mutex<Vec<Target>>>);

struct Target(NonNull<ffi::sqlite3>);

// SAFETY: the pointer is only passed to `sqlite3_interrupt`, which may be called from any thread
// while the connection is open; the mutex and `forget` make sure that it is.
unsafe impl Send for Target {}

impl InterruptHandle {
    /// Ends the query that runs now, if any, with `interrupted: SQLITE_INTERRUPT`.
    pub fn interrupt(&self) {
        for target in self.0.lock().iter() {
            // SAFETY: a connection is forgotten, under this lock, before it closes.
            unsafe { ffi::sqlite3_interrupt(target.0.as_ptr()) };
        }
    }

    pub(super) fn watch(&self, connection: NonNull<ffi::sqlite3>) {
        self.0.lock().push(Target(connection));
    }

    /// Call before a connection closes.
    pub(super) fn forget(&self, connection: NonNull<ffi::sqlite3>) {
        self.0.lock().retain(|target| target.0 != connection);
    }
}
