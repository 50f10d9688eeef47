//! A secret whose type keeps it out of every log: it prints as `[redacted]` and opens by one door.

mod forbidden;
mod input;
#[cfg(feature = "rusqlite")]
mod rusqlite;
mod secret;
#[cfg(feature = "sqlx")]
mod sqlx;

use std::fmt;

use audit_guard::{Unwatched, Watch};
use serde::{Serialize, Serializer};

use crate::field::Hidden;
use crate::{Element, HiddenPaths, REDACTED, Redact, Redaction};

pub use input::Withheld;
pub use secret::Secret;

/// A secret that can be neither printed nor serialized, anywhere in the program.
///
/// `Debug` prints `[redacted]`, whatever the formatter is asked for. `Display`, `Serialize`, `Hash`,
/// `Ord`, `Deref`, `AsRef` and comparison with a clear value do not exist: what needs one of them
/// does not compile. The value comes in by `From`, [`new`](Self::new) or `Deserialize`, and is read through one
/// door that is easy to search for: [`expose`](Self::expose).
///
/// It is overwritten when it is dropped, and so is each clone. A value that lies in the secret itself
/// and not behind a pointer (a number, an array) leaves its bytes behind wherever Rust moves it from:
/// put a key into a `Box`.
///
/// `==` between two secrets takes as long for equal ones as for different ones of the same length;
/// whether their lengths differ may show, and so may whether an `Option` holds a value and what shape
/// JSON has. Times, decimals and the numbers of JSON are compared as their own `==` does it.
///
/// ```
/// use audit_runtime::Sensitive;
///
/// let password = Sensitive::from("correct horse".to_owned());
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(password.expose(), "correct horse");
/// ```
///
/// The type of a field that is a secret; the name says it, so that no mark is needed:
///
/// ```
/// use audit_runtime::{Redact, Sensitive};
///
/// #[derive(Redact)]
/// struct Login {
///     user: u64,
///     password: Sensitive<String>,
/// }
///
/// let login = Login { user: 7, password: Sensitive::from("hunter2".to_owned()) };
/// assert_eq!(format!("{login:?}"), "Login { user: 7, password: [redacted] }");
/// assert_eq!(
///     serde_json::to_string(&login.redacted())?,
///     r#"{"user":7,"password":"[redacted]"}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Sensitive<T: Secret>(T);

impl<T: Secret> Sensitive<T> {
    /// Takes a value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The clear value, by the only door there is.
    ///
    /// What is copied out of here is watched and wiped by nobody.
    #[must_use = "the clear value is of no use unless something takes it"]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Secret + AsRef<[u8]>> Sensitive<T> {
    /// Has the guard find this very value in every text that it scrubs, whatever its form, as long as the answer lives.
    ///
    /// For what a program holds while it runs: the password of its database, the key that it signs with. Nothing is
    /// kept but keyed fingerprints; no copy is made that outlives this call.
    ///
    /// ```
    /// use audit_runtime::{Sensitive, guard};
    ///
    /// let password = Sensitive::from("correct horse battery".to_owned());
    /// let _watch = password.watch()?;
    /// let text = guard::scrub("refused: user=app pw=correct horse battery").text.into_owned();
    /// assert_eq!(text, "refused: user=app pw=[REDACTED:live]");
    /// # Ok::<(), guard::Unwatched>(())
    /// ```
    ///
    /// # Errors
    /// [`Unwatched`] if other texts hold such words as well, or too many secrets are watched.
    pub fn watch(&self) -> Result<Watch, Unwatched> {
        audit_guard::watch(self.0.as_ref())
    }
}

impl<T: Secret> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Secret> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Secret + Clone> Clone for Sensitive<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Secret + Default> Default for Sensitive<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

/// Takes as long for equal values as for different ones of the same length.
impl<T: Secret> PartialEq for Sensitive<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&other.0).into()
    }
}

impl<T: Secret> Eq for Sensitive<T> {}

/// Prints `[redacted]`, with no heed of width, precision or `#`.
impl<T: Secret> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: Secret> Redact for Sensitive<T> {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        Hidden.serialize(serializer)
    }

    fn hidden(report: &mut HiddenPaths) {
        report.hide("");
    }
}

impl<T: Secret> Element for Sensitive<T> {}

#[cfg(test)]
mod tests;
