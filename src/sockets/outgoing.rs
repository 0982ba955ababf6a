//! What is on its way to the network: bytes that could not be written yet, and the shortcut past
//! the connection's task.
//!
//! Waking a task to write a small message costs more than writing it. So whoever sends to an end
//! that a connection carries writes to the network itself when nothing is in the way: no message
//! waits, nothing is half written, and the system takes all of it at once. What it does not take
//! is left to the task.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use parking_lot::Mutex;
use rustix::net::{RecvFlags, recv};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use super::{
    frames::{Role, write_message},
    pair::Message,
};

/// Bytes on their way out.
#[derive(Default)]
pub(super) struct Outgoing {
    pub bytes: Vec<u8>,
    /// How many of them have left.
    pub written: usize,
}

impl Outgoing {
    /// Bytes that have not left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Frees the memory once everything has left.
    pub fn tidy(&mut self) {
        if self.left() == 0 && self.written > 0 {
            *self = Self::default();
        }
    }
}

/// Where the bytes of one connection wait, and how anybody may write them.
pub(super) struct Line {
    pub out: Mutex<Outgoing>,
    role: Role,
    /// There for connections that any thread may write to.
    stream: Option<Arc<TcpStream>>,
}

/// What became of a message that tried the shortcut.
pub(super) enum Shortcut {
    /// It has left.
    Gone,
    /// Some of it has; the task has to write the rest.
    Begun,
    /// Something is in the way.
    Blocked(Message),
}

impl Line {
    pub fn new(role: Role, stream: Option<Arc<TcpStream>>) -> Arc<Self> {
        Arc::new(Self {
            out: Mutex::default(),
            role,
            stream,
        })
    }

    /// Writes `message` at once, if nothing is in the way. Never waits.
    pub fn send(&self, message: Message) -> Shortcut {
        let Some(stream) = &self.stream else {
            return Shortcut::Blocked(message);
        };
        // the task that holds the lock may be about to write something older
        let Some(mut out) = self.out.try_lock() else {
            return Shortcut::Blocked(message);
        };
        if message.is_last() || out.left() > 0 {
            return Shortcut::Blocked(message);
        }
        *out = Outgoing::default();
        write_message(&mut out.bytes, self.role, &message);
        // an error is found again by the task
        out.written = stream.try_write(&out.bytes).unwrap_or(0);
        if out.left() > 0 {
            return Shortcut::Begun;
        }
        *out = Outgoing::default();
        Shortcut::Gone
    }
}

/// A TCP stream as the task uses it, while others may write to it too.
pub(super) struct Shared(pub Arc<TcpStream>);

impl AsyncRead for Shared {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            let mut read = 0;
            let tried = self.0.try_io(Interest::READABLE, || {
                let room = buffer.initialize_unfilled();
                (read, _) = recv(&*self.0, &mut *room, RecvFlags::empty())?;
                // what does not fill the buffer is all there is: the system need not be asked
                // again before it says so
                if read > 0 && read < room.len() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            match tried {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && read == 0 => {}
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                _ => {
                    buffer.advance(read);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Shared {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        rustix::net::shutdown(&*self.0, rustix::net::Shutdown::Write)?;
        Poll::Ready(Ok(()))
    }
}
