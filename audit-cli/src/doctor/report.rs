//! What the checks found, for people and for programs.

use std::fmt::Display;
use std::io::{self, Write};

use audit_runtime::journal;
use serde::{Serialize, Serializer};

use crate::failure::{Exit, Failure};
use crate::terminal;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Ok,
    /// It works, but not as it should.
    Warning,
    /// The service does not start, does not record, or is about to stop.
    Failure,
    /// The records themselves are damaged.
    Damage,
}

/// What one check found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) status: Status,
    pub(super) message: String,
}

/// All findings, in the order of the checks.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) journal: Option<String>,
    #[serde(rename = "checks")]
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Status::Ok, message.into());
    }

    pub(super) fn warning(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Status::Warning, message.into());
    }

    pub(super) fn failure(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Status::Failure, message.into());
    }

    pub(super) fn damage(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Status::Damage, message.into());
    }

    /// Adds what the journal itself said: damage is told apart, as by every command.
    pub(super) fn journal_error(&mut self, check: &'static str, error: &journal::Error) {
        let is_damage =
            matches!(error, journal::Error::Damaged { .. } | journal::Error::Lost { .. });
        let status = if is_damage { Status::Damage } else { Status::Failure };
        self.add(check, status, reader_words(error));
    }

    fn add(&mut self, check: &'static str, status: Status, message: String) {
        self.findings.push(Finding { check, status, message });
    }

    /// True if no check has failed so far.
    pub(super) fn is_well(&self) -> bool {
        self.worst() < Status::Failure
    }

    fn worst(&self) -> Status {
        self.findings.iter().map(|finding| finding.status).max().unwrap_or(Status::Ok)
    }

    pub(super) fn exit(&self) -> Exit {
        match self.worst() {
            Status::Ok | Status::Warning => Exit::Ok,
            Status::Failure => Exit::Undecided,
            Status::Damage => Exit::Tampered,
        }
    }

    pub(super) fn print(&self, out: &mut impl Write) -> Result<(), Failure> {
        for Finding { check, status, message } in &self.findings {
            let message = terminal::escape(message);
            writeln!(out, "{:8} {check:10} {message}", status.as_str())?;
        }
        let count = |wanted: fn(Status) -> bool| {
            self.findings.iter().filter(|finding| wanted(finding.status)).count()
        };
        let unnamed = "no journal was looked at: mend the settings, or name one as the argument";
        let journal = self.journal.as_deref().unwrap_or(unnamed);
        writeln!(
            out,
            "{}: failures {}, warnings {}",
            terminal::escape(journal),
            count(|status| status >= Status::Failure),
            count(|status| status == Status::Warning)
        )?;
        Ok(())
    }

    pub(super) fn write_json(&self, out: &mut impl Write) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Judged<'a> {
            status: Status,
            #[serde(flatten)]
            report: &'a Report,
        }
        let judged = Judged { status: self.worst(), report: self };
        serde_json::to_writer(&mut *out, &judged).map_err(io::Error::from)?;
        writeln!(out)?;
        Ok(())
    }
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure | Self::Damage => "failure",
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a reader can do is not what the runtime advises its writer.
fn reader_words(error: &journal::Error) -> String {
    match error {
        journal::Error::Io { doing, name, source, .. }
            if source.kind() == io::ErrorKind::PermissionDenied =>
        {
            as_the_service(&format!("cannot {doing} {name}"), source)
        }
        _ => error.to_string(),
    }
}

/// Says what this user may not do, and who may.
pub(super) fn as_the_service(what: &str, cause: &dyn Display) -> String {
    format!("{what}: {cause}; run `audited doctor` as the service's user")
}
