//! Walks through a body, follows sensitive values, and finds where they are shown.

use std::mem;

use audit_syntax::{Aliases, field_hash, shown};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprCall, ExprField, ExprMacro, ExprMethodCall, FieldValue,
    Item, Label, Macro, Member, Pat, Token,
};

use super::conditions::cfg;
use super::pass;
use super::scope::{Repeated, Scope, names};
use super::write;

/// The questions that tell whether a value is sensitive, each with what to point at.
pub(super) type Sources = Vec<(usize, Span)>;

pub(super) struct Walk {
    /// The path of the names that the output may use.
    pub(super) private: TokenStream,
    pub(super) scope: Scope,
    pub(super) aliases: Aliases,
    pub(super) marks: write::Marks,
    /// Whether anything is asked in a function within the body.
    pub(super) has_written_items: bool,
    /// The blocks and loops around this place, by label, each with what `break` gives it.
    pub(super) exits: Vec<(Exit, Sources)>,
}

/// What a block or a loop is called: `break` without a label is meant for the loop.
pub(super) struct Exit {
    pub(super) label: Option<String>,
    pub(super) is_loop: bool,
}

impl Exit {
    fn new(label: Option<&Label>, is_loop: bool) -> Self {
        Self { label: label.map(|label| label.name.ident.to_string()), is_loop }
    }
}

impl Walk {
    pub(super) fn new(private: TokenStream, aliases: Aliases) -> Self {
        let (scope, marks) = (Scope::default(), write::Marks::default());
        Self { private, scope, aliases, marks, has_written_items: false, exits: Vec::new() }
    }

    /// Walks through an expression; what its value may be is told by the sources.
    pub(super) fn value(&mut self, expression: &mut Expr) -> Sources {
        match expression {
            Expr::Path(path) => match path.path.get_ident() {
                Some(name) => self.variable(&name.unraw().to_string(), name.span()),
                None => Sources::new(),
            },
            Expr::Field(field) => self.field(field),
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call(call),
            Expr::Macro(ExprMacro { mac, .. }) => self.macro_call(mac),
            Expr::Reference(inner) => self.value(&mut inner.expr),
            Expr::Paren(inner) => self.value(&mut inner.expr),
            Expr::Group(inner) => self.value(&mut inner.expr),
            Expr::Unary(inner) => self.value(&mut inner.expr),
            Expr::Try(inner) => self.value(&mut inner.expr),
            Expr::Await(inner) => self.value(&mut inner.base),
            Expr::Cast(inner) => self.value(&mut inner.expr),
            Expr::Index(index) => {
                self.value(&mut index.index);
                self.value(&mut index.expr)
            }
            Expr::Binary(binary) => self.binary(binary),
            Expr::Array(array) => self.all(array.elems.iter_mut()),
            Expr::Tuple(tuple) => self.all(tuple.elems.iter_mut()),
            Expr::Block(block) => {
                self.exits.push((Exit::new(block.label.as_ref(), false), Sources::new()));
                let sources = self.block(&mut block.block);
                self.leave(sources)
            }
            Expr::Loop(repeat) => {
                self.exits.push((Exit::new(repeat.label.as_ref(), true), Sources::new()));
                self.block(&mut repeat.body);
                self.leave(Sources::new())
            }
            Expr::Break(exit) => self.exit(exit),
            Expr::Unsafe(block) => self.block(&mut block.block),
            Expr::If(branch) => self.branch(branch),
            Expr::Match(choice) => self.choice(choice),
            Expr::While(repeat) => self.repeat(repeat),
            Expr::ForLoop(repeat) => self.for_each(repeat),
            Expr::Closure(closure) => self.closure(closure, &Sources::new()),
            Expr::Async(block) => {
                self.enter_closure(block.block.to_token_stream());
                let sources = self.block(&mut block.block);
                self.scope.closures.pop();
                sources
            }
            Expr::Let(condition) => {
                let repeated = self.repeated(&condition.expr);
                let sources = self.value(&mut condition.expr);
                self.bind(&condition.pat, repeated.as_ref(), &sources);
                self.scope.place_pending();
                Sources::new()
            }
            Expr::Assign(assign) => {
                let sources = self.value(&mut assign.right);
                self.assign(&mut assign.left, &sources);
                Sources::new()
            }
            other => {
                visit_mut::visit_expr_mut(self, other);
                Sources::new()
            }
        }
    }

    fn binary(&mut self, binary: &mut ExprBinary) -> Sources {
        let mut sources = self.value(&mut binary.left);
        let added = self.value(&mut binary.right);
        if let BinOp::AddAssign(_) = binary.op {
            self.fill(&binary.left, &added);
        }
        sources.extend(added);
        if pass::operator(&binary.op) { sources } else { Sources::new() }
    }

