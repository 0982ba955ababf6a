//! What one instance waits for, and what each incoming request may still send.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::oneshot;

use super::{redirects::Following, trace::Running};

/// Counts what one invocation has sent; whatever it set going counts with it.
pub(super) type Sent = Arc<Running>;

/// An operation that has not ended.
pub(super) struct Operation {
    /// The count of the invocation that began it.
    sent: Sent,
    /// Dropping it tells whoever makes the answer that nobody waits for it.
    _waits: Option<oneshot::Sender<()>>,
    /// How to go on if the answer is a redirect.
    pub following: Option<Box<Following>>,
}

/// The operations of one instance by number.
#[derive(Default)]
pub(super) struct Operations {
    all: HashMap<u64, Operation>,
    timers: HashMap<i64, Sent>,
    /// Of the invocation whose turn it is.
    current: Sent,
}

impl Operations {
    /// A new invocation begins.
    pub fn begin_invocation(&mut self, running: Sent) {
        self.current = running;
    }

    /// The invocation whose turn it is.
    pub fn current(&self) -> Sent {
        self.current.clone()
    }

    /// Its id, for logs.
    pub fn request(&self) -> Option<u64> {
        self.current.id()
    }

    /// Counts a request or call of the current invocation; false when it is over its limit.
    pub fn may_send(&self, limit: u32) -> bool {
        self.current.count() <= limit
    }

    /// Begins operation `op`.
    pub fn insert(&mut self, op: u64) {
        let operation = Operation {
            sent: self.current.clone(),
            _waits: None,
            following: None,
        };
        self.all.insert(op, operation);
    }

    /// What tells the maker of an answer when `op` waits no longer.
    pub fn waits(&mut self, op: u64) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        if let Some(operation) = self.all.get_mut(&op) {
            operation._waits = Some(sender);
        }
        receiver
    }

    /// Says how to go on if the answer to `op` is a redirect.
    pub fn follow(&mut self, op: u64, following: Box<Following>) {
        if let Some(operation) = self.all.get_mut(&op) {
            operation.following = Some(following);
        }
    }

    /// Ends `op`; what happens now belongs to the invocation that began it. `None` when nothing
    /// waits for it any more.
    pub fn end(&mut self, op: u64) -> Option<Operation> {
        let operation = self.all.remove(&op)?;
        self.current = operation.sent.clone();
        Some(operation)
    }

    /// Waits for `op` no longer.
    pub fn abandon(&mut self, op: u64) {
        self.all.remove(&op);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The current invocation sets timer `id`.
    pub fn set_timer(&mut self, id: i64) {
        self.timers.insert(id, self.current.clone());
    }

    /// Timer `id` fires or is taken back; what happens now belongs to the invocation that set it.
    pub fn end_timer(&mut self, id: i64, fires: bool) {
        if let Some(sent) = self.timers.remove(&id)
            && fires
        {
            self.current = sent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_invocation_sets_going_counts_with_it() {
        let mut operations = Operations::default();
        operations.begin_invocation(Sent::default());
        assert!(operations.may_send(2));
        operations.insert(1);
        operations.set_timer(5);
        operations.begin_invocation(Sent::default());
        assert!(operations.may_send(2) && operations.may_send(2) && !operations.may_send(2));
        assert!(operations.end(1).is_some());
        assert!(operations.may_send(2) && !operations.may_send(2));
        operations.begin_invocation(Sent::default());
        operations.end_timer(5, true);
        assert!(!operations.may_send(2));
        assert!(operations.end(1).is_none());
    }

    #[test]
    fn the_maker_of_an_answer_learns_that_nobody_waits() {
        let mut operations = Operations::default();
        operations.insert(1);
        let mut waits = operations.waits(1);
        assert_eq!(waits.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        operations.abandon(1);
        assert_eq!(waits.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
