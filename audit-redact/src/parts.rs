//! The fields of a struct on their way to a serializer.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::field::Hidden;
use crate::{Redact, Redaction};

/// Writes a struct field by field; the first error ends that, and is told at the end.
///
/// Macro output calls a method for each field and asks for no results, which the compiler checks in
/// less time than an early return after each.
pub struct Parts<'a, S: Serializer> {
    state: Result<S::SerializeStruct, S::Error>,
    how: Redaction<'a>,
}

impl<'a, S: Serializer> Parts<'a, S> {
    /// Begins the struct.
    pub fn new(serializer: S, how: Redaction<'a>, name: &'static str, count: usize) -> Self {
        Self { state: serializer.serialize_struct(name, count), how }
    }

    /// A field without a mark.
    pub fn ruled<T: Redact + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.shown(key, &value.redacted_with(self.how));
    }

    /// A field that is written as `value`.
    pub fn shown<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.write(|state| state.serialize_field(key, value));
    }

    /// A field of which nothing is shown but that it is there.
    pub fn hidden(&mut self, key: &'static str) {
        self.shown(key, &Hidden);
    }

    /// A field that is left out.
    pub fn left_out(&mut self, key: &'static str) {
        self.write(|state| state.skip_field(key));
    }

    /// Ends the struct.
    ///
    /// # Errors
    /// Fails when a field or the serializer did.
    pub fn end(self) -> Result<S::Ok, S::Error> {
        self.state?.end()
    }

    fn write(&mut self, work: impl FnOnce(&mut S::SerializeStruct) -> Result<(), S::Error>) {
        let written = match &mut self.state {
            Ok(state) => work(state),
            Err(_) => return,
        };
        if let Err(error) = written {
            self.state = Err(error);
        }
    }
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

    #[test]
    fn the_first_error_ends_the_writing_and_is_told() {
        let mut out = Vec::new();
        let mut json = serde_json::Serializer::new(&mut out);
        let mut parts = Parts::new(&mut json, Redaction::full(), "Login", 3);
        parts.ruled("attempt", &1_u32);
        parts.shown("name", &Failing);
        parts.ruled("canary", &2_u32);
        assert_eq!(parts.end().unwrap_err().to_string(), "no");
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"attempt":1,"name":"#);
    }
}
