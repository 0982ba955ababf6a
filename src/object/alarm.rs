//! Alarms, as an object sees them: one event at a time, and what becomes of it.

use std::{sync::Arc, time::Instant};

use super::{
    actor::{Actor, Kind},
    events::Event,
    instance::Instance,
    limits::PAUSED,
    live::Live,
    message::CallError,
    operations::Sent,
};
use crate::{
    ledger::{Count, Finished, now_ms},
    storage::{Committed, Database, Durability, StorageError},
};

/// What a facet's turn fails with that sets an alarm where that is refused, as in the reference.
const REFUSED: &str = "Facets currently cannot set alarms.";

/// How long the alarm of a paused object waits until it is tried again, milliseconds.
const LOOK_AGAIN_MS: u64 = 2_000;

/// How a ring ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmEnd {
    /// The handler ran to its end, and that is committed.
    Done,
    /// It did not; `counted` when the worker's own code is to blame.
    Failed {
        /// Whether it counts against the retries.
        counted: bool,
    },
    /// It failed and asked for no retry.
    GivenUp,
    /// No alarm is due; when the object's next one is, milliseconds since the epoch.
    NotDue(Option<u64>),
    /// It is a facet whose class nobody has given.
    NoClass,
}

/// What the sender of a ring hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmNews {
    /// The object takes it out of its mailbox; told once at most.
    Begun,
    /// It is over; told once, and last.
    Ended(AlarmEnd),
}

type Tell = Box<dyn Fn(AlarmNews) + Send>;

/// One ring. Dropping it tells its sender that it failed.
pub struct AlarmCall {
    /// Rings before this one for the same alarm.
    pub retries: u32,
    begun: bool,
    tell: Option<Tell>,
}

impl AlarmCall {
    /// A ring whose sender listens with `tell`.
    pub fn new(retries: u32, tell: impl Fn(AlarmNews) + Send + 'static) -> Self {
        Self {
            retries,
            begun: false,
            tell: Some(Box::new(tell)),
        }
    }

    fn begin(&mut self) {
        if let Some(tell) = &self.tell
            && !std::mem::replace(&mut self.begun, true)
        {
            tell(AlarmNews::Begun);
        }
    }

    /// Tells how it ended.
    pub fn end(mut self, end: AlarmEnd) {
        self.finish(end);
    }

    fn finish(&mut self, end: AlarmEnd) {
        self.begin();
        if let Some(tell) = self.tell.take() {
            tell(AlarmNews::Ended(end));
        }
    }
}

impl Drop for AlarmCall {
    fn drop(&mut self) {
        self.finish(AlarmEnd::Failed { counted: false });
    }
}

/// The alarm that an instance is handling.
pub(super) struct AlarmRun {
    call: AlarmCall,
    began: Instant,
    /// The alarm's time, once the handler runs.
    pub scheduled_ms: Option<u64>,
    /// It goes when the handler is done; until then `getAlarm` does not see it.
    pub deferred: bool,
    /// How it ended, which is told once that is committed.
    pub end: Option<AlarmEnd>,
    /// If the instance ends now, it is not to ring again.
    pub give_up: bool,
    /// The handler's invocation.
    pub running: Option<Sent>,
}

impl AlarmRun {
    /// A ring that was just delivered.
    pub fn new(call: AlarmCall) -> Self {
        Self {
            call,
            began: Instant::now(),
            scheduled_ms: None,
            deferred: false,
            end: None,
            give_up: false,
            running: None,
        }
    }
}

impl Actor {
    /// Delivers a ring.
    pub fn ring(self: &Arc<Self>, call: AlarmCall) {
        if self.has_flag(PAUSED) {
            return call.end(AlarmEnd::NotDue(Some(now_ms() + LOOK_AGAIN_MS)));
        }
        self.push(Event::Alarm(call));
    }

    /// Removes the alarm of this time, because it was given up.
    pub fn forget_alarm(self: &Arc<Self>, at_ms: u64) {
        self.push(Event::ForgetAlarm(at_ms));
    }

    /// Handles a ring. A sandbox is only started when the database says that an alarm is due.
    pub(super) fn alarm(self: &Arc<Self>, core: &mut Option<Box<Instance>>, mut call: AlarmCall) {
        call.begin();
        if let Err(wait_ms) = self.may_ring() {
            return call.end(AlarmEnd::NotDue(Some(now_ms() + wait_ms)));
        }
        if core.is_none() {
            match self.closed_database().map(|mut it| it.alarm()) {
                Some(Ok(Some(at))) if at <= now_ms() => {}
                Some(Ok(alarm)) => return call.end(AlarmEnd::NotDue(alarm)),
                None => return call.end(AlarmEnd::NotDue(None)),
                Some(Err(error)) => {
                    self.report(&CallError::new(error.to_string()));
                    return call.end(AlarmEnd::Failed { counted: false });
                }
            }
            if self.worker().is_none() {
                return call.end(AlarmEnd::NoClass);
            }
            if let Err(error) = self.ensure_started(core) {
                let counted = !error.marks.overloaded;
                return call.end(AlarmEnd::Failed { counted });
            }
        }
        if let Some(instance) = core {
            let settled = instance.alarm(call);
            self.settle(core, settled);
        }
    }

    /// Removes an alarm that was given up.
    pub(super) fn remove_alarm(self: &Arc<Self>, core: &mut Option<Box<Instance>>, at_ms: u64) {
        if let Some(instance) = core {
            let settled = instance.forget_alarm(at_ms);
            return self.settle(core, settled);
        }
        let Some(mut database) = self.closed_database() else {
            return;
        };
        let mut remove = || -> Result<bool, StorageError> {
            if database.alarm()? != Some(at_ms) {
                return Ok(false);
            }
            database.set_alarm(None)?;
            database.commit_turn().map(|_| true)
        };
        match (remove(), self.world()) {
            (Ok(true), Some(world)) => world.alarm_settled(self, Some(None)),
            (Err(error), _) => self.report(&CallError::new(error.to_string())),
            _ => {}
        }
    }

