//! `#[audited]`: read the options and the function, judge them, and wrap the body.

mod check;
mod compare;
mod description;
mod expand;
mod expressions;
mod function;
mod model;
mod parse;
mod renamings;
mod routes;
mod secrets;
mod specification;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::leaks;

pub(crate) use model::{CATEGORIES, OPERATIONS, SEVERITIES};

/// The function with its body in an audit scope, or unchanged beside a `compile_error!` for each
/// mistake.
///
/// The unchanged function keeps its callers compiling: one mistake gives one message. A body that
/// cannot be read is left to the compiler, which reports it.
pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let written = parse::attribute(arguments, &mut errors);
    let spec = check::spec(written, &mut errors);
    let runtime = spec.as_ref().and_then(|spec| spec.runtime.as_ref());
    let captured = spec.as_ref().map(model::Spec::captured).unwrap_or_default();
    let checked = leaks::function(item.clone(), &captured, renamings::end, runtime);
    let function = function::read(item.clone(), checked, &mut errors);
    if let (Some(spec), Some(function)) = (&spec, &function) {
        check::refusal(spec, function, &mut errors);
        check::outcome(spec, function, &mut errors);
        check::changes(spec, function, &mut errors);
    }
    let errors = errors.into_tokens();
    match (spec, function) {
        (Some(spec), Some(function)) if errors.is_empty() => expand::function(&spec, function),
        _ => quote!(#errors #item),
    }
}
