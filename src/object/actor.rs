//! One object's place in the world: its mailbox, its turns, its facets, its end.
//!
//! An actor exists as long as somebody knows the object; its sandbox and database are there only
//! while it is live. One thread at a time runs it; other threads put events into its mailbox.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;

use super::{
    code::Packed,
    context::{Context, World},
    events::{Event, Mailbox},
    instance::{Instance, Settled},
    limits::{ENTRY, Guard, PAUSED, Standing},
    message::{CallError, ReplyTo},
    rpc::{Entry, Invocation},
    sockets::KeptSockets,
    target::{IdView, WorkerRef},
};
use crate::{
    ledger::{Count, Level, Meter, Source, now_ms},
    sandbox::Signals,
    storage::ObjectFiles,
};

/// Events that may wait for one object; more are refused, as the reference refuses them.
const MAX_WAITING: usize = 5_000;
/// Objects from a root to its deepest facet.
pub const MAX_LEVELS: u32 = 4;

/// What lives at this place.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A warm instance of a worker's stateless side.
    Entrypoint,
    /// A durable object or facet.
    Object(ObjectPlace),
}

/// Where a durable object or facet belongs.
#[derive(Clone, Debug)]
pub struct ObjectPlace {
    /// 0 for a durable object, 1 and more for facets.
    pub level: u32,
    /// Whether it has SQL.
    pub sqlite: bool,
    /// Files of the whole tree of facets.
    pub files: ObjectFiles,
    /// Facet number within the files; 0 for the root.
    pub facet: u16,
    /// Hex id of the root, for errors.
    pub root_id: Arc<str>,
}

/// What is started at this place when it is next needed.
#[derive(Clone, Debug)]
pub struct StartSpec {
    /// Where the code comes from.
    pub worker: WorkerRef,
    /// The class; `None` for entrypoints.
    pub class: Option<String>,
    /// `ctx.props`.
    pub props: Option<Arc<Packed>>,
    /// `ctx.id`; `None` for entrypoints.
    pub id: Option<IdView>,
}

/// An object, live or not. Held by an `Arc`; see the module's documentation.
pub struct Actor {
    /// Path in the tree and label, for logs and faces.
    pub source: Source,
    /// What lives here.
    pub kind: Kind,
    /// What it has used.
    pub meter: Arc<Meter>,
    /// When it was last given an event, milliseconds since the epoch.
    pub last_active_ms: AtomicU64,
    /// When its instance was started; 0 when there is none.
    pub started_ms: AtomicU64,
    /// Its last start failed, or its last turn ended it.
    pub broken: AtomicBool,
    /// An operator ended it, and it has not been started since.
    pub killed: AtomicBool,
    pub(super) context: Arc<Context>,
    /// How it stands, once the host has said so; `flags` is what matters of it at each event.
    pub(super) standing: Mutex<Option<Standing>>,
    pub(super) flags: AtomicU8,
    /// Grows when its limits change.
    pub(super) limits_revision: AtomicU32,
    pub(super) guard: Arc<Guard>,
    /// Which code is running, by version; empty when none is.
    pub(super) version: Mutex<Arc<str>>,
    pub(super) start: Mutex<Option<StartSpec>>,
    pub(super) mailbox: Mutex<Mailbox>,
    pub(super) core: Mutex<Option<Box<Instance>>>,
    /// Signals of the running instance, and why it was told to end.
    pub(super) signals: Mutex<Option<Arc<Signals>>>,
    pub(super) end: Mutex<Option<CallError>>,
    pub(super) facets: Mutex<HashMap<Arc<str>, Arc<Actor>>>,
    pub(super) sockets: Mutex<KeptSockets>,
    /// Counts instances; an event for an earlier one is void.
    pub(super) generation: AtomicU64,
}

impl Actor {
    /// A place where `start`, if given, will be started by the first request.
    pub fn new(
        context: Arc<Context>,
        source: Source,
        kind: Kind,
        start: Option<StartSpec>,
    ) -> Arc<Self> {
        Self::sharing(context, source, kind, start, Arc::default())
    }

    /// The same, with rates that others share.
    pub fn sharing(
        context: Arc<Context>,
        source: Source,
        kind: Kind,
        start: Option<StartSpec>,
        guard: Arc<Guard>,
    ) -> Arc<Self> {
        Arc::new(Self {
            source,
            kind,
            meter: Arc::default(),
            last_active_ms: AtomicU64::new(now_ms()),
            started_ms: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            killed: AtomicBool::new(false),
            context,
            standing: Mutex::new(None),
            flags: AtomicU8::new(0),
            limits_revision: AtomicU32::new(0),
            guard,
            version: Mutex::new("".into()),
            start: Mutex::new(start),
            mailbox: Mutex::new(Mailbox {
                events: VecDeque::new(),
                scheduled: false,
            }),
            core: Mutex::new(None),
            signals: Mutex::new(None),
            end: Mutex::new(None),
            facets: Mutex::new(HashMap::new()),
            sockets: Mutex::default(),
            generation: AtomicU64::new(0),
        })
    }

