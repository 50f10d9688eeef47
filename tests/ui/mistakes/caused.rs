//! Marked fields that reporters of errors would print as the cause of one.

use std::io;

use audit_runtime::Redact;

#[derive(Redact, thiserror::Error)]
enum Refused {
    #[error("no answer")]
    Answer(
        #[from]
        #[sensitive]
        io::Error,
    ),
    #[error("no {place}")]
    Place {
        #[source]
        #[sensitive]
        cause: io::Error,
        place: u8,
    },
    #[error("nothing")]
    Nothing {
        #[sensitive]
        source: io::Error,
    },
    #[error(transparent)]
    Other(
        #[from]
        #[sensitive]
        std::fmt::Error,
    ),
    #[error("shown on purpose")]
    Shown {
        #[source]
        #[sensitive(with = ToString::to_string)]
        cause: io::Error,
    },
}

/// No error, so that the name says nothing.
#[derive(Redact)]
struct Feed {
    #[sensitive]
    source: String,
}

fn main() {}
