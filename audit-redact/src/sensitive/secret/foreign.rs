//! Secrets of other crates' types, each behind the feature that also brings its rule.

#[cfg(feature = "uuid")]
mod uuid {
    use subtle::{Choice, ConstantTimeEq};
    use uuid::Uuid;
    use zeroize::optimization_barrier;

    use crate::Secret;

    impl Secret for Uuid {
        fn wipe(&mut self) {
            *self = Self::nil();
            optimization_barrier(self);
        }

        fn same(&self, other: &Self) -> Choice {
            self.as_bytes().as_slice().ct_eq(other.as_bytes())
        }
    }
}

#[cfg(feature = "chrono")]
crate::sensitive::secret::numbers! {
    chrono::NaiveDate: Self::default(),
    chrono::NaiveDateTime: Self::default(),
    chrono::DateTime<chrono::Utc>: Self::default(),
}

#[cfg(feature = "time")]
crate::sensitive::secret::numbers! {
    time::Date: Self::MIN,
    time::OffsetDateTime: Self::UNIX_EPOCH,
}

#[cfg(feature = "jiff")]
crate::sensitive::secret::numbers! {
    jiff::civil::Date: Self::default(),
    jiff::Timestamp: Self::default(),
}

#[cfg(feature = "rust_decimal")]
crate::sensitive::secret::numbers! {
    rust_decimal::Decimal: Self::ZERO,
}

#[cfg(feature = "url")]
mod url {
    use std::mem;

    use subtle::{Choice, ConstantTimeEq};
    use url::Url;
    use zeroize::Zeroize;

    use crate::Secret;

    impl Secret for Url {
        fn wipe(&mut self) {
            // There is no empty address, so a short one takes the place.
            if let Ok(blank) = Self::parse("about:blank") {
                String::from(mem::replace(self, blank)).zeroize();
            }
        }

        fn same(&self, other: &Self) -> Choice {
            self.as_str().as_bytes().ct_eq(other.as_str().as_bytes())
        }
    }
}

#[cfg(all(test, feature = "chrono", feature = "rust_decimal", feature = "url", feature = "uuid"))]
mod tests {
    use crate::Secret;

    #[test]
    fn secrets_of_other_crates_are_compared_and_wiped() {
        let mut id = uuid::Uuid::from_u128(7);
        assert!(bool::from(id.same(&uuid::Uuid::from_u128(7))));
        assert!(!bool::from(id.same(&uuid::Uuid::nil())));
        id.wipe();
        assert!(id.is_nil());

        let address = |text: &str| text.parse::<url::Url>().unwrap();
        let mut database = address("postgres://user:canary@db/app");
        assert!(bool::from(database.same(&address("postgres://user:canary@db/app"))));
        assert!(!bool::from(database.same(&address("postgres://user:guess@db/app"))));
        database.wipe();
        assert_eq!(database.as_str(), "about:blank");

        let mut born = chrono::NaiveDate::from_ymd_opt(1815, 12, 10).unwrap();
        assert!(bool::from(born.same(&born)));
        born.wipe();
        assert_eq!(born, chrono::NaiveDate::default());

        let mut salary = rust_decimal::Decimal::new(81_730, 2);
        assert!(!bool::from(salary.same(&rust_decimal::Decimal::ZERO)));
        salary.wipe();
        assert!(salary.is_zero());
    }
}
