//! Writes what becomes of one field in the output: shown by its rule, or treated by its policy.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Member, Type, WherePredicate, parse_quote};

use super::model::{Class, Field, Mask, Policy, PolicyKind};
use super::part::Part;
use super::types::{self, is_known, is_plain, names_sensitive};
use crate::tokens::mentions;

/// Whether a field is left out of what is written.
pub(super) enum LeftOut {
    Never,
    Always,
    If(TokenStream),
}

impl Part<'_> {
    /// A reference to what may be written of one field.
    pub(super) fn value(&self, at: usize, field: &Field<Class>) -> TokenStream {
        let (ty, place) = (&field.ty, self.place(at, field));
        match &field.mark {
            Class::Public { .. } if is_known(ty) => place,
            Class::Public { .. } => quote!(&__audit::Field::<#ty>::plain(#place)),
            Class::Ruled if types::is_number(ty) => {
                quote!(&__audit::Redact::redacted_with(#place, __audit_how))
            }
            Class::Ruled => quote!(&__audit::Field::<#ty>::form(#place, __audit_how)),
            Class::Sensitive(policy) => {
                let mark = self.mark(at);
                match &policy.kind {
                    PolicyKind::Full | PolicyKind::Omit(_) => quote!(&__audit::Hidden),
                    PolicyKind::Mask(_) | PolicyKind::Pseudonym { .. } => {
                        let none = quote!(::core::option::Option::None);
                        quote!(&(&&__audit::Veil(#place)).veiled(&#mark, __audit_how, #none))
                    }
                    PolicyKind::Encrypt { subject } => {
                        let subject = self.subject(subject.as_ref());
                        quote!(&(&&__audit::Veil(#place)).veiled(&#mark, __audit_how, #subject))
                    }
                    PolicyKind::With(path) => {
                        let output = quote!(#mark.shows(__audit_how).then(|| #path(#place)));
                        let veiled = quote_spanned!(path.span()=> veiled);
                        quote!(&(&&&__audit::Output(#output)).#veiled(&#mark, __audit_how))
                    }
                }
            }
        }
    }

    /// A reference to a field's value.
    pub(super) fn place(&self, at: usize, field: &Field<Class>) -> TokenStream {
        match self.variant {
            None => {
                let member = &field.member;
                quote!(&self.#member)
            }
            Some(_) => binding(at).into_token_stream(),
        }
    }

    /// The subject of a sealed value, with the other fields in its scope by name.
    fn subject(&self, subject: Option<&Expr>) -> TokenStream {
        let Some(subject) = subject else {
            return quote!(::core::option::Option::None);
        };
        let fields = self.fields.list.iter().enumerate().filter_map(|(at, field)| {
            let (name, place) = (is_mentioned(field, subject)?, self.place(at, field));
            Some(quote!(let #name = #place;))
        });
        let shown = quote_spanned!(subject.span()=> &(#subject));
        quote! {
            ::core::option::Option::Some(&__audit::subject(|__audit_f| {
                #(#fields)*
                ::core::fmt::Display::fmt(#shown, __audit_f)
            }))
        }
    }

    /// Binds the fields of a variant that are shown, if only in part.
    pub(super) fn pattern(&self) -> TokenStream {
        let variant = self.variant.map(|(_, ident)| quote!(::#ident));
        let fields = self.fields.list.iter().enumerate();
        let bindings = fields.filter(|(_, field)| self.is_bound(field)).map(|(at, field)| {
            let (member, binding) = (&field.member, binding(at));
            quote!(#member: #binding,)
        });
        quote!(Self #variant { #(#bindings)* .. })
    }

    /// True if the field's value is needed to write this part.
    fn is_bound(&self, field: &Field<Class>) -> bool {
        let own = match &field.mark {
            Class::Sensitive(policy) => policy.needs_value(),
            _ => true,
        };
        let is_mentioned = |other: &Field<Class>| match &other.mark {
            Class::Sensitive(Policy { kind: PolicyKind::Encrypt { subject }, .. }) => {
                subject.as_ref().is_some_and(|subject| is_mentioned(field, subject).is_some())
            }
            _ => false,
        };
        own || self.fields.list.iter().any(is_mentioned)
    }

    pub(super) fn left_out(&self, at: usize, field: &Field<Class>) -> LeftOut {
        match (&field.member, &field.mark) {
            (Member::Unnamed(_), _) => LeftOut::Never,
            (_, Class::Sensitive(Policy { kind: PolicyKind::Omit(_), .. })) => LeftOut::Always,
            (_, Class::Sensitive(Policy { class: Some(_), .. })) => {
                let mark = self.mark(at);
                LeftOut::If(quote!(#mark.is_left_out(__audit_how)))
            }
            _ => LeftOut::Never,
        }
    }

    /// The constant of a field's mark, if it says more than `#[sensitive]`.
    pub(super) fn mark_constant(&self, at: usize, field: &Field<Class>) -> TokenStream {
        let Class::Sensitive(policy) = &field.mark else {
            return TokenStream::new();
        };
        if policy.is_plain() {
            return TokenStream::new();
        }
        let (mark, whole) = (self.mark(at), self.whole_path(at, field));
        let policy_tokens = self.policy(policy, field);
        let class = match &policy.class {
            Some(class) => {
                let class = class.unraw().to_string();
                quote!(::core::option::Option::Some(#class))
            }
            None => quote!(::core::option::Option::None),
        };
        quote! {
            const #mark: __audit::Mark =
                __audit::Mark { field: #whole, policy: #policy_tokens, class: #class };
        }
    }

    fn policy(&self, policy: &Policy, field: &Field<Class>) -> TokenStream {
        let variant = match &policy.kind {
            PolicyKind::Full => quote!(Full),
            PolicyKind::Omit(_) => quote!(Omit),
            PolicyKind::Mask(mask) => {
                let mask = mask_tokens(*mask);
                quote!(Mask(__audit::Mask::#mask))
            }
            PolicyKind::Pseudonym { domain } => {
                let domain = match domain {
                    Some(domain) => domain.value(),
                    None => self.domain(field),
                };
                quote!(Pseudonym { domain: #domain })
            }
            PolicyKind::Encrypt { subject } => {
                let per_subject = subject.is_some();
                quote!(Encrypt { per_subject: #per_subject })
            }
            PolicyKind::With(path) => {
                let path = quote!(#path).to_string().replace(' ', "");
                quote!(With(#path))
            }
        };
        quote!(__audit::Policy::#variant)
    }

    /// A field without a name answers to that of its struct or variant.
    fn domain(&self, field: &Field<Class>) -> String {
        let owner = || match self.variant {
            Some((_, variant)) => variant.unraw().to_string(),
            None => self.name.clone(),
        };
        field.name().unwrap_or_else(owner)
    }

    /// The line of the registry that tells of the field: the letter of its class, its path, and why
    /// it is shown.
    pub(super) fn describe(&self, at: usize, field: &Field<Class>) -> String {
        let path = self.path(at, field);
        match &field.mark {
            Class::Sensitive(policy) if policy.is_plain() => format!("s{path}"),
            Class::Sensitive(_) => format!("m{path}"),
            Class::Public { reason: None } => format!("p{path}"),
            // A line is a field, so a reason has one line.
            Class::Public { reason: Some(reason) } => {
                format!("p{path}\t{}", reason.value().replace('\n', " "))
            }
            Class::Ruled => format!("r{path}"),
        }
    }

    /// The constant of a field's mark, where the registry names it.
    pub(super) fn mark_named(&self, at: usize, field: &Field<Class>) -> Option<Ident> {
        match &field.mark {
            Class::Sensitive(policy) if !policy.is_plain() => Some(self.mark(at)),
            _ => None,
        }
    }

    fn mark(&self, at: usize) -> Ident {
        let part = self.variant.map_or(0, |(place, _)| place);
        format_ident!("__AUDIT_MARK_{part}_{at}")
    }
}

impl Policy {
    /// True for `#[sensitive]` alone.
    fn is_plain(&self) -> bool {
        matches!(self, Self { kind: PolicyKind::Full, class: None })
    }

    fn needs_value(&self) -> bool {
        !matches!(self.kind, PolicyKind::Full | PolicyKind::Omit(_))
    }

    /// What the policy demands of a type that mentions a parameter.
    pub(super) fn bound(&self, ty: &Type) -> Option<WherePredicate> {
        if !self.treats() {
            return None;
        }
        Some(match names_sensitive(ty) {
            true => parse_quote!(#ty: __audit::Exposing),
            // Nothing tells whether a parameter has marks; what is plain has none.
            false => parse_quote!(#ty: __audit::Plain + __audit::serde::Serialize),
        })
    }

    /// What the policy demands of a type, with the tokens of that type as the place.
    pub(super) fn demand(&self, ty: &Type) -> TokenStream {
        if !self.treats() {
            return TokenStream::new();
        }
        let demand = quote_spanned!(ty.span()=> demand);
        let parts = types::parts(ty).into_iter().filter(|part| !is_plain(part));
        let unmarked = parts.map(|part| {
            quote_spanned! {part.span()=>
                __audit::treated::<#part, _>(__audit::Field::<#part>::MARKS);
            }
        });
        quote!((&&__audit::Veilable::<#ty>::OF).#demand(); #(#unmarked)*)
    }

    /// True if the policy treats the value piece by piece.
    fn treats(&self) -> bool {
        let kind = &self.kind;
        self.needs_value() && !matches!(kind, PolicyKind::With(_))
    }
}

fn binding(at: usize) -> Ident {
    format_ident!("__audit_{at}")
}

fn mask_tokens(mask: Mask) -> TokenStream {
    match mask {
        Mask::Ends { first, last, min } => {
            // The reader lets no end keep more than the few that fit.
            let [first, last] = [first, last].map(|kept| u8::try_from(kept).unwrap_or(0));
            quote!(Ends { first: #first, last: #last, min: #min })
        }
        Mask::Card => quote!(Card),
        Mask::Email => quote!(Email),
        Mask::Ip => quote!(Ip),
    }
}

/// The field's name, if the expression may speak of the field by it.
fn is_mentioned<'a>(field: &'a Field<Class>, expression: &Expr) -> Option<&'a Ident> {
    match &field.member {
        Member::Named(name) if mentions(expression, |word| word == name) => Some(name),
        _ => None,
    }
}
