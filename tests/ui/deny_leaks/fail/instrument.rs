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

    #[instrument(skip_all, fields(user = %login.username, length = login.password.len(), later))]
    fn fields(&self, login: &Login) {}

    #[instrument(skip(self))]
    fn redacted(&self, password: &Sensitive<String>, login: &Login, token_count: u32) {}
}

#[deny_leaks]
#[instrument(skip_all, fields(secret = %login.password, user.secret = login.password.trim()))]
fn shown(login: &Login) {}

#[deny_leaks]
#[instrument(skip_all, fields(password = %password, ?token))]
fn renamed(password: &str, token: &str) {}

#[deny_leaks]
fn displayed(login: &Login) {
    tracing::info!(secret = tracing::field::display(&login.password));
    tracing::info!(secret = tracing::field::debug(&login.password), "signed in");
}

fn main() {}
