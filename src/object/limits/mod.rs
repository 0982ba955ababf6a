//! What an object may do, and what happens when it wants more.
//!
//! - this file: the limits by name, and [`InForce`], those that hold for one object.
//! - `bucket`: how much is left of a rate. `guard`: an object's rates and what it has under way.
//! - `admit`: whether a request may come in now. `enforce`: what a turn is held to.
//! - `pause`: objects that are told to wait. `used`: how far limits are used, for views.

mod admit;
mod bucket;
mod enforce;
mod guard;
mod pause;
mod used;

use std::sync::Arc;

pub(super) use enforce::Held as HeldTo;
use guard::Entered;
pub use guard::Guard;
pub(super) use guard::Ticket;
pub(super) use pause::{ENTRY, PAUSED, TURNS};
pub use pause::{Pause, Standing};

use crate::project::HostPattern;

/// A limit that can be set. The unit stands in the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Limit {
    /// CPU time since the last request, call, message or alarm came in, milliseconds.
    CpuMsPerRequest,
    /// CPU time in a minute, milliseconds.
    CpuMsPerMinute,
    /// Memory of the sandbox, bytes.
    MemoryBytes,
    /// Size of the database, bytes.
    StorageBytes,
    /// Rows read in a minute.
    RowsReadPerMinute,
    /// Rows written in a minute.
    RowsWrittenPerMinute,
    /// Requests, calls and messages in a second.
    RequestsPerSecond,
    /// Requests and calls under way at once.
    ConcurrentRequests,
    /// Requests and calls that one request may send.
    Subrequests,
    /// Facets of one object, those of its facets not counted.
    Facets,
    /// Objects of a worker that are known; set for a worker or by default.
    Objects,
    /// Log lines in a second.
    LogLinesPerSecond,
    /// Alarms in a minute.
    AlarmsPerMinute,
    /// WebSockets open at once.
    WebSockets,
    /// Size of all modules of the code, bytes.
    CodeBytes,
    /// Time from a request's arrival to its answer, milliseconds.
    WallMsPerRequest,
    /// Of all requests after a reload, how many in a hundred may fail.
    ErrorPercentAfterReload,
}

/// What happens at a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtLimit {
    /// What is too much fails with a clear error; a request is answered with 429 or 503.
    Refuse,
    /// It waits until it is no longer too much.
    Slow,
    /// The object is paused until an operator resumes it.
    Pause,
    /// The instance is ended; the next request that is allowed starts afresh.
    Kill,
    /// The version of the code before takes over again.
    RollBack,
}

impl AtLimit {
    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            AtLimit::Refuse => "refuse",
            AtLimit::Slow => "slow",
            AtLimit::Pause => "pause",
            AtLimit::Kill => "kill",
            AtLimit::RollBack => "roll-back",
        }
    }

    /// The one called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Refuse,
            Self::Slow,
            Self::Pause,
            Self::Kill,
            Self::RollBack,
        ]
        .into_iter()
        .find(|action| action.name() == name)
    }
}

use AtLimit::{Kill, Pause as Wait, Refuse, RollBack, Slow};

