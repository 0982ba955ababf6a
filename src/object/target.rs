//! Where a stub leads, and how a sandbox names it.
//!
//! A sandbox never holds a target itself. It names one in a form that only makes sense together
//! with what this very sandbox was given, so it cannot make up a target that it may not use:
//!
//! | form | meaning |
//! |---|---|
//! | `["self", entry, props]` | an export of its own worker |
//! | `["object", n, id, name]` | an object of its n-th namespace |
//! | `["service", n]` | its n-th service binding |
//! | `["dynamic", n, entry, props]` | an entrypoint of the n-th worker that it loaded |
//! | `["granted", scope, n]` | the n-th grant in its `env` or `props` |
//! | `["held", n]` | what it was given with a call or result, by number |
//! | `["outbound"]` | where its global `fetch` leads |
//! | `["facet", name, start]` | its own facet; never leaves this sandbox |

use std::sync::Arc;

use super::{
    code::{Code, Namespace, Packed},
    rpc::Capability,
};
use crate::project::OutboundRules;

/// A worker by name, or one that was loaded at run time.
#[derive(Clone, Debug)]
pub enum WorkerRef {
    /// Whatever version of the project is current.
    Project(Arc<str>),
    /// This very code.
    Dynamic(Arc<Code>),
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// A stateless entrypoint.
    Entry {
        /// Of which worker.
        worker: WorkerRef,
        /// Which export; `None` for the default.
        entry: Option<String>,
        /// `ctx.props`.
        props: Option<Arc<Packed>>,
    },
    /// A durable object.
    Object {
        /// Its namespace.
        namespace: Arc<Namespace>,
        /// 64 lower-case hex digits.
        id: String,
        /// The name that the id was derived from.
        name: Option<String>,
    },
    /// Out of this machine, as the rules of a project allow.
    Internet(Arc<OutboundRules>),
    /// Something that a running instance gave away by reference.
    Capability(Arc<Capability>),
}

/// A durable object class for facets.
#[derive(Clone, Debug)]
pub struct ClassRef {
    /// The worker that exports it.
    pub worker: WorkerRef,
    /// The export.
    pub class: String,
    /// `ctx.props`.
    pub props: Option<Arc<Packed>>,
}

/// What an object sees as `ctx.id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdView {
    /// A plain string, as a facet's start-up options may say.
    Text(String),
    /// A DurableObjectId.
    Id {
        /// 64 lower-case hex digits.
        hex: String,
        /// The name that it was derived from.
        name: Option<String>,
    },
}

/// How a facet is to be started.
#[derive(Clone, Debug)]
pub struct FacetStart {
    /// Its class.
    pub class: ClassRef,
    /// Its id; the parent's when `None`.
    pub id: Option<IdView>,
}
