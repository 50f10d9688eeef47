//! What the record of a detector's finding says at a glance: the rule, for whom it held, and how often.

use audit_runtime::{Category, Record, control};

/// A rule of a detector that held, as the record of the finding has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleHeld<'r> {
    /// The rule, such as `bf_user`.
    pub rule: &'r str,
    /// For whom or what it held, as it stands in the record: escape it where it is shown.
    pub key: &'r str,
    /// How many events met the rule.
    pub count: u64,
}

impl<'r> RuleHeld<'r> {
    /// What `record` tells of a finding; `None` if it is the record of something else.
    pub fn of(record: &'r Record) -> Option<Self> {
        let is_finding = record.action == control::Finding::ACTION
            && record.category.known() == Some(Category::Security);
        let argument = |name: &str| record.arguments.get(name).filter(|_| is_finding);
        let rule = argument("rule")?.as_str()?;
        let key = argument("key").and_then(|key| key.as_str()).unwrap_or_default();
        let count = argument("count").and_then(|count| count.as_u64()).unwrap_or_default();
        Some(Self { rule, key, count })
    }
}
