//! One object's place in the world: its mailbox, its turns, its facets, its end.
//!
//! An actor exists as long as somebody knows the object; its sandbox and database are there only
//! while it is live. One thread at a time runs it; other threads put events into its mailbox.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{
    alarm::AlarmCall,
    code::Packed,
    context::{Context, World},
    instance::{Instance, Settled},
    limits::{ENTRY, Guard, PAUSED, Standing, Ticket},
    message::{CallError, Chunks, ReplyTo},
    pool::{Work, should_yield},
    restart::Restart,
    rpc::{Answer, Call, Entry, Invocation},
    sockets::{KeptSockets, Wake},
    target::{IdView, WorkerRef},
};
use crate::{
    ledger::{Count, Level, Meter, Source, now_ms},
    sandbox::Signals,
    sockets::{Delivery, Message},
    storage::ObjectFiles,
};

/// Events that one run handles before other objects get their turn.
const EVENTS_PER_RUN: usize = 64;
/// Events that may wait for one object; more are refused, as the reference refuses them.
const MAX_WAITING: usize = 5_000;
/// Objects from a root to its deepest facet.
pub const MAX_LEVELS: u32 = 4;

/// What a call of something says whose instance is gone, as in the reference.
const DEAD_HOST: &str = "The execution context which hosts this callback is no longer running.";

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

/// How an operation ended.
#[derive(Debug)]
pub enum Outcome {
    /// The answer to a request or call.
    Answer(Answer),
    /// The next chunk of a stream, `None` at its end, and the stream given back.
    Pulled {
        /// Its number in the sandbox.
        stream: u64,
        /// The rest.
        chunks: Chunks,
        /// What came.
        chunk: Option<Bytes>,
    },
    /// It is done.
    Unit,
}

/// Something that happens to an object.
pub(super) enum Event {
    Invoke {
        entry: Entry,
        invocation: Invocation,
        reply: ReplyTo,
        arrived_ms: u64,
        /// Counts it as under way, where there is a limit to that.
        ticket: Option<Ticket>,
    },
    /// An answer takes longer than it may.
    Overdue {
        generation: u64,
        request: u64,
    },
    /// A call of something that an instance gave away by reference.
    CallBack {
        generation: u64,
        export: u64,
        call: Call,
        reply: ReplyTo,
    },
    /// Nobody holds that any more.
    Release {
        generation: u64,
        export: u64,
    },
    Complete {
        generation: u64,
        op: u64,
        result: Result<Outcome, CallError>,
    },
    Timer {
        generation: u64,
    },
    /// Its alarm rings.
    Alarm(AlarmCall),
    /// The alarm of this time was given up.
    ForgetAlarm(u64),
    /// Something arrived at a socket: one of that instance, or one that is kept.
    Socket {
        generation: Option<u64>,
        number: u64,
        delivery: Delivery,
    },
    /// It is to be started afresh, with other code perhaps.
    Restart(Restart),
    /// Its instance was told to end; see [`Actor::kill`].
    End,
}

impl Event {
    /// Gives a request its place among those under way.
    pub(super) fn give(&mut self, place: Ticket) {
        if let Event::Invoke { ticket, .. } = self {
            *ticket = Some(place);
        }
    }
}

struct Mailbox {
    events: VecDeque<Event>,
    /// On a queue of the pool, or running.
    scheduled: bool,
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
    mailbox: Mutex<Mailbox>,
    pub(super) core: Mutex<Option<Box<Instance>>>,
    /// Signals of the running instance, and why it was told to end.
    pub(super) signals: Mutex<Option<Arc<Signals>>>,
    pub(super) end: Mutex<Option<CallError>>,
    pub(super) facets: Mutex<HashMap<Arc<str>, Arc<Actor>>>,
    pub(super) sockets: Mutex<KeptSockets>,
    /// Counts instances; an event for an earlier one is void.
    pub(super) generation: AtomicU64,
}

/// The way back to one instance of an object.
#[derive(Clone, Debug)]
pub struct ActorLink {
    actor: Weak<Actor>,
    generation: u64,
}

