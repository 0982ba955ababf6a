//! What travels between objects: requests, responses, bodies and failures.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{coding::is_coding_failure, events::Outcome, link::ActorLink, rpc::Answer};
use crate::{sockets::SocketEnd, storage::StorageError};

/// What the reference says of every connection that fails or breaks.
pub const LOST: &str = "Network connection lost.";

/// Headers in order, as they were written.
pub type Headers = Vec<(String, String)>;

/// Chunks of a body on their way; `Err` ends it with the reason.
pub type Chunks = mpsc::Receiver<Result<Bytes, String>>;

/// Chunks that may wait in a stream before its writer has to.
pub const STREAM_DEPTH: usize = 8;

/// A request or response body.
#[derive(Debug, Default)]
pub enum Body {
    /// No body at all.
    #[default]
    Empty,
    /// All of it at once. `text` marks a body that is UTF-8 because it was a string.
    Full {
        /// The bytes.
        bytes: Bytes,
        /// Whether they were a string.
        text: bool,
    },
    /// Chunk by chunk.
    Stream {
        /// Where they come from.
        chunks: Chunks,
        /// The length that the sender announced.
        length: Option<u64>,
    },
}

/// One request.
#[derive(Debug)]
pub struct Request {
    /// Upper-case method.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Headers.
    pub headers: Headers,
    /// Body.
    pub body: Body,
}

impl Request {
    /// Whether it asks for a WebSocket.
    pub fn wants_socket(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| name == "upgrade" && value.eq_ignore_ascii_case("websocket"))
    }
}

/// One response.
#[derive(Debug)]
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// Reason phrase; may be empty.
    pub status_text: String,
    /// Headers.
    pub headers: Headers,
    /// Body.
    pub body: Body,
    /// Where it came from in the end, if redirects led there.
    pub url: Option<String>,
    /// The body's bytes are in the coding that its `content-encoding` names. A response that a
    /// worker makes has that header as well, but its bytes are plain unless it says otherwise.
    pub coded: bool,
    /// The client's end of a WebSocket, when it answers an upgrade.
    pub socket: Option<SocketEnd>,
}

/// Marks on an error that tell its receiver what kind of failure it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Thrown by the callee's own code.
    pub remote: bool,
    /// The callee was reset: its memory is gone, its data is not.
    pub reset: bool,
    /// The callee has too much to do.
    pub overloaded: bool,
    /// The same may well work when it is done again.
    pub retryable: bool,
    /// The HTTP status that tells of it best; 0 when no other than 500 does.
    pub status: u16,
    /// Seconds after which it may be tried again; 0 when nobody knows.
    pub retry_after_s: u16,
    /// It is the callee itself that was reset, not something behind it: stubs of it are void.
    pub ended: bool,
}

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct CallError {
    /// The JavaScript class, such as `TypeError`.
    pub name: String,
    /// What went wrong.
    pub message: String,
    /// Stack in the callee's files; may be empty.
    pub stack: String,
    /// Which kind of failure.
    pub marks: Marks,
    /// What was thrown, cloned, where it is more than class, message and marks.
    pub payload: Option<Box<Bytes>>,
    /// What the operator may know about it, and the caller need not.
    pub detail: Option<String>,
}

impl CallError {
    /// An `Error` with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of("Error", message)
    }

    /// An error of the named class.
    pub fn of(name: impl Into<String>, message: impl Into<String>) -> Self {
        let (name, message) = (name.into(), message.into());
        Self {
            name,
            message,
            stack: String::new(),
            marks: Marks::default(),
            payload: None,
            detail: None,
        }
    }

    /// The failure of a stream, of which only the text travels.
    pub(super) fn of_stream(text: String) -> Self {
        if is_coding_failure(&text) {
            return Self::of("TypeError", text);
        }
        let mut error = Self::new(text);
        error.marks.retryable = error.message == LOST;
        error
    }

    /// Marks that it came from the callee's own code.
    pub fn remote(mut self) -> Self {
        self.marks.remote = true;
        self
    }

    /// Marks that the callee lost its memory.
    pub fn reset(mut self) -> Self {
        self.marks.reset = true;
        self.marks.ended = true;
        self
    }
}

/// In words that name no path of the host.
impl From<StorageError> for CallError {
    fn from(error: StorageError) -> Self {
        Self::new(error.worker_message())
    }
}

/// Where an answer goes. Dropping it unanswered tells the caller so.
pub struct ReplyTo(Option<Destination>);

enum Destination {
    /// The operation of an object.
    Operation {
        link: ActorLink,
        op: u64,
        /// Ends when the object waits no longer.
        waits: oneshot::Receiver<()>,
    },
    /// Somebody outside.
    Channel(oneshot::Sender<Result<Answer, CallError>>),
}

impl ReplyTo {
    /// Answers operation `op` of the object behind `link`, which waits for as long as it keeps the
    /// other end of `waits`.
    pub(super) fn operation(link: ActorLink, op: u64, waits: oneshot::Receiver<()>) -> Self {
        Self(Some(Destination::Operation { link, op, waits }))
    }

    /// Answers a waiting task.
    pub fn channel() -> (Self, oneshot::Receiver<Result<Answer, CallError>>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(Destination::Channel(sender))), receiver)
    }

    /// Waits until nobody waits for the answer any more; whatever would make it can be stopped
    /// then.
    pub async fn abandoned(&mut self) {
        match &mut self.0 {
            Some(Destination::Operation { waits, .. }) => drop(waits.await),
            Some(Destination::Channel(sender)) => sender.closed().await,
            None => {}
        }
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_abandoned(&mut self) -> bool {
        match &mut self.0 {
            Some(Destination::Operation { waits, .. }) => {
                matches!(waits.try_recv(), Err(oneshot::error::TryRecvError::Closed))
            }
            Some(Destination::Channel(sender)) => sender.is_closed(),
            None => true,
        }
    }

    /// Delivers the answer.
    pub fn send(mut self, answer: Result<Answer, CallError>) {
        self.deliver(answer);
    }

    fn deliver(&mut self, answer: Result<Answer, CallError>) {
        match self.0.take() {
            Some(Destination::Operation { link, op, .. }) => {
                link.complete(op, answer.map(Outcome::Answer))
            }
            // a caller that no longer waits is none of our business
            Some(Destination::Channel(sender)) => drop(sender.send(answer)),
            None => {}
        }
    }
}

impl Drop for ReplyTo {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.deliver(Err(
                CallError::new("The object ended before it answered.").reset()
            ));
        }
    }
}
