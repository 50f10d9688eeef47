//! Writes the implementations for a judged type.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, LitStr, Type, WherePredicate, parse_quote};

use super::model::{Class, Field, Fields, Item, Shape, Style};

/// The implementations, in a scope of their own where `__audit` names the runtime.
pub(crate) fn item(item: &Item<Class>) -> TokenStream {
    let runtime = match &item.options.runtime {
        Some(path) => path.to_token_stream(),
        None => quote!(::audit_runtime),
    };
    let output = Output { item };
    let redact = output.redact();
    let markers = output.markers();
    let debug = item.debug_derived.is_empty().then(|| output.debug());
    let entry = output.registry_entry();
    quote! {
        const _: () = {
            use #runtime::__private as __audit;
            #[allow(unused_imports)]
            use __audit::Unruled as _;
            #redact
            #markers
            #debug
            #entry
        };
    }
}

struct Output<'a> {
    item: &'a Item<Class>,
}

/// One struct, or one variant of an enum.
struct Part<'a> {
    /// Type and variant, as they appear in the log.
    name: String,
    variant: Option<(u32, &'a Ident)>,
    fields: &'a Fields<Class>,
}

impl<'a> Output<'a> {
    fn redact(&self) -> TokenStream {
        let body = self.redact_body();
        let hidden = self.hidden_body();
        self.implementation(
            &quote!(__audit::Redact),
            &quote! {
                fn redact<__AuditS: __audit::serde::Serializer>(
                    &self,
                    __audit_serializer: __AuditS,
                    __audit_how: __audit::Redaction<'_>,
                ) -> ::core::result::Result<__AuditS::Ok, __AuditS::Error> {
                    #body
                }

                fn hidden(__audit_report: &mut __audit::HiddenPaths) {
                    #hidden
                }
            },
        )
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
        quote!(#element #key)
    }

    fn implementation(&self, of: &TokenStream, body: &TokenStream) -> TokenStream {
        let ident = &self.item.ident;
        let mut generics = self.item.generics.clone();
        let bounds = self.bounds();
        if !bounds.is_empty() {
            generics.make_where_clause().predicates.extend(bounds);
        }
        let (parameters, arguments, conditions) = generics.split_for_impl();
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #parameters #of for #ident #arguments #conditions { #body }
        }
    }

