//! Existing services adopt audited: each stands here twice, as it was and as it is with its actions audited.
//!
//! The same requests are sent to both over HTTP, as processes of their own. Both answer alike, the second
//! leaves a trail, and what lies between the two is measured.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may stop at the first surprise, and a service is written as a crate of its own"
)]

mod axum_login;
mod browser;
mod diff;
mod form_login;
mod jwt_api;
mod page;
mod run;
mod service;
mod trail;
