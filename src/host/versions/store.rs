//! Every version of code that was ever loaded, on disk: by the hash of its content, with who
//! brought it, when, and for what.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use bytes::Bytes;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Bringer, Brought, Identity, Override, VersionLine, VersionsError};
use crate::object::{Module, ModuleKind};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS versions (
    content TEXT PRIMARY KEY, main TEXT NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS modules (
    content TEXT NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    imports TEXT NOT NULL, source BLOB NOT NULL, PRIMARY KEY (content, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS brought (
    id INTEGER PRIMARY KEY, content TEXT NOT NULL, worker TEXT NOT NULL, who TEXT NOT NULL,
    by TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1, UNIQUE (worker, content, who, by));
CREATE TABLE IF NOT EXISTS overrides (
    scope TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL, since_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, id)) WITHOUT ROWID;
";

/// The modules of one version.
#[derive(Clone, Debug)]
pub struct Content {
    /// Key of the main module.
    pub main: String,
    /// All of them.
    pub modules: Vec<Module>,
}

enum Job {
    Write(Brought, Arc<Content>),
    /// Answers once all that came before is on disk.
    Flush(mpsc::Sender<()>),
}

/// Reads at once; what was brought is written by a thread, because objects do not wait for it.
pub(super) struct Store {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
    jobs: mpsc::Sender<Job>,
}

impl Store {
    pub fn open(path: PathBuf) -> Result<Self, VersionsError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| VersionsError::File {
                path: folder.into(),
                cause: cause.to_string(),
            })?;
        }
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(&path)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        };
        let connection = Arc::new(Mutex::new(open().map_err(|cause| failed(&path, cause))?));
        let (jobs, queue) = mpsc::channel();
        let own = connection.clone();
        std::thread::Builder::new()
            .name("lapidary-code".into())
            .spawn(move || write_forever(&own, &queue))
            .map_err(|cause| VersionsError::File {
                path: path.clone(),
                cause: cause.to_string(),
            })?;
        Ok(Self {
            path,
            connection,
            jobs,
        })
    }

    /// Keeps a version; it is on disk a moment later.
    pub fn keep(&self, brought: Brought, content: Arc<Content>) {
        // the thread ends only with this store
        let _ = self.jobs.send(Job::Write(brought, content));
    }

    /// Waits until all that was kept is on disk.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        if self.jobs.send(Job::Flush(done)).is_ok() {
            // the thread has ended when nothing comes
            let _ = wait.recv();
        }
    }

    fn ask<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, VersionsError> {
        self.flush();
        ask(&self.connection.lock()).map_err(|cause| failed(&self.path, cause))
    }

    /// The full hashes that begin with `digits`, two at most.
    pub fn find(&self, digits: &str) -> Result<Vec<String>, VersionsError> {
        let pattern = format!("{digits}*");
        self.ask(|connection| {
            connection
                .prepare("SELECT content FROM versions WHERE content GLOB ?1 LIMIT 2")?
                .query_map([pattern], |row| row.get(0))?
                .collect()
        })
    }

    pub fn content(&self, content: &str) -> Result<Option<Content>, VersionsError> {
        self.ask(|connection| {
            let main: Option<String> = connection
                .query_row("SELECT main FROM versions WHERE content = ?1", [content], |row| row.get(0))
                .optional()?;
            let Some(main) = main else { return Ok(None) };
            let modules = connection
                .prepare("SELECT name, kind, imports, source FROM modules WHERE content = ?1 ORDER BY place")?
                .query_map([content], read_module)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(Content { main, modules }))
        })
    }

    /// Versions of one worker, or of all below a path, newest first.
    pub fn list(&self, worker: &str) -> Result<Vec<VersionLine>, VersionsError> {
        self.ask(|connection| {
            connection
                .prepare(
                    "SELECT content, worker, who, by, first_ms, last_ms, times, bytes
                     FROM brought JOIN versions USING (content)
                     WHERE worker = ?1 OR substr(worker, 1, length(?1) + 1) = ?1 || '/'
                     ORDER BY last_ms DESC, id DESC",
                )?
                .query_map([worker], |row| {
                    let who: String = row.get(2)?;
                    Ok(VersionLine {
                        content: row.get(0)?,
                        worker: row.get(1)?,
                        who: Bringer::of(&who),
                        by: row.get(3)?,
                        first_ms: row.get::<_, i64>(4)? as u64,
                        last_ms: row.get::<_, i64>(5)? as u64,
                        times: row.get::<_, i64>(6)? as u64,
                        bytes: row.get::<_, i64>(7)? as u64,
                    })
                })?
                .collect()
        })
    }

    pub fn overrides(&self) -> Result<Vec<(Identity, Override)>, VersionsError> {
        self.ask(|connection| {
            connection
                .prepare("SELECT scope, id, content, since_ms FROM overrides")?
                .query_map([], |row| {
                    let identity = Identity {
                        scope: row.get::<_, String>(0)?.into(),
                        id: row.get::<_, String>(1)?.into(),
                    };
                    let content: String = row.get(2)?;
                    let since_ms = row.get::<_, i64>(3)? as u64;
                    Ok((identity, Override { content, since_ms }))
                })?
                .collect()
        })
    }

    /// Sets or removes an override; on disk when this returns.
    pub fn set_override(
        &self,
        identity: &Identity,
        to: Option<&Override>,
    ) -> Result<(), VersionsError> {
        self.ask(|connection| {
            match to {
                Some(to) => connection.execute(
                    "INSERT INTO overrides VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET content = ?3, since_ms = ?4",
                    params![
                        &*identity.scope,
                        &*identity.id,
                        to.content,
                        to.since_ms as i64
                    ],
                )?,
                None => connection.execute(
                    "DELETE FROM overrides WHERE scope = ?1 AND id = ?2",
                    params![&*identity.scope, &*identity.id],
                )?,
            };
            Ok(())
        })
    }
}

