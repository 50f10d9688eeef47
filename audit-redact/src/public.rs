//! The one greppable way to say that a value without a rule may be written.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::{Element, MapKey, Plain, Redact, Redaction};

/// A value that may appear in any log, as it is; see [`public`].
///
/// As the type of a field it also serves lists and maps: `Vec<Public<String>>`,
/// `HashMap<Public<String>, u32>`. On the wire it is its value.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "T: Plain + Deserialize<'de>"))]
// Nobody else makes one, so that there is none of a type with marks.
#[non_exhaustive]
pub struct Public<T>(pub T);

/// Says that `value` may appear in any log, as it is.
///
/// It is for [`Plain`] values, such as text; a type with marks is written by its own rule.
///
/// ```
/// use audit_runtime::{Redact, public};
///
/// let note = public("changed on request of the owner");
/// assert_eq!(serde_json::to_string(&note.redacted())?, r#""changed on request of the owner""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn public<T: Plain + Serialize>(value: T) -> Public<T> {
    Public(value)
}

impl<T: Serialize> Redact for Public<T> {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Serialize> Element for Public<T> {}

impl<T: Serialize + AsRef<str>> MapKey for Public<T> {}

/// Prints what `Serialize` shows, not what the `Debug` of the value might show beyond that.
impl<T: Serialize> fmt::Debug for Public<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_redacted(f)
    }
}
