//! What only the source lint finds: each of these compiles, in code that the probe checks, and leaks.
//!
//! A row counts as open because its code is here and shows the secret. Whoever closes it breaks this
//! file or its row, and moves it.

use std::error::Error;
use std::process::Command;

use actix_web::http::Uri;
use audit_runtime::{Redact, deny_leaks};
use rusqlite::Connection;
use serde::Serialize;
use tracing::instrument;
use valuable::Valuable;

use super::canary::TEXT;
use super::forms::{Form, Plain, Wrapped};
use super::outputs::{panicked, traced};

#[deny_leaks]
pub(super) fn uri() -> String {
    let uri: Uri = format!("https://example.org/reset?token={TEXT}").parse().unwrap();
    traced(|| tracing::info!(%uri))
}

#[deny_leaks]
pub(super) fn no_derive() -> String {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by the derived `Debug`")]
    struct Login {
        password: String,
    }
    let login = Login { password: TEXT.to_owned() };
    traced(|| tracing::info!(?login))
}

/// Stands outside: below `#[deny_leaks]` the span may not take a text of this name.
#[instrument]
fn check(password: &str) {}

/// What happens to a text once it is read from the field: exposed, or simply taken.
macro_rules! once_read {
    ($module:ident, $form:ident, [$($read:tt)*]) => {
        pub(super) mod $module {
            use super::*;

            #[deny_leaks]
            pub(in super::super) fn argument() -> String {
                let login = $form::login();
                traced(|| check(login.password $($read)*.as_str()))
            }

            #[deny_leaks]
            pub(in super::super) fn record() -> String {
                let login = $form::login();
                traced(|| {
                    let span = tracing::info_span!("log_in", password = tracing::field::Empty);
                    let _entered = span.enter();
                    tracing::Span::current().record("password", login.password $($read)*.as_str());
                    tracing::info!("logged in");
                })
            }

            #[deny_leaks]
            pub(in super::super) fn command() -> String {
                let login = $form::login();
                let mut command = Command::new("psql");
                command.arg(login.password $($read)*.as_str());
                format!("{command:?}")
            }

            #[deny_leaks]
            pub(in super::super) fn statement() -> String {
                let login = $form::login();
                let database = Connection::open_in_memory().unwrap();
                let mut statement = database.prepare("SELECT ?1").unwrap();
                statement.raw_bind_parameter(1, &login.password).unwrap();
                statement.expanded_sql().unwrap()
            }

            #[deny_leaks]
            pub(in super::super) fn boxed_error() -> String {
                fn refuse(login: &<$form as Form>::Login) -> Result<(), Box<dyn Error>> {
                    Err(login.password $($read)*.as_str().into())
                }
                refuse(&$form::login()).map_or_else(|error| format!("{error} {error:?}"), |()| String::new())
            }
        }
    };
}

once_read!(wrapped, Wrapped, [.expose()]);
once_read!(plain, Plain, []);

#[deny_leaks]
pub(super) fn returned() -> String {
    #[instrument(ret)]
    fn token(login: &<Plain as Form>::Login) -> String {
        login.password.clone()
    }
    let login = Plain::login();
    traced(|| drop(token(&login)))
}

#[deny_leaks]
pub(super) fn error() -> String {
    #[instrument(err)]
    fn refuse(login: &<Plain as Form>::Login) -> Result<(), String> {
        Err(login.password.clone())
    }
    let login = Plain::login();
    traced(|| _ = refuse(&login))
}

#[deny_leaks]
pub(super) fn builder() -> String {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by the derived `Debug`")]
    struct LoginBuilder {
        password: Option<String>,
    }
    let builder = LoginBuilder { password: Some(Plain::login().password) };
    format!("{builder:?}")
}

#[deny_leaks]
pub(super) fn copied() -> String {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by the derived `Debug`")]
    struct Row {
        password: String,
    }
    let login = Plain::login();
    let row = Row { password: login.password.clone() };
    format!("{row:?}")
}

#[deny_leaks]
pub(super) fn valued() -> String {
    #[derive(Redact, Valuable)]
    struct Login {
        #[sensitive]
        password: String,
    }
    let login = Login { password: TEXT.to_owned() };
    format!("{:?}", login.as_value())
}

#[deny_leaks]
pub(super) fn serialized() -> String {
    #[derive(Redact, Serialize)]
    struct Login {
        #[sensitive]
        password: String,
    }
    let login = Login { password: TEXT.to_owned() };
    traced(|| tracing::info!("{}", serde_json::to_string(&login).unwrap()))
}

#[deny_leaks]
pub(super) fn sliced() -> String {
    #[derive(Redact)]
    struct Login {
        #[sensitive]
        password: String,
    }
    let login = Login { password: format!("é{TEXT}") };
    panicked(|| _ = &login.password[..1])
}
