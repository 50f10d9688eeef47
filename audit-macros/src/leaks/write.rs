//! Writes the questions about what is shown where they were found, and leaves out all others.

use std::mem;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, Expr, ExprBlock, ExprClosure, Pat, PatIdent, Stmt, Token, parse_quote,
    token,
};

use super::scope::Question;
use crate::tokens::mentions;

const MARK: &str = "__audit_mark_";

/// The places where questions stand, each marked in the body by its number.
#[derive(Default)]
pub(super) struct Marks {
    list: Vec<Mark>,
    arguments: usize,
}

#[derive(Default)]
struct Mark {
    questions: Vec<usize>,
    /// The conditions under which the statement after it is there.
    conditions: Vec<Attribute>,
    /// Whether the mark stands before an expression in a block of its own.
    is_around: bool,
    /// The parameters of a closure that may have to become one name each.
    renamed: Vec<(usize, Ident)>,
    /// Variables that may be read in what is asked only.
    unread: Vec<Ident>,
}

impl Marks {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// A mark to stand before a statement.
    pub(super) fn before(
        &mut self,
        questions: Vec<usize>,
        conditions: Vec<Attribute>,
    ) -> Option<Stmt> {
        if questions.is_empty() {
            return None;
        }
        Some(self.add(Mark { questions, conditions, ..Mark::default() }))
    }

    /// A mark to stand at the beginning of a body that may leave these variables unread.
    pub(super) fn first(&mut self, questions: Vec<usize>, unread: Vec<Ident>) -> Option<Stmt> {
        let is_asked = !questions.is_empty();
        is_asked.then(|| self.add(Mark { questions, unread, ..Mark::default() }))
    }

    /// An arm to stand before the arms of a `match`, which never matches: its condition asks.
    pub(super) fn arm(&mut self, questions: Vec<usize>) -> Option<Arm> {
        let mark = self.before(questions, Vec::new())?;
        let mut arm: Arm = parse_quote! {
            #[allow(
                warnings,
                clippy::all,
                clippy::nursery,
                clippy::pedantic,
                clippy::restriction,
            )]
            __audit_made if { false } => loop {},
        };
        // What is written here is not read as code: the mark stays one.
        condition(&mut arm)?.stmts.insert(0, mark);
        Some(arm)
    }

    /// Puts a mark before an expression.
    pub(super) fn around(
        &mut self,
        body: &mut Expr,
        questions: Vec<usize>,
        renamed: Vec<(usize, Ident)>,
    ) {
        if questions.is_empty() {
            return;
        }
        let mark = self.add(Mark { questions, is_around: true, renamed, ..Mark::default() });
        let inner = mem::replace(body, Expr::Verbatim(TokenStream::new()));
        let stmts = vec![mark, Stmt::Expr(inner, None)];
        let block = Block { brace_token: token::Brace::default(), stmts };
        *body = Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block });
    }

    /// A name for a parameter.
    pub(super) fn argument(&mut self) -> Ident {
        self.arguments += 1;
        format_ident!("__audit_argument_{}", self.arguments)
    }

    fn add(&mut self, mark: Mark) -> Stmt {
        let name = format_ident!("{MARK}{}", self.list.len());
        self.list.push(mark);
        Stmt::Expr(Expr::Verbatim(name.into_token_stream()), Some(Token![;](Span::call_site())))
    }

    fn of(&self, statement: Option<&Stmt>) -> Option<&Mark> {
        let Some(Stmt::Expr(Expr::Verbatim(name), Some(_))) = statement else {
            return None;
        };
        let name = name.to_string();
        self.list.get(name.strip_prefix(MARK)?.parse::<usize>().ok()?)
    }
}

/// Replaces the marks in a body.
pub(super) struct Writer<'a> {
    pub(super) private: &'a TokenStream,
    pub(super) marks: &'a Marks,
    pub(super) questions: &'a [Question],
    /// Whether any question is asked.
    pub(super) has_written: bool,
}

