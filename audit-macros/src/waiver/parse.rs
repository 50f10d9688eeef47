//! Reads the options of a waiver; all of them are needed.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, LitStr, Token};

use super::date::Date;
use crate::attributes;
use crate::errors::Errors;
use crate::options::{once, pass_over, text};
use crate::route::Route;

const FORM: &str = "write `waive!(route = \"GET /health\", access = none, reason = \"…\", until = \
                    \"2028-06-30\")`, or `audited = none` in place of `access = none`";
const NAMES: &[&str] = &["route", "access", "audited", "reason", "until"];
const TWO: &str = "a waiver is for one kind of record: write another one for this";
const EMPTY_REASON: &str = "the reason is empty: say why nothing is recorded here";

/// What is waived, complete.
pub(super) struct Waiver {
    /// `$crate` of the runtime.
    pub(super) runtime: TokenStream,
    pub(super) route: Route,
    /// The variant that names it.
    pub(super) waived: Ident,
    pub(super) reason: LitStr,
    pub(super) until: Date,
}

/// The options as far as they could be read.
#[derive(Default)]
struct Written {
    route: Option<Route>,
    waived: Option<Ident>,
    reason: Option<LitStr>,
    until: Option<Date>,
    /// An option has a mistake; what seems to be missing may be that one.
    is_partial: bool,
}

/// The waiver, or none if a part of it is missing.
pub(super) fn call(input: TokenStream, errors: &mut Errors) -> Option<Waiver> {
    let mut written = Written::default();
    let parser = |input: ParseStream<'_>| {
        let runtime: TokenTree = input.parse()?;
        input.parse::<Token![;]>()?;
        while !input.is_empty() {
            if let Err(error) = option(input, &mut written, errors) {
                errors.push(error);
                written.is_partial = true;
                pass_over(input);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(runtime.into_token_stream())
    };
    let runtime = match parser.parse2(input) {
        Ok(runtime) => runtime,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let Written { route, waived, reason, until, is_partial } = written;
    match (route, waived, reason, until) {
        (Some(route), Some(waived), Some(reason), Some(until)) => {
            Some(Waiver { runtime, route, waived, reason, until })
        }
        _ if is_partial => None,
        _ => {
            errors.push(Error::new(Span::call_site(), FORM));
            None
        }
    }
}

fn option(input: ParseStream<'_>, written: &mut Written, errors: &mut Errors) -> syn::Result<()> {
    let key = input.call(Ident::parse_any).map_err(|error| Error::new(error.span(), FORM))?;
    let name = key.to_string();
    match name.as_str() {
        "route" => {
            let route = Route::read(&text(input, &key, &format!("{key} = \"…\""))?)?;
            once(&mut written.route, &key, route, errors);
        }
        "access" | "audited" => {
            none(input, &key)?;
            let waived = if name == "access" { "Access" } else { "Audit" };
            if written.waived.replace(format_ident!("{waived}")).is_some() {
                errors.at(&key, TWO);
            }
        }
        "reason" => {
            let reason = text(input, &key, &format!("{key} = \"…\""))?;
            if reason.value().trim().is_empty() {
                return Err(Error::new(reason.span(), EMPTY_REASON));
            }
            once(&mut written.reason, &key, reason, errors);
        }
        "until" => {
            let date = Date::read(text(input, &key, &format!("{key} = \"…\""))?)?;
            once(&mut written.until, &key, date, errors);
        }
        _ => return Err(Error::new(key.span(), attributes::unknown(&key, NAMES, FORM))),
    }
    Ok(())
}

/// Reads `= none`, the one value.
fn none(input: ParseStream<'_>, key: &Ident) -> syn::Result<()> {
    let misformed = || Error::new(key.span(), format!("write `{key} = none`"));
    input.parse::<Token![=]>().map_err(|_| misformed())?;
    let word = input.call(Ident::parse_any).map_err(|_| misformed())?;
    if word == "none" { Ok(()) } else { Err(misformed()) }
}
