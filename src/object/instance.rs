//! A sandbox with a worker in it, and what has to happen around each turn.

use std::{sync::Arc, time::Instant};

use super::{
    actor::{Actor, Kind, StartSpec},
    alarm::{AlarmCall, AlarmRun},
    code::Code,
    events::Outcome,
    limits::{Limit, Ticket},
    link::ActorLink,
    live::{FailedPart, Live, Loading, Pending, title, write_failure, write_headers},
    load,
    message::{CallError, ReplyTo},
    pool::retire_thread,
    rpc::{Call, Entry, Invocation},
};
use crate::{
    ledger::{Count, Level, now_ms},
    sandbox::{Fault, Sandbox, Signals, wire::Writer},
    sockets::Message,
    storage::{Database, StorageError},
};

/// What a turn left behind.
pub(super) enum Settled {
    /// The instance goes on.
    Live,
    /// It ended, for this reason; its memory is gone and the turn's writes were rolled back.
    Ended(CallError),
}

/// A live sandbox and its host side.
pub(super) struct Instance {
    sandbox: Sandbox<Box<Live>>,
    signals: Arc<Signals>,
    /// There but for the duration of a turn.
    live: Option<Box<Live>>,
    event: Writer,
}

impl Instance {
    /// Starts a sandbox and loads the worker into it.
    pub fn start(
        actor: Arc<Actor>,
        link: ActorLink,
        spec: &StartSpec,
        code: Arc<Code>,
        signals: Arc<Signals>,
    ) -> Result<Box<Self>, CallError> {
        let context = actor.context.clone();
        // what the engine was set up for; the signals may say less
        let memory = context.limits.memory_bytes;
        let mut sandbox = context.engine.instantiate(signals.clone(), memory);
        if sandbox.is_err() && context.world().is_some_and(|world| world.make_room()) {
            sandbox = context.engine.instantiate(signals.clone(), memory);
        }
        let mut sandbox = sandbox.map_err(|error| {
            let mut refused = CallError::new(error.to_string());
            refused.marks.overloaded = true;
            refused
        })?;
        sandbox.offer(code.compiled(context.engine.library()));
        let database = database(&actor, &signals)?;
        let mut live = Box::new(Live::new(actor, link, spec, code, database));
        live.limit_storage();
        let mut instance = Box::new(Self {
            sandbox,
            signals,
            live: Some(live),
            event: Writer::new(),
        });
        instance.load(spec)?;
        Ok(instance)
    }

    fn live(&mut self) -> &mut Live {
        // absent only inside `turn`, which puts it back
        self.live.as_mut().expect("the host side between turns")
    }

    fn load(&mut self, spec: &StartSpec) -> Result<(), CallError> {
        let mut event = std::mem::take(&mut self.event);
        load::event(&mut event, self.live(), spec);
        self.event = event;
        let settled = self.turn();
        let error = match (
            settled,
            std::mem::replace(&mut self.live().loading, Loading::Loaded),
        ) {
            (Settled::Live, Loading::Loaded) => return Ok(()),
            (Settled::Live, Loading::Running) => load::start_failure(&CallError::of(
                "Error",
                "Top-level await in module is unsettled.",
            )),
            (
                _,
                Loading::Failed {
                    error,
                    what: FailedPart::Constructor,
                },
            ) => error.remote().reset(),
            (
                _,
                Loading::Failed {
                    error,
                    what: FailedPart::Class,
                },
            ) => error,
            (
                _,
                Loading::Failed {
                    error,
                    what: FailedPart::Start,
                },
            ) => load::start_failure(&error),
            (Settled::Ended(error), _) => error.reset(),
        };
        let live = self.live();
        if let Some(database) = &mut live.database {
            // the failure that is reported is the start's
            let _ = database.rollback_turn();
        }
        Err(error)
    }

    /// Delivers a request or call.
    pub fn invoke(
        &mut self,
        entry: Entry,
        invocation: Invocation,
        reply: ReplyTo,
        arrived_ms: u64,
        ticket: Option<Ticket>,
    ) -> Settled {
        let waited = std::time::Duration::from_millis(now_ms().saturating_sub(arrived_ms));
        let export = match &entry {
            Entry::Export { name, .. } => name.as_deref(),
            Entry::Object => None,
        };
        self.live().begin_traced(&invocation, export);
        let number = self.expect_answer(&invocation, reply, waited, ticket);
        self.watch_the_clock(number, waited);
        let mut event = std::mem::take(&mut self.event);
        let live = self.live();
        event.clear();
        event.text(match invocation {
            Invocation::Fetch(_) => "fetch",
            Invocation::Call(_) => "call",
            Invocation::Tail(_) => "tail",
        });
        event.int(number as i64);
        match entry {
            Entry::Object => {
                event.null();
            }
            Entry::Export { name, props } => {
                event.list(2).optional_text(name.as_deref());
                load::packed(&mut event, props.as_deref());
            }
        }
        match invocation {
            Invocation::Fetch(request) => {
                event.text(&request.method).text(&request.url);
                write_headers(&mut event, &request.headers);
                live.write_body(&mut event, request.body);
            }
            Invocation::Call(call) => live.write_call(&mut event, call),
            Invocation::Tail(item) => {
                event.text(&item);
            }
        }
        self.event = event;
        self.turn()
    }

