//! Finds the statements at the beginning of an async block that give the parameters other names.
//!
//! `async_trait` begins with them. They stay outside of the audited part, so that the attribute may
//! speak of the new names.

use std::ops::Range;

use syn::{Expr, Ident, ItemFn, Local, Pat, Stmt};

use super::function::async_tail;
use crate::tokens::mentions;

/// Where they stand: at the beginning, or behind a hint for inference.
pub(super) fn of(statements: &[Stmt]) -> Range<usize> {
    let has_hint = match statements.first() {
        Some(Stmt::Expr(Expr::If(hint), _)) => mentions(&hint.cond, |word| word == "__ret"),
        _ => false,
    };
    let first = usize::from(has_hint);
    let belongs = |statement: &&Stmt| is_renaming(statement) || is_question(statement);
    first..first + statements[first..].iter().take_while(belongs).count()
}

/// The async block in which a function that is not `async` does its work, and the place behind the
/// renamings: what is captured is captured there.
pub(super) fn end(function: &mut ItemFn) -> Option<(&mut Vec<Stmt>, usize)> {
    if function.sig.asyncness.is_some() {
        return None;
    }
    let statements = &mut async_tail(&mut function.block.stmts)?.block.stmts;
    let end = of(statements).end;
    Some((statements, end))
}

/// The name that a renaming gives to `self`.
pub(super) fn self_name(statement: &Stmt) -> Option<Ident> {
    let Stmt::Local(Local { pat: Pat::Ident(name), init: Some(init), .. }) = statement else {
        return None;
    };
    let Expr::Path(path) = &*init.expr else {
        return None;
    };
    path.path.is_ident("self").then(|| name.ident.clone())
}

/// What was written there to ask the type checker about the parts of a renaming, or about what is
/// captured: the old names are known here, and no longer in the audited part.
fn is_question(statement: &Stmt) -> bool {
    match statement {
        Stmt::Expr(Expr::Verbatim(code), _) => mentions(code, |word| word == "__audit_verdict"),
        _ => false,
    }
}

/// `let y = x;`, without a type
fn is_renaming(statement: &Stmt) -> bool {
    match statement {
        Stmt::Local(Local { pat, init: Some(init), .. }) => {
            init.diverge.is_none() && !matches!(pat, Pat::Type(_)) && is_name(&init.expr)
        }
        _ => false,
    }
}

/// `x`, or `{ let y = x; y }`
fn is_name(expression: &Expr) -> bool {
    match expression {
        Expr::Path(path) => path.path.get_ident().is_some(),
        Expr::Block(block) if block.label.is_none() => {
            block.block.stmts.iter().all(|statement| match statement {
                Stmt::Expr(tail, None) => is_name(tail),
                statement => is_renaming(statement),
            })
        }
        _ => false,
    }
}
