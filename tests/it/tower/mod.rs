//! The layer for tower's services, with real axum servers and bytes on the wire.

mod actions;
mod gone;
mod outcomes;
mod plain;
pub(crate) mod server;
mod unix;
