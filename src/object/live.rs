//! The host's side of an instance: what its calls act on, and what must happen to what a turn
//! leaves behind.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use tokio::{sync::oneshot, task::AbortHandle};

use super::{
    actor::{Actor, Kind, StartSpec},
    alarm::AlarmRun,
    calls::{Codecs, Rewriters},
    code::{Code, Namespace, Packed},
    coding::{chunks_of, coding_of},
    dial::Upgrade,
    effects::Effect,
    events::Outcome,
    held::Held,
    limits::{HeldTo, Limit, Ticket},
    link::ActorLink,
    load,
    message::{Body, CallError, ReplyTo},
    operations::{Operations, Sent},
    rpc::{Answer, Invocation},
    sockets::InstanceSockets,
    streams::Streams,
    target::IdView,
    trace::Line,
};
use crate::{
    ledger::{Count, Finished, Level, harmless, now_ms},
    platform::compress::Format,
    sandbox::{Fault, thread_waited, wire::Writer},
    storage::{Database, StorageError},
};

const HUNG: &str = "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/";

/// A request that has no answer yet.
pub(super) struct Pending {
    /// It may be answered with a WebSocket.
    pub upgrade: bool,
    pub reply: ReplyTo,
    pub is_call: bool,
    pub method: String,
    pub path: String,
    pub arrived: Instant,
    pub running: Sent,
    /// Dropping it makes room for another.
    pub _ticket: Option<Ticket>,
}

/// A timer that is set.
pub(super) struct Timer {
    /// When it is due.
    pub due: Instant,
    /// Waits until then.
    pub task: AbortHandle,
}

/// What kept a worker from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailedPart {
    /// Its modules.
    Start,
    /// It has no such class.
    Class,
    /// The class's constructor threw.
    Constructor,
}

/// How far loading got; a turn of loading that leaves it at `Running` never ends.
pub(super) enum Loading {
    Running,
    Loaded,
    Failed { error: CallError, what: FailedPart },
}

/// The host's side of one instance: what its calls act on.
pub struct Live {
    pub(super) actor: Arc<Actor>,
    pub(super) link: ActorLink,
    pub(super) code: Arc<Code>,
    pub(super) spaces: Vec<Arc<Namespace>>,
    pub(super) props: Option<Arc<Packed>>,
    pub(super) id: Option<IdView>,
    pub(super) database: Option<Database>,
    pub(super) limited: HeldTo,
    pub(super) pending: HashMap<u64, Pending>,
    pub(super) operations: Operations,
    /// Operations whose outcome is, as it stands, the answer to one of the requests.
    pub(super) forwards: HashMap<u64, u64>,
    pub(super) timers: HashMap<i64, Timer>,
    pub(super) streams: Streams,
    pub(super) sockets: InstanceSockets,
    pub(super) codecs: Codecs,
    pub(super) rewriters: Rewriters,
    /// Connections on which TLS may begin, by number.
    pub(super) upgrades: HashMap<u64, oneshot::Sender<Upgrade>>,
    pub(super) last_connection: u64,
    pub(super) effects: Vec<Effect>,
    /// Answers that wait for the end of a transaction.
    pub(super) delayed: Vec<Effect>,
    /// Dynamic workers that this instance loaded, by handle.
    pub(super) loaded: Vec<Arc<Code>>,
    /// What it was given with calls and their results, by number.
    pub(super) held: Held,
    /// What it gave away by reference, by its own numbers, and which others still hold.
    pub(super) exports: HashSet<u64>,
    pub(super) loading: Loading,
    /// Why the worker's own code ends this instance.
    pub(super) ending: Option<CallError>,
    /// Promises given to `waitUntil` that have not settled, and whose they are.
    pub(super) waits: HashMap<u64, Sent>,
    pub(super) last_wait: u64,
    /// What the constructor logged, for the tail workers.
    pub(super) early_logs: Vec<Line>,
    pub(super) log_second: u64,
    pub(super) log_lines: u32,
    pub(super) last_request: u64,
    pub(super) size_seen: Option<Instant>,
    /// The alarm that it handles.
    pub(super) alarm: Option<AlarmRun>,
    /// The time of an alarm that is to be removed because it was given up.
    pub(super) given_up: Option<u64>,
}

/// Path and query of an absolute URL.
pub(super) fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/')
        .map_or_else(|| "/".to_string(), |at| harmless(&rest[at..], 200))
}

