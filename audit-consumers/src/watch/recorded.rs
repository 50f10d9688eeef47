//! The findings that stand in the journal already, and by what they are known there.

use std::collections::HashSet;
use std::path::Path;

use audit_runtime::Record;
use audit_runtime::control::Finding;
use memchr::memmem;

use crate::follower::Follower;
use crate::{Error, Position};

/// What is recorded as found behind a place, each by its [`names`].
#[derive(Default)]
pub(super) struct Recorded {
    names: HashSet<String>,
    /// How far was looked, if the next look goes on from there.
    looked: Option<Follower>,
}

impl Recorded {
    /// Looks at what stands in the journal behind `place`, and at a further look at what has come since.
    pub(super) fn look(&mut self, journal: &Path, place: &Position) -> Result<(), Error> {
        let mut follower = match self.looked.take() {
            Some(follower) => follower,
            None => {
                self.names.clear();
                Follower::open(journal, place.clone())?
            }
        };
        while let Some(line) = follower.next()? {
            // Few records are findings, and only these are parsed.
            let may_be = memmem::find(line.body(), Finding::ACTION.as_bytes()).is_some();
            let record = may_be.then(|| Record::parse(&line).ok()).flatten();
            let finding = record.filter(|record| record.action == Finding::ACTION);
            self.names.extend(finding.iter().flat_map(names));
        }
        self.looked = Some(follower);
        Ok(())
    }

    /// Ends the looks: what is recorded from now on is [added](Self::add), and the next one begins anew.
    pub(super) fn end_looks(&mut self) {
        self.looked = None;
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        self.names.extend(names_of(finding));
    }

    pub(super) fn has(&self, finding: &Finding) -> bool {
        names_of(finding).iter().any(|name| self.names.contains(name))
    }

    /// Forgets what is found no more.
    pub(super) fn forget(&mut self, names: &HashSet<String>) {
        self.names.retain(|name| !names.contains(name));
    }
}

/// What a recorded finding is known by: its id, and what it says, which it says again under another key.
pub(super) fn names(record: &Record) -> Vec<String> {
    let said = |name: &str| record.arguments.get(name).and_then(|text| text.as_str());
    let id = said("id").map(str::to_owned);
    let words = [said("rule"), said("key"), said("last")];
    let words = words.into_iter().collect::<Option<Vec<&str>>>().map(|words| words.join("\n"));
    id.into_iter().chain(words).collect()
}

/// The same of a finding that is to be recorded.
fn names_of(finding: &Finding) -> [String; 2] {
    let last = finding.last.as_deref().unwrap_or_default();
    let words = [finding.rule.as_str(), &finding.key, last].join("\n");
    [finding.id.clone().unwrap_or_default(), words]
}
