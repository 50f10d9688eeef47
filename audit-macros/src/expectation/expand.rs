//! Writes what is looked for as calls of the runtime, each at the place of its option.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::model::{Call, Field, Sense, Target, Written};

/// One expression, which panics with the report where the assertion does not hold.
pub(super) fn assertion(call: &Call) -> TokenStream {
    let Call { sense, runtime, trail, conditions } = call;
    let mut calls = TokenStream::new();
    for option in &conditions.options {
        match option {
            Written::Value(key, value) => {
                let method = Ident::new(&key.unraw().to_string(), key.span());
                // Texts are looked at and stay the test's own.
                let borrow = (key != "status").then(|| quote_spanned!(value.span()=> &));
                calls.extend(quote_spanned!(value.span()=> .#method(#borrow #value)));
            }
            Written::Word(key, word) => {
                let (ty, variant) = (vocabulary(key), format_ident!("{}", pascal(word)));
                calls.extend(quote_spanned!(key.span()=> .#key(#runtime::#ty::#variant)));
            }
            Written::Target(written) => calls.extend(target(written)),
            Written::Fields(fields) => calls.extend(fields.iter().map(field)),
        }
    }
    if let Some(count) = &conditions.count {
        calls.extend(quote_spanned!(count.span()=> .count(#count)));
    }
    let judge = match sense {
        Sense::There => quote!(require),
        Sense::NotThere => quote!(refuse),
    };
    let trail = quote_spanned!(trail.span()=> &#trail);
    quote!(#runtime::testing::Expected::new()#calls.#judge(#trail))
}

/// The type of the words of an option.
fn vocabulary(key: &Ident) -> Ident {
    let name = match key.to_string().as_str() {
        "outcome" => "Outcome",
        "category" => "Category",
        "op" => "Operation",
        "severity" => "Severity",
        _ => "Phase",
    };
    Ident::new(name, key.span())
}

/// `success` is `Success`.
fn pascal(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

fn target(target: &Target) -> TokenStream {
    let Target { kind, id, name } = target;
    let text = kind.unraw().to_string();
    let display = |value: &Option<syn::Expr>| match value {
        Some(value) => quote_spanned!(value.span()=> ::core::option::Option::Some(&#value)),
        None => quote!(::core::option::Option::None),
    };
    let (id, name) = (display(id), display(name));
    quote_spanned!(kind.span()=> .target(#text, #id, #name))
}

fn field(field: &Field) -> TokenStream {
    let Field { path, value } = field;
    quote_spanned!(value.span()=> .field(#path, &#value))
}
