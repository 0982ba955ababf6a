//! The threads that run objects.
//!
//! A fixed number of threads takes objects that have events. Turns run to completion, so one that
//! spins keeps its thread; when work waits and nobody takes it for a few milliseconds, another
//! thread is started, and the operating system shares the processors out. Threads beyond the
//! fixed number end when they find nothing to do.
//!
//! Objects that a turn has sent something to wait on the same thread: a call into a facet and
//! back costs no switch of threads, and an object with many events handles them in one go. Should
//! the thread get stuck, the overseer gives what waits on it to the others.

use std::{
    cell::RefCell,
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use crate::sandbox::thread_waited;

/// Something that has events to handle.
pub trait Work: Send + Sync {
    /// Handles some; returns true when more are left. Called by one thread at a time.
    fn run(self: Arc<Self>) -> bool;
}

/// How long waiting work may go untaken before another thread takes it.
const PATIENCE: Duration = Duration::from_millis(4);
/// Rounds in which nothing waited, after which the overseer sleeps.
const CALM_ROUNDS: u32 = 50;
/// After this long the overseer looks even if nobody woke it.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);
/// How long an extra thread waits for work before it ends.
const LINGER: Duration = Duration::from_secs(5);
/// How long one object may go on while another waits on its thread.
const GO_ON: Duration = Duration::from_micros(150);
/// Pieces of a thread's own work after which it looks at the common queue.
const OWN_FIRST: u32 = 32;
/// Threads at most. Each may hold a processor only by the operating system's leave.
const MAX_THREADS: usize = 512;

type Queue = VecDeque<Arc<dyn Work>>;

/// What waits on one thread.
#[derive(Default)]
struct Own {
    queue: Mutex<Queue>,
    /// Pieces of work begun.
    begun: AtomicU64,
}

struct State {
    queue: Queue,
    owns: Vec<Arc<Own>>,
    idle: usize,
    /// Grows with each piece of work taken from `queue`.
    taken: u64,
    closed: bool,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    /// Wakes the overseer when work begins to wait.
    waiting: Condvar,
    /// The overseer sleeps until work waits. Changed under `state`'s lock, read without it.
    oversight_asleep: AtomicBool,
    base: usize,
    stack: usize,
}

/// The threads; they end when this is dropped.
pub struct Pool {
    shared: Arc<Shared>,
}

/// The pool thread that this is.
struct Here {
    shared: Arc<Shared>,
    own: Arc<Own>,
    /// When the piece of work that runs now began.
    since: Instant,
    /// This thread ends after the piece of work that runs now.
    retires: bool,
}

thread_local! {
    static HERE: RefCell<Option<Here>> = const { RefCell::new(None) };
}

impl Pool {
    /// Starts `base` threads with `stack` bytes of stack each.
    pub fn start(base: usize, stack: usize) -> std::io::Result<Self> {
        let state = State {
            queue: VecDeque::new(),
            owns: Vec::new(),
            idle: 0,
            taken: 0,
            closed: false,
        };
        let (work, waiting) = (Condvar::new(), Condvar::new());
        let oversight_asleep = AtomicBool::new(false);
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            work,
            waiting,
            oversight_asleep,
            base,
            stack,
        });
        for _ in 0..base {
            shared.clone().spawn()?;
        }
        let overseer = shared.clone();
        thread::Builder::new()
            .name("lapidary-overseer".into())
            .spawn(move || overseer.oversee())?;
        Ok(Self { shared })
    }

    /// Runs `work` soon: on this thread if it is one of the pool's.
    pub fn submit(&self, work: Arc<dyn Work>) {
        let elsewhere = HERE.with_borrow(|here| match here {
            Some(here) if Arc::ptr_eq(&here.shared, &self.shared) => {
                here.own.queue.lock().push_back(work);
                None
            }
            _ => Some(work),
        });
        match elsewhere {
            Some(work) => self.shared.push(work),
            None => self.shared.wake_overseer(),
        }
    }

    /// Threads now, idle ones included.
    pub fn threads(&self) -> usize {
        self.shared.state.lock().owns.len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.work.notify_all();
        self.shared.waiting.notify_all();
    }
}

