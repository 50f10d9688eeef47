//! Reads a call: the trail, and the options that say what is looked for in it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, ExprLit, Lit, LitInt, Token, parenthesized, token};

use super::model::{Call, Conditions, Field, OUTCOMES, PHASES, Sense, Target, Written};
use crate::attributes;
use crate::audited::{CATEGORIES, OPERATIONS, SEVERITIES};
use crate::errors::Errors;
use crate::options::pass_over;

const OPTIONS: &str = "`action`, `outcome`, `actor`, `target`, `fields`, `reason`, `error`, \
                       `category`, `op`, `severity`, `phase`, `description`, `status`, `route`, \
                       `correlation` and `count`";
const NAMES: &[&str] = &[
    "action",
    "outcome",
    "actor",
    "target",
    "fields",
    "reason",
    "error",
    "category",
    "op",
    "severity",
    "phase",
    "description",
    "status",
    "route",
    "correlation",
    "count",
];
/// Options whose value is any expression.
const VALUES: &[&str] =
    &["action", "actor", "reason", "error", "description", "status", "route", "correlation"];
const TARGET_FORM: &str = "write `target(Type, id = expression)`; the id can be left out, and \
                           `name = expression` can follow";
const FIELDS_FORM: &str = "write `fields(name = expression)`, or `fields(change.amount = expression)` \
                           for a part of one; just a name is compared with the variable of that name";
const COMMA: &str = "between two options stands a comma";

/// The call, or none if there is no trail to look in.
pub(super) fn call(input: TokenStream, errors: &mut Errors) -> Option<Call> {
    let parser = |input: ParseStream<'_>| Ok(head(input, errors));
    match parser.parse2(input) {
        Ok(Ok(call)) => Some(call),
        Ok(Err(error)) | Err(error) => {
            errors.push(error);
            None
        }
    }
}

/// What our own macros put in front, the trail, and all options.
fn head(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Call> {
    let word: Ident = input.parse()?;
    let sense = if word == "there" { Sense::There } else { Sense::NotThere };
    let runtime: TokenTree = input.parse()?;
    input.parse::<Token![;]>()?;
    let trail = trail(input, sense)?;
    let mut conditions = Conditions::default();
    options(input, sense, &mut conditions, errors);
    Ok(Call { sense, runtime: runtime.into_token_stream(), trail, conditions })
}

fn trail(input: ParseStream<'_>, sense: Sense) -> syn::Result<Expr> {
    let name = sense.macro_name();
    let form =
        format!("first comes the trail to look in: write `{name}(trail, action = \"UpdateUser\")`");
    if input.is_empty() {
        return Err(Error::new(Span::call_site(), form));
    }
    let is_option = |word: &Ident| NAMES.contains(&word.to_string().as_str());
    if input.peek(Ident::peek_any) && (input.peek2(Token![=]) || input.peek2(token::Paren)) {
        let word = input.fork().call(Ident::parse_any)?;
        if is_option(&word) {
            return consumed(input, Error::new_spanned(&word, form));
        }
    }
    let trail = input.parse::<Expr>();
    trail.or_else(|error| consumed(input, error))
}

/// Passes over the rest, which is judged when the beginning is right: one mistake, one message.
fn consumed<T>(input: ParseStream<'_>, error: Error) -> syn::Result<T> {
    input.parse::<TokenStream>()?;
    Err(error)
}

/// Reads each option by itself, so that a mistake in one does not hide those in the next.
fn options(input: ParseStream<'_>, sense: Sense, into: &mut Conditions, errors: &mut Errors) {
    while !input.is_empty() {
        if let Err(error) = comma(input) {
            errors.push(error);
            pass_over(input);
            continue;
        }
        if input.is_empty() {
            return;
        }
        if let Err(error) = option(input, sense, into, errors) {
            errors.push(error);
            pass_over(input);
        }
    }
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![,]) {
        return input.parse::<Token![,]>().map(drop);
    }
    Err(input.error(COMMA))
}

fn option(
    input: ParseStream<'_>,
    sense: Sense,
    into: &mut Conditions,
    errors: &mut Errors,
) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        let message =
            format!("an option begins with its name: `{}` accepts {OPTIONS}", sense.macro_name());
        return Err(input.error(message));
    }
    let key = input.call(Ident::parse_any)?;
    let name = key.to_string();
    match name.as_str() {
        "target" => into.options.push(Written::Target(target(input, &key, errors)?)),
        "fields" => {
            let fields = fields(input, &key)?;
            once(&key, "write all of them into one", into, errors);
            into.options.push(Written::Fields(fields));
        }
        "count" => {
            let count = count(input, &key, sense)?;
            if into.count.replace(count).is_some() {
                errors.at(&key, twice(&name));
            }
        }
        value if VALUES.contains(&value) => {
            let expression = expression(input, &key, &format!("{value} = expression"))?;
            once(&key, "remove one", into, errors);
            into.options.push(Written::Value(key, expression));
        }
        _ => return choice(input, key, sense, into, errors),
    }
    Ok(())
}

fn once(key: &Ident, instead: &str, into: &Conditions, errors: &mut Errors) {
    if into.has(key) {
        errors.at(key, format!("`{key}` is there twice: {instead}"));
    }
}

