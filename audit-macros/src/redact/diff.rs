//! Writes the comparison of a type that says `#[redact(diff)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, WherePredicate, parse_quote};

use super::model::{Class, Field, Policy, PolicyKind};
use super::part::Part;
use super::types;
use super::veil::LeftOut;

/// The methods of the trait, for a struct or the variants of an enum.
pub(super) fn methods(parts: &[Part<'_>]) -> TokenStream {
    let (diff, form) = (body(parts), form(parts));
    quote! {
        fn diff(&self, __audit_after: &Self, __audit_into: &mut __audit::Differences<'_>) {
            let __audit_how = __audit::Differences::how(__audit_into);
            #diff
        }

        #form
    }
}

fn body(parts: &[Part<'_>]) -> TokenStream {
    match parts {
        [] => quote!(match *self {}),
        [part @ Part { variant: None, .. }] => part.compared(),
        parts => {
            let arms = parts.iter().map(|part| {
                let (old, new, compared) =
                    (part.named_pattern("old"), part.named_pattern("new"), part.compared());
                quote!((#old, #new) => { #compared })
            });
            // Of one variant there is no other.
            let other = (parts.len() > 1).then(
                || quote!(_ => __audit::Differences::changed(__audit_into, self, __audit_after),),
            );
            quote!(match (self, __audit_after) { #(#arms)* #other })
        }
    }
}

/// The method that writes one marked field; none if no field has a mark.
fn form(parts: &[Part<'_>]) -> Option<TokenStream> {
    let has_mark = |part: &Part<'_>| part.fields.list.iter().any(is_told_by_mark);
    if !parts.iter().any(has_mark) {
        return None;
    }
    let of_part = |part: &Part<'_>| {
        let fields = part.fields.list.iter().enumerate();
        let arms = fields.filter(|(_, field)| is_told_by_mark(field)).map(|(at, field)| {
            let value = part.value(at, field);
            quote!(#at => __audit::Form::put(__audit_into, #value),)
        });
        quote!(match __audit_at { #(#arms)* _ => {} })
    };
    let written = match parts {
        [part @ Part { variant: None, .. }] => of_part(part),
        parts => {
            let arms = parts.iter().map(|part| {
                let (pattern, written) = (part.pattern(), of_part(part));
                quote!(#pattern => { #written })
            });
            quote!(match self { #(#arms)* })
        }
    };
    Some(quote! {
        fn __audit_form(
            &self,
            __audit_at: ::core::primitive::usize,
            __audit_into: &mut __audit::Form<'_>,
        ) {
            let __audit_how = __audit::Form::how(__audit_into);
            #written
        }
    })
}

/// True if the field is compared by its `==`, and told in the form of its mark.
fn is_told_by_mark(field: &Field<Class>) -> bool {
    match &field.mark {
        Class::Sensitive(policy) => !is_omitted(policy),
        _ => false,
    }
}

fn is_omitted(policy: &Policy) -> bool {
    matches!(policy.kind, PolicyKind::Omit(_))
}

impl Part<'_> {
    /// Compares the fields one after the other.
    fn compared(&self) -> TokenStream {
        let fields = self.fields.list.iter().enumerate();
        fields.map(|(at, field)| self.compared_field(at, field)).collect()
    }

    fn compared_field(&self, at: usize, field: &Field<Class>) -> TokenStream {
        let (ty, path) = (&field.ty, self.path(at, field));
        let [old, new] = match self.variant {
            None => {
                let member = &field.member;
                [quote!(&self.#member), quote!(&__audit_after.#member)]
            }
            Some(_) => ["old", "new"].map(|side| {
                let binding = named_binding(side, at);
                quote!(#binding)
            }),
        };
        // The compiler's complaint about a type belongs where that stands.
        let compared = match &field.mark {
            Class::Sensitive(_) => {
                let marked = quote_spanned!(ty.span()=> __audit::marked::<#ty, _>);
                quote!(#marked(__audit_into, #path, #at, (#old, #new), (self, __audit_after));)
            }
            Class::Public { .. } if !types::is_number(ty) => {
                let of = |side: &TokenStream| quote!(__audit::Field::<#ty>::plain(#side));
                let (old, new) = (of(&old), of(&new));
                quote!(__audit::shown(__audit_into, #path, #old, #new);)
            }
            Class::Public { .. } | Class::Ruled => {
                let part = quote_spanned!(ty.span()=> __audit::part::<#ty>);
                quote!(#part(__audit_into, #path, #old, #new);)
            }
        };
        match self.left_out(at, field) {
            LeftOut::Never => compared,
            LeftOut::Always => TokenStream::new(),
            LeftOut::If(condition) => quote!(if !#condition { #compared }),
        }
    }

    /// Binds the fields of a variant that are compared, by names of their side.
    fn named_pattern(&self, side: &str) -> TokenStream {
        let variant = self.variant.map(|(_, ident)| quote!(::#ident));
        let fields = self.fields.list.iter().enumerate();
        let is_compared = |(at, field): &(usize, &Field<Class>)| {
            !matches!(self.left_out(*at, field), LeftOut::Always)
        };
        let bindings = fields.filter(is_compared).map(|(at, field)| {
            let (member, binding) = (&field.member, named_binding(side, at));
            quote!(#member: #binding,)
        });
        quote!(Self #variant { #(#bindings)* .. })
    }
}

/// What a comparison demands of the type of a field that mentions a parameter.
pub(super) fn bound(ty: &Type, mark: &Class) -> Vec<WherePredicate> {
    match mark {
        Class::Sensitive(policy) if is_omitted(policy) => Vec::new(),
        Class::Sensitive(policy) => {
            let equal = parse_quote!(#ty: ::core::cmp::PartialEq);
            policy.bound(ty).into_iter().chain([equal]).collect()
        }
        Class::Public { .. } => vec![parse_quote!(#ty: __audit::Plain + __audit::serde::Serialize)],
        Class::Ruled => vec![parse_quote!(#ty: __audit::Diff)],
    }
}

fn named_binding(side: &str, at: usize) -> Ident {
    format_ident!("__audit_{side}_{at}")
}
