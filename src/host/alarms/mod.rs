//! Rings the alarms of objects and facets.
//!
//! - `schedule`: which alarm rings when, and what follows from how it ended.
//! - [`Alarms`] (this file): the schedule, and the indexes on disk that let it survive a restart.
//! - `deliver`: the thread that rings, and how it finds the object.
//!
//! An alarm lies in the database of its object or facet. Before a turn that sets one commits, the
//! namespace's index gets an entry that is not later ([`Alarms::guard`]); so a crash at any moment
//! leaves an entry for each alarm. Entries that are too early, or whose alarm is gone, are put
//! right a moment later, or found out when they ring: the object looks into its own database
//! first. No alarm rings before its time by the system's clock; that clock may jump, so it is
//! looked at once a second at least. What is overdue after a restart rings at once.
//!
//! Facets have alarms as objects do. What a restart forgets is a facet's class, which only its
//! parent's start callback can give. While the class is known, over hibernation too, the alarm
//! wakes the facet. After a restart, and after the facet was aborted, ended with its parent, or
//! failed to start, a due alarm waits until the parent has started the facet again, and rings
//! right after that. `delete`, and `deleteAll` of the parent, remove the alarm with the facet; a
//! clone gets no alarm.

mod deliver;
mod schedule;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};

use super::registry::object_path;
use crate::{
    ledger::now_ms,
    object::{Actor, Kind},
    storage::{AlarmIndex, IndexedAlarm, StorageError},
};
pub(super) use deliver::ring_forever;
use schedule::Schedule;

/// The clock is looked at this often at least, and indexes are put right this often.
const LOOK: Duration = Duration::from_secs(1);

/// Names the alarm of an object or facet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    /// Node path of the object: `worker/Class/hex`.
    root: Arc<str>,
    /// Facet number; 0 is the object itself.
    facet: u16,
}

impl Key {
    /// The key of an object or facet; `None` for stateless workers.
    fn of(actor: &Actor) -> Option<Self> {
        let Kind::Object(place) = &actor.kind else {
            return None;
        };
        let node = &actor.source.node;
        let root = match node.match_indices('/').nth(2) {
            None => node.clone(),
            Some((end, _)) => node[..end].into(),
        };
        Some(Self {
            root,
            facet: place.facet,
        })
    }

    /// `worker/Class`, and the object's id.
    fn split(&self) -> (&str, &str) {
        self.root.rsplit_once('/').unwrap_or((&self.root, ""))
    }
}

/// What the index says of one alarm.
#[derive(Clone, Copy, Debug, Default)]
struct Noted {
    /// The entry's time or a later one; `None` when there may be no entry.
    at_ms: Option<u64>,
    /// A turn that relies on the entry is about to commit.
    guarded: bool,
}

struct State {
    schedule: Schedule<Key>,
    /// By `worker/Class`.
    indexes: HashMap<Box<str>, Arc<Mutex<AlarmIndex>>>,
    noted: HashMap<Key, Noted>,
    /// Alarms whose entry may be wrong.
    stale: HashSet<Key>,
    /// Rings on their way to objects that have not begun with them.
    under_way: usize,
    /// The thread looks again then.
    sleeps_until: u64,
    stopping: bool,
}

/// All alarms of a host. Locks are taken in this order: an index, then the state.
pub(super) struct Alarms {
    state: Mutex<State>,
    news: Condvar,
}

