//! The WebSockets of one object.
//!
//! An end that an instance accepted for itself lives and dies with that instance and keeps it in
//! memory ([`InstanceSockets`]). One that it accepted for hibernation belongs to its place
//! ([`KeptSockets`]): it outlives instances, and a message for it wakes the object.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
};

use bytes::Bytes;

use super::{actor::Actor, events::Event, link::ActorLink, message::CallError};
use crate::{
    ledger::{Count, Level, now_ms},
    sockets::{Delivery, Flow, Message, Receiver, SocketEnd},
};

/// Sockets that one object may keep for hibernation.
const MAX_KEPT: usize = 32_768;
/// Ends that one instance may hold, those included that it has not accepted.
const MAX_HELD: usize = 32_768;

/// A socket that was accepted for hibernation.
pub(super) struct Kept {
    pub end: SocketEnd,
    pub tags: Box<[Box<str>]>,
    /// The clone of what code attached.
    pub attachment: Option<Bytes>,
    /// When a message was last answered without code, milliseconds since the epoch; 0 for never.
    pub answered_ms: u64,
    /// Code has said goodbye.
    pub closed: bool,
    /// The other end has.
    pub ended: bool,
}

/// A message, and what answers it without waking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AutoResponse {
    pub request: Bytes,
    pub response: Bytes,
}

/// The sockets that a place keeps while nothing runs there.
#[derive(Default)]
pub(super) struct KeptSockets {
    /// The last number given to any end of this object.
    last: u64,
    pub all: BTreeMap<u64, Kept>,
    pub auto_response: Option<AutoResponse>,
    /// How long a handler may take, milliseconds.
    pub event_timeout_ms: Option<u32>,
    receiver: Option<Arc<dyn Receiver>>,
}

struct Waking(Weak<Actor>);

impl Receiver for Waking {
    fn receive(&self, number: u64, delivery: Delivery) {
        if let Some(actor) = self.0.upgrade() {
            actor.push(Event::Socket {
                generation: None,
                number,
                delivery,
            });
        }
    }
}

struct Running(ActorLink);

impl Receiver for Running {
    fn receive(&self, number: u64, delivery: Delivery) {
        self.0.socket(number, delivery);
    }
}

/// What a message for a kept socket needs.
pub(super) enum Wake {
    /// Nothing: it has been answered, or the socket is gone.
    Nobody,
    /// The object.
    Object(Message),
}

impl Actor {
    /// A number for an end that an instance of this object holds from now on.
    pub(super) fn next_socket(&self) -> u64 {
        let mut kept = self.sockets.lock();
        kept.last += 1;
        kept.last
    }

    /// Keeps an end from now on, under the number that the instance knows it by.
    pub(super) fn keep_socket(self: &Arc<Self>, number: u64, kept: Kept) -> Result<(), CallError> {
        let mut sockets = self.sockets.lock();
        if sockets.all.len() >= MAX_KEPT {
            return Err(CallError::new(format!(
                "only {MAX_KEPT} websockets can be accepted on a single Durable Object instance"
            )));
        }
        let receiver = sockets
            .receiver
            .get_or_insert_with(|| Arc::new(Waking(Arc::downgrade(self))))
            .clone();
        kept.end.attach(receiver, number);
        sockets.all.insert(number, kept);
        self.meter.set_kept_sockets(sockets.all.len());
        Ok(())
    }

    /// Answers a message for a kept socket, if that takes no code.
    pub(super) fn before_waking(&self, number: u64, delivery: Delivery) -> Wake {
        let mut sockets = self.sockets.lock();
        let KeptSockets {
            all, auto_response, ..
        } = &mut *sockets;
        let Some(kept) = all.get_mut(&number) else {
            return Wake::Nobody;
        };
        let message = delivery.take();
        self.meter.add(Count::MessagesIn, 1);
        if let (Message::Text(text), Some(auto)) = (&message, auto_response)
            && *text == auto.request
        {
            kept.answered_ms = now_ms();
            kept.end.send(Message::Text(auto.response.clone()));
            self.meter.add(Count::MessagesOut, 1);
            return Wake::Nobody;
        }
        kept.ended |= message.is_last();
        Wake::Object(message)
    }

