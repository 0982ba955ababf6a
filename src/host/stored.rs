//! Objects that lie on disk: found at the start, made actors when somebody asks for them, and put
//! away again after a time at rest, so that a hundred thousand of them take little memory.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    thread,
};

use super::{
    Host,
    contents::Facet,
    registry::{Space, Stored, object_path},
    worker::Worker,
};
use crate::{
    ledger::{Counts, Level, Source, harmless, now_ms},
    object::{Actor, Kind, Namespace, percent},
    storage::{NamespaceFolder, ObjectId, StorageError},
};

/// Digits of an id that stand for it where it has no name.
const SHORT_ID: usize = 8;
/// Objects that are made known at once.
const LISTED_AT_ONCE: usize = 512;
/// Objects of which the ledger is told at once.
const TOLD_AT_ONCE: usize = 1_000;
/// What a person sees of an object.
pub(super) fn object_label(class: &str, id: &str, name: Option<&str>) -> String {
    format!("{class} ▸ {}", name_or_digits(id, name))
}

fn name_or_digits(id: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => harmless(name, 64),
        None => id[..SHORT_ID.min(id.len())].to_string(),
    }
}

/// An object or facet of which nothing is in memory, for a list.
pub struct Line {
    /// Its path.
    pub node: String,
    /// Its own name, or the first digits of its id.
    pub name: String,
    /// Its name and those of all above it, but for the worker's.
    pub label: String,
    /// 0 for an object, 1 and more for a facet.
    pub level: u16,
    /// Bytes of its database.
    pub database_bytes: u64,
    /// What it has counted since the program started.
    pub used: Counts,
}

impl Stored {
    /// Makes what is known of an object known to its new actor.
    pub(super) fn bring_back(&self, object: &Arc<Actor>) {
        object.meter.set_database(self.database_bytes);
        object.meter.count_on(&self.used(0));
        let mut known: Vec<(u16, Arc<Actor>)> = vec![(0, object.clone())];
        for (at, facet) in self.contents.facets().enumerate() {
            let parent = known.iter().find(|(number, _)| *number == facet.parent);
            if let Some((_, parent)) = parent
                && let Ok(actor) = parent.stored_facet(facet.name)
            {
                actor.meter.set_database(facet.bytes);
                actor.meter.count_on(&self.used(at + 1));
                known.push((facet.number, actor));
            }
        }
    }

    /// The object and its facets, each below its parent, in the order of their names.
    pub(super) fn lines(&self, space: &Space, id: ObjectId) -> Vec<Line> {
        let id = id.to_string();
        let name = name_or_digits(&id, self.contents.name());
        let mut lines = vec![Line {
            node: format!("{}/{id}", space.path),
            label: format!("{} ▸ {name}", space.namespace.class),
            name,
            level: 0,
            database_bytes: self.database_bytes,
            used: self.used(0),
        }];
        self.facet_lines(0, 0, &mut lines);
        lines
    }

    fn facet_lines(&self, number: u16, parent: usize, lines: &mut Vec<Line>) {
        let facets = self.contents.facets().enumerate();
        let mut own: Vec<(String, usize, Facet<'_>)> = facets
            .filter(|(_, facet)| facet.parent == number)
            .map(|(at, facet)| (percent(facet.name), at, facet))
            .collect();
        own.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (path, at, facet) in own {
            let above = &lines[parent];
            let name = harmless(facet.name, 64);
            lines.push(Line {
                node: format!("{}/{path}", above.node),
                label: format!("{} ▸ {name}", above.label),
                name,
                level: above.level + 1,
                database_bytes: facet.bytes,
                used: self.used(at + 1),
            });
            self.facet_lines(facet.number, lines.len() - 1, lines);
        }
    }

    /// What is to be kept of an actor; `None` when it has to stay.
    fn of(actor: &Arc<Actor>, folder: &NamespaceFolder, id: ObjectId) -> Option<Self> {
        let tree = actor.tree();
        // `tree` holds each of them once, and its parent or the registry does
        let at_rest = |each: &Arc<Actor>| each.is_at_rest() && Arc::strong_count(each) == 2;
        if !tree.iter().all(at_rest) || !folder.has(id) {
            return None;
        }
        let mut stored = Stored::new(&folder.read(id));
        let mut used: HashMap<u16, Counts> = HashMap::new();
        for each in &tree {
            if let Kind::Object(place) = &each.kind {
                used.insert(place.facet, each.meter.counts());
            }
        }
        if used.values().any(|used| !used.is_zero()) {
            let facets = stored.contents.facets().map(|facet| facet.number);
            let each = std::iter::once(0)
                .chain(facets)
                .map(|number| used.get(&number).copied().unwrap_or_default());
            stored.used = Some(Box::new(each.collect()));
        }
        Some(stored)
    }
}

impl Host {
    /// The objects on disk of which nothing is in memory, and their facets, at and below a worker
    /// or namespace, or all. In no order; each with its facets.
    pub fn each_stored(&self, path: Option<&str>, mut look: impl FnMut(Vec<Line>)) {
        self.registry
            .each_stored(path, |space, id, stored| look(stored.lines(space, id)));
    }

    /// The same of one object; `None` when it has an actor or is gone.
    pub fn stored(&self, path: &str) -> Option<Vec<Line>> {
        let (_, id) = path.rsplit_once('/')?;
        let id = ObjectId::parse(id)?;
        self.registry
            .stored(path, |space, stored| stored.lines(space, id))
    }

    /// How many durable objects are known, whether or not anything of them is in memory.
    pub fn count(&self) -> usize {
        self.registry.count()
    }

    /// Grows when a stored object becomes known, or any is forgotten.
    pub fn listing(&self) -> u64 {
        self.registry.listing()
    }

