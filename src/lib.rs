//! lapidary runs AI-written apps as Durable Object facets, and shows an operator every one.
//!
//! The house, floor by floor; arrows run down only, and no two rooms import each other:
//!
//! | floor | room | answers |
//! |---|---|---|
//! | top | [`console`] | what does an operator see and do? |
//! | | [`commands`] | what does an operator do from a shell? |
//! | | [`control`] | which views and verbs does every face have? |
//! | | [`ingress`] | how does a request get in? |
//! | | [`egress`] | how does a request get out, and where to? |
//! | | [`visitors`] | who makes the sample apps live? |
//! | | [`host`] | who exists, and what may happen? |
//! | | [`object`] | what happens around a turn of one object? |
//! | ground | [`sandbox`] | how does a guest run, and how is it stopped? |
//! | | [`sockets`] | how do WebSocket messages travel? |
//! | | [`storage`] | where does an object's data lie, and when is it safe? |
//! | | [`project`] | what is in a project's folder? |
//! | | [`platform`] | what does a guest borrow that is only computed? |
//! | | [`ledger`] | what was seen, and what does it cost? |
//!
//! A request's way: `ingress` → `host` finds or wakes the object → its mailbox → one *turn*: the
//! sandbox runs JavaScript until nothing is left to do → `storage` commits what the turn wrote →
//! only then do its effects leave → `ledger` counts. A facet is the same one floor in: the
//! parent's turn ends with an operation that the facet's turn completes.
//!
//! The guest's side lies in `assets/`: `engine` is the JavaScript engine's shim in C, `runtime`
//! the Workers API in JavaScript.

pub mod commands;
pub mod console;
pub mod control;
pub mod egress;
pub mod host;
pub mod ingress;
pub mod ledger;
pub mod object;
pub mod platform;
pub mod project;
pub mod sandbox;
pub mod sockets;
pub mod storage;
pub mod visitors;
