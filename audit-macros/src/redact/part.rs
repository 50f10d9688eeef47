//! A struct, or one variant of an enum: its name, its fields and their paths.

use syn::Ident;
use syn::ext::IdentExt;

use super::model::{Class, Field, Fields, Item, Shape};

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
}
