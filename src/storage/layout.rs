//! Where things lie in the data folder.
//!
//! ```text
//! DATA/lock                                  held by the one process that uses the folder
//! DATA/<worker>/<namespace>/alarms.sqlite    which of its objects have an alarm
//! DATA/<worker>/<namespace>/<64 hex id>/
//!     tree                                   the object's name and those of its facets
//!     object.sqlite                          the object's own database
//!     facet-<number>.sqlite                  one per facet, at any depth
//! ```
//! Each database may have a `-wal` and a `-shm` file beside it while it is open. An object's
//! folder appears with its first database.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use super::{
    alarm_index::IndexedAlarm,
    connection::Durability,
    database::Database,
    error::StorageError,
    listing::{NamespaceFolder, ObjectId, StoredObject, each_folder},
    object_files::ObjectFiles,
};

const LOCK_FILE: &str = "lock";
const ALARM_INDEX: &str = "alarms.sqlite";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process has it.
    #[error(
        "the data folder {path} is in use by {holder}: stop that process, or name another folder",
        path = .path.display(),
        holder = match .pid {
            Some(pid) => format!("process {pid}"),
            None => "another process".into(),
        }
    )]
    InUse { path: PathBuf, pid: Option<u32> },
    /// It cannot be created or locked.
    #[error("cannot {action} {path}: {cause}", path = .path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        cause: std::io::Error,
    },
}

/// The data folder, locked while this value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Closing it gives the lock up.
    _lock: File,
}

impl DataDir {
    /// Creates the folder if need be and locks it for this process.
    pub fn open(path: impl Into<PathBuf>) -> Result<DataDir, DataDirError> {
        let path = path.into();
        let failed = |action, path: &Path, cause| DataDirError::File {
            action,
            path: path.to_path_buf(),
            cause,
        };
        fs::create_dir_all(&path).map_err(|cause| failed("create", &path, cause))?;
        let lock_path = path.join(LOCK_FILE);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|cause| failed("open", &lock_path, cause))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let read = lock.read_to_string(&mut text);
                let pid = read.ok().and_then(|_| text.trim().parse().ok());
                return Err(DataDirError::InUse { path, pid });
            }
            Err(cause) => return Err(failed("lock", &lock_path, cause.into())),
        }
        lock.set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(|cause| failed("write", &lock_path, cause))?;
        DataDir::clear_drafts(&path).map_err(|cause| failed("clear drafts in", &path, cause))?;
        Ok(DataDir { path, _lock: lock })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files of the object `id` (64 hexadecimal digits), whether or not it exists.
    pub fn object(
        &self,
        worker: &str,
        namespace: &str,
        id: &str,
    ) -> Result<ObjectFiles, StorageError> {
        if ObjectId::parse(id).is_none() {
            return Err(StorageError::Rejected(format!(
                "{id:?} is not an object id: 64 lower-case hexadecimal digits are needed"
            )));
        }
        Ok(ObjectFiles::new(
            self.namespace_path(worker, namespace).join(id),
        ))
    }

    fn namespace_path(&self, worker: &str, namespace: &str) -> PathBuf {
        let worker = match file_name(worker).as_str() {
            LOCK_FILE => "%6Cock".into(),
            _ => file_name(worker),
        };
        self.path.join(worker).join(file_name(namespace))
    }

    /// Where a namespace's index of alarms lies, whether or not it exists.
    pub fn alarm_index_path(&self, worker: &str, namespace: &str) -> PathBuf {
        self.namespace_path(worker, namespace).join(ALARM_INDEX)
    }

    /// The alarms of a namespace as its databases have them: what its index should say. Opens each
    /// of them; those that cannot be read are left out.
    pub fn find_alarms(
        &self,
        worker: &str,
        namespace: &str,
    ) -> Result<Vec<IndexedAlarm>, StorageError> {
        let mut found = Vec::new();
        for stored in self.list_objects(worker, namespace)? {
            let id = stored.id.to_string();
            let files = self.object(worker, namespace, &id)?;
            let facets = stored.facets.iter().filter(|facet| facet.has_database);
            for facet in std::iter::once(0).chain(facets.map(|facet| facet.number)) {
                let mut database = Database::in_folder(&files, facet, Durability::Full);
                if let Ok(Some(at_ms)) = database.alarm() {
                    found.push(IndexedAlarm {
                        object: id.clone(),
                        facet,
                        at_ms: Some(at_ms),
                    });
                }
            }
        }
        Ok(found)
    }

    /// Every worker and namespace that has a folder, as (worker, namespace), sorted.
    pub fn namespaces(&self) -> Result<Vec<(String, String)>, StorageError> {
        let mut found = Vec::new();
        for worker in folders_in(&self.path)? {
            for namespace in folders_in(&self.path.join(&worker))? {
                if let (Some(worker), Some(namespace)) =
                    (original_name(&worker), original_name(&namespace))
                {
                    found.push((worker, namespace));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The folder of a namespace; `None` when it has no objects.
    pub fn namespace(
        &self,
        worker: &str,
        namespace: &str,
    ) -> Result<Option<NamespaceFolder>, StorageError> {
        NamespaceFolder::open(self.namespace_path(worker, namespace))
    }

    /// Every object of a namespace, sorted by id. Opens no database.
    pub fn list_objects(
        &self,
        worker: &str,
        namespace: &str,
    ) -> Result<Vec<StoredObject>, StorageError> {
        let Some(folder) = self.namespace(worker, namespace)? else {
            return Ok(Vec::new());
        };
        let ids = folder.ids()?;
        Ok(ids.into_iter().map(|id| folder.read(id)).collect())
    }
}

/// Names of the folders in a folder; none when it does not exist.
fn folders_in(folder: &Path) -> Result<Vec<String>, StorageError> {
    let mut names = Vec::new();
    each_folder(folder, |name| names.push(name.to_owned()))?;
    Ok(names)
}

/// A name made safe for a file system: everything but `[A-Za-z0-9._-]` percent-encoded, and
/// never empty, `.` or `..`.
fn file_name(name: &str) -> String {
    use std::fmt::Write as _;
    let mut safe = String::with_capacity(name.len());
    let only_dots = matches!(name, "." | "..");
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if plain && !only_dots {
            safe.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(safe, "%{byte:02X}");
        }
    }
    if safe.is_empty() {
        safe.push('%');
    }
    safe
}

/// The name that [`file_name`] made safe; `None` for a name that it does not make.
fn original_name(safe: &str) -> Option<String> {
    if safe == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(safe.len());
    let mut rest = safe.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let (digits, tail) = rest.split_first_chunk::<2>()?;
            let digits = std::str::from_utf8(digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_safe_for_a_file_system() {
        for (name, safe) in [
            ("my-app_1.2", "my-app_1.2"),
            ("", "%"),
            (".", "%2E"),
            ("..", "%2E%2E"),
            ("a/b", "a%2Fb"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(file_name(name), safe);
        }
        assert_eq!(original_name("%zz"), None);
        assert_eq!(original_name("%4"), None);
    }

    proptest! {
        #[test]
        fn a_safe_name_leads_back(name in any::<String>()) {
            let safe = file_name(&name);
            prop_assert!(safe.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-%".contains(&b)));
            prop_assert!(!matches!(safe.as_str(), "" | "." | ".."));
            prop_assert_eq!(original_name(&safe), Some(name));
        }
    }
}
