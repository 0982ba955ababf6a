//! The way back to one instance of an object.

use std::sync::{Arc, Weak, atomic::Ordering};

use super::{
    actor::Actor,
    events::{Event, Outcome},
    message::{CallError, ReplyTo},
    rpc::Call,
};
use crate::sockets::Delivery;

/// What a call of something says whose instance is gone, as in the reference.
pub(super) const DEAD_HOST: &str =
    "The execution context which hosts this callback is no longer running.";

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
    /// The way back to the instance that there is, or will be next.
    pub(super) fn link(self: &Arc<Self>) -> ActorLink {
        ActorLink {
            actor: Arc::downgrade(self),
            generation: self.generation.load(Ordering::Acquire),
        }
    }
}
