//! The commands and their arguments.

mod checking;
mod watching;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

pub(crate) use checking::{Prove, Verify};
#[cfg(feature = "alerts")]
pub(crate) use watching::BruteForce;
pub(crate) use watching::{Absence, Alerts, Detect, Drill, Format, Query, Story, Watch};

/// The variable that names the journal where no argument does.
pub(crate) const VARIABLE: &str = "AUDIT_JOURNAL";

const EXIT_CODES: &str = "\
Exit codes: 0 all is well, 1 the journal is damaged or was changed, 2 cannot decide (no journal, \
unreadable, a level that was not reached), 3 the arguments or `audited.toml` are wrong.";

const ABSENCE_EXIT_CODES: &str = "\
Exit codes: 0 it is shown; 1 there are such records, or the journal is damaged or was changed; 2 cannot decide \
(nobody was recording for a while, the clock was moved, events were lost, a record hides what is asked for, it is not \
signed so far); 3 the arguments are wrong.";

const DETECT_EXIT_CODES: &str = "\
Exit codes: 0 all of it was looked at, whatever was found; 1 the journal is damaged or was changed; 2 \
cannot decide (no journal or file, lines that are no attempts); 3 the arguments or the rules are wrong.";

const CATALOG_EXIT_CODES: &str = "\
Exit codes: 0 it is printed; 2 a waiver has expired, an action has no test, or a file cannot be read; 3 \
the arguments are wrong.";

const DOCTOR_EXIT_CODES: &str = "\
Exit codes: 0 all is well, or there are warnings only; 1 the journal is damaged or was changed; 2 a \
check failed; 3 no journal is named, or the arguments are wrong.";

const DRILL_EXIT_CODES: &str = "\
Exit codes: 0 it was found, and every channel has the alerts; 2 not so, or nobody watches the journal; 3 \
no journal is named, or the arguments are wrong.";

const HEALTH_EXIT_CODES: &str = "\
Exit codes: 0 it is green or yellow, everything is recorded now; 2 it is red, or no service could be \
asked; 3 no journal is named, or the arguments are wrong.";

const ALERTS_EXIT_CODES: &str = "\
Exit codes: 0 all is well, or what was asked for is done; 2 there are dead letters, the test message did \
not arrive, or there is no outbox; 3 no journal is named, or the arguments or `audited.toml` are wrong.";

