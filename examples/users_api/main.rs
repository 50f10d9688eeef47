//! A user service with an audit trail, which can send itself requests and check what it recorded.

mod arguments;
mod child;
mod client;
mod drive;
mod handlers;
mod login;
mod passwords;
mod planted;
mod problem;
mod script;
mod service;
mod sessions;
mod trail;
mod types;
mod users;

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use arguments::{Arguments, USAGE};
use service::Settings;

fn main() -> ExitCode {
    let outcome = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => run(&arguments),
        Err(mistake) => {
            complain(&format!("{mistake}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("{error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// The answer is whether everything held.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    if arguments.help {
        io::stdout().write_all(USAGE.as_bytes())?;
        return Ok(true);
    }
    match &arguments.serve {
        Some(address) => serve(address, arguments).map(|()| true),
        None => drive::run(arguments.journal.as_deref(), &mut io::stdout()),
    }
}

fn serve(address: &str, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let within = |name: &str| temporary.path().join(name);
    let journal = arguments.journal.clone().unwrap_or_else(|| within("journal"));
    let users = arguments.users.clone().unwrap_or_else(|| within("users.db"));
    let shown = journal.display();
    let mut out = io::stdout();
    writeln!(out, "journal in {shown}; read it while the service runs:")?;
    writeln!(out, "  cargo run -p audit-cli -- tail --follow {shown}")?;
    writeln!(out, "  cargo run -p audit-cli -- verify --key {shown}.vkey {shown}")?;
    if arguments.journal.is_none() {
        writeln!(out, "it is removed when the service stops; --journal DIR keeps it")?;
    }
    service::serve(&Settings {
        address,
        journal: &journal,
        users: &users,
        until_eof: arguments.until_eof,
    })
}

fn complain(text: &str) {
    // Nobody is left to tell if standard error is closed.
    let _ = write!(io::stderr(), "users_api: {text}");
}
