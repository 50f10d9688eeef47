//! `assert_audited!` and `assert_not_audited!`: read what is looked for, and write it as calls.

mod expand;
mod model;
mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

/// The assertion, or a `compile_error!` for each mistake.
pub(crate) fn assertion(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let written = parse::call(input, &mut errors);
    let errors = errors.into_tokens();
    match written {
        Some(written) if errors.is_empty() => expand::assertion(&written),
        _ => quote!({ #errors }),
    }
}