/// Reads, searches, verifies and watches audit journals. Only `adopt`, `repair`, `retain`, `keys`,
/// `watch`, `drill` and `alerts` change anything, and nothing disturbs the service that writes a journal.
#[derive(Debug, Parser)]
#[command(name = "audited", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prints the last records, one line each, the newest last.
    Tail(Tail),
    /// Prints every field of one record.
    Show(Show),
    /// Finds records by who, what, to what, how it ended, from where and when; the newest first.
    #[command(after_help = watching::query_help())]
    Query(Query),
    /// Tells all that belongs to one request: its records, what caused them and what followed.
    #[command(after_help = EXIT_CODES)]
    Story(Story),
    /// Shows that nothing of a kind happened in an interval, or what keeps that from being shown: records
    /// that are there, gaps in which nobody was recording, a clock that was moved, events that were lost.
    #[command(after_help = watching::absence_help(), mut_arg("journal", watching::in_directory))]
    Absence(Absence),
    /// Counts what is in the journal.
    Stats(Stats),
    /// Applies the rules of detection to a journal, or to a file of login attempts, and prints what they
    /// find: a dry look that changes nothing.
    #[command(after_help = DETECT_EXIT_CODES)]
    Detect(Detect),
    /// Checks that every record is as it was written, and names all that are not.
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
    /// Prints a proof that a record is in the journal, for whoever has its line and the public key
    /// (`c2sp.org/tlog-proof@v1`); with --check, checks one for the line on standard input.
    #[command(after_help = EXIT_CODES)]
    Prove(Prove),
    /// Prints the catalogue that a program's test keeps in a file, as Markdown: what is audited, what is
    /// shown, and what is waived. It reads no journal.
    #[command(after_help = CATALOG_EXIT_CODES)]
    Catalog(Catalog),
    /// Asks the service that writes the journal how it fares.
    #[command(after_help = HEALTH_EXIT_CODES)]
    Health(Health),
    /// Checks what a journal needs around it: settings, modes, disk, lock, clock and key.
    #[command(after_help = DOCTOR_EXIT_CODES)]
    Doctor(Doctor),
    /// Looks for attacks and for trouble with the journal, has findings recorded, and sends alerts, until
    /// Ctrl-C. Where the channels are set up: docs/alerts.md.
    #[command(after_help = EXIT_CODES)]
    Watch(Watch),
    /// Tries the alarm out: marked events through the real pipeline to the real channels, and how long
    /// it takes. `audited watch` must be running.
    #[command(subcommand)]
    Drill(Drill),
    /// Lists what the alerts of a journal wait for: each channel, and what it could not deliver.
    #[command(after_help = ALERTS_EXIT_CODES)]
    Alerts(Alerts),
    /// Makes the keys that seal values, so that only their holder can read them; shows and changes those
    /// that sign the journal.
    #[command(subcommand)]
    Keys(Keys),
    /// Prints how records name a value that they hide behind a pseudonym: a session, an unknown user,
    /// a field marked `#[sensitive(pseudonym)]`. One line for each key that may have made it.
    #[command(after_help = EXIT_CODES)]
    Pseudonym(Pseudonym),
    /// Prints a sealed value in clear, once it is recorded who has asked for it.
    #[command(after_help = EXIT_CODES)]
    Reveal(Reveal),
    /// Sets the journal aside as it is and begins a new one in its place, for your reason: after a
    /// backup was restored, a directory moved, or acknowledged records lost. The service must be
    /// stopped.
    #[command(after_help = EXIT_CODES)]
    Adopt(Adopt),
    /// Sets a damaged journal aside as it is, and begins a new one that names the damaged places (16
    /// at most) for ever. The service must be stopped.
    #[command(after_help = EXIT_CODES)]
    Repair(Repair),
    /// Removes the oldest segments once all of their records are older than `[retention]` in
    /// `audited.toml` keeps them. A record of the journal says so first, and no segment goes that is
    /// younger than the service's `retention_days_min`.
    #[command(after_help = EXIT_CODES)]
    Retain(Retain),
}

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Goes on with new records as they become durable, until Ctrl-C.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many of the last records to start with.
    #[arg(short = 'n', long, default_value_t = 20, allow_negative_numbers = true)]
    pub(crate) lines: u64,
    /// Starts at the record with this sequence number instead, and prints all from there on.
    #[arg(long, value_name = "SEQ", conflicts_with = "lines", allow_negative_numbers = true)]
    pub(crate) from: Option<u64>,
    /// Prints the lines of the journal byte for byte.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Catalog {
    /// The file that `audit_runtime::catalog::check` keeps.
    #[arg(value_parser = place())]
    pub(crate) file: PathBuf,
    /// Prints what has changed since this older file instead.
    #[arg(long, value_name = "FILE", value_parser = place())]
    pub(crate) against: Option<PathBuf>,
    /// Names the actions of which no test has asserted a record: the directory that `AUDIT_COVERAGE` named
    /// when the tests ran.
    #[arg(long, value_name = "DIRECTORY", value_parser = place(), conflicts_with = "against")]
    pub(crate) tested: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The record's sequence number: the first column of `tail`.
    #[arg(value_parser = seq, allow_negative_numbers = true)]
    pub(crate) seq: u64,
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Prints the line of the journal byte for byte.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Stats {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Makes a key in FILE that seals values from the service's next start on. FILE is made if it is
    /// missing; the keys that are in it stay there, to read what they have sealed.
    New {
        /// For a journal in DIR this is `DIR.keys`, unless the setting `keys` names another file, and
        /// with --signing `DIR.signing`. Run this as the service's user.
        file: PathBuf,
        /// Makes a key that signs the journal's checkpoints instead, in a file of its own. The service's
        /// first start makes one by itself, and `keys rotate` the next ones.
        #[arg(long)]
        signing: bool,
        /// The name of the key that signs: the journal's `origin`.
        #[arg(long, requires = "signing")]
        name: Option<String>,
    },
    /// Prints the public keys of a journal, with which `audited verify --key` checks it, the newest last.
    /// Never a private one.
    Show(KeyFile),
    /// Adds a key that signs from the service's next start on. A record signed by both keys says so then:
    /// who has the public key before it can go on to trust the new one.
    Rotate(KeyFile),
}

#[derive(Debug, Args)]
pub(crate) struct KeyFile {
    /// The journal's directory, or a file of signing keys; else `journal = "…"` in `audited.toml` in the
    /// current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Pseudonym {
    /// The value; `-`, or nothing at all, takes it from standard input. What stands here stays in the
    /// shell's history, and other users of the machine see it while this runs.
    #[arg(default_value = "-")]
    pub(crate) value: String,
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// The field's name as the source has it or, where its mark says `domain = "…"`, that: of what
    /// `show` prints as `args.customer.email`, `email`. The journal does not know the names: under one
    /// that no mark has, the hash is one that no record has. Without this the value is taken for a
    /// session, an actor, a path and a method, each on its line.
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Reveal {
    /// The record's sequence number: the first column of `tail`.
    #[arg(value_parser = seq, allow_negative_numbers = true)]
    pub(crate) seq: u64,
    /// The value's path as `show` prints it, such as `args.email`.
    pub(crate) field: String,
    /// The name of the journal that it was sealed for, if an outbox has handed it over from another.
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// Why, for whoever reads the journal later; it is recorded.
    #[arg(long, value_name = "REASON", required = true)]
    pub(crate) new_epoch: String,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Repair {
    /// Keeps all that is damaged, and what follows it, in `epochs/` byte for byte: there is no other
    /// way to repair a journal.
    #[arg(long, required = true)]
    pub(crate) quarantine: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The journal that is set aside.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// The journal's name, if it cannot be read any more and the service sets one.
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Retain {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Only says what would go, and what keeps the rest.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Takes an empty path, too: where it came from can be told only later.
fn place() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

fn seq(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        "SEQ, the number of a record, comes first: `audited show 25 audit-journal`, `audited reveal 25 \
         args.email audit-journal`"
            .to_owned()
    })
}
