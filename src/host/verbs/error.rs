//! Why a verb was not carried out.

use super::{ArchiveError, PATIENCE};
use crate::{
    host::{ChangeError, VersionsError},
    ledger::LedgerError,
    object::{CallError, InTurn},
    storage::StorageError,
};

/// Why a verb was not carried out. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// Nothing is known under that path.
    #[error("{0} is not there any more")]
    Gone(String),
    /// The new code cannot be used; the old code goes on.
    #[error("{name} keeps running its old code, because the new code cannot be used: {why}")]
    Code {
        /// The worker.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The verb is for something else.
    #[error("{path} is {is}; {verb} needs {needs}")]
    Kind {
        /// The node.
        path: String,
        /// What it is, with an article.
        is: &'static str,
        /// What was to be done.
        verb: &'static str,
        /// What that needs.
        needs: &'static str,
    },
    /// What is deleted has to be named.
    #[error("nothing is deleted: to confirm, give the name \"{name}\", not \"{given}\"")]
    Unconfirmed {
        /// The right one.
        name: String,
        /// What was given.
        given: String,
    },
    /// The new name is in use.
    #[error("there is a \"{name}\" already: choose another name, or delete that one first")]
    Taken {
        /// The name.
        name: String,
    },
    /// The new name cannot be one.
    #[error("\"{name}\" cannot be a name: it must have 1 to {most} bytes")]
    Name {
        /// The name, shortened.
        name: String,
        /// How long one may be.
        most: usize,
    },
    /// A turn does not end.
    #[error(
        "{0} has been in one turn for {wait} s: kill it, or try again",
        wait = PATIENCE.as_secs()
    )]
    InTurn(String),
    /// Files.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Versions of code.
    #[error(transparent)]
    Versions(#[from] VersionsError),
    /// What is counted.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Limits and pauses.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Said by the object's own rooms.
    #[error("{0}")]
    Refused(String),
}

impl From<CallError> for VerbError {
    fn from(error: CallError) -> Self {
        VerbError::Refused(error.message)
    }
}

impl From<InTurn> for VerbError {
    fn from(InTurn(label): InTurn) -> Self {
        VerbError::InTurn(label.to_string())
    }
}
