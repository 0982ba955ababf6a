//! What a turn is held to, and what it has used when it ends.

use std::{cell::OnceCell, sync::Arc, time::Duration};

use super::{AtLimit, InForce, Limit, TURNS};
use crate::{
    ledger::Count,
    object::{actor::Actor, live::Live, message::CallError},
    project::OutboundRules,
    sandbox::Signals,
    storage::Usage,
};

/// A turn that may still use some of its minute may use at least this much, milliseconds: a limit
/// that is nearly used up should not break every request halfway.
const LEAST_MS: f64 = 20.0;

/// The limits as one instance sees them.
pub(in crate::object) struct Held {
    /// Those in force when it last looked.
    pub limits: Arc<InForce>,
    revision: u32,
    /// CPU time since the last request, call, message or alarm came in.
    spent: Duration,
    /// Which limit ends a turn that goes on for too long.
    cpu: (Limit, u64),
    /// Where it may connect to, if fewer hosts than its project allows.
    outbound: OnceCell<Arc<OutboundRules>>,
}

impl Held {
    pub fn new(limits: Arc<InForce>, revision: u32) -> Self {
        Self {
            limits,
            revision,
            spent: Duration::ZERO,
            cpu: (Limit::CpuMsPerRequest, 0),
            outbound: OnceCell::new(),
        }
    }
}

impl Live {
    /// Something came in: its time begins anew.
    pub(in crate::object) fn begin_spending(&mut self) {
        self.limited.spent = Duration::ZERO;
    }

    /// A turn begins: says how long it may take.
    pub(in crate::object) fn hold_turn(&mut self, signals: &Signals) {
        use std::sync::atomic::Ordering::Acquire;
        let revision = self.actor.limits_revision.load(Acquire);
        if revision != self.limited.revision {
            let spent = self.limited.spent;
            self.limited = Held::new(self.actor.limits(), revision);
            self.limited.spent = spent;
            self.limit_storage();
        }
        let limits = &self.limited.limits;
        let own = self.code.cpu_limit_ms.unwrap_or(u64::MAX);
        let most = limits.value(Limit::CpuMsPerRequest).min(own);
        let left = most.saturating_sub(self.limited.spent.as_millis() as u64);
        self.limited.cpu = (Limit::CpuMsPerRequest, most);
        let mut allowed = left.max(1);
        if let Some(minute) = limits.get(Limit::CpuMsPerMinute)
            && !minute.is(AtLimit::Slow)
        {
            let now_us = self.actor.context.now_us();
            let left = self.actor.guard.left(limits, Limit::CpuMsPerMinute, now_us);
            let left = left.max(LEAST_MS) as u64;
            if left < allowed {
                allowed = left;
                self.limited.cpu = (Limit::CpuMsPerMinute, minute.value);
            }
        }
        signals.set_cpu_limit_ms(allowed);
    }

    /// A turn has ended that took that much.
    pub(in crate::object) fn note_cpu(&mut self, cpu: Duration) {
        self.actor.meter.add(Count::CpuUs, cpu.as_micros() as u64);
        self.limited.spent += cpu;
        if self.actor.has_flag(TURNS) {
            let now_us = self.actor.context.now_us();
            let (limits, guard) = (&self.limited.limits, &self.actor.guard);
            let ms = cpu.as_secs_f64() * 1000.0;
            guard.took(limits, Limit::CpuMsPerMinute, now_us, ms);
        }
    }

    /// A turn has committed that read and wrote that much.
    pub(in crate::object) fn note_rows(&mut self, usage: Usage) {
        let meter = &self.actor.meter;
        meter.add(Count::RowsRead, usage.rows_read);
        meter.add(Count::RowsWritten, usage.rows_written);
        if self.actor.has_flag(TURNS) {
            let now_us = self.actor.context.now_us();
            let (limits, guard) = (&self.limited.limits, &self.actor.guard);
            let (read, written) = (usage.rows_read as f64, usage.rows_written as f64);
            guard.took(limits, Limit::RowsReadPerMinute, now_us, read);
            guard.took(limits, Limit::RowsWrittenPerMinute, now_us, written);
        }
    }

