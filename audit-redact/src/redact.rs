//! The trait that decides which part of a value may be written, and the form it takes in a log.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::Redactor;
use crate::debug::AsDebug;
use crate::disclosure::for_log;
use crate::paths::HiddenPaths;

/// Stands in every log for a value that is hidden; it tells neither length nor presence.
pub const REDACTED: &str = "[redacted]";

/// A type with a rule for what of its values may appear in a log.
///
/// Derive it: `#[derive(Redact)]` hides every field marked `#[sensitive]`, writes every field marked
/// `#[public]`, and demands a rule for the type of every other field. Numbers, booleans, times,
/// addresses and ids have a rule, and so have containers of types that have one. Free text
/// (`String`, `&str`, bytes, paths, JSON values) has none: nobody can tell from its type what it
/// holds.
///
/// The log form is a type of its own, [`Redacted`], so that it is not stored as data by mistake.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may reach a log but has no redaction rule",
    label = "nothing says whether a log may show this `{Self}`",
    note = "a type of your own gets its rule from `#[derive(Redact)]`",
    note = "in a derive: mark the field `#[sensitive]` to hide it, or `#[public]` to show it",
    note = "as the parameter of a generic type: mark the field that holds it, or let the parameter be \
            `audit_runtime::Public<{Self}>`, if it is no secret",
    note = "in `fields(…)`: leave it out, or write `name = audit_runtime::public(&value)` to show it, \
            if it is no secret"
)]
pub trait Redact {
    /// Writes the form of the value that may appear in a log.
    ///
    /// # Errors
    /// Fails when the serializer does, or when the `Serialize` of a public part does.
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error>;

    /// Writes the form of [`Redaction::full`] the way `Debug` would; `{:#?}` spreads it over lines.
    ///
    /// # Errors
    /// Fails only when the formatter does: a part that cannot be serialized is named as such.
    fn fmt_redacted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&AsDebug(&self.redacted_with(Redaction::full())), f)
    }

    /// The paths that [`hidden`](Self::hidden) reports, where no part of another type hides any.
    #[doc(hidden)]
    const __AUDIT_HIDDEN: &'static [&'static str] = &[];

    /// Reports the paths that values of this type hide, whether or not a value is there.
    fn hidden(report: &mut HiddenPaths) {
        report.hide_all(Self::__AUDIT_HIDDEN);
    }

    /// The value as it may appear in a log, without keys: see [`Redaction::keyless`].
    fn redacted(&self) -> Redacted<'_, Self> {
        self.redacted_with(Redaction::keyless())
    }

    /// The value as it may appear in a log, redacted in a way of your choice.
    fn redacted_with<'a>(&'a self, how: Redaction<'a>) -> Redacted<'a, Self> {
        Redacted { value: self, how }
    }
}

/// How values are redacted; a small thing that is passed on to every part of a value.
///
/// | | `mask`, `with` | `pseudonym`, `encrypt` | a field with a `class` | used by |
/// |---|---|---|---|---|
/// | [`full`](Self::full) | `[redacted]` | `[redacted]` | `[redacted]` | `Debug` |
/// | [`keyless`](Self::keyless) | applied | `[redacted]` | `[redacted]` | [`redacted`](Redact::redacted) |
/// | [`with`](Self::with) | applied | applied | the tighter policy | recorders |
///
/// Nothing is written of a field under `omit` in any of them.
#[derive(Clone, Copy, Debug)]
pub struct Redaction<'a>(pub(crate) Extent<'a>);

/// How much of what its policies leave a value shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extent<'a> {
    Full,
    Keyless,
    With(&'a Redactor),
}

impl<'a> Redaction<'a> {
    /// Whatever is sensitive is written as [`REDACTED`].
    pub const fn full() -> Self {
        Self(Extent::Full)
    }

    /// Policies that need no key are applied; what would need one is written as [`REDACTED`], and so
    /// is every field with a `class`, since only a recorder knows what is set for it.
    pub const fn keyless() -> Self {
        Self(Extent::Keyless)
    }

    /// All policies are applied, with the keys and classes of `redactor`.
    pub const fn with(redactor: &'a Redactor) -> Self {
        Self(Extent::With(redactor))
    }

    /// The keys and classes to redact with, if there are any.
    pub const fn redactor(self) -> Option<&'a Redactor> {
        match self.0 {
            Extent::With(redactor) => Some(redactor),
            Extent::Full | Extent::Keyless => None,
        }
    }
}

/// A value as it may appear in a log: it can be serialized and printed, and nothing else.
///
/// Printed with `{:?}` it hides all that is sensitive, as the `Debug` of the value itself does.
///
/// ```
/// use audit_runtime::Redact;
///
/// #[derive(Redact)]
/// struct Login {
///     #[public]
///     username: String,
///     #[sensitive]
///     password: String,
///     #[sensitive(mask(card))]
///     card: String,
/// }
///
/// let card = "4242 4242 4242 4242".into();
/// let login = Login { username: "ada".into(), password: "hunter2".into(), card };
/// assert_eq!(
///     serde_json::to_string(&login.redacted())?,
///     r#"{"username":"ada","password":"[redacted]","card":"****4242"}"#,
/// );
/// assert_eq!(
///     format!("{login:?}"),
///     r#"Login { username: "ada", password: [redacted], card: [redacted] }"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Redacted<'a, T: ?Sized> {
    value: &'a T,
    how: Redaction<'a>,
}

impl<T: ?Sized> Clone for Redacted<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Redacted<'_, T> {}

impl<T: Redact + ?Sized> Serialize for Redacted<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What is public may have parts with a wire form, which is no form for a log.
        for_log(|| self.value.redact(serializer, self.how))
    }
}

impl<T: Redact + ?Sized> fmt::Debug for Redacted<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt_redacted(f)
    }
}