impl ActorLink {
    /// Finishes operation `op`, if that instance still lives.
    pub fn complete(&self, op: u64, result: Result<Outcome, CallError>) {
        if let Some(actor) = self.actor.upgrade() {
            actor.push(Event::Complete {
                generation: self.generation,
                op,
                result,
            });
        }
    }

    pub(super) fn overdue(&self, request: u64) {
        if let Some(actor) = self.actor.upgrade() {
            actor.push(Event::Overdue {
                generation: self.generation,
                request,
            });
        }
    }

    pub(super) fn socket(&self, number: u64, delivery: Delivery) {
        if let Some(actor) = self.actor.upgrade() {
            actor.push(Event::Socket {
                generation: Some(self.generation),
                number,
                delivery,
            });
        }
    }

    pub(super) fn call(&self, export: u64, call: Call, reply: ReplyTo) {
        match self.actor.upgrade() {
            Some(actor) => actor.push(Event::CallBack {
                generation: self.generation,
                export,
                call,
                reply,
            }),
            None => reply.send(Err(CallError::new(DEAD_HOST))),
        }
    }

    pub(super) fn release(&self, export: u64) {
        if let Some(actor) = self.actor.upgrade()
            && self.generation == actor.generation.load(Ordering::Acquire)
        {
            actor.push(Event::Release {
                generation: self.generation,
                export,
            });
        }
    }

    pub(super) fn timer(&self) {
        if let Some(actor) = self.actor.upgrade() {
            actor.push(Event::Timer {
                generation: self.generation,
            });
        }
    }
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
    fn run_later(self: &Arc<Self>, wait_us: u64) {
        let actor = self.clone();
        self.context.tokio.spawn(async move {
            tokio::time::sleep(Duration::from_micros(wait_us)).await;
            let pool = actor.context.clone();
            pool.pool.submit(actor);
        });
    }

    pub(super) fn link(self: &Arc<Self>) -> ActorLink {
        ActorLink {
            actor: Arc::downgrade(self),
            generation: self.generation.load(Ordering::Acquire),
        }
    }

    fn handle(self: &Arc<Self>, core: &mut Option<Box<Instance>>, event: Event) {
        match event {
            Event::Invoke {
                entry,
                invocation,
                mut reply,
                arrived_ms,
                ticket,
            } => {
                if reply.is_abandoned() {
                    return;
                }
                self.last_active_ms.store(now_ms(), Ordering::Relaxed);
                if let Err(error) = self.ensure_started(core) {
                    self.meter
                        .finished(failed_invocation(&invocation, arrived_ms));
                    return reply.send(Err(error));
                }
                if let Some(instance) = core {
                    let settled = instance.invoke(entry, invocation, reply, arrived_ms, ticket);
                    self.settle(core, settled);
                }
            }
            Event::Overdue {
                generation,
                request,
            } => {
                if let Some(instance) = self.current(core, generation) {
                    instance.give_up_on(request);
                }
            }
            Event::CallBack {
                generation,
                export,
                call,
                reply,
            } => match self.current(core, generation) {
                Some(instance) => {
                    let settled = instance.call_back(export, call, reply);
                    self.settle(core, settled);
                }
                None => reply.send(Err(CallError::new(DEAD_HOST))),
            },
            Event::Release { generation, export } => {
                if let Some(instance) = self.current(core, generation) {
                    let settled = instance.release(export);
                    self.settle(core, settled);
                }
            }
            Event::Complete {
                generation,
                op,
                result,
            } => {
                if let Some(instance) = self.current(core, generation) {
                    let settled = instance.complete(op, result);
                    self.settle(core, settled);
                }
            }
            Event::Timer { generation } => {
                if let Some(instance) = self.current(core, generation) {
                    let settled = instance.timer();
                    self.settle(core, settled);
                }
            }
            Event::Alarm(call) => {
                self.last_active_ms.store(now_ms(), Ordering::Relaxed);
                self.alarm(core, call);
            }
            Event::ForgetAlarm(at_ms) => self.remove_alarm(core, at_ms),
            Event::Socket {
                generation: Some(generation),
                number,
                delivery,
            } => {
                if let Some(instance) = self.current(core, generation) {
                    let settled = instance.socket(number, delivery.take(), false);
                    self.settle(core, settled);
                }
            }
            Event::Socket {
                number, delivery, ..
            } => {
                if let Wake::Object(message) = self.before_waking(number, delivery) {
                    self.wake_for_socket(core, number, message);
                }
            }
            Event::Restart(restart) => self.go_over(core, restart),
            Event::End => {
                if let Some(reason) = self.end.lock().take() {
                    self.log(Level::Info, true, &format!("ended: {}", reason.message));
                    self.reset(core, reason, true);
                }
            }
        }
    }

