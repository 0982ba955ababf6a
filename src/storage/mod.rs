//! One SQLite database per object or facet: SQL, keys and values, turns, quotas. Knows nothing
//! of sandboxes, JavaScript or HTTP.
//!
//! The map of the room, from the ground:
//! - `error`: what can go wrong, and SQLite's failures in the reference's words
//! - `statement`, `connection`, `authorizer`, `interrupt`: a thin safe layer over SQLite
//! - `counting`: rows read and written; `cache`: compiled statements by their text
//! - `limit`: UPDATE and DELETE with a LIMIT, in words that SQLite understands
//! - `open`, `sql`: a connection with its statements and cursors; running a worker's SQL
//! - `database`: one file, opened late; `turn`: its turns, with the commit gate; `kv`: keys and
//!   values in it; `alarm`: its alarm
//! - `file`, `tree`, `object_files`, `layout`: files, the names of facets, an object's folder,
//!   and where everything lies in the data folder; `listing`: which objects are there;
//!   `alarm_index`: which of them have alarms
//! - `moment`, `draft`: copying an object while it runs, and putting a whole one in its place

mod alarm;
mod alarm_index;
mod authorizer;
mod cache;
mod connection;
mod counting;
mod database;
mod draft;
mod error;
mod file;
mod interrupt;
mod kv;
mod layout;
mod limit;
mod listing;
mod moment;
mod object_files;
mod open;
mod sql;
mod statement;
mod tree;
mod turn;

#[cfg(test)]
mod tests;

pub use alarm_index::{AlarmIndex, IndexedAlarm};
pub use cache::Columns;
pub use connection::{Durability, InterruptCheck};
pub use counting::Usage;
pub use database::{Database, Options};
pub use draft::Draft;
pub use error::StorageError;
pub use interrupt::InterruptHandle;
pub use kv::KvRange;
pub use layout::{DataDir, DataDirError};
pub use listing::{NamespaceFolder, ObjectId, StoredFacet, StoredObject};
pub use moment::{CopiedAlarm, Moment, check_database};
pub use object_files::ObjectFiles;
pub use sql::{Batch, CursorId, Executed, RowSink};
pub use statement::{Param, ValueRef};
pub use tree::Facet;
pub use turn::Committed;
