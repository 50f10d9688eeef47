//! Every macro that shows a value is one that may leak it.

use std::fmt::Write as _;

use audit_runtime::{Redact, Sensitive, deny_leaks};

#[derive(Redact)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
    #[sensitive]
    token: Sensitive<String>,
}

#[deny_leaks]
fn standard(login: &Login) {
    let mut text = String::new();
    print!("{}", login.password);
    eprintln!("{0:?}", login.password);
    let _ = write!(text, "{secret:>8}", secret = login.password);
    let _ = format_args!("{:?}", login.password).to_string();
    dbg!(&login.password);
    let _nested = vec![format!("{}", login.password.trim())];
    assert_eq!(login.password, text, "{}", login.username);
    debug_assert!(text.is_empty(), "{}", login.password);
    panic!("{}", login.password);
}

#[deny_leaks]
fn traced(login: &Login) {
    use tracing::{info as i, info_span};
    i!(login.password);
    i!(%login.password, "signed in");
    tracing::warn!(target: "login", user = %login.username, secret = ?login.password);
    let _span = info_span!("sign in", password = login.password.as_str());
    tracing::event!(tracing::Level::INFO, "{}", login.password);
}

#[deny_leaks]
fn logged(login: &Login, logger: &slog::Logger) {
    log::error!(target: "login", "no {}", login.password);
    slog::info!(logger, "signed in"; "user" => &login.username, "password" => &login.password);
}

#[deny_leaks]
fn failed(login: &Login) -> anyhow::Result<()> {
    anyhow::ensure!(login.attempts() == 0, "wrong: {}", login.password);
    if login.username.is_empty() {
        anyhow::bail!("no {}", login.password);
    }
    Err(anyhow::anyhow!("no {}", login.password))
}

#[deny_leaks]
fn exposed(login: &Login) {
    println!("{:?} {}", login.token, login.token.expose());
    let token = login.token.expose();
    println!("{token}");
}

#[deny_leaks]
async fn held(login: &Login) {
    tokio::select! {
        biased;
        text = async { login.password.clone() } => println!("{text}"),
        _ = async {}, if login.username.is_empty() => {
            println!("{}", login.password)
        }
        else => eprintln!("{}", login.password),
    }
    let _ = matches!(&login.password, text if { println!("{text}"); true });
    println!("{:?}", vec![login.password.clone(); 2]);
}

#[deny_leaks]
mod inline {
    use log::info as say;

    pub(super) fn alias(login: &super::Login) {
        say!("{}", login.password);
    }

    mod deeper {
        impl super::super::Login {
            pub(crate) fn attempts(&self) -> u32 {
                println!("{}", self.password);
                0
            }
        }
    }
}

#[deny_leaks]
trait Show {
    fn login(&self) -> &Login;

    fn show(&self) -> String {
        format!("{}", self.login().password)
    }
}

#[deny_leaks]
impl Show for Login {
    fn login(&self) -> &Login {
        println!("{}", self.password);
        self
    }
}

fn main() {}
