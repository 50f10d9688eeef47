//! Finds the texts that `#[instrument]` records, named like a secret, before anything can redact them.

use audit_syntax::sensitive_part;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Error, FnArg, Meta, Pat, Signature, Type};

/// Types of which `#[instrument]` records every letter, wherever they stand in a type.
const TEXTS: &[&str] = &[
    "Bytes", "CString", "CStr", "Cow", "OsStr", "OsString", "Path", "PathBuf", "String", "str",
    "u8",
];

/// One `compile_error!` for each argument that would be recorded, at its name.
pub(super) fn recorded(attributes: &[Attribute], signature: &Signature) -> TokenStream {
    let Some(attribute) = attributes.iter().find(|attribute| is_instrument(attribute)) else {
        return TokenStream::new();
    };
    let skipped = match &attribute.meta {
        Meta::List(list) => skipped(list.tokens.clone()),
        _ => Vec::new(),
    };
    let arguments = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some((&*argument.pat, &*argument.ty)),
        FnArg::Receiver(_) => None,
    });
    let named = arguments.filter_map(|(pattern, ty)| match pattern {
        Pat::Ident(binding) if is_text(ty) => Some(&binding.ident),
        _ => None,
    });
    let errors = named.filter_map(|ident| {
        let name = ident.unraw().to_string();
        let part = sensitive_part(&name)?;
        let is_skipped = skipped.iter().any(|word| *word == "skip_all" || *word == name);
        (!is_skipped).then(|| {
            let message = format!(
                "`#[instrument]` writes the argument `{name}` to a log, which is named like a secret \
                 (`{part}`): leave it out with `skip({name})`, or let it be a `Sensitive`"
            );
            Error::new_spanned(ident, message).to_compile_error()
        })
    });
    errors.collect()
}

fn is_instrument(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "instrument")
}

fn is_text(ty: &Type) -> bool {
    let written = ty.to_token_stream().to_string();
    let mut words = written.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    !written.contains("Sensitive") && words.any(|word| TEXTS.contains(&word))
}

/// The arguments that `skip(…)` leaves out or for which `fields(…)` says what to record, and `skip_all`.
fn skipped(options: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    let mut tokens = options.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = token else { continue };
        match tokens.peek() {
            Some(TokenTree::Group(list)) if word == "skip" || word == "fields" => {
                words.extend(listed(list));
            }
            _ if word == "skip_all" => words.push(word.to_string()),
            _ => {}
        }
    }
    words
}

/// The first word of each part of a list.
fn listed(list: &Group) -> Vec<String> {
    if list.delimiter() != Delimiter::Parenthesis {
        return Vec::new();
    }
    let mut is_first = true;
    let mut words = Vec::new();
    for token in list.stream() {
        match token {
            TokenTree::Ident(word) if is_first => {
                words.push(word.unraw().to_string());
                is_first = false;
            }
            TokenTree::Punct(comma) if comma.as_char() == ',' => is_first = true,
            _ => {}
        }
    }
    words
}
