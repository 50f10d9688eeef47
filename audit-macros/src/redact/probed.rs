//! Tells the probe of the log macros which fields the derive hides.

use audit_syntax::field_hash;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Member, Type};

use super::model::{Class, Field, Fields, Item, Shape};
use super::types::names_sensitive;

/// An answer to the probe for each sensitive field, in words of its own.
///
/// A field of type `Sensitive<T>` needs none: it prints as hidden.
pub(super) fn fields(item: &Item<Class>) -> TokenStream {
    let of = |variant: Option<&Ident>, fields: &Fields<Class>| -> TokenStream {
        let hidden = fields.list.iter().filter(|field| matches!(field.mark, Class::Sensitive(_)));
        let plain = hidden.filter(|field| !names_sensitive(&field.ty));
        plain.map(|field| answer(item, variant, field)).collect()
    };
    match &item.shape {
        Shape::Struct(fields) => of(None, fields),
        Shape::Enum(variants) => variants.iter().map(|v| of(Some(&v.ident), &v.fields)).collect(),
    }
}

fn answer(item: &Item<Class>, variant: Option<&Ident>, field: &Field<Class>) -> TokenStream {
    let Item { ident, generics, .. } = item;
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let (member, span) = match &field.member {
        Member::Named(name) => (name.unraw().to_string(), name.span()),
        Member::Unnamed(at) => (at.index.to_string(), field.ty.span()),
    };
    let owner = ident.unraw();
    let (key, path) = match variant.map(IdentExt::unraw) {
        Some(variant) => (format!("{variant}.{member}"), format!("{owner}::{variant}.{member}")),
        None => (member.clone(), format!("{owner}.{member}")),
    };
    let hash = field_hash(&key);
    let message = format!("`{path}` is `#[sensitive]` and must not be written to a log");
    let label = format!("this shows `{path}`");
    // The compiler points at the bound, which stands where the field does.
    let refused = quote_spanned! {span=>
        pub fn write_to_log<T: MayBeLogged + ?::core::marker::Sized>(self, _: &T) {}
    };
    // What a method makes of a number or a flag does not only speak of it.
    let (parameter, may_be_logged) = match speaks(&field.ty) {
        true => (quote!(), quote!(__audit::Unknown)),
        false => (quote!(<T: __audit::Speaking + ?::core::marker::Sized>), quote!(T)),
    };
    // What is asked only where no code runs counts as unused, and nothing here is reached by name.
    quote! {
        #[allow(dead_code, unreachable_pub, clippy::unused_self)]
        const _: () = {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = #label,
                note = "leave it out, or show the whole value: its `Debug` and `redacted()` hide this",
                note = "if this value may be shown: `audit_runtime::allow_leak!(value, \"why\")`, \
                        which is listed in the catalogue"
            )]
            pub trait MayBeLogged {}
            #[diagnostic::do_not_recommend]
            impl #parameter MayBeLogged for #may_be_logged {}
            pub struct Field;
            impl Field {
                #refused
            }
            #[automatically_derived]
            impl #parameters __audit::Hides<#hash> for #ident #arguments #conditions {
                type Verdict = Field;
            }
        };
    }
}

/// True for a type that holds values of those types of which a value only speaks about a text.
fn speaks(ty: &Type) -> bool {
    let written = ty.to_token_stream().to_string();
    let mut words = written.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| matches!(word, "bool" | "usize" | "isize" | "Ordering"))
}
