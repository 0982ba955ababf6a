//! What objects may ask of the host.

use std::sync::Arc;

use super::{
    Host,
    registry::{Objects, object_path},
    stored::object_label,
    versions::{Bringer, Identity},
    worker::Worker,
};
use crate::{
    ledger::{Level, Source, harmless},
    object::{
        Actor, CallError, Code, Entry, IdView, Invocation, Kind, Namespace, ObjectPlace, Packed,
        ReplyTo, StartSpec, Target, WorkerRef, World,
        limits::{Limit, Setting, Standing},
    },
    project::OutboundRules,
    storage::{AlarmIndex, Durability, StorageError},
};

impl World for Host {
    fn send(&self, target: Target, invocation: Invocation, reply: ReplyTo) {
        match target {
            Target::Entry {
                worker: WorkerRef::Project(name),
                entry,
                props,
            } => match self.worker(&name) {
                Some(worker) => worker.entrypoint().invoke(
                    Entry::Export { name: entry, props },
                    invocation,
                    reply,
                ),
                None => reply.send(Err(CallError::new(format!(
                    "There is no worker called \"{name}\"."
                )))),
            },
            Target::Entry {
                worker: WorkerRef::Dynamic(code),
                entry,
                props,
            } => {
                self.dynamic_entrypoint(&code).invoke(
                    Entry::Export { name: entry, props },
                    invocation,
                    reply,
                );
            }
            Target::Object {
                namespace,
                id,
                name,
            } => match self.object(&namespace, &id, name.as_deref()) {
                Ok(object) => object.invoke(Entry::Object, invocation, reply),
                Err(error) => reply.send(Err(error)),
            },
            // objects call each other's capabilities themselves
            Target::Capability(_) => reply.send(Err(CallError::of(
                "TypeError",
                "The receiver is not an object that answers requests.",
            ))),
            Target::Internet(rules) => self.leave(rules, invocation, reply),
        }
    }

    fn service(
        &self,
        service: &str,
        entry: Option<String>,
        props: Option<Arc<Packed>>,
    ) -> Option<Target> {
        let worker = WorkerRef::Project(self.worker(service)?.name.clone());
        Some(Target::Entry {
            worker,
            entry,
            props,
        })
    }

    fn current_code(&self, worker: &str) -> Option<Arc<Code>> {
        self.worker(worker).map(|worker| worker.code())
    }

    fn find_code(&self, scope: &str, id: &str) -> Option<Arc<Code>> {
        self.registry.code(scope, id)
    }

    fn dynamic_used(&self, scope: &str, id: Option<&str>, code: &Code) {
        let worker = scope.split('/').next().unwrap_or_default();
        let version = match id {
            Some(id) => format!("{scope}/{} {}", harmless(id, 256), code.version),
            None => format!("{scope} {}", code.version),
        };
        self.ledger.dynamic_worker(worker, &version);
    }

    fn define_code(&self, by: &Actor, code: Code) -> Arc<Code> {
        let node = &by.source.node;
        let Some(scope) = code.scope.clone() else {
            let worker = node.split('/').next().unwrap_or_default().to_string();
            self.versions.note(&code, worker, Bringer::Supervisor, node);
            return Arc::new(code);
        };
        let id = code.name.clone();
        let identity = Identity { scope, id };
        self.versions
            .note(&code, identity.to_string(), Bringer::Supervisor, node);
        let code = self.versions.as_it_shall_run(&identity, code);
        let known = self.registry.define(&identity.scope, &identity.id, code);
        self.brought(&identity, &known);
        known
    }

    fn give_up_version(&self, actor: &Actor, code: &Code, error: &CallError) -> Option<WorkerRef> {
        Host::give_up_version(self, actor, code, error)
    }

    fn supervise(&self, actor: &Arc<Actor>, asked: &str) -> Result<String, String> {
        self.supervised(actor, asked)
    }

    fn make_room(&self) -> bool {
        self.evict_longest_idle()
    }

    fn durability(&self, worker: &str) -> Durability {
        self.worker(worker)
            .map_or(Durability::Full, |worker| worker.durability)
    }

    fn strict_compat(&self, worker: &str) -> bool {
        self.worker(worker)
            .is_some_and(|worker| worker.strict_compat)
    }

    fn standing(&self, node: &str) -> Standing {
        self.standings.of(node)
    }

    fn at_limit(&self, actor: &Arc<Actor>, limit: Limit, setting: Setting) {
        self.reached(actor, limit, setting);
    }

    fn guard_alarm(&self, actor: &Actor, at_ms: u64) -> Result<(), StorageError> {
        self.alarms.guard(actor, at_ms, || {
            let mut parts = actor.source.node.split('/');
            let (worker, class) = (parts.next(), parts.next());
            self.alarm_index(worker.unwrap_or_default(), class.unwrap_or_default())
        })
    }

    fn alarm_settled(&self, actor: &Actor, committed: Option<Option<u64>>) {
        self.alarms.settled(actor, committed);
    }

    fn facets_gone(&self, actor: &Actor, facets: &[u16]) {
        self.alarms.gone(actor, facets);
    }

