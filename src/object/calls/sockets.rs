//! WebSockets: pairs, what is sent, and what an object keeps of them while it sleeps.

use bytes::Bytes;

use super::Done;
use crate::{
    object::{
        effects::Effect,
        live::Live,
        message::CallError,
        sockets::{AutoResponse, Kept, send},
    },
    sandbox::wire::{Malformed, Reader, Value, Writer},
    sockets::{Message, SocketEnd},
};

impl Live {
    pub(super) fn socket_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match verb {
            "pair" => return self.pair(answer),
            "accept" => {
                let number = args.index()?;
                self.may_open_socket()?;
                let accepted = self.sockets.accept(number, &self.link);
                answer.bool(accepted);
                self.count_sockets();
            }
            "send" => {
                let number = args.index()?;
                let message = match args.value()? {
                    Value::Text(text) => {
                        Message::Text(String::from_utf8_lossy(text).into_owned().into())
                    }
                    value => {
                        Message::Binary(Bytes::copy_from_slice(value.as_bytes().ok_or(Malformed)?))
                    }
                };
                self.effects.push(Effect::Socket { number, message });
            }
            "close" => {
                let number = args.index()?;
                let (code, reason) = (args.index()? as u16, args.lossy()?);
                let message = Message::Close { code, reason };
                self.effects.push(Effect::Socket { number, message });
            }
            "release" => {
                let number = args.index()?;
                self.effects.push(Effect::ReleaseSocket { number });
            }
            _ => return self.kept_socket_call(verb, args, answer),
        }
        Ok(())
    }

    fn pair(&mut self, answer: &mut Writer) -> Done {
        if !self.sockets.has_room() {
            let text = "This Worker or Durable Object holds too many WebSockets. Close some first.";
            return Err(CallError::new(text).into());
        }
        let (one, other) = SocketEnd::pair();
        answer.list(2);
        for end in [one, other] {
            let number = self.hold_socket(end);
            answer.int(number as i64);
        }
        Ok(())
    }

    fn kept_socket_call(&mut self, verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        match verb {
            "keep" => return self.keep_for_hibernation(args),
            "list" => {
                let tag = args.value()?;
                let sockets = self.actor.sockets.lock();
                let mut list = answer.begin_list();
                for (number, kept) in &sockets.all {
                    let wanted = match tag.as_str() {
                        Some(tag) => kept.tags.iter().any(|known| **known == *tag),
                        None => tag.is_nothing(),
                    };
                    if wanted {
                        answer.int(*number as i64);
                        list.push();
                    }
                }
                answer.end_list(list);
            }
            "state" => self.kept(args, |kept| {
                answer.list(2).bool(kept.closed).bool(kept.ended);
            })?,
            "tags" => self.kept(args, |kept| {
                answer.list(kept.tags.len());
                kept.tags.iter().for_each(|tag| {
                    answer.text(tag);
                });
            })?,
            "attachment" => self.kept(args, |kept| {
                match &kept.attachment {
                    Some(bytes) => answer.bytes(bytes),
                    None => answer.null(),
                };
            })?,
            "attach" => {
                let number = args.index()?;
                let bytes = Bytes::copy_from_slice(args.bytes()?);
                if let Some(kept) = self.actor.sockets.lock().all.get_mut(&number) {
                    kept.attachment = Some(bytes);
                }
            }
            "answered" => self.kept(args, |kept| {
                match kept.answered_ms {
                    0 => answer.null(),
                    ms => answer.number(ms as f64),
                };
            })?,
            _ => return self.socket_setting(verb, args, answer),
        }
        Ok(())
    }

    fn socket_setting(&mut self, verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let mut sockets = self.actor.sockets.lock();
        match verb {
            "setAuto" => {
                let (request, response) = (args.value()?, args.value()?);
                let text = |value: &Value<'_>| value.to_text().map(Bytes::from);
                sockets.auto_response = text(&request)
                    .zip(text(&response))
                    .map(|(request, response)| AutoResponse { request, response });
            }
            "auto" => match &sockets.auto_response {
                Some(auto) => {
                    answer
                        .list(2)
                        .raw_text(&auto.request)
                        .raw_text(&auto.response);
                }
                None => {
                    answer.null();
                }
            },
            "setTimeout" => sockets.event_timeout_ms = args.value()?.as_f64().map(|ms| ms as u32),
            "timeout" => match sockets.event_timeout_ms {
                Some(ms) => {
                    answer.int(ms.into());
                }
                None => {
                    answer.null();
                }
            },
            other => return Err(CallError::new(format!("unknown host call socket.{other}")).into()),
        }
        Ok(())
    }

    fn keep_for_hibernation(&mut self, args: &mut Reader<'_>) -> Done {
        let number = args.index()?;
        self.may_open_socket()?;
        let tags = args.value()?;
        let tags = tags.items().iter().map(|tag| {
            let tag = tag.to_text().ok_or(Malformed)?;
            Ok(tag.into_boxed_str())
        });
        let tags = tags.collect::<Result<Box<[_]>, Malformed>>()?;
        let attachment = args.value()?.as_bytes().map(Bytes::copy_from_slice);
        let end = self.sockets.take(number).ok_or(Malformed)?;
        let kept = Kept {
            end,
            tags,
            attachment,
            answered_ms: 0,
            closed: false,
            ended: false,
        };
        Ok(self.actor.keep_socket(number, kept)?)
    }

    fn kept(&self, args: &mut Reader<'_>, look: impl FnOnce(&Kept)) -> Result<(), Malformed> {
        let number = args.index()?;
        if let Some(kept) = self.actor.sockets.lock().all.get(&number) {
            look(kept);
        }
        Ok(())
    }
}

impl Live {
    /// Takes in an end; answers with the number that the sandbox knows it by.
    pub(in crate::object) fn hold_socket(&mut self, end: SocketEnd) -> u64 {
        let number = self.actor.next_socket();
        self.sockets.hold(number, end);
        number
    }

    pub(in crate::object) fn count_sockets(&self) {
        self.actor
            .meter
            .set_accepted_sockets(self.sockets.accepted());
    }

    /// Lets a message leave through an end that this instance holds, or that its place keeps.
    pub(in crate::object) fn send_to_socket(&self, number: u64, message: Message) {
        if let Some(end) = self.sockets.get(number) {
            return send(&self.actor, end, message);
        }
        let mut sockets = self.actor.sockets.lock();
        if let Some(kept) = sockets.all.get_mut(&number) {
            kept.closed |= message.is_last();
            send(&self.actor, &kept.end, message);
        }
    }

    pub(in crate::object) fn release_socket(&mut self, number: u64) {
        if self.sockets.release(number) {
            self.count_sockets();
        } else {
            self.actor.release_kept(number);
        }
    }
}
