//! New versions are on trial: one that does not start, or fails more often than an operator
//! allows, gives way to the one before.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use parking_lot::Mutex;

use super::{Identity, Override};
use crate::{
    host::Host,
    ledger::{Count, Counts, Level, Source, now_ms},
    object::{Actor, CallError, Change, Code, WorkerRef, limits::Limit},
};

/// How long a new version is watched, milliseconds.
const WATCHED_MS: u64 = 10 * 60 * 1000;
/// Errors among fewer requests than this say nothing.
const LEAST_SERVED: u64 = 10;

/// What a version is one of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// A project, by name.
    Project(Arc<str>),
    /// A dynamic worker.
    Dynamic(Identity),
}

/// A new version, and the way back.
pub(super) struct Trial {
    of: Of,
    before: Arc<Code>,
    /// What the operator had in place before; `None` when it was the supervising class's code.
    override_before: Option<Override>,
    /// Classes that have started with it.
    started: HashSet<String>,
    since_ms: u64,
    /// What those that run it had counted when it came.
    counts: Counts,
}

/// The versions on trial, by the hash of their content.
#[derive(Default)]
pub(super) struct Trials {
    any: AtomicBool,
    all: Mutex<HashMap<Arc<str>, Trial>>,
    /// Dynamic workers that were reloaded, and what ran until then: whatever is brought next is on
    /// trial.
    expected: Mutex<HashMap<Identity, Arc<Code>>>,
}

impl Trials {
    pub fn expect(&self, identity: Identity, before: Arc<Code>) {
        self.expected.lock().insert(identity, before);
        self.any.store(true, Relaxed);
    }

    fn take(&self, content: &str, class: &str) -> Option<Trial> {
        let mut all = self.all.lock();
        let proven = all.get(content)?.started.contains(class);
        if proven { None } else { all.remove(content) }
    }
}

impl Host {
    /// Puts a version on trial; `before` is the way back.
    pub(super) fn begin_trial(
        &self,
        of: Of,
        new: &Code,
        before: Arc<Code>,
        override_before: Option<Override>,
    ) {
        let mut all = self.versions.trials.all.lock();
        // a version replaced by another is not gone back to
        all.retain(|_, trial| trial.of != of);
        if new.content == before.content {
            return;
        }
        let trial = Trial {
            counts: self.counted(&of),
            of,
            before,
            override_before,
            started: HashSet::new(),
            since_ms: now_ms(),
        };
        all.insert(new.content.clone(), trial);
        self.versions.trials.any.store(true, Relaxed);
    }

    /// A supervising class brings a dynamic worker: on trial, if it was reloaded.
    pub(in crate::host) fn brought(&self, identity: &Identity, code: &Code) {
        if !self.versions.trials.any.load(Relaxed) {
            return;
        }
        let before = self.versions.trials.expected.lock().remove(identity);
        if let Some(before) = before {
            self.begin_trial(Of::Dynamic(identity.clone()), code, before, None);
        }
    }

    /// An instance has started with this code.
    pub(in crate::host) fn proven(&self, actor: &Actor, code: &Code) {
        if !self.versions.trials.any.load(Relaxed) {
            return;
        }
        if let Some(trial) = self.versions.trials.all.lock().get_mut(&code.content) {
            trial.started.insert(actor.class());
        }
    }

    /// An instance could not be started with this code: what it runs instead, if the version is
    /// on trial.
    pub(in crate::host) fn give_up_version(
        &self,
        actor: &Actor,
        code: &Code,
        error: &CallError,
    ) -> Option<WorkerRef> {
        if !self.versions.trials.any.load(Relaxed) || error.marks.overloaded {
            return None;
        }
        let trial = self.versions.trials.take(&code.content, &actor.class())?;
        let before = trial.before.clone();
        let why = format!("it did not start: {error}");
        let back = match &trial.of {
            Of::Project(name) => WorkerRef::Project(name.clone()),
            Of::Dynamic(_) => WorkerRef::Dynamic(before.clone()),
        };
        self.go_back(trial, code, &why, Some(&actor.source.node));
        Some(back)
    }

