//! Carries one end of a socket over a byte stream until both sides have said goodbye.
//!
//! A connection on which nothing happens holds no buffers: what is read goes through a buffer of
//! its thread, and what is written is freed as soon as it has left.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until, timeout},
};

use super::{
    frames::{
        Assembler, Incoming, MAX_MESSAGE, Role, Violation, write_close, write_message, write_ping,
        write_pong,
    },
    pair::{Message, SocketEnd},
};

/// Bytes read at once; one such buffer for each thread.
const READ_AT_ONCE: usize = 64 << 10;
/// While so many bytes wait to be written, no further messages are taken.
const WRITE_AT_ONCE: usize = 64 << 10;
/// How long the other side may take to end a connection that is over.
const LINGER: Duration = Duration::from_secs(2);
/// Reads in a row before others get their turn.
const READS_IN_A_ROW: usize = 8;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// How a connection is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A connection that has been silent for so long is sent a ping.
    pub ping_after: Duration,
    /// One that does not answer within this is dead.
    pub answer_within: Duration,
    /// How long one side may take to say goodbye once the other has.
    pub close_within: Duration,
    /// The largest message that is taken in, bytes.
    pub max_message: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ping_after: Duration::from_secs(60),
            answer_within: Duration::from_secs(30),
            close_within: Duration::from_secs(30),
            max_message: MAX_MESSAGE,
        }
    }
}

/// Carries `end` over `stream`, of which `read` has been read already. Ends when the socket does.
pub async fn run<S>(stream: S, read: &[u8], role: Role, end: SocketEnd, options: Options)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection {
        stream,
        end,
        role,
        assembler: Assembler::new(role, options.max_message),
        out: Vec::new(),
        written: 0,
        sent_close: false,
        got_close: false,
        ending: false,
        read_anything: false,
        pinged: false,
        timer: Box::pin(sleep_until(Instant::now() + options.ping_after)),
        options,
    };
    connection.take_in(read);
    // what goes wrong with a connection ends it, and its end of the socket tells the other one
    let ended = poll_fn(|cx| connection.poll(cx)).await;
    let Connection {
        mut stream, end, ..
    } = connection;
    drop(end);
    match ended {
        // what the other side still sends must not take from it what has been written
        Ok(()) => {
            let _ = timeout(LINGER, poll_fn(|cx| discard(&mut stream, cx))).await;
        }
        Err(error) => tracing::debug!("a WebSocket's connection ended: {error}"),
    }
}

/// Reads to the end and forgets it.
fn discard<S: AsyncRead + Unpin>(stream: &mut S, cx: &mut Context<'_>) -> Poll<()> {
    let mut bytes = [0; 1024];
    loop {
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer));
        if read.is_err() || buffer.filled().is_empty() {
            return Poll::Ready(());
        }
    }
}

struct Connection<S> {
    stream: S,
    end: SocketEnd,
    role: Role,
    assembler: Assembler,
    out: Vec<u8>,
    written: usize,
    sent_close: bool,
    got_close: bool,
    /// Nothing more is read or taken: what is to be written is, and then all is over.
    ending: bool,
    /// Since the timer was set.
    read_anything: bool,
    pinged: bool,
    timer: Pin<Box<Sleep>>,
    options: Options,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while self.poll_timer(cx)? {}
            self.take_messages(cx);
            if self.poll_write(cx)?.is_ready() && self.is_over() {
                return Pin::new(&mut self.stream).poll_shutdown(cx);
            }
            let before = self.out.len();
            let more = self.poll_read(cx)?;
            // reading may have left something to write, and writing may have made room
            let answers = self.out.len() > before;
            if !more && !answers && !(self.out.is_empty() && self.has_messages(cx)) {
                return Poll::Pending;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.ending || (self.sent_close && self.got_close)
    }

    fn has_messages(&mut self, cx: &mut Context<'_>) -> bool {
        let before = self.out.len();
        self.take_messages(cx);
        self.out.len() > before || self.is_over()
    }

    /// Takes what the other end sent, as long as it can be written soon.
    fn take_messages(&mut self, cx: &mut Context<'_>) {
        while !self.ending && self.out.len() - self.written < WRITE_AT_ONCE {
            let Poll::Ready(message) = self.end.poll_next(cx) else {
                return;
            };
            if matches!(message, Message::Close { .. }) {
                self.sent_close = true;
                self.expect_goodbye();
            }
            // the other end is gone: there is nobody to say goodbye for
            self.ending |= !write_message(&mut self.out, self.role, &message);
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            let bytes = &self.out[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                some => self.written += some,
            }
        }
        if self.written > 0 {
            self.out = Vec::new();
            self.written = 0;
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Reads what is there, while there is room for it. True when it should be called again.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        for _ in 0..READS_IN_A_ROW {
            if self.ending || self.got_close || self.out.len() - self.written > WRITE_AT_ONCE {
                return Ok(false);
            }
            if self.end.poll_room(cx).is_pending() {
                return Ok(false);
            }
            let mut scratch = SCRATCH.take();
            scratch.resize(READ_AT_ONCE, 0);
            let mut buffer = ReadBuf::new(&mut scratch);
            let polled = Pin::new(&mut self.stream).poll_read(cx, &mut buffer);
            let filled = buffer.filled().len();
            if polled.is_ready() && filled > 0 {
                self.take_in(&scratch[..filled]);
            }
            SCRATCH.set(scratch);
            match polled {
                Poll::Pending => return Ok(false),
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Ready(Ok(())) if filled == 0 => {
                    // the other side is gone; its end says so when it is dropped
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Poll::Ready(Ok(())) => {}
            }
        }
        Ok(true)
    }

    fn take_in(&mut self, bytes: &[u8]) {
        self.read_anything = true;
        let (end, out, role) = (&self.end, &mut self.out, self.role);
        let mut got_close = false;
        let fed = self.assembler.feed(bytes, &mut |incoming| match incoming {
            // nothing counts after a goodbye
            _ if got_close => {}
            Incoming::Message(message) => {
                got_close = message.is_last();
                end.send(message);
            }
            Incoming::Ping(payload) => write_pong(out, role, &payload),
            Incoming::Pong => {}
        });
        if got_close {
            self.got_close = true;
            self.expect_goodbye();
        } else if let Err(violation) = fed {
            self.break_off(violation);
        }
    }

    fn break_off(&mut self, violation: Violation) {
        let Violation { code, text } = violation;
        if !self.sent_close {
            write_close(&mut self.out, self.role, code, &text);
        }
        self.end.send(Message::Failed(format!(
            "WebSocket protocol error; protocolError.statusCode = {code}; protocolError.description = {text}"
        )));
        self.ending = true;
    }

    fn expect_goodbye(&mut self) {
        self.timer
            .as_mut()
            .reset(Instant::now() + self.options.close_within);
    }

    /// True when the timer has been set anew.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        if self.timer.as_mut().poll(cx).is_pending() {
            return Ok(false);
        }
        if self.ending || self.sent_close {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if self.got_close {
            // the code that holds the other end has not said goodbye: it is said for it
            write_close(&mut self.out, self.role, 1005, "");
            self.sent_close = true;
            self.expect_goodbye();
            return Ok(true);
        }
        let silent = !std::mem::take(&mut self.read_anything);
        if silent && std::mem::take(&mut self.pinged) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut next = self.options.ping_after;
        if silent {
            write_ping(&mut self.out, self.role);
            self.pinged = true;
            next = self.options.answer_within;
        } else {
            self.pinged = false;
        }
        self.timer.as_mut().reset(Instant::now() + next);
        Ok(true)
    }
}