/// Whether the running piece of work should let go of its thread, because others wait on it and
/// it has had its time.
pub fn should_yield() -> bool {
    HERE.with_borrow(|here| {
        here.as_ref()
            .is_some_and(|here| !here.own.queue.lock().is_empty() && here.since.elapsed() > GO_ON)
    })
}

/// Ends this thread, if it is a pool's, once the running piece of work is done. Another one takes
/// its place.
pub fn retire_thread() {
    HERE.with_borrow_mut(|here| {
        if let Some(here) = here {
            here.retires = true;
        }
    });
}

impl Shared {
    fn push(&self, work: Arc<dyn Work>) {
        let mut state = self.state.lock();
        state.queue.push_back(work);
        if state.idle > 0 {
            self.work.notify_one();
        } else {
            drop(state);
            self.wake_overseer();
        }
    }

    /// Should it fall asleep at this very moment, it wakes by itself before long.
    fn wake_overseer(&self) {
        if self.oversight_asleep.load(Relaxed) {
            let _state = self.state.lock();
            self.waiting.notify_one();
        }
    }

    fn spawn(self: Arc<Self>) -> std::io::Result<()> {
        let own = Arc::new(Own::default());
        self.state.lock().owns.push(own.clone());
        let shared = self.clone();
        let thread = thread::Builder::new()
            .name("lapidary-object".into())
            .stack_size(self.stack);
        let theirs = own.clone();
        let spawned = thread.spawn(move || shared.work(theirs));
        if spawned.is_err() {
            self.forget(&own);
        }
        spawned.map(drop)
    }

    fn forget(&self, own: &Arc<Own>) {
        self.state
            .lock()
            .owns
            .retain(|known| !Arc::ptr_eq(known, own));
    }

    fn work(self: Arc<Self>, own: Arc<Own>) {
        HERE.set(Some(Here {
            shared: self.clone(),
            own: own.clone(),
            since: Instant::now(),
            retires: false,
        }));
        let mut in_a_row = 0;
        loop {
            let mine = if in_a_row < OWN_FIRST {
                own.queue.lock().pop_front()
            } else {
                None
            };
            in_a_row = if mine.is_some() { in_a_row + 1 } else { 0 };
            let Some(work) = mine.or_else(|| self.take(&own)) else {
                break;
            };
            own.begun.fetch_add(1, Relaxed);
            HERE.with_borrow_mut(|here| {
                if let Some(here) = here {
                    here.since = Instant::now();
                }
            });
            if work.clone().run() {
                own.queue.lock().push_back(work);
            }
            if HERE.with_borrow(|here| here.as_ref().is_some_and(|here| here.retires)) {
                break;
            }
        }
        self.leave(&own);
    }

    /// This thread ends: what waits on it goes to the others, and it is replaced if it has to be.
    fn leave(self: Arc<Self>, own: &Arc<Own>) {
        self.forget(own);
        let left = std::mem::take(&mut *own.queue.lock());
        left.into_iter().for_each(|work| self.push(work));
        let state = self.state.lock();
        let missing = !state.closed && state.owns.len() < self.base;
        drop(state);
        if missing && let Err(error) = self.spawn() {
            tracing::error!("a thread for objects could not be replaced: {error}");
        }
    }

    /// Waits for work of the common queue; `None` when this thread should end. Returns at once
    /// when the thread has work of its own and the queue is empty.
    fn take(&self, own: &Own) -> Option<Arc<dyn Work>> {
        let mut state = self.state.lock();
        let idle_since = Instant::now();
        loop {
            if let Some(work) = state.queue.pop_front() {
                state.taken += 1;
                return Some(work);
            }
            if let Some(work) = own.queue.lock().pop_front() {
                return Some(work);
            }
            let extra = state.owns.len() > self.base;
            if state.closed || (extra && idle_since.elapsed() > LINGER) {
                return None;
            }
            state.idle += 1;
            if extra {
                self.work.wait_for(&mut state, LINGER);
            } else {
                self.work.wait(&mut state);
            }
            state.idle -= 1;
            thread_waited();
        }
    }

    /// Frees work that waits on a stuck thread, and starts a thread whenever nobody comes for
    /// what waits in the common queue, or too few threads are left that are not stuck.
    fn oversee(self: Arc<Self>) {
        let mut seen = Seen::default();
        while let Some(wanted) = self.look(&mut seen) {
            if wanted && let Err(error) = self.clone().spawn() {
                tracing::warn!("no further thread for objects: {error}");
            }
            thread::sleep(PATIENCE);
        }
    }

