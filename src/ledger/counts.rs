//! What is counted, of an object, a worker or a span of time: one number each.

use std::ops::{AddAssign, Index, IndexMut, Sub};

/// Something that is counted. The order is that of [`Counts`]; what is kept on disk goes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Count {
    /// HTTP requests that ended, WebSocket handshakes and failed ones included.
    Requests,
    /// RPC calls that ended, failed ones included.
    Calls,
    /// Alarms that rang.
    Alarms,
    /// WebSocket messages that came in, those answered without code included.
    MessagesIn,
    /// WebSocket messages that went out.
    MessagesOut,
    /// Requests and calls that it sent.
    Subrequests,
    /// CPU time, microseconds.
    CpuUs,
    /// Wall time in which it was busy, or could not have left memory, microseconds.
    ActiveUs,
    /// Rows that SQL and the key-value API read.
    RowsRead,
    /// Rows that they wrote.
    RowsWritten,
    /// Bytes stored, times seconds that they were.
    StoredByteSeconds,
    /// Log lines, those that were dropped included.
    LogLines,
    /// Times that a sandbox was started.
    ColdStarts,
    /// Times that it left memory because it had nothing to do.
    Hibernations,
    /// Dynamic workers that were new on that day.
    DynamicWorkers,
    /// Requests and calls that failed or were answered with 500 and above.
    Errors,
    /// Of all that went wrong: what the worker's own code threw and nobody caught.
    Exceptions,
    /// Instances that ended because a turn took too much CPU time.
    CpuEnds,
    /// Instances that ended because they wanted too much memory.
    MemoryEnds,
    /// Turns that were lost because storage failed.
    StorageFailures,
    /// Instances that an operator or a limit ended.
    Kills,
    /// Requests, calls and messages that a limit, a pause or a budget refused.
    Refusals,
}

impl Count {
    /// How many there are.
    pub const KINDS: usize = Self::ALL.len();

    /// All of them, in order.
    pub const ALL: [Count; 22] = [
        Count::Requests,
        Count::Calls,
        Count::Alarms,
        Count::MessagesIn,
        Count::MessagesOut,
        Count::Subrequests,
        Count::CpuUs,
        Count::ActiveUs,
        Count::RowsRead,
        Count::RowsWritten,
        Count::StoredByteSeconds,
        Count::LogLines,
        Count::ColdStarts,
        Count::Hibernations,
        Count::DynamicWorkers,
        Count::Errors,
        Count::Exceptions,
        Count::CpuEnds,
        Count::MemoryEnds,
        Count::StorageFailures,
        Count::Kills,
        Count::Refusals,
    ];

    /// Its name on disk, in JSON and in CSV.
    pub fn name(self) -> &'static str {
        match self {
            Count::Requests => "requests",
            Count::Calls => "calls",
            Count::Alarms => "alarms",
            Count::MessagesIn => "messages_in",
            Count::MessagesOut => "messages_out",
            Count::Subrequests => "subrequests",
            Count::CpuUs => "cpu_us",
            Count::ActiveUs => "active_us",
            Count::RowsRead => "rows_read",
            Count::RowsWritten => "rows_written",
            Count::StoredByteSeconds => "stored_byte_seconds",
            Count::LogLines => "log_lines",
            Count::ColdStarts => "cold_starts",
            Count::Hibernations => "hibernations",
            Count::DynamicWorkers => "dynamic_workers",
            Count::Errors => "errors",
            Count::Exceptions => "exceptions",
            Count::CpuEnds => "cpu_ends",
            Count::MemoryEnds => "memory_ends",
            Count::StorageFailures => "storage_failures",
            Count::Kills => "kills",
            Count::Refusals => "refusals",
        }
    }
}

/// One number for each [`Count`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Count::KINDS]);

impl Counts {
    /// Requests and calls together.
    pub fn served(&self) -> u64 {
        self[Count::Requests] + self[Count::Calls]
    }

    /// Whether nothing was counted.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }
}

impl Index<Count> for Counts {
    type Output = u64;
    fn index(&self, count: Count) -> &u64 {
        &self.0[count as usize]
    }
}

impl IndexMut<Count> for Counts {
    fn index_mut(&mut self, count: Count) -> &mut u64 {
        &mut self.0[count as usize]
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        for (count, more) in self.0.iter_mut().zip(more.0) {
            *count = count.saturating_add(more);
        }
    }
}

impl Sub for Counts {
    type Output = Self;
    /// What came since `before`; never below zero.
    fn sub(mut self, before: Self) -> Self {
        for (count, before) in self.0.iter_mut().zip(before.0) {
            *count = count.saturating_sub(before);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_all_is_in_order_and_its_names_differ() {
        let mut names = std::collections::HashSet::new();
        for (place, count) in Count::ALL.into_iter().enumerate() {
            assert_eq!(count as usize, place);
            assert!(names.insert(count.name()));
        }
        assert_eq!(Count::ALL.last().copied(), Some(Count::Refusals));
    }

    #[test]
    fn what_came_since_is_what_was_added() {
        let mut first = Counts::default();
        first[Count::RowsRead] = 7;
        let mut both = first;
        let mut more = Counts::default();
        more[Count::RowsRead] = 3;
        more[Count::Calls] = 1;
        both += more;
        assert_eq!(both - first, more);
        assert!((first - both).is_zero());
    }
}