/// Method and path as logs and the console show an invocation.
pub(super) fn title(invocation: &Invocation) -> (String, String) {
    match invocation {
        Invocation::Fetch(request) => (request.method.clone(), path_of(&request.url)),
        Invocation::Call(call) => ("RPC".into(), harmless(&call.path.join("."), 200)),
        Invocation::Tail(_) => ("TAIL".into(), String::new()),
    }
}

pub(super) fn write_headers(event: &mut Writer, headers: &[(String, String)]) {
    event.list(headers.len() * 2);
    for (name, value) in headers {
        event.text(name).text(value);
    }
}

pub(super) fn write_failure(event: &mut Writer, op: u64, error: &CallError) {
    event
        .text("fail")
        .int(op as i64)
        .text(&error.name)
        .text(&error.message);
    let marks = [
        (error.marks.remote, "remote"),
        (error.marks.reset, "durableObjectReset"),
        (error.marks.overloaded, "overloaded"),
        (error.marks.retryable, "retryable"),
    ];
    let mut list = event.begin_list();
    for (_, name) in marks.iter().filter(|(set, _)| *set) {
        event.text(name);
        list.push();
    }
    event.end_list(list);
    match &error.payload {
        Some(bytes) => event.bytes(bytes),
        None => event.null(),
    };
    event.bool(error.marks.ended);
}

impl Live {
    /// The host's side of a new instance.
    pub(super) fn new(
        actor: Arc<Actor>,
        link: ActorLink,
        spec: &StartSpec,
        code: Arc<Code>,
        database: Option<Database>,
    ) -> Self {
        let limited = HeldTo::new(actor.limits(), 0);
        Self {
            spaces: load::spaces(&code),
            props: spec.props.clone(),
            id: spec.id.clone(),
            actor,
            link,
            code,
            database,
            limited,
            pending: HashMap::new(),
            operations: Operations::default(),
            forwards: HashMap::new(),
            timers: HashMap::new(),
            streams: Streams::default(),
            sockets: InstanceSockets::default(),
            codecs: Codecs::default(),
            rewriters: Rewriters::default(),
            upgrades: HashMap::new(),
            last_connection: 0,
            effects: Vec::new(),
            delayed: Vec::new(),
            loaded: Vec::new(),
            held: Held::default(),
            exports: HashSet::new(),
            loading: Loading::Running,
            ending: None,
            waits: HashMap::new(),
            last_wait: 0,
            early_logs: Vec::new(),
            log_second: 0,
            log_lines: 0,
            last_request: 0,
            size_seen: None,
            alarm: None,
            given_up: None,
        }
    }

    pub(super) fn write_body(&mut self, event: &mut Writer, body: Body) {
        match body {
            Body::Empty => {
                event.null();
            }
            Body::Full { bytes, text: true } => {
                event.raw_text(&bytes);
            }
            Body::Full { bytes, text: false } => {
                event.bytes(&bytes);
            }
            Body::Stream { chunks, length } => {
                let id = self.streams.add(chunks, length);
                event.list(2).int(id as i64);
                match length {
                    Some(length) => event.number(length as f64),
                    None => event.null(),
                };
            }
        }
    }

    /// A body whose bytes are in `format`, which its readers do not see.
    fn write_coded_body(&mut self, event: &mut Writer, body: Body, format: Format) {
        match chunks_of(body) {
            Some(chunks) => {
                let id = self.streams.add_coded(chunks, None, Some(format));
                event.list(2).int(id as i64).null();
            }
            None => {
                event.null();
            }
        }
    }

    pub(super) fn write_outcome(&mut self, event: &mut Writer, outcome: Outcome) {
        match outcome {
            Outcome::Answer(Answer::Value(message)) => self.write_message(event, message),
            Outcome::Answer(Answer::Response(response)) => {
                event
                    .list(6)
                    .int(i64::from(response.status))
                    .text(&response.status_text);
                write_headers(event, &response.headers);
                match coding_of(&response.headers).filter(|_| response.coded) {
                    Some(format) => self.write_coded_body(event, response.body, format),
                    None => self.write_body(event, response.body),
                }
                event.optional_text(response.url.as_deref());
                match response.socket {
                    Some(end) => event.int(self.hold_socket(end) as i64),
                    None => event.null(),
                };
            }
            Outcome::Pulled {
                stream,
                chunks,
                chunk,
            } => {
                self.streams.put_back(stream, chunks);
                match chunk {
                    Some(bytes) => event.bytes(&bytes),
                    None => event.null(),
                };
            }
            Outcome::Unit => {
                event.undefined();
            }
        }
    }

