//! `#[derive(Redact)]`: parse, model, check and expand, one file each.

mod check;
mod expand;
mod model;
mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::errors::Errors;

/// The implementations for the type in `input`, and a `compile_error!` for each mistake in it.
///
/// A field with a mistake is treated as sensitive, so that the type still has its implementations:
/// one mistake gives one message, and the compiler goes on to check the other fields.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let marked = parse::item(input, &mut errors);
    let judged = check::item(marked, &mut errors);
    let expansion = expand::item(&judged);
    let errors = errors.into_tokens();
    quote!(#expansion #errors)
}
