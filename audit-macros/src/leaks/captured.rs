//! What is captured inside a body, as a statement that is walked through there and never written.

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprPath, Ident, Macro, Stmt, StmtMacro, Token, parse_quote};

use super::scope::Scope;

const NAME: &str = "__audit_captured";

/// A statement that stands for the capture of these values.
pub(super) fn statement(captured: &[&Expr]) -> Stmt {
    let name = quote::format_ident!("{NAME}");
    parse_quote!(#name!(#(#captured),*);)
}

/// What is captured, if the macro stands for that; nothing if it does not.
pub(super) fn expressions(call: &Macro) -> Punctuated<Expr, Token![,]> {
    if !call.path.is_ident(NAME) {
        return Punctuated::new();
    }
    // What was written above can be read.
    call.parse_body_with(Punctuated::parse_terminated).unwrap_or_default()
}

/// The variables in sight that are named in what is captured.
pub(super) fn variables(captured: &[&Expr], scope: &Scope) -> Vec<Ident> {
    let mut variables = Variables { scope, named: Vec::new() };
    captured.iter().for_each(|expression| variables.visit_expr(expression));
    variables.named
}

struct Variables<'s> {
    scope: &'s Scope,
    named: Vec<Ident>,
}

impl<'a> Visit<'a> for Variables<'_> {
    fn visit_expr_path(&mut self, path: &'a ExprPath) {
        if let Some(name) = path.path.get_ident()
            && self.scope.find(&name.unraw().to_string()).is_some()
            && !self.named.contains(name)
        {
            self.named.push(name.clone());
        }
    }
}

/// Takes such statements out again.
pub(super) fn remove(block: &mut Block) {
    Remove.visit_block_mut(block);
}

struct Remove;

impl VisitMut for Remove {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| match statement {
            Stmt::Macro(StmtMacro { mac, .. }) => !mac.path.is_ident(NAME),
            _ => true,
        });
        visit_mut::visit_block_mut(self, block);
    }

    // None stands in another function.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
