//! `waive!`: reads for which route which record is waived, why and until when, and registers that.

mod date;
mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use parse::Waiver;

/// The registration, or a `compile_error!` for each mistake.
pub(crate) fn registration(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let waiver = parse::call(input, &mut errors);
    let errors = errors.into_tokens();
    match waiver {
        Some(waiver) if errors.is_empty() => expand(&waiver),
        _ => errors,
    }
}

fn expand(waiver: &Waiver) -> TokenStream {
    let Waiver { runtime, route, waived, reason, until } = waiver;
    let (route, day, text) = (route.text(), until.day, &until.text);
    quote! {
        #runtime::__private::inventory::submit! {
            #runtime::catalog::Waiver::new(
                #route,
                #runtime::catalog::Waived::#waived,
                #reason,
                #text,
                #day,
                ::core::file!(),
                ::core::line!(),
            )
        }
    }
}
