//! The wire form of a secret: in clear inside a disclosure scope, redacted everywhere else.

use std::collections::{BTreeMap, HashMap};
use std::panic::Location;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use serde::ser::{Serialize, SerializeTuple, Serializer};

use crate::disclosure::{Leave, Scope, scope};
use crate::{REDACTED, Secret, Sensitive};

/// Serializes a field of type [`Sensitive`]: its clear value inside [`disclose`](crate::disclose) and
/// [`Disclosed`](crate::Disclosed), and `[redacted]` in every other place, whatever the code there is.
///
/// ```
/// use audit_runtime::{Sensitive, disclose};
///
/// #[derive(serde::Serialize)]
/// struct NewKey {
///     id: u64,
///     #[serde(serialize_with = "audit_runtime::wire")]
///     api_key: Sensitive<String>,
/// }
///
/// let key = NewKey { id: 7, api_key: Sensitive::new("k-93f1".into()) };
/// assert_eq!(serde_json::to_string(&key)?, r#"{"id":7,"api_key":"[redacted]"}"#);
/// let body = disclose(|| serde_json::to_string(&key))?;
/// assert_eq!(body, r#"{"id":7,"api_key":"k-93f1"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// The text stands for the whole field: it tells neither whether an `Option` is empty nor how long a
/// list is. Where serde has no place for a text, in a field that is flattened itself or in a newtype
/// variant of an enum with an internal tag, serializing fails outside the scope.
///
/// # Errors
/// Fails when the serializer does.
#[track_caller]
pub fn wire<W: Wire + ?Sized, S: Serializer>(value: &W, serializer: S) -> Result<S::Ok, S::Error> {
    match Leave::given() {
        Some(leave) => value.wire(serializer, leave),
        None => withhold(serializer),
    }
}

/// Serializes a field that is marked `#[sensitive]` and keeps its own type, as [`wire`](fn@wire) does one
/// of type [`Sensitive`].
///
/// It closes serde's way to a log, and no other one: the type still has its own `Display` and `Debug`.
///
/// # Errors
/// Fails when the serializer does, or when the `Serialize` of the value does.
#[track_caller]
pub fn wire_plain<T: Serialize + ?Sized, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match Leave::given() {
        Some(_) => value.serialize(serializer),
        None => withhold(serializer),
    }
}

/// What the field of a `serialize_with = "audit_runtime::wire"` may hold: [`Sensitive`], and `Option`,
/// lists, maps and pointers of it.
#[diagnostic::on_unimplemented(
    message = "`wire` is for `Sensitive<T>`, and `{Self}` is none",
    label = "a field that says `serialize_with = \"audit_runtime::wire\"`",
    note = "make the field a `Sensitive<…>`, or an `Option`, a list or a map of it",
    note = "a field that is marked `#[sensitive]` and keeps its type says \
            `serialize_with = \"audit_runtime::wire_plain\"`"
)]
pub trait Wire: Sealed {
    /// Writes the clear value.
    #[doc(hidden)]
    fn wire<S: Serializer>(&self, serializer: S, leave: Leave<'_>) -> Result<S::Ok, S::Error>;
}

/// Has `report` told of each place in the source whose field was withheld for want of a disclosure
/// scope: the line of its `serialize_with`. In builds without debug assertions it is never called.
///
/// It is called where the field is serialized, each time, so it must be quick. Fields that are part of
/// a log form are withheld on purpose and not told of. The first `report` of a process counts;
/// `audit_runtime` has one of its own.
pub fn on_withheld(report: fn(&'static Location<'static>)) {
    _ = REPORT.set(report);
}

static REPORT: OnceLock<fn(&'static Location<'static>)> = OnceLock::new();

#[track_caller]
fn withhold<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    if cfg!(debug_assertions)
        && scope() == Scope::Outside
        && let Some(report) = REPORT.get()
    {
        report(Location::caller());
    }
    serializer.serialize_str(REDACTED)
}

mod sealed {
    /// Keeps the list of implementations ours, so that each of them keeps to the scope.
    pub trait Sealed {}
}
use sealed::Sealed;

impl<T: Secret + Serialize> Sealed for Sensitive<T> {}

impl<T: Secret + Serialize> Wire for Sensitive<T> {
    fn wire<S: Serializer>(&self, serializer: S, _leave: Leave<'_>) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

/// A part of a field, inside the scope that its whole has found.
struct Part<'a, W: ?Sized>(&'a W, Leave<'a>);

impl<W: Wire + ?Sized> Serialize for Part<'_, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.wire(serializer, self.1)
    }
}

impl<W: Wire> Sealed for Option<W> {}

impl<W: Wire> Wire for Option<W> {
    fn wire<S: Serializer>(&self, serializer: S, leave: Leave<'_>) -> Result<S::Ok, S::Error> {
        match self {
            Some(part) => serializer.serialize_some(&Part(part, leave)),
            None => serializer.serialize_none(),
        }
    }
}

/// Pointers, which are written as what they point to.
macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<W: Wire + ?Sized> Sealed for $pointer {}

        impl<W: Wire + ?Sized> Wire for $pointer {
            fn wire<S: Serializer>(&self, serializer: S, leave: Leave<'_>) -> Result<S::Ok, S::Error> {
                (**self).wire(serializer, leave)
            }
        }
    )*};
}

pointers! { &W, Box<W>, Rc<W>, Arc<W> }

/// Lists, and maps by their values, which serde writes as a sequence or as pairs.
macro_rules! collections {
    ($([$($generics:tt)*] $collection:ty, |$own:ident, $leave:ident, $serializer:ident| $write:expr;)*) => {$(
        impl<$($generics)*> Sealed for $collection {}

        impl<$($generics)*> Wire for $collection {
            fn wire<S: Serializer>(&self, $serializer: S, $leave: Leave<'_>) -> Result<S::Ok, S::Error> {
                let $own = self;
                $write
            }
        }
    )*};
}

collections! {
    [W: Wire] [W], |own, leave, serializer| {
        serializer.collect_seq(own.iter().map(|part| Part(part, leave)))
    };
    [W: Wire] Vec<W>, |own, leave, serializer| own.as_slice().wire(serializer, leave);
    [W: Wire, const N: usize] [W; N], |own, leave, serializer| {
        let mut tuple = serializer.serialize_tuple(N)?;
        own.iter().try_for_each(|part| tuple.serialize_element(&Part(part, leave)))?;
        tuple.end()
    };
    [K: Serialize, W: Wire, H] HashMap<K, W, H>, |own, leave, serializer| {
        serializer.collect_map(own.iter().map(|(key, part)| (key, Part(part, leave))))
    };
    [K: Serialize, W: Wire] BTreeMap<K, W>, |own, leave, serializer| {
        serializer.collect_map(own.iter().map(|(key, part)| (key, Part(part, leave))))
    };
}
