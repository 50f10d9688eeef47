//! Snapshots: what `#[wrap_sensitive]` makes of a type, pretty-printed.
//!
//! `AUDIT_SNAPSHOTS=overwrite cargo test -p audit-macros` writes them anew.

use proc_macro2::TokenStream;
use quote::quote;

use super::attribute;

/// Compares the expansion with `snapshots/NAME.snap`.
#[track_caller]
fn check(name: &str, arguments: TokenStream, item: TokenStream) {
    let file = syn::parse2(attribute(arguments, item)).expect("the expansion is a list of items");
    let actual = prettyplease::unparse(&file);
    let path = format!("{}/src/wrap/snapshots/{name}.snap", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("AUDIT_SNAPSHOTS").is_some_and(|v| v == "overwrite") {
        std::fs::write(&path, &actual).expect("snapshots can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name}.snap differs from:\n{actual}");
}

#[test]
fn marked_fields_are_wrapped_and_the_derive_keeps_its_marks() {
    check(
        "redact",
        quote!(),
        quote! {
            /// Who comes in.
            #[derive(Redact, Clone, PartialEq, Deserialize, Serialize)]
            #[serde(rename_all = "camelCase")]
            pub struct Login<'a, T: Secret> where T: Clone {
                #[public]
                pub name: String,
                /// Never shown.
                #[sensitive(mask(last = 4))]
                #[serde(default, serialize_with = "audit_runtime::wire")]
                pub(crate) card: Option<String>,
                #[sensitive]
                #[serde(skip_serializing)]
                text: &'a str,
                #[sensitive]
                #[serde(skip)]
                body: T,
                #[sensitive]
                #[serde(serialize_with = "audit_runtime::wire")]
                old: Option<Sensitive<String>>,
            }
        },
    );
}

#[test]
fn without_the_derive_the_marks_go() {
    check(
        "bare",
        quote!(crate = "crate::audit"),
        quote! {
            #[derive(Debug)]
            enum Method {
                Anonymous,
                Password(#[sensitive] String),
                Card { #[sensitive] number: String, month: u8 },
            }
        },
    );
}

#[test]
fn a_conditional_mark_wraps_under_its_condition() {
    check(
        "conditional",
        quote!(),
        quote! {
            struct Login {
                #[cfg_attr(feature = "guarded", sensitive, doc = "Wrapped.")]
                password: String,
                #[cfg(unix)]
                #[sensitive]
                pin: u16,
            }
        },
    );
}

#[test]
fn a_mistake_is_reported_once_and_its_field_is_wrapped() {
    check(
        "mistakes",
        quote!(),
        quote! {
            #[derive(Serialize)]
            struct Login {
                #[sensitive]
                password: String,
                #[sensitive]
                #[serde(with = "hex")]
                key: [u8; 16],
            }
        },
    );
}
