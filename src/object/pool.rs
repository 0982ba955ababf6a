//! The threads that run objects.
//!
//! A fixed number of threads takes objects that have events. Turns run to completion, so one that
//! spins keeps its thread; when work waits and nobody takes it for a few milliseconds, another
//! thread is started, and the operating system shares the processors out. Threads beyond the
//! fixed number end when they find nothing to do.
//!
//! An object that a turn has just sent something to runs next on the same thread: a call into a
//! facet and back costs no switch.

use std::{
    cell::RefCell,
    collections::VecDeque,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// Something that has events to handle.
pub trait Work: Send + Sync {
    /// Handles some; returns true when more are left. Called by one thread at a time.
    fn run(self: Arc<Self>) -> bool;
}

/// How long waiting work may go untaken before another thread is started.
const PATIENCE: Duration = Duration::from_millis(4);
/// How long an extra thread waits for work before it ends.
const LINGER: Duration = Duration::from_secs(5);
/// Threads at most. Each may hold a processor only by the operating system's leave.
const MAX_THREADS: usize = 512;

struct State {
    queue: VecDeque<Arc<dyn Work>>,
    threads: usize,
    idle: usize,
    /// Grows with each piece of work taken.
    taken: u64,
    /// The overseer sleeps until work waits.
    oversight_asleep: bool,
    closed: bool,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    /// Wakes the overseer when work begins to wait.
    waiting: Condvar,
    base: usize,
    stack: usize,
}

/// The threads; they end when this is dropped.
pub struct Pool {
    shared: Arc<Shared>,
}

thread_local! {
    /// What this pool thread runs next; `None` on threads that are not the pool's.
    static NEXT: RefCell<Option<Option<Arc<dyn Work>>>> = const { RefCell::new(None) };
}

impl Pool {
    /// Starts `base` threads with `stack` bytes of stack each.
    pub fn start(base: usize, stack: usize) -> std::io::Result<Self> {
        let state = State { queue: VecDeque::new(), threads: 0, idle: 0, taken: 0, oversight_asleep: false, closed: false };
        let (work, waiting) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { state: Mutex::new(state), work, waiting, base, stack });
        for _ in 0..base {
            shared.clone().spawn()?;
        }
        let overseer = shared.clone();
        thread::Builder::new().name("lapidary-overseer".into()).spawn(move || overseer.oversee())?;
        Ok(Self { shared })
    }

    /// Runs `work` soon.
    pub fn submit(&self, work: Arc<dyn Work>) {
        let work = NEXT.with_borrow_mut(|next| match next {
            Some(slot @ None) => {
                *slot = Some(work);
                None
            }
            _ => Some(work),
        });
        if let Some(work) = work {
            self.shared.push(work);
        }
    }

    /// Threads now, idle ones included.
    pub fn threads(&self) -> usize {
        self.shared.state.lock().threads
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.work.notify_all();
        self.shared.waiting.notify_all();
    }
}

/// Whether the running piece of work should let go of its thread, because it has sent something
/// to another one.
pub fn should_yield() -> bool {
    NEXT.with_borrow(|next| matches!(next, Some(Some(_))))
}

impl Shared {
    fn push(&self, work: Arc<dyn Work>) {
        let mut state = self.state.lock();
        state.queue.push_back(work);
        if state.idle > 0 {
            self.work.notify_one();
        } else if state.oversight_asleep {
            self.waiting.notify_one();
        }
    }

    fn spawn(self: Arc<Self>) -> std::io::Result<()> {
        self.state.lock().threads += 1;
        let shared = self.clone();
        let thread = thread::Builder::new().name("lapidary-object".into()).stack_size(self.stack);
        let spawned = thread.spawn(move || shared.work());
        if spawned.is_err() {
            self.state.lock().threads -= 1;
        }
        spawned.map(drop)
    }

    fn work(&self) {
        NEXT.set(Some(None));
        while let Some(work) = self.take() {
            let mut next = Some(work);
            while let Some(work) = next {
                if work.clone().run() {
                    self.push(work);
                }
                next = NEXT.with_borrow_mut(|slot| slot.as_mut().and_then(Option::take));
            }
        }
        self.state.lock().threads -= 1;
    }

    fn take(&self) -> Option<Arc<dyn Work>> {
        let mut state = self.state.lock();
        let idle_since = Instant::now();
        loop {
            if state.closed {
                return None;
            }
            if let Some(work) = state.queue.pop_front() {
                state.taken += 1;
                return Some(work);
            }
            let extra = state.threads > self.base;
            if extra && idle_since.elapsed() > LINGER {
                return None;
            }
            state.idle += 1;
            if extra {
                self.work.wait_for(&mut state, LINGER);
            } else {
                self.work.wait(&mut state);
            }
            state.idle -= 1;
        }
    }

    /// Starts a thread whenever work waits and nobody comes for it.
    fn oversee(self: Arc<Self>) {
        loop {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            if state.queue.is_empty() || state.idle > 0 {
                state.oversight_asleep = true;
                self.waiting.wait(&mut state);
                state.oversight_asleep = false;
                continue;
            }
            let taken = state.taken;
            drop(state);
            thread::sleep(PATIENCE);
            let state = self.state.lock();
            let stuck = state.taken == taken && !state.queue.is_empty() && state.idle == 0;
            let may = stuck && !state.closed && state.threads < MAX_THREADS;
            drop(state);
            if may && let Err(error) = self.clone().spawn() {
                tracing::warn!("no further thread for objects: {error}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
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
