//! What goes on after an answer, and what tail workers are told.

use super::{Done, read_error};
use crate::{
    object::{live::Live, message::CallError},
    sandbox::wire::{Reader, Writer},
};

impl Live {
    pub(super) fn trace_call(
        &mut self,
        operation: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match operation {
            "wait.begin" => {
                let running = self.operations.current();
                running.hold();
                self.last_wait += 1;
                self.waits.insert(self.last_wait, running);
                answer.number(self.last_wait as f64);
            }
            "wait.end" => {
                if let Some(running) = self.waits.remove(&args.index()?) {
                    self.let_go(&running);
                }
            }
            "trace.log" => {
                let level = args.lossy()?;
                self.trace_log(&level, args.lossy()?);
            }
            "trace.exception" => {
                let error = read_error(args)?;
                self.operations.current().exception(&error);
            }
            other => return Err(CallError::new(format!("unknown host call {other}")).into()),
        }
        Ok(())
    }
}
