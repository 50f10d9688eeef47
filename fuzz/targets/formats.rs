//! Format strings and arguments of log macros: reading never panics, and what is shown is code.

#![no_main]

use audit_syntax::{Aliases, shown};
use libfuzzer_sys::fuzz_target;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, LitStr, Macro};

/// One macro of each form.
const MACROS: &[&str] = &["println", "write", "info", "span", "assert_eq", "ensure", "dbg", "o"];

fuzz_target!(|text: &str| {
    // Deeper nesting ends the stack of the parser, and with it the compiler that called it.
    if text.len() > 1_000 {
        return;
    }
    let literal = LitStr::new(text, Span::call_site());
    check("println", quote!(#literal, a, b = c, d));
    check("info", quote!(a = %b, #literal, c; "d" => e));
    if let Ok(tokens) = text.parse::<TokenStream>() {
        for name in MACROS {
            check(name, tokens.clone());
        }
    }
});

/// What is shown can be written into a program: it parses as the expression that it is.
fn check(name: &str, tokens: TokenStream) {
    let name = Ident::new(name, Span::call_site());
    let Ok(call) = syn::parse2::<Macro>(quote!(#name!(#tokens))) else { return };
    let shown = shown(&call, &Aliases::default());
    for shown in shown.into_iter().flatten() {
        let written = shown.expression.to_token_stream();
        let again = syn::parse2::<Expr>(written.clone());
        assert!(again.is_ok(), "{call} shows {written}", call = call.to_token_stream());
    }
}
