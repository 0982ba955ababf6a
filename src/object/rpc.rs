//! Calls of methods: what travels with them, and the references that they leave behind.
//!
//! A value that crosses is a structured clone in which some objects stand as numbers of parts:
//! stubs, streams, and functions or `RpcTarget`s that stay where they are and are called back
//! through a [`Capability`]. Like a target (`target.rs`), a capability can only be used by who
//! was given it: a sandbox names it by the number under which the host keeps it for that sandbox.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    code::Packed,
    link::ActorLink,
    message::{Body, Request, Response},
    target::{ClassRef, Target},
};

/// Bytes that a call's arguments or its result may have, as in the reference.
pub const MAX_MESSAGE_BYTES: usize = 32 << 20;

/// A function or `RpcTarget` of a running instance. When the last holder lets go, the instance is
/// told.
#[derive(Debug)]
pub struct Capability {
    link: ActorLink,
    export: u64,
}

impl Capability {
    /// What the instance behind `link` keeps as number `export`.
    pub(super) fn new(link: ActorLink, export: u64) -> Arc<Self> {
        Arc::new(Self { link, export })
    }

    /// Sends a call to it.
    pub(super) fn call(&self, call: Call, reply: super::ReplyTo) {
        self.link.call(self.export, call, reply);
    }
}

impl Drop for Capability {
    fn drop(&mut self) {
        self.link.release(self.export);
    }
}

/// A value on its way.
#[derive(Debug, Default)]
pub struct Message {
    /// The clone; the n-th part stands in it as the number n.
    pub bytes: Bytes,
    /// What is not data.
    pub parts: Vec<Part>,
}

/// What a message carries beside its bytes.
#[derive(Debug)]
pub enum Part {
    /// A stub: of an object, an entrypoint, or something given away by reference.
    Fetcher(Target),
    /// A class for facets.
    Class(ClassRef),
    /// A readable stream.
    Readable(Body),
    /// A writable stream: chunks go here.
    Writable(mpsc::Sender<Result<Bytes, String>>),
    /// The state of an object of the platform, cloned.
    Data(Bytes),
}

/// A method's call, or with no arguments the reading of a property.
#[derive(Debug)]
pub struct Call {
    /// Names from the receiver to the method or property.
    pub path: Vec<String>,
    /// The clone of the list of arguments.
    pub args: Option<Message>,
}

/// What somebody wants of an object.
#[derive(Debug)]
pub enum Invocation {
    /// An answer to a request.
    Fetch(Request),
    /// The result of a call.
    Call(Call),
    /// A look at what another worker did: the JSON of a trace item; see `trace.rs`.
    Tail(Arc<str>),
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    /// The response to a request.
    Response(Response),
    /// The result of a call.
    Value(Message),
}

/// Which part of a worker an event is for.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The object that lives there.
    Object,
    /// An export; the default one without a name.
    Export {
        /// Its name.
        name: Option<String>,
        /// `ctx.props`.
        props: Option<Arc<Packed>>,
    },
}
