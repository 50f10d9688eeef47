//! A secret that is read in: by serde, or from text; what is refused is not repeated.

use std::any::type_name;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};

use super::{Secret, Sensitive};

/// Why a secret could not be read. The text of the original error may repeat the value and is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld;

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a sensitive value is not what is expected in its place; it is withheld here, so compare \
             its type and form with what the place takes",
        )
    }
}

impl std::error::Error for Withheld {}

/// Reads what `T` reads. An error names no value, nor does it name the field: the format may do that.
impl<'de, T: Secret + Deserialize<'de>> Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_absent = is_absent::<D>();
        match T::deserialize(deserializer) {
            Ok(value) => Ok(Self(value)),
            // There is no value to withhold, and this error names the field.
            Err(error) if is_absent => Err(error),
            Err(_) => Err(D::Error::custom(Withheld)),
        }
    }
}

/// True for the deserializer by which serde's derive asks what an absent field is.
///
/// Nothing else tells it apart. Should serde rename it, the error for an absent field says less.
fn is_absent<'de, D: Deserializer<'de>>() -> bool {
    let name = type_name::<D>();
    name.starts_with("serde::") && name.contains("::missing_field::MissingFieldDeserializer<")
}

/// Reads what `T` reads, from an argument or a variable.
impl<T: Secret + FromStr> FromStr for Sensitive<T> {
    type Err = Withheld;

    fn from_str(text: &str) -> Result<Self, Withheld> {
        text.parse().map(Self).map_err(|_| Withheld)
    }
}
