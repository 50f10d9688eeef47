//! What a secret can be: a value that can be wiped, and compared without telling where it differs.

mod container;
mod foreign;
mod json;
mod map;
mod scalar;
mod text;

use subtle::Choice;

/// A value that [`Sensitive`](crate::Sensitive) may hold: it can be wiped, and compared with another.
///
/// Text, bytes, numbers, JSON values and paths are one, and so are options, lists, tuples and maps of them.
/// A type of your own becomes one by wiping and comparing each of its parts:
///
/// ```
/// use audit_runtime::{Secret, Sensitive};
/// use audit_runtime::redact::Choice;
///
/// struct Card {
///     number: String,
///     code: u16,
/// }
///
/// impl Secret for Card {
///     fn wipe(&mut self) {
///         self.number.wipe();
///         self.code.wipe();
///     }
///
///     fn same(&self, other: &Self) -> Choice {
///         self.number.same(&other.number) & self.code.same(&other.code)
///     }
/// }
///
/// let card = || Sensitive::from(Card { number: "4111 1111 1111 1111".to_owned(), code: 737 });
/// assert_eq!(card(), card());
/// ```
#[diagnostic::on_unimplemented(
    message = "`Sensitive` cannot hold a `{Self}`: nothing says how to wipe it",
    label = "is no `Secret`",
    note = "for a type of your own: `impl audit_runtime::Secret`, which wipes and compares each part",
    note = "for a type of another crate: hold its text or bytes, or put a type of your own around it"
)]
pub trait Secret {
    /// Overwrites the value, so that nothing of it stays in the memory that it owns.
    ///
    /// What is left is a valid value, and of no further use. Borrowed memory is not owned and stays as it is.
    fn wipe(&mut self);

    /// Compares in a time that depends on the lengths, not on where text or bytes differ.
    fn same(&self, other: &Self) -> Choice;
}

/// Types that are a few numbers: another value takes their place, and their own `==` compares them.
macro_rules! numbers {
    ($($number:ty: $blank:expr),* $(,)?) => {$(
        impl $crate::Secret for $number {
            fn wipe(&mut self) {
                *self = $blank;
                zeroize::optimization_barrier(self);
            }

            fn same(&self, other: &Self) -> subtle::Choice {
                subtle::Choice::from(u8::from(self == other))
            }
        }
    )*};
}

use numbers;
