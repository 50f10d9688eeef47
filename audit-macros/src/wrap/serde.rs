//! What the attributes of serde would do to a wrapped field, and what to write instead.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Field, LitStr, Meta, Path, parse_quote_spanned};

use super::parse::{Item, Runtime};
use crate::attributes::{is_wire, literal, metas};
use crate::errors::Errors;

pub(super) const REMOTE: &str = "`remote` describes a type of another crate, whose fields cannot be wrapped: \
                      wrap the whole value where it is held, as `Sensitive<…>`";

/// Which of serde's derives stand below, as far as fields are concerned.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) reads: bool,
    writes: bool,
}

impl Writing {
    pub(super) fn of(item: &Item) -> Self {
        let is_serde = |path: &Path| !path.segments.iter().any(|part| part.ident == "rkyv");
        let derives = |name| item.derived(name).is_some_and(is_serde);
        // A type that is converted first writes the fields of the other type.
        let converts = metas(&item.input.attrs, "serde").iter().any(|m| m.path().is_ident("into"));
        Self { reads: derives("Deserialize"), writes: derives("Serialize") && !converts }
    }

    /// Without the variants that are not written, or by a function of the user's.
    pub(super) fn in_variant(self, attributes: &[Attribute]) -> Self {
        let elsewhere = ["skip", "skip_serializing", "serialize_with", "with"];
        let metas = metas(attributes, "serde");
        let is_elsewhere =
            metas.iter().any(|m| elsewhere.iter().any(|name| m.path().is_ident(name)));
        Self { writes: self.writes && !is_elsewhere, ..self }
    }
}

/// True if serde is told `name` of the field.
pub(super) fn says(field: &Field, name: &str) -> bool {
    metas(&field.attrs, "serde").iter().any(|meta| meta.path().is_ident(name))
}

/// The attribute that says of which other type this one is a description.
pub(super) fn remote(item: &Item) -> Option<Meta> {
    metas(&item.input.attrs, "serde").into_iter().find(|meta| meta.path().is_ident("remote"))
}

/// Reports what serde's derives cannot do with the wrapped field, and puts right what they would
/// complain about a second time.
pub(super) fn check(
    field: &mut Field,
    is_wrapped: bool,
    writing: Writing,
    runtime: &Runtime,
    errors: &mut Errors,
) {
    let wire = Wire { path: runtime.text("wire") };
    let found = wire.judge(field, is_wrapped, writing);
    if found.is_empty() {
        return;
    }
    for (place, message) in found {
        errors.at(place, message);
    }
    field.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
    let path = LitStr::new(&wire.path, field.span());
    field.attrs.push(parse_quote_spanned!(field.span()=> #[serde(serialize_with = #path)]));
}

/// The serializer of wrapped fields, as an attribute names it.
struct Wire {
    path: String,
}

impl Wire {
    /// The places of the mistakes, and what to do about each.
    fn judge(
        &self,
        field: &Field,
        is_wrapped: bool,
        writing: Writing,
    ) -> Vec<(TokenStream, String)> {
        let metas = metas(&field.attrs, "serde");
        let says = |name: &str| metas.iter().find(|meta| meta.path().is_ident(name));
        let is_written =
            writing.writes && says("skip").is_none() && says("skip_serializing").is_none();
        let mut found = Vec::new();
        let mut report = |meta: &Meta, message| found.push((meta.to_token_stream(), message));
        if let Some(with) = says("with").filter(|_| is_written || writing.reads) {
            report(with, self.instead_of_with(is_written, writing.reads));
        } else if let Some(flatten) = says("flatten").filter(|_| is_written) {
            report(flatten, self.instead_of_flatten());
        } else if let Some(function) = says("serialize_with").filter(|_| is_written) {
            if !is_wire(function) {
                report(function, self.instead_of_function());
            }
        } else if is_written {
            let name = field.ident.as_ref().map(ToTokens::to_token_stream);
            found.push((name.unwrap_or_else(|| field.ty.to_token_stream()), self.missing()));
        }
        let asks = says("skip_serializing_if").filter(|_| is_written && !is_wrapped);
        if let Some((asks, message)) = asks.and_then(|a| Some((a, cannot_look_inside(a, field)?))) {
            found.push((asks.to_token_stream(), message));
        }
        found
    }

    fn attribute(&self) -> String {
        format!("`#[serde(serialize_with = \"{}\")]`", self.path)
    }

    fn missing(&self) -> String {
        format!(
            "a wrapped field is serialized only on purpose: write {} above it (the clear value is \
             written where it is disclosed, and `[redacted]` everywhere else), or \
             `#[serde(skip_serializing)]`",
            self.attribute()
        )
    }

    fn instead_of_with(&self, writes: bool, reads: bool) -> String {
        match (writes, reads) {
            (true, true) => format!(
                "`with` passes the clear value on in both directions: write {} instead; to read it \
                 in a form of its own, add a `deserialize_with` that gives a `Sensitive`",
                self.attribute()
            ),
            (true, false) => {
                format!("`with` would write the clear value: write {} instead", self.attribute())
            }
            _ => {
                "`with` reads a value that is not wrapped: remove it, or name a `deserialize_with` \
                  that gives a `Sensitive`"
                    .to_owned()
            }
        }
    }

    fn instead_of_function(&self) -> String {
        format!(
            "this function would be given a `Sensitive`, and would write what it exposes wherever \
             the type is serialized: write {} instead",
            self.attribute()
        )
    }

    fn instead_of_flatten(&self) -> String {
        format!(
            "a hidden value has no members to flatten: remove `flatten` and write {}, or \
             `#[serde(skip_serializing)]`; or hold a type here whose own fields are wrapped, \
             without a mark on this one",
            self.attribute()
        )
    }
}

/// What to write instead of a question to the wrapped value: `Option::is_none`, `str::is_empty`.
fn cannot_look_inside(asks: &Meta, field: &Field) -> Option<String> {
    let path: Path = literal(asks)?.parse().ok()?;
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let (question, of) = (names.next()?, names.next()?);
    let is_known = of == "str" || of.starts_with(char::is_uppercase);
    if !is_known || !["is_none", "is_some", "is_empty"].contains(&question.as_str()) {
        return None;
    }
    let mut message = format!(
        "`{of}::{question}` cannot look into a `Sensitive`: name a function of your own that asks \
         `value.expose().{question}()`"
    );
    if let Some(inner) = field.ty.to_token_stream().to_string().strip_prefix("Option <") {
        let inner = inner.trim_end_matches('>').replace(' ', "");
        message.push_str(&format!(
            ", or write the type as `Option<Sensitive<{inner}>>`, which stays as it is"
        ));
    }
    Some(message)
}
