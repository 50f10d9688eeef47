//! `#[derive(Redact)]`: parse, model, check and expand, one file each.

mod beside;
mod causes;
mod check;
mod diff;
mod exceptions;
mod expand;
mod form;
mod hidden;
mod model;
mod parse;
mod part;
mod policy;
mod probed;
mod texts;
mod types;
mod veil;

#[cfg(test)]
mod tests;

pub(crate) use self::exceptions::exception;
pub(crate) use self::types::is_secret;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::errors::Errors;
use crate::manifest;

/// The implementations for the type in `input`, and a `compile_error!` for each mistake in it.
///
/// A field with a mistake is treated as sensitive, so that the type still has its implementations:
/// one mistake gives one message, and the compiler goes on to check the other fields.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let (manifests, noted) = manifest::current();
    let expansion = expansion(input, manifests.strict);
    quote!(#expansion #noted)
}

/// The same where the manifests demand `strict` of every type or not.
fn expansion(input: TokenStream, strict: bool) -> TokenStream {
    // What does not parse here does not parse in the compiler, which says so itself.
    let Ok(input) = syn::parse2::<DeriveInput>(input) else {
        return TokenStream::new();
    };
    let mut errors = Errors::default();
    let mut marked = parse::item(input, &mut errors);
    marked.options.strict |= strict;
    let judged = check::item(marked, &mut errors);
    let expansion = expand::item(&judged);
    let errors = errors.into_tokens();
    quote!(#expansion #errors)
}
