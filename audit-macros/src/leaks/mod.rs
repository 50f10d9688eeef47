//! `#[deny_leaks]`: every value that a log or format macro shows is asked about, by the compiler's
//! own type checker, in code that never runs.

mod binding;
mod bodies;
mod captured;
mod conditions;
mod flow;
mod initial;
mod instrument;
mod macros;
mod pass;
mod pattern;
mod repeat;
mod scope;
mod walk;
mod write;

#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;

use audit_syntax::Aliases;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Block, Expr, FnArg, ImplItem, Item, ItemFn, Path, Signature, Stmt, TraitItem,
};

use crate::attributes;
use crate::errors::Errors;
use crate::runtime;
use walk::Walk;

const OPTIONS: &str = "`#[deny_leaks]` has one option: `crate = \"path::to::audit_runtime\"`";
const NO_BODIES: &str =
    "`#[deny_leaks]` belongs on a function, an impl, a trait or an inline module";
const ELSEWHERE: &str = "the body of this module is in a file of its own, where the attribute cannot \
                         look: write `#[deny_leaks]` on what is in it";

/// The item with its bodies checked, or unchanged beside a `compile_error!` for each mistake.
pub(crate) fn attribute(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let runtime = options(arguments, &mut errors);
    // What does not parse here does not parse in the compiler, which says so itself.
    let mut found = syn::parse2::<Item>(input.clone()).ok();
    match &found {
        Some(Item::Mod(module)) if module.content.is_none() => errors.at(&module.ident, ELSEWHERE),
        Some(Item::Fn(_) | Item::Impl(_) | Item::Mod(_) | Item::Trait(_)) | None => {}
        Some(Item::Verbatim(_)) => found = None,
        Some(other) => errors.at(first_token(other), NO_BODIES),
    }
    let errors = errors.into_tokens();
    if let Some(mut found) = found.filter(|_| errors.is_empty())
        && item(&mut found, &private(runtime.as_ref()), &Aliases::default())
    {
        return found.into_token_stream();
    }
    quote!(#errors #input)
}

/// A function as it was read.
pub(crate) struct Checked {
    pub(crate) function: ItemFn,
    /// Whether anything is asked in its body; if not, its tokens stay as they are.
    pub(crate) has_written: bool,
}

/// The function with its body checked, and what is captured beside it; none if it cannot be read.
///
/// What is captured is asked about where that is done: at the place in some statements that `inside`
/// finds, or else before the body.
pub(crate) fn function(
    input: TokenStream,
    mut captured: &[&Expr],
    inside: impl FnOnce(&mut ItemFn) -> Option<(&mut Vec<Stmt>, usize)>,
    runtime: Option<&Path>,
) -> Option<Checked> {
    let mut function = syn::parse2::<ItemFn>(input).ok()?;
    if let Some((statements, at)) = inside(&mut function) {
        statements.insert(at, captured::statement(captured));
        captured = &[];
    }
    let has_written = body(
        &function.attrs,
        &function.sig,
        &mut function.block,
        captured,
        &private(runtime),
        &Aliases::default(),
    );
    captured::remove(&mut function.block);
    Some(Checked { function, has_written })
}

/// The path of the names that the output may use.
fn private(runtime: Option<&Path>) -> TokenStream {
    let runtime = runtime::named(runtime);
    quote!(#runtime::__private)
}

fn options(arguments: TokenStream, errors: &mut Errors) -> Option<Path> {
    let mut runtime = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("crate") {
            return Err(meta.error(attributes::unknown(&meta.path, &["crate"], OPTIONS)));
        }
        let text: syn::LitStr = meta.value()?.parse()?;
        let path = text.parse_with(Path::parse_mod_style);
        runtime = Some(path.map_err(|_| syn::Error::new_spanned(text, OPTIONS))?);
        Ok(())
    });
    if let Err(error) = parser.parse2(arguments) {
        errors.push(error);
    }
    runtime
}

fn first_token(item: &Item) -> TokenStream {
    item.to_token_stream().into_iter().take(1).collect()
}

/// Checks every body in an item; true if anything is asked in it.
fn item(item: &mut Item, private: &TokenStream, aliases: &Aliases) -> bool {
    let mut has_written = false;
    match item {
        Item::Fn(function) if !is_checked_by_itself(&function.attrs) => {
            has_written =
                body(&function.attrs, &function.sig, &mut function.block, &[], private, aliases);
        }
        Item::Impl(block) => {
            for part in &mut block.items {
                if let ImplItem::Fn(method) = part
                    && !is_checked_by_itself(&method.attrs)
                {
                    has_written |=
                        body(&method.attrs, &method.sig, &mut method.block, &[], private, aliases);
                } else if let ImplItem::Const(constant) = part {
                    has_written |= initial::value(&mut constant.expr, private, aliases);
                }
            }
        }
        Item::Const(constant) => {
            has_written = initial::value(&mut constant.expr, private, aliases);
        }
        Item::Static(constant) => {
            has_written = initial::value(&mut constant.expr, private, aliases);
        }
        Item::Trait(block) => {
            for part in &mut block.items {
                if let TraitItem::Fn(method) = part
                    && !is_checked_by_itself(&method.attrs)
                    && let Some(default) = &mut method.default
                {
                    has_written |= body(&method.attrs, &method.sig, default, &[], private, aliases);
                }
            }
        }
        Item::Mod(module) => {
            if let Some((_, items)) = &mut module.content {
                let mut aliases = aliases.clone();
                for part in items.iter() {
                    if let Item::Use(import) = part {
                        aliases.read(import);
                    }
                }
                for part in items {
                    has_written |= self::item(part, private, &aliases);
                }
            }
        }
        _ => {}
    }
    has_written
}

/// True if an attribute of ours will look at the body.
fn is_checked_by_itself(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|last| last.ident == "audited" || last.ident == "deny_leaks")
    })
}

/// Checks a body; true if anything is asked in it.
fn body(
    attributes: &[Attribute],
    signature: &Signature,
    block: &mut Block,
    captured: &[&Expr],
    private: &TokenStream,
    aliases: &Aliases,
) -> bool {
    // Nothing is formatted at compile time, and nothing of ours may be called there.
    if signature.constness.is_some() {
        return false;
    }
    let mut walk = Walk::new(private.clone(), aliases.clone());
    walk.scope.open_frame();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(_) => walk.scope.declare("self".to_owned(), false, Vec::new()),
            FnArg::Typed(typed) => {
                let is_there = conditions::cfg(&typed.attrs).is_empty();
                let value = walk.value_of(&typed.ty).filter(|_| is_there);
                walk.bind(&typed.pat, value.as_ref(), &Vec::new());
            }
        }
    }
    for binding in &mut walk.scope.bindings {
        // They belong to the same block as what its statements declare.
        binding.depth = 1;
        binding.is_told = true;
    }
    walk.scope.settle_frame();
    let recorded = instrument::recorded(&mut walk, attributes, signature);
    for expression in captured {
        walk.show(&mut (*expression).clone(), false);
    }
    let unread = captured::variables(captured, &walk.scope);
    walk.block(block);
    let questions = walk.scope.close_frame();
    block.stmts.splice(0..0, walk.marks.first(questions, unread));
    let mut writer = write::Writer {
        private,
        marks: &walk.marks,
        questions: &walk.scope.questions,
        has_written: walk.has_written_items,
    };
    writer.visit_block_mut(block);
    let mut has_written = writer.has_written;
    if !recorded.is_empty() {
        block.stmts.insert(0, Stmt::Expr(Expr::Verbatim(recorded), None));
        has_written = true;
    }
    has_written
}
