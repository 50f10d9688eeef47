//! What a log or format macro shows: the values that it writes into its text or its fields.

mod format;
mod items;
mod macros;
#[cfg(test)]
mod tests;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{BinOp, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Macro};

use format::{Format, Reference};
use items::{Item, Role};
pub use macros::Aliases;
use macros::Form;

/// A value that a macro shows.
pub struct Shown {
    /// The value as it is written. A name within a format string (`{user}`) has the span of the
    /// string. Macros within the expression are not looked into.
    pub expression: Expr,
}

/// The values that a macro shows, or none if it is no log or format macro.
///
/// A macro is known by the last word of its path, or by what `aliases` say of that word. The
/// grammar of every crate is read at once: of the standard library, `tracing`, `log`, `slog`,
/// `anyhow` and `eyre`. It is generous: what it cannot place is shown, and what it cannot read it
/// passes over, up to the next comma. Literals, and arguments that are only a width or a
/// precision, are not shown.
///
/// ```
/// use audit_syntax::{Aliases, shown};
///
/// let call: syn::Macro = syn::parse_quote!(info!(%user.id, attempts = 3, "no {} for {name}", x));
/// let values = shown(&call, &Aliases::default()).expect("`info!` is a log macro");
/// assert_eq!(values.len(), 3);
///
/// let call: syn::Macro = syn::parse_quote!(vec![user]);
/// assert!(shown(&call, &Aliases::default()).is_none());
/// ```
pub fn shown(call: &Macro, aliases: &Aliases) -> Option<Vec<Shown>> {
    let form = macros::form(&call.path, aliases)?;
    let items = items::items(call.tokens.clone());
    let mut expressions = match form {
        Form::Text(leading) => written(items, leading),
        Form::Condition => condition(items),
        Form::Values => items.into_iter().filter_map(|item| item.value).collect(),
        Form::Pairs => {
            let pairs = items.into_iter().filter(|item| matches!(item.role, Role::Field));
            pairs.filter_map(|item| item.value).collect()
        }
    };
    expressions.retain(|expression| !matches!(expression, Expr::Lit(_) | Expr::Infer(_)));
    Some(expressions.into_iter().map(|expression| Shown { expression }).collect())
}

/// What a condition's failure tells: its text, or where there is none, the two sides of a
/// comparison.
fn condition(items: Vec<Item>) -> Vec<Expr> {
    match <[Item; 1]>::try_from(items) {
        Ok([Item { value: Some(Expr::Binary(binary)), .. }]) if is_comparison(&binary.op) => {
            vec![*binary.left, *binary.right]
        }
        Ok(_) => Vec::new(),
        Err(items) => written(items, &[false]),
    }
}

fn is_comparison(operator: &BinOp) -> bool {
    use BinOp::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(operator, Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_))
}

/// What is shown by arguments among which the first bare string is the format string. The
/// `leading` arguments stand before it in any case; true stands for one that is shown.
fn written(items: Vec<Item>, leading: &[bool]) -> Vec<Expr> {
    let mut shown = Vec::new();
    let mut leading = leading.iter();
    let mut text: Option<Text> = None;
    for Item { role, value, section } in items {
        let lead = if matches!(role, Role::Plain) { leading.next() } else { None };
        if let Some(is_shown) = lead {
            shown.extend(value.filter(|_| *is_shown));
            continue;
        }
        match (&mut text, role, value) {
            (None, Role::Plain, Some(Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }))) => {
                text = Some(Text { literal, section, arguments: Vec::new() });
            }
            (Some(text), Role::Plain, value) if text.section == section => {
                text.arguments.push((None, value));
            }
            (Some(text), Role::Named(name), value) if text.section == section => {
                text.arguments.push((Some(name), value));
            }
            (_, _, value) => shown.extend(value),
        }
    }
    shown.extend(text.into_iter().flat_map(Text::shown));
    shown
}

/// A format string with its arguments, each with its name.
struct Text {
    literal: LitStr,
    section: usize,
    arguments: Vec<(Option<String>, Option<Expr>)>,
}

impl Text {
    fn shown(self) -> Vec<Expr> {
        let Format { values, counts } = format::read(&self.literal.value());
        let names: Vec<&String> = self.arguments.iter().filter_map(|(n, _)| n.as_ref()).collect();
        let span = self.literal.span();
        let captured = values.iter().filter_map(|value| match value {
            Reference::Name(name) if !names.contains(&name) => variable(name, span),
            _ => None,
        });
        let mut shown: Vec<Expr> = captured.collect();
        for (at, (name, value)) in self.arguments.into_iter().enumerate() {
            let is_meant = |reference: &Reference| match reference {
                Reference::Index(index) => *index == at,
                Reference::Name(referred) => name.as_ref() == Some(referred),
            };
            let is_only_a_count = counts.iter().any(is_meant) && !values.iter().any(is_meant);
            shown.extend(value.filter(|_| !is_only_a_count));
        }
        shown
    }
}

/// The variable that a format string names.
fn variable(name: &str, span: Span) -> Option<Expr> {
    let is_keyword = syn::parse_str::<Ident>(name).is_err();
    let identifier = match name {
        "self" => Ident::new(name, span),
        "_" | "Self" | "super" | "crate" => return None,
        _ if is_keyword => {
            Ident::parse_any.parse_str(name).ok()?;
            Ident::new_raw(name, span)
        }
        _ => Ident::new(name, span),
    };
    Some(Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path: identifier.into() }))
}