    /// Forgets a kept socket.
    pub(super) fn release_kept(&self, number: u64) {
        let mut sockets = self.sockets.lock();
        let gone = sockets.all.remove(&number);
        self.meter.set_kept_sockets(sockets.all.len());
        drop(sockets);
        drop(gone);
    }

    /// Ends all kept sockets: their other ends are told that they are lost.
    pub(super) fn drop_sockets(&self) {
        let mut sockets = self.sockets.lock();
        let gone = std::mem::take(&mut sockets.all);
        sockets.auto_response = None;
        sockets.event_timeout_ms = None;
        self.meter.set_kept_sockets(0);
        drop(sockets);
        drop(gone);
    }

    /// Forgets the sockets whose other end has said goodbye while the instance, which leaves
    /// memory now, has not handled it.
    pub(super) fn drop_ended_sockets(&self) {
        let mut sockets = self.sockets.lock();
        let gone: Vec<_> = sockets.all.extract_if(.., |_, kept| kept.ended).collect();
        self.meter.set_kept_sockets(sockets.all.len());
        drop(sockets);
        drop(gone);
    }
}

struct Held {
    end: SocketEnd,
    accepted: bool,
    /// The last message that will come has been delivered.
    ended: bool,
}

/// The ends that one instance holds.
#[derive(Default)]
pub(super) struct InstanceSockets {
    all: HashMap<u64, Held>,
    accepted: usize,
    receiver: Option<Arc<dyn Receiver>>,
}

impl InstanceSockets {
    /// Takes in an end under a number of [`Actor::next_socket`].
    pub fn hold(&mut self, number: u64, end: SocketEnd) {
        let held = Held {
            end,
            accepted: false,
            ended: false,
        };
        self.all.insert(number, held);
    }

    /// Whether it may hold two more.
    pub fn has_room(&self) -> bool {
        self.all.len() + 2 <= MAX_HELD
    }

    /// From now on the instance gets what arrives.
    pub fn accept(&mut self, number: u64, link: &ActorLink) -> bool {
        let Some(held) = self.all.get_mut(&number).filter(|held| !held.accepted) else {
            return false;
        };
        held.accepted = true;
        self.accepted += 1;
        let receiver = self
            .receiver
            .get_or_insert_with(|| Arc::new(Running(link.clone())));
        held.end.attach(receiver.clone(), number);
        true
    }

    /// Gives away an end that has not been accepted.
    pub fn take(&mut self, number: u64) -> Option<SocketEnd> {
        if self.all.get(&number)?.accepted {
            return None;
        }
        self.all.remove(&number).map(|held| held.end)
    }

    /// The end itself.
    pub fn get(&self, number: u64) -> Option<&SocketEnd> {
        self.all.get(&number).map(|held| &held.end)
    }

    /// Notes that nothing more will come.
    pub fn end(&mut self, number: u64) {
        if let Some(held) = self.all.get_mut(&number) {
            held.ended = true;
        }
    }

    /// Lets go of an end.
    pub fn release(&mut self, number: u64) -> bool {
        let held = self.all.remove(&number);
        let accepted = held.as_ref().is_some_and(|held| held.accepted);
        self.accepted -= usize::from(accepted);
        accepted
    }

    /// Ends that were accepted.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Whether anything may still arrive.
    pub fn any_open(&self) -> bool {
        self.accepted > 0
            && self
                .all
                .values()
                .any(|held| held.accepted && (held.end.is_connected() || !held.ended))
    }
}

/// Sends through one end of an object, and tells its operator when nobody reads at the other.
pub(super) fn send(actor: &Actor, end: &SocketEnd, message: Message) {
    actor.meter.add(Count::MessagesOut, 1);
    if end.send(message) == Flow::Cut {
        actor.log(
            Level::Warn,
            true,
            &format!(
                "a WebSocket was cut: over {} MiB of messages waited for its other end, which does not read",
                crate::sockets::WAITING_LIMIT >> 20
            ),
        );
    }
}
