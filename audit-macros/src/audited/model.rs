//! What an attribute says, as it was written and as it was judged, and the function that it is on.

use std::iter;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Block, Expr, ExprCall, ExprPath, Ident, LitInt, LitStr, Macro, Path, Type};

use crate::route::Route;
use crate::tokens::mentions;

/// What `changes(after = …)` calls the value that the function returned.
pub(super) const RET: &str = "ret";

pub(crate) const CATEGORIES: &[&str] =
    &["activity", "authentication", "authorization", "access", "security", "journal"];
pub(crate) const OPERATIONS: &[&str] = &["create", "read", "update", "delete", "execute"];
pub(crate) const SEVERITIES: &[&str] =
    &["informational", "low", "medium", "high", "critical", "fatal"];
pub(super) const DURABILITIES: &[&str] = &["synced", "queued", "write_ahead"];
pub(super) const STANCES: &[&str] = &["fail_closed", "fail_open"];

/// The options as they were written; what is missing has not been judged yet.
#[derive(Default)]
pub(super) struct Written {
    pub(super) action: Option<LitStr>,
    pub(super) targets: Vec<Target>,
    pub(super) fields: Option<Vec<Field>>,
    pub(super) changes: Option<Changes>,
    pub(super) description: Option<LitStr>,
    pub(super) category: Option<&'static str>,
    pub(super) operation: Option<&'static str>,
    pub(super) outcome: Option<ExprPath>,
    pub(super) severity: Option<&'static str>,
    pub(super) durability: Option<&'static str>,
    pub(super) on_unrecorded: Option<&'static str>,
    pub(super) retention: Option<LitStr>,
    pub(super) routes: Vec<Route>,
    pub(super) version: Option<LitInt>,
    pub(super) runtime: Option<Path>,
    /// An option could not be read; what seems to be missing may stand in it.
    pub(super) is_partial: bool,
}

/// The options, complete and free of contradictions.
pub(super) struct Spec {
    pub(super) action: LitStr,
    pub(super) targets: Vec<Target>,
    pub(super) fields: Vec<Field>,
    pub(super) changes: Option<Changes>,
    pub(super) description: Vec<Part>,
    pub(super) category: &'static str,
    pub(super) operation: &'static str,
    /// The function that tells the outcome by what the call returned.
    pub(super) outcome: Option<ExprPath>,
    pub(super) severity: Option<&'static str>,
    pub(super) durability: &'static str,
    pub(super) on_unrecorded: &'static str,
    pub(super) retention: Option<LitStr>,
    /// The routes whose handler it is, whole.
    pub(super) routes: Vec<Route>,
    /// The version of what its records hold.
    pub(super) version: u32,
    pub(super) runtime: Option<Path>,
}

pub(super) struct Target {
    pub(super) kind: Ident,
    pub(super) id: Value,
    pub(super) name: Option<Value>,
}

pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) value: Value,
}

/// What is compared: evaluated before the body, and after one that succeeded.
pub(super) struct Changes {
    pub(super) key: Ident,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// What is captured.
pub(super) struct Value {
    pub(super) expression: Expr,
    /// `#[public(reason = "…")]` stands before it: its names are no concern.
    pub(super) reason: Option<LitStr>,
}

/// A part of the description.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Field(String),
    Actor,
    Target,
}

/// The annotated function.
pub(super) struct Function {
    /// Attributes, visibility and signature, token by token as they were written.
    pub(super) head: TokenStream,
    /// The function's name, without `r#`.
    pub(super) name: String,
    /// What its parameters bind, but for those under an attribute, which may not be there.
    pub(super) parameters: Vec<Ident>,
    pub(super) returns: Returns,
    pub(super) body: Body,
}

/// Where the function's work is done.
pub(super) enum Body {
    /// In the function itself.
    Sync(TokenStream),
    /// In the future of an `async fn`.
    Async(TokenStream),
    /// In an async block at the end of a function that is not `async`.
    Future(Block),
}

/// What the work returns, as far as it matters how a refusal is said.
pub(super) enum Returns {
    /// A type whose `impl Trait` parts are left to inference, and where it stands in the source.
    Value(Type),
    /// `impl Responder`.
    Responder,
    /// Another `impl Trait`.
    Opaque(Type),
    /// `!`
    Never(Type),
}

impl Changes {
    /// True if the value afterwards speaks of a variable of the function.
    pub(super) fn names_a_variable(&self) -> bool {
        let mut variables = Variables(false);
        variables.visit_expr(&self.after.expression);
        variables.0
    }

    /// True if the value afterwards may speak of the variable: texts may, too, as `"{name}"`.
    pub(super) fn may_name(&self, variable: &Ident) -> bool {
        let (name, after) = (variable.unraw(), &self.after.expression);
        let in_a_text = after.to_token_stream().to_string().contains(&format!("{{{name}"));
        in_a_text || mentions(after, |word| word.unraw() == name)
    }

    /// True if the value afterwards is part of what the call returned.
    pub(super) fn names_ret(&self) -> bool {
        mentions(&self.after.expression, |word| word == RET)
    }
}

/// Looks for a name that is neither a function's nor that of what was returned.
struct Variables(bool);

impl<'a> Visit<'a> for Variables {
    fn visit_expr_path(&mut self, path: &'a ExprPath) {
        self.0 |= path.path.get_ident().is_some_and(|name| name != RET);
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.0 |= mentions(&call.tokens, |word| word != RET);
    }
}

impl Spec {
    /// Every expression that is written to the journal without a reason before it.
    pub(super) fn captured(&self) -> Vec<&Expr> {
        let fields = self.fields.iter().map(|field| &field.value);
        let targets =
            self.targets.iter().flat_map(|target| iter::once(&target.id).chain(&target.name));
        // What the body returns has no name yet where this is asked.
        let changes = self.changes.iter().flat_map(|changes| {
            let after = (!changes.names_ret()).then_some(&changes.after);
            iter::once(&changes.before).chain(after)
        });
        let unexplained =
            fields.chain(targets).chain(changes).filter(|value| value.reason.is_none());
        unexplained.map(|value| &value.expression).collect()
    }

    /// True if the action is refused when it cannot be recorded.
    pub(super) fn refuses(&self) -> bool {
        self.on_unrecorded == "fail_closed"
    }
}
