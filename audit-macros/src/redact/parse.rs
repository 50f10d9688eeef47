//! Reads the type and its attributes; judges only their form.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DeriveInput, Ident, LitStr, Member, Meta, Path, Token};

use super::model::{Field, Fields, Item, Mark, MarkKind, Marks, Options, Shape, Style, Variant};
use super::policy::policy;
use super::{causes, texts};
use crate::attributes;
use crate::errors::Errors;
use crate::runtime;

const PUBLIC_OPTIONS: &str = "`#[public]` accepts only a reason: `#[public(reason = \"…\")]`";
const EMPTY_REASON: &str = "the reason is empty: say why a log may show this field";
const TYPE_OPTIONS: &str = "`#[redact(…)]` accepts only `default = \"public\"`, `diff`, `display = \"why\"`, `strict` \
     and `crate = \"path\"`";
const REPEATED: &str = "this option is there twice: remove one";
const NO_WHY: &str = "the reason is empty: say why a log may show what the `Display` prints";
const NOT_STRICT: &str = "`strict` stands alone, and nothing makes a type less strict: write \
                          `strict`, or remove it";
const NOT_DIFF: &str = "`diff` stands alone: write `#[redact(diff)]`";
const WRAPPED_TOO_LATE: &str = "the derives above have seen the fields as they were: write \
                                `#[wrap_sensitive]` above all derives";
const UNION: &str = "`#[derive(Redact)]` cannot tell which field of a union is there: \
                     use an enum, or implement `Redact` by hand";

pub(crate) fn item(input: DeriveInput, errors: &mut Errors) -> Item<Marks> {
    let shape = match input.data {
        Data::Struct(data) => Shape::Struct(fields(data.fields, &input.attrs, &[], errors)),
        Data::Enum(data) => Shape::Enum(
            data.variants
                .into_iter()
                .map(|variant| {
                    refuse_marks(&variant.attrs, "a variant", errors);
                    let fields = fields(variant.fields, &variant.attrs, &input.attrs, errors);
                    Variant { ident: variant.ident, fields }
                })
                .collect(),
        ),
        Data::Union(data) => {
            errors.at(data.union_token, UNION);
            Shape::Struct(fields(syn::Fields::Unit, &[], &[], errors))
        }
    };
    refuse_marks(&input.attrs, "a type", errors);
    if let Some(below) = input.attrs.iter().find(|a| is_wrapping(a)) {
        errors.at(below, WRAPPED_TOO_LATE);
    }
    Item {
        options: options(&input.attrs, errors),
        debug_derived: debug_derived(&input.attrs),
        ident: input.ident,
        generics: input.generics,
        shape,
    }
}

fn is_wrapping(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "wrap_sensitive")
}

/// Reads the fields of a struct or variant, with its attributes and those of the enum `above` it.
fn fields(
    fields: syn::Fields,
    attributes: &[Attribute],
    above: &[Attribute],
    errors: &mut Errors,
) -> Fields<Marks> {
    let style = match fields {
        syn::Fields::Named(_) => Style::Named,
        syn::Fields::Unnamed(_) => Style::Tuple,
        syn::Fields::Unit => Style::Unit,
    };
    let is_converted = [attributes, above].into_iter().any(attributes::is_converted);
    let is_read_apart = is_converted || attributes::reads_apart(attributes);
    let list = fields
        .into_iter()
        .enumerate()
        .map(|(place, field)| Field {
            disclosed: attributes::discloses(&field.attrs),
            is_marked: false,
            read_apart: is_read_apart || attributes::reads_apart(&field.attrs),
            cause: causes::of(&field.attrs),
            mark: marks(field.attrs, errors),
            member: field.ident.map_or(Member::from(place), Member::from),
            ty: field.ty,
        })
        .collect();
    let (texts, inherited) = (texts::of(attributes), texts::inherited(above, attributes));
    Fields { style, texts, inherited, list }
}

fn marks(attributes: Vec<Attribute>, errors: &mut Errors) -> Marks {
    let mut marks = Marks::new();
    for attribute in attributes {
        let kind = if attribute.path().is_ident("sensitive") {
            sensitive(&attribute, errors)
        } else if attribute.path().is_ident("public") {
            public(&attribute, errors)
        } else {
            if attribute.path().is_ident("redact") {
                let message = "`#[redact(…)]` belongs on the type: \
                               mark a field `#[sensitive]` or `#[public]`";
                errors.at(&attribute, message);
            }
            continue;
        };
        marks.push(Mark { kind, attribute });
    }
    marks
}

fn sensitive(attribute: &Attribute, errors: &mut Errors) -> MarkKind {
    match policy(attribute, errors) {
        Some(policy) => MarkKind::Sensitive(policy),
        None => MarkKind::Broken,
    }
}

