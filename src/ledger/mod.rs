//! What was seen, and what it costs. Written by every room, read by every face.
//!
//! What objects write, on their way:
//!
//! - [`Meter`] (`meter.rs`): what one object has used. [`Count`], [`Counts`] (`counts.rs`): what
//!   is counted. [`Changed`] (`changed.rs`): which meters to look at next.
//! - [`Logs`] (`logs.rs`): the newest records, in memory, never more than a set size.
//!   [`harmless`] (`text.rs`): text that may be shown on a terminal.
//!
//! What is kept of it, behind one front, [`Ledger`] (`front.rs`), in `DATA/.ledger`:
//!
//! - `store.rs`: what is written, once a second. `reading.rs`: what is read of it. `file.rs`: the
//!   database. `coding.rs`: counts as bytes. `calendar.rs`: days and [`Month`]s.
//! - [`Audit`] (`audit.rs`): every verb of an operator and every decision of the host.
//! - `log_files.rs`: log lines on disk. [`LogFilter`] (`log_search.rs`): finding them.
//!
//! What it costs:
//!
//! - [`Money`] (`money.rs`): exact amounts. [`PriceBook`] (`price_book.rs`): what things cost.
//!   [`Charge`], [`NodeKind`] (`charges.rs`): what is charged for.
//! - [`Statement`] (`statement.rs`): a month's bill. `watches.rs`: what watched nodes have spent.

mod audit;
mod calendar;
mod changed;
mod charges;
mod coding;
mod counts;
mod file;
mod front;
mod log_files;
mod log_search;
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
pub use front::{Figures, Ledger, LedgerSettings};
pub use log_search::{Found, LogFilter, Pattern};
pub use logs::{Level, Logs, Record, Source, id_of, id_text};
pub use meter::{Failure, Finished, Meter, Snapshot};
pub use money::Money;
pub use price_book::{Price, PriceBook, PriceBookError};
pub use reading::{Nodes, Point, Usage};
pub use statement::{Line, Statement, WorkerBill};
pub use text::harmless;

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| d.as_millis() as u64)
}
