//! What cannot be done to a secret, refused in words of our own instead of the compiler's advice.
//!
//! Each implementation below asks for a condition that nothing meets, so nobody has it. The compiler
//! names the condition that is missing, with our sentence; without it, the advice would be `{:?}` or
//! another derive. The conditions are traits that no other crate can name, so none can meet them.

use std::cmp::Ordering;
use std::fmt::{self, Formatter};
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use super::{Secret, Sensitive};
use crate::probe::any;

/// What the conditions are asked of. The sentences name `T`, the type of the secret.
pub struct Secrets;

/// Who meets the conditions: there is no value of it. Were there no one at all, the compiler would go on
/// to say that `Display` is implemented for `Sensitive<T>`.
#[allow(dead_code, unreachable_pub, reason = "only messages name it, and only if it is public")]
pub enum Nobody {}

#[diagnostic::on_unimplemented(
    message = "a `Sensitive<{T}>` is a secret and cannot be printed",
    label = "this would print a secret",
    note = "leave it out of the text, or print `[redacted]` in its place with `{{:?}}`",
    note = "where the clear value has to be in a text that is no log: `.expose()`"
)]
pub trait PrintedInClear<T> {}

impl<T> PrintedInClear<T> for Nobody {}

macro_rules! not_printed {
    ($($format:ident),* $(,)?) => {$(
        impl<T: Secret> fmt::$format for Sensitive<T>
        where
            Secrets: PrintedInClear<T>,
        {
            fn fmt(&self, _: &mut Formatter<'_>) -> fmt::Result {
                any()
            }
        }
    )*};
}

not_printed! { Display, LowerHex, UpperHex, Binary, Octal, LowerExp, UpperExp, Pointer }

impl<T: Secret> Sensitive<T> {
    /// Stands before the method of `ToString`, at which the compiler has words of its own.
    #[doc(hidden)]
    #[expect(
        clippy::inherent_to_string_shadow_display,
        reason = "the `Display` in its shadow is never there"
    )]
    pub fn to_string(&self) -> String
    where
        Secrets: PrintedInClear<T>,
    {
        any()
    }
}

#[diagnostic::on_unimplemented(
    message = "a `Sensitive<{T}>` is a secret and cannot be serialized",
    label = "this would write out a secret",
    note = "on a field that a response carries: \
            `#[serde(serialize_with = \"audit_runtime::wire\")]`, which writes the clear value only \
            inside `Disclosed(response)` or `audit_runtime::disclose`",
    note = "for a log: `#[derive(Redact)]` on the type, and `.redacted()` where it is written"
)]
pub trait SerializedInClear<T> {}

impl<T> SerializedInClear<T> for Nobody {}

impl<T: Secret> Serialize for Sensitive<T>
where
    Secrets: SerializedInClear<T>,
{
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        any()
    }
}

#[diagnostic::on_unimplemented(
    message = "a `Sensitive<{T}>` is a secret and cannot be hashed or sorted",
    label = "this would hash or sort a secret",
    note = "a hash and a place in an order tell of the value; let the key of a map or a set be what \
            names the secret, such as the id of its owner"
)]
pub trait HashedOrSorted<T> {}

impl<T> HashedOrSorted<T> for Nobody {}

impl<T: Secret> Hash for Sensitive<T>
where
    Secrets: HashedOrSorted<T>,
{
    fn hash<H: Hasher>(&self, _: &mut H) {
        any()
    }
}

impl<T: Secret> PartialOrd for Sensitive<T>
where
    Secrets: HashedOrSorted<T>,
{
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Secret> Ord for Sensitive<T>
where
    Secrets: HashedOrSorted<T>,
{
    fn cmp(&self, _: &Self) -> Ordering {
        any()
    }
}
