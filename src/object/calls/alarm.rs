//! The alarm: read, set, removed, and how far its handler got.

use super::{Done, Failed};
use crate::{
    object::{live::Live, message::CallError},
    sandbox::wire::{Reader, Writer},
};

/// What ends an alarm's handler that runs too long, as in the reference.
const TOO_LONG: &str = "Alarm exceeded its allowed execution time";

impl Live {
    pub(super) fn alarm_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match verb {
            "get" => match self.get_alarm()? {
                Some(at) => answer.number(at as f64),
                None => answer.null(),
            },
            "set" => return Ok(self.put_alarm(Some(args.index()?))?),
            "delete" => return Ok(self.put_alarm(None)?),
            "begin" => match self.begin_alarm()? {
                Some((at, retries)) => answer.list(2).number(at as f64).int(i64::from(retries)),
                None => answer.null(),
            },
            "done" => return Ok(self.end_alarm(true)?),
            "failed" => return Ok(self.end_alarm(false)?),
            "late" => return Err(self.end(CallError::new(TOO_LONG))),
            other => {
                let text = format!("unknown host call alarm.{other}");
                return Err(Failed::Throw(CallError::new(text)));
            }
        };
        Ok(())
    }

    /// The instance is about to end itself: an alarm that it handles shall not ring again.
    pub(super) fn give_alarm_up(&mut self) {
        if let Some(run) = &mut self.alarm {
            run.give_up = true;
        }
    }
}
