//! A log macro in the body shows what is sensitive.

use audit_runtime::{Redact, Unrecorded, audited};

#[derive(Redact)]
struct Login {
    #[sensitive]
    password: String,
}

#[audited(action = "CreateSession")]
async fn sign_in(login: Login) -> Result<(), Unrecorded> {
    let Login { password } = &login;
    tracing::info!("signing in with {password}");
    Ok(())
}

impl Login {
    #[audited(action = "CheckPassword", on_unrecorded = fail_open)]
    fn check(&self) -> bool {
        println!("{}", self.password);
        self.password.len() > 8
    }
}

#[audited(action = "DeleteSession", on_unrecorded = fail_open)]
fn leave(login: Login) -> impl Future<Output = ()> {
    async move { println!("{}", login.password) }
}

#[audited(action = "ListSessions")]
fn within() {
    fn show(login: &Login) {
        println!("{}", login.password);
    }
}

fn main() {}