    /// One look: whether another thread is wanted; `None` once the pool is closed.
    fn look(&self, seen: &mut Seen) -> Option<bool> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let mut still = 0;
        for (own, before) in &seen.begun {
            if own.begun.load(Relaxed) == *before {
                still += 1;
                state.queue.append(&mut own.queue.lock());
            }
        }
        let waits = !state.queue.is_empty();
        let untaken = waits && state.taken == seen.taken && state.idle == 0;
        // threads that stand still without being idle are in the middle of a long turn
        let stuck = still.min(state.owns.len()).saturating_sub(state.idle);
        let short = state.owns.len() - stuck < self.base;
        let wanted = (untaken || short) && state.owns.len() < MAX_THREADS;
        if waits && state.idle > 0 {
            self.work.notify_one();
        }
        seen.taken = state.taken;
        let begun = state
            .owns
            .iter()
            .map(|own| (own.clone(), own.begun.load(Relaxed)));
        seen.begun = begun.collect();
        let busy = waits || state.idle < state.owns.len();
        seen.calm = if busy { 0 } else { seen.calm + 1 };
        if seen.calm > CALM_ROUNDS {
            self.oversight_asleep.store(true, Relaxed);
            self.waiting.wait_for(&mut state, LONGEST_SLEEP);
            self.oversight_asleep.store(false, Relaxed);
            seen.calm = 0;
        }
        Some(wanted)
    }
}

/// What the overseer saw at its last look.
#[derive(Default)]
struct Seen {
    begun: Vec<(Arc<Own>, u64)>,
    taken: u64,
    /// Looks in a row at which nothing ran.
    calm: u32,
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    struct Task<F: Fn() -> bool + Send + Sync>(F);

    impl<F: Fn() -> bool + Send + Sync> Work for Task<F> {
        fn run(self: Arc<Self>) -> bool {
            (self.0)()
        }
    }

    #[test]
    fn runs_until_nothing_is_left() {
        let pool = Pool::start(2, 1 << 20).unwrap();
        let (done, finished) = mpsc::channel();
        let left = AtomicUsize::new(10);
        pool.submit(Arc::new(Task(move || {
            let more = left.fetch_sub(1, Ordering::SeqCst) > 1;
            if !more {
                done.send(()).unwrap();
            }
            more
        })));
        finished.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    /// Submits another piece of work from within the pool, and then spins.
    #[test]
    fn work_that_waits_on_a_stuck_thread_is_freed() {
        let pool = Arc::new(Pool::start(1, 1 << 20).unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let (done, finished) = mpsc::channel();
        let (inner, stopped) = (pool.clone(), stop.clone());
        pool.submit(Arc::new(Task(move || {
            let done = done.clone();
            inner.submit(Arc::new(Task(move || {
                done.send(()).unwrap();
                false
            })));
            while !stopped.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            false
        })));
        finished.recv_timeout(Duration::from_secs(30)).unwrap();
        stop.store(true, Ordering::Relaxed);
    }

    #[test]
    fn a_thread_that_retires_is_replaced() {
        let pool = Pool::start(1, 1 << 20).unwrap();
        let (done, finished) = mpsc::channel();
        for _ in 0..3 {
            let done = done.clone();
            pool.submit(Arc::new(Task(move || {
                retire_thread();
                done.send(thread::current().id()).unwrap();
                false
            })));
        }
        let threads: Vec<_> = (0..3)
            .map(|_| finished.recv_timeout(Duration::from_secs(30)).unwrap())
            .collect();
        assert!(threads[0] != threads[1] && threads[1] != threads[2]);
    }

    #[test]
    fn spinning_work_does_not_hold_up_other_work() {
        let pool = Pool::start(2, 1 << 20).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..8 {
            let stop = stop.clone();
            pool.submit(Arc::new(Task(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                false
            })));
        }
        let (done, finished) = mpsc::channel();
        pool.submit(Arc::new(Task(move || {
            done.send(()).unwrap();
            false
        })));
        finished.recv_timeout(Duration::from_secs(30)).unwrap();
        assert!(pool.threads() > 2);
        stop.store(true, Ordering::Relaxed);
    }
}