    /// Delivers a call of what the sandbox gave away as number `export`.
    pub fn call_back(&mut self, export: u64, call: Call, reply: ReplyTo) -> Settled {
        let invocation = Invocation::Call(call);
        self.live().begin_untraced();
        let number = self.expect_answer(&invocation, reply, std::time::Duration::ZERO, None);
        let Invocation::Call(call) = invocation else {
            return Settled::Live;
        };
        let mut event = std::mem::take(&mut self.event);
        event.clear();
        event.text("call").int(number as i64).int(export as i64);
        self.live().write_call(&mut event, call);
        self.event = event;
        self.turn()
    }

    /// Tells the sandbox that nobody holds number `export` any more.
    pub fn release(&mut self, export: u64) -> Settled {
        if !self.live().exports.remove(&export) {
            return Settled::Live;
        }
        self.event.clear();
        self.event.text("release").int(export as i64);
        self.turn()
    }

    /// Notes that `reply` waits; gives the number that the sandbox answers to.
    fn expect_answer(
        &mut self,
        invocation: &Invocation,
        reply: ReplyTo,
        waited: std::time::Duration,
        ticket: Option<Ticket>,
    ) -> u64 {
        let now = Instant::now();
        let (method, path) = title(invocation);
        let live = self.live();
        live.last_request += 1;
        live.pending.insert(
            live.last_request,
            Pending {
                upgrade: matches!(invocation, Invocation::Fetch(request) if request.wants_socket()),
                reply,
                is_call: !matches!(invocation, Invocation::Fetch(_)),
                method,
                path,
                arrived: now.checked_sub(waited).unwrap_or(now),
                running: live.operations.current(),
                _ticket: ticket,
            },
        );
        live.last_request
    }

    /// Gives request `number` up once it has taken too long, if there is a limit to that.
    fn watch_the_clock(&mut self, number: u64, waited: std::time::Duration) {
        let live = self.live();
        let Some(limit) = live.limited.limits.get(Limit::WallMsPerRequest) else {
            return;
        };
        let left = std::time::Duration::from_millis(limit.value).saturating_sub(waited);
        let link = live.link.clone();
        live.actor.context.tokio.spawn(async move {
            tokio::time::sleep(left).await;
            link.overdue(number);
        });
    }

    /// Answers a request that has taken too long, if it still waits.
    pub fn give_up_on(&mut self, request: u64) {
        let live = self.live();
        let Some(pending) = live.pending.remove(&request) else {
            return;
        };
        let limit = live.limited.limits.value(Limit::WallMsPerRequest);
        let mut error = CallError::new(format!(
            "The request took longer than its limit of wall_ms_per_request = {limit}."
        ));
        error.marks.status = 503;
        live.count(&pending, 503);
        let answer = Err(error);
        live.trace_answer(&pending.running, &answer);
        pending.reply.send(answer);
        live.reached(Limit::WallMsPerRequest);
    }

    /// Delivers the end of an operation.
    pub fn complete(&mut self, op: u64, result: Result<Outcome, CallError>) -> Settled {
        let mut event = std::mem::take(&mut self.event);
        let live = self.live();
        let operation = live.operations.end(op);
        let outcome = operation.and_then(|operation| live.follow(op, operation, result));
        // nobody waits for it any more, or it goes on
        let Some(result) = outcome else {
            self.event = event;
            return Settled::Live;
        };
        if let Err(error) = &result
            && let Some(detail) = &error.detail
        {
            live.write_log(Level::Warn, detail);
        }
        if let Some(request) = live.forwards.remove(&op) {
            live.forward(request, result);
            self.event = event;
            return Settled::Live;
        }
        event.clear();
        match result {
            Ok(outcome) => {
                event.text("done").int(op as i64);
                live.write_outcome(&mut event, outcome);
            }
            Err(error) => write_failure(&mut event, op, &error),
        }
        self.event = event;
        self.turn()
    }

    /// Delivers a timer that is due, if none has been cleared since.
    pub fn timer(&mut self) -> Settled {
        let Some(id) = self.live().take_due_timer() else {
            return Settled::Live;
        };
        self.live().operations.end_timer(id, true);
        self.event.clear();
        self.event.text("timer").int(id);
        self.turn()
    }

    /// Delivers an alarm.
    pub fn alarm(&mut self, call: AlarmCall) -> Settled {
        self.live().begin_untraced();
        self.live().alarm = Some(AlarmRun::new(call));
        self.event.clear();
        self.event.text("alarm");
        self.turn()
    }

    /// Removes the alarm of this time, after a transaction that may be open.
    pub fn forget_alarm(&mut self, at_ms: u64) -> Settled {
        let live = self.live();
        live.given_up = Some(at_ms);
        match live.commit() {
            Ok(_) => Settled::Live,
            Err(error) => Settled::Ended(CallError::from(error).remote()),
        }
    }

