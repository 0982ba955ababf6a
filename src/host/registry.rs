//! Which objects are known, live or not, and the dynamic workers that loaders brought.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use parking_lot::{Mutex, RwLock};

use super::contents::Contents;
use crate::{
    ledger::Counts,
    object::{Actor, Code, Namespace},
    storage::{ObjectId, StoredObject},
};

/// Stored objects that are looked at while nobody can change any.
const LOOKED_AT_ONCE: usize = 500;

/// Node path of an object: `worker/Class/hex`.
pub(super) fn object_path(worker: &str, class: &str, id: &str) -> String {
    format!("{worker}/{class}/{id}")
}

/// A loader's scope, and the id that it gave.
type CodeKey = (Arc<str>, Arc<str>);

/// An object that lies on disk and of which nothing is in memory but this.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub contents: Contents,
    pub database_bytes: u64,
    /// What it and then each of its facets have counted since the program started; `None` for
    /// nothing. In a box of its own, because most have none.
    #[expect(clippy::box_collection, reason = "one word where there is none")]
    pub used: Option<Box<Vec<Counts>>>,
}

impl Stored {
    /// What is on disk, and has counted nothing yet.
    pub fn new(object: &StoredObject) -> Self {
        Self {
            contents: Contents::of(object),
            database_bytes: object.database_bytes,
            used: None,
        }
    }

    /// What the object (0) or one of its facets (from 1, in their order) has counted.
    pub fn used(&self, at: usize) -> Counts {
        let used = self.used.as_ref().and_then(|used| used.get(at));
        used.copied().unwrap_or_default()
    }
}

/// The stored objects of a namespace.
pub(super) struct Space {
    pub namespace: Arc<Namespace>,
    /// `worker/Class`.
    pub path: Arc<str>,
    objects: HashMap<ObjectId, Stored>,
}

/// Each object is in one of both.
#[derive(Default)]
pub(super) struct Objects {
    /// Those that have been used of late or that nobody has stored.
    actors: HashMap<Arc<str>, Arc<Actor>>,
    /// All others.
    spaces: Vec<Space>,
}

impl Objects {
    /// What is known of a stored object.
    pub fn stored(&self, path: &str) -> Option<(&Space, &Stored)> {
        let (space, id) = path.rsplit_once('/')?;
        let space = self.spaces.iter().find(|known| &*known.path == space)?;
        Some((space, space.objects.get(&ObjectId::parse(id)?)?))
    }

    /// How many objects there are below a worker or namespace.
    pub fn count(&self, path: &str) -> usize {
        let actors = self.actors.keys().filter(|known| is_at(path, known));
        let spaces = self.spaces.iter().filter(|space| is_at(path, &space.path));
        actors.count() + spaces.map(|space| space.objects.len()).sum::<usize>()
    }

    fn take_stored(&mut self, path: &str) -> Option<Stored> {
        let (space, id) = path.rsplit_once('/')?;
        let space = self.spaces.iter_mut().find(|known| &*known.path == space)?;
        space.objects.remove(&ObjectId::parse(id)?)
    }

    fn space(&mut self, namespace: &Arc<Namespace>) -> &mut Space {
        let path = format!("{}/{}", namespace.worker, namespace.class);
        let known = self.spaces.iter().position(|space| *space.path == *path);
        let at = known.unwrap_or_else(|| {
            self.spaces.push(Space {
                namespace: namespace.clone(),
                path: path.into(),
                objects: HashMap::new(),
            });
            self.spaces.len() - 1
        });
        &mut self.spaces[at]
    }
}