fn public(attribute: &Attribute, errors: &mut Errors) -> MarkKind {
    if let Meta::Path(_) = attribute.meta {
        return MarkKind::Public { reason: None };
    }
    if let Meta::NameValue(_) = attribute.meta {
        errors.at(&attribute.meta, PUBLIC_OPTIONS);
        return MarkKind::Broken;
    }
    let mut reason: Option<LitStr> = None;
    let parsed = attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("reason") || reason.is_some() {
            return Err(meta.error(attributes::unknown(&meta.path, &["reason"], PUBLIC_OPTIONS)));
        }
        reason = Some(meta.value()?.parse()?);
        Ok(())
    });
    match (parsed, reason) {
        (Err(error), _) => errors.push(error),
        (Ok(()), None) => errors.at(&attribute.meta, PUBLIC_OPTIONS),
        (Ok(()), Some(text)) if text.value().trim().is_empty() => errors.at(text, EMPTY_REASON),
        (Ok(()), reason) => return MarkKind::Public { reason },
    }
    MarkKind::Broken
}

/// Marks anywhere but on a field would look as if they hid something, and would not.
fn refuse_marks(attributes: &[Attribute], place: &str, errors: &mut Errors) {
    for attribute in attributes {
        let instead = if attribute.path().is_ident("sensitive") {
            "mark each field that holds a secret"
        } else if attribute.path().is_ident("public") {
            "mark each field, or write `#[redact(default = \"public\")]` above the type"
        } else if attribute.path().is_ident("redact") && place == "a variant" {
            "write its options above the type"
        } else {
            continue;
        };
        let name = attribute.path().get_ident().map(Ident::to_string).unwrap_or_default();
        errors.at(attribute, format!("`#[{name}]` has no meaning on {place}: {instead}"));
    }
}

fn options(attributes: &[Attribute], errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("redact")) {
        let Meta::List(_) = attribute.meta else {
            errors.at(&attribute.meta, TYPE_OPTIONS);
            continue;
        };
        let parsed = attribute.parse_nested_meta(|meta| option(&meta, &mut options, errors));
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    options
}

/// Reads one option; a mistake in it does not keep the next ones from being read.
fn option(
    meta: &ParseNestedMeta<'_>,
    options: &mut Options,
    errors: &mut Errors,
) -> syn::Result<()> {
    if meta.path.is_ident("strict") {
        return strict(meta, options, errors);
    }
    if meta.path.is_ident("diff") {
        return diff(meta, options, errors);
    }
    if meta.path.is_ident("display") {
        return display(meta, options, errors);
    }
    let is_crate = meta.path.is_ident("crate");
    if !is_crate && !meta.path.is_ident("default") {
        let known = ["crate", "default", "diff", "display", "strict"];
        errors.at(&meta.path, attributes::unknown(&meta.path, &known, TYPE_OPTIONS));
        return skip_value(meta);
    }
    let value: LitStr = meta.value()?.parse()?;
    let is_repeated = if is_crate { options.runtime.is_some() } else { options.default_public };
    if is_repeated {
        errors.at(&meta.path, REPEATED);
    } else if !is_crate && value.value() == "public" {
        options.default_public = true;
    } else if !is_crate {
        errors.at(value, "the only default that can be chosen is `default = \"public\"`");
    } else {
        match runtime::path(&value) {
            Ok(path) => options.runtime = Some(path),
            Err(error) => errors.push(error),
        }
    }
    Ok(())
}

fn strict(
    meta: &ParseNestedMeta<'_>,
    options: &mut Options,
    errors: &mut Errors,
) -> syn::Result<()> {
    if !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        errors.at(&meta.path, NOT_STRICT);
        return skip_value(meta);
    }
    if options.strict {
        errors.at(&meta.path, REPEATED);
    }
    options.strict = true;
    Ok(())
}

fn diff(meta: &ParseNestedMeta<'_>, options: &mut Options, errors: &mut Errors) -> syn::Result<()> {
    if !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        errors.at(&meta.path, NOT_DIFF);
        return skip_value(meta);
    }
    if options.diff {
        errors.at(&meta.path, REPEATED);
    }
    options.diff = true;
    Ok(())
}

fn display(
    meta: &ParseNestedMeta<'_>,
    options: &mut Options,
    errors: &mut Errors,
) -> syn::Result<()> {
    let why: LitStr = meta.value()?.parse()?;
    if why.value().trim().is_empty() {
        errors.at(&why, NO_WHY);
    }
    if options.display.replace(why).is_some() {
        errors.at(&meta.path, REPEATED);
    }
    Ok(())
}

pub(super) fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        meta.input.parse::<proc_macro2::Group>()?;
    }
    Ok(())
}

/// The `Debug` paths in those derives that the compiler has not consumed before ours.
fn debug_derived(attributes: &[Attribute]) -> Vec<Path> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        // What is no list of paths, rustc reports itself.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.segments.last().is_some_and(|last| last.ident == "Debug") {
                found.push(meta.path);
            }
            Ok(())
        });
    }
    found
}
