//! Judges the marks: contradictions, names that look sensitive, a second `Debug`.

use audit_syntax::{sensitive_part, sensitive_part_of_number};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericArgument, Ident, LitStr, Member, PathArguments, Type};

use super::model::{Class, Field, Item, Mark, MarkKind, Marks};
use crate::errors::Errors;

const SECOND_DEBUG: &str = "`#[derive(Redact)]` implements `Debug` already, \
                            and shows only what a log may show: remove this `Debug`";

/// The types of which a value can be no text.
const NUMBERS: &[&str] = &[
    "bool", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f32", "f64",
];

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
        let class = judge(&field, owner, errors).unwrap_or_else(by_default);
        Field { mark: class, member: field.member, ty: field.ty }
    };
    let shape = shape.map(judge, &ident);
    Item { ident, generics, options, shape, debug_derived }
}

/// The class that marks or a mistake give a field; none if it carries no mark.
fn judge(field: &Field<Marks>, owner: &Ident, errors: &mut Errors) -> Option<Class> {
    if let [first, second, ..] = field.mark.as_slice() {
        errors.at(&second.attribute, too_many(first, second));
        return Some(Class::Sensitive);
    }
    let mark = field.mark.first();
    match mark.map(|mark| &mark.kind) {
        Some(MarkKind::Sensitive | MarkKind::Broken) => Some(Class::Sensitive),
        Some(MarkKind::Public { reason: Some(reason) }) => Some(public(Some(reason))),
        kind => match looks_sensitive(field, owner) {
            Some(finding) => {
                report(&finding, field, mark, errors);
                Some(Class::Sensitive)
            }
            None => kind.map(|_| public(None)),
        },
    }
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
    let part = match is_number(&field.ty) {
        true => sensitive_part_of_number(&name),
        false => sensitive_part(&name),
    }?;
    if part == name.to_lowercase() {
        return Some(format!("`{name}` looks sensitive"));
    }
    Some(format!("`{name}` looks sensitive (`{part}`)"))
}

/// True if a value of this type is a boolean or a number, or none.
fn is_number(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    match &last.arguments {
        PathArguments::None => NUMBERS.iter().any(|number| last.ident == number),
        PathArguments::AngleBracketed(list) if last.ident == "Option" => {
            let inner = |argument: &GenericArgument| matches!(argument, GenericArgument::Type(inner) if is_number(inner));
            list.args.iter().all(inner)
        }
        _ => false,
    }
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
