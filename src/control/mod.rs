//! The operator's verbs and views: one typed interface that every face uses.
//!
//! A face (the console today) holds an `Arc<dyn Control>` and nothing else of the program,
//! so it can be tested against a fake and may one day sit on another machine.

mod local;
mod sampler;
pub mod view;

pub use local::Local;

use std::{ops::Range, sync::Arc};

use tokio::sync::watch;
use view::{Details, LogBounds, LogRecord, NodeId, Overview};

/// Something an operator does to one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// End it now, even in the middle of a loop; the next request starts it afresh.
    /// On a worker or namespace: every live object below.
    Kill(NodeId),
    /// Read its code again and start it afresh; data stays.
    Reload(NodeId),
}

/// Why a verb was not carried out, as a sentence for the operator.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Refused(pub String);

/// What came of a verb: a sentence for the operator.
pub type Outcome = Result<String, Refused>;

/// The one door between faces and the host side. No call waits on an object.
pub trait Control: Send + Sync + 'static {
    /// Pictures of the tree, a new one when something changed (at most four a second).
    fn overview(&self) -> watch::Receiver<Arc<Overview>>;
    /// More about one node; `None` when it is gone.
    fn details(&self, id: &NodeId) -> Option<Details>;
    /// Changes whenever log records arrive (at most twenty times a second).
    fn log_bounds(&self) -> watch::Receiver<LogBounds>;
    /// The records of `range` that are still held, oldest first.
    fn logs(&self, range: Range<u64>) -> Vec<Arc<LogRecord>>;
    /// Starts a verb; its outcome arrives on the channel, at once or when it is done.
    fn run(&self, verb: Verb) -> tokio::sync::oneshot::Receiver<Outcome>;
}
