//! Tells the probe of the log macros which fields the derive hides.

use std::collections::HashSet;

use audit_syntax::field_hash;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Member, Type};

use super::model::{Class, Field, Item};
use super::part::Part;
use super::types::names_sensitive;

/// An answer to the probe for each sensitive field.
///
/// A field of type `Sensitive<T>` needs none: it prints as hidden.
pub(super) fn fields(item: &Item<Class>, parts: &[Part<'_>]) -> TokenStream {
    let (mut answers, mut named) = (TokenStream::new(), HashSet::new());
    for part in parts {
        let hidden = |field: &&Field<Class>| matches!(field.mark, Class::Sensitive(_));
        for field in part.fields.list.iter().filter(hidden) {
            if !names_sensitive(&field.ty) {
                answers.extend(answer(item, part, field, &mut named));
            }
        }
    }
    answers
}

fn answer(
    item: &Item<Class>,
    part: &Part<'_>,
    field: &Field<Class>,
    named: &mut HashSet<String>,
) -> TokenStream {
    let Item { ident, generics, .. } = item;
    let Field { member, ty, .. } = field;
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let member = match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(at) => at.index.to_string(),
    };
    let owner = ident.unraw();
    // A type by this name stands for the field; what the compiler says of it names it.
    let (key, mut name) = match part.variant.map(|(_, variant)| variant.unraw()) {
        Some(variant) => (format!("{variant}.{member}"), format!("{owner}__{variant}__{member}")),
        None => (member.clone(), format!("{owner}__{member}")),
    };
    while !named.insert(name.clone()) {
        name.push('_');
    }
    // A place in the user's code would let the lints of names speak of this one.
    let (hash, name) = (field_hash(&key), Ident::new(&name, Span::call_site()));
    // What a method makes of a number or a flag does not only speak of it.
    let verdict = if speaks(ty) { quote!(RefusedWhole) } else { quote!(Refused) };
    quote! {
        pub enum #name {}
        #[automatically_derived]
        #[doc(hidden)]
        impl #parameters __audit::Hides<#hash> for #ident #arguments #conditions {
            type Verdict = __audit::#verdict<#name>;
        }
    }
}

/// True for a type that holds values of those types of which a value only speaks about a text, by
/// whatever name: `AtomicBool`, `NonZeroUsize`.
fn speaks(ty: &Type) -> bool {
    let written = ty.to_token_stream().to_string().to_lowercase();
    let mut words = written.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| ["bool", "usize", "isize", "ordering"].iter().any(|end| word.ends_with(end)))
}
