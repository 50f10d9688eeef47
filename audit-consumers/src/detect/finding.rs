//! What a detector found.

use std::fmt;
use std::sync::Arc;

use audit_runtime::{Digest, Severity, Timestamp};

use super::observed::Observed;
use crate::text;

/// The rule of a finding which says that another rule has more keys than it may.
pub const SATURATED: &str = "detector_saturated";

/// How much of one part of a key a finding repeats, in bytes.
const PART_BYTES_MAX: usize = 4096;

/// What a detector found: a rule that held for a key, at the event that made it hold.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The id of the rule.
    pub rule: Arc<str>,
    /// What tells the rule from one with the same id and other conditions.
    pub rule_hash: Digest,
    /// The keyed hash of the key, with the drill if there is one.
    pub key_hash: u64,
    /// For what it held: a user, an address, or what else the rule groups by, in its order.
    pub key: Vec<String>,
    /// When that was.
    pub ts: Timestamp,
    /// The number of that event.
    pub seq: u64,
    /// How many events or values there were then.
    pub count: u64,
    /// The length of the rule's window in seconds.
    pub window_s: u64,
    /// The time of the first event that counted.
    pub first: Timestamp,
    /// The time of the last one.
    pub last: Timestamp,
    /// From where they came, 16 addresses at most, the latest last.
    pub addresses: Vec<String>,
    /// The numbers of the last events that counted, 16 at most.
    pub exemplars: Vec<u64>,
    /// How much it matters.
    pub severity: Severity,
    /// What it means, for people.
    pub title: Arc<str>,
    /// What to do about it, in sentences.
    pub remediation: Arc<[String]>,
    /// Whose event it was that made it hold, as the record names the user: by a keyed hash if unknown.
    pub user: Option<String>,
    /// The drill whose events made it.
    pub drill: Option<String>,
    /// True if the rule is on trial, and nobody is to be told.
    pub simulated: bool,
}

impl Finding {
    /// What `rule` found at `event`, for the key with this hash; the caller fills in the rest.
    ///
    /// `rule_hash` stands for the rule's conditions, `key_hash` for the key: both are part of the id.
    pub fn new(rule: &str, rule_hash: Digest, key_hash: u64, event: &Observed<'_>) -> Self {
        let rule: Arc<str> = rule.into();
        let said = (rule.clone(), Arc::default());
        let mut finding = Self::blank(rule, rule_hash, key_hash, event, said);
        finding.addresses = Self::address_of(event);
        finding.exemplars = vec![event.seq];
        finding
    }

    /// What identifies it for ever: a hash of rule, rule hash, key hash and the event's number, so the
    /// same events give the same id.
    pub fn id(&self) -> Digest {
        let length = (self.rule.len() as u64).to_le_bytes();
        let (key, seq) = (self.key_hash.to_le_bytes(), self.seq.to_le_bytes());
        let rule = self.rule.as_bytes();
        Digest::of_parts(&[&length, rule, self.rule_hash.as_bytes(), &key, &seq])
    }

    /// A finding that says nothing but where it was made, and its title and remediation.
    pub(super) fn blank(
        rule: Arc<str>,
        rule_hash: Digest,
        key_hash: u64,
        event: &Observed<'_>,
        (title, remediation): (Arc<str>, Arc<[String]>),
    ) -> Self {
        Self {
            rule,
            rule_hash,
            key_hash,
            key: Vec::new(),
            ts: event.time,
            seq: event.seq,
            count: 1,
            window_s: 0,
            first: event.time,
            last: event.time,
            addresses: Vec::new(),
            exemplars: Vec::new(),
            severity: Severity::Medium,
            title,
            remediation,
            user: event.user.as_ref().map(|user| user.id.clone().into_owned()),
            drill: event.drill.as_deref().map(str::to_owned),
            simulated: false,
        }
    }

    pub(super) fn address_of(event: &Observed<'_>) -> Vec<String> {
        event.address.iter().map(|address| part(&address.text)).collect()
    }
}

/// A part of a key as a finding repeats it.
pub(super) fn part(text: &str) -> String {
    text::cut(text, PART_BYTES_MAX).to_owned()
}

/// Shows no key: what somebody typed as a name may be a password.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding")
            .field("id", &self.id())
            .field("rule", &self.rule)
            .field("seq", &self.seq)
            .field("count", &self.count)
            .field("severity", &self.severity)
            .field("drill", &self.drill.is_some())
            .finish_non_exhaustive()
    }
}
