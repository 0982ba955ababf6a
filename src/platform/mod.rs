//! Pure computations that a sandbox borrows from the host: plain Rust types in and out, no state.

pub mod crypto;
