//! Databases of an object as they were at one moment, to be copied while the object goes on.

use std::{
    collections::HashMap,
    ffi::c_int,
    fs::File,
    path::{Path, PathBuf},
};

use rusqlite::ffi;

use super::{
    connection::Connection,
    draft::Draft,
    error::{Failure, StorageError},
    object_files::ObjectFiles,
    statement::last_failure,
    tree::Facet,
};

/// Whether a copy takes the alarm along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopiedAlarm {
    /// The copy takes the original's place.
    Kept,
    /// The copy does nothing until somebody calls it.
    Dropped,
}

/// What the databases of an object or facet and of all facets below it held when this was made.
/// SQLite keeps that for as long as the value lives, however much is written meanwhile.
pub struct Moment {
    /// Number of the facet that this began with.
    root: u16,
    /// Those below it that there were.
    below: Vec<Facet>,
    databases: Vec<Held>,
}

struct Held {
    facet: u16,
    path: PathBuf,
    connection: Connection,
}

impl ObjectFiles {
    /// Holds what facet `number` and all below it have committed. The databases belong together
    /// when none of them is in the middle of a turn.
    pub fn moment(&self, number: u16) -> Result<Moment, StorageError> {
        let mut databases = Vec::new();
        let numbers = self.with_descendants(number)?;
        let mut below = self.facets()?;
        below.retain(|facet| facet.number != number && numbers.contains(&facet.number));
        for facet in numbers {
            let path = self.database_path(facet);
            if path.exists() {
                let connection = held(&path).map_err(|failure| worded(&path, failure))?;
                databases.push(Held {
                    facet,
                    path,
                    connection,
                });
            }
        }
        Ok(Moment {
            root: number,
            below,
            databases,
        })
    }
}

/// A connection that sees what is committed now, whatever is written later.
fn held(path: &Path) -> Result<Connection, Failure> {
    let mut connection = Connection::connect_to(path, ffi::SQLITE_OPEN_READWRITE)?;
    connection.run_all("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
    Ok(connection)
}

fn worded(path: &Path, failure: Failure) -> StorageError {
    match failure.is_damage() {
        true => StorageError::Damaged {
            path: path.into(),
            detail: failure.text,
        },
        false if failure.primary() == ffi::SQLITE_FULL => StorageError::Rejected(format!(
            "there is no room on the disk for a copy of {}: free some and try again; nothing was \
             changed",
            path.display()
        )),
        false => {
            StorageError::Rejected(format!("cannot copy {}: {}", path.display(), failure.text))
        }
    }
}

impl Moment {
    /// Copies it into a draft, whose object is what this began with, be it an object or a facet.
    pub fn copy(mut self, draft: &Draft, alarm: CopiedAlarm) -> Result<(), StorageError> {
        let files = draft.files();
        let mut copies = HashMap::from([(self.root, 0)]);
        // a facet that has no database itself may have some below it
        for facet in &self.below {
            if let Some(parent) = copies.get(&facet.parent) {
                let copy = files.ensure_facet(*parent, &facet.name)?;
                copies.insert(facet.number, copy);
            }
        }
        for held in &mut self.databases {
            let copy = copies.get(&held.facet).copied().unwrap_or_default();
            held.copy(&files.database_path(copy), alarm)?;
        }
        Ok(())
    }
}

impl Held {
    /// Copies the database into a new file, which is on disk afterwards.
    fn copy(&mut self, target: &Path, alarm: CopiedAlarm) -> Result<(), StorageError> {
        self.connection
            .back_up(target)
            .and_then(|()| match alarm {
                CopiedAlarm::Kept => Ok(()),
                CopiedAlarm::Dropped => forget_alarm(target),
            })
            .map_err(|failure| worded(&self.path, failure))?;
        File::open(target)
            .and_then(|file| file.sync_all())
            .map_err(|cause| StorageError::file("save", target, &cause))
    }
}

/// Takes the alarm out of a database that nobody uses.
pub(super) fn forget_alarm(path: &Path) -> Result<(), Failure> {
    let mut copy = Connection::connect_to(path, ffi::SQLITE_OPEN_READWRITE)?;
    match copy.run_all("DELETE FROM _cf_METADATA WHERE key=1") {
        Err(failure) if failure.text.starts_with("no such table") => Ok(()),
        outcome => outcome,
    }
}

/// Looks whether a file is a sound database.
pub fn check_database(path: &Path) -> Result<(), StorageError> {
    let damaged = |detail: String| StorageError::Damaged {
        path: path.into(),
        detail,
    };
    let mut connection = Connection::connect_to(path, ffi::SQLITE_OPEN_READWRITE)
        .map_err(|failure| damaged(failure.text))?;
    let found = connection
        .first_text("PRAGMA quick_check(1)")
        .map_err(|failure| damaged(failure.text))?;
    match found.as_deref() {
        Some("ok") => Ok(()),
        found => Err(damaged(found.unwrap_or("it cannot be read").into())),
    }
}

impl Connection {
    /// Copies all pages, as this connection sees them, into a new file.
    fn back_up(&mut self, target: &Path) -> Result<(), Failure> {
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        let copy = Connection::connect_to(target, flags)?;
        let main = c"main".as_ptr();
        // SAFETY: both connections are open and stay so until the backup is finished, and nobody
        // else uses them meanwhile.
        let code: c_int = unsafe {
            let backup =
                ffi::sqlite3_backup_init(copy.raw().as_ptr(), main, self.raw().as_ptr(), main);
            if backup.is_null() {
                return Err(last_failure(copy.raw(), ffi::SQLITE_ERROR));
            }
            ffi::sqlite3_backup_step(backup, -1);
            ffi::sqlite3_backup_finish(backup)
        };
        match code {
            ffi::SQLITE_OK => Ok(()),
            // SAFETY: the connection is open.
            code => Err(unsafe { last_failure(copy.raw(), code) }),
        }
    }

    /// The first column of the first row, as text.
    fn first_text(&mut self, sql: &str) -> Result<Option<String>, Failure> {
        let mut statement = self.compile_own(sql)?;
        if !statement.step()? {
            return Ok(None);
        }
        Ok(match statement.value(0) {
            super::statement::ValueRef::Text(text) => {
                Some(String::from_utf8_lossy(text).into_owned())
            }
            _ => None,
        })
    }
}
