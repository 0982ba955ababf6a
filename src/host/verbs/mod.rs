//! What an operator does to objects and facets, beyond limits and pauses.
//!
//! - `error`: why a verb was not carried out.
//! - `place`: what a node path stands for, and names of new objects.
//! - `life`: kill, hibernate, delete.
//! - `copies`: fork and rename. `archive`: export and import, one file each.
//!
//! Nothing is left half done: what is copied or read is made whole in a folder of drafts and then
//! put in its place by renaming.

mod archive;
mod copies;
mod error;
mod life;
mod place;

use std::{sync::Arc, time::Duration};

pub use archive::{ArchiveError, Exported};
pub use error::VerbError;
pub use life::Hibernated;

use crate::object::{Actor, between_turns};

/// How long a verb waits for an object to end its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does `work` while none of these is in a turn.
fn held<T>(actors: &[Arc<Actor>], work: impl FnOnce() -> T) -> Result<T, VerbError> {
    Ok(between_turns(actors, PATIENCE, work)?)
}
