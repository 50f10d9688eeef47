//! Writes what the catalogue knows of the action: its options, what it captures, and the exceptions among that.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::expand::Call;
use super::model::{Part, Spec, Target};
use crate::redact::exception;
use crate::route::Route;

impl Call<'_> {
    /// What the catalogue knows of the action.
    pub(super) fn specification(&self) -> TokenStream {
        let Spec { action, category, operation, durability, on_unrecorded, .. } = self.spec;
        let category = variant(category);
        let operation = variant(operation);
        let durability = variant(durability);
        let on_unrecorded = variant(on_unrecorded);
        let severity = self.spec.severity.map(|severity| {
            let severity = variant(severity);
            quote!(.severity(__audit::Severity::#severity))
        });
        let retention = self.spec.retention.iter().map(|class| quote!(.retention(#class)));
        let captures = self.capture_names();
        let compares = self.spec.changes.is_some().then(|| quote!(.compares()));
        let (routes, version) = (self.routes(), self.version());
        let description = self.spec.description.iter().map(part).collect::<Vec<_>>();
        let description =
            (!description.is_empty()).then(|| quote!(.description(&[#(#description),*])));
        let name = self.name;
        quote! {
            __audit::ActionSpec::new(
                #action,
                __audit::Category::#category,
                __audit::Operation::#operation,
                __audit::Durability::#durability,
                __audit::OnUnrecorded::#on_unrecorded,
            )
            #severity
            #(#retention)*
            #captures
            #compares
            #routes
            #version
            #description
            .at(
                ::core::concat!(::core::module_path!(), "::", #name),
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            )
        }
    }

    /// What is captured although it is named like a secret.
    pub(super) fn exceptions(&self) -> TokenStream {
        let Spec { targets, fields, .. } = self.spec;
        let of_targets = targets.iter().flat_map(|Target { kind, id, name }| {
            let id = (format!("{}.id", kind.unraw()), Some(id));
            [id, (format!("{}.name", kind.unraw()), name.as_ref())]
        });
        let of_changes = self.spec.changes.iter().flat_map(|changes| {
            let of = |side: &str, value| (format!("changes.{side}"), Some(value));
            [of("before", &changes.before), of("after", &changes.after)]
        });
        let of_fields = fields.iter().map(|f| (f.name.unraw().to_string(), Some(&f.value)));
        let reasons = of_targets.chain(of_fields).chain(of_changes).filter_map(|(what, value)| {
            let what = format!("{}.{what}", self.name);
            Some(exception("PublicCapture", &what, Some(value?.reason.as_ref()?)))
        });
        reasons.collect()
    }

    fn capture_names(&self) -> Option<TokenStream> {
        let Spec { targets, fields, .. } = self.spec;
        if targets.is_empty() && fields.is_empty() {
            return None;
        }
        let targets = targets.iter().map(|target| target.kind.unraw().to_string());
        let fields = fields.iter().map(|field| field.name.unraw().to_string());
        Some(quote!(.captures(&[#(#targets),*], &[#(#fields),*])))
    }

    fn routes(&self) -> Option<TokenStream> {
        let (routes, scoped) = (&self.spec.routes, self.scoped_routes);
        if routes.is_empty() && scoped.is_empty() {
            return None;
        }
        let routes = routes.iter().map(Route::text);
        Some(quote!(.routes(&[#(#routes),*], &[#(#scoped),*])))
    }

    fn version(&self) -> Option<TokenStream> {
        let version = self.spec.version;
        (version > 1).then(|| quote!(.version(#version)))
    }
}

fn part(part: &Part) -> TokenStream {
    match part {
        Part::Text(text) => quote!(__audit::Part::Text(#text)),
        Part::Field(name) => quote!(__audit::Part::Field(#name)),
        Part::Actor => quote!(__audit::Part::Actor),
        Part::Target => quote!(__audit::Part::Target),
    }
}

/// The runtime's variant for a word: `FailOpen` for `fail_open`.
fn variant(word: &str) -> Ident {
    let capitalized = word.split('_').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    });
    format_ident!("{}", capitalized.collect::<String>())
}
