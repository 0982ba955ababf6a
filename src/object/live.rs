//! The host's side of an instance: what its calls act on, and what must happen to what a turn
//! leaves behind.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use tokio::task::AbortHandle;

use super::{
    actor::{Actor, ActorLink, Kind, Outcome, StartSpec},
    calls::{Codecs, Rewriters},
    code::{Code, Namespace, Packed},
    load,
    message::{Body, CallError, ReplyTo, Request, Response},
    streams::Streams,
    target::{FacetStart, IdView, Target},
};
use crate::{
    ledger::{Finished, Level, harmless, now_ms},
    sandbox::{Fault, wire::Writer},
    storage::{Database, StorageError},
};

const HUNG: &str = "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/";

/// A request that has no answer yet.
pub(super) struct Pending {
    pub reply: ReplyTo,
    pub method: String,
    pub path: String,
    pub arrived: Instant,
}

/// Something that a turn wants done outside; it leaves once the turn is committed.
pub(super) enum Effect {
    Reply {
        request: u64,
        answer: Result<Response, CallError>,
    },
    Fetch {
        op: u64,
        target: Target,
        request: Request,
    },
    Facet {
        op: u64,
        name: String,
        start: Option<FacetStart>,
        request: Request,
    },
    Write {
        op: u64,
        stream: u64,
        chunk: bytes::Bytes,
    },
    Close {
        stream: u64,
        failure: Option<String>,
    },
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
    pub(super) pending: HashMap<u64, Pending>,
    pub(super) operations: HashSet<u64>,
    /// Operations whose outcome is, as it stands, the answer to one of the requests.
    pub(super) forwards: HashMap<u64, u64>,
    pub(super) timers: HashMap<i64, AbortHandle>,
    pub(super) streams: Streams,
    pub(super) codecs: Codecs,
    pub(super) rewriters: Rewriters,
    pub(super) effects: Vec<Effect>,
    /// Answers that wait for the end of a transaction.
    pub(super) held: Vec<Effect>,
    /// Dynamic workers that this instance loaded, by handle.
    pub(super) loaded: Vec<Arc<Code>>,
    pub(super) loading: Loading,
    /// Why the worker's own code ends this instance.
    pub(super) ending: Option<CallError>,
    /// Promises given to `waitUntil` that have not settled.
    pub(super) waits: u32,
    pub(super) log_second: u64,
    pub(super) log_lines: u32,
    pub(super) last_request: u64,
    pub(super) size_seen: Option<Instant>,
}

