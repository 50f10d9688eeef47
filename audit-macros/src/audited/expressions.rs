//! Writes the user's expressions, as they stand or borrowed.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprReference, Token};

/// The user's expression.
pub(super) fn said(expression: &Expr, this: Option<&Ident>) -> TokenStream {
    let tokens = ungrouped(expression).to_token_stream();
    match this {
        Some(this) => rename_self(tokens, this),
        None => tokens,
    }
}

/// The compiler forgets the group that holds a macro's `$e:expr` together; without it, parentheses
/// are set where precedence demands them.
fn ungrouped(mut expression: &Expr) -> &Expr {
    while let Expr::Group(group) = expression {
        expression = &group.expr;
    }
    expression
}

/// A reference to the user's expression, with all its tokens where the expression stands.
pub(super) fn borrowed(expression: &Expr, this: Option<&Ident>) -> TokenStream {
    let expression = ungrouped(expression);
    let reference = Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: Token![&](expression.span()),
        mutability: None,
        expr: Box::new(expression.clone()),
    });
    said(&reference, this)
}

fn rename_self(tokens: TokenStream, this: &Ident) -> TokenStream {
    let rename = |token| match token {
        TokenTree::Ident(ident) if ident == "self" => {
            let mut this = this.clone();
            this.set_span(ident.span());
            TokenTree::Ident(this)
        }
        TokenTree::Group(group) => {
            let mut renamed = Group::new(group.delimiter(), rename_self(group.stream(), this));
            renamed.set_span(group.span());
            TokenTree::Group(renamed)
        }
        token => token,
    };
    tokens.into_iter().map(rename).collect()
}
