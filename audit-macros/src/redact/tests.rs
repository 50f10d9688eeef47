//! Snapshots: what users get from the derive, pretty-printed.
//!
//! `AUDIT_SNAPSHOTS=overwrite cargo test -p audit-macros` writes them anew.

use quote::quote;

use super::expansion;

/// Compares the expansion with `snapshots/NAME.snap`.
#[track_caller]
fn check(name: &str, input: proc_macro2::TokenStream) {
    let file = syn::parse2(expansion(input, false)).expect("the expansion is a list of items");
    let actual = prettyplease::unparse(&file);
    let path = format!("{}/src/redact/snapshots/{name}.snap", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("AUDIT_SNAPSHOTS").is_some_and(|v| v == "overwrite") {
        std::fs::write(&path, &actual).expect("snapshots can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name}.snap differs from:\n{actual}");
}

#[test]
fn struct_with_names() {
    check(
        "named",
        quote! {
            struct Login {
                #[public]
                username: String,
                #[sensitive]
                password: String,
                r#type: u32,
            }
        },
    );
}

#[test]
fn more_fields_than_a_tuple_has() {
    check(
        "wide",
        quote! {
            struct Wide { a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, #[sensitive] i: u8 }
        },
    );
}

#[test]
fn structs_without_names() {
    check(
        "newtype",
        quote!(
            struct Pin(#[sensitive] String);
        ),
    );
    check(
        "tuple",
        quote!(
            struct Range(u32, #[public] String);
        ),
    );
    check(
        "unit",
        quote!(
            struct Ping;
        ),
    );
}

#[test]
fn enums() {
    check(
        "enum",
        quote! {
            enum Method {
                Anonymous,
                Password(#[sensitive] String),
                Range(u32, u32),
                Card { #[sensitive] number: String, month: u8 },
            }
        },
    );
    check(
        "fieldless",
        quote!(
            enum Role {
                Admin,
                Guest,
            }
        ),
    );
    check(
        "empty",
        quote!(
            enum Never {}
        ),
    );
}

#[test]
fn generics_are_bounded_by_field_types() {
    check(
        "generic",
        quote! {
            #[redact(crate = "crate::audit")]
            struct Page<'a, T: Item + 'a, U, const N: usize = 1>
            where
                U: Clone,
            {
                items: Vec<T>,
                id: T::Id,
                total: [u32; N],
                next: Option<Box<Page<'a, T, U, N>>>,
                #[public(reason = "a name in a table")]
                token: &'a U,
                #[sensitive]
                hidden: U,
            }
        },
    );
}

#[test]
fn policies() {
    check(
        "policies",
        quote! {
            enum Contact<T> {
                Card {
                    #[sensitive(mask(card), class = pci)]
                    number: T,
                    #[sensitive(omit)]
                    pin: String,
                    #[sensitive(encrypt(subject = holder))]
                    limit: u32,
                    holder: u32,
                },
                Email(#[sensitive(pseudonym)] String, #[sensitive(with = host)] String),
            }
        },
    );
}

#[test]
fn a_comparison() {
    check(
        "diff_struct",
        quote! {
            #[redact(diff)]
            struct Login<T> {
                id: u64,
                #[public]
                name: T,
                home: Address,
                #[sensitive(mask(last = 4), class = pii)]
                card: String,
                #[sensitive]
                password: T,
                #[sensitive(omit)]
                pin: String,
            }
        },
    );
    check(
        "diff_enum",
        quote! {
            #[redact(diff)]
            enum Method {
                None,
                Password(#[sensitive] String),
                Range(u32, #[public] String),
            }
        },
    );
}

#[test]
fn a_mistake_is_reported_and_its_field_is_hidden() {
    check(
        "mistakes",
        quote! {
            #[derive(Debug)]
            struct Login {
                #[public]
                #[sensitive]
                name: String,
                password: String,
                attempt: u32,
            }
        },
    );
}
