//! What the end-to-end tests share: projects written into a folder of their own, the program
//! running on them, a small HTTP client, and the program's log.
//!
//! - `place`: a folder with projects and data.
//! - `server`: the running program; killed when dropped.
//! - `http`: one connection to it.
//! - `probe`: a project whose object runs snippets, and what they answered.

// each test binary uses its own part of this
#![allow(dead_code, unused_imports)]

mod http;
mod place;
mod probe;
mod server;

use std::time::{Duration, Instant};

pub use http::{Answer, Client};
pub use place::Place;
pub use probe::{Probe, error_of, ok_of};
pub use server::{Server, program};

/// How long anything may take before a test gives up. Generous: the machine may be slow and busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Asks `look` again and again until it finds something.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