    /// An object that is known, as an actor from now on.
    pub(super) fn known(&self, path: &str) -> Option<Arc<Actor>> {
        if let Some(actor) = self.registry.actor(path) {
            return Some(actor);
        }
        let (_, id) = path.rsplit_once('/')?;
        let look = |space: &Space, stored: &Stored| {
            let name = stored.contents.name().map(String::from);
            (space.namespace.clone(), name)
        };
        let (namespace, name) = self.registry.stored(path, look)?;
        self.object(&namespace, id, name.as_deref()).ok()
    }

    /// Makes the objects that a worker has on disk known, without waking any.
    pub(super) fn find_stored(&self, worker: &Worker) {
        let code = worker.code();
        let mut found = Vec::new();
        for namespace in &code.namespaces {
            match self.list_stored(namespace) {
                Ok(ids) => found.push((namespace, ids)),
                Err(error) => {
                    let source = Source {
                        node: worker.name.clone(),
                        label: worker.name.clone(),
                    };
                    let text = format!(
                        "stored objects of {} cannot be listed: {error}",
                        namespace.class
                    );
                    self.context.logs.write(&source, Level::Error, true, &text);
                }
            }
        }
        for (namespace, ids) in found {
            self.tell_ledger(namespace, &ids);
        }
    }

    fn list_stored(&self, namespace: &Arc<Namespace>) -> Result<Vec<ObjectId>, StorageError> {
        let (worker, class) = (&namespace.worker, &namespace.class);
        let Some(folder) = self.data.namespace(worker, class)? else {
            return Ok(Vec::new());
        };
        let ids = folder.ids()?;
        self.registry.expect_stored(namespace, ids.len());
        let list = |ids: &[ObjectId]| {
            for some in ids.chunks(LISTED_AT_ONCE) {
                let read = |id: &ObjectId| (*id, Stored::new(&folder.read(*id)));
                self.registry
                    .store(namespace, some.iter().map(read).collect());
            }
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let share = ids.len().div_ceil(processors).max(LISTED_AT_ONCE);
        thread::scope(|scope| {
            for some in ids.chunks(share) {
                scope.spawn(move || list(some));
            }
        });
        Ok(ids)
    }

    /// Tells the ledger what each object stores; a part at a time, because nothing is counted
    /// meanwhile.
    fn tell_ledger(&self, namespace: &Namespace, ids: &[ObjectId]) {
        let path = |id: &ObjectId| {
            let id = id.to_string();
            object_path(&namespace.worker, &namespace.class, &id)
        };
        let prefix = format!("{}/{}", namespace.worker, namespace.class);
        let mut from = format!("{prefix}/");
        let mut parts = ids.chunks(TOLD_AT_ONCE).peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let next = parts.peek().and_then(|next| next.first());
            let to = next.map_or_else(|| format!("{prefix}0"), path);
            let mut sizes = HashMap::new();
            for id in part {
                self.sizes_at(&path(id), &mut sizes);
            }
            if let Err(error) = self.ledger.found(&from..&to, &sizes) {
                tracing::warn!("what {prefix} stores is not in the ledger: {error}");
                return;
            }
            if next.is_none() {
                return;
            }
            from = to;
        }
    }

    fn sizes_at(&self, path: &str, sizes: &mut HashMap<Arc<str>, u64>) {
        match self.stored(path) {
            Some(lines) => sizes.extend(
                lines
                    .into_iter()
                    .map(|line| (line.node.into(), line.database_bytes)),
            ),
            None => {
                let actor = self.registry.actor(path);
                for each in actor.iter().flat_map(Actor::tree) {
                    sizes.insert(each.source.node.clone(), each.meter.database_bytes());
                }
            }
        }
    }

    /// What stored objects of a worker have counted since the program started, without their
    /// facets.
    pub(super) fn stored_counts(&self, worker: &str) -> Counts {
        let mut sum = Counts::default();
        self.registry.each_stored(Some(worker), |_, _, stored| {
            if stored.used.is_some() {
                sum += stored.used(0);
            }
        });
        sum
    }

    /// Lets go of the actors of objects that have been at rest longest, when there are many.
    pub(super) fn put_away(&self) {
        let rest_ms = self.options.rest.as_millis() as u64;
        let before = now_ms().saturating_sub(rest_ms);
        let actors = self.registry.actors();
        let mut at_rest: Vec<(u64, Arc<str>)> = actors
            .iter()
            .filter(|actor| actor.is_at_rest())
            .map(|actor| {
                let last = actor.last_active_ms.load(Ordering::Relaxed);
                (last, actor.source.node.clone())
            })
            .collect();
        drop(actors);
        let Some(many) = at_rest
            .len()
            .checked_sub(self.options.kept_actors)
            .filter(|many| *many > 0)
        else {
            return;
        };
        at_rest.sort_unstable();
        at_rest.truncate(many);
        let mut folders: HashMap<String, Option<(Arc<Namespace>, NamespaceFolder)>> =
            HashMap::new();
        for (_, path) in at_rest.iter().take_while(|(last, _)| *last < before) {
            let Some((space, id)) = path.rsplit_once('/') else {
                continue;
            };
            let folder = folders
                .entry(space.to_owned())
                .or_insert_with(|| self.folder_of(path));
            if let (Some((namespace, folder)), Some(id)) = (folder, ObjectId::parse(id)) {
                self.registry
                    .put_away(namespace, id, |actor| Stored::of(actor, folder, id));
            }
        }
    }

    fn folder_of(&self, path: &str) -> Option<(Arc<Namespace>, NamespaceFolder)> {
        let namespace = self.namespace_of(path).ok()?;
        let folder = self.data.namespace(&namespace.worker, &namespace.class);
        Some((namespace, folder.ok()??))
    }
}
