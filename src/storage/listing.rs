//! What lies in a namespace's folder, read without opening a database: as few calls of the system
//! for each object as will do, because there may be very many.

use std::{
    fmt,
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, Mode, OFlags, openat, statat};

use super::{
    error::StorageError,
    object_files::{OBJECT_DATABASE, TREE_FILE, facet_database},
    tree::Tree,
};

/// An object's id as it names the folder, in a third of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 32]);

impl ObjectId {
    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// One object on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    pub id: ObjectId,
    pub name: Option<String>,
    /// By number.
    pub facets: Vec<StoredFacet>,
    /// Bytes of the object's own database with its WAL; 0 when it has none.
    pub database_bytes: u64,
}

/// One facet on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFacet {
    pub number: u16,
    /// 0 for the object itself.
    pub parent: u16,
    pub name: String,
    /// False for one that was deleted or never wrote.
    pub has_database: bool,
    /// Bytes of its database with its WAL.
    pub bytes: u64,
}

/// The folder of a namespace.
#[derive(Debug)]
pub struct NamespaceFolder {
    path: PathBuf,
    folder: File,
}

impl NamespaceFolder {
    /// `None` when it does not exist: the namespace has no objects.
    pub(super) fn open(path: PathBuf) -> Result<Option<Self>, StorageError> {
        match File::open(&path) {
            Ok(folder) => Ok(Some(Self { path, folder })),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StorageError::file("read", &path, &cause)),
        }
    }

    /// The ids of all objects, sorted.
    pub fn ids(&self) -> Result<Vec<ObjectId>, StorageError> {
        let mut ids = Vec::new();
        each_folder(&self.path, |name| ids.extend(ObjectId::parse(name)))?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Whether an object has a folder.
    pub fn has(&self, id: ObjectId) -> bool {
        statat(&self.folder, id.to_string(), AtFlags::empty()).is_ok()
    }

    /// What the folder of an object says of it.
    pub fn read(&self, id: ObjectId) -> StoredObject {
        let folder = id.to_string();
        let bytes = |file: &str| self.database_bytes(&format!("{folder}/{file}"));
        let tree = self.tree(&format!("{folder}/{TREE_FILE}"));
        let facets = tree.facets().iter().map(|facet| {
            let bytes = bytes(&facet_database(facet.number));
            StoredFacet {
                number: facet.number,
                parent: facet.parent,
                name: facet.name.to_string(),
                has_database: bytes.is_some(),
                bytes: bytes.unwrap_or(0),
            }
        });
        StoredObject {
            facets: facets.collect(),
            name: tree.object_name().map(str::to_owned),
            database_bytes: bytes(OBJECT_DATABASE).unwrap_or(0),
            id,
        }
    }

    /// An object whose tree cannot be read is shown without its facets; using it tells why.
    fn tree(&self, path: &str) -> Tree {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let content = openat(&self.folder, path, flags, Mode::empty())
            .map_err(Into::into)
            .and_then(|file| whole(File::from(file)));
        let tree = content.map(|content| Tree::read(&content).unwrap_or_default());
        tree.unwrap_or_default()
    }

    /// Size of a database and its WAL; `None` without a database.
    fn database_bytes(&self, path: &str) -> Option<u64> {
        let size = |path: &str| {
            let stat = statat(&self.folder, path, AtFlags::empty()).ok()?;
            u64::try_from(stat.st_size).ok()
        };
        Some(size(path)? + size(&format!("{path}-wal")).unwrap_or(0))
    }
}

/// What is in a file. Most are small: those cost one call of the system.
fn whole(mut file: File) -> std::io::Result<Vec<u8>> {
    let mut content = vec![0; 512];
    let read = file.read(&mut content)?;
    content.truncate(read);
    if read == content.capacity() {
        file.read_to_end(&mut content)?;
    }
    Ok(content)
}

/// Calls with the name of each folder in a folder; none when it does not exist.
pub(super) fn each_folder(folder: &Path, mut found: impl FnMut(&str)) -> Result<(), StorageError> {
    let failed = |cause| StorageError::file("read", folder, &cause);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(failed(cause)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Some(name) = entry.file_name().to_str()
        {
            found(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_read_as_it_is_written(bytes in any::<[u8; 32]>()) {
            let id = ObjectId(bytes);
            prop_assert_eq!(ObjectId::parse(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn what_names_no_object_is_no_id() {
        let id = "0123456789abcdef".repeat(4);
        assert!(ObjectId::parse(&id).is_some());
        assert_eq!(ObjectId::parse(&id[1..]), None);
        assert_eq!(ObjectId::parse(&id.to_uppercase()), None);
        assert_eq!(ObjectId::parse(&id.replace('a', "g")), None);
    }
}