impl Limit {
    /// All of them, in the order in which views show them.
    pub const ALL: [Limit; 17] = [
        Limit::CpuMsPerRequest,
        Limit::CpuMsPerMinute,
        Limit::MemoryBytes,
        Limit::StorageBytes,
        Limit::RowsReadPerMinute,
        Limit::RowsWrittenPerMinute,
        Limit::RequestsPerSecond,
        Limit::ConcurrentRequests,
        Limit::Subrequests,
        Limit::Facets,
        Limit::Objects,
        Limit::LogLinesPerSecond,
        Limit::AlarmsPerMinute,
        Limit::WebSockets,
        Limit::CodeBytes,
        Limit::WallMsPerRequest,
        Limit::ErrorPercentAfterReload,
    ];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Limit::CpuMsPerRequest => "cpu_ms_per_request",
            Limit::CpuMsPerMinute => "cpu_ms_per_minute",
            Limit::MemoryBytes => "memory_bytes",
            Limit::StorageBytes => "storage_bytes",
            Limit::RowsReadPerMinute => "rows_read_per_minute",
            Limit::RowsWrittenPerMinute => "rows_written_per_minute",
            Limit::RequestsPerSecond => "requests_per_second",
            Limit::ConcurrentRequests => "concurrent_requests",
            Limit::Subrequests => "subrequests",
            Limit::Facets => "facets",
            Limit::Objects => "objects",
            Limit::LogLinesPerSecond => "log_lines_per_second",
            Limit::AlarmsPerMinute => "alarms_per_minute",
            Limit::WebSockets => "websockets",
            Limit::CodeBytes => "code_bytes",
            Limit::WallMsPerRequest => "wall_ms_per_request",
            Limit::ErrorPercentAfterReload => "error_percent_after_reload",
        }
    }

    /// The one called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }

    /// What may happen at it; the first is what does unless another is chosen.
    pub fn actions(self) -> &'static [AtLimit] {
        match self {
            Limit::CpuMsPerRequest | Limit::MemoryBytes => &[Kill, Wait],
            Limit::CpuMsPerMinute | Limit::RequestsPerSecond => &[Refuse, Slow, Wait, Kill],
            Limit::RowsReadPerMinute | Limit::RowsWrittenPerMinute => &[Refuse, Wait, Kill],
            Limit::ConcurrentRequests => &[Refuse, Slow, Wait, Kill],
            Limit::StorageBytes => &[Refuse, Wait, Kill],
            Limit::Subrequests | Limit::WallMsPerRequest => &[Refuse, Wait, Kill],
            Limit::AlarmsPerMinute => &[Slow, Wait, Kill],
            Limit::Facets
            | Limit::Objects
            | Limit::LogLinesPerSecond
            | Limit::WebSockets
            | Limit::CodeBytes => &[Refuse],
            Limit::ErrorPercentAfterReload => &[RollBack],
        }
    }

    /// The lowest and highest value that makes sense.
    pub fn bounds(self) -> (u64, u64) {
        match self {
            Limit::CpuMsPerRequest => (1, 300_000),
            Limit::CpuMsPerMinute => (1, 60_000 * 64),
            Limit::MemoryBytes => (8 << 20, 4 << 30),
            Limit::StorageBytes => (64 << 10, 1 << 50),
            Limit::RequestsPerSecond | Limit::LogLinesPerSecond => (1, 10_000_000),
            Limit::WallMsPerRequest => (1, 24 * 60 * 60 * 1000),
            Limit::Facets | Limit::Subrequests => (0, u32::MAX as u64),
            Limit::WebSockets | Limit::Objects => (0, 100_000_000),
            Limit::CodeBytes => (1, 1 << 40),
            Limit::ErrorPercentAfterReload => (0, 100),
            Limit::RowsReadPerMinute
            | Limit::RowsWrittenPerMinute
            | Limit::ConcurrentRequests
            | Limit::AlarmsPerMinute => (1, 1 << 50),
        }
    }
}

/// A limit's value and what happens at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// In the limit's own unit.
    pub value: u64,
    /// What happens.
    pub at: AtLimit,
}

/// The limits that hold for one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    settings: [Option<Setting>; Limit::ALL.len()],
    /// The only hosts that may be reached, of those that the project allows; `None` for all.
    pub hosts: Option<Arc<[HostPattern]>>,
}

impl InForce {
    /// The limit, if there is one.
    pub fn get(&self, limit: Limit) -> Option<Setting> {
        self.settings[limit as usize]
    }

    /// Its value; the highest that there is when it is not set.
    pub fn value(&self, limit: Limit) -> u64 {
        self.get(limit).map_or(u64::MAX, |setting| setting.value)
    }

    /// Sets or removes a limit.
    pub fn set(&mut self, limit: Limit, setting: Option<Setting>) {
        self.settings[limit as usize] = setting;
    }

    /// Whether a request's admission takes more than a look.
    pub(super) fn guards_entry(&self) -> bool {
        const ENTRY: [Limit; 5] = [
            Limit::RequestsPerSecond,
            Limit::ConcurrentRequests,
            Limit::CpuMsPerMinute,
            Limit::RowsReadPerMinute,
            Limit::RowsWrittenPerMinute,
        ];
        ENTRY.into_iter().any(|limit| self.get(limit).is_some())
    }

    /// Whether what a turn used must be noted.
    pub(super) fn guards_turns(&self) -> bool {
        const TURNS: [Limit; 3] = [
            Limit::CpuMsPerMinute,
            Limit::RowsReadPerMinute,
            Limit::RowsWrittenPerMinute,
        ];
        TURNS.into_iter().any(|limit| self.get(limit).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_places_fit() {
        for (place, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit as usize, place);
            assert_eq!(Limit::from_name(limit.name()), Some(limit));
            assert!(!limit.actions().is_empty());
            let (low, high) = limit.bounds();
            assert!(low < high);
        }
        for action in [Refuse, Slow, Wait, Kill, RollBack] {
            assert_eq!(AtLimit::from_name(action.name()), Some(action));
        }
    }
}
