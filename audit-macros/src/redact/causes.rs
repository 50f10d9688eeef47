//! Finds marked fields that another derive makes the cause of an error: `#[source]`, `#[from]`.

use quote::ToTokens;
use syn::{Attribute, Member};

use super::model::{Cause, Class, Field, Fields, Policy, PolicyKind};
use super::texts;
use crate::attributes;
use crate::errors::Errors;

/// What the attributes of a field say about it as the cause of an error.
pub(super) fn of(field: &[Attribute]) -> Cause {
    let cause = field.iter().find(|a| attributes::is_named(a.path(), &["source", "from"]));
    if let Some(cause) = cause {
        return Cause::Said(Box::new(cause.clone()));
    }
    // derive_more says it in parentheses.
    let said = field.iter().find(|a| a.path().is_ident("error"));
    let metas = attributes::metas(field, "error");
    match said {
        Some(said) if metas.iter().any(|meta| meta.path().is_ident("source")) => {
            Cause::Said(Box::new(said.clone()))
        }
        Some(_) => Cause::Denied,
        None => Cause::Unsaid,
    }
}

/// Refuses a marked field whose own text reporters would print behind that of the error.
pub(super) fn check(parts: &[&Fields<Class>], errors: &mut Errors) {
    for fields in parts {
        // What the text shows of the field is said already.
        if texts::is_transparent(fields) {
            continue;
        }
        for field in fields.list.iter().filter(|field| field.is_shown_plain()) {
            if !is_shown_by_choice(field) {
                refuse(field, texts::is_error(fields), errors);
            }
        }
    }
}

/// True if a function of the user's says what a log shows of the field.
fn is_shown_by_choice(field: &Field<Class>) -> bool {
    matches!(&field.mark, Class::Sensitive(Policy { kind: PolicyKind::With(_), .. }))
}

fn refuse(field: &Field<Class>, is_error: bool, errors: &mut Errors) {
    let name = field.member.to_token_stream();
    let message = |remove: &str| {
        format!(
            "the field `{name}` is `#[sensitive]`, and whoever reports this error with its causes prints \
             it: {remove}; or, if its text holds no secret, show it: \
             `#[sensitive(with = ToString::to_string)]`"
        )
    };
    match (&field.cause, &field.member) {
        // derive_more has a `#[from]` that makes nothing a cause.
        (Cause::Said(attribute), _) if is_error || !attribute.path().is_ident("from") => {
            let remove = attribute.to_token_stream().to_string().replace(' ', "");
            errors.at(attribute, message(&format!("remove this `{remove}`")));
        }
        (Cause::Unsaid, Member::Named(ident)) if is_error && ident == "source" => {
            errors.at(ident, message("give it another name, since `source` makes it the cause"));
        }
        _ => {}
    }
}
