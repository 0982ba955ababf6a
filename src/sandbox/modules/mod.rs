//! Modules that a guest brings along: wasm that the host runs for it, in the guest's own store, so
//! that it is metered, limited and ended with the guest.
//!
//! - [`Shape`] (`shape.rs`): what a module imports and exports.
//! - `rewrite.rs`, `bodies.rs`: a module's memory becomes a region of the guest's memory.
//! - [`Library`] (`library.rs`): compiled modules, one of each for the whole process.
//! - `state.rs`: what a guest has of them; `memory.rs`, `tables.rs`, `regions.rs`: its parts.
//! - `link.rs`: from a module and what it imports to an instance.
//! - `run.rs`: calls into modules and out of them.
//! - `calls.rs`: what a guest may ask for.
//!
//! The guest sees numbers: of modules, functions, memories, tables, globals. Values go by the
//! letters of [`ValueType`].

mod bodies;
mod calls;
#[cfg(test)]
mod guest_tests;
mod library;
mod link;
mod memory;
mod regions;
mod rewrite;
mod run;
mod shape;
mod state;
mod tables;
#[cfg(test)]
mod tests;
mod values;

pub use library::{Compiled, Library, MAX_BYTES};
pub use rewrite::Refused;
pub use shape::{
    Export, FuncShape, GlobalShape, Import, Item, Limits, Shape, TableShape, ValueType,
};

pub(super) use calls::add;
pub(super) use run::{ENGINE_STACK, Ended, Entrances};
pub(super) use state::{State, here};
