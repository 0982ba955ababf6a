//! Compiled statements by their exact text.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use super::statement::{Counter, Statement};

/// SQL text kept at most, bytes; the reference's figure.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Statements kept at most: each takes some KB, and the text alone would allow thousands.
const MAX_STATEMENTS: usize = 256;

/// Names of a result's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// In order, duplicates included; empty for a statement that gives no rows.
    pub names: Vec<Box<str>>,
    /// The same number stands for the same names within one database, so that a caller may
    /// keep what it made of them.
    pub shape: u64,
}

/// A compiled statement and what is known about it.
pub(super) struct Prepared {
    pub statement: Statement,
    pub columns: Columns,
    pub parameters: usize,
    pub readonly: bool,
    /// It takes effect when compiled, so it is not kept.
    pub sets_pragma: bool,
    /// SQLite compiled it again since: do not keep it.
    pub stale: bool,
    recompiled: u32,
}

impl Prepared {
    pub fn new(statement: Statement, sets_pragma: bool, shape: u64) -> Self {
        Prepared {
            columns: Columns {
                names: names(&statement),
                shape,
            },
            parameters: statement.parameter_count(),
            readonly: statement.is_readonly(),
            sets_pragma,
            stale: false,
            recompiled: statement.counter(Counter::Recompiled),
            statement,
        }
    }

    /// Reads the names anew when a schema change made SQLite compile the statement again, which
    /// it does in the first step of a run. `shape` is a number not used before.
    pub fn refresh(&mut self, shape: u64) {
        if self.statement.counter(Counter::Recompiled) != self.recompiled {
            self.stale = true;
            self.columns = Columns {
                names: names(&self.statement),
                shape,
            };
        }
    }
}

fn names(statement: &Statement) -> Vec<Box<str>> {
    (0..statement.column_count())
        .map(|index| statement.column_name(index).into_boxed_str())
        .collect()
}

/// Where a statement sits in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(usize);

struct Entry {
    sql: Box<[u8]>,
    hash: u64,
    prepared: Prepared,
    /// A cursor runs on it.
    in_use: bool,
    last_used: u64,
}

/// What a look into the cache found.
pub(super) enum Found {
    /// Ready, and now marked as in use.
    Ready(Slot),
    /// A cursor runs on it.
    InUse,
    Missing,
}

/// Least recently used out first.
#[derive(Default)]
pub(super) struct StatementCache {
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_hash: HashMap<u64, usize, Plain>,
    hasher: RandomState,
    text_bytes: usize,
    clock: u64,
}

/// The keys are hashes already.
#[derive(Clone, Copy, Default)]
struct Plain(u64);

impl std::hash::Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl BuildHasher for Plain {
    type Hasher = Plain;
    fn build_hasher(&self) -> Plain {
        Plain(0)
    }
}

impl StatementCache {
    /// Looks a text up and takes its statement into use.
    pub fn take(&mut self, sql: &[u8]) -> Found {
        self.clock += 1;
        let hash = self.hasher.hash_one(sql);
        let Some(&index) = self.by_hash.get(&hash) else {
            return Found::Missing;
        };
        match self.entries.get_mut(index) {
            Some(Some(entry)) if *entry.sql == *sql => {
                if entry.in_use {
                    return Found::InUse;
                }
                entry.in_use = true;
                entry.last_used = self.clock;
                Found::Ready(Slot(index))
            }
            _ => Found::Missing,
        }
    }

    /// Keeps a statement, in use; gives it back when it is too long to keep.
    pub fn keep(&mut self, sql: &[u8], prepared: Prepared) -> Result<Slot, Box<Prepared>> {
        let hash = self.hasher.hash_one(sql);
        if sql.len() > MAX_TEXT_BYTES || self.by_hash.contains_key(&hash) {
            return Err(Box::new(prepared));
        }
        self.make_room(sql.len());
        let entry = Entry {
            sql: sql.into(),
            hash,
            prepared,
            in_use: true,
            last_used: self.clock,
        };
        self.text_bytes += sql.len();
        let index = match self.free.pop() {
            Some(index) => {
                self.entries[index] = Some(entry);
                index
            }
            None => {
                self.entries.push(Some(entry));
                self.entries.len() - 1
            }
        };
        self.by_hash.insert(hash, index);
        Ok(Slot(index))
    }

    /// The statement of a slot that is in use.
    pub fn get(&mut self, slot: Slot) -> Option<&mut Prepared> {
        match self.entries.get_mut(slot.0) {
            Some(Some(entry)) => Some(&mut entry.prepared),
            _ => None,
        }
    }

    /// Ends the use of a slot.
    pub fn release(&mut self, slot: Slot) {
        if let Some(Some(entry)) = self.entries.get_mut(slot.0) {
            entry.in_use = false;
            if entry.prepared.stale {
                self.remove(slot.0);
            }
        }
    }

    /// Drops every statement that no cursor runs on.
    pub fn shrink(&mut self) {
        for index in 0..self.entries.len() {
            if self.is_idle(index) {
                self.remove(index);
            }
        }
    }

    fn is_idle(&self, index: usize) -> bool {
        matches!(self.entries.get(index), Some(Some(entry)) if !entry.in_use)
    }

    fn make_room(&mut self, bytes: usize) {
        while self.by_hash.len() >= MAX_STATEMENTS || self.text_bytes + bytes > MAX_TEXT_BYTES {
            let oldest = self
                .entries
                .iter()
                .enumerate()
                .filter_map(|(index, entry)| Some((index, entry.as_ref()?)))
                .filter(|(_, entry)| !entry.in_use)
                .min_by_key(|(_, entry)| entry.last_used)
                .map(|(index, _)| index);
            match oldest {
                Some(index) => self.remove(index),
                None => return,
            }
        }
    }

    fn remove(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index).and_then(Option::take) {
            self.by_hash.remove(&entry.hash);
            self.text_bytes -= entry.sql.len();
            self.free.push(index);
        }
    }
}
