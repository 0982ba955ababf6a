//! A sandbox with a worker in it, and what has to happen around each turn.

use std::{sync::Arc, time::Instant};

use super::{
    actor::{Actor, ActorLink, Kind, Outcome, StartSpec},
    code::{Code, Packed},
    live::{FailedPart, Live, Loading, Pending, path_of, write_failure, write_headers},
    load,
    message::{CallError, ReplyTo, Request},
    pool::retire_thread,
};
use crate::{
    ledger::now_ms,
    sandbox::{Sandbox, Signals, wire::Writer},
    storage::Database,
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
        let live = Box::new(Live::new(actor, link, spec, code, database));
        let mut instance = Box::new(Self {
            sandbox,
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

    /// Delivers a request.
    pub fn fetch(
        &mut self,
        entry: Option<(Option<String>, Option<Arc<Packed>>)>,
        request: Request,
        reply: ReplyTo,
        arrived_ms: u64,
    ) -> Settled {
        let waited = std::time::Duration::from_millis(now_ms().saturating_sub(arrived_ms));
        let mut event = std::mem::take(&mut self.event);
        let live = self.live();
        live.last_request += 1;
        let number = live.last_request;
        event.clear();
        event.text("fetch").int(number as i64);
        match entry {
            None => {
                event.null();
            }
            Some((name, props)) => {
                event.list(2).optional_text(name.as_deref());
                load::packed(&mut event, props.as_deref());
            }
        }
        event.text(&request.method).text(&request.url);
        write_headers(&mut event, &request.headers);
        live.write_body(&mut event, request.body);
        let arrived = Instant::now()
            .checked_sub(waited)
            .unwrap_or_else(Instant::now);
        let path = path_of(&request.url);
        live.pending.insert(
            number,
            Pending {
                reply,
                method: request.method,
                path,
                arrived,
            },
        );
        self.event = event;
        self.turn()
    }

    /// Delivers the end of an operation.
    pub fn complete(&mut self, op: u64, result: Result<Outcome, CallError>) -> Settled {
        let mut event = std::mem::take(&mut self.event);
        let live = self.live();
        live.operations.remove(&op);
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

    /// Delivers a timer.
    pub fn timer(&mut self, id: i64) -> Settled {
        if self.live().timers.remove(&id).is_none() {
            return Settled::Live;
        }
        self.event.clear();
        self.event.text("timer").int(id);
        self.turn()
    }

    /// Runs the event in `self.event`, commits, and lets the effects leave.
    fn turn(&mut self) -> Settled {
        let Some(live) = self.live.take() else {
            return Settled::Live;
        };
        let turn = self.sandbox.turn(self.event.as_bytes(), live);
        if turn.thread_gave_way {
            retire_thread();
        }
        let mut live = turn.host;
        live.actor.meter.add_cpu(turn.cpu);
        let settled = match turn.outcome {
            Ok(()) => match live.commit() {
                Ok(held) => {
                    live.release(held);
                    live.fail_what_hangs();
                    Settled::Live
                }
                Err(error) => {
                    live.tell_operator(&error);
                    Settled::Ended(CallError::from(error).remote())
                }
            },
            Err(fault) => Settled::Ended(live.fault(fault)),
        };
        if matches!(settled, Settled::Ended(_)) {
            live.effects.clear();
            live.roll_back();
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
                && live.waits == 0
                && !live.streams.any_outbound()
        })
    }

    /// Ends the instance: every open request gets `reason`.
    pub fn end(mut self: Box<Self>, reason: &CallError) {
        if let Some(mut live) = self.live.take() {
            live.roll_back();
            for (_, pending) in std::mem::take(&mut live.pending) {
                live.count(&pending, 0);
                pending.reply.send(Err(reason.clone()));
            }
        }
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
