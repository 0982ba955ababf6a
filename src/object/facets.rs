//! Facets: objects inside an object, which only it can reach.

use std::sync::Arc;

use super::{
    actor::{Actor, Kind, ObjectPlace, StartSpec},
    limits::Limit,
    message::CallError,
    target::{FacetStart, IdView},
};
use crate::ledger::Source;

impl Actor {
    /// A facet that is on disk: known from now on, though nobody has started it.
    pub fn stored_facet(self: &Arc<Self>, name: &str) -> Result<Arc<Actor>, CallError> {
        let mut facets = self.facets.lock();
        if let Some(facet) = facets.get(name) {
            return Ok(facet.clone());
        }
        let facet = self.new_facet(name)?;
        facets.insert(name.into(), facet.clone());
        Ok(facet)
    }

    /// Whether facet `name` can be called without asking for its class.
    pub(super) fn facet_is_known(&self, name: &str) -> bool {
        self.facets
            .lock()
            .get(name)
            .is_some_and(|facet| facet.start.lock().is_some())
    }

    /// The facet called `name`, to be started as `start` says if it does not run already.
    pub(super) fn facet(
        self: &Arc<Self>,
        name: &str,
        start: Option<FacetStart>,
        own_id: &IdView,
    ) -> Result<Arc<Actor>, CallError> {
        let facet = self.stored_facet(name)?;
        let mut known = facet.start.lock();
        if known.is_none() {
            let Some(FacetStart { class, id }) = start else {
                return Err(CallError::new(
                    "The facet is not running and no class was given for it.",
                ));
            };
            let id = Some(id.unwrap_or_else(|| own_id.clone()));
            *known = Some(StartSpec {
                worker: class.worker,
                class: Some(class.class),
                props: class.props,
                id,
            });
        }
        drop(known);
        Ok(facet)
    }

    fn new_facet(self: &Arc<Self>, name: &str) -> Result<Arc<Actor>, CallError> {
        let Kind::Object(place) = &self.kind else {
            return Err(CallError::new(
                "This Durable Object does not support creating facets.",
            ));
        };
        let parent = place.facet;
        let limit = self.limits().value(Limit::Facets);
        if limit != u64::MAX
            && place.files.facet_number(parent, name)?.is_none()
            && place.files.children(parent)?.len() as u64 >= limit
        {
            return Err(CallError::new(format!(
                "{} has as many facets as it may: the limit is {limit}.",
                self.source.label
            )));
        }
        let number = place.files.ensure_facet(parent, name)?;
        let place = ObjectPlace {
            level: place.level + 1,
            facet: number,
            ..place.clone()
        };
        let source = Source {
            node: format!("{}/{}", self.source.node, super::percent(name)).into(),
            label: format!(
                "{} ▸ {}",
                self.source.label,
                crate::ledger::harmless(name, 64)
            )
            .into(),
        };
        Ok(Actor::new(
            self.context.clone(),
            source,
            Kind::Object(place),
            None,
        ))
    }

    /// Ends facet `name` and its own facets; its data stays.
    pub(super) fn abort_facet(&self, name: &str, reason: CallError) {
        let facet = self.facets.lock().get(name).cloned();
        if let Some(facet) = facet {
            facet.forget_class(reason);
        }
    }

    /// Ends facet `name` and deletes its databases and those of its own facets.
    pub(super) fn delete_facet(&self, name: &str, reason: CallError) -> Result<(), CallError> {
        let facet = self.facets.lock().remove(name);
        if let Some(facet) = &facet {
            facet.forget_class(reason);
            facet.wait_until_ended();
        }
        let Kind::Object(place) = &self.kind else {
            return Ok(());
        };
        match place.files.facet_number(place.facet, name)? {
            Some(number) => {
                place.files.delete_facet(number)?;
                if let Some(world) = self.world() {
                    world.facets_gone(self, &place.files.with_descendants(number)?);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Makes facet `target` a copy of what `source` and its own facets have committed, but for alarms. Onto
    /// itself it only ends; without a source the target ends up empty.
    pub(super) fn clone_facet(
        &self,
        source: &str,
        target: &str,
        reason: CallError,
    ) -> Result<(), CallError> {
        if source == target {
            self.abort_facet(target, reason);
            return Ok(());
        }
        self.delete_facet(target, reason)?;
        let Kind::Object(place) = &self.kind else {
            return Ok(());
        };
        let parent = place.facet;
        let Some(source) = place.files.facet_number(parent, source)? else {
            return Ok(());
        };
        let target = place.files.ensure_facet(parent, target)?;
        Ok(place.files.copy_facet(source, target)?)
    }

    /// Ends all facets and deletes their databases.
    pub(super) fn delete_all_facets(&self) -> Result<(), CallError> {
        let Kind::Object(place) = &self.kind else {
            return Ok(());
        };
        let children = place.files.children(place.facet);
        for facet in children? {
            self.delete_facet(&facet.name, CallError::new("Facet was deleted."))?;
        }
        Ok(())
    }

    /// Waits until no instance has its files open: a turn ends within milliseconds of a kill.
    fn wait_until_ended(self: &Arc<Self>) {
        for facet in self.facets() {
            facet.wait_until_ended();
        }
        self.end_now(&CallError::new("Facet was deleted."));
    }
}
