//! Requests out, answers back, and the streams of both.

use bytes::Bytes;

use super::{Done, Failed, read_error};
use crate::{
    object::{
        code::Outbound,
        coding::{coding_of, decode},
        effects::Effect,
        events::Outcome,
        live::Live,
        message::{Body, CallError, Headers, Request, Response},
        redirects::Following,
        rpc::{Answer, Invocation},
        streams::Pulled,
        target::Target,
    },
    sandbox::wire::{Malformed, Reader, Value, Writer},
    sockets::SocketEnd,
};

impl Live {
    pub(super) fn request_call(
        &mut self,
        subject: &str,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match (subject, verb) {
            ("fetch", "") => self.fetch(args, answer),
            ("fetch", "abandon") => {
                let op = args.index()?;
                self.operations.abandon(op);
                self.effects.retain(|effect| effect.operation() != Some(op));
                Ok(())
            }
            ("forward", "") => {
                let (request, op) = (args.index()?, args.index()?);
                self.forwards.insert(op, request);
                Ok(())
            }
            ("reply", "") => self.reply(args),
            ("reply", "error") => self.reply_error(args),
            ("stream", _) => self.stream(verb, args, answer),
            _ => Err(CallError::new(format!("unknown host call {subject}.{verb}")).into()),
        }
    }

    fn fetch(&mut self, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let op = args.index()?;
        let target = args.value()?;
        let resolved = self.resolve(&target)?;
        if self.must_be_told_class(&resolved) {
            answer.bool(false);
            return Ok(());
        }
        let mut request = Request {
            method: args.lossy()?,
            url: args.lossy()?,
            headers: headers(&args.value()?)?,
            body: self.body(&args.value()?)?,
        };
        let follows = matches!(args.value()?, Value::Bool(true));
        if let Body::Full { bytes, .. } = &request.body
            && !request
                .headers
                .iter()
                .any(|(name, _)| name == "content-length")
        {
            request
                .headers
                .push(("content-length".into(), bytes.len().to_string()));
        }
        let following = follows.then(|| Box::new(Following::new(resolved.clone(), &request)));
        self.send(op, resolved, Invocation::Fetch(request))?;
        if let Some(following) = following {
            self.operations.follow(op, following);
        }
        Ok(())
    }

    fn reply(&mut self, args: &mut Reader<'_>) -> Done {
        let request = args.index()?;
        let (status, status_text) = (args.index()? as u16, args.lossy()?);
        let headers = headers(&args.value()?)?;
        let (body, coded) = self.reply_body(&args.value()?, &headers)?;
        let socket = self.reply_socket(&args.value()?)?;
        // the worker may say that it has coded the body itself
        let coded = matches!(args.value()?, Value::Bool(true)) || coded;
        let response = Response {
            status,
            status_text,
            headers,
            body,
            url: None,
            coded,
            socket,
        };
        self.effects.push(Effect::Reply {
            request,
            answer: Ok(Answer::Response(response)),
        });
        Ok(())
    }

    /// A response's body, and whether it is coded as its headers say: one that was passed on
    /// unread may be.
    fn reply_body(&mut self, form: &Value<'_>, headers: &Headers) -> Result<(Body, bool), Failed> {
        let id = form.items().first().and_then(Value::as_f64);
        match id.and_then(|id| self.streams.take_coded(id as u64)) {
            Some((body, None)) => Ok((body, false)),
            Some((body, Some(format))) if coding_of(headers) == Some(format) => Ok((body, true)),
            Some((body, Some(format))) => {
                Ok((decode(body, format, &self.actor.context.tokio), false))
            }
            None => Ok((self.body(form)?, false)),
        }
    }

    fn reply_socket(&mut self, number: &Value<'_>) -> Result<Option<SocketEnd>, Malformed> {
        let Some(number) = number.as_f64() else {
            return Ok(None);
        };
        let end = self.sockets.take(number as u64).ok_or(Malformed)?;
        Ok(Some(end))
    }

    fn reply_error(&mut self, args: &mut Reader<'_>) -> Done {
        let request = args.index()?;
        let mut error = read_error(args)?;
        let marks = args.value()?;
        let has = |name| marks.items().iter().any(|mark| mark.as_str() == Some(name));
        let passed_on = has("remote");
        error.marks.remote = !has("own");
        error.marks.reset = has("durableObjectReset");
        error.marks.overloaded = has("overloaded");
        error.marks.retryable = has("retryable");
        let payload = args.value()?.as_bytes().map(Bytes::copy_from_slice);
        error.payload = payload.map(Box::new);
        // an error that only passes through was told where it arose
        if !passed_on {
            self.failed(&error);
        }
        self.effects.push(Effect::Reply {
            request,
            answer: Err(error),
        });
        Ok(())
    }

