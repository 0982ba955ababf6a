//! Export and import: an object or facet with its data, its facets, its limits, in one file.
//!
//! The file is a tar archive, compressed with gzip, so that people can look into it: first
//! `manifest.json`, then the databases as `databases/N.sqlite`, N counting the facets of the
//! manifest from 1, and 0 being the object itself.

mod read;
mod write;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::VerbError;
use crate::{
    host::{Host, VerbError as Error},
    ledger::now_ms,
    object::Kind,
    storage::{CopiedAlarm, check_database},
};

/// What this program writes; archives of a higher number are refused.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";

/// Why an archive was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file system refused.
    #[error("cannot {action} {path}: {cause}", path = .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Not what this program writes, or not whole.
    #[error(
        "{path} cannot be imported: {why}. Nothing was changed; an archive is what \
         `lapidary export` writes",
        path = .path.display()
    )]
    Unsound {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// What was exported or imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The node.
    pub node: String,
    /// Its databases.
    pub databases: usize,
    /// Bytes of the archive.
    pub bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// When it was made, milliseconds since the epoch.
    made_ms: u64,
    /// Where it came from.
    node: String,
    class: String,
    name: String,
    /// Version of the code that ran, if any did.
    version: String,
    facets: Vec<FacetEntry>,
    databases: Vec<DatabaseEntry>,
    /// Limits of it and of what is below it, by the rest of the path.
    limits: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct FacetEntry {
    /// 0 for facets of the object itself, else the number of the facet that it is in.
    parent: u16,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct DatabaseEntry {
    facet: u16,
    bytes: u64,
    sha256: String,
}

fn database_entry(facet: u16) -> String {
    format!("databases/{facet}.sqlite")
}

impl Host {
    /// Writes what is at `path` into one file, while it goes on. The file must not be there yet.
    pub fn export(&self, path: &str, file: &Path) -> Result<Exported, Error> {
        let place = self.place(path, "export")?;
        let draft = self.copy(&place, CopiedAlarm::Kept)?;
        let files = draft.files();
        let facets = files.facets()?;
        let mut databases = Vec::new();
        for facet in std::iter::once(0).chain(facets.iter().map(|facet| facet.number)) {
            let database = files.database_path(facet);
            if database.exists() {
                databases.push(write::describe(facet, &database)?);
            }
        }
        let entry = |facet: &crate::storage::Facet| FacetEntry {
            parent: facet.parent,
            name: facet.name.to_string(),
        };
        let manifest = Manifest {
            format: FORMAT,
            made_ms: now_ms(),
            node: path.into(),
            class: place.actor.class(),
            name: place.name.clone(),
            version: place.actor.version().to_string(),
            facets: facets.iter().map(entry).collect(),
            databases,
            limits: self.standings.portable(path),
        };
        let bytes = write::write(file, &manifest, files)?;
        Ok(Exported {
            node: path.into(),
            databases: manifest.databases.len(),
            bytes,
        })
    }

    /// Makes the object or facet in an archive one under `parent`, which is a namespace
    /// (`worker/Class`) or an object or facet. It is called `name`, or as it was.
    pub fn import(&self, file: &Path, parent: &str, name: Option<&str>) -> Result<Exported, Error> {
        let into = match parent.split('/').count() {
            0 | 1 => {
                return Err(VerbError::Kind {
                    path: parent.into(),
                    is: "a worker",
                    verb: "import",
                    needs: "a namespace, an object or a facet to put it in",
                });
            }
            2 => None,
            _ => Some(self.place(parent, "import")?.actor),
        };
        // said before a large file is read
        if into.is_none() {
            self.namespace_of(parent)?;
        }
        let draft = self.data.draft()?;
        let (manifest, bytes) = read::read(file, draft.files())?;
        let unsound = |why: String| ArchiveError::Unsound {
            path: file.into(),
            why,
        };
        for database in &manifest.databases {
            let path = draft.files().database_path(database.facet);
            check_database(&path)
                .map_err(|error| unsound(format!("a database in it is damaged: {error}")))?;
        }
        let name = name.unwrap_or(&manifest.name);
        let node = match &into {
            Some(parent) => self.free_facet(parent, name)?,
            None => self.free_object(&*self.namespace_of(parent)?, name)?.1,
        };
        // limits first: nothing of it may run without them
        self.standings
            .adopt(&node, &manifest.limits)
            .map_err(unsound)?;
        let settled = self.settle(parent, into.as_ref(), draft, name);
        if settled.is_err() {
            self.move_standing(&node, None, false)?;
        }
        let actor = settled?;
        if let Kind::Object(place) = &actor.kind {
            let path = place.files.database_path(place.facet);
            let bytes = std::fs::metadata(path).map_or(0, |it| it.len());
            actor.meter.set_database(bytes);
        }
        Ok(Exported {
            node,
            databases: manifest.databases.len(),
            bytes,
        })
    }
}
