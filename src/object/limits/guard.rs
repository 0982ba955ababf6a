//! An object's rates, and what it has under way; made only once a limit asks for it.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use super::{
    InForce, Limit, Setting,
    bucket::{Bucket, Rate},
};
use crate::object::{actor::Actor, events::Event, limits::AtLimit};

/// What one object, or the instances of one worker's stateless side together, have used of their
/// rates.
#[derive(Default)]
pub struct Guard(Mutex<Option<Box<State>>>);

#[derive(Default)]
struct State {
    buckets: Vec<(Limit, Bucket)>,
    under_way: u64,
    /// Requests that wait until others have ended.
    waiting: VecDeque<(Weak<Actor>, Event)>,
    /// When the operator was last told of a limit, on the objects' clock.
    told: Vec<(Limit, u64)>,
}

/// The operator hears of the same limit of the same object once in this time.
const TELL_AGAIN_US: u64 = 60_000_000;
/// Requests that may wait for others to end.
const MAX_WAITING: usize = 1_000;

/// A request that counts as under way until this is dropped.
pub(in crate::object) struct Ticket(Arc<Guard>);

impl Drop for Ticket {
    fn drop(&mut self) {
        let next = {
            let mut guard = self.0.0.lock();
            let Some(state) = guard.as_mut() else { return };
            let next = state.waiting.pop_front();
            if next.is_none() {
                state.under_way = state.under_way.saturating_sub(1);
            }
            next
        };
        // its place goes on to the next
        if let Some((actor, mut event)) = next {
            event.give(Ticket(self.0.clone()));
            if let Some(actor) = actor.upgrade() {
                actor.push(event);
            }
        }
    }
}

/// What became of a request at the door of what may be under way at once.
pub(super) enum Entered {
    /// It may go on.
    Now(Option<Ticket>),
    /// There are too many.
    Full(Setting),
}

fn rate(limit: Limit, value: u64) -> Rate {
    match limit {
        Limit::RequestsPerSecond => Rate::per_second(value),
        _ => Rate::per_minute(value),
    }
}

impl Guard {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(self.0.lock().get_or_insert_default())
    }

    /// Takes units of a rate if they are there; otherwise the setting, and how long until they
    /// are, microseconds.
    pub(super) fn try_take(
        &self,
        limits: &InForce,
        limit: Limit,
        now_us: u64,
        units: f64,
    ) -> Result<(), (Setting, u64)> {
        let Some(setting) = limits.get(limit) else {
            return Ok(());
        };
        let rate = rate(limit, setting.value);
        self.with(|state| {
            state
                .bucket(limit, rate, now_us)
                .try_take(rate, now_us, units)
        })
        .map_err(|wait| (setting, wait))
    }

    /// Takes units of a rate as a debt and says how long it takes to pay it, microseconds.
    pub(super) fn take_later(&self, limit: Limit, setting: Setting, now_us: u64) -> u64 {
        let rate = rate(limit, setting.value);
        self.with(|state| {
            let bucket = state.bucket(limit, rate, now_us);
            let wait = bucket.wait(rate, 1.0);
            bucket.take(rate, now_us, 1.0);
            wait
        })
    }

    /// Takes units of a rate that were used already.
    pub(super) fn took(&self, limits: &InForce, limit: Limit, now_us: u64, units: f64) {
        if let Some(setting) = limits.get(limit) {
            let rate = rate(limit, setting.value);
            self.with(|state| state.bucket(limit, rate, now_us).take(rate, now_us, units));
        }
    }

    /// Units of a rate that are left; without such a limit, no end of them.
    pub(super) fn left(&self, limits: &InForce, limit: Limit, now_us: u64) -> f64 {
        limits.get(limit).map_or(f64::INFINITY, |setting| {
            let rate = rate(limit, setting.value);
            self.with(|state| state.bucket(limit, rate, now_us).left(rate, now_us))
        })
    }

    /// How long until some of a rate is there again, microseconds; `None` when some is.
    pub(super) fn exhausted(
        &self,
        limits: &InForce,
        limit: Limit,
        now_us: u64,
    ) -> Option<(Setting, u64)> {
        let setting = limits.get(limit)?;
        let rate = rate(limit, setting.value);
        self.with(|state| {
            let bucket = state.bucket(limit, rate, now_us);
            (bucket.left(rate, now_us) <= 0.0).then(|| (setting, bucket.wait(rate, 0.0)))
        })
    }

    /// One more under way, if there is room.
    pub(super) fn enter(self: &Arc<Self>, limits: &InForce) -> Entered {
        let Some(setting) = limits.get(Limit::ConcurrentRequests) else {
            return Entered::Now(None);
        };
        self.with(|state| {
            if state.under_way >= setting.value {
                return Entered::Full(setting);
            }
            state.under_way += 1;
            Entered::Now(Some(Ticket(self.clone())))
        })
    }

    /// Requests and calls that count as under way; none while no limit asks for it.
    pub(super) fn under_way(&self) -> u64 {
        self.0.lock().as_ref().map_or(0, |state| state.under_way)
    }

    /// Lets a request wait until another has ended; gives it back when too many wait, or when
    /// there is room by now.
    pub(super) fn wait(&self, actor: &Arc<Actor>, event: Event) -> Option<Event> {
        self.with(|state| {
            if state.waiting.len() >= MAX_WAITING || state.under_way == 0 {
                return Some(event);
            }
            state.waiting.push_back((Arc::downgrade(actor), event));
            None
        })
    }

    /// Whether the operator should hear of this limit now.
    pub(super) fn tell(&self, limit: Limit, now_us: u64) -> bool {
        self.with(|state| {
            let known = state.told.iter_mut().find(|(told, _)| *told == limit);
            match known {
                Some((_, at)) if now_us < *at + TELL_AGAIN_US => false,
                Some((_, at)) => {
                    *at = now_us;
                    true
                }
                None => {
                    state.told.push((limit, now_us));
                    true
                }
            }
        })
    }

    /// Forgets what was used: limits have changed.
    pub(super) fn refill(&self) {
        if let Some(state) = self.0.lock().as_mut() {
            state.buckets.clear();
            state.told.clear();
        }
    }
}

impl State {
    fn bucket(&mut self, limit: Limit, rate: Rate, now_us: u64) -> &mut Bucket {
        let known = self.buckets.iter().position(|(of, _)| *of == limit);
        let at = known.unwrap_or_else(|| {
            self.buckets.push((limit, Bucket::full(rate, now_us)));
            self.buckets.len() - 1
        });
        &mut self.buckets[at].1
    }
}

impl Setting {
    pub(super) fn is(&self, action: AtLimit) -> bool {
        self.at == action
    }
}
