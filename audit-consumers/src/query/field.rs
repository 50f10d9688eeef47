//! What a query can ask about: the names of its language, and how each is compared.

use audit_runtime::{Category, Operation, Outcome, Phase};

/// One thing that is known of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Actor,
    OnBehalfOf,
    Action,
    Target,
    Outcome,
    Category,
    Operation,
    Phase,
    Reason,
    Origin,
    Correlation,
    Session,
    Route,
    Rule,
    Status,
    Severity,
    Seq,
    Id,
    Drill,
}

/// How the values of a field are written and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text, or the beginning of one.
    Text,
    /// One of these words.
    Words(Vec<&'static str>),
    /// An address or a network.
    Network,
    /// A whole number in this range.
    Number(u64, u64),
    /// `yes` or `no`.
    Flag,
}

const NAMES: &[(&str, Field)] = &[
    ("actor", Field::Actor),
    ("on_behalf_of", Field::OnBehalfOf),
    ("action", Field::Action),
    ("target", Field::Target),
    ("outcome", Field::Outcome),
    ("category", Field::Category),
    ("op", Field::Operation),
    ("phase", Field::Phase),
    ("reason", Field::Reason),
    ("origin", Field::Origin),
    ("correlation", Field::Correlation),
    ("session", Field::Session),
    ("route", Field::Route),
    ("rule", Field::Rule),
    ("status", Field::Status),
    ("severity", Field::Severity),
    ("seq", Field::Seq),
    ("id", Field::Id),
    ("drill", Field::Drill),
];

impl Field {
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Outcome => Kind::Words(Outcome::ALL.iter().map(|word| word.as_str()).collect()),
            Self::Category => Kind::Words(Category::ALL.iter().map(|word| word.as_str()).collect()),
            Self::Operation => {
                Kind::Words(Operation::ALL.iter().map(|word| word.as_str()).collect())
            }
            Self::Phase => Kind::Words(Phase::ALL.iter().map(|word| word.as_str()).collect()),
            Self::Origin => Kind::Network,
            Self::Status => Kind::Number(100, 999),
            Self::Severity => Kind::Number(1, 6),
            Self::Seq => Kind::Number(0, u64::MAX),
            Self::Drill => Kind::Flag,
            Self::Actor
            | Self::OnBehalfOf
            | Self::Action
            | Self::Target
            | Self::Reason
            | Self::Correlation
            | Self::Session
            | Self::Route
            | Self::Rule
            | Self::Id => Kind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_that_leads_to_it() {
        for (name, field) in NAMES {
            assert_eq!((Field::parse(name), field.name()), (Some(*field), *name));
        }
    }
}
