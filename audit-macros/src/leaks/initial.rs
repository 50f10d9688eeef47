//! Looks into the closures of constants and statics, which run later than these are made.

use audit_syntax::Aliases;
use proc_macro2::TokenStream;
use syn::Expr;
use syn::visit_mut::{self, VisitMut};

use super::walk::{Sources, Walk};
use super::write::Writer;

/// Checks the closures in the value of a constant; true if anything is asked in them.
pub(super) fn value(value: &mut Expr, private: &TokenStream, aliases: &Aliases) -> bool {
    let mut closures = Closures { private, aliases, has_written: false };
    closures.visit_expr_mut(value);
    closures.has_written
}

struct Closures<'a> {
    private: &'a TokenStream,
    aliases: &'a Aliases,
    has_written: bool,
}

impl VisitMut for Closures<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        let Expr::Closure(closure) = expression else {
            return visit_mut::visit_expr_mut(self, expression);
        };
        let mut walk = Walk::new(self.private.clone(), self.aliases.clone());
        walk.closure(closure, &Sources::new(), &Sources::new());
        let mut writer = Writer {
            private: self.private,
            marks: &walk.marks,
            questions: &walk.scope.questions,
            has_written: walk.has_written_items,
        };
        writer.visit_expr_mut(expression);
        self.has_written |= writer.has_written;
    }
}
