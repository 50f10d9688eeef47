//! Collects every mistake of one macro call, so that one build reports them all.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far; the collector must be turned into tokens, even if it is empty.
#[must_use]
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<Error>,
    reported: bool,
}

impl Errors {
    /// Adds a mistake at the user's `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that the parser found.
    pub(crate) fn push(&mut self, error: Error) {
        self.found.push(error);
    }

    /// One `compile_error!` for each mistake, in the order of discovery.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        self.reported = true;
        self.found.iter().map(Error::to_compile_error).collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A lost mistake would be a secret that nobody hides.
        assert!(
            self.reported || std::thread::panicking(),
            "the errors of a macro were dropped without being reported"
        );
    }
}
