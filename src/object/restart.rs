//! Another version of the code, between two turns: data stays, and so do WebSockets that can
//! hibernate.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    actor::{Actor, Event},
    code::Code,
    instance::Instance,
    message::CallError,
    target::WorkerRef,
};
use crate::ledger::Level;

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

impl Actor {
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
