//! The policies of `#[sensitive(…)]`: what of a marked field is written, and how configuration
//! tightens it.

mod address;
mod dispatch;
mod exposed;
mod leaf;
mod list;
mod mask;
mod room;
mod scratch;
mod serializer;

#[cfg(test)]
mod tests;

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::field::Hidden;
use crate::redact::Extent;
use crate::{Redaction, Redactor, Tightness};

pub use dispatch::{Output, OutputByDisplay, OutputByNothing, OutputBySerialize};
pub use dispatch::{Veil, VeilByExposing, VeilByNothing, VeilBySerialize};
pub use dispatch::{Veilable, VeilableByExposing, VeilableBySerialize, subject, treated};
pub use exposed::Exposing;
pub use mask::Mask;

use leaf::{Leaf, Treatment};
use scratch::Scratch;
use serializer::Treated;

/// What `#[sensitive(…)]` says of a field, as its source says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The type and the path from there to the field: `Login.email`, `Method.Card.number`.
    ///
    /// A sealed value carries it, so that it opens as nothing else.
    pub field: &'static str,
    /// What is written of the field.
    pub policy: Policy,
    /// The class of data it belongs to; a recorder may be told to write less of a class.
    pub class: Option<&'static str>,
}

/// What is written of a field marked `#[sensitive]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: [`REDACTED`](crate::REDACTED) stands there.
    Full,
    /// A few characters.
    Mask(Mask),
    /// A keyed hash; equal values of a domain are written alike.
    Pseudonym {
        /// What joins the values: other domains write equal values differently.
        domain: &'static str,
    },
    /// The value, sealed for whoever holds the key.
    Encrypt {
        /// Sealed for one person or thing each, whose values can be erased by destroying its key.
        per_subject: bool,
    },
    /// Not even that there is a field.
    Omit,
    /// What the function of this path makes of the value.
    With(&'static str),
}

impl Policy {
    /// How tight the policy is; none for a function of the user's, which may show anything.
    pub fn tightness(&self) -> Option<Tightness> {
        match self {
            Self::Full => Some(Tightness::Full),
            Self::Mask(_) => Some(Tightness::Mask),
            Self::Pseudonym { .. } => Some(Tightness::Pseudonym),
            Self::Encrypt { .. } => Some(Tightness::Encrypt),
            Self::Omit => Some(Tightness::Omit),
            Self::With(_) => None,
        }
    }

    /// The policy's name, as it stands in the source.
    pub fn name(&self) -> &'static str {
        self.tightness().map_or("with", Tightness::word)
    }
}

impl Mark {
    /// The policy that holds: the tighter one of the source's and that of the class.
    pub fn policy_under(&self, redactor: &Redactor) -> Policy {
        let asked = match self.class.and_then(|class| redactor.class(class)) {
            Some(asked) if self.policy.tightness() < Some(asked) => asked,
            _ => return self.policy,
        };
        match asked {
            Tightness::Pseudonym => Policy::Pseudonym { domain: self.name() },
            Tightness::Encrypt => Policy::Encrypt { per_subject: false },
            Tightness::Omit => Policy::Omit,
            // A class cannot say which characters a mask keeps.
            Tightness::Mask | Tightness::Full => Policy::Full,
        }
    }

    /// True if the field is left out of a struct.
    pub fn is_left_out(&self, how: Redaction<'_>) -> bool {
        how.redactor().is_some_and(|redactor| self.policy_under(redactor) == Policy::Omit)
    }

    /// The field's name, or that of the struct or variant which it is the one unnamed part of.
    fn name(&self) -> &'static str {
        let last = self.field.rsplit('.').next().unwrap_or(self.field);
        last.split('[').next().unwrap_or(last)
    }

    /// True if what the function of [`Policy::With`] returns is written, in whatever form.
    pub fn shows(&self, how: Redaction<'_>) -> bool {
        !matches!(self.form(how), Form::Hidden)
    }

    #[inline]
    fn form<'a>(&self, how: Redaction<'a>) -> Form<'a> {
        let policy = match how.0 {
            Extent::Full => return Form::Hidden,
            // A recorder may be told anything of the class.
            Extent::Keyless if self.class.is_some() => return Form::Hidden,
            Extent::Keyless => self.policy,
            Extent::With(redactor) => self.policy_under(redactor),
        };
        match (policy, how.redactor()) {
            (Policy::Mask(mask), _) => Form::Treated(Treatment::Mask(mask)),
            (Policy::With(_), _) => Form::Own,
            (Policy::Pseudonym { domain }, Some(redactor)) => {
                Form::Treated(Treatment::Pseudonym { redactor, domain })
            }
            (Policy::Encrypt { .. }, Some(redactor)) => {
                Form::Sealed { redactor, field: self.field }
            }
            (Policy::Full | Policy::Omit, _)
            | (Policy::Pseudonym { .. } | Policy::Encrypt { .. }, None) => Form::Hidden,
        }
    }
}

/// The policy that holds, with what it takes.
#[derive(Clone, Copy)]
enum Form<'a> {
    Hidden,
    Treated(Treatment<'a>),
    /// Treated once it is known for whom it is sealed.
    Sealed {
        redactor: &'a Redactor,
        field: &'static str,
    },
    /// As the value writes itself.
    Own,
}

/// A marked field as its policy writes it.
pub struct Veiled<'a, V> {
    value: V,
    form: Form<'a>,
    subject: Option<&'a dyn Display>,
}

impl<V: Serialize> Serialize for Veiled<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written(&self.form, serializer)
    }
}

impl<V: Serialize> Veiled<'_, V> {
    #[inline]
    fn written<S: Serializer>(&self, form: &Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match form {
            Form::Treated(treatment) => {
                Treated { value: &self.value, leaf: Leaf::new(treatment) }.serialize(serializer)
            }
            Form::Hidden | Form::Own | Form::Sealed { .. } => self.untreated(form, serializer),
        }
    }

    /// Kept apart from what masks need, as the room for a name costs as much as a mask.
    #[inline(never)]
    fn untreated<S: Serializer>(&self, form: &Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let (redactor, field) = match form {
            Form::Sealed { redactor, field } => (redactor, field),
            Form::Own => return self.value.serialize(serializer),
            Form::Hidden | Form::Treated(_) => return Hidden.serialize(serializer),
        };
        let mut name = Scratch::new();
        let subject = match self.subject.map(|subject| name.text_of(subject)) {
            None => None,
            Some(Some(subject)) => Some(subject),
            // Sealed for nobody, or for part of a name, it would not be erased with the whole.
            Some(None) => return Hidden.serialize(serializer),
        };
        self.written(&Form::Treated(Treatment::Seal { redactor, field, subject }), serializer)
    }
}
