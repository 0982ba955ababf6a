//! The thread that rings alarms, and how it finds the object or facet.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use super::{
    Alarms, Key, LOOK,
    schedule::{After, Outcome, Ring},
};
use crate::{
    host::Host,
    ledger::{Level, now_ms},
    object::{Actor, AlarmCall, AlarmEnd, AlarmNews, CallError, Kind},
};

/// Rings that may be on their way to objects that have not begun with them: after a long stop all
/// alarms may be overdue, and requests must not wait behind them.
const MAX_UNDER_WAY: usize = 128;

/// Rings alarms for as long as the host exists.
pub(in crate::host) fn ring_forever(host: Weak<Host>) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("lapidary-alarms".into());
    let ring = move || {
        let mut written = Instant::now();
        while let Some(host) = host.upgrade() {
            while let Some(ring) = host.alarms.next() {
                host.ring(ring);
            }
            if written.elapsed() >= LOOK {
                host.alarms.put_right();
                written = Instant::now();
            }
            let alarms = host.alarms.clone();
            drop(host);
            alarms.sleep();
        }
    };
    thread.spawn(ring).map(drop)
}

impl Alarms {
    /// The next ring, if one is due and there is room for it.
    fn next(&self) -> Option<Ring<Key>> {
        let mut state = self.state.lock();
        if state.stopping || state.under_way >= MAX_UNDER_WAY {
            return None;
        }
        let ring = state.schedule.take_due(now_ms())?;
        state.under_way += 1;
        Some(ring)
    }

    /// Waits until something is due, and no longer than the clock may go unseen.
    fn sleep(&self) {
        let mut state = self.state.lock();
        let now = now_ms();
        let next = state.schedule.next_ms().unwrap_or(u64::MAX);
        let full = state.stopping || state.under_way >= MAX_UNDER_WAY;
        if next <= now && !full {
            return;
        }
        let longest = LOOK.as_millis() as u64;
        let wait = if full {
            longest
        } else {
            (next - now).min(longest)
        };
        state.sleeps_until = now + wait;
        self.news.wait_for(&mut state, Duration::from_millis(wait));
        state.sleeps_until = 0;
    }

    fn begun(&self) {
        let mut state = self.state.lock();
        state.under_way = state.under_way.saturating_sub(1);
        self.look_again(&mut state, 0);
    }

    fn ended(&self, ring: &Ring<Key>, outcome: Outcome) -> After {
        let mut state = self.state.lock();
        let after = state.schedule.ended(ring, outcome, now_ms(), chance());
        state.stale.insert(ring.key.clone());
        self.look_again(&mut state, 0);
        after
    }
}

/// A number between 0 and 1.
fn chance() -> f64 {
    // without randomness all retries wait the same
    getrandom::u32().map_or(0.5, |n| f64::from(n) / f64::from(u32::MAX))
}

impl Host {
    fn ring(self: &Arc<Self>, ring: Ring<Key>) {
        let (host, told) = (Arc::downgrade(self), ring.clone());
        let call = AlarmCall::new(ring.retries, move |news| {
            let Some(host) = host.upgrade() else { return };
            match news {
                AlarmNews::Begun => host.alarms.begun(),
                AlarmNews::Ended(end) => host.rang(&told, end),
            }
        });
        match self.alarm_owner(&ring.key) {
            Ok(Some(actor)) => actor.ring(call),
            Ok(None) => call.end(AlarmEnd::NoClass),
            Err(error) => {
                tracing::warn!("the alarm of {} cannot ring: {error}", ring.key.root);
                call.end(AlarmEnd::Failed { counted: false });
            }
        }
    }

    fn rang(&self, ring: &Ring<Key>, end: AlarmEnd) {
        let outcome = match end {
            AlarmEnd::Done => Outcome::Done,
            AlarmEnd::Failed { counted } => Outcome::Failed { counted },
            AlarmEnd::GivenUp => Outcome::GivenUp,
            AlarmEnd::NotDue(alarm) => Outcome::NotDue(alarm),
            AlarmEnd::NoClass => Outcome::NoClass,
        };
        if let After::GivenUp { alarm_ms } = self.alarms.ended(ring, outcome)
            && let Ok(Some(actor)) = self.alarm_owner(&ring.key)
        {
            let text = format!("the alarm is given up after {} retries", ring.retries);
            self.context
                .logs
                .write(&actor.source, Level::Error, true, &text);
            actor.forget_alarm(alarm_ms);
        }
    }

    /// Whose alarm it is; `None` when the worker has no such class now.
    fn alarm_owner(&self, key: &Key) -> Result<Option<Arc<Actor>>, CallError> {
        let Some(object) = self.alarm_root(key)? else {
            return Ok(None);
        };
        let Kind::Object(place) = &object.kind else {
            return Ok(None);
        };
        let mut names = Vec::new();
        let mut number = key.facet;
        let facets = if number == 0 {
            Vec::new()
        } else {
            place.files.facets()?
        };
        while number != 0 {
            // numbers begin with 1 and a parent's is lower than its child's
            let Some(facet) = facets.get(usize::from(number) - 1) else {
                return Ok(None);
            };
            names.push(&facet.name);
            number = facet.parent;
        }
        let mut owner = object;
        for name in names.iter().rev() {
            owner = owner.stored_facet(name)?;
        }
        Ok(Some(owner))
    }

    fn alarm_root(&self, key: &Key) -> Result<Option<Arc<Actor>>, CallError> {
        if let Some(object) = self.known(&key.root) {
            return Ok(Some(object));
        }
        let (space, id) = key.split();
        let Some((worker, class)) = space.split_once('/') else {
            return Ok(None);
        };
        let namespaces = self.worker(worker).map(|worker| worker.code());
        let namespace = namespaces
            .iter()
            .flat_map(|code| &code.namespaces)
            .find(|namespace| &*namespace.class == class);
        let Some(namespace) = namespace else {
            return Ok(None);
        };
        let name = self.data.object(worker, class, id)?.name()?;
        self.object(namespace, id, name.as_deref()).map(Some)
    }
}
