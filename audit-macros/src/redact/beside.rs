//! Demands that what the other derives of a type write shows no marked field.
//!
//! Those derives are not to be seen from here, but the compiler knows what they implement.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Member, Type, TypeParamBound, parse_quote};

use super::model::{Class, Field, Fields, Item, Options, Shape};
use super::{texts, types};
use crate::errors::Errors;
use crate::tokens::mentions;

const NOT_PRINTED: &str = "no part of this type has a marked field as its only one, without a text of its \
                           own: remove `display`, which allows nothing";

/// Refuses a leave that nothing asks for.
pub(super) fn check(options: &Options, shape: &Shape<Class>, errors: &mut Errors) {
    let is_needed = || shape.parts().into_iter().any(|fields| printed(fields).is_some());
    if let Some(why) = options.display.as_ref().filter(|_| !is_needed()) {
        errors.at(why, NOT_PRINTED);
    }
}

/// The demands of a type, for the body of one of its methods.
pub(super) fn demands(item: &Item<Class>) -> TokenStream {
    let is_generic = item.generics.type_params().next().is_some();
    let (ident, arguments) = (&item.ident, item.generics.split_for_impl().1);
    let this = if is_generic { quote!(#ident #arguments) } else { quote!(Self) };
    let printed = item.shape.parts().into_iter().filter_map(printed);
    let printed = printed.filter(|_| item.options.display.is_none()).map(|field| {
        quote_spanned! {place(field)=>
            __audit::unprinted::<#this, _>(__audit::Field::<dyn __audit::Unprinted<#this>>::SHOWS);
        }
    });
    let mut read = item.shape.fields().into_iter().filter(|field| field.is_shown_plain());
    // One of several fields stands for them all: each demand takes the compiler its time.
    let read = read.find(|field| !field.read_apart).map(|field| {
        quote_spanned! {place(field)=>
            __audit::unread::<#this, _>(__audit::Field::<dyn __audit::Unread<#this>>::SHOWS);
        }
    });
    let demands: TokenStream = printed.chain(read).collect();
    let demands = if is_generic && !demands.is_empty() { apart(item, &demands) } else { demands };
    let public = item.shape.fields().into_iter().flat_map(public);
    quote!(#demands #(#public)*)
}

/// Demands that what is public carries no secrets, also under a name by which nobody knows it.
fn public(field: &Field<Class>) -> Vec<TokenStream> {
    if !matches!(field.mark, Class::Public { reason: None }) {
        return Vec::new();
    }
    let parts = types::parts(&field.ty).into_iter().filter(|part| !types::is_plain(part));
    let demand = |part: &Type| {
        quote_spanned! {part.span()=>
            __audit::harmless::<#part, _>(__audit::Field::<dyn __audit::Harmless<#part>>::SHOWS);
        }
    };
    parts.map(demand).collect()
}

/// The field that is all a struct or a variant has to print, if it is marked and no text is given.
pub(super) fn printed(fields: &Fields<Class>) -> Option<&Field<Class>> {
    let [only] = fields.list.as_slice() else {
        return None;
    };
    (only.is_shown_plain() && !texts::is_said(fields)).then_some(only)
}

/// The demands of a generic type, whose other derives ask of its parameters what they ask of it.
fn apart(item: &Item<Class>, demands: &TokenStream) -> TokenStream {
    let mut generics = item.generics.clone();
    let mut wanted: Vec<TypeParamBound> = vec![parse_quote!(::core::fmt::Display)];
    // Beside a bound for one lifetime the compiler could not choose.
    let conditions = generics.where_clause.as_ref();
    if !mentions(&quote!(#generics #conditions), |word| word == "Deserialize") {
        wanted.push(parse_quote!(for<'__audit_de> __audit::serde::Deserialize<'__audit_de>));
    }
    for parameter in generics.type_params_mut() {
        parameter.bounds.extend(wanted.iter().cloned());
    }
    let (parameters, _, conditions) = generics.split_for_impl();
    quote! {
        #[allow(dead_code, clippy::multiple_bound_locations)]
        fn __audit_beside #parameters () #conditions { #demands }
    }
}

fn place(field: &Field<Class>) -> Span {
    match &field.member {
        Member::Named(name) => name.span(),
        Member::Unnamed(_) => field.ty.span(),
    }
}
