//! Computations that a sandbox borrows from the host: plain values in, plain values out. Nothing
//! here knows of guests, objects or the wire; `object::calls` joins it to them.

pub mod compress;
pub mod crypto;
pub mod html;
pub mod intl;
pub mod url_pattern;
