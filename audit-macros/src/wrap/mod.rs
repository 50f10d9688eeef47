//! `#[wrap_sensitive]`: reads the type, judges what serde's attributes would do, wraps the fields.

mod cfg;
mod parse;
mod serde;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, Field, Fields, Type, parse_quote_spanned};

use self::cfg::Mark;
use self::parse::{Item, Runtime};
use self::serde::Writing;
use crate::errors::Errors;
use crate::redact::is_secret;

const NOTHING: &str = "no field of this type is marked `#[sensitive]`, so nothing is wrapped: mark \
                       the fields that hold a secret, or remove `#[wrap_sensitive]`";
const COPY: &str = "a secret is wiped when it is dropped, and a copy would stay behind: remove this \
                    `Copy`, and write `.clone()` where a second value is meant";
const NO_FIELD: &str = "has no meaning here: mark each field that holds a secret";

/// The type with its marked fields wrapped, and a `compile_error!` for each mistake.
///
/// With a mistake too the fields are wrapped, so that what uses the type compiles: one mistake gives
/// one message. An item that cannot be read is left to the compiler, which reports it.
pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let runtime = parse::arguments(arguments, &mut errors);
    let Some(mut read) = parse::item(item.clone(), &mut errors) else {
        let errors = errors.into_tokens();
        return quote!(#errors #item);
    };
    if let Some(copy) = read.derived("Copy").cloned() {
        errors.at(copy, COPY);
        read.underive("Copy");
    }
    let remote = serde::remote(&read);
    if let Some(remote) = &remote {
        errors.at(remote, serde::REMOTE);
    }
    let mut wrap = Wrap {
        runtime,
        keeps_marks: read.derived("Redact").is_some(),
        writing: Writing::of(&read),
        wraps: remote.is_none(),
        found: false,
        errors: &mut errors,
    };
    wrap.item(&mut read);
    if !wrap.found {
        errors.at(&read.input.ident, NOTHING);
    }
    let errors = errors.into_tokens();
    let input = read.input;
    quote!(#input #errors)
}

struct Wrap<'a> {
    runtime: Runtime,
    /// `derive(Redact)` stands below: it reads the marks, and knows them.
    keeps_marks: bool,
    writing: Writing,
    /// The fields can be wrapped.
    wraps: bool,
    found: bool,
    errors: &'a mut Errors,
}

impl Wrap<'_> {
    fn item(&mut self, item: &mut Item) {
        self.misplaced(&mut item.input.attrs);
        match &mut item.input.data {
            Data::Struct(data) => {
                let writing = self.writing;
                self.fields(&mut data.fields, writing);
            }
            Data::Union(_) => {}
            Data::Enum(data) => {
                for variant in &mut data.variants {
                    self.misplaced(&mut variant.attrs);
                    let writing = self.writing.in_variant(&variant.attrs);
                    self.fields(&mut variant.fields, writing);
                }
            }
        }
    }

    /// Refuses a mark on a type or a variant, unless the derive below does.
    fn misplaced(&mut self, attributes: &mut Vec<Attribute>) {
        if self.keeps_marks {
            return;
        }
        for attribute in attributes.extract_if(.., |a| a.path().is_ident("sensitive")) {
            self.found = true;
            self.errors.at(attribute, format!("`#[sensitive]` {NO_FIELD}"));
        }
    }

    fn fields(&mut self, fields: &mut Fields, writing: Writing) {
        let list = match fields {
            Fields::Named(fields) => &mut fields.named,
            Fields::Unnamed(fields) => &mut fields.unnamed,
            Fields::Unit => return,
        };
        let read = std::mem::take(list);
        for field in read {
            for field in self.field(field, writing) {
                list.push(field);
            }
        }
    }

    /// The field as it was, or wrapped, or both under opposite conditions.
    fn field(&mut self, mut field: Field, writing: Writing) -> Vec<Field> {
        let mark = cfg::mark(&field.attrs);
        if matches!(mark, Mark::Missing) {
            return vec![field];
        }
        self.found = true;
        if !self.keeps_marks {
            cfg::remove_marks(&mut field.attrs);
        }
        let Mark::If(conditions) = mark else {
            self.wrap(&mut field, writing);
            return vec![field];
        };
        let mut plain = field.clone();
        self.wrap(&mut field, writing);
        field.attrs.push(syn::parse_quote!(#[cfg(any(#(#conditions),*))]));
        plain.attrs.push(syn::parse_quote!(#[cfg(not(any(#(#conditions),*)))]));
        vec![field, plain]
    }

    fn wrap(&mut self, field: &mut Field, writing: Writing) {
        if !self.wraps {
            return;
        }
        let is_wrapped = is_secret(&field.ty);
        serde::check(field, is_wrapped, writing, &self.runtime, self.errors);
        if is_wrapped {
            return;
        }
        let (ty, sensitive) = (&field.ty, self.runtime.name("Sensitive", field.ty.span()));
        // Nobody but the field's own type would be borrowed from by itself.
        if writing.reads && borrows(ty) && !serde::says(field, "borrow") {
            field.attrs.push(parse_quote_spanned!(ty.span()=> #[serde(borrow)]));
        }
        field.ty = Type::Verbatim(quote_spanned!(ty.span()=> #sensitive<#ty>));
    }
}

/// True for the types that serde borrows from its input without being told.
fn borrows(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    let target = reference.elem.to_token_stream().to_string();
    reference.mutability.is_none() && (target == "str" || target == "[u8]")
}
