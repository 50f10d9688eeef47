//! Snapshots: what users get from the attribute, pretty-printed.
//!
//! `AUDIT_SNAPSHOTS=overwrite cargo test -p audit-macros` writes them anew.

use proc_macro2::TokenStream;
use quote::quote;

use super::attribute;

/// Compares the expansion with `snapshots/NAME.snap`.
#[track_caller]
fn check(name: &str, item: TokenStream) {
    let expansion = attribute(quote!(crate = "crate::audit"), item);
    let file = syn::parse2(expansion).expect("the expansion is a list of items");
    let actual = prettyplease::unparse(&file);
    let path = format!("{}/src/leaks/snapshots/{name}.snap", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("AUDIT_SNAPSHOTS").is_some_and(|v| v == "overwrite") {
        std::fs::write(&path, &actual).expect("snapshots can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name}.snap differs from:\n{actual}");
}

/// Asserts that the attribute leaves the tokens alone.
#[track_caller]
fn check_unchanged(item: TokenStream) {
    assert_eq!(attribute(quote!(), item.clone()).to_string(), item.to_string());
}

#[test]
fn fields_and_locals() {
    check(
        "locals",
        quote! {
            fn sign_in(login: &Login) {
                let password = login.password.clone();
                info!(user = %login.name, "{password}");
            }
        },
    );
}

#[test]
fn what_is_shown_twice_is_asked_about_once() {
    check(
        "twice",
        quote! {
            fn sign_in(login: &Login) {
                let name = login.name.clone();
                info!(name, "hello {name}");
            }
        },
    );
}

#[test]
fn a_part_is_asked_about_outside_the_closure_that_captures_it() {
    check(
        "closure",
        quote! {
            fn later(login: Login) -> impl Fn() {
                move || info!("{}", login.name)
            }
        },
    );
}

#[test]
fn parameters_of_closures_get_a_name_where_it_is_needed() {
    check(
        "parameters",
        quote! {
            fn all(Json(Login { name, .. }): Json<Login>, logins: &[Login]) {
                info!("{name}");
                logins.iter().for_each(|Login { name, .. }| info!("{name}"));
            }
        },
    );
}

#[test]
fn patterns_are_asked_about_before_them() {
    check(
        "patterns",
        quote! {
            fn choose(method: Method) {
                if let Some(Login { name, .. }) = method.login() {
                    info!("{name}");
                }
                match method {
                    Method::Password(password) => info!("{password}"),
                    _ => {}
                }
            }
        },
    );
}

#[test]
fn what_shows_nothing_stays_as_it_is() {
    check_unchanged(quote! {
        fn harmless(login: Login) -> Option<usize> {
            let Login { name, password, .. } = login;
            let length = Some(password).map(|password| password.len());
            info!("signed in: {length:?}");
            match length {
                Some(length) if length > 3 => name.find(|c| c == 'a'),
                _ => None,
            }
        }
    });
    check_unchanged(quote! {
        const fn constant(login: &Login) -> u32 {
            assert!(login.count > 1, "too few");
            login.count
        }
    });
}

#[test]
fn a_body_that_cannot_be_read_is_left_to_the_compiler() {
    check_unchanged(quote! {
        fn broken(login: Login) { let = info!("{}", login.password) }
    });
}
