//! Database files as files: what lies at a path, removing, syncing.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use super::error::StorageError;

/// What lies at a database's path.
pub(super) enum Present {
    /// No file, or the beginning of one whose creation was cut off (by a crash: too short; by a
    /// power cut: perhaps zeroes). Nothing was ever committed to such a one.
    Nothing,
    Ready,
    NotInWalMode,
}

/// Looks without SQLite; `image` is what a new database looks like.
pub(super) fn look_at(path: &Path, image: &[u8]) -> Result<Present, StorageError> {
    let failed = |cause| StorageError::file("open", path, &cause);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Present::Nothing),
        Err(cause) => return Err(failed(cause)),
    };
    let length = file.metadata().map_err(failed)?.len();
    if length < image.len() as u64 {
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(failed)?;
        // The image states its own length, so a shorter file that agrees with it is cut off.
        if image.starts_with(&content) || is_zero(&content) {
            return Ok(Present::Nothing);
        }
        return Ok(mode_of(&content));
    }
    let mut head = [0; 20];
    file.read_exact(&mut head).map_err(failed)?;
    if is_zero(&head) {
        return Ok(Present::Nothing);
    }
    Ok(mode_of(&head))
}

/// Bytes 18 and 19 of the file format: 2 says WAL. Damage is for SQLite to find.
fn mode_of(head: &[u8]) -> Present {
    match head.get(18..20) {
        Some([1, 1]) => Present::NotInWalMode,
        _ => Present::Ready,
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Removes a database file, its WAL and its shared memory; the file first, so that whatever is
/// left after a crash is not a database.
pub(super) fn remove_database(path: &Path) -> Result<(), StorageError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_os_string();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(StorageError::file("remove", Path::new(&name), &cause));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes new and removed names in a folder survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StorageError> {
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(|cause| StorageError::file("save", folder, &cause))
}
