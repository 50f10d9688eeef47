//! Reads the options of the attribute; judges only their form.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, ExprPath, Ident, LitInt, LitStr, Token, parenthesized, token};

use super::model::{
    CATEGORIES, Changes, DURABILITIES, Field, OPERATIONS, SEVERITIES, STANCES, Target, Value,
    Written,
};
use crate::attributes;
use crate::errors::Errors;
use crate::options::{once, text};
use crate::route::Route;
use crate::runtime;

const OPTIONS: &str = "`action`, `target`, `fields`, `changes`, `description`, `category`, `op`, `outcome`, \
                       `severity`, `durability`, `on_unrecorded`, `retention`, `route`, `version` \
                       and `crate`";
const NAMES: &[&str] = &[
    "action",
    "target",
    "fields",
    "changes",
    "description",
    "category",
    "op",
    "outcome",
    "severity",
    "durability",
    "on_unrecorded",
    "retention",
    "route",
    "version",
    "crate",
];
const TARGET_FORM: &str = "write `target(Type, id = expression)`, and `name = expression` after it \
                           if the target has a readable name";
const REASON_FORM: &str = "before what is captured stands nothing but a reason to show it: \
                           `#[public(reason = \"…\")]`";
const EMPTY_REASON: &str = "the reason is empty: say why a record may show this value";
const OUTCOME_FORM: &str = "write `outcome = path`, with the path of a function that borrows what this \
                            one returns and tells its `Outcome`";
const CHANGES_FORM: &str = "write `changes(before = expression, after = expression)`, where `after` may \
                            speak of what the function returned as `ret`";
pub(super) const VERSION_FORM: &str = "write `version = 2`: 1 is the first version of what the records of an action hold, and the default";
const FIELDS_FORM: &str = "write `fields(name = expression)`, or just the name of a variable";

/// Reads each option by itself, so that a mistake in one does not hide those in the next.
pub(super) fn attribute(arguments: TokenStream, errors: &mut Errors) -> Written {
    let mut written = Written::default();
    for tokens in split_at_commas(arguments) {
        let parser = |input: ParseStream<'_>| option(input, &mut written, errors);
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
            written.is_partial = true;
        }
    }
    written
}

fn split_at_commas(arguments: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = arguments.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    let parts = tokens.split(is_comma).filter(|part| !part.is_empty());
    parts.map(|part| part.iter().cloned().collect()).collect()
}

fn option(input: ParseStream<'_>, written: &mut Written, errors: &mut Errors) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        return unnamed(input, written);
    }
    let key = input.call(Ident::parse_any)?;
    match key.to_string().as_str() {
        "action" => {
            let action = text(input, &key, "action = \"UpdateUser\"")?;
            once(&mut written.action, &key, action, errors);
        }
        "description" => {
            let description = text(input, &key, "description = \"{actor} changed {target}\"")?;
            once(&mut written.description, &key, description, errors);
        }
        "retention" => {
            let class = text(input, &key, "retention = \"payments\"")?;
            once(&mut written.retention, &key, class, errors);
        }
        "route" => {
            let route = text(input, &key, "route = \"PUT /users/{id}\"")?;
            let route = Route::read(&route)?;
            if written.routes.contains(&route) {
                errors.at(&key, "this route is there twice: remove one");
            }
            written.routes.push(route);
        }
        "version" => {
            let version = version(input, &key)?;
            once(&mut written.version, &key, version, errors);
        }
        "outcome" => {
            let classifier = classifier(input, &key)?;
            once(&mut written.outcome, &key, classifier, errors);
        }
        "target" => written.targets.push(target(input, &key, errors)?),
        "fields" => {
            let fields = fields(input, &key)?;
            once(&mut written.fields, &key, fields, errors);
        }
        "changes" => {
            let changes = changes(input, &key, errors)?;
            once(&mut written.changes, &key, changes, errors);
        }
        "crate" => {
            let path = text(input, &key, "crate = \"path::to::audit_runtime\"")?;
            match runtime::path(&path) {
                Ok(path) => once(&mut written.runtime, &key, path, errors),
                Err(error) => errors.push(error),
            }
        }
        _ => return choice(input, &key, written, errors),
    }
    Ok(())
}

/// Refuses a value without its option's name. A text that stands for the action in its author's
/// mind is told where it belongs.
fn unnamed(input: ParseStream<'_>, written: &Written) -> syn::Result<()> {
    let is_action = input.peek(LitStr) && written.action.is_none();
    let value: TokenTree = input.parse()?;
    let message = if is_action {
        format!("write `#[audited(action = {value})]`")
    } else {
        format!("an option begins with its name: `#[audited]` accepts {OPTIONS}")
    };
    Err(syn::Error::new_spanned(value, message))
}

/// Reads an option that is one of a few words.
fn choice(
    input: ParseStream<'_>,
    key: &Ident,
    written: &mut Written,
    errors: &mut Errors,
) -> syn::Result<()> {
    let (slot, words) = match key.to_string().as_str() {
        "category" => (&mut written.category, CATEGORIES),
        "op" => (&mut written.operation, OPERATIONS),
        "severity" => (&mut written.severity, SEVERITIES),
        "durability" => (&mut written.durability, DURABILITIES),
        "on_unrecorded" => (&mut written.on_unrecorded, STANCES),
        unknown => {
            let otherwise =
                format!("`{unknown}` is no option of `#[audited]`: it accepts {OPTIONS}");
            errors.at(key, attributes::unknown(key, NAMES, &otherwise));
            // It may be a misspelt `action`, which is not missing then.
            written.is_partial = true;
            // Whatever follows belongs to the unknown option.
            return input.parse::<TokenStream>().map(drop);
        }
    };
    if !input.peek(Token![=]) {
        let accepted = attributes::accepted(key, words);
        return Err(syn::Error::new_spanned(key, format!("{accepted}: write `{key} = word`")));
    }
    input.parse::<Token![=]>()?;
    let value: TokenStream = input.parse()?;
    match attributes::one_of(words, key, &value) {
        Ok(known) => once(slot, key, known, errors),
        Err(error) => errors.push(error),
    }
    Ok(())
}

