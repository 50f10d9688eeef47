//! What the rules find at one event, in the order of the rules.

use super::finding::Finding;

/// Where findings are put while one event is looked at.
pub(super) struct Found<'f> {
    findings: &'f mut Vec<Finding>,
    /// How many findings there were before.
    before: usize,
    /// The places of the rules whose findings were added, in rising order.
    rules: &'f mut Vec<usize>,
}

impl<'f> Found<'f> {
    /// Adds to `findings`, behind those that are there; `rules` is memory to work in.
    pub(super) fn behind(findings: &'f mut Vec<Finding>, rules: &'f mut Vec<usize>) -> Self {
        rules.clear();
        Self { before: findings.len(), findings, rules }
    }

    /// Adds a finding of the rule at `index`, behind those of the rules up to this one.
    pub(super) fn add(&mut self, index: usize, finding: Finding) {
        let place = self.rules.partition_point(|known| *known <= index);
        self.rules.insert(place, index);
        self.findings.insert(self.before + place, finding);
    }
}
