//! One live guest.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::Thread,
    time::Duration,
};

use parking_lot::Mutex;
use wasmtime::{Instance, Memory, Store, Trap, TypedFunc};

use super::{
    clock::{about_thread_cpu, thread_cpu},
    imports::Guest,
    modules::{Compiled, Ended, Entrances, Refused, here},
    ticker::Ticker,
    wire::{Reader, Writer},
};

/// Answers a guest's calls during a turn, on the turn's own thread.
pub trait Host: Send + 'static {
    /// One call: the operation's name and its arguments. The answer is one value, or an error
    /// that the guest throws; writing nothing answers "undefined". `Err` ends the guest.
    fn call(&mut self, args: Reader<'_>, answer: &mut Writer) -> Result<(), Stop>;
}

/// The host's decision to end a guest in the middle of a call, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stop(pub String);

/// Why a guest ended in the middle of a turn. Its memory is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It used more CPU time in one turn than it may.
    #[error("exceeded its CPU limit of {limit_ms} ms")]
    CpuLimit {
        /// The limit in force, milliseconds.
        limit_ms: u64,
    },
    /// It asked for more memory than it may and could not go on.
    #[error("exceeded its memory limit of {limit_bytes} bytes")]
    MemoryLimit {
        /// The limit in force, bytes.
        limit_bytes: usize,
    },
    /// It recursed beyond what even the engine's own check allows.
    #[error("exhausted its stack")]
    StackOverflow,
    /// [`Signals::kill`] was called.
    #[error("was killed")]
    Killed,
    /// The host refused to go on.
    #[error("{0}")]
    Stopped(String),
    /// Anything else: a fault of the engine.
    #[error("ended unexpectedly: {0}")]
    Trap(String),
}

/// What may be said to a guest from any thread while it runs.
#[derive(Debug)]
pub struct Signals {
    kill: AtomicBool,
    /// Sleeps in the middle of a turn, until it is killed or may go on.
    sleeper: Mutex<Option<Thread>>,
    cpu_limit_ms: AtomicU64,
    memory_limit: AtomicU64,
    /// CPU time of its thread when the turn under way began, nanoseconds.
    turn_began_ns: AtomicU64,
}

impl Signals {
    /// A guest that may use `cpu_limit_ms` of CPU time in one turn.
    pub fn new(cpu_limit_ms: u64) -> Self {
        Self {
            kill: AtomicBool::new(false),
            sleeper: Mutex::new(None),
            cpu_limit_ms: AtomicU64::new(cpu_limit_ms),
            memory_limit: AtomicU64::new(u64::MAX),
            turn_began_ns: AtomicU64::new(0),
        }
    }

    /// Ends the guest within a few milliseconds, or before its next turn.
    pub fn kill(&self) {
        self.kill.store(true, Ordering::Release);
        if let Some(sleeper) = &*self.sleeper.lock() {
            sleeper.unpark();
        }
    }

    /// Which thread [`Signals::kill`] wakes from now on.
    pub(super) fn wake_at_kill(&self, sleeper: Option<Thread>) {
        *self.sleeper.lock() = sleeper;
    }

    /// Whether [`Signals::kill`] was called.
    pub fn killed(&self) -> bool {
        self.kill.load(Ordering::Acquire)
    }

    /// Why the turn under way must not go on, if so. Only the thread that runs it may ask: what
    /// it does for the guest outside of the sandbox counts too.
    pub fn must_end(&self) -> Option<Fault> {
        if self.killed() {
            return Some(Fault::Killed);
        }
        let limit_ms = self.cpu_limit_ms();
        let began = Duration::from_nanos(self.turn_began_ns.load(Ordering::Relaxed));
        let spent = thread_cpu().saturating_sub(began);
        (spent > Duration::from_millis(limit_ms)).then_some(Fault::CpuLimit { limit_ms })
    }

    fn turn_begins(&self, thread_cpu: Duration) {
        self.turn_began_ns
            .store(thread_cpu.as_nanos() as u64, Ordering::Relaxed);
    }

    /// CPU time allowed in one turn, milliseconds.
    pub fn cpu_limit_ms(&self) -> u64 {
        self.cpu_limit_ms.load(Ordering::Relaxed)
    }

    /// Bytes that the guest's memory may grow to.
    pub fn memory_limit(&self) -> u64 {
        self.memory_limit.load(Ordering::Relaxed)
    }

    /// Changes how far the memory may grow; the engine's own limit holds as well.
    pub fn set_memory_limit(&self, bytes: u64) {
        self.memory_limit.store(bytes, Ordering::Relaxed);
    }

    /// Changes the limit, for the turn under way too.
    pub fn set_cpu_limit_ms(&self, limit: u64) {
        self.cpu_limit_ms.store(limit, Ordering::Relaxed);
    }
}

