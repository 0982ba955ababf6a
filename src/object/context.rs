//! What all objects of a program share, and what they ask of the world outside.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Instant,
};

use tokio::runtime::Handle;

use super::{
    actor::Actor,
    caches::Caches,
    code::{Code, Packed},
    dial::Dial,
    limits::{Limit, Setting, Standing},
    live::Live,
    message::{ReplyTo, Request},
    pool::Pool,
    rpc::Invocation,
    target::Target,
};
use crate::{
    ledger::{Changed, Logs},
    project::OutboundRules,
    sandbox::Engine,
    storage::{Durability, StorageError},
};

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
    /// Requests that one invocation may send.
    pub subrequests: u32,
    /// How long the handler of an alarm may take, milliseconds.
    pub alarm_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_ms: 30_000,
            memory_bytes: 128 << 20,
            loader_timeout_ms: 30_000,
            log_lines_per_s: 1_000,
            subrequests: 10_000,
            alarm_ms: 15 * 60 * 1000,
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
    /// Which objects have counted something.
    pub changed: Changed,
    /// What workers keep of answers.
    pub caches: Caches,
    began: Instant,
    world: OnceLock<Weak<dyn World>>,
    outside: OnceLock<Arc<dyn Outside>>,
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
            changed: Changed::default(),
            began: Instant::now(),
            caches: Caches::default(),
            world: OnceLock::new(),
            outside: OnceLock::new(),
        }
    }

    /// Says whom objects ask for what is not theirs. Only the first call counts.
    pub fn enter(&self, world: Weak<dyn World>) {
        let _ = self.world.set(world);
    }

    /// Opens a way out of this machine. Only the first call counts.
    pub fn open_outside(&self, outside: Arc<dyn Outside>) {
        let _ = self.outside.set(outside);
    }

    /// The way out, if this program has one.
    pub fn outside(&self) -> Option<&Arc<dyn Outside>> {
        self.outside.get()
    }

    pub(super) fn world(&self) -> Option<Arc<dyn World>> {
        self.world.get().and_then(Weak::upgrade)
    }

    /// Microseconds since this program started, and a little: a clock that only goes forward.
    pub fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }
}

/// What objects ask of the world outside. No call may wait, but for a disk.
pub trait World: Send + Sync {
    /// Sends a request or call to `target`.
    fn send(&self, target: Target, invocation: Invocation, reply: ReplyTo);
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
    /// Whether a worker shall do without what Cloudflare does not offer.
    fn strict_compat(&self, worker: &str) -> bool;
    /// A turn is about to commit that leaves an alarm: once this has returned, a crash after the
    /// commit does not lose it.
    fn guard_alarm(&self, actor: &Actor, at_ms: u64) -> Result<(), StorageError>;
    /// How the node at this path stands: its limits, and whether it is paused.
    fn standing(&self, node: &str) -> Standing;
    /// An object reached a limit. Pausing is the host's to do; all else has been done.
    fn at_limit(&self, actor: &Arc<Actor>, limit: Limit, setting: Setting);
    /// What became of such a turn, and of one that removes the alarm: the alarm as it committed,
    /// or `None` when it did not commit.
    fn alarm_settled(&self, actor: &Actor, committed: Option<Option<u64>>);
    /// Facets of an object, by number, were removed with their databases.
    fn facets_gone(&self, actor: &Actor, facets: &[u16]);
    /// A facet was started; an alarm may have waited for that.
    fn facet_started(&self, actor: &Actor);
}

/// What leads out of this machine. No call may wait.
pub trait Outside: Send + Sync {
    /// Sends a request where `rules` allow it. The exchange ends when nobody waits for the reply,
    /// and the body's when nobody reads it.
    fn fetch(&self, rules: Arc<OutboundRules>, request: Request, reply: ReplyTo);
    /// Connects where `rules` allow it, and carries what flows until both directions have ended.
    fn connect(&self, rules: Arc<OutboundRules>, dial: Dial);
}
