//! The arguments of the commands that check a journal.

use std::path::PathBuf;

use audit_runtime::journal;
use clap::{Args, ValueEnum};

use super::{VARIABLE, place, seq};

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The journal's directory, or `-` for lines from standard input; else `journal = "…"` in
    /// `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Prints one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// A public key that has signed the journal (`name+id+key`), or a file with one on each line and
    /// comments behind `#`. Keep it elsewhere than the journal. May be given several times.
    #[arg(long, value_name = "VKEY|FILE")]
    pub(crate) key: Vec<String>,
    /// A file, or `-` for standard input, with checkpoints that were kept elsewhere, also amid other
    /// lines, such as a shipped log, or a directory with files of them (`*.checkpoints`). May be given
    /// several times.
    #[arg(long, value_name = "FILE|DIR|-", value_parser = place())]
    pub(crate) anchor: Vec<PathBuf>,
    /// The public key of a witness, or a file of such keys: what it has cosigned, in the journal's `anchors/` or in
    /// --anchor, was kept elsewhere, at a time that it tells. May be given several times.
    #[arg(long, value_name = "VKEY|FILE")]
    pub(crate) witness: Vec<String>,
    /// Fails if the newest checkpoint that agrees was cosigned longer ago, by what the witness says of that: a copy of
    /// the journal that was put back has an old one.
    #[arg(long, value_name = "SECONDS", requires = "witness")]
    pub(crate) anchor_age_max: Option<u32>,
    /// The name that the journal must have: the first line of its checkpoints, in a later epoch without `#` and its number.
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,
    /// Checks the chain alone: whoever can write there can rewrite all of it unseen.
    #[arg(long, value_name = "L1", value_parser = ["L1"])]
    pub(crate) level: Option<String>,
    /// Fails unless this level is reached: L1 consistent with itself, L2 signed, L3 anchored.
    #[arg(long)]
    pub(crate) require: Option<Level>,
    /// Checks the records of this older epoch, which was set aside, instead of the current one's.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) epoch: Option<u64>,
    /// How many threads hash the lines; by default as many as the machine has for this process.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Prints in lines on standard error how far it is, at most one each second, and one at the end. A terminal
    /// shows that without this, for work of more than two seconds.
    #[arg(long)]
    pub(crate) progress: bool,
}

impl Verify {
    /// Where the records lie that are to be checked, in the directory of the `journal`.
    pub(crate) fn directory(&self, journal: PathBuf) -> PathBuf {
        match self.epoch {
            Some(epoch) => journal.join(format!("epochs/{epoch}")),
            None => journal,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The record's sequence number: the first column of `tail`.
    #[arg(value_parser = seq, allow_negative_numbers = true, required_unless_present = "check")]
    pub(crate) seq: Option<u64>,
    /// The journal's directory; else `journal = "…"` in `audited.toml` in the current directory.
    #[arg(env = VARIABLE, value_parser = place())]
    pub(crate) journal: Option<PathBuf>,
    /// Checks the proof in this file for the line on standard input; it needs no journal.
    #[arg(long, value_name = "FILE", value_parser = place(), conflicts_with = "seq", requires = "key")]
    pub(crate) check: Option<PathBuf>,
    /// The public key of the journal, or a file of such keys, as for `verify`.
    #[arg(long, value_name = "VKEY|FILE", requires = "check")]
    pub(crate) key: Vec<String>,
}

/// How much a check must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    #[value(name = "L1")]
    Chain,
    #[value(name = "L2")]
    Signed,
    #[value(name = "L3")]
    Anchored,
}

impl From<Level> for journal::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Chain => Self::Chain,
            Level::Signed => Self::Signed,
            Level::Anchored => Self::Anchored,
        }
    }
}
