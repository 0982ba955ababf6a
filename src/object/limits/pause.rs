//! Objects that are told to wait: nothing of them runs until they are resumed.

use std::{sync::Arc, time::Duration};

use super::{InForce, Limit};
use crate::object::{actor::Actor, events::Event, message::CallError};

/// Why and how an object waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What callers are told, as a sentence.
    pub reason: String,
    /// How long a request may wait for the end of it; zero refuses at once.
    pub wait: Duration,
}

impl Pause {
    /// What a request gets that is not let in.
    pub(super) fn refusal(&self) -> CallError {
        let mut error = CallError::new(self.reason.clone());
        error.marks.overloaded = true;
        error.marks.status = 503;
        error
    }
}

/// What the host holds an object to.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its limits.
    pub limits: Arc<InForce>,
    /// There while it is paused.
    pub pause: Option<Arc<Pause>>,
}

/// The host has said how this object stands.
pub(in crate::object) const KNOWN: u8 = 1;
/// Requests are looked at before they come in.
pub(in crate::object) const ENTRY: u8 = 2;
/// What turns use is noted.
pub(in crate::object) const TURNS: u8 = 4;
/// Nothing runs.
pub(in crate::object) const PAUSED: u8 = 8;

impl Standing {
    pub(in crate::object) fn flags(&self) -> u8 {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        KNOWN
            | flag(self.limits.guards_entry(), ENTRY)
            | flag(self.limits.guards_turns(), TURNS)
            | flag(self.pause.is_some(), PAUSED)
    }
}

impl Actor {
    /// How it stands, as the host says.
    pub(in crate::object) fn standing(self: &Arc<Self>) -> Standing {
        if let Some(standing) = &*self.standing.lock() {
            return standing.clone();
        }
        let standing = match self.world() {
            Some(world) => world.standing(&self.source.node),
            None => Standing {
                limits: Arc::default(),
                pause: None,
            },
        };
        self.stand(standing.clone());
        standing
    }

    /// The limits that hold for it.
    pub fn limits(self: &Arc<Self>) -> Arc<InForce> {
        self.standing().limits
    }

    /// Why it is paused, if it is.
    pub fn pause(&self) -> Option<Arc<Pause>> {
        self.standing.lock().as_ref()?.pause.clone()
    }

    /// The same, if it has asked how it stands before.
    pub fn stand_if_known(self: &Arc<Self>, standing: impl FnOnce() -> Standing) {
        let known = self.standing.lock().is_some();
        if known {
            self.stand(standing());
        }
    }

    /// Holds it to other limits, or pauses or resumes it; a turn under way feels it at once.
    pub fn stand(self: &Arc<Self>, standing: Standing) {
        use std::sync::atomic::Ordering::{Relaxed, Release};
        let limits = standing.limits.clone();
        let flags = standing.flags();
        let changed = {
            let mut known = self.standing.lock();
            let same = known
                .as_ref()
                .is_some_and(|known| known.limits == standing.limits);
            *known = Some(standing);
            !same
        };
        let before = self.flags.swap(flags, Release);
        if changed {
            self.limits_revision.fetch_add(1, Release);
            self.guard.refill();
            self.hold_running_turn(&limits);
        }
        if before & PAUSED != 0 && flags & PAUSED == 0 {
            self.wake();
        }
        if before & PAUSED == 0 && flags & PAUSED != 0 {
            self.last_active_ms.store(crate::ledger::now_ms(), Relaxed);
            self.expire_waiting();
        }
    }

    fn hold_running_turn(self: &Arc<Self>, limits: &InForce) {
        let memory = limits.value(Limit::MemoryBytes);
        if let Some(signals) = self.signals.lock().as_ref() {
            signals.set_cpu_limit_ms(limits.value(Limit::CpuMsPerRequest));
            signals.set_memory_limit(memory);
        }
        let used = self.meter.snapshot().memory_bytes;
        if used > memory {
            self.kill(CallError::new(format!(
                "The memory limit was lowered to {} MiB, and {} MiB were in use.",
                memory >> 20,
                used >> 20
            )));
        }
    }

    /// Once paused: whoever waits already, or comes while it lasts, waits no longer than that.
    pub(super) fn expire_waiting(self: &Arc<Self>) {
        let Some(pause) = self.pause() else { return };
        let actor = Arc::downgrade(self);
        self.context.tokio.spawn(async move {
            tokio::time::sleep(pause.wait).await;
            if let Some(actor) = actor.upgrade()
                && let Some(now) = actor.pause()
            {
                actor.refuse_waiting(&now);
            }
        });
    }

    /// Refuses the requests that have waited for as long as the pause lets them.
    fn refuse_waiting(self: &Arc<Self>, pause: &Pause) {
        let now = crate::ledger::now_ms();
        let wait = pause.wait.as_millis() as u64;
        let expired = self.take_waiting(|event| {
            matches!(event, Event::Invoke { arrived_ms, .. } if arrived_ms + wait <= now + 1)
        });
        for event in expired {
            self.refuse(event, pause.refusal());
        }
    }
}