fn failed(path: &Path, cause: rusqlite::Error) -> VersionsError {
    VersionsError::File {
        path: path.into(),
        cause: cause.to_string(),
    }
}

fn write_forever(connection: &Mutex<Connection>, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        // what waits already goes into the same transaction
        let jobs: Vec<Job> = std::iter::once(first).chain(queue.try_iter()).collect();
        let written = write(&mut connection.lock(), &jobs);
        if let Err(error) = written {
            tracing::error!("versions of code could not be kept: {error}");
        }
        for job in jobs {
            if let Job::Flush(done) = job {
                // nobody may wait any more
                let _ = done.send(());
            }
        }
    }
}

fn write(connection: &mut Connection, jobs: &[Job]) -> rusqlite::Result<()> {
    let turn = connection.transaction()?;
    for job in jobs {
        let Job::Write(brought, content) = job else {
            continue;
        };
        keep_content(&turn, &brought.content, content)?;
        turn.execute(
            "INSERT INTO brought (content, worker, who, by, first_ms, last_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT DO UPDATE SET last_ms = ?5, times = times + 1",
            params![
                brought.content,
                brought.worker,
                brought.who.name(),
                brought.by,
                brought.at_ms as i64
            ],
        )?;
    }
    turn.commit()
}

fn keep_content(turn: &Connection, hash: &str, content: &Content) -> rusqlite::Result<()> {
    let bytes: usize = content
        .modules
        .iter()
        .map(|module| module.source.len())
        .sum();
    let new = turn.execute(
        "INSERT OR IGNORE INTO versions VALUES (?1, ?2, ?3)",
        params![hash, content.main, bytes as i64],
    )?;
    if new == 0 {
        return Ok(());
    }
    for (place, module) in content.modules.iter().enumerate() {
        let imports = serde_json::to_string(&module.imports).unwrap_or_default();
        turn.execute(
            "INSERT INTO modules VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                hash,
                place as i64,
                module.name,
                module.kind.name(),
                imports,
                packed(&module.source)
            ],
        )?;
    }
    Ok(())
}

fn read_module(row: &rusqlite::Row<'_>) -> rusqlite::Result<Module> {
    let kind: String = row.get(1)?;
    let imports: String = row.get(2)?;
    let source: Vec<u8> = row.get(3)?;
    Ok(Module {
        name: row.get(0)?,
        kind: ModuleKind::from_name(&kind).unwrap_or(ModuleKind::Data),
        imports: serde_json::from_str(&imports).unwrap_or_default(),
        source: unpacked(&source),
    })
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    // a Vec takes all that is written to it
    let _ = packer.write_all(bytes);
    packer.finish().unwrap_or_default()
}

fn unpacked(bytes: &[u8]) -> Bytes {
    let mut all = Vec::new();
    if let Err(error) = DeflateDecoder::new(bytes).read_to_end(&mut all) {
        tracing::error!("a kept module is damaged: {error}");
    }
    all.into()
}
