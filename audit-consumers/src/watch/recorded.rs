//! The findings that stand in the journal already, and by what they are known there.

use std::collections::HashSet;
use std::path::Path;

use audit_runtime::Record;
use audit_runtime::control::Finding;
use memchr::memmem;

use crate::follower::Follower;
use crate::{Error, Position};

/// What is recorded as found behind a place, each by its [`names`].
pub(super) fn behind(journal: &Path, place: &Position) -> Result<HashSet<String>, Error> {
    let mut follower = Follower::open(journal, place.clone())?;
    let mut found = HashSet::new();
    while let Some(line) = follower.next()? {
        // Few records are findings, and only these are parsed.
        let may_be = memmem::find(line.body(), Finding::ACTION.as_bytes()).is_some();
        let record = may_be.then(|| Record::parse(&line).ok()).flatten();
        let finding = record.filter(|record| record.action == Finding::ACTION);
        found.extend(finding.iter().flat_map(names));
    }
    Ok(found)
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
pub(super) fn names_of(finding: &Finding) -> [String; 2] {
    let last = finding.last.as_deref().unwrap_or_default();
    let words = [finding.rule.as_str(), &finding.key, last].join("\n");
    [finding.id.clone().unwrap_or_default(), words]
}
