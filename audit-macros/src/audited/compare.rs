//! Writes what is compared before and after the body.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Token;

use super::expand::Call;
use super::expressions::{borrowed, said};
use super::model::{Changes, RET};
use crate::tokens::mentions;

impl Call<'_> {
    /// How a body takes the parameters: what is compared afterwards may need those that it only borrows.
    pub(super) fn capture(&self) -> Option<Token![move]> {
        let borrows = self.spec.changes.as_ref().is_some_and(Changes::names_a_variable);
        (!borrows).then(<Token![move]>::default)
    }

    /// Gives the body every parameter that is not needed afterwards: a lock or a connection among them
    /// ends with the body, and what is compared may take it again.
    pub(super) fn moved(&self, body: &TokenStream) -> Option<TokenStream> {
        let changes = self.spec.changes.as_ref()?;
        let is_held =
            |name: &Ident| name.to_string().starts_with('_') || mentions(body, |word| word == name);
        let ends = |name: &&Ident| is_held(name) && !changes.may_name(name);
        let names: Vec<&Ident> = self.parameters.iter().filter(ends).collect();
        // What is never run moves as well, as far as the compiler is concerned.
        (!names.is_empty()).then(|| {
            quote! {
                #[allow(unreachable_code, clippy::empty_loop, clippy::used_underscore_binding)]
                if false {
                    let _moved = (#(#names,)*);
                    loop {}
                }
            }
        })
    }

    /// Evaluates what is compared, before the body.
    pub(super) fn before(
        &self,
        this: Option<&Ident>,
        in_scope: impl Fn(&TokenStream) -> TokenStream,
    ) -> Option<TokenStream> {
        let before = &self.spec.changes.as_ref()?.before.expression;
        let before = in_scope(&said(before, this));
        Some(quote!(let __audit_before = #before;))
    }

    /// Evaluates it again after a body that succeeded, and compares the two.
    pub(super) fn compare(
        &self,
        this: Option<&Ident>,
        in_scope: impl Fn(&TokenStream) -> TokenStream,
    ) -> Option<TokenStream> {
        let changes = self.spec.changes.as_ref()?;
        let ret = changes.names_ret().then(|| {
            let ret = Ident::new(RET, Span::call_site());
            quote! {
                use __audit::{RetOfAny as _, RetOfResult as _};
                let ::core::option::Option::Some(#ret) = (&&__audit::Ret(&__audit_output)).get() else {
                    return __audit::ChangeSet::new();
                };
            }
        });
        let after = borrowed(&changes.after.expression, this);
        let compared = in_scope(&quote! {
            #ret
            __audit::ChangeSet::between(&__audit_before, #after)
        });
        Some(quote! {
            if __audit::Scope::may_have_changed(&mut __audit_scope, &__audit_verdict) {
                let __audit_changes = #compared;
                __audit::Scope::compared(&__audit_scope, __audit_changes);
            }
        })
    }
}
