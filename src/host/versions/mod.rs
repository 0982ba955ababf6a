//! Which code runs: every version that was ever loaded, edits that an operator puts in its place,
//! and the way back when a new version does not start or fails too often.
//!
//! - this file: [`Versions`], what is known of code. `store`: what of it is on disk.
//! - `change`: an operator puts a version in place, or releases it; reloads.
//! - `trial`: new versions are on trial, and go back when they fail. `diff`: two versions compared.
//!
//! A *dynamic worker* is known by its [`Identity`]: its loader's scope and the id that the
//! supervising class gives it. An override is for an identity: whatever modules the supervising
//! class loads under it, the override's run instead, with the `env` and the limits that the
//! supervising class gives, until it is released.

mod change;
mod diff;
mod store;
mod trial;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::PathBuf,
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};

pub use diff::diff;
pub use store::Content;
use store::Store;
use trial::Trials;

use crate::{
    ledger::now_ms,
    object::{Code, content_hash},
};

/// Why versions cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    /// The store.
    #[error("the store of code {path} cannot be used: {cause}", path = .path.display())]
    File {
        /// The database.
        path: PathBuf,
        /// What SQLite or the system says.
        cause: String,
    },
    /// No version begins with these digits, or several do.
    #[error("{found} has a version that begins with \"{digits}\": `lapidary code` lists them")]
    NotFound {
        /// What was asked for.
        digits: String,
        /// "nothing", or "more than one worker".
        found: &'static str,
    },
}

/// Names a dynamic worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The loader's, `worker/BINDING`.
    pub scope: Arc<str>,
    /// As the supervising class calls it.
    pub id: Arc<str>,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scope, self.id)
    }
}

/// Who brought a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bringer {
    /// A project's folder.
    Project,
    /// A class that loads dynamic workers.
    Supervisor,
    /// A person.
    Operator,
}

impl Bringer {
    /// Its name on disk and in views.
    pub fn name(self) -> &'static str {
        match self {
            Bringer::Project => "project",
            Bringer::Supervisor => "supervisor",
            Bringer::Operator => "operator",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "project" => Bringer::Project,
            "operator" => Bringer::Operator,
            _ => Bringer::Supervisor,
        }
    }
}

/// A version arrives.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    pub content: String,
    /// The project's name, or a dynamic worker's [`Identity`].
    pub worker: String,
    pub who: Bringer,
    /// The folder, or the object that loaded it.
    pub by: String,
    pub at_ms: u64,
}

/// One version as it was brought by somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionLine {
    /// Hash of the content, 64 hex digits; the first eight are what views call the version.
    pub content: String,
    /// The project's name, or a dynamic worker's [`Identity`].
    pub worker: String,
    /// Who brought it.
    pub who: Bringer,
    /// The folder, or the object that loaded it.
    pub by: String,
    /// First and last time, milliseconds since the epoch.
    pub first_ms: u64,
    /// The last time, as far as the program that ran then noted it.
    pub last_ms: u64,
    /// Starts of this program during which it was brought.
    pub times: u64,
    /// Size of all modules.
    pub bytes: u64,
}

/// What runs in place of what a supervising class loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Hash of the content.
    pub content: String,
    /// Milliseconds since the epoch.
    pub since_ms: u64,
}

/// What is known of code.
pub(super) struct Versions {
    store: Store,
    overrides: RwLock<HashMap<Identity, Override>>,
    /// What has been noted since the program started: hash of worker, bringer and content.
    seen: Mutex<HashSet<u64>>,
    trials: Trials,
}

impl Versions {
    pub fn open(path: PathBuf) -> Result<Self, VersionsError> {
        let store = Store::open(path)?;
        let overrides = store.overrides()?.into_iter().collect();
        Ok(Self {
            store,
            overrides: RwLock::new(overrides),
            seen: Mutex::default(),
            trials: Trials::default(),
        })
    }

    /// Notes that somebody brought a version.
    pub fn note(&self, code: &Code, worker: String, who: Bringer, by: &str) {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let mark = hasher.hash_one((&*code.content, &worker, by, who.name()));
        if !self.seen.lock().insert(mark) {
            return;
        }
        let content = Content {
            main: code.main.clone(),
            modules: code.modules.clone(),
        };
        let brought = Brought {
            content: code.content.to_string(),
            worker,
            who,
            by: by.into(),
            at_ms: now_ms(),
        };
        self.store.keep(brought, Arc::new(content));
    }

    /// Keeps content that an operator brought; returns its hash.
    pub fn bring(&self, content: Content, worker: String) -> Arc<str> {
        let hash = content_hash(&content.main, &content.modules);
        let brought = Brought {
            content: hash.to_string(),
            worker,
            who: Bringer::Operator,
            by: String::new(),
            at_ms: now_ms(),
        };
        self.store.keep(brought, Arc::new(content));
        hash
    }

    /// The override for a dynamic worker, if there is one.
    pub fn override_of(&self, identity: &Identity) -> Option<Override> {
        self.overrides.read().get(identity).cloned()
    }

    /// What a supervising class brings, as it shall run: with the override's modules, if there is
    /// one.
    pub fn as_it_shall_run(&self, identity: &Identity, code: Code) -> Code {
        let Some(over) = self.override_of(identity) else {
            return code;
        };
        match self.store.content(&over.content) {
            Ok(Some(content)) => with_content(&code, content, Some(code.version.clone())),
            Ok(None) => code,
            Err(error) => {
                tracing::error!("{identity} runs what its supervising class brings: {error}");
                code
            }
        }
    }

    /// The full hash of the version that begins with `digits`.
    pub fn find(&self, digits: &str) -> Result<String, VersionsError> {
        let is_hash = digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let found = match is_hash {
            true => self.store.find(&digits.to_ascii_lowercase())?,
            false => Vec::new(),
        };
        let not_found = |found| VersionsError::NotFound {
            digits: crate::ledger::harmless(digits, 64),
            found,
        };
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(not_found("nothing")),
            _ => Err(not_found("more than one worker")),
        }
    }

    /// The modules of a version.
    pub fn content(&self, digits: &str) -> Result<(String, Content), VersionsError> {
        let hash = self.find(digits)?;
        match self.store.content(&hash)? {
            Some(content) => Ok((hash, content)),
            None => Err(VersionsError::NotFound {
                digits: hash,
                found: "nothing",
            }),
        }
    }

    /// Versions of a project or dynamic worker and of all below it, newest first.
    pub fn list(&self, worker: &str) -> Result<Vec<VersionLine>, VersionsError> {
        self.store.list(worker)
    }

    /// Waits until all is on disk.
    pub fn flush(&self) {
        self.store.flush();
    }
}

/// The same code with other modules; `replaces` is the version that it takes the place of.
fn with_content(code: &Code, content: Content, replaces: Option<Arc<str>>) -> Code {
    let hash = content_hash(&content.main, &content.modules);
    Code {
        version: hash[..8].into(),
        content: hash,
        main: content.main,
        modules: content.modules,
        wasm: Default::default(),
        replaces,
        ..code.clone()
    }
}
