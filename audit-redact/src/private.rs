//! Names that the output of `#[derive(Redact)]` may use; no part of the public interface.

pub use inventory;
pub use serde;

pub use crate::field::{Field, Hidden, Unruled, carrier, public, rule};
pub use crate::marks::{Marked, as_it_is};
pub use crate::parts::Parts;
pub use crate::policy::{Exposing, Output, Veil, Veilable, subject, treated};
pub use crate::probe::{ClearText, EXPOSED, Hides, Unknown, any, each, probe, same, taken};
pub use crate::strict::wrapped;
pub use crate::{
    Element, Exception, ExceptionKind, FieldClass, HiddenPaths, MapKey, Mark, Mask, Plain, Policy,
    Redact, Redacted, RedactedField, RedactedType, Redaction,
};

/// Traits whose methods a type with policies calls; without names, which could hide the user's.
pub mod veil {
    pub use crate::policy::{
        OutputByDisplay as _, OutputByNothing as _, OutputBySerialize as _, VeilByExposing as _,
        VeilByNothing as _, VeilBySerialize as _, VeilableByExposing as _,
        VeilableBySerialize as _,
    };
}

/// What asking a probe takes into scope.
pub mod levels {
    pub use crate::probe::{
        Level0 as _, Level1 as _, Level2 as _, Level3 as _, Level4 as _, Otherwise as _,
    };
}
