//! The arguments of the commands that search a journal and watch it.

use std::path::PathBuf;

use clap::{Arg, Args, Subcommand, ValueEnum};

use super::{ABSENCE_EXIT_CODES, DRILL_EXIT_CODES, EXIT_CODES, VARIABLE, Verify, place};

/// The language of queries, behind the options.
pub(super) fn query_help() -> String {
    format!("{}\n\n{EXIT_CODES}", audit_consumers::query::HELP)
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// What is asked for, in quotes: 'actor=user:42 outcome=denied,failure last 24h'. All records if it
    /// is empty.
    #[arg(value_name = "TEXT")]
    pub(crate) text: String,
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// How many records to print at most, up to 10000.
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) limit: u64,
    /// Goes on behind the page that ended with this token, which has the same text.
    #[arg(long, value_name = "TOKEN", conflicts_with = "count")]
    pub(crate) after: Option<String>,
    /// Prints them in the order in which they were written.
    #[arg(long)]
    pub(crate) oldest_first: bool,
    /// Prints how many there are, and none of them.
    #[arg(long, conflicts_with_all = ["limit", "oldest_first"])]
    pub(crate) count: bool,
    /// Passes over a segment that begins and ends outside the time, without a look at the times in it:
    /// faster, and misses records whose clock was moved there and back.
    #[arg(long)]
    pub(crate) trust_clock: bool,
    /// Prints one JSON object, with the lines of the journal byte for byte in `records`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The same language, of which the interval must be said.
pub(super) fn absence_help() -> String {
    format!("{}\n\n{ABSENCE_EXIT_CODES}", audit_consumers::query::HELP)
}

/// Lines from standard input, as `verify` takes them, do not tell who was recording.
pub(super) fn in_directory(journal: Arg) -> Arg {
    journal.help(
        "The journal's directory; else `journal = \"…\"` in `audited.toml` in the current directory",
    )
}

#[derive(Debug, Args)]
pub(crate) struct Absence {
    /// The interval, and which records are meant, as for `query`: 'since 2026-11-22T02:00Z until
    /// 2026-11-22T03:00Z action=DeleteUser'. All but what the journal tells of itself, if only the
    /// interval is said.
    #[arg(value_name = "TEXT")]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) trusted: Verify,
}

#[derive(Debug, Args)]
pub(crate) struct Story {
    /// The correlation id; or one of its records as `seq=25` or `id=…`.
    #[arg(value_name = "CORRELATION")]
    pub(crate) of: String,
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Prints one JSON object, with the lines of the journal byte for byte.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Detect {
    /// The journal's directory, a file of attempts, or `-` for attempts from standard input; else
    /// `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) path: Option<PathBuf>,
    /// Applies the rules of this file instead of the built-in ones; docs/detection.md describes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// What is read: by itself a directory is a journal, and a file has attempts, one JSON object with
    /// `ts`, `outcome`, `user` and `ip` on each line.
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// Prints one JSON object for each finding.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What events are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Journal,
    Attempts,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Rules in JSON in place of the built-in ones; docs/detection.md describes the form.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// For how many seconds detection or alerts may be behind before that is told.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) lag: u64,
    /// For how many seconds nothing may be recorded, not even a heartbeat, before that is told; 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    pub(crate) silence: u64,
    /// How often the whole journal is verified, in seconds; 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    pub(crate) verify_every: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Drill {
    /// Six failed logins of a user who is none, which the rules for brute force must find.
    #[command(after_help = DRILL_EXIT_CODES)]
    BruteForce(BruteForce),
}

#[derive(Debug, Args)]
pub(crate) struct BruteForce {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// How many seconds it may take until every channel has the alerts.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Alerts {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Has the dead letters of the alert with this id tried again.
    #[arg(long, value_name = "ID", conflicts_with = "test")]
    pub(crate) retry: Option<String>,
    /// Sends one message that says it is a test through this channel of `audited.toml`, and waits for
    /// what comes of it.
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) test: Option<String>,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