/// Whether `node` is `path` or lies below it.
fn is_at(path: &str, node: &str) -> bool {
    node.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[derive(Default)]
pub(super) struct Registry {
    objects: RwLock<Objects>,
    /// Grows when a stored object becomes known, or any is forgotten.
    listing: AtomicU64,
    /// Paths at which an operator is moving or deleting something.
    closed: Mutex<HashSet<Box<str>>>,
    codes: RwLock<HashMap<CodeKey, Arc<Code>>>,
    /// Stateless sides of dynamic workers, by the address of their code, which they keep alive.
    dynamic: Mutex<HashMap<usize, Arc<Actor>>>,
}

impl Registry {
    /// The object at `path`, made by `make` when it has no actor. `make` may ask nothing of this.
    pub fn object<E>(
        &self,
        path: &str,
        make: impl FnOnce(Arc<str>, &Objects) -> Result<Arc<Actor>, E>,
    ) -> Result<Arc<Actor>, E> {
        if let Some(actor) = self.objects.read().actors.get(path) {
            return Ok(actor.clone());
        }
        let mut objects = self.objects.write();
        if let Some(actor) = objects.actors.get(path) {
            return Ok(actor.clone());
        }
        let path: Arc<str> = path.into();
        let actor = make(path.clone(), &objects)?;
        objects.take_stored(&path);
        objects.actors.insert(path, actor.clone());
        Ok(actor)
    }

    /// The object at `path`, if it has an actor.
    pub fn actor(&self, path: &str) -> Option<Arc<Actor>> {
        self.objects.read().actors.get(path).cloned()
    }

    /// Looks at what is known of the stored object at `path`.
    pub fn stored<T>(&self, path: &str, look: impl FnOnce(&Space, &Stored) -> T) -> Option<T> {
        let objects = self.objects.read();
        objects
            .stored(path)
            .map(|(space, stored)| look(space, stored))
    }

    /// Whether an object at `path` is known.
    pub fn knows(&self, path: &str) -> bool {
        let objects = self.objects.read();
        objects.actors.contains_key(path) || objects.stored(path).is_some()
    }

    /// Looks at all stored objects at and below a worker or namespace, or everywhere. Requests for
    /// others need not wait until it is done.
    pub fn each_stored(&self, path: Option<&str>, mut look: impl FnMut(&Space, ObjectId, &Stored)) {
        let wanted = |space: &Space| path.is_none_or(|path| is_at(path, &space.path));
        // a space stays where it is
        let count = self.objects.read().spaces.len();
        for at in 0..count {
            let ids: Vec<ObjectId> = match &self.objects.read().spaces[at] {
                space if wanted(space) => space.objects.keys().copied().collect(),
                _ => continue,
            };
            for some in ids.chunks(LOOKED_AT_ONCE) {
                let objects = self.objects.read();
                let space = &objects.spaces[at];
                for id in some {
                    if let Some(stored) = space.objects.get(id) {
                        look(space, *id, stored);
                    }
                }
            }
        }
    }

    /// Makes room for so many stored objects of a namespace.
    pub fn expect_stored(&self, namespace: &Arc<Namespace>, count: usize) {
        self.objects.write().space(namespace).objects.reserve(count);
    }

    /// Makes stored objects known; those that have an actor already go on.
    pub fn store(&self, namespace: &Arc<Namespace>, found: Vec<(ObjectId, Stored)>) {
        let mut objects = self.objects.write();
        let Objects { actors, .. } = &*objects;
        let new: Vec<_> = found
            .into_iter()
            .filter(|(id, _)| {
                let path = object_path(&namespace.worker, &namespace.class, &id.to_string());
                !actors.contains_key(&*path)
            })
            .collect();
        objects.space(namespace).objects.extend(new);
        self.listing.fetch_add(1, Relaxed);
    }

    /// Lets go of an actor that nobody else holds, if `stored` says what to keep of it.
    pub fn put_away(
        &self,
        namespace: &Arc<Namespace>,
        id: ObjectId,
        stored: impl FnOnce(&Arc<Actor>) -> Option<Stored>,
    ) {
        let path = object_path(&namespace.worker, &namespace.class, &id.to_string());
        let mut objects = self.objects.write();
        let alone = |actor: &&Arc<Actor>| Arc::strong_count(actor) == 1;
        let kept = objects.actors.get(&*path).filter(alone).and_then(stored);
        if let Some(kept) = kept {
            let gone = objects.actors.remove(&*path);
            objects.space(namespace).objects.insert(id, kept);
            drop(objects);
            drop(gone);
        }
    }

    /// How many objects are known.
    pub fn count(&self) -> usize {
        let objects = self.objects.read();
        let stored = objects.spaces.iter().map(|space| space.objects.len());
        objects.actors.len() + stored.sum::<usize>()
    }

    /// Grows when a stored object becomes known, or any is forgotten.
    pub fn listing(&self) -> u64 {
        self.listing.load(Relaxed)
    }

    /// Forgets the object at `path`.
    pub fn forget(&self, path: &str) {
        let mut objects = self.objects.write();
        objects.take_stored(path);
        let gone = objects.actors.remove(path);
        drop(objects);
        drop(gone);
        self.listing.fetch_add(1, Relaxed);
    }

    /// Nothing is made at `path` until it is opened again; false when it is closed already.
    pub fn close(&self, path: &str) -> bool {
        self.closed.lock().insert(path.into())
    }

    /// Ends [`Registry::close`].
    pub fn open(&self, path: &str) {
        self.closed.lock().remove(path);
    }

    /// Whether something at `path` is being moved or deleted.
    pub fn is_closed(&self, path: &str) -> bool {
        self.closed.lock().contains(path)
    }

    /// The path of the only known object whose path begins so.
    pub fn one_with(&self, prefix: &str) -> Option<String> {
        let objects = self.objects.read();
        let actors = objects.actors.keys().map(|path| path.to_string());
        let spaces = objects.spaces.iter();
        let stored = spaces
            .filter(|space| prefix.starts_with(&*space.path))
            .flat_map(|space| {
                space
                    .objects
                    .keys()
                    .map(|id| format!("{}/{id}", space.path))
            });
        let mut found = actors.chain(stored).filter(|path| path.starts_with(prefix));
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// All objects that have an actor, in no order.
    pub fn actors(&self) -> Vec<Arc<Actor>> {
        self.objects.read().actors.values().cloned().collect()
    }

    pub fn code(&self, scope: &str, id: &str) -> Option<Arc<Code>> {
        self.codes.read().get(&(scope.into(), id.into())).cloned()
    }

    /// Makes `code` known unless another came first; answers with the one that is known.
    pub fn define(&self, scope: &str, id: &str, code: Code) -> Arc<Code> {
        let mut codes = self.codes.write();
        codes
            .entry((scope.into(), id.into()))
            .or_insert_with(|| Arc::new(code))
            .clone()
    }

    /// Makes `code` known in place of what was.
    pub fn put_code(&self, scope: &str, id: &str, code: Arc<Code>) {
        self.codes.write().insert((scope.into(), id.into()), code);
    }

    /// Forgets the dynamic workers of a project, so that their loaders are asked anew.
    pub fn forget_codes(&self, worker: &str) {
        let mine = |scope: &str| {
            scope
                .split_once('/')
                .is_some_and(|(name, _)| name == worker)
        };
        self.codes.write().retain(|(scope, _), _| !mine(scope));
    }

    /// Forgets one dynamic worker.
    pub fn forget_code(&self, code: &Arc<Code>) {
        self.codes
            .write()
            .retain(|_, known| !Arc::ptr_eq(known, code));
    }

    /// The stateless side of a dynamic worker.
    pub fn dynamic(&self, code: &Arc<Code>, make: impl FnOnce() -> Arc<Actor>) -> Arc<Actor> {
        let key = Arc::as_ptr(code) as usize;
        self.dynamic.lock().entry(key).or_insert_with(make).clone()
    }

    /// Stateless sides of dynamic workers.
    pub fn dynamics(&self) -> Vec<Arc<Actor>> {
        self.dynamic.lock().values().cloned().collect()
    }

    /// Forgets stateless sides that have left memory, and dynamic workers that nothing uses any
    /// more: their loader is asked again should they be needed.
    pub fn prune(&self) {
        self.dynamic
            .lock()
            .retain(|_, actor| actor.is_live() || actor.is_busy());
        self.codes
            .write()
            .retain(|_, code| Arc::strong_count(code) > 1);
    }
}
