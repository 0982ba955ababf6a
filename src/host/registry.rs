//! Which objects are known, live or not, and the dynamic workers that loaders brought.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, RwLock};

use crate::object::{Actor, Code};

/// Node path of an object: `worker/Class/hex`.
pub(super) fn object_path(worker: &str, class: &str, id: &str) -> String {
    format!("{worker}/{class}/{id}")
}

/// A loader's scope, and the id that it gave.
type CodeKey = (Arc<str>, Arc<str>);

#[derive(Default)]
pub(super) struct Registry {
    objects: RwLock<HashMap<Arc<str>, Arc<Actor>>>,
    codes: RwLock<HashMap<CodeKey, Arc<Code>>>,
    /// Stateless sides of dynamic workers, by the address of their code, which they keep alive.
    dynamic: Mutex<HashMap<usize, Arc<Actor>>>,
}

impl Registry {
    /// The object at `path`, made by `make` when it is not known.
    pub fn object<E>(
        &self,
        path: &str,
        make: impl FnOnce(Arc<str>) -> Result<Arc<Actor>, E>,
    ) -> Result<Arc<Actor>, E> {
        if let Some(actor) = self.objects.read().get(path) {
            return Ok(actor.clone());
        }
        let mut objects = self.objects.write();
        if let Some(actor) = objects.get(path) {
            return Ok(actor.clone());
        }
        let path: Arc<str> = path.into();
        let actor = make(path.clone())?;
        objects.insert(path, actor.clone());
        Ok(actor)
    }

    /// The object at `path`, if it is known.
    pub fn known(&self, path: &str) -> Option<Arc<Actor>> {
        self.objects.read().get(path).cloned()
    }

    /// How many objects are known below a path.
    pub fn count(&self, prefix: &str) -> usize {
        let objects = self.objects.read();
        objects
            .keys()
            .filter(|path| path.starts_with(prefix))
            .count()
    }

    /// All known objects, in no order.
    pub fn objects(&self) -> Vec<Arc<Actor>> {
        self.objects.read().values().cloned().collect()
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
