//! Reads the input of macros: of those that show values, and of those that hold code.

use std::mem;

use audit_syntax::shown;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprMacro, Ident, Macro, Pat, Token, parse_quote, token};

use super::repeat;
use super::walk::{Sources, Walk};

/// The macros around whose arguments more may have to be known to tell their types.
pub(super) const TYING: &[&str] =
    &["assert_eq", "assert_ne", "dbg", "debug_assert_eq", "debug_assert_ne", "ensure"];

impl Walk {
    pub(super) fn macro_value(&mut self, expression: &mut Expr) -> Sources {
        let Expr::Macro(ExprMacro { mac, .. }) = expression else {
            return Sources::new();
        };
        if !self.is_asked_here(mac) {
            return self.macro_call(mac);
        }
        self.scope.open_frame();
        let sources = self.macro_call(mac);
        let (before, here) = self.scope.close_statement();
        if let Some(around) = self.scope.frames.last_mut() {
            around.questions.extend(before);
        }
        self.marks.around(expression, here, Vec::new());
        sources
    }

    /// True for a text in the last expression of a block: what it shows may have its type only from
    /// what stands before it there. The result of other macros may borrow beyond their own end.
    fn is_asked_here(&self, call: &Macro) -> bool {
        self.scope.frames.last().is_some_and(|statement| statement.is_end)
            && call.path.segments.last().is_some_and(|last| last.ident == "format")
    }

    /// What a log or format macro shows is asked about. Other macros are read as far as they hold
    /// expressions.
    pub(super) fn macro_call(&mut self, call: &Macro) -> Sources {
        let name = call.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        if name == "allow_leak" {
            return Sources::new();
        }
        if let Some(shown) = shown(call, &self.aliases) {
            let is_tied = TYING.contains(&name.as_str());
            for mut value in shown.into_iter().map(|shown| shown.expression) {
                self.show(&mut value, is_tied);
            }
            return Sources::new();
        }
        match &*name {
            "vec" => self.elements(call),
            "matches" | "select" => {
                for mut held in held(call).unwrap_or_default() {
                    self.again(&mut held);
                }
                Sources::new()
            }
            _ => {
                let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
                let mut arguments = parser.parse2(call.tokens.clone()).unwrap_or_default();
                let was_opaque = mem::replace(&mut self.scope.is_opaque, true);
                for argument in &mut arguments {
                    self.again(argument);
                }
                self.scope.is_opaque = was_opaque;
                Sources::new()
            }
        }
    }

    /// Walks through `vec![a, b]` or `vec![a; count]`.
    fn elements(&mut self, call: &Macro) -> Sources {
        let parser = |input: ParseStream<'_>| {
            let mut values = vec![input.parse::<Expr>()?];
            if input.parse::<Option<Token![;]>>()?.is_some() {
                input.parse::<Expr>()?;
            } else if input.parse::<Option<Token![,]>>()?.is_some() {
                values.extend(Punctuated::<Expr, Token![,]>::parse_terminated(input)?);
            }
            Ok(values)
        };
        let values = parser.parse2(call.tokens.clone()).unwrap_or_default();
        values.into_iter().flat_map(|mut value| self.again(&mut value)).collect()
    }

    /// Walks through an expression that is written to a log, and asks about what it shows.
    pub(super) fn show(&mut self, expression: &mut Expr, is_tied: bool) {
        let is_known = !is_tied || repeat::is_seen(expression) || !repeat::is_open(expression);
        let repeated = self.repeated(expression).filter(|_| is_known);
        let is_calm = repeat::is_calm(expression);
        let mut found: Vec<(usize, bool, Span)> = Vec::new();
        for (asked, span) in self.again(expression) {
            match found.iter_mut().find(|(question, ..)| *question == asked.question) {
                Some((_, is_derived, _)) => *is_derived &= asked.is_derived,
                None => found.push((asked.question, asked.is_derived, span)),
            }
        }
        for (question, is_derived, span) in found {
            let of_type = repeated.as_ref().filter(|_| is_derived);
            let of_type = of_type.and_then(|it| self.scope.ask_of_type(question, it, is_calm));
            self.scope.questions[of_type.unwrap_or(question)].shown.push(span);
        }
    }

    /// Walks through an argument of a macro. What it asks inside closures is asked in a copy of
    /// them, since the macro's own input stays as it is.
    pub(super) fn again(&mut self, argument: &mut Expr) -> Sources {
        let about = self.named(argument);
        let before = self.marks.len();
        let sources = self.value(argument);
        if !self.scope.is_opaque
            && self.marks.len() > before
            && let Some(question) = self.scope.ask(&about, TokenStream::new())
        {
            self.scope.questions[question].copy = Some(argument.clone());
        }
        sources
    }
}

/// The code in a macro, as expressions that mean the same.
fn held(call: &Macro) -> syn::Result<Vec<Expr>> {
    if call.path.segments.last().is_some_and(|last| last.ident == "matches") {
        let matching = |input: ParseStream<'_>| {
            let value: Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let arm: TokenStream = input.parse()?;
            Ok(quote!(match #value { #arm => true, _ => false }))
        };
        let tokens = matching.parse2(call.tokens.clone())?;
        return Ok(vec![syn::parse2(tokens)?]);
    }
    let Branches(branches) = syn::parse2(call.tokens.clone())?;
    Ok(branches)
}

/// The branches of `select!`: `pattern = future, if condition => body`.
struct Branches(Vec<Expr>);

impl Parse for Branches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut branches = Vec::new();
        if input.peek(Ident) && input.peek2(Token![;]) {
            input.parse::<Ident>()?;
            input.parse::<Token![;]>()?;
        }
        while !input.is_empty() {
            let is_last = input.peek(Token![else]) || input.peek2(Token![=>]);
            let taken = match is_last && !input.peek(Token![_]) {
                true => input.parse::<proc_macro2::TokenTree>().map(|_| None)?,
                false => {
                    let pattern = Pat::parse_multi(input)?;
                    input.parse::<Token![=]>()?;
                    Some((pattern, input.parse::<Expr>()?))
                }
            };
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                branches.push(input.parse()?);
            }
            input.parse::<Token![=>]>()?;
            let is_block = input.peek(token::Brace);
            let body: Expr = match is_block {
                true => Expr::Block(input.parse()?),
                false => input.parse()?,
            };
            if !input.is_empty() && (!is_block || input.peek(Token![,])) {
                input.parse::<Token![,]>()?;
            }
            branches.push(match taken {
                Some((pattern, future)) => parse_quote! {
                    match (#future).await { #pattern => #body, _ => loop {} }
                },
                None => body,
            });
        }
        Ok(Self(branches))
    }
}
