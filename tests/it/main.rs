//! The crates together, as a service uses them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise and play a service that says something"
)]

mod absence;
mod actors;
mod alerts;
mod anchors;
mod attribute;
mod background;
mod bad_input;
mod changes;
mod claims;
mod config;
mod connections;
mod coverage;
mod damaged;
mod disclosure;
mod exceptions;
mod failing;
mod flood;
mod keys;
mod leaks;
mod matrix;
mod mirror;
mod outbox;
mod policy;
mod query;
mod shapes;
mod signing;
mod signing_trouble;
mod stalling;
mod storage;
mod strict;
mod support;
mod testing;
mod tower;
mod vocabulary;
mod web;
mod witness;
