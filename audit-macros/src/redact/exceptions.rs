//! Registers what is shown although a rule would hide it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::LitStr;
use syn::ext::IdentExt;

use super::model::{Class, Item, Policy, PolicyKind};
use super::part::Part;

/// What of the type is shown although a rule would hide it.
pub(super) fn of(item: &Item<Class>, parts: &[Part<'_>]) -> TokenStream {
    let name = item.ident.unraw().to_string();
    let mut found = TokenStream::new();
    if item.options.default_public {
        found.extend(exception("PublicByDefault", &name, None));
    }
    if let Some(why) = &item.options.display {
        found.extend(exception("Displayed", &name, Some(why)));
    }
    for part in parts {
        for (at, field) in part.fields.list.iter().enumerate() {
            let path = part.whole_path(at, field);
            if let Class::Public { reason: Some(reason) } = &field.mark {
                found.extend(exception("PublicField", &path, Some(reason)));
            }
            if let Class::Sensitive(Policy { kind: PolicyKind::With(_), .. }) = &field.mark {
                found.extend(exception("OwnPolicy", &path, None));
            }
            if field.disclosed {
                found.extend(exception("Disclosed", &path, None));
            }
        }
    }
    found
}

/// Registers that `what`, in the module of the type, is shown.
pub(crate) fn exception(kind: &str, what: &str, reason: Option<&LitStr>) -> TokenStream {
    let kind = format_ident!("{kind}");
    let reason = optional(reason);
    quote! {
        __audit::inventory::submit! {
            __audit::Exception {
                kind: __audit::ExceptionKind::#kind,
                what: ::core::concat!(::core::module_path!(), "::", #what),
                reason: #reason,
                file: ::core::file!(),
                line: ::core::line!(),
            }
        }
    }
}

fn optional(reason: Option<&LitStr>) -> TokenStream {
    match reason {
        Some(reason) => quote!(::core::option::Option::Some(#reason)),
        None => quote!(::core::option::Option::None),
    }
}
