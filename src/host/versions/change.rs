//! Which version runs: reloads, versions that an operator puts in place, and their release.

use std::sync::Arc;

use super::{
    Bringer, Content, Identity, Override, VersionLine, Versions, VersionsError, diff, trial::Of,
    with_content,
};
use crate::{
    host::{Host, VerbError, setup},
    ledger::{Entry, Level, Source, Who, now_ms},
    object::{Actor, Change, Code, Kind, StartSpec, WorkerRef},
    project::{self, Project},
};

/// Compiled again and again, an operator's edit must not be larger than what a loader may bring.
const MAX_EDIT_BYTES: usize = 64 << 20;

impl Versions {
    /// Sets or removes an override, also on disk.
    pub(super) fn put_override(
        &self,
        identity: &Identity,
        to: Option<Override>,
    ) -> Result<(), VersionsError> {
        self.store.set_override(identity, to.as_ref())?;
        let mut overrides = self.overrides.write();
        match to {
            Some(to) => overrides.insert(identity.clone(), to),
            None => overrides.remove(identity),
        };
        Ok(())
    }
}

impl Host {
    /// Starts afresh what is at `path`, with its code read anew: a project's from its folder, a
    /// dynamic worker's from whoever loads it. Data stays, WebSockets that can hibernate stay
    /// open, and requests that are under way may end. Returns a sentence about it.
    pub fn reload(&self, path: &str) -> Result<String, VerbError> {
        match self.code_at(path)? {
            Of::Dynamic(identity) => self.reload_dynamic(&identity),
            Of::Project(name) => self.reload_project(&name),
        }
    }

    fn reload_dynamic(&self, identity: &Identity) -> Result<String, VerbError> {
        let of = Of::Dynamic(identity.clone());
        let known = self.registry.code(&identity.scope, &identity.id);
        if let Some(code) = known {
            self.registry.forget_code(&code);
            self.versions.trials.expect(identity.clone(), code);
        }
        for actor in self.running(&of) {
            actor.restart(Change::Forget);
        }
        Ok(format!(
            "{identity} asks its loader for its code at the next request"
        ))
    }

    fn reload_project(&self, name: &str) -> Result<String, VerbError> {
        let worker = self
            .worker(name)
            .ok_or_else(|| VerbError::Gone(name.into()))?;
        let unusable = |why: String| VerbError::Code {
            name: name.into(),
            why,
        };
        let project = Project::load(&worker.folder).map_err(|error| unusable(error.to_string()))?;
        let workers = self.workers();
        project::check_together(&project.config, workers.iter().map(|worker| &*worker.name))
            .map_err(|error| unusable(error.to_string()))?;
        let code = setup::code(&project);
        if code.name != worker.name {
            return Err(unusable(format!(
                "its name changed to \"{}\"; restart for that",
                code.name
            )));
        }
        let folder = worker.folder.display().to_string();
        self.versions
            .note(&code, name.into(), Bringer::Project, &folder);
        self.run_project(name, Arc::new(code), "reload")
    }

    /// Makes a worker run this code, if it starts.
    fn run_project(&self, name: &str, code: Arc<Code>, what: &str) -> Result<String, VerbError> {
        let worker = self
            .worker(name)
            .ok_or_else(|| VerbError::Gone(name.into()))?;
        self.try_out(&code, name)?;
        let before = worker.code();
        let version = code.version.clone();
        let of = Of::Project(worker.name.clone());
        self.begin_trial(of.clone(), &code, before.clone(), None);
        worker.put_code(code);
        self.find_alarms(&worker);
        self.registry.forget_codes(name);
        self.told_version(&worker.name, what, None, &before.version, &version);
        for actor in self.running(&of) {
            for facet in actor.tree().iter().skip(1) {
                facet.restart(Change::Forget);
            }
            actor.restart(Change::Same);
        }
        Ok(format!(
            "{name} runs version {version} from the next request on"
        ))
    }

    /// Starts a sandbox with this code, for a moment: code that cannot start is not put in place.
    fn try_out(&self, code: &Arc<Code>, name: &str) -> Result<(), VerbError> {
        let source = Source {
            node: name.into(),
            label: name.into(),
        };
        let start = StartSpec {
            worker: WorkerRef::Dynamic(code.clone()),
            class: None,
            props: None,
            id: None,
        };
        let trial = Actor::new(self.context.clone(), source, Kind::Entrypoint, Some(start));
        trial.try_start().map_err(|error| VerbError::Code {
            name: name.into(),
            why: error.to_string(),
        })
    }