    /// Looks whether new versions fail more often than their operators allow.
    pub(in crate::host) fn watch_trials(&self) {
        if !self.versions.trials.any.load(Relaxed) {
            return;
        }
        let now = now_ms();
        let failing = {
            let mut all = self.versions.trials.all.lock();
            all.retain(|_, trial| now.saturating_sub(trial.since_ms) < WATCHED_MS);
            let expected = self.versions.trials.expected.lock().is_empty();
            self.versions
                .trials
                .any
                .store(!all.is_empty() || !expected, Relaxed);
            let failing = all
                .iter()
                .find_map(|(content, trial)| Some((content.clone(), self.fails(trial)?)));
            failing.and_then(|(content, why)| Some((all.remove(&content)?, content, why)))
        };
        if let Some((trial, content, why)) = failing {
            let code = match &trial.of {
                Of::Project(name) => self.worker(name).map(|worker| worker.code()),
                Of::Dynamic(identity) => self.registry.code(&identity.scope, &identity.id),
            };
            let code = code.filter(|code| code.content == content);
            if let Some(code) = code {
                self.go_back(trial, &code, &why, None);
            }
        }
    }

    /// Why a version fails too often, if it does.
    fn fails(&self, trial: &Trial) -> Option<String> {
        let node = match &trial.of {
            Of::Project(name) => name.to_string(),
            Of::Dynamic(_) => self.running(&trial.of).first()?.source.node.to_string(),
        };
        let limits = self.standings.of(&node).limits;
        let most = limits.get(Limit::ErrorPercentAfterReload)?.value;
        let since = self.counted(&trial.of) - trial.counts;
        let (served, errors) = (since.served(), since[Count::Errors]);
        let too_many = served >= LEAST_SERVED && errors * 100 > most * served;
        too_many.then(|| {
            format!("{errors} of {served} requests failed, and at most {most} % may after a reload")
        })
    }

    /// What those that run a worker's code have counted.
    fn counted(&self, of: &Of) -> Counts {
        let mut sum = Counts::default();
        for actor in self.running(of) {
            sum += actor.meter.counts();
        }
        if let Of::Project(name) = of {
            sum += self.stored_counts(name);
        }
        sum
    }

    /// Those that run a worker's code, or will when they next start.
    pub(super) fn running(&self, of: &Of) -> Vec<Arc<Actor>> {
        let mut all = self.everyone();
        all.retain(|actor| match (of, actor.worker()) {
            (Of::Project(name), Some(WorkerRef::Project(worker))) => worker == *name,
            (Of::Dynamic(identity), Some(WorkerRef::Dynamic(code))) => {
                code.identity() == Some((&identity.scope, &identity.id))
            }
            _ => false,
        });
        all
    }

    /// Puts the version before a trial back.
    fn go_back(&self, trial: Trial, failed: &Code, why: &str, but: Option<&str>) {
        let (version, before) = (&failed.version, &trial.before);
        let text = format!(
            "version {version} is given up, because {why}. Version {} goes on",
            before.version
        );
        let node = match &trial.of {
            Of::Project(name) => name.clone(),
            Of::Dynamic(identity) => identity.to_string().into(),
        };
        let source = Source {
            node: node.clone(),
            label: node.clone(),
        };
        self.context.logs.write(&source, Level::Error, true, &text);
        match &trial.of {
            Of::Project(name) => {
                if let Some(worker) = self.worker(name) {
                    worker.put_code(before.clone());
                }
            }
            Of::Dynamic(identity) => {
                let kept = self
                    .versions
                    .put_override(identity, trial.override_before.clone());
                if let Err(error) = kept {
                    let text = format!("after a restart the failed version is back: {error}");
                    self.context.logs.write(&source, Level::Error, true, &text);
                }
                self.registry
                    .put_code(&identity.scope, &identity.id, before.clone());
            }
        }
        self.told_version(&node, "roll-back", Some(why), version, &before.version);
        for actor in self.running(&trial.of) {
            if but == Some(&*actor.source.node) {
                continue;
            }
            let change = match &trial.of {
                Of::Project(_) => Change::Same,
                Of::Dynamic(_) => Change::Code(before.clone()),
            };
            actor.restart(change);
        }
    }
}
