//! Where the journal's checkpoints are kept beside it, and how often they are given there.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use audit_anchor::{Anchor, Directory, Log, Syslog};

use super::RecorderBuilder;
use super::witness::Witness;
use crate::recorder::Error;
use crate::say;

/// The anchors, as far as they are set.
pub(super) struct Anchors {
    given: Vec<Box<dyn Anchor>>,
    directory: Option<PathBuf>,
    syslog: Option<String>,
    pub(super) witness: Witness,
    every_ms: u64,
    log_every_ms: u64,
    age_ms_max: u64,
}

/// Each anchor with its pause.
type Paced = Vec<(Box<dyn Anchor>, Duration)>;

impl RecorderBuilder {
    /// Gives the journal's checkpoints to `anchor` as well, which keeps them where the writer's host cannot rewrite them. May
    /// be called several times.
    pub fn anchor(mut self, anchor: impl Anchor + 'static) -> Self {
        self.anchors.given.push(Box::new(anchor));
        self
    }

    /// Keeps the journal's checkpoints in this directory, which should be that of another machine, mounted here: see
    /// [`Directory`].
    pub fn anchor_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.anchors.directory = Some(path.into());
        self
    }

    /// Sends the journal's checkpoints to a syslog server: `tcp://HOST:PORT`, `udp://HOST:PORT` or `unix:PATH`. See
    /// [`Syslog`].
    pub fn anchor_syslog(mut self, address: impl Into<String>) -> Self {
        self.anchors.syslog = Some(address.into());
        self
    }

    /// How often each anchor is given the newest checkpoint, in milliseconds; 60,000 by default. What comes in between can be
    /// rewritten by who holds the machine and its key. 0 is refused, and less than 10 counts as 10.
    pub fn anchor_every_ms(mut self, millis: u64) -> Self {
        self.anchors.every_ms = millis;
        self
    }

    /// How often the service's own log has it, in milliseconds; 60,000 by default. 0 is refused, and less than 10 counts as 10.
    pub fn anchor_log_every_ms(mut self, millis: u64) -> Self {
        self.anchors.log_every_ms = millis;
        self
    }

    /// For how long an anchor may have no checkpoint of records that are there, in milliseconds, before the health is yellow
    /// and an alert is raised; 900,000 by default.
    pub fn anchor_age_ms_max(mut self, millis: u64) -> Self {
        self.anchors.age_ms_max = millis;
        self
    }

    /// What the anchors are, and how old what they have may be.
    pub(super) fn take_anchors(&mut self) -> Result<(Paced, Duration), Error> {
        let Anchors { given, directory, syslog, witness, every_ms, log_every_ms, age_ms_max } =
            std::mem::take(&mut self.anchors);
        for (name, millis) in [("anchor_every_ms", every_ms), ("anchor_log_every_ms", log_every_ms)]
        {
            if millis == 0 {
                let reason = "0 leaves no pause; give the milliseconds between two checkpoints";
                return Err(Error::Setting { name, reason });
            }
        }
        let refused = |reason| Error::Setting { name: "anchor_syslog", reason };
        let syslog = syslog.map(|address| Syslog::at(&address).map_err(refused)).transpose()?;
        let directory = directory.map(|path| Directory::new(path).group(self.group));
        let mut anchors = given;
        anchors.extend(directory.map(|directory| Box::new(directory) as Box<dyn Anchor>));
        anchors.extend(syslog.map(|syslog| Box::new(syslog) as Box<dyn Anchor>));
        anchors.extend(witness.anchor()?);
        let pause = Duration::from_millis(every_ms);
        let mut paced: Paced = anchors.into_iter().map(|anchor| (anchor, pause)).collect();
        if !self.is_ephemeral {
            let log = Box::new(Log::new(say::checkpoint));
            paced.push((log, Duration::from_millis(log_every_ms)));
        }
        Ok((paced, Duration::from_millis(age_ms_max)))
    }
}

/// Says that an anchor protects the journal little.
pub(super) fn say_doubt(name: &str, doubt: &str) {
    say::warning(format_args!("the anchor `{name}` protects little: {doubt}"));
}

impl Default for Anchors {
    fn default() -> Self {
        let (every_ms, log_every_ms, age_ms_max) = (60_000, 60_000, 900_000);
        Self {
            given: Vec::new(),
            directory: None,
            syslog: None,
            witness: Witness::default(),
            every_ms,
            log_every_ms,
            age_ms_max,
        }
    }
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given: Vec<_> = self.given.iter().map(|anchor| anchor.name()).collect();
        f.debug_struct("Anchors")
            .field("given", &given)
            .field("directory", &self.directory)
            .field("syslog", &self.syslog)
            .field("witness", &self.witness)
            .field("every_ms", &self.every_ms)
            .field("log_every_ms", &self.log_every_ms)
            .field("age_ms_max", &self.age_ms_max)
            .finish()
    }
}
