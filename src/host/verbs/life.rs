//! Kill, hibernate, delete.

use std::sync::{Arc, atomic::Ordering};

use super::VerbError;
use crate::{
    host::Host,
    object::{Actor, CallError, Kind},
};

/// What came of asking objects to leave memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hibernated {
    /// They left.
    pub left: usize,
    /// They have something to do: a request, a timer, a WebSocket that cannot hibernate.
    pub busy: usize,
}

impl Host {
    /// Ends everything at `path` now; returns how many were live.
    pub fn kill(&self, path: &str, reason: &str) -> Result<usize, VerbError> {
        let mut killed = 0;
        for actor in self.at(path)? {
            for each in actor.tree() {
                if each.is_live() {
                    killed += 1;
                    each.killed.store(true, Ordering::Relaxed);
                }
            }
            actor.kill(CallError::new(reason));
        }
        Ok(killed)
    }

    /// Lets everything at `path` leave memory that has nothing to do.
    pub fn hibernate(&self, path: &str) -> Result<Hibernated, VerbError> {
        let mut came = Hibernated::default();
        for actor in self.at(path)? {
            // facets first: a parent that waits for one is busy
            for each in actor.tree().iter().rev().filter(|each| each.is_live()) {
                match each.try_evict() {
                    true => came.left += 1,
                    false => came.busy += 1,
                }
            }
        }
        Ok(came)
    }

    /// Deletes what is at `path` with its databases; `name` is its own, to confirm. Returns how
    /// many objects and facets that were.
    pub fn delete(&self, path: &str, name: &str) -> Result<usize, VerbError> {
        let depth = path.split('/').count();
        if depth >= 3 {
            let place = self.place(path, "delete")?;
            confirm(&place.name, name)?;
            return match &place.parent {
                Some(parent) => self.delete_facet(parent, &place.actor, &place.name),
                None => self.delete_object(&place.actor),
            };
        }
        let objects = self.at(path)?;
        confirm(path.rsplit('/').next().unwrap_or(path), name)?;
        let mut deleted = 0;
        for object in objects {
            if let Kind::Object(_) = &object.kind {
                deleted += self.delete_object(&object)?;
            }
        }
        let mut stored = Vec::new();
        self.each_stored(Some(path), |object| {
            stored.extend(object.into_iter().next().map(|line| line.node));
        });
        for node in stored {
            if let Some(object) = self.known(&node) {
                deleted += self.delete_object(&object)?;
            }
        }
        Ok(deleted)
    }

    fn delete_object(&self, object: &Arc<Actor>) -> Result<usize, VerbError> {
        let Kind::Object(place) = &object.kind else {
            return Ok(0);
        };
        let node = &object.source.node;
        let count = self.known_tree(object)?.len();
        let numbers = place.files.with_descendants(0)?;
        self.closed(node, || {
            object.retire(&format!("{} was deleted.", object.source.label));
            let removed = place.files.remove();
            // also when files are left: the next call makes anew what was retired
            self.registry.forget(node);
            removed?;
            self.alarms.gone(object, &numbers);
            self.ledger.delete(node)?;
            Ok(self.move_standing(node, None, false)?)
        })?;
        Ok(count)
    }

    fn delete_facet(
        &self,
        parent: &Arc<Actor>,
        facet: &Arc<Actor>,
        name: &str,
    ) -> Result<usize, VerbError> {
        let count = self.known_tree(facet)?.len();
        let reason = format!("{} was deleted.", facet.source.label);
        super::held(std::slice::from_ref(parent), || {
            parent.remove_facet(name, &reason)
        })??;
        self.ledger.delete(&facet.source.node)?;
        self.move_standing(&facet.source.node, None, false)?;
        Ok(count)
    }
}

fn confirm(name: &str, given: &str) -> Result<(), VerbError> {
    if name == given {
        return Ok(());
    }
    Err(VerbError::Unconfirmed {
        name: name.into(),
        given: given.into(),
    })
}