    /// Versions of the worker that `path` runs; those of a project include its dynamic workers'.
    pub fn versions_at(&self, path: &str) -> Result<Vec<VersionLine>, VerbError> {
        let worker = match self.code_at(path)? {
            Of::Project(name) => name.to_string(),
            Of::Dynamic(identity) => identity.to_string(),
        };
        Ok(self.versions.list(&worker)?)
    }

    /// The full hash of the version that runs at `path`, and the one whose place it takes.
    pub fn version_at(&self, path: &str) -> Result<(Arc<str>, Option<Arc<str>>), VerbError> {
        let code = self.running_code(&self.code_at(path)?, path)?;
        Ok((code.content.clone(), code.replaces.clone()))
    }

    /// The modules of a version; its first digits will do.
    pub fn version(&self, digits: &str) -> Result<(String, Content), VerbError> {
        Ok(self.versions.content(digits)?)
    }

    /// How one version differs from another.
    pub fn version_diff(&self, old: &str, new: &str) -> Result<String, VerbError> {
        let (_, old) = self.versions.content(old)?;
        let (_, new) = self.versions.content(new)?;
        Ok(diff(&old, &new))
    }

    /// Makes what `path` runs, and all others of the same worker, run a version that was brought
    /// before. For a dynamic worker it takes the place of what its supervising class loads, until
    /// it is released; a project's worker runs it until it is reloaded. Returns a sentence.
    pub fn use_version(&self, path: &str, digits: &str) -> Result<String, VerbError> {
        let (_, content) = self.versions.content(digits)?;
        self.put_in_place(path, content, "use-version")
    }

    /// The same with one module edited. Returns a sentence.
    pub fn edit(&self, path: &str, module: &str, source: &[u8]) -> Result<String, VerbError> {
        if source.len() > MAX_EDIT_BYTES {
            return Err(VerbError::Refused(format!(
                "a module of {} bytes is too large: {MAX_EDIT_BYTES} is the most",
                source.len()
            )));
        }
        let code = self.running_code(&self.code_at(path)?, path)?;
        let mut content = Content {
            main: code.main.clone(),
            modules: code.modules.clone(),
        };
        let known: Vec<&str> = content.modules.iter().map(|it| &*it.name).collect();
        let known = known.join(", ");
        let edited = content.modules.iter_mut().find(|it| it.name == module);
        let Some(edited) = edited else {
            return Err(VerbError::Refused(format!(
                "there is no module \"{module}\" in version {}: there are {known}",
                code.version
            )));
        };
        edited.source = source.to_vec().into();
        self.put_in_place(path, content, "edit")
    }

    /// Ends what an operator put in the place of a dynamic worker's code: what its supervising
    /// class loads runs again. Returns a sentence.
    pub fn release(&self, path: &str) -> Result<String, VerbError> {
        let Of::Dynamic(identity) = self.code_at(path)? else {
            return Err(VerbError::Refused(format!(
                "{path} runs a project's code: reload it to have what is in its folder"
            )));
        };
        let Some(over) = self.versions.override_of(&identity) else {
            return Err(VerbError::Refused(format!(
                "{identity} runs what its supervising class loads already"
            )));
        };
        let of = Of::Dynamic(identity.clone());
        let known = self.registry.code(&identity.scope, &identity.id);
        let before = known.as_ref().and_then(|code| code.replaces.clone());
        let original = match &before {
            Some(hash) => Some(self.versions.content(hash)?.1),
            None => None,
        };
        self.versions.put_override(&identity, None)?;
        let now = match (&known, original) {
            (Some(code), Some(original)) => Some(Arc::new(with_content(code, original, None))),
            _ => None,
        };
        match &now {
            Some(code) => self
                .registry
                .put_code(&identity.scope, &identity.id, code.clone()),
            None => {
                if let Some(code) = known {
                    self.registry.forget_code(&code);
                }
            }
        }
        let after = now
            .as_ref()
            .map_or("what its supervising class loads", |it| &*it.version);
        self.told_version(
            &identity.to_string(),
            "release",
            None,
            &over.content[..8],
            after,
        );
        for actor in self.running(&of) {
            actor.restart(match &now {
                Some(code) => Change::Code(code.clone()),
                None => Change::Forget,
            });
        }
        Ok(format!("{identity} runs {after} again"))
    }

    fn put_in_place(&self, path: &str, content: Content, what: &str) -> Result<String, VerbError> {
        match self.code_at(path)? {
            Of::Project(name) => {
                let current = self.running_code(&Of::Project(name.clone()), path)?;
                let code = with_content(&current, content.clone(), None);
                self.versions.bring(content, name.to_string());
                self.run_project(&name, Arc::new(code), what)
            }
            Of::Dynamic(identity) => self.override_with(&identity, path, content, what),
        }
    }

