//! Writes the implementations for a judged type.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, Type, WherePredicate, parse_quote};

use super::model::{Class, Field, Item, Shape, Style};
use super::part::Part;
use super::{diff, exceptions, hidden, probed, types};
use crate::runtime;
use crate::tokens::mentions;

/// The implementations, in a scope of their own where `__audit` names the runtime.
pub(crate) fn item(item: &Item<Class>) -> TokenStream {
    let runtime = runtime::named(item.options.runtime.as_ref());
    let output = Output { item, parts: Part::all(item) };
    let redact = output.redact();
    let diff = item.options.diff.then(|| output.diff());
    let markers = output.markers();
    let debug = item.debug_derived.is_empty().then(|| output.debug());
    let entry = output.registry_entry();
    let marks = output.marks();
    let probed = probed::fields(item, &output.parts);
    quote! {
        #[allow(deprecated, unused_imports)]
        const _: () = {
            use #runtime::__private as __audit;
            use __audit::Unruled as _;
            #marks
            #redact
            #diff
            #markers
            #debug
            #entry
            #probed
        };
    }
}

struct Output<'a> {
    item: &'a Item<Class>,
    parts: Vec<Part<'a>>,
}

impl Output<'_> {
    fn redact(&self) -> TokenStream {
        let body = self.redact_body();
        let (paths, demands) = (hidden::paths(&self.parts), hidden::demands(self.item));
        self.implementation(
            &quote!(__audit::Redact),
            &quote! {
                #paths

                fn redact<__AuditS: __audit::serde::Serializer>(
                    &self,
                    __audit_serializer: __AuditS,
                    __audit_how: __audit::Redaction<'_>,
                ) -> ::core::result::Result<__AuditS::Ok, __AuditS::Error> {
                    #demands
                    #body
                }
            },
        )
    }

    fn diff(&self) -> TokenStream {
        let methods = diff::methods(&self.parts);
        self.implementation_where(&quote!(__audit::Diff), &methods, self.bounds(diff::bound))
    }

    fn debug(&self) -> TokenStream {
        self.implementation(
            &quote!(::core::fmt::Debug),
            &quote! {
                fn fmt(&self, __audit_f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    __audit::Redact::fmt_redacted(self, __audit_f)
                }
            },
        )
    }

    fn markers(&self) -> TokenStream {
        let element = self.implementation(&quote!(__audit::Element), &TokenStream::new());
        let is_fieldless = match &self.item.shape {
            Shape::Struct(_) => false,
            Shape::Enum(variants) => variants.iter().all(|v| v.fields.style == Style::Unit),
        };
        let key = is_fieldless
            .then(|| self.implementation(&quote!(__audit::MapKey), &TokenStream::new()));
        let marks = if self.hides() { quote!(__audit::Marked) } else { quote!(__audit::Plain) };
        let marks = self.implementation(&marks, &TokenStream::new());
        quote!(#element #key #marks)
    }

    /// True if a part of the type may be hidden: one that is marked, or one whose type decides.
    fn hides(&self) -> bool {
        self.item.shape.fields().into_iter().any(|field| match &field.mark {
            Class::Sensitive(_) => true,
            Class::Public { .. } => false,
            Class::Ruled => !types::is_number(&field.ty),
        })
    }

    fn implementation(&self, of: &TokenStream, body: &TokenStream) -> TokenStream {
        self.implementation_where(of, body, self.bounds(bound))
    }

    fn implementation_where(
        &self,
        of: &TokenStream,
        body: &TokenStream,
        bounds: Vec<WherePredicate>,
    ) -> TokenStream {
        let ident = &self.item.ident;
        let mut generics = self.item.generics.clone();
        if !bounds.is_empty() {
            generics.make_where_clause().predicates.extend(bounds);
        }
        let (parameters, arguments, conditions) = generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #parameters #of for #ident #arguments #conditions { #body }
        }
    }

    /// A bound for each type of a shown field that mentions a type parameter.
    ///
    /// A field that mentions the type itself gets none: the compiler would go in circles, and what
    /// the other fields demand is enough.
    fn bounds(&self, demanded: fn(&Type, &Class) -> Vec<WherePredicate>) -> Vec<WherePredicate> {
        let parameters: Vec<&Ident> = self.item.generics.type_params().map(|p| &p.ident).collect();
        if parameters.is_empty() {
            return Vec::new();
        }
        let own = [format_ident!("Self"), self.item.ident.clone()];
        let mut seen = HashSet::new();
        let mut bounds = Vec::new();
        for Field { ty, mark, .. } in self.item.shape.fields() {
            let depends = mentions(ty, |word| parameters.contains(&word));
            if !depends || mentions(ty, |word| own.contains(word)) {
                continue;
            }
            for bound in demanded(ty, mark) {
                if seen.insert(bound.to_token_stream().to_string()) {
                    bounds.push(bound);
                }
            }
        }
        bounds
    }

    /// The constants that say what policies there are, for the serializer and for the registry.
    fn marks(&self) -> TokenStream {
        let of_part = |part: &Part<'_>| -> TokenStream {
            let fields = part.fields.list.iter().enumerate();
            fields.map(|(at, field)| part.mark_constant(at, field)).collect()
        };
        let marks: TokenStream = self.parts.iter().map(of_part).collect();
        match marks.is_empty() {
            true => marks,
            false => {
                quote!(#[allow(clippy::wildcard_imports)] use __audit::veil::*; #marks)
            }
        }
    }

    fn redact_body(&self) -> TokenStream {
        if let [part @ Part { variant: None, .. }] = self.parts.as_slice() {
            return part.form();
        }
        if self.parts.is_empty() {
            return quote!(match *self {});
        }
        let arms = self.parts.iter().map(|part| {
            let pattern = part.pattern();
            let form = part.form();
            quote!(#pattern => { #form })
        });
        quote!(match self { #(#arms)* })
    }

    /// The type in one text, and the marks of which it speaks; the runtime reads it.
    fn registry_entry(&self) -> TokenStream {
        let exceptions = exceptions::of(self.item, &self.parts);
        let (mut fields, mut marks) = (String::new(), Vec::new());
        for part in &self.parts {
            for (at, field) in part.fields.list.iter().enumerate() {
                fields.push('\n');
                fields.push_str(&part.describe(at, field));
                marks.extend(part.mark_named(at, field));
            }
        }
        let name = format!("::{}\n", self.item.ident.unraw());
        quote! {
            #exceptions
            __audit::inventory::submit! {
                __audit::Described(
                    ::core::concat!(
                        ::core::module_path!(), #name, ::core::file!(), "\n", ::core::line!(), #fields
                    ),
                    &[#(#marks),*],
                )
            }
        }
    }
}

/// What the written form demands of the type of a field that mentions a parameter.
fn bound(ty: &Type, mark: &Class) -> Vec<WherePredicate> {
    match mark {
        Class::Sensitive(policy) => policy.bound(ty).into_iter().collect(),
        // Nothing tells whether a parameter has marks; what is plain has none.
        Class::Public { .. } => vec![parse_quote!(#ty: __audit::Plain + __audit::serde::Serialize)],
        Class::Ruled => vec![parse_quote!(#ty: __audit::Redact)],
    }
}
