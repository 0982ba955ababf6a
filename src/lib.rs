pub mod control;
pub mod host;
pub mod ingress;
pub mod ledger;
pub mod object;
pub mod project;
pub mod sandbox;
pub mod storage;