/// What one turn came to.
pub struct Turn<H> {
    /// The host, given back.
    pub host: H,
    /// `Err` when the guest ended; it must then be dropped.
    pub outcome: Result<(), Fault>,
    /// CPU time that the turn took, host calls included.
    pub cpu: Duration,
    /// The turn was so long that its thread now runs at a low priority: it should end.
    pub thread_gave_way: bool,
}

/// One live guest: a memory of its own and no more.
pub struct Sandbox<H: Host> {
    store: Store<Guest<H>>,
    memory: Memory,
    buffer: TypedFunc<i32, i32>,
    dispatch: TypedFunc<(i32, i32), i32>,
    ticker: Arc<Ticker>,
    ended: bool,
}

impl<H: Host> Sandbox<H> {
    pub(super) fn new(
        mut store: Store<Guest<H>>,
        instance: Instance,
        ticker: Arc<Ticker>,
    ) -> Result<Self, String> {
        let missing = |what: &str| format!("the engine image exports no `{what}`");
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| missing("memory"))?;
        let buffer = instance
            .get_typed_func(&mut store, "lap_buffer")
            .map_err(|_| missing("lap_buffer"))?;
        let dispatch = instance
            .get_typed_func(&mut store, "lap_dispatch")
            .map_err(|_| missing("lap_dispatch"))?;
        let entrances = (
            instance.get_typed_func(&mut store, "lap_import"),
            instance.get_typed_func(&mut store, "lap_memory_moved"),
            instance.get_typed_func(&mut store, "lap_scratch"),
        );
        if let (Ok(import), Ok(moved), Ok(scratch)) = entrances {
            store.data_mut().modules.entrances = Some(Entrances {
                import,
                moved,
                scratch,
            });
        }
        store.data_mut().memory = Some(memory);
        Ok(Self {
            store,
            memory,
            buffer,
            dispatch,
            ticker,
            ended: false,
        })
    }

    /// Gives the guest modules that it may instantiate, at the start; it knows them by their place in the list.
    pub fn offer(&mut self, modules: Vec<Result<Arc<Compiled>, Refused>>) {
        self.store.data_mut().modules.offered = modules;
    }

    /// Delivers one event (wire values) and lets the guest run until it has nothing left to do.
    pub fn turn(&mut self, event: &[u8], host: H) -> Turn<H> {
        let began = about_thread_cpu();
        let guest = self.store.data_mut();
        guest.host = Some(host);
        guest.signals.turn_begins(began);
        guest.memory_refused = false;
        guest.ticks = 0;
        guest.modules.stack_top = here();
        let ticker = self.ticker.clone();
        let running = ticker.enter();
        self.store.set_epoch_deadline(1);
        let result = if self.ended {
            Err(Fault::Killed.into())
        } else {
            self.deliver(event)
        };
        drop(running);
        self.store.data_mut().berth = None;
        let outcome = result.map_err(|error| self.fault(&error));
        self.ended |= outcome.is_err();
        let cpu = about_thread_cpu().saturating_sub(began);
        // `turn` put it there, and nothing takes it away
        let host = self
            .store
            .data_mut()
            .host
            .take()
            .expect("the host of this turn");
        let thread_gave_way = self.store.data().gave_way();
        Turn {
            host,
            outcome,
            cpu,
            thread_gave_way,
        }
    }

    /// Linear memory in use, bytes.
    pub fn memory_bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    fn deliver(&mut self, event: &[u8]) -> wasmtime::Result<()> {
        if self.store.data().signals.killed() {
            return Err(Fault::Killed.into());
        }
        let len =
            i32::try_from(event.len()).map_err(|_| Fault::Trap("an event of over 2 GiB".into()))?;
        let at = self.buffer.call(&mut self.store, len)?;
        if at == 0 {
            return Err(self.memory_fault().into());
        }
        self.memory
            .write(&mut self.store, at as u32 as usize, event)?;
        if self.dispatch.call(&mut self.store, (at, len))? != 0 {
            return Err(self.memory_fault().into());
        }
        Ok(())
    }

    fn memory_fault(&self) -> Fault {
        self.store.data().memory_fault()
    }

    fn fault(&self, error: &wasmtime::Error) -> Fault {
        if let Some(Ended::Engine(inner)) = error.downcast_ref::<Ended>() {
            return self.fault(inner);
        }
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return fault.clone();
        }
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return Fault::Stopped(stop.0.clone());
        }
        let guest = self.store.data();
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => Fault::StackOverflow,
            _ if guest.memory_refused => self.memory_fault(),
            Some(trap) if guest.last_words.is_empty() => Fault::Trap(trap.to_string()),
            _ if !guest.last_words.is_empty() => Fault::Trap(guest.last_words.trim().to_string()),
            _ => Fault::Trap(format!("{error:#}")),
        }
    }
}