impl Writer<'_> {
    /// The code of a mark, if anything about it is shown.
    fn code(&mut self, mark: &Mark) -> Option<TokenStream> {
        let checks: TokenStream =
            mark.questions.iter().map(|at| self.checks(&self.questions[*at])).collect();
        if checks.is_empty() {
            return None;
        }
        self.has_written = true;
        let (private, conditions) = (self.private, &mark.conditions);
        let unread = mark.unread.iter().filter(|name| mentions(&checks, |word| word == *name));
        let unread: Vec<_> = unread.collect();
        // The compiler warns of what is moved into a body and only spoken of where nothing runs.
        let read = (!unread.is_empty()).then(|| quote!(let _ = (#(&#unread,)*);));
        Some(quote! {
            #(#conditions)*
            // A group that its user denies by name is not among the `warnings`.
            #[allow(
                warnings,
                unused,
                clippy::all,
                clippy::nursery,
                clippy::pedantic,
                clippy::restriction,
            )]
            if false {
                #read
                loop {}
                use #private::Answer as _;
                #checks
            }
        })
    }

    fn checks(&self, question: &Question) -> TokenStream {
        if let Some(copy) = &question.copy {
            let mut copy = copy.clone();
            let mut writer = Writer { has_written: false, ..*self };
            writer.visit_expr_mut(&mut copy);
            return match writer.has_written {
                true => quote!(let _ = #copy;),
                false => TokenStream::new(),
            };
        }
        let checks = question.shown.iter().map(|span| self.check(question, *span));
        let checks: Vec<TokenStream> = checks.collect();
        let verdict = &question.tokens;
        let verdict = quote!((&&&&&&#verdict).__audit_verdict());
        let asked = match &*checks {
            [] => return TokenStream::new(),
            [check] => quote!(#verdict #check;),
            // The answer takes the compiler a while: what is shown more than once is asked about once.
            checks => quote!(let __audit_verdict = #verdict; #(__audit_verdict #checks;)*),
        };
        match &*question.conditions {
            [] => asked,
            conditions => quote!(#(#conditions)* { #asked }),
        }
    }

    /// The check of one place at which a value is shown: the compiler points at the argument.
    fn check(&self, question: &Question, span: Span) -> TokenStream {
        let private = self.private.clone().into_iter().map(|mut token| {
            token.set_span(span);
            token
        });
        let shown = match &question.of_type {
            Some(shown) => quote_spanned!(span=> (#shown)),
            None => {
                let private: TokenStream = private.collect();
                quote_spanned!(span=> #private::ClearText)
            }
        };
        quote_spanned!(span=> .write_to_log(&#shown))
    }

    /// The code of a mark that stands before an expression; its block goes if there is none.
    fn around(&mut self, expression: &mut Expr) {
        let Expr::Block(ExprBlock { block, .. }) = expression else {
            return;
        };
        let Some(mark) = self.marks.of(block.stmts.first()).filter(|mark| mark.is_around) else {
            return;
        };
        let code = self.code(mark);
        block.stmts.remove(0);
        if let Some(code) = code {
            // What is asked may speak of the parts of an argument, which is taken apart before.
            let at = block.stmts.len().saturating_sub(1);
            block.stmts.insert(at, Stmt::Expr(Expr::Verbatim(code), None));
        } else if block.stmts.len() == 1
            && let Some(Stmt::Expr(inner, None)) = block.stmts.pop()
        {
            *expression = inner;
        }
    }

    /// Gives a closure's parameters the names by which the questions speak of them.
    fn rename(&self, closure: &mut ExprClosure) {
        let Expr::Block(ExprBlock { block, .. }) = &mut *closure.body else {
            return;
        };
        let Some(mark) = self.marks.of(block.stmts.first()).filter(|mark| mark.is_around) else {
            return;
        };
        for (at, name) in &mark.renamed {
            let word = name.to_string();
            let mut asked = self.questions.iter().filter(|question| !question.shown.is_empty());
            if asked.any(|question| question.about.names.contains(&word)) {
                let plain = Pat::Ident(PatIdent {
                    attrs: Vec::new(),
                    by_ref: None,
                    mutability: None,
                    ident: name.clone(),
                    subpat: None,
                });
                let pattern = mem::replace(&mut closure.inputs[*at], plain);
                block.stmts.insert(1, parse_quote!(let #pattern = #name;));
            }
        }
    }
}

impl VisitMut for Writer<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Closure(closure) = expression {
            self.rename(closure);
        }
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::Match(choice) = expression
            && choice.arms.first_mut().is_some_and(asks_nothing)
        {
            choice.arms.remove(0);
        }
        self.around(expression);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        visit_mut::visit_block_mut(self, block);
        let mut statements = Vec::new();
        let written = mem::take(&mut block.stmts);
        let last = written.len().saturating_sub(1);
        for (at, statement) in written.into_iter().enumerate() {
            match self.marks.of(Some(&statement)).filter(|mark| !mark.is_around) {
                Some(mark) => {
                    // Behind the last statement it must not become the value of the block.
                    let end = (at == last).then(|| Token![;](Span::call_site()));
                    let code = self.code(mark);
                    statements.extend(code.map(|code| Stmt::Expr(Expr::Verbatim(code), end)));
                }
                None => statements.push(statement),
            }
        }
        block.stmts = statements;
    }

    // Items have been written by walks of their own.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// True for an arm of ours of which no question is left.
fn asks_nothing(arm: &mut Arm) -> bool {
    condition(arm).is_some_and(|condition| condition.stmts.len() == 1)
}

/// The condition of an arm of ours.
fn condition(arm: &mut Arm) -> Option<&mut Block> {
    let Pat::Guard(guarded) = &mut arm.pat else {
        return None;
    };
    match (&*guarded.pat, &mut *guarded.guard) {
        (Pat::Ident(whole), Expr::Block(condition)) if whole.ident == "__audit_made" => {
            Some(&mut condition.block)
        }
        _ => None,
    }
}