    pub(super) fn all<'a>(&mut self, values: impl Iterator<Item = &'a mut Expr>) -> Sources {
        values.flat_map(|value| self.value(value)).collect()
    }

    pub(super) fn variable(&self, name: &str, span: Span) -> Sources {
        let Some(at) = self.scope.find(name) else {
            return Sources::new();
        };
        self.scope.bindings[at].questions.iter().map(|question| (*question, span)).collect()
    }

    /// A field may be sensitive itself, or a part of what is.
    pub(super) fn field(&mut self, field: &mut ExprField) -> Sources {
        let (key, span) = match &field.member {
            Member::Named(name) => (name.unraw().to_string(), name.span()),
            Member::Unnamed(at) => (at.index.to_string(), at.span()),
        };
        let repeated = self.repeated(&field.base);
        let mut sources = self.value(&mut field.base);
        if let Some(repeated) = repeated {
            let (private, hash, base) = (&self.private, field_hash(&key), &repeated.tokens);
            let member = &field.member;
            // The field itself comes first: what is wrong with it, the compiler says in its own words.
            let tokens = quote!({
                let _ = #base.#member;
                #private::probe::<#hash, _>(&#base)
            });
            sources.extend(self.scope.ask(&repeated, tokens).map(|question| (question, span)));
        }
        sources
    }

    /// The expression as a question repeats it, if it can be repeated.
    pub(super) fn repeated(&self, expression: &Expr) -> Option<Repeated> {
        pass::is_repeatable(expression).then(|| Repeated {
            tokens: expression.to_token_stream(),
            names: names(expression),
            is_place: pass::is_place(expression),
            is_made: !pass::is_seen(expression),
        })
    }

    pub(super) fn method_call(&mut self, call: &mut ExprMethodCall) -> Sources {
        let method = call.method.unraw().to_string();
        let exposed = (method == "expose").then(|| self.repeated(&call.receiver)).flatten();
        let mut receiver = self.value(&mut call.receiver);
        if let Some(repeated) = exposed {
            let (private, base) = (&self.private, &repeated.tokens);
            let tokens = quote!(#private::probe::<{ #private::EXPOSED }, _>(&#base));
            let question = self.scope.ask(&repeated, tokens);
            receiver.extend(question.map(|question| (question, call.method.span())));
        }
        let (mut mapped, mut alternatives) = (Sources::new(), Sources::new());
        for argument in &mut call.args {
            match argument {
                Expr::Closure(closure) => mapped.extend(self.closure(closure, &receiver)),
                other => alternatives.extend(self.value(other)),
            }
        }
        if pass::fills(&method) {
            self.fill(&call.receiver, &alternatives);
        }
        let mut sources = if pass::method(&method) { receiver } else { Sources::new() };
        if pass::maps(&method) {
            sources.extend(mapped);
        }
        if pass::is_alternative(&method) {
            sources.extend(alternatives);
        }
        sources
    }

    pub(super) fn call(&mut self, call: &mut ExprCall) -> Sources {
        let passes = match &*call.func {
            Expr::Path(path) => pass::function(&path.path),
            _ => false,
        };
        // A variable that is called is a closure, which tells what it returns.
        let mut sources = self.value(&mut call.func);
        let given = self.all(call.args.iter_mut());
        if passes {
            sources.extend(given);
        }
        sources
    }

    /// What a log or format macro shows is asked about. Other macros are read as far as they hold
    /// expressions.
    pub(super) fn macro_call(&mut self, call: &Macro) -> Sources {
        let is = |name: &str| call.path.segments.last().is_some_and(|last| last.ident == name);
        if is("allow_leak") {
            return Sources::new();
        }
        if let Some(shown) = shown(call, &self.aliases) {
            for mut value in shown.into_iter().map(|shown| shown.expression) {
                self.show(&mut value);
            }
            return Sources::new();
        }
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(mut arguments) = parser.parse2(call.tokens.clone()) else {
            return Sources::new();
        };
        let was_opaque = mem::replace(&mut self.scope.is_opaque, !is("vec"));
        let sources = arguments.iter_mut().flat_map(|value| self.again(value)).collect();
        self.scope.is_opaque = was_opaque;
        if is("vec") { sources } else { Sources::new() }
    }

    /// Walks through an expression that is written to a log, and asks about what it shows.
    pub(super) fn show(&mut self, expression: &mut Expr) {
        for (question, span) in self.again(expression) {
            self.scope.questions[question].shown.push(span);
        }
    }

    /// Walks through an argument of a macro. What it asks inside closures is asked in a copy of
    /// them, since the macro's own input stays as it is.
    pub(super) fn again(&mut self, argument: &mut Expr) -> Sources {
        let about = Repeated {
            tokens: TokenStream::new(),
            names: names(argument),
            is_place: false,
            is_made: false,
        };
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

impl VisitMut for Walk {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        self.value(expression);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block);
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        self.has_written_items |= super::item(item, &self.private, &self.aliases);
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        if cfg(&field.attrs).is_empty() {
            self.value(&mut field.expr);
        }
    }

    // Nothing is shown in patterns and types.
    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}
