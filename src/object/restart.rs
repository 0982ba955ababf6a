//! How an instance is started; and started afresh with another version of its code between two
//! turns, when data stays, and so do WebSockets that can hibernate.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    actor::{Actor, Kind},
    code::Code,
    events::Event,
    instance::Instance,
    limits::Limit,
    message::CallError,
    target::WorkerRef,
};
use crate::{
    ledger::{Count, Level, now_ms},
    sandbox::Signals,
};

/// How long requests that are under way may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// How often is looked whether they have.
const LOOK: Duration = Duration::from_millis(10);

/// What an object runs when it has been started afresh.
#[derive(Clone, Debug)]
pub enum Change {
    /// What its worker has now.
    Same,
    /// This code.
    Code(Arc<Code>),
    /// Whatever its parent brings when it next calls it.
    Forget,
}

/// An object is to be started afresh.
pub(super) struct Restart {
    change: Change,
    /// Then requests under way are cut off.
    until: Instant,
}

/// Why there is no instance, and with which code, if that was found.
struct NotStarted {
    code: Option<Arc<Code>>,
    error: CallError,
}

impl NotStarted {
    fn without_code(error: CallError) -> Box<Self> {
        Box::new(Self { code: None, error })
    }
}

impl Actor {
    /// Starts an instance unless there is one. A version on trial that does not start gives way to
    /// the one before.
    pub(super) fn ensure_started(
        self: &Arc<Self>,
        core: &mut Option<Box<Instance>>,
    ) -> Result<(), CallError> {
        if core.is_some() {
            return Ok(());
        }
        let NotStarted { code, error } = match self.start_instance(core) {
            Ok(()) => return Ok(()),
            Err(failed) => *failed,
        };
        let Some(code) = code else { return Err(error) };
        self.report(&error);
        let world = self.world();
        let instead = world.and_then(|world| world.give_up_version(self, &code, &error));
        if let Some(instead) = instead {
            if let Some(start) = &mut *self.start.lock() {
                start.worker = instead;
            }
            let again = self.start_instance(core);
            return again.map_err(|failed| {
                self.report(&failed.error);
                failed.error
            });
        }
        // the class that could not start is not kept: its parent may bring a better one
        if matches!(&self.kind, Kind::Object(place) if place.level > 0) {
            *self.start.lock() = None;
        }
        Err(error)
    }

    fn start_instance(
        self: &Arc<Self>,
        core: &mut Option<Box<Instance>>,
    ) -> Result<(), Box<NotStarted>> {
        let spec = self.start.lock().clone();
        let spec = spec.ok_or_else(|| {
            let text = "The facet is not running and no class was given for it.";
            NotStarted::without_code(CallError::new(text))
        })?;
        let code = self.code(&spec.worker).map_err(NotStarted::without_code)?;
        let limits = self.limits();
        let signals = Arc::new(Signals::new(limits.value(Limit::CpuMsPerRequest)));
        signals.set_memory_limit(limits.value(Limit::MemoryBytes));
        self.generation.fetch_add(1, Ordering::AcqRel);
        *self.signals.lock() = Some(signals.clone());
        *self.end.lock() = None;
        self.meter.add(Count::ColdStarts, 1);
        match Instance::start(self.clone(), self.link(), &spec, code.clone(), signals) {
            Ok(instance) => {
                *core = Some(instance);
                self.started_ms.store(now_ms(), Ordering::Relaxed);
                self.broken.store(false, Ordering::Relaxed);
                self.killed.store(false, Ordering::Relaxed);
                *self.version.lock() = code.version.clone();
                if let Some(world) = self.world() {
                    world.started(self, &code);
                }
                Ok(())
            }
            Err(error) => {
                self.left_memory();
                self.broken.store(true, Ordering::Relaxed);
                Err(Box::new(NotStarted {
                    code: Some(code),
                    error,
                }))
            }
        }
    }

    fn code(&self, worker: &WorkerRef) -> Result<Arc<Code>, CallError> {
        match worker {
            WorkerRef::Dynamic(code) => Ok(code.clone()),
            WorkerRef::Project(name) => self
                .world()
                .and_then(|world| world.current_code(name))
                .ok_or_else(|| CallError::new(format!("There is no worker called \"{name}\"."))),
        }
    }

    /// Starts it afresh between two turns, once requests that are under way have ended. One that
    /// was not in memory is only told what to run.
    pub fn restart(self: &Arc<Self>, change: Change) {
        self.push(Event::Restart(Restart {
            change,
            until: Instant::now() + GRACE,
        }));
    }

    pub(super) fn go_over(self: &Arc<Self>, core: &mut Option<Box<Instance>>, restart: Restart) {
        let idle = core.as_ref().is_none_or(|instance| instance.is_idle());
        if !idle && Instant::now() < restart.until {
            let actor = Arc::downgrade(self);
            self.context.tokio.spawn(async move {
                tokio::time::sleep(LOOK).await;
                if let Some(actor) = actor.upgrade() {
                    actor.push(Event::Restart(restart));
                }
            });
            return;
        }
        let was_live = core.is_some();
        if let Some(instance) = core.take() {
            self.log(
                Level::Info,
                true,
                "starts afresh, because its code was updated",
            );
            self.drop_ended_sockets();
            self.left_memory();
            if !idle {
                let reason = "Durable Object reset because its code was updated.";
                instance.end(&CallError::new(reason).reset());
            }
        }
        {
            let mut start = self.start.lock();
            match restart.change {
                Change::Same => {}
                Change::Code(code) => {
                    if let Some(start) = &mut *start {
                        start.worker = WorkerRef::Dynamic(code);
                    }
                }
                Change::Forget => *start = None,
            }
            if start.is_none() {
                return;
            }
        }
        if was_live {
            // what keeps it from starting has been reported
            let _ = self.ensure_started(core);
        }
    }

    /// Starts an instance, and ends it at once: whether its code can start at all.
    ///
    /// # Errors
    /// What the code throws.
    pub fn try_start(self: &Arc<Self>) -> Result<(), CallError> {
        let mut core = self.core.lock();
        let started = self.ensure_started(&mut core);
        if core.take().is_some() {
            self.left_memory();
        }
        started
    }
}
