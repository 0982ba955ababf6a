//! Bodies that arrive or leave chunk by chunk, as one sandbox knows them: by number.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::message::{Body, CallError, Chunks, STREAM_DEPTH};

enum Stream {
    /// Somebody else writes.
    Inbound {
        /// `None` while a read is under way.
        chunks: Option<Chunks>,
        length: Option<u64>,
        /// Ends the read that is under way.
        reading: Option<oneshot::Sender<CallError>>,
    },
    /// It was ended from this side; reading it gives this error, once.
    Failed(CallError),
    /// The sandbox writes; the other end is there until it goes out as a body.
    Outbound {
        sender: mpsc::Sender<Result<Bytes, String>>,
        chunks: Option<Chunks>,
        length: Option<u64>,
    },
}

/// The streams of one sandbox.
#[derive(Default)]
pub(super) struct Streams {
    all: HashMap<u64, Stream>,
    /// The writing ends of inbound streams that the sandbox gives away.
    senders: HashMap<u64, mpsc::Sender<Result<Bytes, String>>>,
    last: u64,
}

/// What a read found.
pub(super) enum Pulled {
    /// A chunk, the end, or the writer's failure.
    Now(Option<Result<Bytes, String>>),
    /// It was ended with this error.
    Failed(CallError),
    /// Nothing yet: wait on this, then give it back with [`Streams::put_back`]. The other end tells
    /// when the stream is ended meanwhile, and why if that was a failure.
    Later(Chunks, oneshot::Receiver<CallError>),
}

impl Streams {
    /// Takes in a body's stream.
    pub fn add(&mut self, chunks: Chunks, length: Option<u64>) -> u64 {
        self.insert(Stream::Inbound {
            chunks: Some(chunks),
            length,
            reading: None,
        })
    }

    /// A stream that the sandbox will write, `length` bytes in all if that is known.
    pub fn open(&mut self, length: Option<u64>) -> u64 {
        let (sender, chunks) = mpsc::channel(STREAM_DEPTH);
        self.insert(Stream::Outbound {
            sender,
            chunks: Some(chunks),
            length,
        })
    }

    /// An inbound stream whose writing end the sandbox will give away; see `take_sender`.
    pub fn reverse(&mut self) -> u64 {
        let (sender, chunks) = mpsc::channel(STREAM_DEPTH);
        let id = self.add(chunks, None);
        self.senders.insert(id, sender);
        id
    }

    /// The writing end of stream `id`, once.
    pub fn take_sender(&mut self, id: u64) -> Option<mpsc::Sender<Result<Bytes, String>>> {
        self.senders.remove(&id)
    }

    /// Takes in a writing end that somebody else gave away.
    pub fn add_sender(&mut self, sender: mpsc::Sender<Result<Bytes, String>>) -> u64 {
        self.insert(Stream::Outbound {
            sender,
            chunks: None,
            length: None,
        })
    }

    fn insert(&mut self, stream: Stream) -> u64 {
        self.last += 1;
        self.all.insert(self.last, stream);
        self.last
    }

    /// Hands a stream out as a body, unread if it came from elsewhere.
    pub fn take_body(&mut self, id: u64) -> Option<Body> {
        match self.all.get_mut(&id)? {
            Stream::Inbound { chunks, length, .. } => {
                let (chunks, length) = (chunks.take()?, *length);
                self.all.remove(&id);
                Some(Body::Stream { chunks, length })
            }
            Stream::Outbound { chunks, length, .. } => Some(Body::Stream {
                chunks: chunks.take()?,
                length: *length,
            }),
            Stream::Failed(_) => None,
        }
    }

    /// Reads a chunk. A stream that ended is forgotten.
    pub fn pull(&mut self, id: u64) -> Result<Pulled, &'static str> {
        let (slot, reading) = match self.all.get_mut(&id) {
            Some(Stream::Inbound {
                chunks, reading, ..
            }) => (chunks, reading),
            Some(Stream::Failed(error)) => {
                let error = error.clone();
                self.all.remove(&id);
                return Ok(Pulled::Failed(error));
            }
            _ => return Ok(Pulled::Now(None)),
        };
        let mut chunks = slot.take().ok_or("The stream is being read already.")?;
        match chunks.try_recv() {
            Ok(chunk) => {
                *slot = Some(chunks);
                Ok(Pulled::Now(Some(chunk)))
            }
            Err(mpsc::error::TryRecvError::Empty) => {
                let (end, ended) = oneshot::channel();
                *reading = Some(end);
                Ok(Pulled::Later(chunks, ended))
            }
            Err(mpsc::error::TryRecvError::Disconnected) => {
                self.all.remove(&id);
                Ok(Pulled::Now(None))
            }
        }
    }

    /// Gives back what [`Pulled::Later`] lent, unless the stream was cancelled meanwhile.
    pub fn put_back(&mut self, id: u64, chunks: Chunks) {
        if let Some(Stream::Inbound {
            chunks: slot,
            reading,
            ..
        }) = self.all.get_mut(&id)
        {
            *slot = Some(chunks);
            *reading = None;
        }
    }

    /// Where the sandbox's chunks go; `None` once it is closed.
    pub fn sender(&self, id: u64) -> Option<mpsc::Sender<Result<Bytes, String>>> {
        match self.all.get(&id) {
            Some(Stream::Outbound { sender, .. }) => Some(sender.clone()),
            _ => None,
        }
    }

    /// Ends a stream from this side.
    pub fn close(&mut self, id: u64) {
        self.senders.remove(&id);
        self.all.remove(&id);
    }

    /// Ends a stream that comes from elsewhere: the read that is under way, or else the next one,
    /// fails with `error`.
    pub fn fail(&mut self, id: u64, error: CallError) {
        match self.all.remove(&id) {
            Some(Stream::Inbound {
                reading: Some(reading),
                ..
            }) => drop(reading.send(error)),
            Some(Stream::Inbound { .. }) => drop(self.all.insert(id, Stream::Failed(error))),
            Some(other) => drop(self.all.insert(id, other)),
            None => {}
        }
    }

    /// Whether a stream has not ended.
    pub fn is_open(&self, id: u64) -> bool {
        self.all.contains_key(&id)
    }

    /// Whether the sandbox still writes something.
    pub fn any_outbound(&self) -> bool {
        self.all
            .values()
            .any(|stream| matches!(stream, Stream::Outbound { .. }))
    }
}
