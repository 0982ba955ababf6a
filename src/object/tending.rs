//! What the host does to objects from outside: holds them between two turns, and takes them away.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{
    actor::{Actor, Kind},
    limits::{Pause, Standing},
    message::CallError,
};
use crate::storage::StorageError;

/// An object that did not end its turn in time; holds its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTurn(pub Arc<str>);

/// Does `work` while none of these objects is in a turn, and none begins one. Parents must come
/// before their facets: a parent's turn may wait for a facet's.
///
/// # Errors
/// One of them goes on with a turn for longer than `patience`.
pub fn between_turns<T>(
    actors: &[Arc<Actor>],
    patience: Duration,
    work: impl FnOnce() -> T,
) -> Result<T, InTurn> {
    let until = Instant::now() + patience;
    let mut held = Vec::with_capacity(actors.len());
    for actor in actors {
        let core = actor.core.try_lock_until(until);
        held.push(core.ok_or_else(|| InTurn(actor.source.label.clone()))?);
    }
    Ok(work())
}

impl Actor {
    /// This object and all its facets that are known, parents first.
    pub fn tree(self: &Arc<Self>) -> Vec<Arc<Actor>> {
        let mut all = vec![self.clone()];
        let mut next = 0;
        while let Some(actor) = all.get(next) {
            let facets = actor.facets();
            all.extend(facets);
            next += 1;
        }
        all
    }

    /// Whether nothing would be lost if this place, without its facets, were made anew when it is
    /// next needed.
    pub fn is_at_rest(&self) -> bool {
        let eventful = self.broken.load(Relaxed) || self.killed.load(Relaxed);
        !eventful
            && !self.is_live()
            && !self.is_busy()
            && self.sockets.lock().all.is_empty()
            && self.core.try_lock().is_some_and(|core| core.is_none())
    }

    /// Ends this object and its facets for good: nothing of them runs again, and whoever waits or
    /// comes gets `reason`. Their files are closed when this returns.
    pub fn retire(self: &Arc<Self>, reason: &str) {
        let tree = self.tree();
        for actor in &tree {
            actor.stand(Standing {
                limits: actor.limits(),
                pause: Some(Arc::new(Pause {
                    reason: reason.into(),
                    wait: Duration::ZERO,
                })),
            });
        }
        self.kill(CallError::new(reason));
        for actor in &tree {
            actor.end_now(&CallError::new(reason));
        }
    }

    /// Takes facet `name` away with its data, from outside of a turn of this object.
    ///
    /// # Errors
    /// Files that cannot be removed.
    pub fn remove_facet(&self, name: &str, reason: &str) -> Result<(), CallError> {
        let facet = self.facets.lock().get(name).cloned();
        if let Some(facet) = &facet {
            facet.retire(reason);
        }
        self.delete_facet(name, CallError::new(reason))
    }

    /// Forgets facet `name`, whose data stays: the next call makes it anew.
    pub fn forget_facet(&self, name: &str) {
        self.facets.lock().remove(name);
    }

    /// When the alarm that lies in its database rings, milliseconds since the epoch. The object
    /// must not be in memory.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn stored_alarm(&self) -> Result<Option<u64>, StorageError> {
        let Kind::Object(place) = &self.kind else {
            return Ok(None);
        };
        if !place.files.database_path(place.facet).exists() {
            return Ok(None);
        }
        let durability = crate::storage::Durability::Full;
        crate::storage::Database::in_folder(&place.files, place.facet, durability).alarm()
    }
}
