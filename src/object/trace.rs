//! What a worker's tail workers are told of one invocation, and when: once it has been answered
//! and nothing that it gave to `waitUntil` is left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{
    actor::Kind,
    live::{Live, Loading},
    message::{CallError, ReplyTo},
    operations::Sent,
    rpc::{Answer, Invocation},
    target::{IdView, Target},
};
use crate::{ledger::now_ms, sockets::Message};

/// Bytes that one invocation's logs, exceptions and event may have, as in the reference.
const MAX_BYTES: usize = 256 << 10;
/// What a log line or exception counts beside its text, about as in the reference.
const ENTRY_BYTES: usize = 80;

const TRUNCATED: &str = "[\"Log size limit exceeded: More than 256KB of data (across console.log statements, exception, request metadata and headers) was logged during a single request. Subsequent data for this request will not be recorded in logs, appear when tailing this Worker's logs, or in Tail Workers.\"]";

/// An invocation under way: whatever it set going counts with it.
#[derive(Default)]
pub(super) struct Running {
    /// Its id, for logs; 0 when nothing set it going.
    id: u64,
    /// Requests and calls that it sent.
    sent: AtomicU32,
    /// Kept only for workers that have tail workers.
    trace: Option<Mutex<Trace>>,
}

/// A line that a constructor logged: level, and the JSON of its parts.
pub(super) type Line = (String, String);

struct Trace {
    tails: Arc<[Target]>,
    /// The answer, the handler, and each promise that is waited for.
    open: u32,
    began: Instant,
    /// The item so far, but for logs, exceptions and times.
    item: Value,
    logs: Vec<Value>,
    exceptions: Vec<Value>,
    outcome: &'static str,
    cpu: Duration,
    bytes: usize,
    truncated: bool,
}

impl Running {
    /// One without tail workers.
    pub fn untraced(id: u64) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// Its id, if something set it going.
    pub fn id(&self) -> Option<u64> {
        (self.id > 0).then_some(self.id)
    }

    /// Requests and calls sent, this one included.
    pub fn count(&self) -> u32 {
        self.sent.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds to its time.
    pub fn add_cpu(&self, cpu: Duration) {
        self.with(|trace| trace.cpu += cpu);
    }

    fn with(&self, act: impl FnOnce(&mut Trace)) {
        let Some(trace) = &self.trace else { return };
        let mut trace = trace.lock();
        // without an item it has been told
        if !trace.item.is_null() {
            act(&mut trace);
        }
    }

    /// A line of the console; `parts` is the JSON of its arguments.
    fn log(&self, level: &str, parts: String) {
        self.with(|trace| {
            if trace.admit(parts.len()) {
                trace.push_log(level, &parts);
            }
        });
    }

    /// An error that nobody caught.
    pub fn exception(&self, error: &CallError) {
        self.with(|trace| {
            if trace.admit(error.name.len() + error.message.len() + error.stack.len()) {
                trace.exceptions.push(json!({
                    "name": error.name,
                    "message": error.message,
                    "stack": (!error.stack.is_empty()).then_some(&error.stack),
                    "timestamp": now_ms(),
                }));
            }
        });
    }

    fn is_fetch(&self) -> bool {
        let mut is_fetch = false;
        self.with(|trace| is_fetch = trace.item["event"]["kind"] == "fetch");
        is_fetch
    }

    /// It goes on after its answer.
    pub fn hold(&self) {
        self.with(|trace| trace.open += 1);
    }
}

impl Trace {
    /// Whether that much more may be kept; what may not is told once.
    fn admit(&mut self, bytes: usize) -> bool {
        if self.truncated {
            return false;
        }
        self.bytes += bytes + ENTRY_BYTES;
        if self.bytes > MAX_BYTES {
            self.truncated = true;
            self.push_log("warn", TRUNCATED);
        }
        !self.truncated
    }

    /// The parts stay text within the JSON: how deep they are is the reader's concern.
    fn push_log(&mut self, level: &str, parts: &str) {
        self.logs
            .push(json!({ "level": level, "parts": parts, "timestamp": now_ms() }));
    }

    /// The whole item, as `assets/runtime/workers/tails.js` reads it.
    fn finish(&mut self) -> Arc<str> {
        let mut item = self.item.take();
        item["logs"] = std::mem::take(&mut self.logs).into();
        item["exceptions"] = std::mem::take(&mut self.exceptions).into();
        item["outcome"] = self.outcome.into();
        item["truncated"] = self.truncated.into();
        item["cpuTime"] = (self.cpu.as_millis() as u64).into();
        item["wallTime"] = (self.began.elapsed().as_millis() as u64).into();
        item.to_string().into()
    }
}

/// What a trace says of an invocation; `None` when it is not told to tails.
fn event_of(invocation: &Invocation) -> Option<Value> {
    match invocation {
        Invocation::Fetch(request) => Some(json!({
            "kind": "fetch",
            "url": request.url,
            "method": request.method,
            "headers": request.headers,
        })),
        Invocation::Call(call) => Some(json!({ "kind": "rpc", "method": call.path.join(".") })),
        Invocation::Tail(_) => None,
    }
}

impl Live {
    /// A new invocation begins; `entry` is the export that it is for.
    pub(super) fn begin_traced(&mut self, invocation: &Invocation, entry: Option<&str>) {
        let event = event_of(invocation).filter(|_| !self.code.tails.is_empty());
        self.begin_running(event, entry);
    }

