//! A real HTTP server with the middleware, and real clients that are not always polite.

mod actions;
mod canary;
pub(crate) mod client;
mod gone;
mod outcomes;
pub(crate) mod server;
mod steps;
pub(crate) mod unix;

pub(crate) use actions::HeldClock;
