//! Reading an archive that anybody may have made.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::{ArchiveError, FORMAT, MANIFEST, Manifest, database_entry};
use crate::storage::ObjectFiles;

/// A manifest is never larger, bytes.
const MAX_MANIFEST: u64 = 64 << 20;

type Archive = tar::Archive<GzDecoder<io::BufReader<File>>>;

/// Reads an archive into an empty folder of an object. Everything in it is what its manifest says.
pub(super) fn read(path: &Path, files: &ObjectFiles) -> Result<(Manifest, u64), ArchiveError> {
    let failed = |cause| ArchiveError::Io {
        action: "read",
        path: path.into(),
        cause,
    };
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut archive = Archive::new(GzDecoder::new(io::BufReader::new(file)));
    let unsound = |why: String| ArchiveError::Unsound {
        path: path.into(),
        why,
    };
    let unpacked = unpack(&mut archive, files).and_then(|manifest| {
        // to its end, where the checksum of everything stands
        let rest = io::copy(&mut archive.into_inner(), &mut io::sink());
        rest.map(|_| manifest).map_err(broken)
    });
    let manifest = unpacked.map_err(|error| match error {
        Unpack::Unsound(why) => unsound(why),
        Unpack::Write(path, cause) => ArchiveError::Io {
            action: "write",
            path,
            cause,
        },
    })?;
    Ok((manifest, bytes))
}

enum Unpack {
    Unsound(String),
    Write(std::path::PathBuf, io::Error),
}

impl From<String> for Unpack {
    fn from(why: String) -> Self {
        Unpack::Unsound(why)
    }
}

impl From<&str> for Unpack {
    fn from(why: &str) -> Self {
        Unpack::Unsound(why.into())
    }
}

/// What a reader of gzip and tar says of a file that is neither.
fn broken(error: io::Error) -> Unpack {
    Unpack::Unsound(format!("it is not an archive, or is damaged ({error})"))
}

fn unpack(archive: &mut Archive, files: &ObjectFiles) -> Result<Manifest, Unpack> {
    let mut entries = archive.entries().map_err(broken)?;
    let first = entries.next().ok_or("it is empty")?.map_err(broken)?;
    if first.path_bytes().as_ref() != MANIFEST.as_bytes() {
        return Err(format!("it does not begin with {MANIFEST}").into());
    }
    let mut text = Vec::new();
    first
        .take(MAX_MANIFEST)
        .read_to_end(&mut text)
        .map_err(broken)?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| format!("its {MANIFEST}: {error}"))?;
    if manifest.format > FORMAT {
        return Err(format!(
            "it has format {}, and this program knows formats up to {FORMAT}: use a newer one",
            manifest.format
        )
        .into());
    }
    name_facets(&manifest, files)?;
    for database in &manifest.databases {
        let name = database_entry(database.facet);
        let missing = || Unpack::from(format!("{name} is missing"));
        let entry = entries.next().ok_or_else(missing)?.map_err(broken)?;
        if entry.path_bytes().as_ref() != name.as_bytes() {
            return Err(missing());
        }
        let mut entry = entry.take(database.bytes.saturating_add(1));
        let (bytes, hash) = store(&mut entry, &files.database_path(database.facet))?;
        if bytes != database.bytes || hash != database.sha256 {
            return Err(format!("{name} is not what {MANIFEST} says: it was changed").into());
        }
    }
    match entries.next() {
        None => Ok(manifest),
        Some(_) => Err(format!("it has more in it than {MANIFEST} says").into()),
    }
}

fn name_facets(manifest: &Manifest, files: &ObjectFiles) -> Result<(), Unpack> {
    for (index, facet) in manifest.facets.iter().enumerate() {
        let number = files.ensure_facet(facet.parent, &facet.name);
        if !number.is_ok_and(|number| usize::from(number) == index + 1) {
            return Err(format!("facet {} in its {MANIFEST} makes no sense", index + 1).into());
        }
    }
    let facets = manifest.facets.len();
    let mut numbers: Vec<u16> = manifest.databases.iter().map(|it| it.facet).collect();
    let all = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    let last = numbers.last().copied().unwrap_or_default();
    if numbers.len() != all || usize::from(last) > facets {
        return Err(format!("the databases in its {MANIFEST} make no sense").into());
    }
    Ok(())
}

/// Writes what comes into a new file; returns its size and hash.
fn store(from: &mut impl Read, path: &Path) -> Result<(u64, String), Unpack> {
    let failed = |cause| Unpack::Write(path.into(), cause);
    let mut file = File::create_new(path).map_err(failed)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 128 << 10];
    loop {
        let read = from.read(&mut buffer).map_err(broken)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += part.len() as u64;
        file.write_all(part).map_err(failed)?;
    }
    file.sync_all().map_err(failed)?;
    Ok((bytes, hex(&hash.finalize())))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