    /// What tail workers are told of what arrived at a socket, if there are any.
    pub(super) fn socket_event(&self, message: &Message) -> Option<Value> {
        if self.code.tails.is_empty() {
            return None;
        }
        let close =
            |code: u16, clean: bool| json!({ "kind": "close", "code": code, "clean": clean });
        Some(match message {
            Message::Text(_) | Message::Binary(_) => json!({ "kind": "message" }),
            Message::Close { code, .. } => close(*code, true),
            Message::Lost => close(1006, false),
            Message::Failed(_) => json!({ "kind": "error" }),
        })
    }

    /// A message for a socket that is kept is an invocation of its own.
    pub(super) fn begin_socket(&mut self, event: Option<Value>) {
        self.begin_running(event, None);
    }

    /// What begins now is an invocation that tail workers are not told of.
    pub(super) fn begin_untraced(&mut self) {
        let running = Running::untraced(self.actor.context.next_request());
        self.operations.begin_invocation(Arc::new(running));
    }

    /// The handler of an alarm begins.
    pub(super) fn begin_traced_alarm(&mut self, at_ms: u64) -> Sent {
        let event = || json!({ "kind": "alarm", "scheduledTime": at_ms });
        let event = (!self.code.tails.is_empty()).then(event);
        self.begin_running(event, None);
        self.operations.current()
    }

    /// It has ended; `done` unless it threw.
    pub(super) fn trace_alarm_end(&self, running: &Running, done: bool) {
        if !done {
            running.with(|trace| trace.outcome = "exception");
        }
        self.let_go(running);
    }

    fn begin_running(&mut self, event: Option<Value>, entry: Option<&str>) {
        self.begin_spending();
        let trace = event.map(|event| Mutex::new(self.trace(event, entry)));
        let running = Running {
            id: self.actor.context.next_request(),
            sent: AtomicU32::new(0),
            trace,
        };
        for (level, parts) in std::mem::take(&mut self.early_logs) {
            running.log(&level, parts);
        }
        self.operations.begin_invocation(Arc::new(running));
    }

    fn trace(&self, event: Value, entry: Option<&str>) -> Trace {
        let is_object = matches!(self.actor.kind, Kind::Object(_));
        let class = is_object.then(|| self.actor.class());
        let id = match &self.id {
            Some(IdView::Id { hex, .. }) => Some(hex),
            Some(IdView::Text(text)) => Some(text),
            None => None,
        };
        Trace {
            tails: self.code.tails.clone(),
            open: 1,
            began: Instant::now(),
            bytes: event.to_string().len(),
            item: json!({
                "event": event,
                "eventTimestamp": now_ms(),
                "scriptName": (!self.code.dynamic).then_some(&*self.code.name),
                "entrypoint": class.as_deref().or(entry),
                "executionModel": if is_object { "durableObject" } else { "stateless" },
                "durableObjectId": id.filter(|_| is_object),
            }),
            logs: Vec::new(),
            exceptions: Vec::new(),
            outcome: "ok",
            cpu: Duration::ZERO,
            truncated: false,
        }
    }

    /// A line of the worker's console, for its tail workers.
    pub(super) fn trace_log(&mut self, level: &str, parts: String) {
        if !matches!(self.loading, Loading::Running) {
            return self.operations.current().log(level, parts);
        }
        let bytes: usize = self.early_logs.iter().map(|(_, parts)| parts.len()).sum();
        if bytes + parts.len() <= MAX_BYTES {
            self.early_logs.push((level.to_string(), parts));
        }
    }

    /// One thing less holds an invocation; when it was the last, the tail workers are told.
    pub(super) fn let_go(&self, running: &Running) {
        running.with(|trace| {
            trace.open = trace.open.saturating_sub(1);
            if trace.open == 0 {
                self.tell(trace);
            }
        });
    }

    /// An invocation was answered; only requests fail with their answer, as in the reference.
    pub(super) fn trace_answer(&self, running: &Running, answer: &Result<Answer, CallError>) {
        match answer {
            Ok(Answer::Response(response)) => {
                running.with(|trace| trace.item["event"]["status"] = response.status.into());
            }
            Err(error) if running.is_fetch() => {
                running.with(|trace| trace.outcome = "exception");
                running.exception(error);
            }
            _ => {}
        }
        self.let_go(running);
    }

    /// The instance ends: all that is under way is over.
    pub(super) fn end_traces(&self, outcome: &'static str, error: &CallError) {
        let pending = self.pending.values().map(|pending| &pending.running);
        let current = self.operations.current();
        let alarm = self.alarm.iter().filter_map(|run| run.running.as_ref());
        let waits = self.waits.values();
        for running in pending.chain(waits).chain(alarm).chain([&current]) {
            running.with(|trace| trace.outcome = outcome);
            if outcome == "exception" {
                running.exception(error);
            }
            running.with(|trace| self.tell(trace));
        }
    }

    /// Tells the tail workers, once. What becomes of that is theirs alone.
    fn tell(&self, trace: &mut Trace) {
        let item = trace.finish();
        let Some(world) = self.actor.world() else {
            return;
        };
        for target in trace.tails.iter() {
            let (reply, answer) = ReplyTo::channel();
            world.send(target.clone(), Invocation::Tail(item.clone()), reply);
            // whoever is told gets time to listen: an answer that nobody waits for is not made
            self.actor.context.tokio.spawn(answer);
        }
    }
}
