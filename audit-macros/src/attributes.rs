//! Reads attributes that are not ours, and says what a misspelt word in one of ours was meant to be.

use audit_syntax::nearest;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Meta, Path, Token};

/// Names the known word that another was probably meant to be; if it is near none, says `otherwise`.
pub(crate) fn unknown(word: &impl ToTokens, known: &[&str], otherwise: &str) -> String {
    let written = word.to_token_stream().to_string();
    let word = written.trim_matches('"');
    match nearest(word, known.iter().copied()) {
        Some(nearest) if nearest != word => {
            format!("there is no `{word}` here; did you mean `{nearest}`?")
        }
        _ => otherwise.to_owned(),
    }
}

/// What an option takes whose value is one of a few words.
pub(crate) fn accepted(key: &Ident, words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("`{key}` accepts one of the words {}", quoted.join(", "))
}

/// The one of `words` that stands behind `key =`.
///
/// # Errors
/// Fails, at the value, when it is none of them or stands in quotes.
pub(crate) fn one_of(
    words: &[&'static str],
    key: &Ident,
    value: &impl ToTokens,
) -> syn::Result<&'static str> {
    let word = value.to_token_stream().to_string();
    let unquoted = word.trim_matches('"');
    let message = match words.iter().find(|known| unquoted == **known) {
        Some(known) if unquoted == word => return Ok(known),
        Some(known) => format!("write `{key} = {known}`, without quotes"),
        None => {
            let otherwise = format!("{}; `{unquoted}` is none of them", accepted(key, words));
            unknown(value, words, &otherwise)
        }
    };
    Err(syn::Error::new_spanned(value, message))
}

/// The metas of every attribute called `name`, also of those that a `cfg_attr` adds.
pub(crate) fn metas(attributes: &[Attribute], name: &str) -> Vec<Meta> {
    let mut found = Vec::new();
    for attribute in attributes {
        collect(&attribute.meta, name, &mut found);
    }
    found
}

fn collect(meta: &Meta, name: &str, found: &mut Vec<Meta>) {
    let Meta::List(list) = meta else {
        return;
    };
    let is_conditional = list.path.is_ident("cfg_attr");
    if !is_conditional && !list.path.is_ident(name) {
        return;
    }
    let Ok(inner) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return;
    };
    if is_conditional {
        inner.iter().skip(1).for_each(|meta| collect(meta, name, found));
    } else {
        found.extend(inner);
    }
}

/// True for `serialize_with = "…::wire"`, the serializer of wrapped fields.
pub(crate) fn is_wire(meta: &Meta) -> bool {
    writes_by(meta, &["wire"])
}

/// True for the attributes of a field that is written in clear where it is disclosed.
pub(crate) fn discloses(attributes: &[Attribute]) -> bool {
    metas(attributes, "serde").iter().any(|meta| writes_by(meta, &["wire", "wire_plain"]))
}

/// True for the attributes of a field or a variant that serde reads by a function, or not at all.
pub(crate) fn reads_apart(attributes: &[Attribute]) -> bool {
    says(attributes, &["deserialize_with", "with", "skip", "skip_deserializing"])
}

/// True for the attributes of a type that serde reads as another type.
pub(crate) fn is_converted(attributes: &[Attribute]) -> bool {
    says(attributes, &["from", "try_from"])
}

fn says(attributes: &[Attribute], names: &[&str]) -> bool {
    let metas = metas(attributes, "serde");
    metas.iter().any(|meta| is_named(meta.path(), names))
}

/// True if the path is one of these names; its text is made once, and not for each of them.
pub(crate) fn is_named(path: &Path, names: &[&str]) -> bool {
    path.get_ident().is_some_and(|name| names.contains(&name.to_string().as_str()))
}

fn writes_by(meta: &Meta, functions: &[&str]) -> bool {
    let path = literal(meta).and_then(|text| text.parse::<Path>().ok());
    let is_known = |path: Path| {
        path.segments.last().is_some_and(|last| functions.contains(&&*last.ident.to_string()))
    };
    meta.path().is_ident("serialize_with") && path.is_some_and(is_known)
}

/// The text of `name = "text"`.
pub(crate) fn literal(meta: &Meta) -> Option<LitStr> {
    let value = meta.require_name_value().ok()?.value.to_token_stream();
    syn::parse2(value).ok()
}