    /// The commit gate. True when a transaction is still open, and effects must wait for it.
    pub(super) fn commit(&mut self) -> Result<bool, StorageError> {
        let committed = self.commit_with_alarm()?;
        let Some(database) = &mut self.database else {
            return Ok(false);
        };
        if committed.wrote {
            // for the disk
            thread_waited();
        }
        if committed.wrote
            && self
                .size_seen
                .is_none_or(|seen| seen.elapsed().as_millis() > 200)
        {
            self.size_seen = Some(Instant::now());
            if let Some(bytes) = database.stored_bytes() {
                self.actor.meter.set_database(bytes);
            }
        }
        self.note_rows(committed.usage);
        Ok(committed.held)
    }

    /// Logs what the object's own code, and so its callers, must not know: the file and the cure.
    pub(super) fn tell_operator(&self, error: &StorageError) {
        let text = error.to_string();
        if error.resets_object() && text != error.worker_message() {
            self.actor.log(Level::Error, true, &text);
        }
    }

    pub(super) fn roll_back(&mut self) {
        self.delayed.clear();
        if let Some(database) = &mut self.database
            && let Err(error) = database.rollback_turn()
        {
            self.actor.log(Level::Error, true, &error.to_string());
        }
    }

    pub(super) fn count(&self, pending: &Pending, status: u16) {
        let kind = if pending.is_call {
            Count::Calls
        } else {
            Count::Requests
        };
        self.actor.meter.finished(Finished {
            at_ms: now_ms(),
            kind,
            method: pending.method.clone(),
            path: pending.path.clone(),
            status,
            duration: pending.arrived.elapsed(),
        });
    }

    /// Takes the timer that has been due for longest. Which one's wait ended first is chance when
    /// several are overdue.
    pub(super) fn take_due_timer(&mut self) -> Option<i64> {
        let now = Instant::now();
        let due = self.timers.iter().filter(|(_, timer)| timer.due <= now);
        // of the runtime's own timers the numbers go down
        let (&id, _) = due.min_by_key(|(id, timer)| (timer.due, id.abs()))?;
        self.timers.remove(&id);
        Some(id)
    }

    /// A stateless worker that waits for nothing will never answer: its requests end here.
    pub(super) fn fail_what_hangs(&mut self) {
        let waits = !self.operations.is_empty()
            || !self.timers.is_empty()
            || self.streams.any_outbound()
            || self.sockets.any_open();
        if waits || self.pending.is_empty() || !matches!(self.actor.kind, Kind::Entrypoint) {
            return;
        }
        for (_, pending) in std::mem::take(&mut self.pending) {
            self.count(&pending, 0);
            let answer = Err(CallError::new(HUNG).remote());
            self.trace_answer(&pending.running, &answer);
            pending.reply.send(answer);
        }
        self.actor.log(Level::Error, true, HUNG);
    }

    /// What a caller is told about the fault that ended this instance.
    pub(super) fn fault(&mut self, fault: Fault) -> CallError {
        if let Some(error) = self.ending.take() {
            return error;
        }
        let what = if matches!(self.actor.kind, Kind::Entrypoint) {
            "Worker"
        } else {
            "Durable Object"
        };
        CallError::new(match fault {
            Fault::CpuLimit { .. } => {
                self.ended_at(self.cpu_limit());
                self.cpu_limit_text(what)
            }
            Fault::MemoryLimit { limit_bytes } => {
                self.ended_at(Limit::MemoryBytes);
                format!(
                    "{what} exceeded its memory limit of {} MiB and was reset.",
                    limit_bytes >> 20
                )
            }
            Fault::StackOverflow => format!("{what} exhausted its stack and was reset."),
            Fault::Killed => format!("{what} was killed."),
            Fault::Stopped(reason) => reason,
            Fault::Trap(reason) => format!("{what} was reset after an internal error: {reason}"),
        })
    }

    /// Notes an error of the worker's own code for the operator.
    pub(super) fn failed(&self, error: &CallError) {
        self.actor.meter.add(Count::Exceptions, 1);
        self.actor.report_of(self.operations.request(), error);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for (_, timer) in self.timers.drain() {
            timer.task.abort();
        }
        self.actor.meter.set_accepted_sockets(0);
    }
}
