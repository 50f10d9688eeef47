//! Walks through blocks, branches, loops and closures, each with variables of its own.

use std::collections::HashSet;
use std::mem;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{
    Arm, Block, Expr, ExprBreak, ExprClosure, ExprForLoop, ExprIf, ExprMatch, ExprWhile, Item,
    Local, Pat, Stmt,
};

use super::captured;
use super::conditions::{cfg, of_statement};
use super::pass;
use super::repeat::{self, is_open};
use super::scope::{Repeated, wholes};
use super::walk::{Exit, Sources, Walk};

impl Walk {
    /// Walks through a block in a scope of its own.
    pub(super) fn block(&mut self, block: &mut Block) -> Sources {
        let visible = self.scope.bindings.len();
        self.scope.depth += 1;
        for statement in &block.stmts {
            if let Stmt::Item(Item::Use(import)) = statement {
                self.aliases.read(import);
            }
        }
        let mut sources = Sources::new();
        let mut statements = Vec::new();
        let last = block.stmts.len().saturating_sub(1);
        for (at, mut statement) in mem::take(&mut block.stmts).into_iter().enumerate() {
            let goes_on = pass::goes_on(&statement, at == last);
            self.scope.open_statement(goes_on);
            sources = self.statement(&mut statement);
            let (mut before, mut later) = self.scope.close_statement();
            if !goes_on {
                before.append(&mut later);
            }
            later.extend(self.scope.take_pending());
            let conditions = cfg(of_statement(&statement));
            statements.extend(self.marks.before(before, conditions.clone()));
            statements.push(statement);
            statements.extend(self.marks.before(later, conditions));
        }
        block.stmts = statements;
        self.scope.depth -= 1;
        self.scope.bindings.truncate(visible);
        sources
    }