    fn wake_for_socket(
        self: &Arc<Self>,
        core: &mut Option<Box<Instance>>,
        number: u64,
        message: Message,
    ) {
        self.last_active_ms.store(now_ms(), Ordering::Relaxed);
        // what kept it from starting has been reported
        if self.ensure_started(core).is_err() {
            if message.is_last() {
                self.release_kept(number);
            }
            return;
        }
        if let Some(instance) = core {
            let settled = instance.socket(number, message, true);
            self.settle(core, settled);
        }
    }

    fn current<'a>(
        &self,
        core: &'a mut Option<Box<Instance>>,
        generation: u64,
    ) -> Option<&'a mut Box<Instance>> {
        self.last_active_ms.store(now_ms(), Ordering::Relaxed);
        core.as_mut()
            .filter(|_| generation == self.generation.load(Ordering::Acquire))
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
    fn reset(self: &Arc<Self>, core: &mut Option<Box<Instance>>, reason: CallError, facets: bool) {
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

    fn reset_after_panic(self: &Arc<Self>, core: &mut Option<Box<Instance>>) {
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

fn failed_invocation(invocation: &Invocation, arrived_ms: u64) -> crate::ledger::Finished {
    let (method, path) = super::live::title(invocation);
    crate::ledger::Finished {
        at_ms: now_ms(),
        kind: match invocation {
            Invocation::Fetch(_) => Count::Requests,
            Invocation::Call(_) | Invocation::Tail(_) => Count::Calls,
        },
        method,
        path,
        status: 0,
        duration: std::time::Duration::from_millis(now_ms().saturating_sub(arrived_ms)),
    }
}

impl Work for Actor {
    fn run(self: Arc<Self>) -> bool {
        let mut core = self.core.lock();
        self.context.changed.note(&self.source.node, &self.meter);
        self.meter.active(self.context.now_us());
        if let Some(wait_us) = self.slowed() {
            self.run_later(wait_us);
            return false;
        }
        for _ in 0..EVENTS_PER_RUN {
            let mut mailbox = self.mailbox.lock();
            let next = if self.has_flag(PAUSED) {
                mailbox.take_end()
            } else {
                mailbox.events.pop_front()
            };
            let Some(event) = next else {
                mailbox.scheduled = false;
                drop(mailbox);
                if core.as_ref().is_none_or(|instance| instance.is_idle()) {
                    self.meter.at_rest(self.context.now_us());
                }
                return false;
            };
            drop(mailbox);
            // a fault of ours must cost this instance and not the thread that ran it
            let handled = catch_unwind(AssertUnwindSafe(|| self.handle(&mut core, event)));
            if handled.is_err() {
                self.reset_after_panic(&mut core);
            }
            if should_yield() {
                break;
            }
        }
        let mut mailbox = self.mailbox.lock();
        mailbox.scheduled = !mailbox.events.is_empty();
        mailbox.scheduled
    }
}

impl Mailbox {
    /// The only kind of event that a paused object handles.
    fn take_end(&mut self) -> Option<Event> {
        let end = self
            .events
            .iter()
            .position(|event| matches!(event, Event::End))?;
        self.events.remove(end)
    }
}
