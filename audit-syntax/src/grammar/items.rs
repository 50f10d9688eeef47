//! Takes the arguments of a log macro apart, in the syntax of any crate.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token, token};

/// One argument of a macro.
pub(super) struct Item {
    pub(super) role: Role,
    /// None if it cannot be read, or is nothing that is shown.
    pub(super) value: Option<Expr>,
    /// How many semicolons stand before it.
    pub(super) section: usize,
}

/// How an argument is written.
pub(super) enum Role {
    /// Only a value: the format string, an argument of it, or a field that is named like it.
    Plain,
    /// `name = value`: a field, or an argument of the format string before it.
    Named(String),
    /// What is never an argument of a format string: `?x`, `"key" => x`, `target: x`.
    Field,
}

/// What stands before a value.
enum Key {
    Name(String),
    Header(String),
}

/// Headers that are not written to the log themselves.
const SILENT_HEADERS: &[&str] = &["parent", "logger"];

/// How the crate `log` says in which way a field is written: `user:debug = x`.
const MODIFIERS: &[&str] = &["debug", "display", "err", "error", "serde", "sval"];

pub(super) fn items(tokens: TokenStream) -> Vec<Item> {
    let mut items = Vec::new();
    let read = |input: ParseStream<'_>| {
        read_all(input, &mut items);
        Ok(())
    };
    // An error tells of tokens that were left within brackets; what was read stays read.
    drop(read.parse2(tokens));
    items
}

fn read_all(input: ParseStream<'_>, items: &mut Vec<Item>) {
    let mut section = 0;
    while !input.is_empty() {
        if is_at_separator(input) {
            section += usize::from(input.peek(Token![;]));
            skip(input);
            continue;
        }
        item(input, section, items);
        while !input.is_empty() && !is_at_separator(input) {
            skip(input);
        }
    }
}

fn item(input: ParseStream<'_>, section: usize, items: &mut Vec<Item>) {
    let mut push = |role, value| items.push(Item { role, value, section });
    match key(input) {
        Some(Key::Name(name)) => {
            sigil(input);
            return push(Role::Named(name), expression(input));
        }
        Some(Key::Header(name)) => {
            let value = expression(input);
            return push(Role::Field, value.filter(|_| !SILENT_HEADERS.contains(&name.as_str())));
        }
        None => {}
    }
    if sigil(input) {
        return push(Role::Field, expression(input));
    }
    if let Some(fields) = braced_fields(input) {
        fields.into_iter().for_each(|field| push(Role::Field, field.value));
        return;
    }
    let value = expression(input);
    if input.peek(Token![=>]) {
        skip(input);
        skip(input);
        sigil(input);
        return push(Role::Field, expression(input));
    }
    push(Role::Plain, value);
}

/// Reads `name =`, `a.b =`, `"name" =`, `name:? =`, `{NAME} =` or `target:`, if that is next.
fn key(input: ParseStream<'_>) -> Option<Key> {
    let ahead = input.fork();
    let is_word = ahead.peek(Ident::peek_any);
    let name = name(&ahead)?;
    let has_colon = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    if has_colon {
        skip(&ahead);
    }
    let key = if has_colon && !modifier(&ahead) {
        is_word.then_some(Key::Header(name))?
    } else {
        assigns(&ahead).then(|| skip(&ahead))?;
        Key::Name(name)
    };
    input.advance_to(&ahead);
    Some(key)
}

fn name(input: ParseStream<'_>) -> Option<String> {
    if let Ok(text) = input.parse::<LitStr>() {
        return Some(text.value());
    }
    if input.peek(token::Brace) {
        // The name is the value of a constant.
        skip(input);
        return Some(String::new());
    }
    let mut name = input.call(Ident::parse_any).ok()?.unraw().to_string();
    while input.parse::<Token![.]>().is_ok() {
        let part = input.call(Ident::parse_any).ok()?;
        name = format!("{name}.{part}");
    }
    Some(name)
}

/// Reads the `?` of `name:? = x`, or a word that stands for it.
fn modifier(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let is_known = |word: Ident| MODIFIERS.contains(&word.to_string().as_str());
    let is_read = ahead.parse::<Token![?]>().is_ok()
        || ahead.parse::<Token![%]>().is_ok()
        || ahead.parse::<Ident>().is_ok_and(is_known);
    let is_modifier = is_read && (assigns(&ahead) || ahead.is_empty() || is_at_separator(&ahead));
    if is_modifier {
        input.advance_to(&ahead);
    }
    is_modifier
}

/// Reads what tells how a value is written: `?`, `%`, or one of these after `#`.
fn sigil(input: ParseStream<'_>) -> bool {
    let is_marked = input.peek(Token![#]) && !input.peek2(token::Bracket);
    if is_marked {
        skip(input);
    }
    let is_formatted = input.peek(Token![?]) || input.peek(Token![%]);
    if is_formatted {
        skip(input);
    }
    is_marked || is_formatted
}

/// Reads `{ name = x, %y }`. A block with a single value is an expression to everyone.
fn braced_fields(input: ParseStream<'_>) -> Option<Vec<Item>> {
    let ahead = input.fork();
    let Ok(TokenTree::Group(group)) = ahead.parse() else { return None };
    let is_whole = ahead.is_empty() || is_at_separator(&ahead);
    if !is_whole || group.delimiter() != Delimiter::Brace {
        return None;
    }
    let fields = items(group.stream());
    let is_statement = |field: &Item| field.value.is_none() || field.section > 0;
    let is_block = matches!(&*fields, [Item { role: Role::Plain, .. }]);
    if is_block || fields.iter().any(is_statement) {
        return None;
    }
    input.advance_to(&ahead);
    Some(fields)
}

fn expression(input: ParseStream<'_>) -> Option<Expr> {
    match input.parse().ok()? {
        Expr::Let(pattern) => Some(*pattern.expr),
        expression => Some(expression),
    }
}

fn assigns(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])
}

fn is_at_separator(input: ParseStream<'_>) -> bool {
    input.peek(Token![,]) || input.peek(Token![;])
}

fn skip(input: ParseStream<'_>) {
    drop(input.parse::<TokenTree>());
}
