//! Names the paths that a type hides, and demands a rule for the rest.

use std::mem;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::model::{Class, Field, Item};
use super::part::Part;
use super::types::{is_known, is_plain};
use super::{beside, types};

/// What each field demands of its type, for the body of a method.
///
/// The demand is the one place where the compiler complains about a field's type, with the tokens
/// of that type as the place; see `Field` in the runtime.
pub(super) fn demands(item: &Item<Class>) -> TokenStream {
    let mut demands = beside::demands(item);
    for Field { mark, ty, .. } in item.shape.fields() {
        if item.options.strict && matches!(mark, Class::Sensitive(_)) {
            demands.extend(quote!(__audit::wrapped::<#ty>();));
        }
        match mark {
            Class::Sensitive(policy) => demands.extend(policy.demand(ty)),
            // Nothing to demand of what is known by its name.
            Class::Public { .. } if is_known(ty) => {}
            Class::Ruled if types::is_number(ty) => {}
            Class::Public { .. } => {
                demands.extend(quote_spanned! {ty.span()=>
                    __audit::public::<#ty, _>(__audit::Field::<#ty>::MARKS);
                });
                let parts = types::parts(ty).into_iter().filter(|part| !is_plain(part));
                demands.extend(parts.map(as_it_is));
            }
            Class::Ruled => demands.extend(match types::carrier(ty) {
                Some(_) => quote!(__audit::carrier::<#ty>();),
                None => quote!(__audit::rule::<#ty>();),
            }),
        }
    }
    demands
}

/// The item of the trait that names the hidden paths, if there may be one.
pub(super) fn paths(parts: &[Part<'_>]) -> TokenStream {
    let mut reports = TokenStream::new();
    let mut hidden = Vec::new();
    // One call for several takes the compiler less time than one for each.
    let hide = |paths: Vec<String>| {
        let call = quote!(__audit::HiddenPaths::hide_all(__audit_report, &[#(#paths),*]););
        (!paths.is_empty()).then_some(call)
    };
    for part in parts {
        for (at, field) in part.fields.list.iter().enumerate() {
            let (ty, path) = (&field.ty, part.path(at, field));
            match &field.mark {
                Class::Sensitive(_) => hidden.push(path),
                Class::Ruled if !types::is_number(ty) => {
                    reports.extend(hide(mem::take(&mut hidden)));
                    let part = quote!(__audit::Field::<#ty>::hidden);
                    reports.extend(quote!(#part(__audit_report, #path);));
                }
                _ => {}
            }
        }
    }
    match (reports.is_empty(), hidden.is_empty()) {
        (true, true) => TokenStream::new(),
        // A constant takes the compiler less time than a function.
        (true, false) => {
            quote!(const __AUDIT_HIDDEN: &'static [&'static ::core::primitive::str] = &[#(#hidden),*];)
        }
        (false, _) => {
            reports.extend(hide(hidden));
            quote!(fn hidden(__audit_report: &mut __audit::HiddenPaths) { #reports })
        }
    }
}

/// Demands that a part of a public field has no marks of its own.
fn as_it_is(part: &Type) -> TokenStream {
    quote_spanned! {part.span()=>
        __audit::as_it_is::<#part, _>(__audit::Field::<#part>::MARKS);
    }
}
