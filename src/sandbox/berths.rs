//! Long turns take turns: at any moment only as many of them run as there are processors. The
//! threads of all others sleep, so that a short turn finds a processor at once, and one that is
//! told to end need not wait until the system has come round to it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{clock::thread_waited, instance::Signals};

/// How long a turn keeps its place while another waits for one.
const ROUND: Duration = Duration::from_millis(10);
/// A turn that waits looks so often at its signals, even if nobody wakes it.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// The places of long turns.
pub(super) struct Berths(Mutex<State>);

struct State {
    free: usize,
    waiting: VecDeque<Arc<Waiting>>,
}

/// A turn that waits for a place.
struct Waiting {
    thread: Thread,
    /// Changed under the lock of [`Berths`], read without it.
    has_place: AtomicBool,
}

/// A place, until it is dropped.
pub(super) struct Berth {
    of: Arc<Berths>,
    since: Instant,
}

impl Berths {
    /// So many places.
    pub fn new(places: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            free: places,
            waiting: VecDeque::new(),
        })))
    }

    /// Waits for a place; `None` when the guest is to end instead.
    pub fn take(self: &Arc<Self>, signals: &Signals) -> Option<Berth> {
        let mut state = self.0.lock();
        if state.free > 0 {
            state.free -= 1;
            return Some(self.berth());
        }
        let waiting = Arc::new(Waiting {
            thread: thread::current(),
            has_place: AtomicBool::new(false),
        });
        state.waiting.push_back(waiting.clone());
        drop(state);
        signals.wake_at_kill(Some(thread::current()));
        while !waiting.has_place.load(Ordering::Acquire) && !signals.killed() {
            thread::park_timeout(LONGEST_SLEEP);
        }
        signals.wake_at_kill(None);
        thread_waited();
        let mut state = self.0.lock();
        if waiting.has_place.load(Ordering::Acquire) {
            return Some(self.berth());
        }
        state.waiting.retain(|other| !Arc::ptr_eq(other, &waiting));
        None
    }

    fn berth(self: &Arc<Self>) -> Berth {
        Berth {
            of: self.clone(),
            since: Instant::now(),
        }
    }
}

impl Berth {
    /// Whether it is another's turn.
    pub fn is_over(&self) -> bool {
        self.since.elapsed() >= ROUND && !self.of.0.lock().waiting.is_empty()
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        let mut state = self.of.0.lock();
        match state.waiting.pop_front() {
            Some(next) => {
                next.has_place.store(true, Ordering::Release);
                next.thread.unpark();
            }
            None => state.free += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn signals() -> Arc<Signals> {
        Arc::new(Signals::new(u64::MAX))
    }

    #[test]
    fn a_place_goes_to_whoever_has_waited_longest() {
        let berths = Berths::new(1);
        let first = berths.take(&signals());
        let (told, order) = mpsc::channel();
        let mut threads = Vec::new();
        for number in 0..3 {
            let (theirs, told) = (berths.clone(), told.clone());
            threads.push(thread::spawn(move || {
                let berth = theirs.take(&signals());
                told.send((number, berth.is_some())).unwrap();
            }));
            while berths.0.lock().waiting.len() <= number {
                thread::yield_now();
            }
        }
        drop(first);
        for thread in threads {
            thread.join().unwrap();
        }
        drop(told);
        let order: Vec<_> = order.iter().collect();
        assert_eq!(order, [(0, true), (1, true), (2, true)]);
        assert_eq!(berths.0.lock().free, 1);
    }

    #[test]
    fn one_that_is_killed_waits_no_longer() {
        let berths = Berths::new(1);
        let held = berths.take(&signals());
        let (theirs, killed) = (berths.clone(), signals());
        let told = killed.clone();
        let waits = thread::spawn(move || theirs.take(&told).is_none());
        while berths.0.lock().waiting.is_empty() {
            thread::yield_now();
        }
        killed.kill();
        assert!(waits.join().unwrap());
        assert!(berths.0.lock().waiting.is_empty());
        drop(held);
        assert_eq!(berths.0.lock().free, 1);
    }
}
