//! Connections out of this machine that are no HTTP, as `connect()` makes them.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::message::{CallError, Chunks};

/// How a connection is secured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secure {
    /// Not at all, for as long as it lasts.
    Off,
    /// With TLS from the start.
    On,
    /// Not at first; TLS may begin later.
    Later,
}

/// What flows through a connection.
#[derive(Debug)]
pub struct Ends {
    /// What the other side sends goes here.
    pub incoming: mpsc::Sender<Result<Bytes, String>>,
    /// What is sent to the other side; its end ends that direction.
    pub outgoing: Chunks,
    /// Told once it is connected, or why it is not.
    pub opened: oneshot::Sender<Result<(), CallError>>,
}

/// TLS is to begin on a connection that is there.
#[derive(Debug)]
pub struct Upgrade {
    /// The name that the other side must prove, if it is not the host's.
    pub name: Option<String>,
    /// What flows through it from then on.
    pub ends: Ends,
}

/// A connection that is wanted.
#[derive(Debug)]
pub struct Dial {
    /// Name or address; IPv6 in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How it is secured.
    pub secure: Secure,
    /// What flows through it.
    pub ends: Ends,
    /// Begins TLS, if that may come later.
    pub upgrade: oneshot::Receiver<Upgrade>,
}
