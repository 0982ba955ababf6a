//! What one sandbox was given with calls and their results, by number.

use std::collections::HashMap;

use super::code::Grant;

/// Stubs and class handles that a sandbox holds until it lets go of them.
#[derive(Default)]
pub(super) struct Held {
    all: HashMap<u64, Grant>,
    last: u64,
}

impl Held {
    /// Takes it in; gives its number.
    pub fn add(&mut self, grant: Grant) -> u64 {
        self.last += 1;
        self.all.insert(self.last, grant);
        self.last
    }

    /// What stands at `number`.
    pub fn get(&self, number: u64) -> Option<&Grant> {
        self.all.get(&number)
    }

    /// A second number for the same stub.
    pub fn duplicate(&mut self, number: u64) -> Option<u64> {
        let target = match self.all.get(&number)? {
            Grant::Fetcher(target) => target.clone(),
            Grant::Class(_) => return None,
        };
        Some(self.add(Grant::Fetcher(target)))
    }

    /// Lets go of `number`.
    pub fn release(&mut self, number: u64) {
        self.all.remove(&number);
    }
}
