//! Fork and rename.

use std::sync::Arc;

use super::{VerbError, held, place::Place};
use crate::{
    host::Host,
    object::{Actor, Kind},
    storage::{CopiedAlarm, Draft, Moment},
};

impl Host {
    /// Copies an object or facet, with its data and all its facets, under a new name, while it
    /// goes on. The copy has the limits of the original, and no alarm: it does nothing until
    /// somebody calls it. Returns the path of the copy.
    pub fn fork(&self, path: &str, name: &str) -> Result<String, VerbError> {
        let place = self.place(path, "fork")?;
        match &place.parent {
            Some(parent) => self.free_facet(parent, name).map(drop)?,
            None => self
                .free_object(&*self.namespace_of(path)?, name)
                .map(drop)?,
        }
        let draft = self.copy(&place, CopiedAlarm::Dropped)?;
        let forked = self.settle(path, place.parent.as_ref(), draft, name)?;
        self.move_standing(path, Some(&forked.source.node), true)?;
        Ok(forked.source.node.to_string())
    }

    /// Gives an object or facet another name. It ends, and goes on under that name with the next
    /// request. Returns its new path.
    pub fn rename(&self, path: &str, name: &str) -> Result<String, VerbError> {
        let place = self.place(path, "rename")?;
        let renamed = match &place.parent {
            Some(parent) => self.rename_facet(&place, parent, name)?,
            None => self.rename_object(&place, name)?,
        };
        self.ledger.rename(path, &renamed.source.node)?;
        self.know_alarms(&renamed)?;
        self.move_standing(path, Some(&renamed.source.node), false)?;
        Ok(renamed.source.node.to_string())
    }

    fn rename_object(&self, place: &Place, name: &str) -> Result<Arc<Actor>, VerbError> {
        let old = &place.actor.source.node;
        let namespace = self.namespace_of(old)?;
        let (id, path) = self.free_object(&namespace, name)?;
        let target = self.data.object(&namespace.worker, &namespace.class, &id)?;
        let reason = format!("{} was renamed to {name}.", place.actor.source.label);
        self.closed(old, || {
            self.closed(&path, || {
                place.actor.retire(&reason);
                let files = &place.object.files;
                let numbers = files.with_descendants(0)?;
                let moved = match files.folder().exists() {
                    true => files.move_to(&target, name),
                    // it never wrote anything
                    false => Ok(()),
                };
                self.registry.forget(old);
                self.registry.forget(&path);
                moved?;
                self.alarms.gone(&place.actor, &numbers);
                Ok(())
            })
        })?;
        Ok(self.object(&namespace, &id, Some(name))?)
    }

    fn rename_facet(
        &self,
        place: &Place,
        parent: &Arc<Actor>,
        name: &str,
    ) -> Result<Arc<Actor>, VerbError> {
        self.free_facet(parent, name)?;
        let reason = format!("{} was renamed to {name}.", place.actor.source.label);
        held(std::slice::from_ref(parent), || {
            place.actor.retire(&reason);
            let moment = place.object.files.moment(place.object.facet);
            let copied = moment
                .map_err(VerbError::from)
                .and_then(|moment| self.drafted(moment, CopiedAlarm::Kept))
                .and_then(|draft| self.graft(parent, draft, name));
            if copied.is_err() {
                // what was retired is made anew by the next call
                parent.forget_facet(&place.name);
            }
            copied?;
            Ok::<(), VerbError>(parent.remove_facet(&place.name, &reason)?)
        })??;
        Ok(parent.stored_facet(name)?)
    }

    /// What an object or facet and its facets have committed, all at one moment.
    pub(super) fn copy(&self, place: &Place, alarm: CopiedAlarm) -> Result<Draft, VerbError> {
        let tree = place.actor.tree();
        let moment = held(&tree, || place.object.files.moment(place.object.facet))??;
        self.drafted(moment, alarm)
    }

    fn drafted(&self, moment: Moment, alarm: CopiedAlarm) -> Result<Draft, VerbError> {
        let draft = self.data.draft()?;
        moment.copy(&draft, alarm)?;
        Ok(draft)
    }

    /// Makes a draft an object beside the one at `path`, or a facet of `parent`.
    pub(super) fn settle(
        &self,
        path: &str,
        parent: Option<&Arc<Actor>>,
        draft: Draft,
        name: &str,
    ) -> Result<Arc<Actor>, VerbError> {
        let settled = match parent {
            Some(parent) => {
                held(std::slice::from_ref(parent), || {
                    self.free_facet(parent, name)?;
                    self.graft(parent, draft, name)
                })??;
                parent.stored_facet(name)?
            }
            None => {
                let namespace = self.namespace_of(path)?;
                let (id, path) = self.free_object(&namespace, name)?;
                let target = self.data.object(&namespace.worker, &namespace.class, &id)?;
                self.closed(&path, || {
                    draft.files().set_name(name)?;
                    draft.settle(&target)?;
                    // one that was called before it had any data
                    self.registry.forget(&path);
                    Ok(())
                })?;
                self.object(&namespace, &id, Some(name))?
            }
        };
        self.know_alarms(&settled)?;
        Ok(settled)
    }

    fn graft(&self, parent: &Actor, draft: Draft, name: &str) -> Result<(), VerbError> {
        let Kind::Object(place) = &parent.kind else {
            return Err(VerbError::Gone(parent.source.node.to_string()));
        };
        place.files.graft(draft, place.facet, name)?;
        Ok(())
    }
}
