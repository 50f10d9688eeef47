//! Looks for words among tokens.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

/// True if a word that `is` is one stands anywhere in the tokens; they show what stands in macros too.
pub(crate) fn mentions(tokens: &impl ToTokens, is: impl Fn(&Ident) -> bool) -> bool {
    fn any(tokens: TokenStream, is: &dyn Fn(&Ident) -> bool) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => is(&word),
            TokenTree::Group(group) => any(group.stream(), is),
            _ => false,
        })
    }
    any(tokens.to_token_stream(), &is)
}
