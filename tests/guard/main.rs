//! The guard against labelled strings and honest log lines, and in front of ordinary logs.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise and show what it measured"
)]

mod corpus;
mod honest;
mod logs;
