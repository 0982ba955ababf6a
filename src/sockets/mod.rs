//! WebSockets, apart from who uses them: what a message is, how the two ends of a socket are
//! joined, and how one end becomes a connection of the network.
//!
//! - `pair`: two ends joined by queues. Whoever holds an end takes what arrives there.
//! - `frames`: bytes of the network to messages and back (RFC 6455).
//! - `connection`: the task that carries one end over a byte stream, as server or as client.
//!
//! This room knows no objects and no HTTP: those who upgrade a connection hand over its byte
//! stream, and those who run code hand over a [`Receiver`].

mod connection;
mod frames;
mod pair;

pub use connection::{Options, run};
pub use frames::{MAX_MESSAGE, Role};
pub use pair::{Delivery, Flow, Message, Receiver, SocketEnd, WAITING_LIMIT};
