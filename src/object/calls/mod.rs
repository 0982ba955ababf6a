//! What a sandbox may ask for during a turn, by subject. Every call names an operation and its
//! arguments; the runtime's JavaScript (`assets/runtime`) is the only caller.

mod alarm;
mod cache;
mod compress;
mod connect;
mod crypto;
mod html;
mod intl;
mod loader;
mod platform;
mod requests;
mod rpc;
mod sockets;
mod storage;
mod supervise;
mod targets;
mod trace;
mod url_pattern;

pub(super) use compress::Codecs;
pub(super) use html::Rewriters;
pub(super) use targets::Resolved;

use super::{
    live::{FailedPart, Live, Loading},
    message::CallError,
};
use crate::{
    sandbox::{
        Host, Stop,
        wire::{Malformed, Reader, Value, Writer},
    },
    storage::StorageError,
};

/// How a call can fail.
pub(super) enum Failed {
    /// The guest throws this.
    Throw(CallError),
    /// The guest throws what it may know of this.
    Storage(StorageError),
    /// The instance ends.
    Stop(Stop),
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Failed::Throw(error)
    }
}

impl From<Malformed> for Failed {
    fn from(error: Malformed) -> Self {
        Failed::Throw(CallError::of("TypeError", error.to_string()))
    }
}

/// A call's result.
type Done = Result<(), Failed>;

impl Host for Box<Live> {
    fn call(&mut self, mut args: Reader<'_>, answer: &mut Writer) -> Result<(), Stop> {
        let done = match args.text() {
            Ok(operation) => self.operation(operation, &mut args, answer),
            Err(malformed) => Err(malformed.into()),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Failed::Throw(error)) => {
                answer.error(&error.name, &error.message);
                Ok(())
            }
            Err(Failed::Storage(error)) => {
                self.tell_operator(&error);
                answer.error("Error", &error.worker_message());
                Ok(())
            }
            Err(Failed::Stop(stop)) => Err(stop),
        }
    }
}

impl Live {
    fn operation(&mut self, operation: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let (subject, verb) = operation.split_once('.').unwrap_or((operation, ""));
        match subject {
            "sql" | "kv" | "savepoint" | "storage" | "transaction" => {
                self.storage_call(subject, verb, args, answer)
            }
            "fetch" | "forward" | "reply" | "stream" => {
                self.request_call(subject, verb, args, answer)
            }
            "alarm" => self.alarm_call(verb, args, answer),
            "call" => self.rpc_call(verb, args, answer),
            "facet" | "loader" | "id" | "compatibility" => {
                self.object_call(subject, verb, args, answer)
            }
            "crypto" => crypto::crypto_call(verb, args, answer),
            "url" | "text" | "time" | "timer" | "log" => {
                self.platform_call(subject, verb, args, answer)
            }
            "socket" => self.socket_call(verb, args, answer),
            "compress" => self.compress_call(verb, args, answer),
            "wait" | "trace" => self.trace_call(operation, args, answer),
            "tcp" => self.tcp_call(verb, args, answer),
            "supervise" => self.supervise_call(args, answer),
            "cache" => self.cache_call(verb, args, answer),
            "html" => self.html_call(verb, args, answer),
            "intl" => intl::intl_call(verb, args, answer),
            "pattern" => url_pattern::pattern_call(verb, args, answer),
            _ => self.lifecycle_call(operation, args),
        }
    }

    fn object_call(
        &mut self,
        subject: &str,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match subject {
            "facet" => self.facet_call(verb, args, answer),
            "loader" => self.loader_call(verb, args, answer),
            "compatibility" => {
                let flags = self.code.compatibility.all();
                answer.map(flags.len());
                for (flag, is_on) in flags {
                    answer.key(flag).bool(is_on);
                }
                Ok(())
            }
            _ => self.id_call(verb, args, answer),
        }
    }

    fn lifecycle_call(&mut self, operation: &str, args: &mut Reader<'_>) -> Done {
        match operation {
            "loaded" => self.loading = Loading::Loaded,
            "load.failed" => {
                let error = read_error(args)?;
                let what = match args.text()? {
                    "constructor" => FailedPart::Constructor,
                    "class" => FailedPart::Class,
                    _ => FailedPart::Start,
                };
                self.loading = Loading::Failed { error, what };
            }
            "uncaught" => {
                let error = read_error(args)?;
                self.failed(&error);
            }
            "abort" => {
                let error = CallError::new(args.lossy()?).remote();
                if !args.is_empty() && args.value()? == Value::Bool(false) {
                    self.give_alarm_up();
                }
                return Err(self.end(error));
            }
            "reset" => {
                let error = read_error(args)?.remote();
                return Err(self.end(error));
            }
            other => return Err(CallError::new(format!("unknown host call {other}")).into()),
        }
        Ok(())
    }

    /// Ends this instance by its own wish: what the turn wrote is lost.
    fn end(&mut self, error: CallError) -> Failed {
        let stop = Stop(error.message.clone());
        self.ending = Some(error);
        Failed::Stop(stop)
    }
}

/// Name, message and stack.
fn read_error(args: &mut Reader<'_>) -> Result<CallError, Malformed> {
    let mut error = CallError::of(args.lossy()?, args.lossy()?);
    error.stack = args.lossy()?;
    Ok(error)
}
