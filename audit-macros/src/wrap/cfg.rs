//! The mark of a field, which may depend on a condition.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token, parse_quote};

/// What says that a field is sensitive.
pub(super) enum Mark {
    Missing,
    /// `#[sensitive]`
    Always,
    /// `#[cfg_attr(condition, sensitive)]`, with each condition there is.
    If(Vec<TokenStream>),
}

pub(super) fn mark(attributes: &[Attribute]) -> Mark {
    if attributes.iter().any(|attribute| attribute.path().is_ident("sensitive")) {
        return Mark::Always;
    }
    let conditions: Vec<TokenStream> =
        attributes.iter().filter_map(|attribute| condition(&attribute.meta)).collect();
    if conditions.is_empty() { Mark::Missing } else { Mark::If(conditions) }
}

/// Takes the marks away, which the compiler does not know without the derive.
pub(super) fn remove_marks(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident("sensitive"));
    for attribute in attributes {
        if condition(&attribute.meta).is_some() {
            attribute.meta = unmarked(&attribute.meta);
        }
    }
}

/// The condition under which a `cfg_attr` marks its field.
fn condition(meta: &Meta) -> Option<TokenStream> {
    let (condition, attributes) = conditional(meta)?;
    for attribute in &attributes {
        if attribute.path().is_ident("sensitive") {
            return Some(condition);
        }
        if let Some(inner) = self::condition(attribute) {
            return Some(parse_quote!(all(#condition, #inner)));
        }
    }
    None
}

fn unmarked(meta: &Meta) -> Meta {
    let Some((condition, attributes)) = conditional(meta) else {
        return meta.clone();
    };
    let kept = attributes.iter().filter(|attribute| !attribute.path().is_ident("sensitive"));
    let kept = kept.map(unmarked);
    parse_quote!(cfg_attr(#condition #(, #kept)*))
}

/// The parts of a `cfg_attr`.
fn conditional(meta: &Meta) -> Option<(TokenStream, Vec<Meta>)> {
    let list = meta.require_list().ok().filter(|list| list.path.is_ident("cfg_attr"))?;
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let mut parts = parts.into_iter();
    Some((parts.next()?.into_token_stream(), parts.collect()))
}
