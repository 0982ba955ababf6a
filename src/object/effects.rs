//! What a turn wants done outside, and how it leaves once the turn is committed.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{
    dial::{Dial, Upgrade},
    events::Outcome,
    live::{Live, Pending},
    message::{CallError, LOST, ReplyTo},
    operations::Operation,
    redirects::Step,
    rpc::{Answer, Entry, Invocation},
    target::{FacetStart, IdView, Target},
};
use crate::{project::OutboundRules, sockets::Message};

const NOT_ASKED_FOR: &str = "Worker tried to return a WebSocket in a response to a request which did not contain the header \"Upgrade: websocket\".";

/// Something that a turn wants done outside; it leaves once the turn is committed.
pub(super) enum Effect {
    Reply {
        request: u64,
        answer: Result<Answer, CallError>,
    },
    Send {
        op: u64,
        target: Target,
        invocation: Invocation,
    },
    Facet {
        op: u64,
        name: String,
        start: Option<FacetStart>,
        invocation: Invocation,
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
    Socket {
        number: u64,
        message: Message,
    },
    ReleaseSocket {
        number: u64,
    },
    Connect {
        op: u64,
        rules: Arc<OutboundRules>,
        dial: Box<Dial>,
        opened: oneshot::Receiver<Result<(), CallError>>,
    },
    Secure {
        op: u64,
        upgrade: oneshot::Sender<Upgrade>,
        ask: Upgrade,
        opened: oneshot::Receiver<Result<(), CallError>>,
    },
}

impl Effect {
    /// The operation that waits for what it does.
    pub fn operation(&self) -> Option<u64> {
        match self {
            Effect::Send { op, .. } | Effect::Facet { op, .. } | Effect::Write { op, .. } => {
                Some(*op)
            }
            _ => None,
        }
    }
}

impl Live {
    /// Lets the turn's effects leave. While a transaction is open (`held`) answers wait for its
    /// end; what it asks of others does not, because the transaction may wait for that, and all
    /// that was written before it is lasting.
    pub(super) fn release(&mut self, held: bool) {
        let mut effects = std::mem::take(&mut self.effects);
        if !held && !self.delayed.is_empty() {
            effects.splice(0..0, self.delayed.drain(..));
        }
        for effect in effects.drain(..) {
            if held && matches!(effect, Effect::Reply { .. }) {
                self.delayed.push(effect);
            } else {
                self.perform(effect);
            }
        }
        self.effects = effects;
    }

    /// Follows the redirect that `result` may be. `None` when the operation goes on.
    pub(super) fn follow(
        &mut self,
        op: u64,
        operation: Operation,
        result: Result<Outcome, CallError>,
    ) -> Option<Result<Outcome, CallError>> {
        let Some(mut following) = operation.following else {
            return Some(result);
        };
        let response = match result {
            Ok(Outcome::Answer(Answer::Response(response))) => response,
            other => return Some(other),
        };
        let request = match following.step(response) {
            Ok(Step::Answer(response)) => {
                return Some(Ok(Outcome::Answer(Answer::Response(response))));
            }
            Ok(Step::Send(request)) => request,
            Err(error) => return Some(Err(error)),
        };
        if let Err(error) = self.send(op, following.to.clone(), Invocation::Fetch(request)) {
            return Some(Err(error));
        }
        self.operations.follow(op, following);
        if let Some(effect) = self.effects.pop() {
            self.perform(effect);
        }
        None
    }

    /// Answers a request with the outcome of an operation, which the sandbox does not look at.
    pub(super) fn forward(&mut self, request: u64, result: Result<Outcome, CallError>) {
        let answer = match result {
            Ok(Outcome::Answer(answer)) => Ok(answer),
            Ok(_) => Err(CallError::new("The operation has no answer.")),
            Err(mut error) => {
                // what ended is behind this object, not this object
                error.marks.ended = false;
                Err(error)
            }
        };
        let effect = Effect::Reply { request, answer };
        if self.delayed.is_empty() {
            self.perform(effect)
        } else {
            self.delayed.push(effect)
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Reply { request, answer } => {
                let Some(pending) = self.pending.remove(&request) else {
                    return;
                };
                let answer = self.check_socket(&pending, answer);
                let status = match &answer {
                    Ok(Answer::Response(response)) => response.status,
                    Ok(Answer::Value(_)) => 200,
                    Err(_) => 0,
                };
                self.count(&pending, status);
                self.trace_answer(&pending.running, &answer);
                pending.reply.send(answer);
            }
            Effect::Send {
                op,
                target,
                invocation,
            } => {
                let waits = self.operations.waits(op);
                let reply = ReplyTo::operation(self.link.clone(), op, waits);
                match (target, invocation, self.actor.world()) {
                    (Target::Capability(capability), Invocation::Call(call), _) => {
                        capability.call(call, reply)
                    }
                    (target, invocation, Some(world)) => world.send(target, invocation, reply),
                    (_, _, None) => drop(reply),
                }
            }
            Effect::Facet {
                op,
                name,
                start,
                invocation,
            } => {
                let waits = self.operations.waits(op);
                let reply = ReplyTo::operation(self.link.clone(), op, waits);
                let own = self.id.clone().unwrap_or(IdView::Text(String::new()));
                match self.actor.facet(&name, start, &own) {
                    Ok(facet) => facet.invoke(Entry::Object, invocation, reply),
                    Err(error) => reply.send(Err(error)),
                }
            }
            Effect::Socket { number, message } => self.send_to_socket(number, message),
            Effect::ReleaseSocket { number } => self.release_socket(number),
            Effect::Connect {
                op,
                rules,
                dial,
                opened,
            } => {
                // without a way out the other end of `opened` is gone
                if let Some(outside) = self.actor.context.outside() {
                    outside.connect(rules, *dial);
                }
                self.when_open(op, opened);
            }
            Effect::Secure {
                op,
                upgrade,
                ask,
                opened,
            } => {
                // a connection that is gone drops what it is asked, and so tells
                let _ = upgrade.send(ask);
                self.when_open(op, opened);
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

    /// A WebSocket is an answer only to who asked for one.
    fn check_socket(
        &self,
        pending: &Pending,
        answer: Result<Answer, CallError>,
    ) -> Result<Answer, CallError> {
        let socket = |answer: &Answer| matches!(answer, Answer::Response(response) if response.socket.is_some());
        if pending.upgrade || !answer.as_ref().is_ok_and(socket) {
            return answer;
        }
        let error = CallError::of("TypeError", NOT_ASKED_FOR).remote();
        self.failed(&error);
        Err(error)
    }

    /// Ends `op` when a connection is there, or will not be.
    fn when_open(&self, op: u64, opened: oneshot::Receiver<Result<(), CallError>>) {
        let link = self.link.clone();
        self.actor.context.tokio.spawn(async move {
            let result = opened.await.unwrap_or_else(|_| Err(CallError::new(LOST)));
            link.complete(op, result.map(|()| Outcome::Unit));
        });
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
}
