//! The journal on a real kernel: its writer killed at every system call, its power cut, its disk full,
//! silent or failing; and its socket, asked by other users.
//!
//! These tests need Linux, root, strace and ext4's tools; without them they fail and say what to install.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise and says what it tries"
)]

mod control;
mod failed_sync;
mod full;
mod image;
mod key;
mod kills;
mod left;
mod power;
mod silent;
mod tool;
