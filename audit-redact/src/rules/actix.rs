//! Rules for the extractors of actix-web: what they hold decides.

use actix_web::web::{Form, Json, Path, Query, ReqData};

use crate::{Diff, Differences, HiddenPaths, Redact, Redaction};

/// Extractors that are written as the value inside.
macro_rules! transparent {
    ($($extractor:ident),* $(,)?) => {$(
        impl<T: Redact> Redact for $extractor<T> {
            fn redact<S: serde::Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
                T::redact(self, serializer, how)
            }

            fn hidden(report: &mut HiddenPaths) {
                T::hidden(report);
            }
        }
        impl<T: Diff> Diff for $extractor<T> {
            fn diff(&self, after: &Self, into: &mut Differences<'_>) {
                T::diff(self, after, into);
            }
        }
    )*};
}

transparent! { Form, Json, Path, Query }

impl<T: Redact + Clone + 'static> Redact for ReqData<T> {
    fn redact<S: serde::Serializer>(
        &self,
        serializer: S,
        how: Redaction<'_>,
    ) -> Result<S::Ok, S::Error> {
        T::redact(self, serializer, how)
    }

    fn hidden(report: &mut HiddenPaths) {
        T::hidden(report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Secretive;

    impl Redact for Secretive {
        fn redact<S: serde::Serializer>(
            &self,
            serializer: S,
            _how: Redaction<'_>,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_str("[redacted]")
        }

        fn hidden(report: &mut HiddenPaths) {
            report.hide("");
        }
    }

    #[test]
    fn an_extractor_shows_and_hides_what_its_content_does() {
        let shown = serde_json::to_string(&Json(7_u64).redacted()).unwrap();
        assert_eq!(shown, "7");
        let hidden = serde_json::to_string(&Form(Secretive).redacted()).unwrap();
        assert_eq!(hidden, r#""[redacted]""#);
        assert_eq!(HiddenPaths::of::<Query<Secretive>>(), ["$"]);
    }
}
