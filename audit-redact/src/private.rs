//! Names that the output of `#[derive(Redact)]` may use; no part of the public interface.

pub use inventory;
pub use serde;

pub use crate::beside::{Harmless, Unprinted, Unread, harmless, unprinted, unread};
pub use crate::diff::{Diff, Differences, Form, marked, part, shown};
pub use crate::field::{Field, Hidden, Unruled, carrier, public, rule};
pub use crate::marks::{Marked, as_it_is};
pub use crate::parts::{Group, LeftOut, Shown, write_struct};
pub use crate::policy::{Exposing, Output, Veil, Veilable, subject, treated};
pub use crate::probe::{
    Answer, ClearText, EXPOSED, Hides, Refused, RefusedWhole, any, each, probe, same, taken,
};
pub use crate::registry::Described;
pub use crate::strict::wrapped;
pub use crate::{
    Element, Exception, ExceptionKind, HiddenPaths, MapKey, Mark, Mask, Plain, Policy, Redact,
    Redacted, Redaction,
};

/// Traits whose methods a type with policies calls; without names, which could hide the user's.
pub mod veil {
    pub use crate::policy::{
        OutputByDisplay as _, OutputByNothing as _, OutputBySerialize as _, VeilByExposing as _,
        VeilByNothing as _, VeilBySerialize as _, VeilableByExposing as _,
        VeilableBySerialize as _,
    };
}
