//! What other processes may have pruned, and what they are told of it.

use serde::{Deserialize, Serialize};

/// The longest reason in bytes.
const REASON_BYTES_MAX: usize = 512;

/// What is to be removed from the front of a journal, in whole segments. Only the service's own user
/// and root may ask, and the service's setting `retention_days_min` holds whatever they ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Prune {
    /// The first record that has to stay; the segment that holds it stays whole.
    pub before_seq: u64,
    /// Why, for the record: 1 to 512 bytes.
    pub reason: String,
    /// Only asks what would be removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pruned {
    /// The first record of it.
    pub first_seq: u64,
    /// The last one.
    pub last_seq: u64,
    /// How many segments it lay in.
    pub segments: u64,
    /// The record that says so; `None` if it was only asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// How many segments are still to be removed, which goes on by itself.
    #[serde(default)]
    pub left_over: u64,
}

impl Prune {
    /// All before the record `before_seq`, for a reason.
    pub fn before(before_seq: u64, reason: impl Into<String>) -> Self {
        Self { before_seq, reason: reason.into(), dry_run: false }
    }

    /// The same as a question only.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// What is wrong with it, if it cannot be recorded.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let fits = (1..=REASON_BYTES_MAX).contains(&self.reason.len());
        (!fits).then_some("`reason` must have 1 to 512 bytes")
    }

    /// Does it to a journal that is open, for `asked_by`.
    pub(in crate::recorder) fn apply(
        &self,
        journal: &mut audit_journal::Journal,
        asked_by: &str,
    ) -> Result<Pruned, audit_journal::Error> {
        if self.dry_run {
            let (first_seq, last_seq, segments) = journal.would_prune(self.before_seq)?;
            return Ok(Pruned { first_seq, last_seq, segments, seq: None, left_over: 0 });
        }
        let told = journal.prune(&audit_journal::Prune {
            before_seq: self.before_seq,
            asked_by: asked_by.to_owned(),
            reason: self.reason.clone(),
        })?;
        Ok(Pruned {
            first_seq: told.first_seq,
            last_seq: told.last_seq,
            segments: told.segments,
            seq: Some(told.seq),
            left_over: journal.left_over() as u64,
        })
    }
}
