//! Judges the options: what is missing, what contradicts itself, what follows from the rest.

use std::iter;

use audit_syntax::{is_action_name, operation, sensitive_part};
use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Ident, LitInt, LitStr};

use super::model::{Changes, Field, Function, RET, Returns, Spec, Value, Written};
use super::parse::VERSION_FORM;
use super::{description, secrets};
use crate::errors::Errors;

/// The longest name of an action, in bytes; a record would cut a longer one.
const ACTION_BYTES_MAX: usize = 128;

const NO_ACTION: &str = "name the action: write `#[audited(action = \"UpdateUser\")]`";
const PASCAL_CASE: &str = "an action is named in PascalCase, verb first: `UpdateUser`";
const RETENTION: &str = "`retention` is the name of a class in `[retention]` of audited.toml: 1 to 64 \
                         lower case letters, digits and `_`, the first no digit";
/// The longest name of a class, in bytes; a record would cut a longer one.
const CLASS_BYTES_MAX: usize = 64;
const NEVER: &str = "this action is refused when it cannot be recorded, and a function that never \
                     returns cannot say so: write `on_unrecorded = fail_open`";
const UNRETURNED: &str =
    "a function that never returns leaves nothing to tell the outcome by: remove `outcome`";
const ENDLESS: &str = "a function that never returns has no value afterwards: remove `changes`, and call \
     `audit_runtime::changed(&before, &after)` where something has changed";
const HIDDEN: &str =
    "`ret` is what the function returned, in `after`: give this parameter another name";
const OPAQUE: &str = "this action is refused when it cannot be recorded, and `impl Trait` cannot say \
                      so: return a `Result`, or write `on_unrecorded = fail_open`";

/// The options, or none if the action is not known.
pub(super) fn spec(written: Written, errors: &mut Errors) -> Option<Spec> {
    let fields = written.fields.unwrap_or_default();
    names(&fields, errors);
    for target in &written.targets {
        for value in iter::once(&target.id).chain(&target.name) {
            shown(value, errors);
        }
    }
    if let Some(Changes { before, after, .. }) = &written.changes {
        shown(before, errors);
        shown(after, errors);
    }
    let description = match &written.description {
        // A placeholder may name a field in the part that could not be read.
        Some(text) if !written.is_partial => description::parts(text, &fields, errors),
        _ => Vec::new(),
    };
    let action = action(written.action, written.is_partial, errors)?;
    let category = written.category.unwrap_or("activity");
    let operation = written.operation.unwrap_or_else(|| operation(&action.value()));
    let retention = written.retention.inspect(|class| retention_class(class, errors));
    let queues = category == "access";
    let proceeds = operation == "read" || category == "access";
    Some(Spec {
        targets: written.targets,
        fields,
        changes: written.changes,
        description,
        category,
        operation,
        outcome: written.outcome,
        severity: written.severity,
        durability: written.durability.unwrap_or(if queues { "queued" } else { "synced" }),
        on_unrecorded: written.on_unrecorded.unwrap_or(if proceeds {
            "fail_open"
        } else {
            "fail_closed"
        }),
        retention,
        routes: written.routes,
        version: version(written.version, errors),
        runtime: written.runtime,
        action,
    })
}

/// Demands something that the classifier can look at.
pub(super) fn outcome(spec: &Spec, function: &Function, errors: &mut Errors) {
    if let (Some(classifier), Returns::Never(_)) = (&spec.outcome, &function.returns) {
        errors.at(classifier, UNRETURNED);
    }
}

/// Demands an end after which something can be compared.
pub(super) fn changes(spec: &Spec, function: &Function, errors: &mut Errors) {
    if let (Some(changes), Returns::Never(_)) = (&spec.changes, &function.returns) {
        errors.at(&changes.key, ENDLESS);
    }
    if spec.changes.as_ref().is_some_and(Changes::names_ret) {
        let hidden = function.parameters.iter().filter(|name| *name == RET);
        hidden.for_each(|name| errors.at(name, HIDDEN));
    }
}

/// Demands a return type by which a function can say that its action was refused.
///
/// Types with a name are judged by the compiler, which knows them better.
pub(super) fn refusal(spec: &Spec, function: &Function, errors: &mut Errors) {
    let (ty, message) = match &function.returns {
        Returns::Never(ty) => (ty, NEVER),
        Returns::Opaque(ty) => (ty, OPAQUE),
        Returns::Value(_) | Returns::Responder => return,
    };
    if spec.refuses() {
        errors.at(ty.to_token_stream(), message);
    }
}

fn action(action: Option<LitStr>, is_partial: bool, errors: &mut Errors) -> Option<LitStr> {
    let Some(action) = action else {
        if !is_partial {
            errors.push(syn::Error::new(Span::call_site(), NO_ACTION));
        }
        return None;
    };
    let name = action.value();
    if name.len() > ACTION_BYTES_MAX {
        let message = format!(
            "the name of an action has at most {ACTION_BYTES_MAX} bytes; this one has {}",
            name.len()
        );
        errors.at(&action, message);
    } else if !is_action_name(&name) {
        errors.at(&action, PASCAL_CASE);
    }
    Some(action)
}

fn version(version: Option<LitInt>, errors: &mut Errors) -> u32 {
    let Some(version) = version else { return 1 };
    match version.base10_parse() {
        Ok(number) if number > 0 => number,
        _ => {
            errors.at(&version, VERSION_FORM);
            1
        }
    }
}

fn retention_class(class: &LitStr, errors: &mut Errors) {
    let name = class.value();
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = name.starts_with(|first: char| !first.is_ascii_digit());
    if !begins || name.len() > CLASS_BYTES_MAX || !name.bytes().all(is_allowed) {
        errors.at(class, RETENTION);
    }
}

fn names(fields: &[Field], errors: &mut Errors) {
    for (at, field) in fields.iter().enumerate() {
        let name = field.name.unraw();
        if fields[..at].iter().any(|earlier| earlier.name.unraw() == name) {
            errors.at(&field.name, format!("the field `{name}` is there twice: rename one"));
        }
        if description::ALWAYS_KNOWN.iter().any(|known| name == known) {
            let message = format!(
                "`{{{name}}}` stands for the {name} of the record: give this field another name"
            );
            errors.at(&field.name, message);
        }
        let part = sensitive_part(&name.to_string()).filter(|_| field.value.reason.is_none());
        if let Some(part) = part {
            errors.at(
                &field.name,
                secret(&field.name, part, "name the field after what it really holds"),
            );
        }
        // A field that is named after its variable is judged once.
        if !matches!(&field.value.expression, Expr::Path(path) if path.path.is_ident(&field.name)) {
            shown(&field.value, errors);
        }
    }
}

/// Refuses a value that is named like a secret where it comes from, whatever it is called here.
fn shown(value: &Value, errors: &mut Errors) {
    if value.reason.is_some() {
        return;
    }
    if let Some((name, part)) = secrets::in_expression(&value.expression) {
        errors.at(&name, secret(&name, part, "capture the whole of which it is a part"));
    }
}

fn secret(name: &Ident, part: &str, instead: &str) -> String {
    format!(
        "`{}` looks like a secret (`{part}`), and what is captured is written to the journal: \
         leave it out, {instead}, or write `#[public(reason = \"…\")]` before it to say why a \
         record may show it",
        name.unraw()
    )
}
