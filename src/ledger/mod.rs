//! What was seen: log records and meters. Written by every room, read by every face.
//!
//! - [`Logs`] (`logs.rs`): the newest records, in memory, never more than a set size.
//! - [`Audit`] (`audit.rs`): every verb of an operator and every decision of the host.
//! - `calendar.rs`: days and [`Month`]s. `coding.rs`: counts as bytes.
//! - [`Changed`] (`changed.rs`): which meters to look at next.
//! - [`Charge`], [`NodeKind`] (`charges.rs`): what of it is charged for.
//! - [`Count`], [`Counts`] (`counts.rs`): what is counted.
//! - `file.rs`: the database of what is kept.
//! - [`Meter`] (`meter.rs`): what one object has used.
//! - [`Money`] (`money.rs`): exact amounts.
//! - [`PriceBook`] (`price_book.rs`): what things cost.
//! - `store.rs`: what is written, once a second. `reading.rs`: what is read of it.
//! - [`harmless`] (`text.rs`): text that may be shown on a terminal.

mod audit;
mod calendar;
mod changed;
mod charges;
mod coding;
mod counts;
mod file;
mod logs;
mod meter;
mod money;
mod price_book;
mod reading;
mod statement;
mod store;
mod text;
mod watches;

pub use audit::{Audit, AuditQuery, Entry, Recorded, Who};
pub use calendar::{Month, Period};
pub use changed::{Changed, Metered};
pub use charges::{Charge, NodeKind};
pub use counts::{Count, Counts};
pub use file::LedgerError;
pub use logs::{Level, Logs, Record, Source};
pub use meter::{Failure, Finished, Meter, Snapshot};
pub use money::{Money, in_cents, spread};
pub use price_book::{Price, PriceBook, PriceBookError};
pub use reading::{Nodes, Point, Usage};
pub use statement::{Line, Statement, WorkerBill};
pub use text::harmless;

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| d.as_millis() as u64)
}