    /// Walks through a statement; its sources are those of the block if it is the last.
    pub(super) fn statement(&mut self, statement: &mut Stmt) -> Sources {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(expression, end) => {
                let sources = self.value(expression);
                return if end.is_none() { sources } else { Sources::new() };
            }
            Stmt::Macro(call) => {
                for mut expression in captured::expressions(&call.mac) {
                    self.show(&mut expression, false);
                }
                let sources = self.macro_call(&call.mac);
                return if call.semi_token.is_none() { sources } else { Sources::new() };
            }
            Stmt::Item(item) => self.visit_item_mut(item),
        }
        Sources::new()
    }

    pub(super) fn local(&mut self, local: &mut Local) {
        let Some(init) = &mut local.init else {
            let first = self.scope.bindings.len();
            self.bind(&local.pat, None, &Sources::new());
            let is_open = !matches!(local.pat, Pat::Type(_));
            self.scope.bindings[first..].iter_mut().for_each(|binding| binding.is_open = is_open);
            return;
        };
        if let (Pat::Tuple(pattern), Expr::Tuple(values)) = (&local.pat, &mut *init.expr)
            && pattern.elems.len() == values.elems.len()
            && !pattern.elems.iter().any(|element| matches!(element, Pat::Rest(_)))
        {
            // Each value has a name of its own.
            let each: Vec<_> =
                values.elems.iter_mut().map(|v| (self.repeated(v), self.value(v))).collect();
            for (element, (repeated, sources)) in pattern.elems.iter().zip(each) {
                self.bind(element, repeated.as_ref(), &sources);
            }
            return;
        }
        let repeated = self.repeated(&init.expr);
        let is_open = is_open(&init.expr);
        let sources = self.value(&mut init.expr);
        if let Some((_, otherwise)) = &mut init.diverge {
            self.value(otherwise);
        }
        let target = self.place(&init.expr).map(|(at, _)| at);
        let first = self.scope.bindings.len();
        self.bind(&local.pat, repeated.as_ref(), &sources);
        if is_open {
            self.scope.bindings[first..].iter_mut().for_each(|binding| binding.is_open = true);
        }
        if let (Pat::Ident(_), Expr::Reference(reference), [binding]) =
            (&local.pat, &*init.expr, &mut self.scope.bindings[first..])
            && reference.mutability.is_some()
        {
            binding.target = target;
        }
    }

    /// Walks through a `break`, which may give its block or loop a value.
    pub(super) fn exit(&mut self, exit: &mut ExprBreak) -> Sources {
        if let Some(value) = &mut exit.expr {
            let sources = self.value(value);
            let label = exit.label.as_ref().map(|label| label.ident.to_string());
            let is_meant = |around: &Exit| match &label {
                Some(label) => around.label.as_ref() == Some(label),
                None => around.is_loop,
            };
            let meant = self.exits.iter_mut().rev().find(|(around, _)| is_meant(around));
            if let Some((_, given)) = meant {
                given.extend(sources);
            }
        }
        Sources::new()
    }

    /// Leaves a block or a loop, whose value is its last expression or what a `break` gave it.
    pub(super) fn leave(&mut self, mut sources: Sources) -> Sources {
        sources.extend(self.exits.pop().into_iter().flat_map(|(_, given)| given));
        sources
    }

    pub(super) fn branch(&mut self, branch: &mut ExprIf) -> Sources {
        let visible = self.scope.bindings.len();
        let mut sources = self.conditional(&mut branch.cond, &mut branch.then_branch);
        self.scope.bindings.truncate(visible);
        if let Some((_, otherwise)) = &mut branch.else_branch {
            sources.extend(self.value(otherwise));
        }
        sources
    }

    pub(super) fn repeat(&mut self, repeat: &mut ExprWhile) -> Sources {
        let visible = self.scope.bindings.len();
        self.conditional(&mut repeat.cond, &mut repeat.body);
        self.scope.bindings.truncate(visible);
        Sources::new()
    }

    /// Walks through a condition, and the body for which it may declare variables.
    pub(super) fn conditional(&mut self, condition: &mut Expr, body: &mut Block) -> Sources {
        self.scope.open_condition();
        self.value(condition);
        self.scope.settle_frame();
        self.close_body(body)
    }

    /// Walks through a body whose frame is open.
    pub(super) fn close_body(&mut self, body: &mut Block) -> Sources {
        let sources = self.block(body);
        let questions = self.scope.close_frame();
        body.stmts.splice(0..0, self.marks.before(questions, Vec::new()));
        sources
    }

    pub(super) fn for_each(&mut self, repeat: &mut ExprForLoop) -> Sources {
        let visible = self.scope.bindings.len();
        let repeated = self.repeated(&repeat.expr).map(|all| self.each(&all));
        let sources = self.value(&mut repeat.expr);
        self.bind(&repeat.pat, repeated.as_ref(), &sources);
        self.scope.open_frame();
        self.scope.place_pending();
        self.close_body(&mut repeat.body);
        self.scope.bindings.truncate(visible);
        Sources::new()
    }

    pub(super) fn choice(&mut self, choice: &mut ExprMatch) -> Sources {
        // What is made anew would know of each arm alone: there the value itself is asked about.
        let is_asked = choice.arms.len() > 1 && repeat::is_value(&choice.expr);
        let repeated = match is_asked {
            true => Some(Repeated::bound(quote!(__audit_made))),
            false => self.repeated(&choice.expr),
        };
        let (of, each) = self.taken_apart(&mut choice.expr);
        if is_asked {
            self.scope.open_frame();
        }
        let mut sources = Sources::new();
        for Arm { attrs, pat, body, .. } in &mut choice.arms {
            let visible = self.scope.bindings.len();
            let around = self.enter_conditions(attrs);
            // What an arm does is not certain to happen.
            self.scope.depth += 1;
            self.each = each.clone();
            self.bind(pat, repeated.as_ref(), &of);
            self.each = Vec::new();
            self.scope.open_frame();
            self.scope.place_pending();
            if let Pat::Guard(guarded) = pat {
                self.value(&mut guarded.guard);
            }
            sources.extend(self.value(body));
            let questions = self.scope.close_frame();
            self.marks.around(body, questions, Vec::new());
            self.scope.depth -= 1;
            self.scope.bindings.truncate(visible);
            self.scope.conditions.truncate(around);
        }
        if is_asked {
            let questions = self.scope.close_frame();
            choice.arms.splice(0..0, self.marks.arm(questions));
        }
        sources
    }

    pub(super) fn enter_closure(&mut self, body: TokenStream) {
        let mut found = HashSet::new();
        wholes(body, &mut found);
        self.scope.closures.push(found);
    }

    /// Walks through a closure that is given what the sources tell, as its `first` argument and as
    /// its `others`; its own sources are what it returns.
    pub(super) fn closure(
        &mut self,
        closure: &mut ExprClosure,
        first: &Sources,
        others: &Sources,
    ) -> Sources {
        let visible = self.scope.bindings.len();
        self.enter_closure(closure.body.to_token_stream());
        self.scope.open_frame();
        let mut renamed = Vec::new();
        for (at, input) in closure.inputs.iter().enumerate() {
            let value = match input {
                Pat::Type(typed) => self.value_of(&typed.ty),
                Pat::Ident(_) | Pat::Wild(_) => None,
                _ => {
                    let name = self.marks.argument();
                    let value = Repeated::variable(&name);
                    self.scope.declare(name.to_string(), false, Vec::new());
                    self.scope.settle_frame();
                    renamed.push((at, name));
                    Some(value)
                }
            };
            self.bind(input, value.as_ref(), if at == 0 { first } else { others });
        }
        self.scope.settle_frame();
        let sources = self.value(&mut closure.body);
        let questions = self.scope.close_frame();
        self.marks.around(&mut closure.body, questions, renamed);
        self.scope.closures.pop();
        self.scope.bindings.truncate(visible);
        sources
    }
}
