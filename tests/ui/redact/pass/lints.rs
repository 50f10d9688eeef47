//! What the derive writes is held against no lint of the crate around it, also of those that nothing
//! may allow.

#![deny(warnings, nonstandard_style, missing_docs, missing_debug_implementations, unnameable_types)]
#![forbid(unsafe_code, non_ascii_idents, unreachable_pub)]

use audit_runtime::{HiddenPaths, Redact};

/// Names that differ in one letter, which looks the same.
#[derive(Redact)]
pub struct Answers {
    /// The first.
    #[sensitive]
    pub answer1: String,
    /// The second.
    #[sensitive]
    pub answerl: String,
}

/// Names that join alike.
#[derive(Redact)]
#[allow(nonstandard_style, reason = "what is tested")]
pub enum Joined {
    /// `A`, then `b__c`.
    A {
        /// One.
        #[sensitive]
        b__c: String,
    },
    /// `A__b`, then `c`.
    A__b {
        /// The other.
        #[sensitive]
        c: String,
    },
}

/// A constant by a name that suits the trait `Redact` as well.
pub trait Widget {
    /// Whether it is drawn.
    const HIDDEN: bool;
}

impl Widget for Answers {
    const HIDDEN: bool = true;
}

fn main() {
    let _ = Answers { answer1: String::new(), answerl: String::new() };
    assert!(Answers::HIDDEN);
    assert_eq!(HiddenPaths::of::<Answers>(), ["answer1", "answerl"]);
    assert_eq!(HiddenPaths::of::<Joined>(), ["A.b__c", "A__b.c"]);
}
