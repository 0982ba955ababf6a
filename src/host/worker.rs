//! A project's worker: its current code, and the warm instances of its stateless side.

use std::{path::PathBuf, sync::Arc};

use parking_lot::RwLock;

use crate::{
    ledger::Source,
    object::{Actor, Code, Context, Kind, StartSpec, WorkerRef, limits::Guard},
    storage::Durability,
};

/// Warm instances of a worker's stateless side: one for each processor of a small machine. Each
/// serves many requests at once; a second one helps while the first runs.
const WARM: usize = 2;

/// A project's worker.
pub struct Worker {
    /// The project's name.
    pub name: Arc<str>,
    /// The project's folder.
    pub folder: PathBuf,
    /// How sure its writes must be before an answer leaves.
    pub durability: Durability,
    /// Whether it shall do without what Cloudflare does not offer.
    pub strict_compat: bool,
    code: RwLock<Arc<Code>>,
    warm: Vec<Arc<Actor>>,
}

impl Worker {
    pub(super) fn new(
        context: &Arc<Context>,
        code: Code,
        folder: PathBuf,
        durability: Durability,
        strict_compat: bool,
    ) -> Self {
        let name = code.name.clone();
        let source = Source {
            node: name.clone(),
            label: name.clone(),
        };
        let start = StartSpec {
            worker: WorkerRef::Project(name.clone()),
            class: None,
            props: None,
            id: None,
        };
        let guard: Arc<Guard> = Arc::default();
        let warm = (0..WARM)
            .map(|_| {
                Actor::sharing(
                    context.clone(),
                    source.clone(),
                    Kind::Entrypoint,
                    Some(start.clone()),
                    guard.clone(),
                )
            })
            .collect();
        Self {
            name,
            folder,
            durability,
            strict_compat,
            code: RwLock::new(Arc::new(code)),
            warm,
        }
    }

    /// The version that runs, or will at the next start.
    pub fn code(&self) -> Arc<Code> {
        self.code.read().clone()
    }

    pub(super) fn put_code(&self, code: Arc<Code>) {
        *self.code.write() = code;
    }

    /// The instance that should take the next request: one that is free, or else the first.
    pub(super) fn entrypoint(&self) -> &Arc<Actor> {
        let free = self.warm.iter().find(|actor| !actor.is_busy());
        free.unwrap_or(&self.warm[0])
    }

    /// Its stateless instances.
    pub fn entrypoints(&self) -> &[Arc<Actor>] {
        &self.warm
    }
}