impl Alarms {
    /// None yet. `first_wait` is the wait before the first retry.
    pub fn new(first_wait: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                schedule: Schedule::new(first_wait),
                indexes: HashMap::new(),
                noted: HashMap::new(),
                stale: HashSet::new(),
                under_way: 0,
                sleeps_until: 0,
                stopping: false,
            }),
            news: Condvar::new(),
        }
    }

    /// The index of a namespace, made by `make` when it is not known.
    fn index(&self, space: &str, make: impl FnOnce() -> AlarmIndex) -> Arc<Mutex<AlarmIndex>> {
        let mut state = self.state.lock();
        if let Some(index) = state.indexes.get(space) {
            return index.clone();
        }
        let index = Arc::new(Mutex::new(make()));
        state.indexes.insert(space.into(), index.clone());
        index
    }

    /// Reads a namespace's index: its alarms are known from now on, without opening a database.
    pub fn load(
        &self,
        worker: &str,
        class: &str,
        make: impl FnOnce() -> AlarmIndex,
    ) -> Result<(), StorageError> {
        let index = self.index(&format!("{worker}/{class}"), make);
        let mut index = index.lock();
        let entries = index.read()?;
        let mut state = self.state.lock();
        for entry in entries {
            let Some(at_ms) = entry.at_ms else { continue };
            let key = Key {
                root: object_path(worker, class, &entry.object).into(),
                facet: entry.facet,
            };
            state
                .noted
                .entry(key.clone())
                .or_default()
                .at_ms
                .get_or_insert(at_ms);
            state.schedule.expect(key, at_ms);
        }
        self.look_again(&mut state, 0);
        Ok(())
    }

    /// Makes sure that a crash after the commit of an alarm at `at_ms` will not lose it.
    pub fn guard(
        &self,
        actor: &Actor,
        at_ms: u64,
        make: impl FnOnce() -> AlarmIndex,
    ) -> Result<(), StorageError> {
        let Some(key) = Key::of(actor) else {
            return Ok(());
        };
        {
            let mut state = self.state.lock();
            let noted = state.noted.entry(key.clone()).or_default();
            noted.guarded = true;
            if noted.at_ms.is_some_and(|noted| noted <= at_ms) {
                return Ok(());
            }
        }
        let (space, object) = key.split();
        self.index(space, make)
            .lock()
            .guard(object, key.facet, at_ms)?;
        let mut state = self.state.lock();
        state.noted.entry(key).or_default().at_ms = Some(at_ms);
        Ok(())
    }

    /// A guarded turn has ended: the alarm as it committed, or `None` when it did not commit.
    pub fn settled(&self, actor: &Actor, committed: Option<Option<u64>>) {
        let Some(key) = Key::of(actor) else { return };
        let mut state = self.state.lock();
        if let Some(noted) = state.noted.get_mut(&key) {
            noted.guarded = false;
        }
        state.stale.insert(key.clone());
        if let Some(alarm) = committed {
            state.schedule.set(key, alarm);
            if let Some(at_ms) = alarm {
                self.look_again(&mut state, at_ms);
            }
        }
    }

    /// Facets of an object were removed with their databases.
    pub fn gone(&self, actor: &Actor, facets: &[u16]) {
        let Some(Key { root, .. }) = Key::of(actor) else {
            return;
        };
        let mut state = self.state.lock();
        for facet in facets {
            let key = Key {
                root: root.clone(),
                facet: *facet,
            };
            state.schedule.remove(&key);
            if state.noted.contains_key(&key) {
                state.stale.insert(key);
            }
        }
    }

    /// A facet runs now: an alarm that waited for its class rings.
    pub fn facet_started(&self, actor: &Actor) {
        let Some(key) = Key::of(actor) else { return };
        let mut state = self.state.lock();
        if state.schedule.unpark(&key, now_ms()) {
            self.look_again(&mut state, 0);
        }
    }

    /// When the alarm of an object or facet rings, milliseconds since the epoch.
    pub fn rings_at(&self, actor: &Actor) -> Option<u64> {
        self.state.lock().schedule.rings_at(&Key::of(actor)?)
    }

    /// No alarm rings from now on, and the indexes are put right.
    pub fn stop(&self) {
        self.state.lock().stopping = true;
        self.put_right();
    }

    /// Wakes the thread when it would sleep over `at_ms`.
    fn look_again(&self, state: &mut State, at_ms: u64) {
        if at_ms < state.sleeps_until {
            state.sleeps_until = 0;
            self.news.notify_one();
        }
    }

    /// Writes what is known into the indexes where they may be wrong.
    fn put_right(&self) {
        let indexes: Vec<_> = {
            let state = self.state.lock();
            let spaces: HashSet<&str> = state.stale.iter().map(|key| key.split().0).collect();
            let index =
                |space: &str| Some((Box::<str>::from(space), state.indexes.get(space)?.clone()));
            spaces.into_iter().filter_map(index).collect()
        };
        for (space, index) in indexes {
            // held while the changes are gathered, so that no guard comes in between
            let mut index = index.lock();
            let changes = self.state.lock().take_stale(&space);
            let entries: Vec<_> = changes.iter().map(|(_, entry)| entry.clone()).collect();
            if let Err(error) = index.update(&entries) {
                tracing::warn!("the index of alarms of {space} is not up to date: {error}");
                let mut state = self.state.lock();
                for (key, _) in changes {
                    state.noted.remove(&key);
                    state.stale.insert(key);
                }
            }
        }
        // a namespace without an index has nothing on disk
        let mut state = self.state.lock();
        let State { stale, indexes, .. } = &mut *state;
        stale.retain(|key| indexes.contains_key(key.split().0));
    }
}

impl State {
    /// What is to be written into the index of a namespace. Guarded entries stay as they are.
    fn take_stale(&mut self, space: &str) -> Vec<(Key, IndexedAlarm)> {
        let mut changes = Vec::new();
        self.stale.retain(|key| {
            if key.split().0 != space {
                return true;
            }
            let noted = self.noted.entry(key.clone()).or_default();
            if noted.guarded {
                return true;
            }
            let at_ms = self.schedule.alarm_ms(key);
            if noted.at_ms != at_ms {
                noted.at_ms = at_ms;
                let entry = IndexedAlarm {
                    object: key.split().1.into(),
                    facet: key.facet,
                    at_ms,
                };
                changes.push((key.clone(), entry));
            }
            if at_ms.is_none() {
                self.noted.remove(key);
            }
            false
        });
        changes
    }
}
