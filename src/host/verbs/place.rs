//! What a node path stands for, and the names of new objects.

use std::sync::Arc;

use super::VerbError;
use crate::{
    host::{DEFAULTS, Host, registry::object_path},
    ledger::harmless,
    object::{Actor, CallError, Kind, Namespace, ObjectPlace, id, percent},
};

/// Longest name of an object or facet, bytes.
pub(super) const MAX_NAME: usize = 65_535;

/// One object or facet.
pub(super) struct Place {
    pub actor: Arc<Actor>,
    /// Its files and where in them.
    pub object: ObjectPlace,
    /// Its parent, if it is a facet.
    pub parent: Option<Arc<Actor>>,
    /// Its name; the first digits of its id when it has none.
    pub name: String,
}

impl Host {
    /// The path that a person means: an object may be called by its name, or by the first digits
    /// of its id, and `default` is what is set for everything.
    pub fn resolve(&self, text: &str) -> String {
        let text = text.trim_end_matches('/');
        if text == "default" {
            return DEFAULTS.into();
        }
        let parts: Vec<&str> = text.splitn(4, '/').collect();
        let (Some(worker), Some(class), Some(object)) = (parts.first(), parts.get(1), parts.get(2))
        else {
            return text.into();
        };
        let Ok(namespace) = self.namespace_of(&format!("{worker}/{class}")) else {
            return text.into();
        };
        if object.len() == 64 && object.bytes().all(|b| b.is_ascii_hexdigit()) {
            return text.into();
        }
        let id = id::from_name(&namespace.unique_key(), &unpercent(object));
        let named = object_path(worker, class, &id);
        let path = if self.registry.knows(&named) {
            named
        } else {
            let prefix = format!("{worker}/{class}/{object}");
            self.registry.one_with(&prefix).unwrap_or(named)
        };
        match parts.get(3) {
            Some(facet) => format!("{path}/{facet}"),
            None => path,
        }
    }

    /// The object or facet at `path`, for `verb`.
    pub(super) fn place(&self, path: &str, verb: &'static str) -> Result<Place, VerbError> {
        let depth = path.split('/').count();
        if depth < 3 {
            return Err(VerbError::Kind {
                path: path.into(),
                is: ["a worker", "a namespace"][depth - 1],
                verb,
                needs: "an object or a facet",
            });
        }
        let gone = || VerbError::Gone(path.into());
        let actor = self.node(path).ok_or_else(gone)?;
        let Kind::Object(object) = actor.kind.clone() else {
            return Err(gone());
        };
        let parent = match path.rsplit_once('/') {
            Some((above, _)) if depth > 3 => Some(self.node(above).ok_or_else(gone)?),
            _ => None,
        };
        let name = match parent {
            Some(_) => {
                let facets = object.files.facets()?;
                let own = facets.iter().find(|facet| facet.number == object.facet);
                own.ok_or_else(gone)?.name.to_string()
            }
            None => match object.files.name()? {
                Some(name) => name,
                None => object.root_id[..8].to_string(),
            },
        };
        Ok(Place {
            actor,
            object,
            parent,
            name,
        })
    }

    /// The namespace of the object at `path`, as its worker's code has it now.
    pub(in crate::host) fn namespace_of(&self, path: &str) -> Result<Arc<Namespace>, VerbError> {
        let mut parts = path.split('/');
        let (worker, class) = (parts.next().unwrap_or_default(), parts.next());
        let worker = self.worker(worker);
        let namespace = worker.zip(class).and_then(|(worker, class)| {
            let code = worker.code();
            code.namespaces
                .iter()
                .find(|namespace| &*namespace.class == class)
                .cloned()
        });
        namespace.ok_or_else(|| VerbError::Gone(path.into()))
    }

    /// The id and the path that an object called `name` has; nothing of it may exist.
    pub(super) fn free_object(
        &self,
        namespace: &Namespace,
        name: &str,
    ) -> Result<(String, String), VerbError> {
        check_name(name)?;
        let id = id::from_name(&namespace.unique_key(), name);
        let path = object_path(&namespace.worker, &namespace.class, &id);
        let files = self.data.object(&namespace.worker, &namespace.class, &id)?;
        let live = self.registry.actor(&path);
        if files.folder().exists() || live.is_some_and(|actor| actor.is_live()) {
            return Err(VerbError::Taken { name: name.into() });
        }
        Ok((id, path))
    }

    /// The path that facet `name` of `parent` has; nothing of it may exist.
    pub(super) fn free_facet(&self, parent: &Actor, name: &str) -> Result<String, VerbError> {
        check_name(name)?;
        let Kind::Object(place) = &parent.kind else {
            return Err(VerbError::Gone(parent.source.node.to_string()));
        };
        let path = format!("{}/{}", parent.source.node, percent(name));
        let number = place.files.facet_number(place.facet, name)?;
        let stored = number.is_some_and(|number| place.files.database_path(number).exists());
        let live = self.node(&path).is_some_and(|actor| actor.is_live());
        if stored || live {
            return Err(VerbError::Taken { name: name.into() });
        }
        Ok(path)
    }

    /// Nothing is started at `path` while `work` goes on.
    pub(super) fn closed<T>(
        &self,
        path: &str,
        work: impl FnOnce() -> Result<T, VerbError>,
    ) -> Result<T, VerbError> {
        if !self.registry.close(path) {
            return Err(VerbError::Refused(format!(
                "{path} is being moved or deleted: try again in a moment"
            )));
        }
        let done = work();
        self.registry.open(path);
        done
    }

    /// Makes the alarms of an object or facet and of all below it known, as its databases have
    /// them.
    pub(super) fn know_alarms(&self, actor: &Arc<Actor>) -> Result<(), VerbError> {
        for each in self.known_tree(actor)? {
            if let Some(at_ms) = each.stored_alarm()? {
                use crate::object::World as _;
                self.guard_alarm(&each, at_ms)?;
                self.alarm_settled(&each, Some(Some(at_ms)));
            }
        }
        Ok(())
    }

    /// An object or facet and all facets that it has on disk, which are known from now on.
    pub(super) fn known_tree(&self, actor: &Arc<Actor>) -> Result<Vec<Arc<Actor>>, CallError> {
        let mut all = vec![actor.clone()];
        let mut next = 0;
        while let Some(parent) = all.get(next).cloned() {
            next += 1;
            let Kind::Object(place) = &parent.kind else {
                continue;
            };
            for facet in place.files.children(place.facet)? {
                let numbers = place.files.with_descendants(facet.number)?;
                let path = |number: &u16| place.files.database_path(*number);
                if numbers.iter().any(|number| path(number).exists()) {
                    let known = parent.stored_facet(&facet.name)?;
                    let bytes = std::fs::metadata(path(&facet.number)).map_or(0, |it| it.len());
                    known.meter.set_database(bytes);
                    all.push(known);
                }
            }
        }
        Ok(all)
    }
}

/// Undoes what [`percent`] does to a name.
fn unpercent(name: &str) -> String {
    percent_encoding::percent_decode_str(name)
        .decode_utf8_lossy()
        .into_owned()
}

fn check_name(name: &str) -> Result<(), VerbError> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(VerbError::Name {
            name: harmless(name, 64),
            most: MAX_NAME,
        });
    }
    Ok(())
}
