//! The sandbox: guests in wasm, each with a memory of its own, metered and stoppable.
//!
//! - [`wire`]: how values cross the border.
//! - [`Engine`] (`engine.rs`): the compiled guest image; made once per version and cached.
//! - `image.rs`: runs the guest's start-up once and freezes its memory.
//! - [`Sandbox`] (`instance.rs`): one live guest; the host delivers one event at a time.
//! - `imports.rs`: the few functions that a guest may call.
//! - [`modules`]: wasm that a guest brings along, run beside it in its own store.
//! - `clock.rs`: the CPU time of threads.
//! - `ticker.rs`: the clock that lets a running guest be stopped; `berths.rs`: long turns take
//!   turns.
//!
//! Nothing here knows what the guest computes: not JavaScript, not SQL, not HTTP. A guest runs
//! an event to completion; whatever takes time is the host's business between two events.

mod berths;
mod clock;
mod engine;
#[cfg(test)]
mod heap_tests;
mod image;
mod imports;
mod instance;
pub mod modules;
#[cfg(test)]
mod tests;
mod ticker;
pub mod wire;

pub use clock::thread_waited;
pub use engine::{Engine, EngineError, Image, Options, THREAD_STACK};
pub use instance::{Fault, Host, Sandbox, Signals, Stop, Turn};
