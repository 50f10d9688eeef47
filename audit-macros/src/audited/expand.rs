//! Writes the function with its body in an audit scope.

use std::mem;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Block, Expr, Stmt};

use super::expressions::borrowed;
use super::function::async_tail;
use super::model::{Body, Field, Function, Returns, Spec, Target};
use super::renamings::{self, self_name};
use super::routes;
use crate::runtime;
use crate::tokens::mentions;

/// The function, its head untouched.
pub(super) fn function(spec: &Spec, function: Function) -> TokenStream {
    let Function { head, name, parameters, returns, body } = function;
    let scoped_routes = routes::of(&head);
    let call = Call {
        spec,
        name: &name,
        parameters: &parameters,
        returns: &returns,
        scoped_routes: &scoped_routes,
    };
    let body = match body {
        Body::Sync(body) => {
            let moved = call.moved(&body);
            call.run(&quote!(#moved #body))
        }
        Body::Async(body) => {
            let moved = call.moved(&body);
            call.drive(&call.capture().to_token_stream(), &quote!(#moved #body), None)
        }
        Body::Future(block) => call.future(block),
    };
    quote!(#head { #body })
}

/// One audited call: everything that its expansion depends on but the body.
pub(super) struct Call<'a> {
    pub(super) spec: &'a Spec,
    pub(super) name: &'a str,
    pub(super) parameters: &'a [Ident],
    returns: &'a Returns,
    /// Those that route macros on the function name.
    pub(super) scoped_routes: &'a [String],
}

impl Call<'_> {
    /// A body that runs where the function does.
    fn run(&self, body: &TokenStream) -> TokenStream {
        let capture = self.capture();
        let closure = match self.returns {
            // Named, the type brings every complaint about what is returned to where it is returned.
            Returns::Value(ty) => quote!(#capture || -> #ty { #body }),
            _ => {
                let hint = self.return_hint();
                quote!(#capture || { #hint #body })
            }
        };
        let enter = self.enter(None);
        let intend = self.intend(&quote!(__audit::Scope::intend_blocking(&mut __audit_scope)));
        let run = quote!(__audit::Scope::call(&mut __audit_scope, #closure));
        let finish = quote!(__audit::Scope::finish_blocking(__audit_scope, __audit_verdict));
        let in_scope =
            |work: &TokenStream| quote!(__audit::Scope::call(&mut __audit_scope, || { #work }));
        let (before, compare) = (self.before(None, in_scope), self.compare(None, in_scope));
        let end = self.end(&run, compare.as_ref(), &finish);
        quote!(#enter #intend #before #end)
    }

    /// A body that runs in an async block with the given capture mode.
    fn drive(
        &self,
        capture: &TokenStream,
        body: &TokenStream,
        this: Option<&Ident>,
    ) -> TokenStream {
        let hint = self.return_hint();
        let enter = self.enter(this);
        let intend = self.intend(&quote!(__audit::Scope::intend(&mut __audit_scope).await));
        let body = quote!(async #capture { #hint #body });
        let run = quote!(__audit::Scope::drive(&mut __audit_scope, #body).await);
        let finish = match self.spec.durability {
            // There is nothing to wait for, and what is not awaited holds no value across it: the
            // future stays `Send` whatever it returns.
            "queued" => quote!(__audit::Scope::finish_queued(__audit_scope, __audit_verdict)),
            _ => quote!(__audit::Scope::finish(__audit_scope, __audit_verdict).await),
        };
        let in_scope = |work: &TokenStream| quote!(__audit::Scope::drive(&mut __audit_scope, async { #work }).await);
        let (before, compare) = (self.before(this, in_scope), self.compare(this, in_scope));
        let end = self.end(&run, compare.as_ref(), &finish);
        quote!(#enter #intend #before #end)
    }

    /// A function whose last expression is an async block, which is where the call begins and ends.
    fn future(&self, mut block: Block) -> TokenStream {
        if let Some(tail) = async_tail(&mut block.stmts) {
            let mut rest = mem::take(&mut tail.block.stmts);
            let renamed: Vec<Stmt> = rest.drain(renamings::of(&rest)).collect();
            let this = renamed.iter().find_map(self_name);
            let capture = tail.capture.to_token_stream();
            let body = self.drive(&capture, &quote!(#(#rest)*), this.as_ref());
            let body = quote!(#(#renamed)* #body);
            tail.block.stmts.push(Stmt::Expr(Expr::Verbatim(body), None));
        }
        let statements = block.stmts;
        quote!(#(#statements)*)
    }

    /// Everything before the body. `this` is what `self` is called there, if not `self`.
    fn enter(&self, this: Option<&Ident>) -> TokenStream {
        let runtime = runtime::named(self.spec.runtime.as_ref());
        let specification = self.specification();
        let scope = self.scope();
        let captures = self.captures(this);
        let exceptions = self.exceptions();
        quote! {
            use #runtime::__private as __audit;
            static __AUDIT_SPEC: __audit::ActionSpec = #specification;
            __audit::inventory::submit! { __audit::Registered(&__AUDIT_SPEC) }
            #exceptions
            let mut __audit_scope = #scope;
            #captures
        }
    }

    fn scope(&self) -> TokenStream {
        if !self.spec.refuses() {
            return quote!(__audit::Scope::enter_open(&__AUDIT_SPEC));
        }
        let refused = self.refused();
        quote! {
            match __audit::Scope::enter(&__AUDIT_SPEC) {
                ::core::result::Result::Ok(__audit_scope) => __audit_scope,
                ::core::result::Result::Err(__audit_unrecorded) => return #refused,
            }
        }
    }

    /// What a refused call returns.
    fn refused(&self) -> TokenStream {
        match self.returns {
            // The compiler's complaint about the type belongs where the type stands; the names are
            // those of the attribute, wherever a macro has the type from. Of a type with an opaque part
            // nothing can be found out.
            Returns::Value(ty) if mentions(ty, |word| word == "_") => {
                quote_spanned! {Span::call_site().located_at(ty.span())=>
                    <#ty as __audit::RefuseBy<_>>::refuse_by(__audit::ByItself, __audit_unrecorded)
                }
            }
            Returns::Value(ty) => quote_spanned! {Span::call_site().located_at(ty.span())=>
                {
                    use __audit::Way as _;
                    let __audit_way = (&&&__audit::Refusing::<#ty>::NEW).way();
                    <#ty as __audit::RefuseBy<_>>::refuse_by(__audit_way, __audit_unrecorded)
                }
            },
            _ => quote!(__audit::Refusable::Refused(__audit_unrecorded)),
        }
    }

    /// Makes the intent durable before the body, where the durability asks for that.
    fn intend(&self, intend: &TokenStream) -> Option<TokenStream> {
        if self.spec.durability != "write_ahead" {
            return None;
        }
        if !self.spec.refuses() {
            return Some(quote!(let _ = #intend;));
        }
        let refused = self.refused();
        Some(quote! {
            if let ::core::result::Result::Err(__audit_unrecorded) = #intend {
                return #refused;
            }
        })
    }

    fn captures(&self, this: Option<&Ident>) -> Option<TokenStream> {
        let Spec { targets, fields, .. } = self.spec;
        if targets.is_empty() && fields.is_empty() {
            return None;
        }
        let targets = targets.iter().map(|Target { kind, id, name }| {
            let kind = kind.unraw().to_string();
            let id = borrowed(&id.expression, this);
            match name.as_ref().map(|name| borrowed(&name.expression, this)) {
                Some(name) => quote!(__audit_captures.named_target(#kind, #id, #name);),
                None => quote!(__audit_captures.target(#kind, #id);),
            }
        });
        let fields = fields.iter().map(|Field { name, value }| {
            let name = name.unraw().to_string();
            let value = borrowed(&value.expression, this);
            quote!(__audit_captures.field(#name, #value);)
        });
        Some(quote! {
            __audit::Scope::capture(&mut __audit_scope, |__audit_captures| {
                #(#targets)*
                #(#fields)*
            });
        })
    }

    /// Tells inference what the body returns: nobody else would, inside a closure or async block.
    fn return_hint(&self) -> Option<TokenStream> {
        let ty = match self.returns {
            Returns::Value(ty) => ty.to_token_stream(),
            Returns::Never(_) => quote!(__audit::Never),
            Returns::Responder | Returns::Opaque(_) => return None,
        };
        let span = match self.returns {
            Returns::Value(ty) => ty.span(),
            _ => Span::call_site(),
        };
        Some(quote_spanned! {span=>
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value,
                clippy::needless_return
            )]
            if false {
                let __audit_hint: #ty = loop {};
                return __audit_hint;
            }
        })
    }

    /// Runs the body, judges what it returned, records the end and returns.
    fn end(
        &self,
        run: &TokenStream,
        compare: Option<&TokenStream>,
        finish: &TokenStream,
    ) -> TokenStream {
        if let Returns::Never(_) = self.returns {
            return run.clone();
        }
        let output = match self.returns {
            Returns::Responder if self.spec.refuses() => {
                quote!(__audit::Refusable::Ran(__audit_output))
            }
            _ => quote!(__audit_output),
        };
        let or_response = match self.returns {
            Returns::Responder => Some(quote!(.or_response())),
            _ => None,
        };
        let told =
            self.spec.outcome.iter().map(
                |classifier| quote!(.told_by(&mut __audit_scope, &__audit_output, #classifier)),
            );
        quote! {
            #[allow(clippy::async_yields_async, clippy::let_unit_value)]
            let __audit_output = #run;
            let __audit_verdict = {
                use __audit::classify::Classified as _;
                (&&&&&&&&&&&&&&&&__audit::classify::Returned(&__audit_output))
                    .verdict_in(&mut __audit_scope) #or_response #(#told)*
            };
            #compare
            #finish;
            #output
        }
    }
}
