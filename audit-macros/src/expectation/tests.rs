//! What the assertions become, and the mistakes that are found in them.

use proc_macro2::TokenStream;
use quote::quote;

use super::assertion;

fn expanded(call: TokenStream) -> String {
    assertion(call).to_string()
}

/// The messages of all mistakes in a call.
fn mistakes(call: TokenStream) -> Vec<String> {
    let text = expanded(call);
    let parts = text.split("compile_error ! { \"").skip(1);
    parts.filter_map(|part| Some(part.split_once("\" }")?.0.to_owned())).collect()
}

#[test]
fn options_become_calls_in_their_order() {
    let call = quote! {
        there runtime; trail,
        action = "UpdateUser", outcome = success, actor = format!("user:{id}"),
        target(Account, id = 7), fields(amount = 5, change.note.0 = "x", role), count = 1,
    };
    let expected = quote! {
        runtime::testing::Expected::new()
            .action(&"UpdateUser")
            .outcome(runtime::Outcome::Success)
            .actor(&format!("user:{id}"))
            .target("Account", ::core::option::Option::Some(&7), ::core::option::Option::None)
            .field("amount", &5)
            .field("change.note.0", &"x")
            .field("role", &role)
            .count(1)
            .require(&trail)
    };
    assert_eq!(expanded(call), expected.to_string());
}

#[test]
fn every_mistake_is_told_and_none_hides_the_next() {
    let found = mistakes(quote! {
        there runtime; trail,
        acton = "UpdateUser", outcome = sucess, outcome = "denied", category = activity x,
        target(id = 7), fields(a == 5), 7, count = 0, severity, action =, actor = "a", actor = "b"
    });
    let begins = [
        "there is no `acton` here; did you mean `action`?",
        "there is no `sucess` here; did you mean `success`?",
        "write `outcome = denied`, without quotes",
        "between two options stands a comma",
        "write `target(Type, id = expression)`",
        "write `fields(name = expression)`",
        "an option begins with its name",
        "that there is none is said by `assert_not_audited!`",
        "`severity` accepts one of the words",
        "write `action = expression`",
        "`actor` is there twice: remove one",
    ];
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (found, begin) in found.iter().zip(begins) {
        assert!(found.starts_with(begin), "{found}\n{begin}");
    }
}

#[test]
fn the_trail_comes_first() {
    for call in [
        quote!(there runtime;),
        quote!(there runtime; action = "UpdateUser", outcome = nothing),
        quote!(there runtime; target(Account, id = 7)),
    ] {
        let found = mistakes(call);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("first comes the trail"), "{found:#?}");
    }
}
