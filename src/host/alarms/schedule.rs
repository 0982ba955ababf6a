//! When alarms ring: a plain data structure that is told the time.
//!
//! An alarm whose handler fails rings again: after 2 s, then 4 s, 8 s, …, each up to a quarter
//! longer by chance, as in the reference. After six failures that count, the alarm is given up;
//! those that are not the handler's fault do not count, and the wait stops growing at 2 s × 2⁹.
//! A new alarm takes the place of an old one, of its retries too.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    time::Duration,
};

/// Failures of the handler after which the next one ends the alarm.
const MAX_COUNTED: u32 = 6;
/// The wait doubles this many times at most.
const MAX_DOUBLINGS: u32 = 9;
/// Largest part of a wait that chance adds.
const JITTER: f64 = 0.25;

/// How a ring ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) enum Outcome {
    /// The handler ran to its end.
    Done,
    /// It did not; `counted` when that was the handler's fault.
    Failed { counted: bool },
    /// It failed and asked for no retry.
    GivenUp,
    /// There is no such alarm at this time; when it is due, if there is one.
    NotDue(Option<u64>),
    /// The facet's class is not known until its parent starts it.
    NoClass,
}

/// What follows from an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) enum After {
    /// Nothing to do.
    Settled,
    /// It rings again at this time, milliseconds since the epoch.
    Retry { at_ms: u64 },
    /// It is given up: the alarm of this time is to be removed from the object's database.
    GivenUp { alarm_ms: u64 },
}

/// A ring that is to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::host) struct Ring<K> {
    pub key: K,
    /// Names this ring; an outcome of an earlier one is void.
    pub number: u64,
    /// Rings before this one for the same alarm.
    pub retries: u32,
}

#[derive(Debug)]
enum Phase {
    /// Rings at this time.
    Waiting(u64),
    /// Ringing; what the object made of its alarm meanwhile.
    Ringing {
        number: u64,
        changed: Option<Option<u64>>,
    },
    /// Due, and the facet's class is not known.
    Parked,
}

#[derive(Debug)]
struct Entry {
    /// The alarm's own time, which `getAlarm` gives.
    alarm_ms: u64,
    phase: Phase,
    retries: u32,
    counted: u32,
}

/// All alarms that are known.
#[derive(Debug)]
pub(in crate::host) struct Schedule<K> {
    entries: HashMap<K, Entry>,
    waiting: BTreeSet<(u64, K)>,
    rings: u64,
    first_wait_ms: u64,
}

impl<K: Clone + Eq + Hash + Ord> Schedule<K> {
    /// An empty one; `first_wait` is the wait before the first retry, 2 s in the reference.
    pub fn new(first_wait: Duration) -> Self {
        Self {
            entries: HashMap::new(),
            waiting: BTreeSet::new(),
            rings: 0,
            first_wait_ms: first_wait.as_millis() as u64,
        }
    }

    /// The object set its alarm, or removed it.
    pub fn set(&mut self, key: K, alarm_ms: Option<u64>) {
        if let Some(Entry {
            phase: Phase::Ringing { changed, .. },
            ..
        }) = self.entries.get_mut(&key)
        {
            *changed = Some(alarm_ms);
            return;
        }
        self.remove(&key);
        if let Some(alarm_ms) = alarm_ms {
            self.wait(key, alarm_ms, alarm_ms, 0, 0);
        }
    }

    /// The index names it: it waits unless more is known.
    pub fn expect(&mut self, key: K, at_ms: u64) {
        if !self.entries.contains_key(&key) {
            self.wait(key, at_ms, at_ms, 0, 0);
        }
    }

    /// The object is gone with its alarm.
    pub fn remove(&mut self, key: &K) {
        if let Some(Entry {
            phase: Phase::Waiting(at),
            ..
        }) = self.entries.remove(key)
        {
            self.waiting.remove(&(at, key.clone()));
        }
    }

    /// The facet's class is known now: a ring that waited for that is due.
    pub fn unpark(&mut self, key: &K, now_ms: u64) -> bool {
        let parked = self
            .entries
            .get(key)
            .filter(|entry| matches!(entry.phase, Phase::Parked))
            .map(|entry| (entry.alarm_ms, entry.retries, entry.counted));
        if let Some((alarm_ms, retries, counted)) = parked {
            self.wait(key.clone(), now_ms, alarm_ms, retries, counted);
        }
        parked.is_some()
    }

