//! Types that a service sends and receives, in the three forms.

use std::collections::HashMap;
use std::fmt::Debug;

use audit_runtime::{Redact, wrap_sensitive};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::canary;

/// A type of one form, and a value of it that holds the secret.
pub(super) trait Served: Serialize + DeserializeOwned + Debug {
    fn filled() -> Self;

    /// What is logged of it: the redacted form, where the type has one.
    fn log_form(&self) -> impl Serialize + Debug;

    /// The form's type with a map whose keys are secret, and that with a JSON value.
    fn keyed() -> impl Serialize + Debug;
    fn profile() -> impl Serialize + Debug;
}

/// Writes the types of one form: what stands above a type, on a secret field that is served, on a
/// secret field that is not, and on a field that anybody may see.
macro_rules! served {
    ($module:ident, $log_form:ident, [$($above:tt)*], [$($secret:tt)*], [$($public:tt)*]) => {
        #[allow(dead_code, reason = "what is hidden is read by nobody")]
        pub(super) mod $module {
            use super::*;

            $($above)*
            #[derive(Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(in super::super) struct Account {
                $($public)* user: String,
                $($secret)* password: String,
            }

            $($above)*
            #[derive(Serialize)]
            struct Keyed {
                $($public)* user: String,
                $($secret)* uses: HashMap<String, u32>,
            }

            $($above)*
            #[derive(Serialize)]
            struct Profile {
                $($public)* user: String,
                $($secret)* profile: Value,
            }

            impl Served for Account {
                fn filled() -> Self {
                    Self {
                        user: "ada".into(),
                        password: canary::TEXT.to_owned().into(),
                    }
                }

                fn log_form(&self) -> impl Serialize + Debug {
                    $log_form(self)
                }

                fn keyed() -> impl Serialize + Debug {
                    let uses = HashMap::from([(canary::TEXT.to_owned(), 1)]);
                    Keyed { user: "ada".into(), uses: uses.into() }
                }

                fn profile() -> impl Serialize + Debug {
                    let profile = json!({ "password": canary::TEXT, "n": [canary::NUMBER] });
                    Profile { user: "ada".into(), profile: profile.into() }
                }
            }
        }
    };
}

served!(bare, itself, [#[derive(Debug)]], [], []);

served!(
    plain,
    redacted,
    [#[derive(Redact)]],
    [
        #[sensitive]
        #[serde(
            serialize_with = "audit_runtime::wire_plain",
            deserialize_with = "audit_runtime::withheld"
        )]
    ],
    [#[public]]
);

served!(
    wrapped,
    redacted,
    [#[wrap_sensitive] #[derive(Redact)]],
    [#[sensitive] #[serde(serialize_with = "audit_runtime::wire")]],
    [#[public]]
);

fn itself<T>(value: &T) -> &T {
    value
}

fn redacted<T: Redact>(value: &T) -> audit_runtime::Redacted<'_, T> {
    value.redacted()
}
