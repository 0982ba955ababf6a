//! The life of objects: idle ones leave memory, verbs end or reload them, and the clean stop.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{Host, VerbError};
use crate::{
    ledger::now_ms,
    object::{Actor, CallError},
};

/// How often idle objects are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// How often budgets and new versions are looked at.
const WATCH: Duration = Duration::from_millis(200);
/// Objects that leave at once when all places are taken.
const MAKE_ROOM: usize = 64;

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
        host.put_away();
        host.registry.prune();
    }
}

/// Looks at budgets and at new versions, for as long as the host exists. A thread of its own:
/// it must come in time however busy everything else is.
pub(super) fn watch_forever(host: Weak<Host>) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("lapidary-watch".into());
    let watch = move || {
        while let Some(host) = host.upgrade() {
            host.check_budgets();
            host.watch_trials();
            drop(host);
            std::thread::sleep(WATCH);
        }
    };
    thread.spawn(watch).map(drop)
}

impl Host {
    /// Every actor: stateless sides, and objects and facets but for those that only lie on disk.
    pub(super) fn everyone(&self) -> Vec<Arc<Actor>> {
        let mut all: Vec<Arc<Actor>> = self.registry.dynamics();
        for worker in self.workers() {
            all.extend(worker.entrypoints().iter().cloned());
        }
        for object in self.registry.actors() {
            all.extend(object.tree());
        }
        all
    }

    /// The durable objects that have an actor, in no order: those that were used of late. For
    /// the others see [`Host::each_stored`].
    pub fn actors(&self) -> Vec<Arc<Actor>> {
        self.registry.actors()
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

    /// The object or facet at a node path, or, below a worker or namespace, the objects that have
    /// an actor; a worker's path includes its stateless side.
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
        let mut found: Vec<Arc<Actor>> = self.registry.actors();
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
        let mut actor = self.known(root)?;
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
        self.versions.flush();
        self.ledger.stop();
    }
}
