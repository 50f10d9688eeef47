//! Judges the marks: contradictions, names that look sensitive, a second `Debug`.

use audit_syntax::{sensitive_part, sensitive_part_of_number};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericArgument, Ident, LitStr, Member, PathArguments, Type};

use super::model::{Class, Field, Item, Mark, MarkKind, Marks, Policy, PolicyKind};
use super::{beside, causes, texts, types};
use crate::errors::Errors;

const SECOND_DEBUG: &str = "`#[derive(Redact)]` implements `Debug` already, \
                            and shows only what a log may show: remove this `Debug`";

const OMITTED_PLACE: &str = "only a field with a name can be left out, since those behind this one \
                             would move up: write `#[sensitive]`, which hides the value";
const PUBLIC_SECRET: &str = "a `Sensitive` secret is never shown: remove this mark, or give the \
                             field a type that is no secret";

const BOOLEAN: &[&str] = &["bool"];
const NUMBERS: &[&str] = &[
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

/// The types that hold nothing but what their one parameter says.
const CONTAINERS: &[&str] = &["Option", "Vec", "VecDeque", "Box", "Rc", "Arc"];

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
        None if is_secret(&field.ty) => Some(Class::Ruled),
        Some(MarkKind::Public { .. }) if is_secret(&field.ty) => {
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
    let part = if is_one_of(&field.ty, BOOLEAN) {
        // It tells of a secret at the most, and holds none.
        None
    } else if is_one_of(&field.ty, NUMBERS) {
        sensitive_part_of_number(&name)
    } else {
        sensitive_part(&name)
    }?;
    if part == name.to_lowercase() {
        return Some(format!("`{name}` looks sensitive"));
    }
    Some(format!("`{name}` looks sensitive (`{part}`)"))
}

/// True if a value of this type is a boolean or a number, or none.
pub(super) fn is_number(ty: &Type) -> bool {
    is_one_of(ty, NUMBERS) || is_one_of(ty, BOOLEAN)
}

/// True if a type, or what is in an `Option`, has one of these names.
fn is_one_of(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    match &last.arguments {
        // An identifier is compared with a text by being made one, which takes its time.
        PathArguments::None => names.contains(&last.ident.to_string().as_str()),
        PathArguments::AngleBracketed(list) if last.ident == "Option" => {
            let inner = |argument: &GenericArgument| matches!(argument, GenericArgument::Type(inner) if is_one_of(inner, names));
            list.args.iter().all(inner)
        }
        _ => false,
    }
}

/// True for a marked field that another derive can print.
pub(super) fn is_shown_plain(field: &Field<Class>) -> bool {
    field.is_marked && !is_secret(&field.ty)
}

/// True if the type is the secret `Sensitive<…>`, or a usual container of nothing but that.
pub(crate) fn is_secret(ty: &Type) -> bool {
    let last = match ty {
        Type::Reference(reference) => return is_secret(&reference.elem),
        Type::Slice(slice) => return is_secret(&slice.elem),
        Type::Array(array) => return is_secret(&array.elem),
        Type::Paren(paren) => return is_secret(&paren.elem),
        Type::Group(group) => return is_secret(&group.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(last) = last else {
        return false;
    };
    let PathArguments::AngleBracketed(list) = &last.arguments else {
        return false;
    };
    let inner = |argument: &GenericArgument| matches!(argument, GenericArgument::Type(inner) if is_secret(inner));
    let name = last.ident.to_string();
    name == "Sensitive" || CONTAINERS.contains(&name.as_str()) && list.args.iter().all(inner)
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
