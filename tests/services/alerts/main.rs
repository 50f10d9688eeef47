//! Alerts to real servers: SMTP with STARTTLS, TLS and accounts, and webhooks checked by a program of its own.
//!
//! This test needs openssl, Python and its package aiosmtpd.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, and says what it has done"
)]

mod certificates;
mod hostile;
mod kills;
mod letters;
mod server;