    fn override_with(
        &self,
        identity: &Identity,
        path: &str,
        content: Content,
        what: &str,
    ) -> Result<String, VerbError> {
        let of = Of::Dynamic(identity.clone());
        let current = self.running_code(&of, path)?;
        let replaced = |code: &Code| {
            let own = code.content.clone();
            Some(code.replaces.clone().unwrap_or(own))
        };
        let new = Arc::new(with_content(&current, content.clone(), replaced(&current)));
        self.try_out(&new, &identity.to_string())?;
        let before = self.versions.override_of(identity);
        self.versions.bring(content.clone(), identity.to_string());
        let over = Override {
            content: new.content.to_string(),
            since_ms: now_ms(),
        };
        self.versions.put_override(identity, Some(over))?;
        self.begin_trial(of.clone(), &new, current.clone(), before);
        self.registry
            .put_code(&identity.scope, &identity.id, new.clone());
        let node = identity.to_string();
        self.told_version(&node, what, None, &current.version, &new.version);
        let mut moved = 0;
        for actor in self.running(&of) {
            // one may have narrower limits than the others
            let Some(WorkerRef::Dynamic(code)) = actor.worker() else {
                continue;
            };
            let code = match Arc::ptr_eq(&code, &current) {
                true => new.clone(),
                false => Arc::new(with_content(&code, content.clone(), replaced(&code))),
            };
            moved += 1;
            actor.restart(Change::Code(code));
        }
        Ok(format!(
            "{identity} runs version {} instead of what its supervising class loads, in {moved} \
             objects and facets; release it to undo that",
            new.version
        ))
    }

    /// Which worker's code a path is about: a project, an object, a facet, or a dynamic worker as
    /// `worker/LOADER/id`.
    fn code_at(&self, path: &str) -> Result<Of, VerbError> {
        let gone = || VerbError::Gone(path.into());
        let mut parts = path.splitn(3, '/');
        let worker = parts
            .next()
            .and_then(|name| self.worker(name))
            .ok_or_else(gone)?;
        let (Some(second), Some(rest)) = (parts.next(), parts.next()) else {
            return Ok(Of::Project(worker.name.clone()));
        };
        if let Some(actor) = self.node(path) {
            return match actor.worker() {
                Some(WorkerRef::Dynamic(code)) => match code.identity() {
                    Some((scope, id)) => Ok(Of::Dynamic(Identity {
                        scope: scope.clone(),
                        id: id.clone(),
                    })),
                    None => Err(VerbError::Refused(format!(
                        "the code of {path} was loaded without an id, so its supervising class \
                         alone can change it"
                    ))),
                },
                Some(WorkerRef::Project(name)) => Ok(Of::Project(name)),
                None => Err(VerbError::Refused(format!(
                    "nothing has started {path} yet, so its code is not known"
                ))),
            };
        }
        if worker.code().has_loader(second) {
            return Ok(Of::Dynamic(Identity {
                scope: format!("{}/{second}", worker.name).into(),
                id: rest.into(),
            }));
        }
        Err(gone())
    }

    fn running_code(&self, of: &Of, path: &str) -> Result<Arc<Code>, VerbError> {
        let code = match of {
            Of::Project(name) => self.worker(name).map(|worker| worker.code()),
            Of::Dynamic(identity) => {
                let known = self.registry.code(&identity.scope, &identity.id);
                known.or_else(|| {
                    let user = self.running(of).into_iter().next()?;
                    match user.worker()? {
                        WorkerRef::Dynamic(code) => Some(code),
                        WorkerRef::Project(_) => None,
                    }
                })
            }
        };
        code.ok_or_else(|| {
            VerbError::Refused(format!(
                "{path} is not loaded now: send it a request first, so that its supervising class \
                 loads it"
            ))
        })
    }

    /// The operator and the audit hear that another version runs.
    pub(super) fn told_version(
        &self,
        node: &str,
        what: &str,
        why: Option<&str>,
        before: &str,
        after: &str,
    ) {
        let source = Source {
            node: node.into(),
            label: node.into(),
        };
        let text = format!("{what}: version {after} instead of {before}");
        self.context.logs.write(&source, Level::Info, true, &text);
        let who = match what {
            "roll-back" => Who::Host,
            _ => Who::Operator,
        };
        let mut entry =
            Entry::now(who, what, node).changed(Some(before.to_string()), Some(after.to_string()));
        entry.why = why.map(String::from);
        self.note(entry);
    }
}
