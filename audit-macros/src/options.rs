//! Reads the options of our own attributes and macros.

use proc_macro2::TokenTree;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Token};

use crate::errors::Errors;

/// Reads `= "…"` behind `key`.
///
/// # Errors
/// Fails, at the key, with the form that it should have.
pub(crate) fn text(input: ParseStream<'_>, key: &Ident, form: &str) -> syn::Result<LitStr> {
    if !input.peek(Token![=]) || !input.peek2(LitStr) {
        return Err(Error::new_spanned(key, format!("write `{form}`")));
    }
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Keeps the first value of an option.
pub(crate) fn once<T>(slot: &mut Option<T>, key: &Ident, value: T, errors: &mut Errors) {
    if slot.is_some() {
        errors.at(key, format!("`{key}` is there twice: remove one"));
    } else {
        *slot = Some(value);
    }
}

/// Goes on to the next comma.
pub(crate) fn pass_over(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
