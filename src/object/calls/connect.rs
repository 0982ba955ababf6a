//! Plain connections to elsewhere; the runtime's side is `assets/runtime/workers/tcp.js`.

use tokio::sync::oneshot;

use super::{Done, Failed, targets::Resolved};
use crate::{
    object::{
        dial::{Dial, Ends, Secure, Upgrade},
        effects::Effect,
        live::Live,
        message::CallError,
        target::Target,
    },
    sandbox::wire::{Malformed, Reader, Writer},
};

/// Connections that one sandbox may hold at once.
const MAX_CONNECTIONS: usize = 1_000;

impl Live {
    /// * `tcp.open(op, target, host, port, secure)`: the connection's number and those of its two
    ///   streams; `secure` is "off", "on" or "starttls". The operation ends once it is connected.
    /// * `tcp.secure(op, number, name)`: the numbers of two streams that take the place of those
    ///   that are ended by this; the operation ends once TLS has begun
    /// * `tcp.release(number)`: TLS will not begin on it any more
    pub(super) fn tcp_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match verb {
            "open" => self.open_connection(args, answer),
            "secure" => self.secure_connection(args, answer),
            "release" => {
                self.upgrades.remove(&args.index()?);
                Ok(())
            }
            other => Err(CallError::new(format!("unknown host call tcp.{other}")).into()),
        }
    }

    fn open_connection(&mut self, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let op = args.index()?;
        let target = args.value()?;
        let rules = match self.resolve(&target)? {
            Resolved::Target(Target::Internet(rules)) => rules,
            _ => {
                let text = "The worker that takes this worker's outbound connections does not handle connect().";
                return Err(CallError::new(text).into());
            }
        };
        let (host, port) = (args.lossy()?, args.index()? as u16);
        let secure = match args.text()? {
            "on" => Secure::On,
            "starttls" => Secure::Later,
            _ => Secure::Off,
        };
        if self.upgrades.len() >= MAX_CONNECTIONS {
            let text = format!(
                "One Worker or Durable Object may hold {MAX_CONNECTIONS} connections. Close some first."
            );
            return Err(CallError::new(text).into());
        }
        self.count_subrequest()?;
        let (ends, opened, streams) = self.ends()?;
        let (sender, upgrade) = oneshot::channel();
        self.last_connection += 1;
        self.upgrades.insert(self.last_connection, sender);
        self.operations.insert(op);
        let dial = Dial {
            host,
            port,
            secure,
            ends,
            upgrade,
        };
        self.effects.push(Effect::Connect {
            op,
            rules,
            dial: Box::new(dial),
            opened,
        });
        answer
            .list(3)
            .number(self.last_connection as f64)
            .number(streams.0 as f64)
            .number(streams.1 as f64);
        Ok(())
    }

    fn secure_connection(&mut self, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
        let (op, number) = (args.index()?, args.index()?);
        let name = args.value()?.to_text();
        let upgrade = self.upgrades.remove(&number).ok_or(Malformed)?;
        let (ends, opened, streams) = self.ends()?;
        self.operations.insert(op);
        self.effects.push(Effect::Secure {
            op,
            upgrade,
            ask: Upgrade { name, ends },
            opened,
        });
        answer
            .list(2)
            .number(streams.0 as f64)
            .number(streams.1 as f64);
        Ok(())
    }

    /// What flows through a connection: its ends there, and the numbers of the streams here.
    #[allow(clippy::type_complexity)]
    fn ends(
        &mut self,
    ) -> Result<(Ends, oneshot::Receiver<Result<(), CallError>>, (u64, u64)), Failed> {
        let inbound = self.streams.reverse();
        let outbound = self.streams.open(None);
        let incoming = self.streams.take_sender(inbound).ok_or(Malformed)?;
        let outgoing = self.streams.take_chunks(outbound).ok_or(Malformed)?;
        let (sender, opened) = oneshot::channel();
        let ends = Ends {
            incoming,
            outgoing,
            opened: sender,
        };
        Ok((ends, opened, (inbound, outbound)))
    }
}
