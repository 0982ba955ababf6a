//! One live object: its mailbox, its turns, and the calls that join sandbox and storage.
//!
//! From the ground up:
//! - `message`: what travels between objects. `id`: how ids are made. `code`: a version of a
//!   worker. `target`: where stubs lead. `rpc`: calls of methods, and what travels with them.
//! - `caches`: answers that workers keep.
//! - `pool`: the threads that run objects.
//! - `context`: what all objects share, and [`World`], what they ask of the outside.
//! - `instance`: a sandbox with a worker in it, and what has to happen around each turn; `live`:
//!   its host side; `effects`: what a turn wants done outside.
//! - `held`: what a sandbox was given with calls; `streams`: its bodies in motion.
//! - [`limits`]: what an object may do, and what happens when it wants more.
//! - `calls`: what the sandbox may ask for during a turn, by subject.
//! - `alarm`: alarms, from their ring to their end.
//! - `sockets`: the WebSockets that an instance holds, and those that its place keeps.
//! - `actor`: an object's place, which outlives its instances; `events`: what happens to it, one
//!   at a time; `link`: the way back to one instance; `facets`: the objects inside it;
//!   `restart`: how instances start; `tending`: what the host does from outside.
//!
//! A turn: the actor takes an event from its mailbox, the sandbox runs until it has nothing left
//! to do, storage commits, and only then do the turn's effects leave.

mod actor;
mod alarm;
mod caches;
mod calls;
mod code;
mod coding;
mod context;
mod dial;
mod effects;
mod events;
mod facets;
mod held;
pub mod id;
mod instance;
pub mod limits;
mod link;
mod live;
mod load;
mod message;
mod operations;
mod pool;
mod redirects;
mod restart;
mod rpc;
mod sockets;
mod streams;
mod target;
mod tending;
mod trace;

pub use actor::{Actor, Kind, MAX_LEVELS, ObjectPlace, StartSpec};
pub use alarm::{AlarmCall, AlarmEnd, AlarmNews};
pub use code::{
    Binding, Code, Env, Grant, Module, ModuleKind, Namespace, Outbound, Packed, content_hash,
};
pub use coding::{coding_of, encode};
pub use context::{Context, Limits, Outside, World};
pub use dial::{Dial, Ends, Secure, Upgrade};
pub use live::Live;
pub use message::{
    Body, CallError, Chunks, Headers, LOST, Marks, ReplyTo, Request, Response, STREAM_DEPTH,
};
pub use pool::Pool;
pub use restart::Change;
pub use rpc::{Answer, Call, Capability, Entry, Invocation, Message, Part};
pub use target::{ClassRef, FacetStart, IdView, Target, WorkerRef};
pub use tending::{InTurn, between_turns};

/// A name as one part of a node's path: all but letters, digits, `.`, `_` and `-` encoded.
pub fn percent(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if plain(byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
