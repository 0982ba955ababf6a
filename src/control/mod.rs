//! The operator's verbs and views: one typed interface that every face uses.
//!
//! - `verb`: what can be done. `show`: what can be looked at from outside this program.
//! - `local`: the host of this very program, with `sampler`, which makes pictures of its tree,
//!   `costs`, which reads for them what each node costs, and `standing`: limits, pauses, budgets.
//! - `socket`: the way in for other programs of the same user.
//!
//! A face such as the console holds an `Arc<dyn Control>` and nothing else of the program,
//! so it can be tested against a fake and may one day sit on another machine.

mod costs;
mod local;
mod sampler;
mod show;
pub mod socket;
mod standing;
mod verb;
pub mod view;

pub use local::Local;
pub use show::Show;
pub use verb::{PAUSE_WAIT_S, Verb};

use std::{ops::Range, sync::Arc};

use tokio::sync::watch;
use view::{Account, Details, LogBounds, LogRecord, NodeId, Overview};

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
    /// Reads what of a node lies on disk; it arrives when it has been read.
    fn account(&self, id: &NodeId) -> tokio::sync::oneshot::Receiver<Result<Account, Refused>>;
    /// Changes whenever log records arrive (at most twenty times a second).
    fn log_bounds(&self) -> watch::Receiver<LogBounds>;
    /// The records of `range` that are still held, oldest first.
    fn logs(&self, range: Range<u64>) -> Vec<Arc<LogRecord>>;
    /// Starts a verb; its outcome arrives on the channel, at once or when it is done.
    fn run(&self, verb: Verb) -> tokio::sync::oneshot::Receiver<Outcome>;
}
