//! `#[instrument]` records its arguments before anything can redact them.

#![allow(unused_variables)]

use audit_runtime::{Redact, Sensitive, deny_leaks};
use tracing::instrument;

#[derive(Redact)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
}

#[deny_leaks]
#[instrument]
fn recorded(password: &str, user: &str, attempts: u32) {}

#[deny_leaks]
#[instrument(skip(user), level = "debug")]
async fn some(user: &str, reset_token: Option<String>) {}

struct Service;

#[deny_leaks]
impl Service {
    #[tracing::instrument(skip(self))]
    fn twice(&self, api_key: Vec<u8>, pin: String) {}

    // These are left out, redacted, numbers or said otherwise.
    #[instrument(skip_all)]
    fn nothing(&self, password: &str) {}

    #[instrument(skip(self, password), fields(token = token.len()))]
    fn less(&self, password: &str, token: &str) {}

    #[instrument(skip(self))]
    fn redacted(&self, password: &Sensitive<String>, login: &Login, token_count: u32) {}
}

fn main() {}