/// Path and query of an absolute URL.
pub(super) fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/')
        .map_or_else(|| "/".to_string(), |at| harmless(&rest[at..], 200))
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
        Self {
            spaces: load::spaces(&code),
            props: spec.props.clone(),
            id: spec.id.clone(),
            actor,
            link,
            code,
            database,
            pending: HashMap::new(),
            operations: HashSet::new(),
            forwards: HashMap::new(),
            timers: HashMap::new(),
            streams: Streams::default(),
            codecs: Codecs::default(),
            rewriters: Rewriters::default(),
            effects: Vec::new(),
            held: Vec::new(),
            loaded: Vec::new(),
            loading: Loading::Running,
            ending: None,
            waits: 0,
            log_second: 0,
            log_lines: 0,
            last_request: 0,
            size_seen: None,
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

    pub(super) fn write_outcome(&mut self, event: &mut Writer, outcome: Outcome) {
        match outcome {
            Outcome::Response(response) => {
                event
                    .list(4)
                    .int(i64::from(response.status))
                    .text(&response.status_text);
                write_headers(event, &response.headers);
                self.write_body(event, response.body);
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
        let Some(database) = &mut self.database else {
            return Ok(false);
        };
        let committed = database.commit_turn()?;
        self.actor
            .meter
            .add_rows(committed.usage.rows_read, committed.usage.rows_written);
        if committed.wrote
            && self
                .size_seen
                .is_none_or(|seen| seen.elapsed().as_millis() > 200)
        {
            self.size_seen = Some(Instant::now());
            if let Ok(file) = std::fs::metadata(database.path()) {
                self.actor.meter.set_database(file.len());
            }
        }
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
        self.held.clear();
        if let Some(database) = &mut self.database
            && let Err(error) = database.rollback_turn()
        {
            self.actor.log(Level::Error, true, &error.to_string());
        }
    }

    /// Lets the turn's effects leave. While a transaction is open (`held`) answers wait for its
    /// end; what it asks of others does not, because the transaction may wait for that, and all
    /// that was written before it is lasting.
    pub(super) fn release(&mut self, held: bool) {
        let mut effects = std::mem::take(&mut self.effects);
        if !held && !self.held.is_empty() {
            effects.splice(0..0, self.held.drain(..));
        }
        for effect in effects.drain(..) {
            if held && matches!(effect, Effect::Reply { .. }) {
                self.held.push(effect);
            } else {
                self.perform(effect);
            }
        }
        self.effects = effects;
    }

    /// Answers a request with the outcome of an operation, which the sandbox does not look at.
    pub(super) fn forward(&mut self, request: u64, result: Result<Outcome, CallError>) {
        let answer = match result {
            Ok(Outcome::Response(response)) => Ok(response),
            Ok(_) => Err(CallError::new("The answer is not a response.")),
            Err(mut error) => {
                // what ended is behind this object, not this object
                error.marks.ended = false;
                Err(error)
            }
        };
        let effect = Effect::Reply { request, answer };
        if self.held.is_empty() {
            self.perform(effect)
        } else {
            self.held.push(effect)
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Reply { request, answer } => {
                let Some(pending) = self.pending.remove(&request) else {
                    return;
                };
                self.count(
                    &pending,
                    answer.as_ref().map_or(0, |response| response.status),
                );
                pending.reply.send(answer);
            }
            Effect::Fetch {
                op,
                target,
                request,
            } => {
                let reply = ReplyTo::operation(self.link.clone(), op);
                match self.actor.world() {
                    Some(world) => world.fetch(target, request, reply),
                    None => drop(reply),
                }
            }
            Effect::Facet {
                op,
                name,
                start,
                request,
            } => {
                let reply = ReplyTo::operation(self.link.clone(), op);
                let own = self.id.clone().unwrap_or(IdView::Text(String::new()));
                match self.actor.facet(&name, start, &own) {
                    Ok(facet) => facet.fetch(None, request, reply),
                    Err(error) => reply.send(Err(error)),
                }
            }
            Effect::Write { op, stream, chunk } => self.write(op, stream, chunk),
            Effect::Close { stream, failure } => {
                if let (Some(text), Some(sender)) = (failure, self.streams.sender(stream)) {
                    self.actor
                        .context
                        .tokio
                        .spawn(async move { sender.send(Err(text)).await });
                }
                self.streams.close(stream);
            }
        }
    }

    fn write(&mut self, op: u64, stream: u64, chunk: bytes::Bytes) {
        let gone = || CallError::of("TypeError", "The reading end of the stream is gone.");
        let link = self.link.clone();
        let Some(sender) = self.streams.sender(stream) else {
            return link.complete(op, Err(gone()));
        };
        match sender.try_send(Ok(chunk)) {
            Ok(()) => link.complete(op, Ok(Outcome::Unit)),
            Err(tokio::sync::mpsc::error::TrySendError::Closed(_)) => {
                link.complete(op, Err(gone()))
            }
            Err(tokio::sync::mpsc::error::TrySendError::Full(chunk)) => {
                self.actor.context.tokio.spawn(async move {
                    let sent = sender.send(chunk).await.map_err(|_| gone());
                    link.complete(op, sent.map(|()| Outcome::Unit));
                });
            }
        }
    }

    pub(super) fn count(&self, pending: &Pending, status: u16) {
        self.actor.meter.finished(Finished {
            at_ms: now_ms(),
            method: pending.method.clone(),
            path: pending.path.clone(),
            status,
            duration: pending.arrived.elapsed(),
        });
    }

    /// A stateless worker that waits for nothing will never answer: its requests end here.
    pub(super) fn fail_what_hangs(&mut self) {
        let waits =
            !self.operations.is_empty() || !self.timers.is_empty() || self.streams.any_outbound();
        if waits || self.pending.is_empty() || !matches!(self.actor.kind, Kind::Entrypoint) {
            return;
        }
        for (_, pending) in std::mem::take(&mut self.pending) {
            self.count(&pending, 0);
            pending.reply.send(Err(CallError::new(HUNG).remote()));
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
            Fault::CpuLimit { limit_ms } => {
                format!("{what} exceeded its CPU time limit of {limit_ms} ms and was reset.")
            }
            Fault::MemoryLimit { limit_bytes } => {
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
        self.actor.report(error);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for (_, timer) in self.timers.drain() {
            timer.abort();
        }
    }
}
