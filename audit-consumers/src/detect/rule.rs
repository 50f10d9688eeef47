//! Rules: what is counted, for whom, how often in how long, and what it then means.

use std::sync::Arc;

use audit_runtime::{Category, Digest, Outcome, Severity};
use ipnet::IpNet;

use super::codec::Encoder;
use super::observed::Observed;

/// How many keys a rule has if it does not say.
pub(super) const KEYS_MAX: usize = 100_000;
/// How many events a finding names if its rule does not say.
pub(super) const EXEMPLARS: usize = 8;

/// What a key or a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who did it, or tried to: `user`.
    User,
    /// From where: `ip`.
    Address,
    /// What it was done to: `target`.
    Target,
}

/// What has to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// So many events of a key: `event_count`.
    EventCount,
    /// Events of a key with so many different values of a field: `value_count`.
    ValueCount(Field),
    /// An event of a key, after another rule has held for the same key: `temporal_ordered`.
    TemporalOrdered {
        /// The id of the other rule.
        first: String,
    },
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) id: Arc<str>,
    pub(super) kind: Kind,
    pub(super) by: Vec<Field>,
    pub(super) events: Events,
    pub(super) n: usize,
    pub(super) window_s: u32,
    pub(super) cooldown_s: u32,
    pub(super) lateness_s: Option<u32>,
    pub(super) keys_max: usize,
    pub(super) exemplars: usize,
    pub(super) allow: Selection,
    pub(super) severity: Severity,
    pub(super) severity_if: Vec<(Selection, Severity)>,
    pub(super) title: Arc<str>,
    pub(super) remediation: Arc<[String]>,
    pub(super) simulate: bool,
    pub(super) hash: Digest,
}

/// Which events a rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Events {
    /// One bit for each category, the highest for words that this version does not know.
    pub(super) categories: u8,
    /// One bit for each outcome, the highest for words that this version does not know.
    pub(super) outcomes: u16,
    /// The actions; empty for all.
    pub(super) actions: Vec<String>,
}

/// Users and networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) users: Vec<String>,
    pub(super) networks: Vec<IpNet>,
}

/// Rules in their order, each of which can be applied: what they refer to is there.
#[derive(Clone, Debug)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// The rules in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.iter()
    }

    pub(super) fn into_vec(self) -> Vec<Rule> {
        self.0
    }

    /// Rules that are known to fit together, each with its hash.
    pub(super) fn hashed(mut rules: Vec<Rule>) -> Self {
        let alone: Vec<_> = rules.iter().map(|rule| rule.digest(None)).collect();
        for index in 0..rules.len() {
            let first = match &rules[index].kind {
                Kind::TemporalOrdered { first } => {
                    rules.iter().position(|rule| *rule.id == **first)
                }
                _ => None,
            };
            rules[index].hash = rules[index].digest(first.and_then(|first| alone.get(first)));
        }
        Self(rules)
    }
}

impl Rule {
    /// What it is called.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What has to happen.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What its findings mean, for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What to do about its findings, in sentences.
    pub fn remediation(&self) -> &[String] {
        &self.remediation
    }

    /// How much its findings matter, unless a `severity_if` says otherwise.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Stands for everything that decides when it holds; what findings say does not change it.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// A rule with the usual settings for all that need not be said.
    pub(super) fn new(id: &str, kind: Kind, by: &[Field], n: usize, window_s: u32) -> Self {
        Self {
            id: id.into(),
            kind,
            by: by.to_vec(),
            events: Events::default(),
            n,
            window_s,
            cooldown_s: window_s,
            lateness_s: None,
            keys_max: KEYS_MAX,
            exemplars: EXEMPLARS,
            allow: Selection::default(),
            severity: Severity::Medium,
            severity_if: Vec::new(),
            title: id.into(),
            remediation: Arc::default(),
            simulate: false,
            hash: Digest::from_bytes([0; 32]),
        }
    }

    /// How much a finding at this event matters.
    pub(super) fn severity_at(&self, event: &Observed<'_>) -> Severity {
        let special = self.severity_if.iter().find(|(selection, _)| selection.covers(event));
        special.map_or(self.severity, |(_, severity)| *severity)
    }

    /// What the rule makes of events, as bytes that no version writes otherwise, and hashed.
    fn digest(&self, first: Option<&Digest>) -> Digest {
        let mut out = Encoder::default();
        out.text("audited rule 1");
        out.text(&self.id);
        let (kind, field) = match &self.kind {
            Kind::EventCount => (1, None),
            Kind::ValueCount(field) => (2, Some(*field)),
            Kind::TemporalOrdered { .. } => (3, None),
        };
        out.number(kind);
        out.texts(field.map(Field::word).as_slice());
        out.texts(&self.by.iter().map(|field| field.word()).collect::<Vec<_>>());
        out.number(self.events.categories.into());
        out.number(self.events.outcomes.into());
        out.texts(&self.events.actions);
        out.length(self.n);
        out.number(self.window_s.into());
        out.number(self.cooldown_s.into());
        out.optional(self.lateness_s.map(i64::from));
        out.length(self.keys_max);
        out.texts(&self.allow.users);
        out.texts(&self.allow.networks.iter().map(IpNet::to_string).collect::<Vec<_>>());
        if let Some(first) = first {
            out.digest(first);
        }
        Digest::of(&out.0)
    }
}

impl Field {
    /// All fields.
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Address, Self::Target];

    /// The word for it in a rule.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Address => "ip",
            Self::Target => "target",
        }
    }

    /// What an event has there.
    pub(super) fn of<'e>(self, event: &'e Observed<'_>) -> Option<&'e str> {
        match self {
            Self::User => event.user.as_ref().map(|user| &*user.id),
            Self::Address => event.address.as_ref().map(|address| &*address.text),
            Self::Target => event.target.as_deref(),
        }
    }
}

/// All events but those by which the journal tells of itself.
impl Default for Events {
    fn default() -> Self {
        let categories = !category_bit(Some(Category::Journal));
        Self { categories, outcomes: u16::MAX, actions: Vec::new() }
    }
}

impl Events {
    /// True if the rule looks at an event with these bits and this action.
    pub(super) fn include(&self, category: u8, outcome: u16, action: &str) -> bool {
        self.categories & category != 0
            && self.outcomes & outcome != 0
            && (self.actions.is_empty() || self.actions.iter().any(|known| known == action))
    }
}

pub(super) fn category_bit(category: Option<Category>) -> u8 {
    let place = category.and_then(|one| Category::ALL.iter().position(|known| *known == one));
    1 << place.unwrap_or(7)
}

pub(super) fn outcome_bit(outcome: Option<Outcome>) -> u16 {
    let place = outcome.and_then(|one| Outcome::ALL.iter().position(|known| *known == one));
    1 << place.unwrap_or(15)
}

impl Selection {
    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.networks.is_empty()
    }

    /// True if the event is by one of the users, or from one of the networks.
    pub(super) fn covers(&self, event: &Observed<'_>) -> bool {
        let user = event.user.as_ref();
        if user.is_some_and(|user| self.users.iter().any(|name| user.is(name))) {
            return true;
        }
        if self.networks.is_empty() {
            return false;
        }
        let ip = event.address.as_ref().and_then(|address| address.parsed());
        ip.is_some_and(|ip| self.networks.iter().any(|network| network.contains(&ip)))
    }
}