    /// The next alarm that is due, ringing from now on.
    pub fn take_due(&mut self, now_ms: u64) -> Option<Ring<K>> {
        let (at, _) = self.waiting.first()?;
        if *at > now_ms {
            return None;
        }
        let (_, key) = self.waiting.pop_first()?;
        self.rings += 1;
        let entry = self.entries.get_mut(&key)?;
        entry.phase = Phase::Ringing {
            number: self.rings,
            changed: None,
        };
        Some(Ring {
            key,
            number: self.rings,
            retries: entry.retries,
        })
    }

    /// A ring ended; `chance` is between 0 and 1.
    pub fn ended(&mut self, ring: &Ring<K>, outcome: Outcome, now_ms: u64, chance: f64) -> After {
        let Some(entry) = self.entries.get(&ring.key) else {
            return After::Settled;
        };
        let Phase::Ringing { number, changed } = entry.phase else {
            return After::Settled;
        };
        if number != ring.number {
            return After::Settled;
        }
        let (alarm_ms, retries, counted) = (entry.alarm_ms, entry.retries, entry.counted);
        let key = ring.key.clone();
        let failed = !matches!(outcome, Outcome::Done | Outcome::NotDue(_));
        // written again, as a transaction that is rolled back does, it is no new alarm
        if let Some(alarm) = changed
            && !(failed && alarm == Some(alarm_ms))
        {
            self.replace(key, alarm);
            return After::Settled;
        }
        match outcome {
            Outcome::Done => self.replace(key, None),
            Outcome::NotDue(alarm) => self.replace(key, alarm),
            Outcome::NoClass => {
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.phase = Phase::Parked;
                }
            }
            Outcome::Failed { counted: false } => {
                return self.retry(key, alarm_ms, (retries, counted), now_ms, chance);
            }
            Outcome::Failed { counted: true } if counted < MAX_COUNTED => {
                return self.retry(key, alarm_ms, (retries, counted + 1), now_ms, chance);
            }
            Outcome::Failed { counted: true } | Outcome::GivenUp => {
                self.replace(key, None);
                return After::GivenUp { alarm_ms };
            }
        }
        After::Settled
    }

    fn retry(
        &mut self,
        key: K,
        alarm_ms: u64,
        (retries, counted): (u32, u32),
        now_ms: u64,
        chance: f64,
    ) -> After {
        let wait = self.first_wait_ms << retries.min(MAX_DOUBLINGS);
        let jitter = (wait as f64 * JITTER * chance.clamp(0.0, 1.0)) as u64;
        let at_ms = now_ms.saturating_add(wait + jitter);
        self.wait(key, at_ms, alarm_ms, retries.saturating_add(1), counted);
        After::Retry { at_ms }
    }

    fn replace(&mut self, key: K, alarm: Option<u64>) {
        self.entries.remove(&key);
        if let Some(alarm_ms) = alarm {
            self.wait(key, alarm_ms, alarm_ms, 0, 0);
        }
    }

    fn wait(&mut self, key: K, at_ms: u64, alarm_ms: u64, retries: u32, counted: u32) {
        self.waiting.insert((at_ms, key.clone()));
        let entry = Entry {
            alarm_ms,
            phase: Phase::Waiting(at_ms),
            retries,
            counted,
        };
        self.entries.insert(key, entry);
    }

    /// When the next alarm rings.
    pub fn next_ms(&self) -> Option<u64> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// When this one rings next: later than the alarm's own time while it waits for a retry, and
    /// not before now when it is due.
    pub fn rings_at(&self, key: &K) -> Option<u64> {
        let entry = self.entries.get(key)?;
        match entry.phase {
            Phase::Waiting(at) => Some(at),
            Phase::Ringing { changed, .. } => changed.unwrap_or(Some(entry.alarm_ms)),
            Phase::Parked => Some(entry.alarm_ms),
        }
    }

    /// The alarm's own time, as far as it is known.
    pub fn alarm_ms(&self, key: &K) -> Option<u64> {
        let entry = self.entries.get(key)?;
        match entry.phase {
            // until the ring ended, a crash must find it
            Phase::Ringing {
                changed: Some(Some(at)),
                ..
            } => Some(at.min(entry.alarm_ms)),
            _ => Some(entry.alarm_ms),
        }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