fn version(input: ParseStream<'_>, key: &Ident) -> syn::Result<LitInt> {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Token![=]>()?;
        input.parse()
    };
    parse(input).map_err(|_| syn::Error::new_spanned(key, VERSION_FORM))
}

fn classifier(input: ParseStream<'_>, key: &Ident) -> syn::Result<ExprPath> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(key, OUTCOME_FORM));
    }
    input.parse::<Token![=]>()?;
    let value: TokenStream = input.parse()?;
    let place = if value.is_empty() { key.to_token_stream() } else { value.clone() };
    syn::parse2(value).map_err(|_| syn::Error::new_spanned(place, OUTCOME_FORM))
}

fn target(input: ParseStream<'_>, key: &Ident, errors: &mut Errors) -> syn::Result<Target> {
    let misformed = || syn::Error::new_spanned(key, TARGET_FORM);
    if !input.peek(token::Paren) {
        return Err(misformed());
    }
    let content;
    parenthesized!(content in input);
    let kind: Ident = content.parse().map_err(|_| misformed())?;
    let (mut id, mut name) = (None, None);
    while !content.is_empty() {
        content.parse::<Token![,]>().map_err(|_| misformed())?;
        if content.is_empty() {
            break;
        }
        let Named { key, value } = content.parse()?;
        if key == "id" {
            once(&mut id, &key, value, errors);
        } else if key == "name" {
            once(&mut name, &key, value, errors);
        } else {
            let otherwise = format!("`target` has `id` and `name`, no `{key}`");
            errors.at(&key, attributes::unknown(&key, &["id", "name"], &otherwise));
        }
    }
    let Some(id) = id else {
        let message = format!(
            "a target has an id: write `target({kind}, id = expression)`, or leave the target out \
             and call `audit_runtime::set_target(\"{kind}\", id)` once the id is known"
        );
        return Err(syn::Error::new_spanned(kind, message));
    };
    Ok(Target { kind, id, name })
}

fn changes(input: ParseStream<'_>, key: &Ident, errors: &mut Errors) -> syn::Result<Changes> {
    let misformed = || syn::Error::new_spanned(key, CHANGES_FORM);
    if !input.peek(token::Paren) {
        return Err(misformed());
    }
    let content;
    parenthesized!(content in input);
    let (mut before, mut after) = (None, None);
    for Named { key, value } in content.parse_terminated(Named::parse, Token![,])? {
        if key == "before" {
            once(&mut before, &key, value, errors);
        } else if key == "after" {
            once(&mut after, &key, value, errors);
        } else {
            let otherwise = format!("`changes` has `before` and `after`, no `{key}`");
            errors.at(&key, attributes::unknown(&key, &["before", "after"], &otherwise));
        }
    }
    match (before, after) {
        (Some(before), Some(after)) => Ok(Changes { key: key.clone(), before, after }),
        _ => Err(misformed()),
    }
}

fn fields(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<Field>> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new_spanned(key, FIELDS_FORM));
    }
    let content;
    parenthesized!(content in input);
    let fields = content.parse_terminated(Field::parse, Token![,])?;
    Ok(fields.into_iter().collect())
}

/// `key = expression`, with or without a reason before it.
struct Named {
    key: Ident,
    value: Value,
}

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let reason = reason(input)?;
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        let expression = input.parse()?;
        Ok(Self { key, value: Value { expression, reason } })
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let reason = reason(input)?;
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            let Named { key, value } = input.parse()?;
            return Ok(Self { name: key, value: Value { reason, ..value } });
        }
        let expression: Expr = input.parse()?;
        match &expression {
            Expr::Path(path) if path.attrs.is_empty() && path.qself.is_none() => {
                let name = path.path.require_ident();
                let name = name.map_err(|_| nameless(&expression))?.clone();
                Ok(Self { name, value: Value { expression, reason } })
            }
            _ => Err(nameless(&expression)),
        }
    }
}

/// The text of `#[public(reason = "…")]`, if it is there.
fn reason(input: ParseStream<'_>) -> syn::Result<Option<LitStr>> {
    let mut reason = None;
    let attributes = input.call(Attribute::parse_outer)?;
    for attribute in &attributes {
        let misformed = || syn::Error::new_spanned(attribute, REASON_FORM);
        let mut text: Option<LitStr> = None;
        let parsed = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("reason") {
                text = Some(meta.value()?.parse()?);
                return Ok(());
            }
            Err(misformed())
        });
        match text.filter(|_| parsed.is_ok() && attribute.path().is_ident("public")) {
            None => return Err(misformed()),
            Some(text) if text.value().trim().is_empty() => {
                return Err(syn::Error::new_spanned(text, EMPTY_REASON));
            }
            text => reason = text,
        }
    }
    Ok(reason)
}

fn nameless(value: &Expr) -> syn::Error {
    syn::Error::new_spanned(value, "give this field a name: write `name = expression`")
}
