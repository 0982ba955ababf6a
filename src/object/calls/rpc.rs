//! Calls of methods out, results back, and the references in both; see `object/rpc.rs`.
//!
//! A message in the sandbox's form is `[bytes, parts]`, or on its way in `[value]` when it is small
//! and has no parts. A part is `["fetcher", target]`,
//! `["class", handle]`, `["export", n]`, `["stream", id]`, `["sink", id]` or bytes.

use bytes::Bytes;

use super::{Done, Failed, targets::Resolved};
use crate::{
    ledger::Count,
    object::limits::Limit,
    object::{
        code::Grant,
        effects::Effect,
        live::Live,
        message::CallError,
        rpc::{Answer, Call, Capability, Invocation, MAX_MESSAGE_BYTES, Message, Part},
        target::Target,
    },
    sandbox::wire::{Malformed, Reader, Value, Writer},
};

/// Messages of at most so many bytes are values by the time the sandbox's code sees them. Larger
/// ones may want more memory than there is, which that code has to handle.
const SMALL: usize = 4096;

impl Live {
    pub(super) fn rpc_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match verb {
            "" => return self.call(args, answer),
            "reply" => {
                let request = args.index()?;
                let message = self.read_message(&args.value()?)?;
                self.effects.push(Effect::Reply {
                    request,
                    answer: Ok(Answer::Value(message)),
                });
            }
            "dup" => {
                let number = self.held.duplicate(args.index()?).ok_or(Malformed)?;
                answer.number(number as f64);
            }
            "own" => {
                let export = args.index()?;
                let target = Target::Capability(self.export(export));
                answer.number(self.held.add(Grant::Fetcher(target)) as f64);
            }
            "release" => self.held.release(args.index()?),
            other => return Err(CallError::new(format!("unknown host call call.{other}")).into()),
        }
        Ok(())
    }

    fn call(&mut self, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let op = args.index()?;
        let target = args.value()?;
        let resolved = self.resolve(&target)?;
        if self.must_be_told_class(&resolved) {
            answer.bool(false);
            return Ok(());
        }
        let path = args.value()?;
        let path = path
            .items()
            .iter()
            .map(|name| name.to_text().ok_or(Malformed));
        let path = path.collect::<Result<_, _>>()?;
        let args = match args.value()? {
            Value::Null => None,
            form => Some(self.read_message(&form)?),
        };
        self.send(op, resolved, Invocation::Call(Call { path, args }))?;
        Ok(())
    }

    /// Whether it is a facet that can only be started with its class, which the sandbox must say.
    pub(super) fn must_be_told_class(&self, resolved: &Resolved) -> bool {
        matches!(resolved, Resolved::Facet { name, start: None } if !self.actor.facet_is_known(name))
    }

    /// Counts what the current invocation sends.
    ///
    /// # Errors
    /// It has sent too much.
    pub(super) fn count_subrequest(&mut self) -> Result<(), CallError> {
        self.actor.meter.add(Count::Subrequests, 1);
        let most = self.limited.limits.value(Limit::Subrequests);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let limit = self.code.subrequests.map_or(most, |own| own.min(most));
        if self.operations.may_send(limit) {
            return Ok(());
        }
        self.reached(Limit::Subrequests);
        Err(CallError::new(format!(
            "Too many subrequests by single Worker invocation: the limit is {limit}. Set it as limits.subrequests in the project's configuration, or as limits.subRequests of a dynamic worker."
        )))
    }

    /// Lets an invocation leave once the turn is committed.
    ///
    /// # Errors
    /// The invocation that is being answered has sent too many.
    pub(in crate::object) fn send(
        &mut self,
        op: u64,
        resolved: Resolved,
        invocation: Invocation,
    ) -> Result<(), CallError> {
        self.count_subrequest()?;
        self.operations.insert(op);
        self.effects.push(match resolved {
            Resolved::Target(target) => Effect::Send {
                op,
                target,
                invocation,
            },
            Resolved::Facet { name, start } => Effect::Facet {
                op,
                name,
                start,
                invocation,
            },
        });
        Ok(())
    }

    fn export(&mut self, number: u64) -> std::sync::Arc<Capability> {
        self.exports.insert(number);
        Capability::new(self.link.clone(), number)
    }

    fn read_message(&mut self, form: &Value<'_>) -> Result<Message, Failed> {
        let [bytes, parts] = form.items() else {
            return Err(Malformed.into());
        };
        let bytes = bytes.as_bytes().ok_or(Malformed)?;
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(CallError::new(format!(
                "Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: {} bytes.",
                bytes.len()
            ))
            .into());
        }
        let parts = parts.items().iter().map(|part| self.read_part(part));
        Ok(Message {
            parts: parts.collect::<Result<_, _>>()?,
            bytes: Bytes::copy_from_slice(bytes),
        })
    }

    fn read_part(&mut self, form: &Value<'_>) -> Result<Part, Failed> {
        if let Some(bytes) = form.as_bytes() {
            return Ok(Part::Data(Bytes::copy_from_slice(bytes)));
        }
        let [kind, value] = form.items() else {
            return Err(Malformed.into());
        };
        let number = || {
            value
                .as_f64()
                .filter(|n| *n >= 0.0)
                .map(|n| n as u64)
                .ok_or(Malformed)
        };
        Ok(match kind.as_str() {
            Some("fetcher") => match self.resolve(value)? {
                Resolved::Target(target) => Part::Fetcher(target),
                Resolved::Facet { .. } => return Err(Malformed.into()),
            },
            Some("class") => Part::Class(self.class(value)?),
            Some("export") => Part::Fetcher(Target::Capability(self.export(number()?))),
            Some("stream") => Part::Readable(
                self.streams
                    .take_body(number()?, &self.actor.context.tokio)
                    .ok_or(Malformed)?,
            ),
            Some("sink") => Part::Writable(self.streams.take_sender(number()?).ok_or(Malformed)?),
            _ => return Err(Malformed.into()),
        })
    }

    /// Path and arguments, as the event "call" has them.
    pub(in crate::object) fn write_call(&mut self, event: &mut Writer, call: Call) {
        event.list(call.path.len());
        for name in &call.path {
            event.text(name);
        }
        match call.args {
            Some(args) => self.write_message(event, args),
            None => {
                event.null();
            }
        }
    }

    /// A list of the value itself, or of bytes and parts; what the parts refer to is the sandbox's
    /// from now on.
    pub(in crate::object) fn write_message(&mut self, event: &mut Writer, message: Message) {
        if message.parts.is_empty() && message.bytes.len() <= SMALL {
            event.list(1).clone_of(&message.bytes);
            return;
        }
        event
            .list(2)
            .bytes(&message.bytes)
            .list(message.parts.len());
        for part in message.parts {
            match part {
                Part::Data(bytes) => {
                    event.bytes(&bytes);
                }
                Part::Fetcher(target) => {
                    let kind = match target {
                        Target::Capability(_) => "stub",
                        _ => "fetcher",
                    };
                    let number = self.held.add(Grant::Fetcher(target));
                    event.list(2).text(kind).int(number as i64);
                }
                Part::Class(class) => {
                    let number = self.held.add(Grant::Class(class));
                    event.list(2).text("class").int(number as i64);
                }
                Part::Readable(body) => {
                    event.list(2).text("stream");
                    self.write_body(event, body);
                }
                Part::Writable(sender) => {
                    let id = self.streams.add_sender(sender);
                    event.list(2).text("sink").int(id as i64);
                }
            }
        }
    }
}