fn twice(name: &str) -> String {
    format!("`{name}` is there twice: remove one")
}

/// Reads an option that is one of a few words.
fn choice(
    input: ParseStream<'_>,
    key: Ident,
    sense: Sense,
    into: &mut Conditions,
    errors: &mut Errors,
) -> syn::Result<()> {
    let words = match key.to_string().as_str() {
        "outcome" => OUTCOMES,
        "category" => CATEGORIES,
        "op" => OPERATIONS,
        "severity" => SEVERITIES,
        "phase" => PHASES,
        unknown => {
            let name = sense.macro_name();
            let otherwise = format!("`{unknown}` is no option of `{name}`: it accepts {OPTIONS}");
            let message = match unknown {
                "field" => "there is no `field` here; write `fields(name = expression)`".to_owned(),
                _ => attributes::unknown(&key, NAMES, &otherwise),
            };
            return Err(Error::new_spanned(&key, message));
        }
    };
    let accepted = attributes::accepted(&key, words);
    if !input.peek(Token![=]) {
        return Err(Error::new_spanned(&key, format!("{accepted}: write `{key} = word`")));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(&key, accepted));
    }
    let value: TokenTree = input.parse()?;
    match attributes::one_of(words, &key, &value) {
        Ok(known) => {
            once(&key, "remove one", into, errors);
            into.options.push(Written::Word(key, known));
        }
        Err(error) => errors.push(error),
    }
    Ok(())
}

fn expression(input: ParseStream<'_>, key: &Ident, form: &str) -> syn::Result<Expr> {
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        return Err(Error::new_spanned(key, format!("write `{form}`")));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(key, format!("write `{form}`")));
    }
    input.parse()
}

fn count(input: ParseStream<'_>, key: &Ident, sense: Sense) -> syn::Result<Expr> {
    let count = expression(input, key, "count = 1")?;
    if sense == Sense::NotThere {
        let message = "`assert_not_audited!` looks for none at all: leave `count` out, or write \
                       `assert_audited!` with the count there should be";
        return Err(Error::new_spanned(key, message));
    }
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = &count
        && number.base10_digits() == "0"
    {
        let message = "that there is none is said by `assert_not_audited!`, without `count`";
        return Err(Error::new_spanned(number, message));
    }
    Ok(count)
}

fn target(input: ParseStream<'_>, key: &Ident, errors: &mut Errors) -> syn::Result<Target> {
    let misformed = || Error::new_spanned(key, TARGET_FORM);
    if !input.peek(token::Paren) {
        return Err(misformed());
    }
    let content;
    parenthesized!(content in input);
    let read = named(&content, misformed, errors);
    read.or_else(|error| consumed(&content, error))
}

/// What stands between the parentheses of a target.
fn named(
    content: ParseStream<'_>,
    misformed: impl Fn() -> Error,
    errors: &mut Errors,
) -> syn::Result<Target> {
    let kind: Ident = content.call(Ident::parse_any).map_err(|_| misformed())?;
    let (mut id, mut name) = (None, None);
    while !content.is_empty() {
        content.parse::<Token![,]>().map_err(|_| misformed())?;
        if content.is_empty() {
            break;
        }
        let key = content.call(Ident::parse_any).map_err(|_| misformed())?;
        let value = expression(content, &key, &format!("{key} = expression"))?;
        let slot = match key.to_string().as_str() {
            "id" => &mut id,
            "name" => &mut name,
            unknown => {
                let otherwise = format!("`target` has `id` and `name`, no `{unknown}`");
                errors.at(&key, attributes::unknown(&key, &["id", "name"], &otherwise));
                continue;
            }
        };
        if slot.replace(value).is_some() {
            errors.at(&key, twice(&key.to_string()));
        }
    }
    Ok(Target { kind, id, name })
}

fn fields(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<Field>> {
    if !input.peek(token::Paren) {
        return Err(Error::new_spanned(key, FIELDS_FORM));
    }
    let content;
    parenthesized!(content in input);
    let fields = content.parse_terminated(field, Token![,]);
    let fields = fields.or_else(|error| consumed(&content, error))?;
    if fields.is_empty() {
        return Err(Error::new_spanned(key, FIELDS_FORM));
    }
    Ok(fields.into_iter().collect())
}

fn field(input: ParseStream<'_>) -> syn::Result<Field> {
    let first = input.call(Ident::parse_any).map_err(|_| input.error(FIELDS_FORM))?;
    let misformed = || Error::new_spanned(&first, FIELDS_FORM);
    let mut path = first.unraw().to_string();
    if input.is_empty() || input.peek(Token![,]) {
        let value: Expr = syn::parse2(first.to_token_stream())?;
        return Ok(Field { path, value });
    }
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        path.push('.');
        if input.peek(LitInt) {
            path.push_str(input.parse::<LitInt>()?.base10_digits());
        } else {
            let part = input.call(Ident::parse_any).map_err(|_| misformed())?;
            path.push_str(&part.unraw().to_string());
        }
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        return Err(misformed());
    }
    input.parse::<Token![=]>()?;
    Ok(Field { path, value: input.parse()? })
}
