//! Writing an archive.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use super::{ArchiveError, DatabaseEntry, MANIFEST, Manifest, database_entry};
use crate::storage::ObjectFiles;

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the manifest says of a database.
pub(super) fn describe(facet: u16, path: &Path) -> Result<DatabaseEntry, ArchiveError> {
    let failed = |cause| ArchiveError::Io {
        action: "read",
        path: path.into(),
        cause,
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Hashing(Sha256::new());
    let bytes = io::copy(&mut file, &mut hash).map_err(failed)?;
    Ok(DatabaseEntry {
        facet,
        bytes,
        sha256: super::read::hex(&hash.0.finalize()),
    })
}

/// Writes everything into a new file; one that could not be finished is removed. Returns its size.
pub(super) fn write(
    file: &Path,
    manifest: &Manifest,
    files: &ObjectFiles,
) -> Result<u64, ArchiveError> {
    let failed = |action| {
        move |cause| ArchiveError::Io {
            action,
            path: file.into(),
            cause,
        }
    };
    let created = File::create_new(file).map_err(failed("create"))?;
    let written = fill(created, manifest, files);
    if written.is_err() {
        // the first failure says more than one of the removal
        let _ = fs::remove_file(file);
    }
    written.map_err(failed("write"))
}

fn fill(file: File, manifest: &Manifest, files: &ObjectFiles) -> io::Result<u64> {
    let packed = GzEncoder::new(io::BufWriter::new(file), Compression::fast());
    let mut archive = tar::Builder::new(packed);
    let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
    let seconds = manifest.made_ms / 1000;
    let header = |bytes: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_mtime(seconds);
        header
    };
    archive.append_data(&mut header(text.len() as u64), MANIFEST, text.as_slice())?;
    for database in &manifest.databases {
        let content = File::open(files.database_path(database.facet))?;
        let name = database_entry(database.facet);
        archive.append_data(&mut header(database.bytes), name, content)?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    let file = file.into_inner().map_err(|error| error.into_error())?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}
