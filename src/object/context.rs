//! What all objects of a program share, and what they ask of the world outside.

use std::sync::{Arc, OnceLock, Weak};

use tokio::runtime::Handle;

use super::{
    caches::Caches,
    code::{Code, Packed},
    live::Live,
    message::{ReplyTo, Request},
    pool::Pool,
    target::Target,
};
use crate::{ledger::Logs, sandbox::Engine, storage::Durability};

/// Limits that hold for every object.
#[derive(Clone, Debug)]
pub struct Limits {
    /// CPU time of one turn, milliseconds.
    pub cpu_ms: u64,
    /// Linear memory of one sandbox, bytes.
    pub memory_bytes: usize,
    /// How long a loader's code callback may take, milliseconds.
    pub loader_timeout_ms: u64,
    /// Log lines a second that one object may write.
    pub log_lines_per_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_ms: 30_000,
            memory_bytes: 128 << 20,
            loader_timeout_ms: 30_000,
            log_lines_per_s: 1_000,
        }
    }
}

/// Shared by all objects.
pub struct Context {
    /// Starts sandboxes.
    pub engine: Engine<Box<Live>>,
    /// Runs objects.
    pub pool: Pool,
    /// Timers and streams wait here.
    pub tokio: Handle,
    /// Where records go.
    pub logs: Arc<Logs>,
    /// What every object must keep to.
    pub limits: Limits,
    /// What workers keep of answers.
    pub caches: Caches,
    world: OnceLock<Weak<dyn World>>,
}

impl Context {
    /// A context without a world; [`Context::enter`] gives it one.
    pub fn new(
        engine: Engine<Box<Live>>,
        pool: Pool,
        tokio: Handle,
        logs: Arc<Logs>,
        limits: Limits,
    ) -> Self {
        Self {
            engine,
            pool,
            tokio,
            logs,
            limits,
            caches: Caches::default(),
            world: OnceLock::new(),
        }
    }

    /// Says whom objects ask for what is not theirs. Only the first call counts.
    pub fn enter(&self, world: Weak<dyn World>) {
        let _ = self.world.set(world);
    }

    pub(super) fn world(&self) -> Option<Arc<dyn World>> {
        self.world.get().and_then(Weak::upgrade)
    }

    /// CPU time of one turn of `code`, milliseconds: the lower of the host's and the loader's.
    pub(super) fn cpu_limit_ms(&self, code: &Code) -> u64 {
        code.cpu_limit_ms
            .map_or(self.limits.cpu_ms, |own| own.min(self.limits.cpu_ms))
    }
}

/// What objects ask of the world outside. No call may wait.
pub trait World: Send + Sync {
    /// Sends a request to `target`.
    fn fetch(&self, target: Target, request: Request, reply: ReplyTo);
    /// A service binding's target.
    fn service(
        &self,
        service: &str,
        entry: Option<String>,
        props: Option<Arc<Packed>>,
    ) -> Option<Target>;
    /// The version of a project's code that runs now.
    fn current_code(&self, worker: &str) -> Option<Arc<Code>>;
    /// The dynamic worker that `scope` knows as `id`.
    fn find_code(&self, scope: &str, id: &str) -> Option<Arc<Code>>;
    /// Makes `code` known to `scope` as `id`; answers with what is known now, which may be code
    /// that came first.
    fn define_code(&self, scope: &str, id: &str, code: Code) -> Arc<Code>;
    /// All places for sandboxes are taken: lets idle objects leave memory. True when any can.
    fn make_room(&self) -> bool;
    /// How sure a worker's writes must be before its answers leave.
    fn durability(&self, worker: &str) -> Durability;
}
