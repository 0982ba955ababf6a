//! The clock that lets a running guest be stopped: while guests run, a thread moves wasmtime's
//! epoch on every few milliseconds, and compiled code looks at it. While none runs, it sleeps.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

/// A running guest notices a signal within this time, and a little.
const TICK: Duration = Duration::from_millis(2);
/// Ticks without a running guest before the thread goes to sleep, so that a busy server need
/// not wake it at every turn.
const PATIENCE: u32 = 50;

pub(super) struct Ticker {
    running: AtomicUsize,
    turns: AtomicUsize,
    asleep: AtomicBool,
    thread: std::sync::OnceLock<Thread>,
}

/// Says that a guest runs until it is dropped.
pub(super) struct Running<'a>(&'a Ticker);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ticker {
    pub fn start(engine: wasmtime::Engine) -> Arc<Self> {
        let ticker = Arc::new(Self {
            running: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            thread: std::sync::OnceLock::new(),
        });
        let weak = Arc::downgrade(&ticker);
        let spawned = thread::Builder::new()
            .name("lapidary-ticker".into())
            .spawn(move || tick(&engine, &weak));
        match spawned {
            Ok(handle) => {
                let _ = ticker.thread.set(handle.thread().clone());
            }
            Err(error) => tracing::error!("no clock for CPU limits: {error}"),
        }
        ticker
    }

    pub fn enter(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.turns.fetch_add(1, Ordering::Relaxed);
        if self.asleep.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
        Running(self)
    }
}

fn tick(engine: &wasmtime::Engine, ticker: &Weak<Ticker>) {
    let mut idle = 0;
    let mut seen = 0;
    // the thread ends with the last engine: nobody holds the ticker then
    while let Some(ticker) = ticker.upgrade() {
        engine.increment_epoch();
        let turns = ticker.turns.load(Ordering::Relaxed);
        let busy = ticker.running.load(Ordering::SeqCst) > 0 || turns != seen;
        seen = turns;
        idle = if busy { 0 } else { idle + 1 };
        if idle < PATIENCE {
            drop(ticker);
            thread::sleep(TICK);
            continue;
        }
        ticker.asleep.store(true, Ordering::SeqCst);
        // a turn that began before `asleep` was set is seen here, a later one wakes us
        while ticker.running.load(Ordering::SeqCst) == 0
            && ticker.turns.load(Ordering::Relaxed) == seen
        {
            thread::park_timeout(Duration::from_secs(10));
            if Arc::strong_count(&ticker) == 1 {
                return;
            }
        }
        ticker.asleep.store(false, Ordering::SeqCst);
        idle = 0;
    }
}
