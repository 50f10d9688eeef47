//! Writes a struct or a variant to the serializer, field by field.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;

use super::model::{Class, Field, Policy, PolicyKind, Style};
use super::part::Part;
use super::types;
use super::veil::LeftOut;

/// The runtime has tuples of parts up to this length.
const PARTS_MAX: usize = 8;

impl Part<'_> {
    /// Serializes this part; a variant from the bindings of its pattern.
    pub(super) fn form(&self) -> TokenStream {
        if let (Style::Named, None) = (self.fields.style, self.variant) {
            return self.named_struct();
        }
        let (method, state) = self.serde_names();
        let method = format_ident!("{method}");
        let name = self.serde_name();
        let start = quote!(__audit::serde::Serializer::#method);
        let fields = || self.fields.list.iter().enumerate();
        let Some(state) = state else {
            let value = fields().map(|(at, field)| self.value(at, field));
            return quote!(#start(__audit_serializer, #name #(, #value)*));
        };
        let state = format_ident!("{state}");
        let state = quote!(__audit::serde::ser::#state);
        let writes = fields().map(|(at, field)| {
            let key = field.name().map(|key| quote!(#key,));
            let write = || {
                let value = self.value(at, field);
                quote!(#state::serialize_field(&mut __audit_state, #key #value)?;)
            };
            let skip = quote!(#state::skip_field(&mut __audit_state, #key)?;);
            match self.left_out(at, field) {
                LeftOut::Never => write(),
                LeftOut::Always => skip,
                LeftOut::If(condition) => {
                    let write = write();
                    quote!(if #condition { #skip } else { #write })
                }
            }
        });
        let count = self.count();
        let mutable = (!self.fields.list.is_empty()).then(|| quote!(mut));
        quote! {
            let #mutable __audit_state = #start(__audit_serializer, #name, #count)?;
            #(#writes)*
            #state::end(__audit_state)
        }
    }

    /// Serializes a struct with named fields, which most types are, in the fewest tokens.
    fn named_struct(&self) -> TokenStream {
        let fields = self.fields.list.iter().enumerate();
        let parts = fields.filter_map(|(at, field)| Some(self.written(at, field, &field.name()?)));
        let parts: Vec<TokenStream> = parts.collect();
        let (name, parts) = (&self.name, tuple(&parts));
        quote!(__audit::write_struct(__audit_serializer, __audit_how, #name, &#parts))
    }

    /// One field of a struct as a part that is written.
    fn written(&self, at: usize, field: &Field<Class>, key: &str) -> TokenStream {
        let part = match &field.mark {
            Class::Ruled if types::is_number(&field.ty) => {
                let place = self.place(at, field);
                quote!((#key, #place))
            }
            Class::Sensitive(Policy { kind: PolicyKind::Full | PolicyKind::Omit(_), .. }) => {
                key.to_token_stream()
            }
            _ => {
                let value = self.value(at, field);
                quote!(__audit::Shown(#key, #value))
            }
        };
        match self.left_out(at, field) {
            LeftOut::Never => part,
            LeftOut::Always => quote!(__audit::LeftOut(true, #key, #part)),
            LeftOut::If(condition) => quote!(__audit::LeftOut(#condition, #key, #part)),
        }
    }

    /// The number of fields that are written.
    fn count(&self) -> TokenStream {
        let mut count = self.fields.list.len();
        let mut fewer = TokenStream::new();
        for (at, field) in self.fields.list.iter().enumerate() {
            match self.left_out(at, field) {
                LeftOut::Never => {}
                LeftOut::Always => count -= 1,
                LeftOut::If(condition) => {
                    fewer.extend(quote!(- ::core::primitive::usize::from(#condition)));
                }
            }
        }
        quote!(#count #fewer)
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
            // A struct with names is written in fewer tokens, see above.
            (Style::Named, _, _) => ("serialize_struct_variant", Some("SerializeStructVariant")),
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

/// The parts as a tuple; of many, each part is a group of them, and so on, in few levels.
fn tuple(parts: &[TokenStream]) -> TokenStream {
    if parts.len() <= PARTS_MAX {
        return quote!((#(#parts,)*));
    }
    let groups = parts.chunks(PARTS_MAX).map(|group| quote!(__audit::Group((#(#group,)*))));
    tuple(&groups.collect::<Vec<_>>())
}