    fn started(&self, actor: &Actor, code: &Code) {
        if matches!(&actor.kind, Kind::Object(place) if place.level > 0) {
            self.alarms.facet_started(actor);
        }
        self.proven(actor, code);
    }
}

impl Host {
    /// Out of this machine, where `rules` allow it.
    fn leave(&self, rules: Arc<OutboundRules>, invocation: Invocation, reply: ReplyTo) {
        let request = match invocation {
            Invocation::Fetch(request) => request,
            Invocation::Call(_) | Invocation::Tail(_) => {
                let text = "The internet has no methods to call.";
                return reply.send(Err(CallError::of("TypeError", text)));
            }
        };
        match self.context.outside() {
            Some(outside) => outside.fetch(rules, request, reply),
            None => {
                let url = harmless(&request.url, 200);
                let text = format!(
                    "fetch() of {url} is not possible: this program was started without a way out."
                );
                reply.send(Err(CallError::new(text)));
            }
        }
    }

    /// A durable object, known from now on.
    pub(super) fn object(
        &self,
        namespace: &Arc<Namespace>,
        id: &str,
        name: Option<&str>,
    ) -> Result<Arc<Actor>, CallError> {
        let path = object_path(&namespace.worker, &namespace.class, id);
        self.registry.object(&path, |path, objects| {
            if self.registry.is_closed(&path) {
                let mut error = CallError::new(
                    "The Durable Object is being moved or deleted. Try again in a moment.",
                );
                error.marks.overloaded = true;
                error.marks.status = 503;
                return Err(error);
            }
            let Some((_, stored)) = objects.stored(&path) else {
                self.may_add_object(&namespace.worker, objects)?;
                return self.new_object(namespace, id, name, path);
            };
            let name = stored.contents.name().or(name);
            let object = self.new_object(namespace, id, name, path)?;
            stored.bring_back(&object);
            Ok(object)
        })
    }

    /// Whether a worker may have one more object.
    fn may_add_object(&self, worker: &str, objects: &Objects) -> Result<(), CallError> {
        let limits = self.standings.of(worker).limits;
        let Some(limit) = limits.get(Limit::Objects) else {
            return Ok(());
        };
        if (objects.count(worker) as u64) < limit.value {
            return Ok(());
        }
        let mut error = CallError::new(format!(
            "{worker} has as many objects as it may: the limit is {}.",
            limit.value
        ));
        error.marks.overloaded = true;
        error.marks.status = 503;
        Err(error)
    }

    fn new_object(
        &self,
        namespace: &Arc<Namespace>,
        id: &str,
        name: Option<&str>,
        path: Arc<str>,
    ) -> Result<Arc<Actor>, CallError> {
        let files = self.data.object(&namespace.worker, &namespace.class, id)?;
        if let Some(name) = name
            && let Err(error) = files.set_name(name)
        {
            tracing::warn!("the name of {path} could not be kept: {error}");
        }
        let label = object_label(&namespace.class, id, name);
        let source = Source {
            node: path,
            label: label.into(),
        };
        let place = ObjectPlace {
            level: 0,
            sqlite: namespace.sqlite,
            files,
            facet: 0,
            root_id: id.into(),
        };
        let start = StartSpec {
            worker: WorkerRef::Project(namespace.worker.clone()),
            class: Some(namespace.class.to_string()),
            props: None,
            id: Some(IdView::Id {
                hex: id.into(),
                name: name.map(String::from),
            }),
        };
        Ok(Actor::new(
            self.context.clone(),
            source,
            Kind::Object(place),
            Some(start),
        ))
    }

    fn dynamic_entrypoint(&self, code: &Arc<Code>) -> Arc<Actor> {
        self.registry.dynamic(code, || {
            let name = if code.name.is_empty() {
                "anonymous"
            } else {
                &code.name
            };
            let name = harmless(name, 64);
            let source = Source {
                node: format!("dynamic/{}", crate::object::percent(&name)).into(),
                label: format!("dynamic ▸ {name}").into(),
            };
            let start = StartSpec {
                worker: WorkerRef::Dynamic(code.clone()),
                class: None,
                props: None,
                id: None,
            };
            Actor::new(self.context.clone(), source, Kind::Entrypoint, Some(start))
        })
    }

    fn alarm_index(&self, worker: &str, class: &str) -> AlarmIndex {
        let path = self.data.alarm_index_path(worker, class);
        AlarmIndex::new(path, self.durability(worker))
    }

    /// Makes the alarms of a worker's objects known, without opening their databases.
    pub(super) fn find_alarms(&self, worker: &Worker) {
        for namespace in &worker.code().namespaces {
            let (worker, class) = (&namespace.worker, &namespace.class);
            let loaded = self.alarms.load(
                worker,
                class,
                || self.alarm_index(worker, class),
                || self.data.find_alarms(worker, class),
            );
            let text = match loaded {
                Ok(false) => continue,
                Ok(true) => format!(
                    "the index of the alarms of {class} was damaged and has been written anew \
                     from the objects' databases"
                ),
                Err(error) => {
                    format!("alarms of {class} ring only once their objects set them anew: {error}")
                }
            };
            let source = Source {
                node: worker.clone(),
                label: worker.clone(),
            };
            self.context.logs.write(&source, Level::Error, true, &text);
        }
    }
}
