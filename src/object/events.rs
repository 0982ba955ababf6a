//! What happens to an object, one event at a time.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;

use super::{
    actor::Actor,
    alarm::AlarmCall,
    instance::Instance,
    limits::{PAUSED, Ticket},
    link::DEAD_HOST,
    message::{CallError, Chunks, ReplyTo},
    pool::{Work, should_yield},
    restart::Restart,
    rpc::{Answer, Call, Entry, Invocation},
    sockets::Wake,
};
use crate::{
    ledger::{Count, Level, now_ms},
    sockets::{Delivery, Message},
};

/// Events that one run handles before other objects get their turn.
const EVENTS_PER_RUN: usize = 64;

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

/// The events of an object that wait.
pub(super) struct Mailbox {
    pub events: VecDeque<Event>,
    /// On a queue of the pool, or running.
    pub scheduled: bool,
}

impl Actor {
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
