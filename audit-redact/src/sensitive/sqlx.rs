//! A secret in a row of any database, through the crate `sqlx`: stored as what it holds.

use sqlx::database::Database;
use sqlx::encode::IsNull;
use sqlx::error::{BoxDynError, UnexpectedNullError};
use sqlx::{Decode, Encode, Type};

use super::{Secret, Sensitive, Withheld};

impl<DB: Database, T: Secret + Type<DB>> Type<DB> for Sensitive<T> {
    fn type_info() -> DB::TypeInfo {
        T::type_info()
    }

    fn compatible(given: &DB::TypeInfo) -> bool {
        T::compatible(given)
    }
}

impl<'q, DB: Database, T: Secret + Encode<'q, DB>> Encode<'q, DB> for Sensitive<T> {
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.encode_by_ref(buffer)
    }

    fn produces(&self) -> Option<DB::TypeInfo> {
        self.0.produces()
    }

    fn size_hint(&self) -> usize {
        self.0.size_hint()
    }
}

/// Reads what `T` reads; an error names the column, and no value. That there is none is told.
impl<'r, DB: Database, T: Secret + Decode<'r, DB>> Decode<'r, DB> for Sensitive<T> {
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        T::decode(value).map(Self).map_err(|error| match error.is::<UnexpectedNullError>() {
            true => error,
            false => Withheld.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Arguments;
    use sqlx::Value;
    use sqlx_core::any::{Any, AnyArguments, AnyValue};

    use super::*;

    /// The value as the driver passes it on.
    fn passed_on(value: impl for<'q> Encode<'q, Any> + Type<Any>) -> AnyValue {
        let mut arguments = AnyArguments::default();
        arguments.add(value).unwrap();
        AnyValue { kind: arguments.values.0.remove(0) }
    }

    #[test]
    fn a_secret_is_stored_as_its_value_and_read_back() {
        let stored = passed_on(Sensitive::new("canary".to_owned()));
        assert_eq!(stored.try_decode::<String>().unwrap(), "canary");
        let read = stored.try_decode::<Sensitive<String>>().unwrap();
        assert_eq!(read, Sensitive::new("canary".to_owned()));
        let absent = passed_on(None::<Sensitive<i32>>);
        assert_eq!(absent.try_decode::<Option<Sensitive<i32>>>().unwrap(), None);
    }

    #[test]
    fn an_error_of_reading_withholds_the_value() {
        let text = passed_on("canary".to_owned());
        let plain = text.try_decode_unchecked::<i64>().unwrap_err();
        assert!(plain.to_string().contains("canary"), "the driver says less than was feared");
        let number = passed_on(817_305_i64);
        let errors = [
            text.try_decode_unchecked::<Sensitive<i64>>().unwrap_err(),
            number.try_decode::<Sensitive<i16>>().unwrap_err(),
            number.try_decode::<Sensitive<String>>().unwrap_err(),
        ];
        for error in errors {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("817305") && !shown.contains("canary"), "{shown}");
        }
    }
}
