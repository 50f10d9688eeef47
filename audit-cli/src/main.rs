//! `audited`: reads, searches, verifies and watches audit journals from the command line, sets damaged ones aside, and prunes old ones.

mod absence;
#[cfg(not(feature = "alerts"))]
mod absent;
#[cfg(feature = "alerts")]
mod alerts;
mod arguments;
mod catalog;
mod config;
mod detect;
mod doctor;
mod doubt;
#[cfg(feature = "alerts")]
mod drill;
mod epochs;
mod exposure;
mod failure;
mod health;
mod keys;
mod notice;
mod pipe;
mod progress;
mod prove;
mod pseudonym;
mod query;
mod reading;
mod renew;
mod retain;
mod reveal;
mod show;
mod stats;
mod story;
mod tail;
mod terminal;
mod trust;
mod verify;
#[cfg(feature = "alerts")]
mod watch;

use std::env;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::process::ExitCode;

use clap::Parser as _;

#[cfg(not(feature = "alerts"))]
use absent::{self as alerts, self as drill, self as watch};
use arguments::{Arguments, Command, Drill};
use failure::{Exit, Failure};
use pipe::Unread;
use terminal::Style;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => return explain(&refusal).into(),
    };
    let stdout = io::stdout().lock();
    let style = Style::choose(stdout.is_terminal(), env::var_os("NO_COLOR").as_deref());
    let mut out = BufWriter::new(stdout);
    let ended = match is_listing(&arguments.command) {
        true => run_and_flush(&arguments.command, &mut out, style),
        false => run_and_flush(&arguments.command, &mut Unread::over(out), style),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report().into(),
    }
}

/// True if it has done its work when nobody reads on; all others end with the code that tells what they found.
fn is_listing(command: &Command) -> bool {
    use Command::{Query, Show, Stats, Story, Tail, Watch};
    matches!(command, Tail(_) | Show(_) | Query(_) | Story(_) | Stats(_) | Watch(_))
}

fn run_and_flush(command: &Command, out: &mut impl Write, style: Style) -> Result<Exit, Failure> {
    let ended = run(command, out, style);
    // What was found before a failure is shown before the failure.
    let flushed = out.flush().map_err(Failure::from);
    ended.and_then(|exit| flushed.map(|()| exit))
}

fn run(command: &Command, out: &mut impl Write, style: Style) -> Result<Exit, Failure> {
    match command {
        Command::Tail(arguments) => tail::run(arguments, out, style),
        Command::Show(arguments) => show::run(arguments, out),
        Command::Query(arguments) => query::run(arguments, out, style),
        Command::Story(arguments) => story::run(arguments, out, style),
        Command::Absence(arguments) => absence::run(arguments, out, style),
        Command::Stats(arguments) => stats::run(arguments, out),
        Command::Detect(arguments) => detect::run(arguments, out),
        Command::Verify(arguments) => verify::run(arguments, out),
        Command::Prove(arguments) => prove::run(arguments, out),
        Command::Catalog(arguments) => catalog::run(arguments, out),
        Command::Health(arguments) => health::run(arguments, out),
        Command::Alerts(arguments) => alerts::run(arguments, out),
        Command::Watch(arguments) => watch::run(arguments, out),
        Command::Drill(Drill::BruteForce(arguments)) => drill::run(arguments, out),
        Command::Doctor(arguments) => doctor::run(arguments, out),
        Command::Keys(arguments) => keys::run(arguments, out),
        Command::Pseudonym(arguments) => pseudonym::run(arguments, out),
        Command::Reveal(arguments) => reveal::run(arguments, out),
        Command::Adopt(arguments) => renew::adopt(arguments, out),
        Command::Repair(arguments) => renew::repair(arguments, out),
        Command::Retain(arguments) => retain::run(arguments, out),
    }
}

/// Prints the help that was asked for, or what is wrong with the arguments.
fn explain(refusal: &clap::Error) -> Exit {
    // Nothing can be said if the streams are closed, and the exit code still tells.
    _ = refusal.print();
    if refusal.use_stderr() { Exit::Usage } else { Exit::Ok }
}
