//! What a waiver becomes, and the mistakes that are found in one.

use proc_macro2::TokenStream;
use quote::quote;

use super::registration;

/// The messages of all mistakes in a call.
fn mistakes(call: TokenStream) -> Vec<String> {
    let text = registration(quote!(runtime; #call)).to_string();
    let parts = text.split("compile_error ! { \"").skip(1);
    parts.filter_map(|part| Some(part.split_once("\" }")?.0.to_owned())).collect()
}

#[test]
fn a_waiver_is_registered_with_its_last_day() {
    let call = quote! {
        runtime; route = "GET /health", access = none, reason = "a probe", until = "1970-01-01",
    };
    assert!(registration(call).to_string().contains("between 2000 and 2199"));
    let call = quote! {
        runtime; route = "POST /hooks/{id}", audited = none, reason = "a probe", until = "2000-01-02"
    };
    let expected = quote! {
        runtime::__private::inventory::submit! {
            runtime::catalog::Waiver::new(
                "POST /hooks/{id}",
                runtime::catalog::Waived::Audit,
                "a probe",
                "2000-01-02",
                10958i64,
                ::core::file!(),
                ::core::line!(),
            )
        }
    };
    assert_eq!(registration(call).to_string(), expected.to_string());
}

#[test]
fn each_mistake_is_told_once() {
    assert_eq!(mistakes(quote!(route = "GET /", access = none, reason = "x")).len(), 1);
    let all = mistakes(quote! {
        route = "/health", access = all, reason = " ", untill = "2031-01-31", until = "2031-02-30"
    });
    assert_eq!(all.len(), 5, "{all:#?}");
    let routes = ["get /x", "GET x", "GET /x?y", "GET /:id", "G-T /x", "GET  /x"];
    for route in routes {
        let found =
            mistakes(quote!(route = #route, access = none, reason = "x", until = "2031-01-31"));
        assert_eq!(found.len(), 1, "{route}: {found:?}");
    }
    let two =
        quote!(route = "GET /", access = none, audited = none, reason = "x", until = "2031-01-31");
    assert_eq!(mistakes(two).len(), 1);
}
