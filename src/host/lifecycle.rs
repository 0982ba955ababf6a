//! The life of objects: idle ones leave memory, verbs end or reload them, and the clean stop.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{Host, setup};
use crate::{
    ledger::{Level, Source, now_ms},
    object::{Actor, CallError, WorkerRef},
    project::{self, Project},
};

/// How often idle objects are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// Objects that leave at once when all places are taken.
const MAKE_ROOM: usize = 64;

/// Why a verb was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// Nothing is known under that path.
    #[error("{0} is not there any more")]
    Gone(String),
    /// The new code cannot be used; the old code goes on.
    #[error("{name} keeps running its old code, because the new code cannot be used: {why}")]
    Code {
        /// The worker.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Lets idle objects leave memory, for as long as the host exists.
pub(super) async fn sweep(host: Weak<Host>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(host) = host.upgrade() else { return };
        let before = now_ms().saturating_sub(host.options.idle.as_millis() as u64);
        for actor in host.everyone() {
            if actor.is_live() && actor.last_active_ms.load(Ordering::Relaxed) < before {
                actor.try_evict();
            }
        }
        host.registry.prune();
    }
}

impl Host {
    /// Every actor: stateless sides, objects, facets.
    pub(super) fn everyone(&self) -> Vec<Arc<Actor>> {
        let mut all: Vec<Arc<Actor>> = self.registry.dynamics();
        for worker in self.workers() {
            all.extend(worker.entrypoints().iter().cloned());
        }
        for object in self.registry.objects() {
            with_facets(&object, &mut all);
        }
        all
    }

    /// The durable objects that are known, in no order.
    pub fn objects(&self) -> Vec<Arc<Actor>> {
        self.registry.objects()
    }

    /// Makes the objects that have been idle longest leave memory. True when any did.
    pub(super) fn evict_longest_idle(&self) -> bool {
        let mut live: Vec<Arc<Actor>> = self
            .everyone()
            .into_iter()
            .filter(|actor| actor.is_live())
            .collect();
        live.sort_by_key(|actor| actor.last_active_ms.load(Ordering::Relaxed));
        let evicted = live
            .iter()
            .filter(|actor| actor.try_evict())
            .take(MAKE_ROOM)
            .count();
        evicted > 0
    }

    /// The objects and facets at a node path or below it; a worker's path includes its stateless
    /// side.
    pub fn at(&self, path: &str) -> Result<Vec<Arc<Actor>>, VerbError> {
        let mut parts = path.split('/');
        let worker = parts.next().unwrap_or_default();
        if parts.clone().count() >= 2 {
            return self
                .node(path)
                .map(|actor| vec![actor])
                .ok_or_else(|| VerbError::Gone(path.into()));
        }
        let worker = self
            .worker(worker)
            .ok_or_else(|| VerbError::Gone(path.into()))?;
        let below = format!("{path}/");
        let mut found: Vec<Arc<Actor>> = self.registry.objects();
        found.retain(|object| object.source.node.starts_with(&below));
        if parts.next().is_none() {
            found.extend(worker.entrypoints().iter().cloned());
        }
        Ok(found)
    }

    /// The object or facet at a node path.
    pub fn node(&self, path: &str) -> Option<Arc<Actor>> {
        let mut ends = path.match_indices('/').map(|(at, _)| at).skip(2);
        let root = ends.next().map_or(path, |end| &path[..end]);
        let mut actor = self.registry.known(root)?;
        for end in ends.chain([path.len()]) {
            if actor.source.node.len() < end {
                let path = &path[..end];
                actor = actor
                    .facets()
                    .into_iter()
                    .find(|facet| &*facet.source.node == path)?;
            }
        }
        Some(actor)
    }

    /// Ends everything at `path` now; returns how many were live.
    pub fn kill(&self, path: &str) -> Result<usize, VerbError> {
        let mut killed = 0;
        for actor in self.at(path)? {
            let mut tree = Vec::new();
            with_facets(&actor, &mut tree);
            for each in &tree {
                if each.is_live() {
                    killed += 1;
                    each.killed.store(true, Ordering::Relaxed);
                }
            }
            actor.kill(CallError::new("The operator killed this object."));
        }
        Ok(killed)
    }

    /// Starts afresh what is at `path`, with its code read anew: a project's from its folder, a
    /// dynamic worker's from whoever loads it. Returns a sentence about it.
    pub fn reload(&self, path: &str) -> Result<String, VerbError> {
        let actors = self.at(path)?;
        let reason = || CallError::new("Durable Object reset because its code was updated.");
        let name = path.split('/').next().unwrap_or_default();
        if let [actor] = actors.as_slice()
            && let Some(WorkerRef::Dynamic(code)) = actor.worker()
        {
            self.registry.forget_code(&code);
            actor.forget_class(reason());
            return Ok(format!(
                "{} asks its loader for its code at the next request",
                actor.source.label
            ));
        }
        let version = self.reload_worker(name)?;
        for actor in self.at(name)? {
            actor.kill(reason());
        }
        Ok(format!(
            "{name} runs version {version} from the next request on"
        ))
    }

    fn reload_worker(&self, name: &str) -> Result<Arc<str>, VerbError> {
        let worker = self
            .worker(name)
            .ok_or_else(|| VerbError::Gone(name.into()))?;
        let unusable = |why: String| VerbError::Code {
            name: name.into(),
            why,
        };
        let project = Project::load(&worker.folder).map_err(|error| unusable(error.to_string()))?;
        let workers = self.workers();
        project::check_together(&project.config, workers.iter().map(|worker| &*worker.name))
            .map_err(|error| unusable(error.to_string()))?;
        let code = setup::code(&project);
        if code.name != worker.name {
            return Err(unusable(format!(
                "its name changed to \"{}\"; restart for that",
                code.name
            )));
        }
        let version = code.version.clone();
        worker.replace_code(code);
        self.find_alarms(&worker);
        self.registry.forget_codes(name);
        let source = Source {
            node: worker.name.clone(),
            label: worker.name.clone(),
        };
        self.context.logs.write(
            &source,
            Level::Info,
            true,
            &format!("reloaded: version {version}"),
        );
        Ok(version)
    }

    /// Lets turns finish, within `grace`, and closes every database. Waits.
    pub fn stop(&self, grace: Duration) {
        let until = Instant::now() + grace;
        self.alarms.stop();
        let all = self.everyone();
        while Instant::now() < until && all.iter().any(|actor| actor.is_busy()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        for actor in all {
            if !actor.try_evict() {
                actor.end_now(&CallError::new("The server is stopping."));
            }
        }
        self.alarms.close();
    }
}

fn with_facets(actor: &Arc<Actor>, into: &mut Vec<Arc<Actor>>) {
    into.push(actor.clone());
    for facet in actor.facets() {
        with_facets(&facet, into);
    }
}
