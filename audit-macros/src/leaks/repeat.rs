//! Tells which expressions a question may repeat, and what is known of their types.

use syn::visit::{self, Visit};
use syn::{Expr, Macro};

use crate::tokens::mentions;

/// The macros that do nothing but what their expansion does, so that it may stand a second time.
pub(super) const MACROS: &[&str] = &[
    "assert",
    "concat",
    "debug_assert",
    "env",
    "format",
    "matches",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
];

/// True if the expression means the same where it is written a second time.
pub(super) fn is_repeatable(expression: &Expr) -> bool {
    let mut search = Unrepeatable(false);
    search.visit_expr(expression);
    !search.0
}

/// True if the expression is a part of a variable that no code is needed to reach.
pub(super) fn is_place(expression: &Expr) -> bool {
    match expression {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        _ => false,
    }
}

/// True if the expression is a part of a variable, or a reference to one: its type is the variable's.
pub(super) fn is_seen(expression: &Expr) -> bool {
    match expression {
        Expr::Path(path) => path.path.get_ident().is_some(),
        Expr::Field(field) => is_seen(&field.base),
        Expr::Paren(inner) => is_seen(&inner.expr),
        Expr::Group(inner) => is_seen(&inner.expr),
        Expr::Reference(inner) => is_seen(&inner.expr),
        Expr::Unary(inner) => is_seen(&inner.expr),
        _ => false,
    }
}

/// True if the value is no part of another, so that it may be bound whole.
pub(super) fn is_value(expression: &Expr) -> bool {
    match expression {
        Expr::Await(_)
        | Expr::Block(_)
        | Expr::Call(_)
        | Expr::If(_)
        | Expr::Macro(_)
        | Expr::Match(_)
        | Expr::MethodCall(_)
        | Expr::Try(_)
        | Expr::Tuple(_)
        | Expr::Unsafe(_) => true,
        Expr::Paren(inner) => is_value(&inner.expr),
        Expr::Group(inner) => is_value(&inner.expr),
        Expr::Reference(inner) => is_value(&inner.expr),
        _ => false,
    }
}

/// The functions and methods that give what is asked of them.
pub(super) const GENERIC: &[&str] = &[
    "collect",
    "default",
    "deserialize",
    "extract",
    "from_reader",
    "from_slice",
    "from_str",
    "from_value",
    "into",
    "parse",
    "product",
    "sum",
    "try_into",
];

/// True if the type of the value may become known only where it is used.
pub(super) fn is_open(value: &Expr) -> bool {
    let is = |name: &syn::Ident| name == "None" || GENERIC.iter().any(|generic| name == generic);
    match value {
        Expr::Await(inner) => is_open(&inner.base),
        Expr::Call(call) => is_open(&call.func),
        Expr::MethodCall(call) if call.turbofish.is_none() => {
            is(&call.method) || is_open(&call.receiver)
        }
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.arguments.is_none() && is(&last.ident)),
        Expr::Reference(inner) => is_open(&inner.expr),
        Expr::Try(inner) => is_open(&inner.expr),
        _ => false,
    }
}

/// True if the expression leaves no function and waits for nothing: it means the same in a closure.
pub(super) fn is_calm(expression: &Expr) -> bool {
    let mut search = Leaving(false);
    search.visit_expr(expression);
    !search.0
}

struct Unrepeatable(bool);

impl<'a> Visit<'a> for Unrepeatable {
    fn visit_expr(&mut self, expression: &'a Expr) {
        let is_simple = !matches!(
            expression,
            // They may be meant for a loop around the place.
            Expr::Break(_)
                | Expr::Continue(_)
                | Expr::ForLoop(_)
                | Expr::Loop(_)
                | Expr::While(_)
                | Expr::Const(_)
                | Expr::TryBlock(_)
                | Expr::Verbatim(_)
                | Expr::Yield(_)
        );
        if is_simple {
            visit::visit_expr(self, expression);
        } else {
            self.0 = true;
        }
    }

    fn visit_item(&mut self, _: &'a syn::Item) {
        self.0 = true;
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        let is_known = name.is_some_and(|name| MACROS.contains(&name.as_str()));
        // An exception would be listed a second time.
        self.0 |= !is_known || mentions(&call.tokens, |word| word == "allow_leak");
    }
}

struct Leaving(bool);

impl<'a> Visit<'a> for Leaving {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Await(_) | Expr::Return(_) | Expr::Try(_) | Expr::Macro(_) => self.0 = true,
            _ => visit::visit_expr(self, expression),
        }
    }
}
