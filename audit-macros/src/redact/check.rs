//! Judges the marks: contradictions, names that look sensitive, a second `Debug`.

use audit_syntax::{sensitive_part, sensitive_part_of_number};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, LitStr, Member};

use super::model::{Class, Field, Item, Mark, MarkKind, Marks, Policy, PolicyKind};
use super::{beside, causes, texts, types};
use crate::errors::Errors;

const SECOND_DEBUG: &str = "`#[derive(Redact)]` implements `Debug` already, \
                            and shows only what a log may show: remove this `Debug`";

const OMITTED_PLACE: &str = "only a field with a name can be left out, since those behind this one \
                             would move up: write `#[sensitive]`, which hides the value";
const PUBLIC_SECRET: &str = "a `Sensitive` secret is never shown: remove this mark, or give the \
                             field a type that is no secret";

pub(crate) fn item(item: Item<Marks>, errors: &mut Errors) -> Item<Class> {
    for path in &item.debug_derived {
        errors.at(path, SECOND_DEBUG);
    }
    let Item { ident, generics, options, shape, debug_derived } = item;
    let by_default = || match options.default_public {
        true => Class::Public { reason: None },
        false => Class::Ruled,
    };
    let judge = |owner: &Ident, field: Field<Marks>| {
        let is_marked = matches!(&*field.mark, [Mark { kind: MarkKind::Sensitive(_), .. }]);
        let class = match judge(&field, owner, errors).unwrap_or_else(by_default) {
            Class::Public { reason: None } if carries(&field, errors) => {
                Class::Sensitive(Policy::FULL)
            }
            class => class,
        };
        field.judged(class, is_marked)
    };
    let shape = shape.map(judge, &ident);
    texts::check(&shape.parts(), errors);
    causes::check(&shape.parts(), errors);
    beside::check(&options, &shape, errors);
    Item { ident, generics, options, shape, debug_derived }
}

/// The class that marks, a mistake or its type give a field; none if nothing does.
fn judge(field: &Field<Marks>, owner: &Ident, errors: &mut Errors) -> Option<Class> {
    if let [first, second, ..] = field.mark.as_slice() {
        errors.at(&second.attribute, too_many(first, second));
        return Some(Class::Sensitive(Policy::FULL));
    }
    let mark = field.mark.first();
    match mark.map(|mark| &mark.kind) {
        Some(MarkKind::Sensitive(policy)) => Some(sensitive(policy, field, errors)),
        Some(MarkKind::Broken) => Some(Class::Sensitive(Policy::FULL)),
        // Its own rule hides it, also where fields are public by default.
        None if types::is_secret(&field.ty) => Some(Class::Ruled),
        Some(MarkKind::Public { .. }) if types::is_secret(&field.ty) => {
            let mark = mark.map(|mark| &mark.attribute);
            errors.at(mark.to_token_stream(), PUBLIC_SECRET);
            Some(Class::Sensitive(Policy::FULL))
        }
        Some(MarkKind::Public { reason: Some(reason) }) => Some(public(Some(reason))),
        kind => match looks_sensitive(field, owner) {
            Some(finding) => {
                report(&finding, field, mark, errors);
                Some(Class::Sensitive(Policy::FULL))
            }
            None => kind.map(|_| public(None)),
        },
    }
}

fn sensitive(policy: &Policy, field: &Field<Marks>, errors: &mut Errors) -> Class {
    if let (PolicyKind::Omit(path), Member::Unnamed(_)) = (&policy.kind, &field.member) {
        errors.at(path, OMITTED_PLACE);
    }
    Class::Sensitive(policy.clone())
}

/// Refuses to show, without a reason, a type of another crate that carries secrets.
fn carries(field: &Field<Marks>, errors: &mut Errors) -> bool {
    let Some((name, shows)) = types::carrier(&field.ty) else {
        return false;
    };
    let message = format!(
        "a `{name}` may show {shows}: mark the field `#[sensitive]`, or say why a log may show it, \
         `#[public(reason = \"…\")]`"
    );
    match field.mark.first() {
        Some(mark) => errors.at(&mark.attribute, message),
        None => errors.at(&field.ty, message),
    }
    true
}

fn public(reason: Option<&LitStr>) -> Class {
    Class::Public { reason: reason.cloned() }
}

fn too_many(first: &Mark, second: &Mark) -> String {
    let name = |mark: &Mark| mark.attribute.path().to_token_stream().to_string();
    let (first, second) = (name(first), name(second));
    if first == second {
        format!("`#[{second}]` is there twice: remove one")
    } else {
        format!("`#[{second}]` contradicts `#[{first}]` on the same field: keep one")
    }
}

/// Says that a field looks sensitive: by its own name, or in a tuple by that of what it is part of.
fn looks_sensitive(field: &Field<Marks>, owner: &Ident) -> Option<String> {
    let name = field.name().unwrap_or_else(|| owner.unraw().to_string());
    let part = if types::is_boolean(&field.ty) {
        // It tells of a secret at the most, and holds none.
        None
    } else if types::is_number(&field.ty) {
        sensitive_part_of_number(&name)
    } else {
        sensitive_part(&name)
    }?;
    if part == name.to_lowercase() {
        return Some(format!("`{name}` looks sensitive"));
    }
    Some(format!("`{name}` looks sensitive (`{part}`)"))
}

/// Points at the mark that is not enough, or else at the field.
fn report(finding: &str, field: &Field<Marks>, mark: Option<&Mark>, errors: &mut Errors) {
    let show = "`#[public(reason = \"…\")]`";
    if let Some(mark) = mark {
        let message = format!(
            "{finding}: say why a log may show the field, {show}, or mark it `#[sensitive]`"
        );
        return errors.at(&mark.attribute, message);
    }
    let message =
        format!("{finding}: mark the field `#[sensitive]` to hide it, or {show} to show it");
    match &field.member {
        Member::Named(ident) => errors.at(ident, message),
        Member::Unnamed(_) => errors.at(&field.ty, message),
    }
}
