//! Whether a request may come in now, and what happens to one that may not.

use std::{sync::Arc, time::Duration};

use super::{
    AtLimit, Entered, Limit, Setting,
    pause::{ENTRY, PAUSED},
};
use crate::{
    ledger::Count,
    object::{actor::Actor, events::Event, message::CallError},
};

/// A request that would have to wait longer than this for its turn is refused.
const LONGEST_WAIT_US: u64 = 30_000_000;

impl Actor {
    /// Lets a request or call in, lets it wait, or refuses it.
    pub(in crate::object) fn admit(self: &Arc<Self>, event: Event, flags: u8) {
        if flags & PAUSED != 0 {
            let Some(pause) = self.pause() else {
                return self.push(event);
            };
            if pause.wait.is_zero() {
                return self.refuse(event, pause.refusal());
            }
            self.push(event);
            return self.expire_waiting();
        }
        if flags & ENTRY != 0 {
            return self.admit_within_rates(event);
        }
        self.push(event);
    }

    fn admit_within_rates(self: &Arc<Self>, event: Event) {
        let limits = self.limits();
        let now_us = self.context.now_us();
        const USED_UP: [Limit; 3] = [
            Limit::CpuMsPerMinute,
            Limit::RowsReadPerMinute,
            Limit::RowsWrittenPerMinute,
        ];
        for limit in USED_UP {
            if let Some((setting, wait_us)) = self.guard.exhausted(&limits, limit, now_us)
                && !setting.is(AtLimit::Slow)
            {
                return self.turn_away(event, limit, setting, wait_us);
            }
        }
        let limit = Limit::RequestsPerSecond;
        match self.guard.try_take(&limits, limit, now_us, 1.0) {
            Ok(()) => self.enter(event),
            Err((setting, wait_us)) if setting.is(AtLimit::Slow) && wait_us < LONGEST_WAIT_US => {
                self.at_limit(limit, setting);
                let wait_us = self.guard.take_later(limit, setting, now_us);
                let actor = self.clone();
                self.context.tokio.spawn(async move {
                    tokio::time::sleep(Duration::from_micros(wait_us)).await;
                    actor.enter(event);
                });
            }
            Err((setting, wait_us)) => self.turn_away(event, limit, setting, wait_us),
        }
    }

    /// Past the rates: in, if there is room for one more at once.
    fn enter(self: &Arc<Self>, mut event: Event) {
        let limits = self.limits();
        match self.guard.enter(&limits) {
            Entered::Now(ticket) => {
                if let Some(ticket) = ticket {
                    event.give(ticket);
                }
                self.push(event);
            }
            Entered::Full(setting) if setting.is(AtLimit::Slow) => {
                self.at_limit(Limit::ConcurrentRequests, setting);
                if let Some(event) = self.guard.wait(self, event) {
                    self.turn_away(event, Limit::ConcurrentRequests, setting, 1_000_000);
                }
            }
            Entered::Full(setting) => {
                self.turn_away(event, Limit::ConcurrentRequests, setting, 1_000_000);
            }
        }
    }

    /// Refuses a request at a limit, and does what is to be done there.
    fn turn_away(self: &Arc<Self>, event: Event, limit: Limit, setting: Setting, wait_us: u64) {
        let status = match limit {
            Limit::ConcurrentRequests => 503,
            _ => 429,
        };
        let seconds = wait_us.div_ceil(1_000_000).clamp(1, 3600);
        let mut error = CallError::new(format!(
            "{} is over its limit of {} = {}. Try again in {seconds} s.",
            self.source.label,
            limit.name(),
            setting.value
        ));
        error.marks.overloaded = true;
        error.marks.retryable = true;
        error.marks.status = status;
        error.marks.retry_after_s = seconds as u16;
        self.at_limit(limit, setting);
        if setting.is(AtLimit::Pause) && self.pause().is_some() {
            // it waits as those do that come later
            return self.admit(event, PAUSED);
        }
        self.refuse(event, error);
    }

    /// Answers a request that does not come in.
    pub(super) fn refuse(self: &Arc<Self>, event: Event, error: CallError) {
        self.context.changed.note(&self.source.node, &self.meter);
        self.meter.add(Count::Refusals, 1);
        if let Event::Invoke { reply, .. } = event {
            reply.send(Err(error));
        }
    }

    /// The operator hears that something reached a limit, and a pause begins if one is chosen.
    pub(in crate::object) fn tell_limit(self: &Arc<Self>, limit: Limit, setting: Setting) {
        let first = self.guard.tell(limit, self.context.now_us());
        let tells = first || setting.at == AtLimit::Pause;
        if tells && let Some(world) = self.world() {
            world.at_limit(self, limit, setting);
        }
    }

    /// Something reached a limit: the operator hears of it, and what was chosen is done.
    pub(in crate::object) fn at_limit(self: &Arc<Self>, limit: Limit, setting: Setting) {
        self.tell_limit(limit, setting);
        if setting.at == AtLimit::Kill && self.is_live() {
            self.kill(CallError::new(format!(
                "Ended at its limit of {} = {}.",
                limit.name(),
                setting.value
            )));
        }
    }
}
