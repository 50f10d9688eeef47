//! Arguments of the attributes: whatever stands there, the macros answer with items.

#![no_main]
#![allow(dead_code, unused_imports, reason = "the macros offer more than is tried here")]

#[path = "../../audit-macros/src/attributes.rs"]
mod attributes;
#[path = "../../audit-macros/src/audited/mod.rs"]
mod audited;
#[path = "../../audit-macros/src/errors.rs"]
mod errors;
#[path = "../../audit-macros/src/leaks/mod.rs"]
mod leaks;
#[path = "../../audit-macros/src/manifest/mod.rs"]
mod manifest;
#[path = "../../audit-macros/src/redact/mod.rs"]
mod redact;
#[path = "../../audit-macros/src/runtime.rs"]
mod runtime;
#[path = "../../audit-macros/src/tokens.rs"]
mod tokens;
#[path = "../../audit-macros/src/wrap/mod.rs"]
mod wrap;

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;
use quote::quote;

fuzz_target!(|text: &str| {
    // Deeper nesting ends the stack of the parser, and with it the compiler that called it.
    if text.len() > 1_000 {
        return;
    }
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    derived(quote! {
        #[redact(#tokens)]
        struct Login<'a, T> {
            #[sensitive(#tokens)]
            password: &'a str,
            #[public(#tokens)]
            inner: T,
            #[sensitive #tokens]
            plain: u32,
        }
    });
    derived(quote!(
        enum Way {
            #[public(#tokens)]
            Token(#[sensitive(#tokens)] String),
            None,
        }
    ));
    derived(tokens.clone());
    let function = quote! {
        async fn update(id: u64, role: &str) -> Result<(), Error> { store(id, role).await }
    };
    answered(audited::attribute(tokens.clone(), function));
    let arguments = quote!(action = "UpdateRole", fields(#tokens));
    answered(audited::attribute(
        arguments,
        quote!(
            fn update(role: Role) {}
        ),
    ));
    // An item that cannot be read comes back as it is, for the compiler to report.
    audited::attribute(quote!(action = "UpdateRole"), tokens);
});

fn derived(input: TokenStream) {
    answered(redact::derive(input));
}

fn answered(output: TokenStream) {
    if let Err(error) = syn::parse2::<syn::File>(output.clone()) {
        panic!("{error} in {output}");
    }
}