    fn stream(&mut self, verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        match verb {
            "open" => {
                let length = args.value()?.as_f64().map(|length| length as u64);
                answer.number(self.streams.open(length) as f64);
            }
            "reverse" => {
                answer.number(self.streams.reverse() as f64);
            }
            "pull" => return self.pull(args, answer),
            "write" => {
                let (op, stream) = (args.index()?, args.index()?);
                let chunk = Bytes::copy_from_slice(args.bytes()?);
                self.operations.insert(op);
                self.effects.push(Effect::Write { op, stream, chunk });
            }
            "close" => self.effects.push(Effect::Close {
                stream: args.index()?,
                failure: None,
            }),
            "abort" => {
                let stream = args.index()?;
                self.effects.push(Effect::Close {
                    stream,
                    failure: Some(args.lossy()?),
                });
            }
            "cancel" => self.streams.close(args.index()?),
            "known" => {
                answer.bool(self.streams.is_open(args.index()?));
            }
            "fail" => {
                let stream = args.index()?;
                let error = CallError::of(args.lossy()?, args.lossy()?);
                self.streams.fail(stream, error);
            }
            other => return Err(CallError::new(format!("unknown host call stream.{other}")).into()),
        }
        Ok(())
    }

    fn pull(&mut self, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let (op, stream) = (args.index()?, args.index()?);
        match self
            .streams
            .pull(stream, &self.actor.context.tokio)
            .map_err(|text| CallError::of("TypeError", text))?
        {
            Pulled::Now(Some(Ok(chunk))) => {
                answer.list(1).bytes(&chunk);
            }
            Pulled::Now(None) => {
                answer.list(1).null();
            }
            Pulled::Now(Some(Err(text))) => return Err(CallError::of_stream(text).into()),
            Pulled::Failed(error) => return Err(error.into()),
            Pulled::Later(mut chunks, ended) => {
                self.operations.insert(op);
                let link = self.link.clone();
                self.actor.context.tokio.spawn(async move {
                    let result = tokio::select! {
                        chunk = chunks.recv() => match chunk.transpose() {
                            Ok(chunk) => Ok(Outcome::Pulled {
                                stream,
                                chunks,
                                chunk,
                            }),
                            Err(text) => Err(CallError::of_stream(text)),
                        },
                        failure = ended => match failure {
                            Ok(error) => Err(error),
                            // cancelled: nothing more comes
                            Err(_) => Ok(Outcome::Unit),
                        },
                    };
                    link.complete(op, result);
                });
            }
        }
        Ok(())
    }

    /// A body in the form that `assets/runtime/workers/body.js` gives it.
    fn body(&mut self, value: &Value<'_>) -> Result<Body, Failed> {
        Ok(match value {
            Value::Text(text) => Body::Full {
                bytes: Bytes::copy_from_slice(text),
                text: true,
            },
            Value::Bytes(bytes) => Body::Full {
                bytes: Bytes::copy_from_slice(bytes),
                text: false,
            },
            Value::List(items) => {
                let id = items.first().and_then(Value::as_f64).ok_or(Malformed)? as u64;
                let used = || {
                    CallError::of(
                        "TypeError",
                        "This ReadableStream is disturbed (has already been read from), and cannot be used as a body.",
                    )
                };
                self.streams
                    .take_body(id, &self.actor.context.tokio)
                    .ok_or_else(used)?
            }
            _ => Body::Empty,
        })
    }

    /// Where the worker's global `fetch` leads.
    pub(super) fn outbound(&self) -> Result<crate::object::target::Target, CallError> {
        match &self.code.outbound {
            Outbound::Target(target) => Ok((**target).clone()),
            Outbound::Internet(rules) => Ok(Target::Internet(self.narrowed(rules))),
            Outbound::Blocked => Err(CallError::new(
                "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities (such as bindings in 'env') to talk to the outside world.",
            )),
        }
    }
}

fn headers(value: &Value<'_>) -> Result<Headers, Malformed> {
    let text = |value: &Value<'_>| value.to_text().ok_or(Malformed);
    value
        .items()
        .chunks_exact(2)
        .map(|pair| Ok((text(&pair[0])?, text(&pair[1])?)))
        .collect()
}