    /// Before storage is used again in this turn.
    ///
    /// # Errors
    /// The rows of this minute are used up.
    pub(in crate::object) fn check_rows(&mut self) -> Result<(), CallError> {
        if !self.actor.has_flag(TURNS) {
            return Ok(());
        }
        let Some(database) = &self.database else {
            return Ok(());
        };
        let used = database.usage();
        let now_us = self.actor.context.now_us();
        let both = [
            (Limit::RowsReadPerMinute, used.rows_read),
            (Limit::RowsWrittenPerMinute, used.rows_written),
        ];
        for (limit, used) in both {
            let limits = &self.limited.limits;
            let left = self.actor.guard.left(limits, limit, now_us);
            if left <= used as f64
                && let Some(setting) = limits.get(limit)
            {
                self.actor.at_limit(limit, setting);
                return Err(CallError::new(format!(
                    "The limit of {} = {} is used up. Try again later.",
                    limit.name(),
                    setting.value
                )));
            }
        }
        Ok(())
    }

    /// Holds the database to its size.
    pub(in crate::object) fn limit_storage(&mut self) {
        let bytes = self.limited.limits.value(Limit::StorageBytes);
        let bytes = if bytes == u64::MAX { 0 } else { bytes };
        if let Some(database) = &mut self.database
            && let Err(error) = database.set_max_bytes(bytes)
        {
            self.tell_operator(&error);
        }
    }

    /// The database is full: what was chosen for that is done.
    pub(in crate::object) fn storage_full(&self) {
        self.reached(Limit::StorageBytes);
    }

    /// Something reached a limit of this instance.
    pub(in crate::object) fn reached(&self, limit: Limit) {
        if let Some(setting) = self.limited.limits.get(limit) {
            self.actor.at_limit(limit, setting);
        }
    }

    /// How the end of a turn that took too long is called.
    pub(in crate::object) fn cpu_limit_text(&self, what: &str) -> String {
        match self.limited.cpu {
            (Limit::CpuMsPerMinute, ms) => {
                format!(
                    "{what} exceeded its limit of {ms} ms of CPU time per minute and was reset."
                )
            }
            (_, ms) => format!("{what} exceeded its CPU time limit of {ms} ms and was reset."),
        }
    }

    /// Which limit ended a turn that took too long.
    pub(in crate::object) fn cpu_limit(&self) -> Limit {
        self.limited.cpu.0
    }

    /// `rules`, narrowed to the hosts that this object is limited to.
    pub(in crate::object) fn narrowed(&self, rules: &Arc<OutboundRules>) -> Arc<OutboundRules> {
        let Some(hosts) = &self.limited.limits.hosts else {
            return rules.clone();
        };
        let narrowed = self.limited.outbound.get_or_init(|| {
            let mut narrowed = (**rules).clone();
            narrowed.only = Some(hosts.clone());
            Arc::new(narrowed)
        });
        narrowed.clone()
    }

    /// WebSockets that are open, and whether one more may be.
    pub(in crate::object) fn may_open_socket(&self) -> Result<(), CallError> {
        let Some(setting) = self.limited.limits.get(Limit::WebSockets) else {
            return Ok(());
        };
        let open = self.sockets.accepted() + self.actor.sockets.lock().all.len();
        if (open as u64) < setting.value {
            return Ok(());
        }
        self.actor.at_limit(Limit::WebSockets, setting);
        Err(CallError::new(format!(
            "No further WebSocket is accepted: the limit is {}.",
            setting.value
        )))
    }
}

impl Actor {
    /// CPU time of this minute is used up and what is over it waits: for how long, microseconds.
    pub(in crate::object) fn slowed(self: &Arc<Self>) -> Option<u64> {
        if !self.has_flag(TURNS) {
            return None;
        }
        let limits = self.limits();
        let setting = limits.get(Limit::CpuMsPerMinute)?;
        if !setting.is(AtLimit::Slow) {
            return None;
        }
        let now_us = self.context.now_us();
        let limit = Limit::CpuMsPerMinute;
        let (_, wait_us) = self.guard.exhausted(&limits, limit, now_us)?;
        self.at_limit(limit, setting);
        Some(wait_us)
    }

    /// An alarm is about to ring; `Err` says when it may, milliseconds from now.
    pub(in crate::object) fn may_ring(self: &Arc<Self>) -> Result<(), u64> {
        let limits = self.limits();
        let limit = Limit::AlarmsPerMinute;
        let taken = self
            .guard
            .try_take(&limits, limit, self.context.now_us(), 1.0);
        taken.map_err(|(setting, wait_us)| {
            self.at_limit(limit, setting);
            wait_us.div_ceil(1000)
        })
    }
}