    /// A bound for each type of a shown field that mentions a type parameter.
    ///
    /// A field that mentions the type itself gets none: the compiler would go in circles, and what
    /// the other fields demand is enough.
    fn bounds(&self) -> Vec<WherePredicate> {
        let parameters: Vec<&Ident> = self.item.generics.type_params().map(|p| &p.ident).collect();
        let own = [format_ident!("Self"), self.item.ident.clone()];
        let mut seen = HashSet::new();
        let mut bounds = Vec::new();
        for Field { ty, mark, .. } in self.item.shape.fields() {
            if !mentions(ty, &parameters) || mentions(ty, &own.each_ref()) {
                continue;
            }
            let bound: WherePredicate = match mark {
                Class::Sensitive => continue,
                Class::Public { .. } => parse_quote!(#ty: __audit::serde::Serialize),
                Class::Ruled => parse_quote!(#ty: __audit::Redact),
            };
            if seen.insert(bound.to_token_stream().to_string()) {
                bounds.push(bound);
            }
        }
        bounds
    }

    fn parts(&self) -> Vec<Part<'a>> {
        let name = self.item.ident.unraw().to_string();
        match &self.item.shape {
            Shape::Struct(fields) => vec![Part { name, variant: None, fields }],
            Shape::Enum(variants) => (0_u32..)
                .zip(variants)
                .map(|(place, variant)| Part {
                    name: name.clone(),
                    variant: Some((place, &variant.ident)),
                    fields: &variant.fields,
                })
                .collect(),
        }
    }

    fn redact_body(&self) -> TokenStream {
        let parts = self.parts();
        if parts.is_empty() {
            return quote!(match *self {});
        }
        let arms = parts.iter().map(|part| {
            let pattern = part.pattern();
            let form = self.part_form(part);
            quote!(#pattern => { #form })
        });
        quote!(match self { #(#arms)* })
    }

    /// Serializes one part from the bindings of its pattern.
    fn part_form(&self, part: &Part<'_>) -> TokenStream {
        let (method, state) = part.serde_names();
        let method = format_ident!("{method}");
        let name = part.serde_name();
        let start = quote!(__audit::serde::Serializer::#method);
        let fields = || part.fields.list.iter().enumerate();
        let Some(state) = state else {
            let value = fields().map(|(at, field)| value(at, field));
            return quote!(#start(__audit_serializer, #name #(, #value)*));
        };
        let state = format_ident!("{state}");
        let state = quote!(__audit::serde::ser::#state);
        let writes = fields().map(|(at, field)| {
            let key = field.name().map(|key| quote!(#key,));
            let value = value(at, field);
            quote!(#state::serialize_field(&mut __audit_state, #key #value)?;)
        });
        let count = part.fields.list.len();
        let mutable = (count > 0).then(|| quote!(mut));
        quote! {
            let #mutable __audit_state = #start(__audit_serializer, #name, #count)?;
            #(#writes)*
            #state::end(__audit_state)
        }
    }

    /// Reports the hidden paths, and first of all demands a rule for each shown field.
    ///
    /// The demand is the one place where the compiler complains about a field's type, with the
    /// tokens of that type as the place; see `Field` in the runtime.
    fn hidden_body(&self) -> TokenStream {
        let mut demands = TokenStream::new();
        let mut reports = TokenStream::new();
        for part in self.parts() {
            for (at, field) in part.fields.list.iter().enumerate() {
                let (ty, path) = (&field.ty, part.path(at, field));
                match field.mark {
                    Class::Sensitive => {
                        reports.extend(quote!(__audit::HiddenPaths::hide(__audit_report, #path);));
                    }
                    Class::Public { .. } => demands.extend(quote!(__audit::public::<#ty>();)),
                    Class::Ruled => {
                        demands.extend(quote!(__audit::rule::<#ty>();));
                        let hidden = quote!(__audit::Field::<#ty>::hidden);
                        reports.extend(quote!(#hidden(__audit_report, #path);));
                    }
                }
            }
        }
        quote!(#demands #reports)
    }

    fn registry_entry(&self) -> TokenStream {
        let name = self.item.ident.unraw().to_string();
        let parts = self.parts();
        let fields = parts.iter().flat_map(|part| {
            let describe = |(at, field)| describe(&part.path(at, field), &field.mark);
            part.fields.list.iter().enumerate().map(describe)
        });
        quote! {
            __audit::inventory::submit! {
                __audit::RedactedType {
                    name: ::core::concat!(::core::module_path!(), "::", #name),
                    file: ::core::file!(),
                    line: ::core::line!(),
                    fields: &[#(#fields),*],
                }
            }
        }
    }
}

impl Part<'_> {
    /// Binds the fields that are shown.
    fn pattern(&self) -> TokenStream {
        let variant = self.variant.map(|(_, ident)| quote!(::#ident));
        let bindings = self.fields.list.iter().enumerate().filter_map(|(at, field)| {
            let (member, binding) = (&field.member, binding(at));
            (!matches!(field.mark, Class::Sensitive)).then(|| quote!(#member: #binding,))
        });
        let bindings: Vec<TokenStream> = bindings.collect();
        if variant.is_none() && bindings.is_empty() {
            return quote!(_);
        }
        quote!(Self #variant { #(#bindings)* .. })
    }

    /// The path from the type to a field, as it is reported.
    fn path(&self, at: usize, field: &Field<Class>) -> String {
        let variant = self.variant.map(|(_, ident)| ident.unraw().to_string());
        let place = match field.name() {
            Some(name) => name,
            None if self.fields.list.len() == 1 => String::new(),
            None => format!("[{at}]"),
        };
        match variant {
            None => place,
            Some(variant) if place.is_empty() || place.starts_with('[') => variant + &place,
            Some(variant) => format!("{variant}.{place}"),
        }
    }

    /// serde's method for this part, and its trait that takes the fields if there are several.
    fn serde_names(&self) -> (&'static str, Option<&'static str>) {
        match (self.fields.style, self.fields.list.len(), self.variant) {
            (Style::Unit, _, None) => ("serialize_unit_struct", None),
            (Style::Unit, _, Some(_)) => ("serialize_unit_variant", None),
            (Style::Tuple, 1, None) => ("serialize_newtype_struct", None),
            (Style::Tuple, 1, Some(_)) => ("serialize_newtype_variant", None),
            (Style::Tuple, _, None) => ("serialize_tuple_struct", Some("SerializeTupleStruct")),
            (Style::Tuple, _, Some(_)) => {
                ("serialize_tuple_variant", Some("SerializeTupleVariant"))
            }
            (Style::Named, _, None) => ("serialize_struct", Some("SerializeStruct")),
            (Style::Named, _, Some(_)) => {
                ("serialize_struct_variant", Some("SerializeStructVariant"))
            }
        }
    }

    /// The arguments by which serde is told which type and variant this is.
    fn serde_name(&self) -> TokenStream {
        let name = &self.name;
        match self.variant {
            None => quote!(#name),
            Some((place, ident)) => {
                let variant = ident.unraw().to_string();
                quote!(#name, #place, #variant)
            }
        }
    }
}

/// A reference to what may be written of one field.
fn value(at: usize, field: &Field<Class>) -> TokenStream {
    let (ty, binding) = (&field.ty, binding(at));
    match field.mark {
        Class::Sensitive => quote!(&__audit::Hidden),
        Class::Public { .. } => quote!(&__audit::Field::<#ty>::plain(#binding)),
        Class::Ruled => quote!(&__audit::Field::<#ty>::form(#binding, __audit_how)),
    }
}

fn binding(at: usize) -> Ident {
    format_ident!("__audit_{at}")
}

fn describe(name: &str, class: &Class) -> TokenStream {
    let (class, reason): (_, Option<&LitStr>) = match class {
        Class::Sensitive => (quote!(Sensitive), None),
        Class::Public { reason } => (quote!(Public), reason.as_ref()),
        Class::Ruled => (quote!(Ruled), None),
    };
    let reason = match reason {
        Some(reason) => quote!(::core::option::Option::Some(#reason)),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        __audit::RedactedField { name: #name, class: __audit::FieldClass::#class, reason: #reason }
    }
}

/// True if one of the identifiers stands anywhere in the type; tokens show those in macros too.
fn mentions(ty: &Type, identifiers: &[&Ident]) -> bool {
    fn any(tokens: TokenStream, identifiers: &[&Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => identifiers.contains(&&ident),
            TokenTree::Group(group) => any(group.stream(), identifiers),
            _ => false,
        })
    }
    any(ty.to_token_stream(), identifiers)
}
