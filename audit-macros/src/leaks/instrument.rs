//! Finds the texts that `#[instrument]` records, named like a secret, before anything can redact them.

use audit_syntax::{Aliases, sensitive_part, shown};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Error, Expr, FnArg, Macro, Meta, Pat, Signature, Type, parse_quote};

use super::walk::Walk;

/// Types of which `#[instrument]` records every letter, wherever they stand in a type.
pub(super) const TEXTS: &[&str] = &[
    "Bytes", "CStr", "CString", "Cow", "OsStr", "OsString", "Path", "PathBuf", "String", "str",
    "u8",
];

/// One `compile_error!` for each argument that would be recorded, at its name, or at the field that
/// shows it. What the fields show is asked about as in a log macro.
pub(super) fn recorded(
    walk: &mut Walk,
    attributes: &[Attribute],
    signature: &Signature,
) -> TokenStream {
    let Some(attribute) = attributes.iter().find(|attribute| is_instrument(attribute)) else {
        return TokenStream::new();
    };
    let (skipped, fields) = match &attribute.meta {
        Meta::List(list) => (skipped(list.tokens.clone()), fields(list.tokens.clone())),
        _ => (Vec::new(), Vec::new()),
    };
    let named = named(signature);
    let followed: Vec<Option<usize>> =
        named.iter().map(|(ident, ..)| walk.scope.follow(&ident.unraw().to_string())).collect();
    for mut field in fields {
        walk.show(&mut field, false);
    }
    let mut errors = TokenStream::new();
    for ((ident, name, part), question) in named.iter().zip(followed) {
        let mut error = |span| {
            let message = format!(
                "`#[instrument]` writes the argument `{name}` to a log, which is named like a secret \
                 (`{part}`): leave it out with `skip({name})`, or let it be a `Sensitive`"
            );
            errors.extend(Error::new(span, message).to_compile_error());
        };
        if !skipped.iter().any(|word| *word == "skip_all" || word == name) {
            error(ident.span());
        }
        if let Some(question) = question {
            walk.scope.questions[question].shown.iter().for_each(|span| error(*span));
            walk.scope.unfollow(name, question);
        }
    }
    errors
}

/// The arguments that are text and named like a secret, each with its name and what tells.
fn named(signature: &Signature) -> Vec<(&Ident, String, &'static str)> {
    let arguments = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some((&*argument.pat, &*argument.ty)),
        FnArg::Receiver(_) => None,
    });
    let named = arguments.filter_map(|(pattern, ty)| match pattern {
        Pat::Ident(binding) if is_text(ty) => {
            let name = binding.ident.unraw().to_string();
            let part = sensitive_part(&name)?;
            Some((&binding.ident, name, part))
        }
        _ => None,
    });
    named.collect()
}

/// What the fields show: not those of which only the name is written, which are empty at first.
fn fields(options: TokenStream) -> Vec<Expr> {
    let mut written = Vec::new();
    let mut tokens = options.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Ident(word) if word == "fields")
            && let Some(TokenTree::Group(list)) = tokens.peek()
        {
            written.extend(list.stream());
        }
    }
    let is = |token: &TokenTree, signs: &str| matches!(token, TokenTree::Punct(punct) if signs.contains(punct.as_char()));
    let each = written.split(|token| is(token, ","));
    let shown_fields = each.filter(|field| field.iter().any(|token| is(token, "=%?")));
    let list = shown_fields.map(|field| field.iter().cloned().collect::<TokenStream>());
    let call: Macro = parse_quote!(tracing::info_span!("", #(#list),*));
    let shown = shown(&call, &Aliases::default()).unwrap_or_default();
    shown.into_iter().map(|shown| shown.expression).collect()
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
