//! Walks through a body, follows sensitive values, and finds where they are shown.

use audit_syntax::{Aliases, field_hash};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprField, ExprPath, FieldValue, Item, Label, Member, Pat,
};

use super::binding::Asked;
use super::conditions::cfg;
use super::pass;
use super::repeat;
use super::scope::{Repeated, Scope, names};
use super::write;

/// The questions that tell whether a value is sensitive, each with what to point at.
pub(super) type Sources = Vec<(Asked, Span)>;

pub(super) struct Walk {
    /// The path of the names that the output may use.
    pub(super) private: TokenStream,
    pub(super) scope: Scope,
    pub(super) aliases: Aliases,
    pub(super) marks: write::Marks,
    /// Whether anything is asked in a function within the body.
    pub(super) has_written_items: bool,
    /// What is known of each part of a tuple that a pattern takes apart.
    pub(super) each: Vec<Vec<Asked>>,
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
        let (each, exits) = (Vec::new(), Vec::new());
        Self { private, scope, aliases, marks, has_written_items: false, each, exits }
    }

    /// Walks through an expression; what its value may be is told by the sources.
    pub(super) fn value(&mut self, expression: &mut Expr) -> Sources {
        match expression {
            Expr::Path(path) => self.variable(path, true),
            Expr::Field(field) => self.field(field),
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call(call),
            Expr::Macro(_) => self.macro_value(expression),
            Expr::Reference(inner) => self.value(&mut inner.expr),
            Expr::Paren(inner) => self.value(&mut inner.expr),
            Expr::Group(inner) => self.value(&mut inner.expr),
            Expr::Unary(inner) => self.value(&mut inner.expr),
            Expr::Try(inner) => self.value(&mut inner.expr),
            Expr::Await(inner) => self.value(&mut inner.base),
            Expr::Cast(cast) => self.cast(cast),
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
            Expr::Closure(closure) => self.closure(closure, &Sources::new(), &Sources::new()),
            Expr::Async(block) => {
                self.enter_closure(block.block.to_token_stream());
                let sources = self.block(&mut block.block);
                self.scope.closures.pop();
                sources
            }
            Expr::Let(condition) => {
                let repeated = self.repeated(&condition.expr);
                let (sources, each) = self.taken_apart(&mut condition.expr);
                self.each = each;
                self.bind(&condition.pat, repeated.as_ref(), &sources);
                self.each = Vec::new();
                self.scope.place_pending();
                Sources::new()
            }
            Expr::Assign(assign) => {
                self.assignment(&mut assign.left, &mut assign.right);
                Sources::new()
            }
            Expr::Range(range) => {
                self.all([&mut range.start, &mut range.end].into_iter().flatten().map(|e| &mut **e))
            }
            Expr::Repeat(list) => self.value(&mut list.expr),
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

    /// Walks through a value for a pattern; the parts of a tuple are told one by one as well.
    pub(super) fn taken_apart(&mut self, value: &mut Expr) -> (Sources, Vec<Vec<Asked>>) {
        let Expr::Tuple(tuple) = value else {
            return (self.value(value), Vec::new());
        };
        let each: Vec<Sources> = tuple.elems.iter_mut().map(|part| self.value(part)).collect();
        let asked = |sources: &Sources| sources.iter().map(|(asked, _)| *asked).collect();
        let parts = each.iter().map(asked).collect();
        (each.into_iter().flatten().collect(), parts)
    }

    /// A variable as a whole holds what was assigned to its parts, too.
    fn variable(&self, path: &ExprPath, is_whole: bool) -> Sources {
        let name = path.path.get_ident();
        let Some(at) = name.and_then(|name| self.scope.find(&name.unraw().to_string())) else {
            return Sources::new();
        };
        let binding = &self.scope.bindings[at];
        let asked = binding.questions.iter().copied();
        let parts = binding.numbered_parts().filter(|_| is_whole);
        asked.chain(parts).map(|asked| (asked, path.span())).collect()
    }

    /// A field may be sensitive itself, a part of what is, or have been assigned what is.
    pub(super) fn field(&mut self, field: &mut ExprField) -> Sources {
        let (key, span) = match &field.member {
            Member::Named(name) => (name.unraw().to_string(), name.span()),
            Member::Unnamed(at) => (at.index.to_string(), at.span()),
        };
        let assigned = self.assigned(field);
        let repeated = self.repeated(&field.base);
        let mut sources = match &mut *field.base {
            Expr::Path(path) => self.variable(path, false),
            base => self.value(base),
        };
        if let Member::Named(_) = field.member {
            // What was put into a list is text: what has fields is something else in it.
            sources.retain(|(asked, _)| !asked.is_put);
        }
        sources.extend(assigned.into_iter().map(|asked| (asked, span)));
        if let Some(repeated) = repeated {
            let (private, hash, base) = (&self.private, field_hash(&key), &repeated.tokens);
            let member = &field.member;
            // The field itself comes first: what is wrong with it, the compiler says in its own words.
            let tokens = quote!({
                let _ = #base.#member;
                #private::probe::<#hash, _>(&#base)
            });
            let question = self.scope.ask(&repeated, tokens);
            sources.extend(question.map(|question| (Asked::about(question), span)));
        }
        sources
    }

    /// The expression as a question repeats it, if it can be repeated.
    pub(super) fn repeated(&self, expression: &Expr) -> Option<Repeated> {
        repeat::is_repeatable(expression).then(|| Repeated {
            tokens: expression.to_token_stream(),
            is_place: repeat::is_place(expression),
            is_made: !repeat::is_seen(expression),
            ..self.named(expression)
        })
    }

    /// What speaks of the same variables as the expression.
    pub(super) fn named(&self, expression: &Expr) -> Repeated {
        Repeated { names: names(expression), ..Repeated::closed(TokenStream::new()) }
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
