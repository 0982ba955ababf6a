//! What a worker is told when something fails on the way out. The words are the reference's where
//! it has any; what they leave out, the operator finds in the log.

use std::error::Error;

use super::connect::ConnectError;
use crate::object::CallError;

/// What the reference says of every connection that fails or breaks.
pub(super) const LOST: &str = "Network connection lost.";

/// A connection that failed or broke, with what is known about it for the operator.
pub(super) fn lost(detail: String) -> CallError {
    let mut error = CallError::new(LOST);
    error.marks.retryable = true;
    error.detail = Some(detail);
    error
}

/// What a worker is told about a connection that did not come about.
pub(super) fn not_connected(error: &ConnectError) -> CallError {
    match error {
        ConnectError::Unreachable { .. } => lost(error.to_string()),
        _ => CallError::new(error.to_string()),
    }
}

/// An error with all its causes, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    text
}

/// The first cause of type `E`.
pub(super) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
