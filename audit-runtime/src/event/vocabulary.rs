//! The closed sets of words that an event is made of.

use std::fmt;

/// Declares an enum whose variants are written as fixed words, in both directions.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// All words, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it stands in a record.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word that stands in a record.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// What kind of question a record answers.
    Category {
        /// Who proved, or failed to prove, who they are.
        Authentication = "authentication",
        /// Who was allowed, or not allowed, to do what.
        Authorization = "authorization",
        /// What was done to which target: the audit trail.
        Activity = "activity",
        /// One request to an API.
        Access = "access",
        /// A signal: a bypass attempt, a failed validation, a finding.
        Security = "security",
        /// The journal about itself.
        Journal = "journal",
    }
}

words! {
    /// How it ended.
    Outcome {
        /// It was done.
        Success = "success",
        /// It was rejected: a wrong password, bad input.
        Failure = "failure",
        /// It was not allowed.
        Denied = "denied",
        /// It broke.
        Error = "error",
        /// The code that did it panicked.
        Panic = "panic",
        /// It was given up before its end: the future was dropped.
        Cancelled = "cancelled",
        /// It took longer than it may.
        Timeout = "timeout",
        /// Nobody saw its end.
        Unknown = "unknown",
    }
}

words! {
    /// What an action does to its target.
    Operation {
        /// It makes a target.
        Create = "create",
        /// It reads a target and changes nothing.
        Read = "read",
        /// It changes a target.
        Update = "update",
        /// It removes a target.
        Delete = "delete",
        /// It does something else.
        Execute = "execute",
    }
}

words! {
    /// Which side of an action a record stands for, where there is one for each.
    Phase {
        /// The attempt, recorded before the action begins.
        Intent = "intent",
        /// What became of it.
        End = "end",
    }
}

words! {
    /// When the call that records an event goes on.
    Durability {
        /// At once: the event waits in a bounded queue, and a loss is counted in the journal.
        Queued = "queued",
        /// Once the record is durable.
        Synced = "synced",
        /// An audited action begins once the record of its intent is durable, and the call goes on
        /// once that of its end is. For an event that is recorded by hand the same as `Synced`.
        WriteAhead = "write_ahead",
    }
}

words! {
    /// What happens to an action that cannot be recorded.
    OnUnrecorded {
        /// The action is refused before it begins.
        FailClosed = "fail_closed",
        /// The action proceeds; the loss is counted and the health turns red.
        FailOpen = "fail_open",
    }
}

words! {
    /// What kind of party acts.
    ActorKind {
        /// A person with an account.
        User = "user",
        /// Another service.
        Service = "service",
        /// This service itself: a job, a start-up task.
        System = "system",
        /// A program that acts for a person, such as a language model's tool.
        Agent = "agent",
        /// Nobody in particular: a request without identity.
        Anonymous = "anonymous",
    }
}

words! {
    /// How far a network address can be believed.
    Trust {
        /// It is the address of the connection itself.
        Peer = "peer",
        /// A configured proxy vouches for it.
        TrustedProxy = "trusted_proxy",
    }
}

/// How much it matters, from 1 to 6 with the meaning of OCSF's `severity_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// No action is needed.
    Informational = 1,
    /// The person on duty decides whether action is needed.
    Low = 2,
    /// Action is needed, not at once.
    Medium = 3,
    /// Action is needed at once.
    High = 4,
    /// Action is needed at once, and the scope is broad.
    Critical = 5,
    /// It is too late for action to mend it.
    Fatal = 6,
}

impl Severity {
    /// All of them, the mildest first.
    pub const ALL: [Self; 6] =
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical, Self::Fatal];

    /// The word for it: `high`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Fatal => "fatal",
        }
    }

    /// The one with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }

    /// The one with this number, as it stands in a record.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_number() == number)
    }

    /// The number that stands in a record.
    pub const fn as_number(self) -> u8 {
        self as u8
    }

    /// What an outcome means when nothing else is said.
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success | Outcome::Cancelled => Self::Informational,
            Outcome::Failure | Outcome::Timeout => Self::Low,
            Outcome::Denied | Outcome::Error | Outcome::Unknown => Self::Medium,
            Outcome::Panic => Self::High,
        }
    }
}

impl Operation {
    /// The stance of an action of this kind when nothing else is said: what changes something is
    /// refused when it cannot be recorded, what reads proceeds.
    pub const fn on_unrecorded(self) -> OnUnrecorded {
        match self {
            Self::Read => OnUnrecorded::FailOpen,
            _ => OnUnrecorded::FailClosed,
        }
    }
}

impl Category {
    /// How long a recording call waits when nothing else is said.
    pub const fn durability(self) -> Durability {
        match self {
            Self::Access => Durability::Queued,
            _ => Durability::Synced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(*outcome));
        }
        for category in Category::ALL {
            assert_eq!(Category::parse(category.as_str()), Some(*category));
        }
        assert_eq!(Trust::parse("trusted"), None);
    }

    #[test]
    fn only_reading_proceeds_unrecorded() {
        for operation in Operation::ALL {
            let open = operation.on_unrecorded() == OnUnrecorded::FailOpen;
            assert_eq!(open, *operation == Operation::Read, "{operation}");
        }
    }
}
