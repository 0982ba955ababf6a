//! What was seen: log records and meters. Written by every room, read by every face.
//!
//! - [`Logs`] (`logs.rs`): the newest records, in memory, never more than a set size.
//! - [`Changed`] (`changed.rs`): which meters to look at next.
//! - [`Count`], [`Counts`] (`counts.rs`): what is counted.
//! - [`Meter`] (`meter.rs`): what one object has used.
//! - [`harmless`] (`text.rs`): text that may be shown on a terminal.

mod changed;
mod counts;
mod logs;
mod meter;
mod text;

pub use changed::{Changed, Metered};
pub use counts::{Count, Counts};
pub use logs::{Level, Logs, Record, Source};
pub use meter::{Failure, Finished, Meter, Snapshot};
pub use text::harmless;

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| d.as_millis() as u64)
}