    /// Delivers a request or call.
    pub fn invoke(self: &Arc<Self>, entry: Entry, invocation: Invocation, reply: ReplyTo) {
        if self.mailbox.lock().events.len() >= MAX_WAITING {
            let mut error =
                CallError::new("Durable Object is overloaded. Too many requests queued.");
            error.marks.overloaded = true;
            return reply.send(Err(error));
        }
        let event = Event::Invoke {
            entry,
            invocation,
            reply,
            arrived_ms: now_ms(),
            ticket: None,
        };
        let mut flags = self.flags.load(Ordering::Acquire);
        if flags == 0 {
            flags = self.standing().flags();
        }
        if flags & (ENTRY | PAUSED) != 0 {
            return self.admit(event, flags);
        }
        self.push(event);
    }

    pub(super) fn has_flag(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    /// Runs what waits, if anything does.
    pub(super) fn wake(self: &Arc<Self>) {
        let mut mailbox = self.mailbox.lock();
        if !mailbox.events.is_empty() && !std::mem::replace(&mut mailbox.scheduled, true) {
            drop(mailbox);
            self.context.pool.submit(self.clone());
        }
    }

    /// Takes the events that `which` says out of the mailbox.
    pub(super) fn take_waiting(&self, mut which: impl FnMut(&Event) -> bool) -> Vec<Event> {
        let mut mailbox = self.mailbox.lock();
        let (taken, kept) = std::mem::take(&mut mailbox.events)
            .into_iter()
            .partition::<VecDeque<_>, _>(|event| which(event));
        mailbox.events = kept;
        taken.into()
    }

    /// Ends the instance now, even in the middle of a loop; whoever waits gets `reason`. The next
    /// request starts afresh. Facets end with it.
    pub fn kill(self: &Arc<Self>, reason: CallError) {
        if let Some(signals) = self.signals.lock().as_ref() {
            *self.end.lock() = Some(reason.clone());
            signals.kill();
            self.push(Event::End);
        }
        self.drop_sockets();
        for facet in self.facets() {
            facet.kill(reason.clone());
        }
    }

    /// Ends it and forgets which class it ran, so that its parent is asked anew.
    pub fn forget_class(self: &Arc<Self>, reason: CallError) {
        *self.start.lock() = None;
        self.kill(reason);
    }

    /// Leaves memory if there is nothing to do; true when it did.
    pub fn try_evict(&self) -> bool {
        let Some(mut core) = self.core.try_lock() else {
            return false;
        };
        let waiting = !self.mailbox.lock().events.is_empty();
        if waiting || core.as_ref().is_none_or(|instance| !instance.is_idle()) {
            return false;
        }
        *core = None;
        self.context.changed.note(&self.source.node, &self.meter);
        self.note_size();
        self.meter.add(Count::Hibernations, 1);
        self.drop_ended_sockets();
        self.left_memory();
        true
    }

    /// Ends the instance and waits until it has: its files are closed then.
    pub fn end_now(self: &Arc<Self>, reason: &CallError) {
        if let Some(signals) = self.signals.lock().as_ref() {
            signals.kill();
        }
        let mut core = self.core.lock();
        let told = self.end.lock().take();
        self.reset(&mut core, told.unwrap_or_else(|| reason.clone()), false);
    }

    /// The worker that it runs, if it has been told.
    pub fn worker(&self) -> Option<WorkerRef> {
        self.start.lock().as_ref().map(|start| start.worker.clone())
    }

    /// What it sees as `ctx.id`, if it has been told.
    pub fn id(&self) -> Option<IdView> {
        self.start
            .lock()
            .as_ref()
            .and_then(|start| start.id.clone())
    }

    /// Whether its sandbox exists.
    pub fn is_live(&self) -> bool {
        self.signals.lock().is_some()
    }

    /// Whether it runs or has events waiting.
    pub fn is_busy(&self) -> bool {
        self.mailbox.lock().scheduled
    }

    /// Version of the code that runs; empty when none does.
    pub fn version(&self) -> Arc<str> {
        self.version.lock().clone()
    }

    /// The class that runs here; empty for entrypoints and for facets that nobody has started.
    pub fn class(&self) -> String {
        self.start
            .lock()
            .as_ref()
            .and_then(|start| start.class.clone())
            .unwrap_or_default()
    }

    /// Its facets that this process has seen.
    pub fn facets(&self) -> Vec<Arc<Actor>> {
        self.facets.lock().values().cloned().collect()
    }

    /// Where its database lies, whether or not it exists yet.
    pub fn database_path(&self) -> Option<std::path::PathBuf> {
        match &self.kind {
            Kind::Object(place) => Some(place.files.database_path(place.facet)),
            Kind::Entrypoint => None,
        }
    }

    pub(super) fn world(&self) -> Option<Arc<dyn World>> {
        self.context.world()
    }

    pub(super) fn log(&self, level: Level, host: bool, text: &str) {
        self.log_of(level, host, None, text);
    }

    /// A line of a request.
    pub(super) fn log_of(&self, level: Level, host: bool, request: Option<u64>, text: &str) {
        self.context
            .logs
            .write_of(&self.source, level, host, request, text);
    }

    pub(super) fn push(self: &Arc<Self>, event: Event) {
        let mut mailbox = self.mailbox.lock();
        mailbox.events.push_back(event);
        if !std::mem::replace(&mut mailbox.scheduled, true) {
            drop(mailbox);
            self.context.pool.submit(self.clone());
        }
    }

    /// Lets what waits in the mailbox wait longer.
    pub(super) fn run_later(self: &Arc<Self>, wait_us: u64) {
        let actor = self.clone();
        self.context.tokio.spawn(async move {
            tokio::time::sleep(Duration::from_micros(wait_us)).await;
            let pool = actor.context.clone();
            pool.pool.submit(actor);
        });
    }

    pub(super) fn settle(self: &Arc<Self>, core: &mut Option<Box<Instance>>, settled: Settled) {
        match settled {
            Settled::Live => {
                if let Some(instance) = core {
                    self.meter.set_memory(instance.memory_bytes());
                }
            }
            Settled::Ended(error) => {
                // a kill says better than the trap it caused why the instance ended
                let told = self.end.lock().take();
                match &told {
                    Some(reason) => {
                        self.log(Level::Info, true, &format!("ended: {}", reason.message))
                    }
                    None => {
                        self.broken.store(true, Ordering::Relaxed);
                        self.report(&error);
                    }
                }
                self.reset(core, told.unwrap_or(error), true);
            }
        }
    }

    /// Drops the instance; whoever waits for an answer gets `reason`, and facets end with it.
    pub(super) fn reset(
        self: &Arc<Self>,
        core: &mut Option<Box<Instance>>,
        reason: CallError,
        facets: bool,
    ) {
        self.drop_sockets();
        let Some(instance) = core.take() else { return };
        let reason = reason.reset();
        self.left_memory();
        instance.end(&reason);
        self.note_size();
        if facets {
            for facet in self.facets() {
                facet.forget_class(reason.clone());
            }
        }
    }

    pub(super) fn reset_after_panic(self: &Arc<Self>, core: &mut Option<Box<Instance>>) {
        let error = CallError::new(format!("internal error; reference = {:x}", now_ms()));
        self.broken.store(true, Ordering::Relaxed);
        self.report(&error);
        self.reset(core, error, true);
        // a start that panicked has left no instance to reset
        self.left_memory();
    }

    /// Notes how large its database is, now that it is closed.
    fn note_size(&self) {
        let Some(path) = self.database_path() else {
            return;
        };
        self.context.changed.note(&self.source.node, &self.meter);
        match std::fs::metadata(path) {
            Ok(file) => self.meter.set_database(file.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.meter.set_database(0)
            }
            Err(_) => {}
        }
    }

    pub(super) fn left_memory(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        *self.signals.lock() = None;
        *self.version.lock() = "".into();
        self.started_ms.store(0, Ordering::Relaxed);
        self.meter.set_memory(0);
        self.meter.at_rest(self.context.now_us());
    }

    /// Tells the operator about a failure, and keeps it as the newest one.
    pub(super) fn report(&self, error: &CallError) {
        self.report_of(None, error);
    }

    /// The same, of a request.
    pub(super) fn report_of(&self, request: Option<u64>, error: &CallError) {
        let failure = crate::ledger::Failure {
            at_ms: now_ms(),
            message: crate::ledger::harmless(&error.to_string(), 4096),
            stack: crate::ledger::harmless(&error.stack, 8192),
        };
        let separator = if failure.stack.is_empty() { "" } else { "\n" };
        let text = format!("{}{separator}{}", failure.message, failure.stack.trim_end());
        self.log_of(Level::Error, true, request, &text);
        self.meter.failed(failure);
    }
}
