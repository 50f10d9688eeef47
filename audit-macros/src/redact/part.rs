//! A struct, or one variant of an enum: its name, its fields and their paths.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;
use syn::ext::IdentExt;

use super::model::{Class, Field, Fields, Item, Shape, Style};

/// One struct, or one variant of an enum.
pub(super) struct Part<'a> {
    /// Type and variant, as they appear in the log.
    pub(super) name: String,
    pub(super) variant: Option<(u32, &'a Ident)>,
    pub(super) fields: &'a Fields<Class>,
}

impl<'a> Part<'a> {
    /// A struct itself, or the variants of an enum.
    pub(super) fn all(item: &'a Item<Class>) -> Vec<Self> {
        let name = item.ident.unraw().to_string();
        match &item.shape {
            Shape::Struct(fields) => vec![Self { name, variant: None, fields }],
            Shape::Enum(variants) => (0_u32..)
                .zip(variants)
                .map(|(place, variant)| Self {
                    name: name.clone(),
                    variant: Some((place, &variant.ident)),
                    fields: &variant.fields,
                })
                .collect(),
        }
    }

    /// The path to a field with the type before it: `Login.password`, `Pin`, `Range[1]`.
    pub(super) fn whole_path(&self, at: usize, field: &Field<Class>) -> String {
        let path = self.path(at, field);
        let point = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        format!("{}{point}{path}", self.name)
    }

    /// The path from the type to a field, as it is reported.
    pub(super) fn path(&self, at: usize, field: &Field<Class>) -> String {
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
    pub(super) fn serde_names(&self) -> (&'static str, Option<&'static str>) {
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
    pub(super) fn serde_name(&self) -> TokenStream {
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

pub(super) fn binding(at: usize) -> Ident {
    format_ident!("__audit_{at}")
}
