//! The fields of a struct on their way to a serializer.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::field::Hidden;
use crate::{Redact, Redaction};

/// Writes a struct with the fields that `parts` are.
///
/// Macro output makes one call with all of them, which the compiler checks in less time than one for
/// each.
///
/// # Errors
/// Fails when the serializer or the `Serialize` of a part does.
#[inline]
pub fn write_struct<S: Serializer>(
    serializer: S,
    how: Redaction<'_>,
    name: &'static str,
    parts: &impl Parts,
) -> Result<S::Ok, S::Error> {
    let mut state = serializer.serialize_struct(name, parts.count())?;
    parts.write(&mut state, how)?;
    state.end()
}

/// The fields of a struct: a tuple of up to eight, each of which may be a [`Group`].
pub trait Parts {
    /// How many of them are written.
    fn count(&self) -> usize;

    /// Writes them in their order, up to the first error.
    ///
    /// # Errors
    /// Fails when the serializer or the `Serialize` of a part does.
    fn write<S: SerializeStruct>(&self, state: &mut S, how: Redaction<'_>) -> Result<(), S::Error>;
}

/// A field of a struct with its name, or several.
pub trait Part {
    /// Writes it.
    ///
    /// # Errors
    /// Fails when the serializer or the `Serialize` of the value does.
    fn write<S: SerializeStruct>(&self, state: &mut S, how: Redaction<'_>) -> Result<(), S::Error>;

    /// How many fields are written: one, unless it is left out.
    fn count(&self) -> usize {
        1
    }
}

/// A field without a mark, whose type has a rule.
impl<T: Redact + ?Sized> Part for (&'static str, &T) {
    #[inline]
    fn write<S: SerializeStruct>(&self, state: &mut S, how: Redaction<'_>) -> Result<(), S::Error> {
        state.serialize_field(self.0, &self.1.redacted_with(how))
    }
}

/// A field of which nothing is shown but that it is there.
impl Part for &'static str {
    #[inline]
    fn write<S: SerializeStruct>(&self, state: &mut S, _: Redaction<'_>) -> Result<(), S::Error> {
        state.serialize_field(self, &Hidden)
    }
}

/// A field that is written as this value.
pub struct Shown<'a, T: ?Sized>(pub &'static str, pub &'a T);

impl<T: Serialize + ?Sized> Part for Shown<'_, T> {
    #[inline]
    fn write<S: SerializeStruct>(&self, state: &mut S, _: Redaction<'_>) -> Result<(), S::Error> {
        state.serialize_field(self.0, self.1)
    }
}

/// A field that is left out if the first says so.
pub struct LeftOut<P>(pub bool, pub &'static str, pub P);

impl<P: Part> Part for LeftOut<P> {
    #[inline]
    fn write<S: SerializeStruct>(&self, state: &mut S, how: Redaction<'_>) -> Result<(), S::Error> {
        match self.0 {
            true => state.skip_field(self.1),
            false => self.2.write(state, how),
        }
    }

    fn count(&self) -> usize {
        usize::from(!self.0)
    }
}

/// Fields of a struct with more than a tuple holds.
pub struct Group<P>(pub P);

impl<P: Parts> Part for Group<P> {
    #[inline]
    fn write<S: SerializeStruct>(&self, state: &mut S, how: Redaction<'_>) -> Result<(), S::Error> {
        self.0.write(state, how)
    }

    fn count(&self) -> usize {
        self.0.count()
    }
}

macro_rules! tuples {
    ($($($part:ident $place:tt),*;)*) => {$(
        impl<$($part: Part),*> Parts for ($($part,)*) {
            #[inline]
            fn count(&self) -> usize {
                0 $(+ self.$place.count())*
            }

            #[inline]
            fn write<Out: SerializeStruct>(
                &self,
                _state: &mut Out,
                _how: Redaction<'_>,
            ) -> Result<(), Out::Error> {
                $(self.$place.write(_state, _how)?;)*
                Ok(())
            }
        }
    )*};
}

tuples! {
    ;
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing;

    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }

    fn json(parts: &impl Parts) -> (Option<String>, String) {
        let mut out = Vec::new();
        let mut json = serde_json::Serializer::new(&mut out);
        let written = write_struct(&mut json, Redaction::full(), "Login", parts);
        (written.err().map(|error| error.to_string()), String::from_utf8(out).unwrap())
    }

    #[test]
    fn fields_are_written_in_their_order_and_counted() {
        let (attempt, name) = (3_u32, "ada");
        let group =
            Group((LeftOut(true, "pin", "pin"), LeftOut(false, "attempt", ("attempt", &attempt))));
        let parts = (Shown("name", name), "password", group);
        let written = r#"{"name":"ada","password":"[redacted]","attempt":3}"#;
        assert_eq!(json(&parts), (None, written.to_owned()));
        assert_eq!(parts.count(), 3);
    }

    #[test]
    fn the_first_error_ends_the_writing_and_is_told() {
        let parts = (("attempt", &1_u32), Shown("name", &Failing), ("canary", &2_u32));
        let (error, written) = json(&parts);
        assert_eq!(error.as_deref(), Some("no"));
        assert_eq!(written, r#"{"attempt":1,"name":"#);
    }
}