    /// Delivers what arrived at a socket; `kept` says whether it is one that the place keeps.
    pub fn socket(&mut self, number: u64, message: Message, kept: bool) -> Settled {
        if !kept && message.is_last() {
            self.live().sockets.end(number);
        }
        let told = self.live().socket_event(&message);
        self.event.clear();
        self.event.text("socket").int(number as i64).bool(kept);
        match message {
            Message::Text(bytes) => self.event.text("message").raw_text(&bytes),
            Message::Binary(bytes) => self.event.text("message").bytes(&bytes),
            Message::Close { code, reason } => {
                self.event.text("close").int(code.into()).text(&reason)
            }
            Message::Lost => self.event.text("lost"),
            Message::Failed(text) => self.event.text("failed").text(&text),
        };
        if !kept {
            self.live().actor.meter.add(Count::MessagesIn, 1);
            return self.turn();
        }
        self.live().begin_socket(told);
        let running = self.live().operations.current();
        let settled = self.turn();
        self.live().let_go(&running);
        settled
    }

    /// Runs the event in `self.event`, commits, and lets the effects leave.
    fn turn(&mut self) -> Settled {
        let Some(mut live) = self.live.take() else {
            return Settled::Live;
        };
        live.hold_turn(&self.signals);
        let turn = self.sandbox.turn(self.event.as_bytes(), live);
        if turn.thread_gave_way {
            retire_thread();
        }
        let mut live = turn.host;
        live.note_cpu(turn.cpu);
        live.operations.current().add_cpu(turn.cpu);
        let mut outcome = "exception";
        // whether the worker's code is to blame when the instance ends here
        let mut own_fault = false;
        let settled = match turn.outcome {
            Ok(()) => match live.commit() {
                Ok(held) => {
                    live.release(held);
                    if !held {
                        live.tell_alarm();
                    }
                    live.fail_what_hangs();
                    Settled::Live
                }
                Err(error) => {
                    live.tell_operator(&error);
                    live.actor.meter.add(Count::StorageFailures, 1);
                    own_fault = matches!(error, StorageError::Violated(_));
                    Settled::Ended(CallError::from(error).remote())
                }
            },
            Err(fault) => {
                own_fault = !matches!(fault, Fault::Killed | Fault::Trap(_));
                outcome = outcome_of(&fault);
                live.actor.meter.add(count_of(&fault), 1);
                Settled::Ended(live.fault(fault))
            }
        };
        if let Settled::Ended(error) = &settled {
            live.end_traces(outcome, error);
            live.effects.clear();
            live.roll_back();
            live.break_alarm(own_fault);
        }
        self.live = Some(live);
        settled
    }

    /// Linear memory in use, bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.sandbox.memory_bytes() as u64
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.live.as_ref().is_some_and(|live| {
            live.pending.is_empty()
                && live.operations.is_empty()
                && live.timers.is_empty()
                && live.waits.is_empty()
                && live.alarm.is_none()
                && live.exports.is_empty()
                && !live.streams.any_outbound()
                && !live.sockets.any_open()
        })
    }

    /// Ends the instance: every open request gets `reason`.
    pub fn end(mut self: Box<Self>, reason: &CallError) {
        if let Some(mut live) = self.live.take() {
            live.roll_back();
            live.end_traces("canceled", reason);
            for (_, pending) in std::mem::take(&mut live.pending) {
                live.count(&pending, 0);
                let mut reason = reason.clone();
                // the reference marks so what requests get, and not what calls get
                reason.marks.remote &= !pending.is_call;
                pending.reply.send(Err(reason));
            }
        }
    }
}

/// What an instance that ends so counts as.
fn count_of(fault: &Fault) -> Count {
    match fault {
        Fault::CpuLimit { .. } => Count::CpuEnds,
        Fault::MemoryLimit { .. } => Count::MemoryEnds,
        Fault::Killed => Count::Kills,
        Fault::StackOverflow | Fault::Stopped(_) | Fault::Trap(_) => Count::Exceptions,
    }
}

/// What tail workers are told of the invocation that ended so.
fn outcome_of(fault: &Fault) -> &'static str {
    match fault {
        Fault::CpuLimit { .. } => "exceededCpu",
        Fault::MemoryLimit { .. } => "exceededMemory",
        Fault::Killed => "canceled",
        Fault::StackOverflow | Fault::Stopped(_) | Fault::Trap(_) => "exception",
    }
}

fn database(actor: &Arc<Actor>, signals: &Arc<Signals>) -> Result<Option<Database>, CallError> {
    let Kind::Object(place) = &actor.kind else {
        return Ok(None);
    };
    let worker = actor.source.node.split('/').next().unwrap_or_default();
    let durability = actor
        .world()
        .map(|world| world.durability(worker))
        .unwrap_or_default();
    let mut database = Database::in_folder(&place.files, place.facet, durability);
    let signals = signals.clone();
    database.set_interrupt_check(Arc::new(move || signals.must_end().is_some()));
    Ok(Some(database))
}
