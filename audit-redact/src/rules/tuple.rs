//! Rules for tuples of one to eight parts that have one.

use serde::Serializer;
use serde::ser::SerializeTuple;

use crate::{Element, HiddenPaths, Redact, Redaction};

macro_rules! tuples {
    ($($length:literal: $($part:ident $place:tt $path:literal),+;)*) => {$(
        impl<$($part: Redact),+> Redact for ($($part,)+) {
            fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
                let mut tuple = serializer.serialize_tuple($length)?;
                $(tuple.serialize_element(&self.$place.redacted_with(how))?;)+
                tuple.end()
            }

            fn hidden(report: &mut HiddenPaths) {
                $(report.part::<$part>($path);)+
            }
        }
        // A list of `(u8,)` is as much free text as a list of `u8`.
        impl<$($part: Element),+> Element for ($($part,)+) {}
    )*};
}

tuples! {
    1: A 0 "[0]";
    2: A 0 "[0]", B 1 "[1]";
    3: A 0 "[0]", B 1 "[1]", C 2 "[2]";
    4: A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]";
    5: A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]";
    6: A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]", F 5 "[5]";
    7: A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]", F 5 "[5]", G 6 "[6]";
    8: A 0 "[0]", B 1 "[1]", C 2 "[2]", D 3 "[3]", E 4 "[4]", F 5 "[5]", G 6 "[6]", H 7 "[7]";
}
