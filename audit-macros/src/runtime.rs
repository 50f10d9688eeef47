//! Where the output of a macro finds the runtime: under its own name, or where `crate = "…"` says.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, LitStr, Path};

/// The path of the runtime in a macro's output.
pub(crate) fn named(by: Option<&Path>) -> TokenStream {
    by.map_or_else(|| quote!(::audit_runtime), ToTokens::to_token_stream)
}

/// Reads the path in the text of `crate = "…"`.
pub(crate) fn path(text: &LitStr) -> syn::Result<Path> {
    text.parse_with(Path::parse_mod_style).map_err(|_| {
        let message = "this is not a path: write `crate = \"path::to::audit_runtime\"`";
        Error::new_spanned(text, message)
    })
}