    /// The database of an object that is not live.
    fn closed_database(&self) -> Option<Database> {
        match &self.kind {
            Kind::Object(place) => Some(Database::in_folder(
                &place.files,
                place.facet,
                Durability::Full,
            )),
            Kind::Entrypoint => None,
        }
    }

    fn worker_name(&self) -> &str {
        self.source.node.split('/').next().unwrap_or_default()
    }
}

impl Live {
    /// Commits the turn, and sees to it that the host knows of its alarm, whatever happens.
    pub(super) fn commit_with_alarm(&mut self) -> Result<Committed, StorageError> {
        let Some(database) = &mut self.database else {
            return Ok(Committed::default());
        };
        if let Some(given_up) = self.given_up
            && database.savepoint_depth() == 0
        {
            self.given_up = None;
            if database.alarm()? == Some(given_up) {
                database.set_alarm(None)?;
            }
        }
        let (Some(changed), Some(world)) = (database.changed_alarm()?, self.actor.world()) else {
            return database.commit_turn();
        };
        let facet = matches!(&self.actor.kind, Kind::Object(place) if place.level > 0);
        if facet && changed.is_some() && world.strict_compat(self.actor.worker_name()) {
            return Err(StorageError::Critical(REFUSED.into()));
        }
        let guarded = match changed {
            Some(at_ms) => world.guard_alarm(&self.actor, at_ms),
            None => Ok(()),
        };
        let committed = guarded.and_then(|()| database.commit_turn());
        world.alarm_settled(&self.actor, committed.is_ok().then_some(changed));
        committed
    }

    /// `getAlarm()`.
    pub(super) fn get_alarm(&mut self) -> Result<Option<u64>, StorageError> {
        match (&self.alarm, &mut self.database) {
            (Some(AlarmRun { deferred: true, .. }), _) | (_, None) => Ok(None),
            (_, Some(database)) => database.alarm(),
        }
    }

    /// `setAlarm()` and `deleteAlarm()`. A time that is past is now.
    pub(super) fn put_alarm(&mut self, at_ms: Option<u64>) -> Result<(), StorageError> {
        if let Some(database) = &mut self.database {
            database.set_alarm(at_ms.map(|at| at.max(now_ms())))?;
        }
        if let Some(run) = &mut self.alarm {
            run.deferred = false;
        }
        Ok(())
    }

    /// After a savepoint was rolled back: the alarm that rings may be there again as it was.
    pub(super) fn alarm_rolled_back(&mut self) -> Result<(), StorageError> {
        if let (Some(run), Some(database)) = (&mut self.alarm, &mut self.database)
            && run.scheduled_ms.is_some()
            && run.end.is_none()
            && !run.deferred
        {
            run.deferred = database.alarm()? == run.scheduled_ms;
        }
        Ok(())
    }

    /// The handler is about to run: the alarm's time and the rings before, or `None` when no alarm
    /// is due any more.
    pub(super) fn begin_alarm(&mut self) -> Result<Option<(u64, u32)>, StorageError> {
        let (Some(run), Some(database)) = (&mut self.alarm, &mut self.database) else {
            return Ok(None);
        };
        match database.alarm()? {
            Some(at) if at <= now_ms() => {
                run.scheduled_ms = Some(at);
                run.deferred = true;
                let begun = (at, run.call.retries);
                let running = self.begin_traced_alarm(at);
                if let Some(run) = &mut self.alarm {
                    run.running = Some(running);
                }
                Ok(Some(begun))
            }
            alarm => {
                run.end = Some(AlarmEnd::NotDue(alarm));
                Ok(None)
            }
        }
    }

    /// The handler ended. What it did well is done: the alarm goes with this turn.
    pub(super) fn end_alarm(&mut self, done: bool) -> Result<(), StorageError> {
        let (Some(run), Some(database)) = (&mut self.alarm, &mut self.database) else {
            return Ok(());
        };
        if done && run.deferred {
            database.set_alarm(None)?;
        }
        run.deferred = false;
        run.end = Some(if done {
            AlarmEnd::Done
        } else {
            AlarmEnd::Failed { counted: true }
        });
        if let Some(running) = run.running.take() {
            self.trace_alarm_end(&running, done);
        }
        Ok(())
    }

    /// The turn is committed: an alarm that has ended is told of.
    pub(super) fn tell_alarm(&mut self) {
        if let Some(run) = self.alarm.take_if(|run| run.end.is_some()) {
            let end = run.end.unwrap_or(AlarmEnd::Failed { counted: false });
            self.finish_alarm(run, end);
        }
    }

    /// The instance ends in the middle of an alarm, or with what it did not yet commit.
    pub(super) fn break_alarm(&mut self, counted: bool) {
        if let Some(run) = self.alarm.take() {
            let end = match run.end {
                Some(end @ AlarmEnd::NotDue(_)) => end,
                _ if run.give_up => AlarmEnd::GivenUp,
                _ => AlarmEnd::Failed { counted },
            };
            self.finish_alarm(run, end);
        }
    }

    fn finish_alarm(&self, run: AlarmRun, end: AlarmEnd) {
        if run.scheduled_ms.is_some() {
            self.actor.meter.finished(Finished {
                at_ms: now_ms(),
                kind: Count::Alarms,
                method: "ALARM".into(),
                path: String::new(),
                status: if end == AlarmEnd::Done { 200 } else { 0 },
                duration: run.began.elapsed(),
            });
        }
        run.call.end(end);
    }
}
