//! Reads the annotated function: its head as it stands, what it returns, and where its work is done.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Block, Expr, ExprAsync, ExprReturn, FnArg, GenericArgument, Ident, PatIdent, Path,
    PathArguments, ReturnType, Signature, Stmt, Type, TypeParamBound, Visibility, parse_quote,
    parse_quote_spanned, spanned::Spanned,
};

use super::model::{Body, Function, Returns};
use crate::errors::Errors;
use crate::leaks::Checked;
use crate::tokens::mentions;

const NOT_A_FUNCTION: &str = "`#[audited]` belongs on a function or a method";
const NO_BODY: &str = "a method without a body does nothing that could be recorded: write \
                       `#[audited]` on its implementations";
const CONST: &str = "a `const fn` may run at compile time, where there is no journal: remove \
                     `const`, or write `#[audited]` on its callers";
const FOREIGN: &str = "`#[audited]` cannot record a function with a foreign ABI: write it on a Rust \
                       function that this one calls";
const UNSEEN_END: &str = "`#[audited]` cannot see where this future ends: make the function \
                          `async`, or end it with `async move { … }`";
const EARLY_RETURN: &str = "this return would leave the function unrecorded: return from inside \
                            the async block at its end";

/// The function, or none if it cannot be audited or the compiler will reject it anyway.
///
/// Its head, and its body unless something was written into it, stay token by token as they are.
pub(super) fn read(
    item: TokenStream,
    checked: Option<Checked>,
    errors: &mut Errors,
) -> Option<Function> {
    let (mut head, body) = split(item);
    let (signature, block, has_written) = match checked {
        Some(Checked { function, has_written }) => {
            (function.sig, Some(*function.block), has_written)
        }
        None => match Parser::parse2(signature, head.clone()) {
            Ok(signature) => (signature, None, false),
            Err(_) => {
                errors.at(first_line(&head), NOT_A_FUNCTION);
                return None;
            }
        },
    };
    let Some(body) = body else {
        errors.at(&signature.ident, NO_BODY);
        return None;
    };
    if let Some(token) = &signature.constness {
        errors.at(token, CONST);
    }
    if let Some(abi) = signature.abi.as_ref().filter(|abi| !is_rust(abi)) {
        errors.at(abi, FOREIGN);
    }
    let (attributes, rest) = inner_attributes(body.stream());
    if !attributes.is_empty() {
        head = quote!(#attributes #head);
    }
    let written = block.as_ref().filter(|_| has_written);
    let body = written.map_or(rest, |block| all(&block.stmts));
    let name = signature.ident.unraw().to_string();
    let parameters = parameters(&signature);
    let (returns, body) = work(&signature, block, body, errors)?;
    Some(Function { head, name, parameters, returns, body })
}

/// What the parameters bind, but for those under an attribute, which may not be there.
fn parameters(signature: &Signature) -> Vec<Ident> {
    let mut bound = Bound(Vec::new());
    for parameter in &signature.inputs {
        match parameter {
            FnArg::Typed(typed) if typed.attrs.is_empty() => bound.visit_pat(&typed.pat),
            _ => {}
        }
    }
    bound.0
}

struct Bound(Vec<Ident>);

impl<'a> Visit<'a> for Bound {
    fn visit_pat_ident(&mut self, pattern: &'a PatIdent) {
        self.0.push(pattern.ident.clone());
        syn::visit::visit_pat_ident(self, pattern);
    }
}

fn all(statements: &[Stmt]) -> TokenStream {
    let mut tokens = TokenStream::new();
    tokens.append_all(statements);
    tokens
}

/// What the function's work returns, and where it is done.
fn work(
    signature: &Signature,
    block: Option<Block>,
    body: TokenStream,
    errors: &mut Errors,
) -> Option<(Returns, Body)> {
    let written = output(signature);
    if signature.asyncness.is_some() {
        return Some((returns(written), Body::Async(body)));
    }
    let awaited = awaited(&written);
    let Some(mut block) = block else {
        // What does not parse here, the compiler may know better: its tokens are enough, unless the
        // work may be done in an async block.
        let is_plain = awaited.is_none() && !mentions(&body, |word| word == "async");
        return is_plain.then(|| (returns(written), Body::Sync(body)));
    };
    if async_tail(&mut block.stmts).is_some() {
        early_returns(&block, errors);
        let awaited = awaited.unwrap_or_else(|| awaited_by_trait(written));
        return Some((returns(awaited), Body::Future(block)));
    }
    if awaited.is_some() {
        errors.at(&written, UNSEEN_END);
        return None;
    }
    Some((returns(written), Body::Sync(body)))
}

/// The async block whose future the function returns, if its last expression shows it.
pub(super) fn async_tail(statements: &mut [Stmt]) -> Option<&mut ExprAsync> {
    match statements.last_mut()? {
        Stmt::Expr(tail, None) => async_block(tail),
        _ => None,
    }
}

/// `async move { … }`, `Box::pin(async move { … })` or `async move { … }.boxed()`
fn async_block(tail: &mut Expr) -> Option<&mut ExprAsync> {
    match tail {
        Expr::Async(block) => Some(block),
        Expr::Call(call) if call.args.len() == 1 && is_box_pin(&call.func) => {
            async_block(call.args.first_mut()?)
        }
        Expr::MethodCall(call) if call.method == "boxed" || call.method == "boxed_local" => {
            async_block(&mut call.receiver)
        }
        _ => None,
    }
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let mut last = path.path.segments.iter().rev().map(|segment| &segment.ident);
    last.next().is_some_and(|ident| ident == "pin")
        && last.next().is_some_and(|ident| ident == "Box")
}

/// Everything before the body, and the body if there is one.
fn split(item: TokenStream) -> (TokenStream, Option<Group>) {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    match tokens.pop().map(shown) {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            (tokens.into_iter().collect(), Some(body))
        }
        Some(TokenTree::Punct(end)) if end.as_char() == ';' => (tokens.into_iter().collect(), None),
        other => (tokens.into_iter().chain(other).collect(), None),
    }
}

/// What stands in the group that holds a macro's `$body:block` together.
fn shown(token: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = &token else {
        return token;
    };
    let mut inner = group.stream().into_iter();
    match (group.delimiter(), inner.next(), inner.next()) {
        (Delimiter::None, Some(only), None) => shown(only),
        _ => token,
    }
}

fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    Attribute::parse_outer(input)?;
    input.parse::<Visibility>()?;
    input.parse()
}

/// The head of an item without its attributes, to point at.
fn first_line(head: &TokenStream) -> TokenStream {
    let without = |input: ParseStream<'_>| {
        Attribute::parse_outer(input)?;
        input.parse::<TokenStream>()
    };
    without.parse2(head.clone()).unwrap_or_else(|_| head.clone())
}

fn is_rust(abi: &syn::Abi) -> bool {
    abi.name.as_ref().is_some_and(|name| name.value() == "Rust")
}

/// Attributes that stand at the beginning of a body belong to the function.
fn inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let first = body.clone().into_iter().next();
    if !matches!(first, Some(TokenTree::Punct(mark)) if mark.as_char() == '#') {
        return (TokenStream::new(), body);
    }
    let split = |input: ParseStream<'_>| {
        let attributes = Attribute::parse_inner(input)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let Ok((attributes, rest)) = split.parse2(body.clone()) else {
        return (TokenStream::new(), body);
    };
    let outer = attributes.into_iter().map(|Attribute { meta, .. }| quote!(#[#meta]));
    (outer.collect(), rest)
}

/// The type that the function writes, or `()` at its name.
fn output(signature: &Signature) -> Type {
    match &signature.output {
        ReturnType::Type(_, ty) => (**ty).clone(),
        ReturnType::Default => parse_quote_spanned!(signature.ident.span()=> ()),
    }
}

/// What makes a response in actix-web and in axum.
const RESPONSES: [&str; 2] = ["Responder", "IntoResponse"];

fn returns(mut ty: Type) -> Returns {
    // The group that holds a macro's `$output:ty` together.
    while let Type::Group(group) = ty {
        ty = *group.elem;
    }
    match &ty {
        Type::Never(_) => Returns::Never(ty),
        Type::ImplTrait(opaque)
            if opaque.bounds.iter().any(|bound| RESPONSES.iter().any(|it| is_trait(bound, it))) =>
        {
            Returns::Responder
        }
        Type::ImplTrait(_) => Returns::Opaque(ty),
        _ => {
            InferOpaque.visit_type_mut(&mut ty);
            Returns::Value(ty)
        }
    }
}

/// Leaves every `impl Trait` inside a type to inference.
struct InferOpaque;

impl VisitMut for InferOpaque {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            *ty = parse_quote_spanned!(ty.span()=> _);
        } else {
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// What awaiting a value of type `ty` gives, if its tokens say that it is a future.
fn awaited(ty: &Type) -> Option<Type> {
    match ty {
        Type::Group(group) => awaited(&group.elem),
        Type::ImplTrait(ty) => ty.bounds.iter().find_map(future_output),
        Type::TraitObject(ty) => ty.bounds.iter().find_map(future_output),
        Type::Path(ty) => {
            let last = ty.path.segments.last()?;
            let name = last.ident.to_string();
            match name.as_str() {
                "Pin" | "Box" => type_argument(&last.arguments).and_then(awaited),
                "BoxFuture" | "LocalBoxFuture" => type_argument(&last.arguments).cloned(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What awaiting a value of type `ty` gives, for types that keep it behind a name.
fn awaited_by_trait(ty: Type) -> Type {
    match ty {
        Type::Group(group) => awaited_by_trait(*group.elem),
        Type::ImplTrait(_) => parse_quote!(_),
        ty => parse_quote_spanned!(ty.span()=> <#ty as ::core::future::Future>::Output),
    }
}

fn future_output(bound: &TypeParamBound) -> Option<Type> {
    let path = trait_of(bound, "Future")?;
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return Some(parse_quote!(_));
    };
    let output = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
        _ => None,
    });
    Some(output.unwrap_or_else(|| parse_quote!(_)))
}

fn type_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn is_trait(bound: &TypeParamBound, name: &str) -> bool {
    trait_of(bound, name).is_some()
}

fn trait_of<'a>(bound: &'a TypeParamBound, name: &str) -> Option<&'a Path> {
    match bound {
        TypeParamBound::Trait(bound) if bound.path.segments.last()?.ident == name => {
            Some(&bound.path)
        }
        _ => None,
    }
}

/// Reports every way out of the function that does not lead through its last expression.
fn early_returns(block: &Block, errors: &mut Errors) {
    let mut returns = EarlyReturns(Vec::new());
    returns.visit_block(block);
    for early in returns.0 {
        errors.at(early, EARLY_RETURN);
    }
}

struct EarlyReturns(Vec<ExprReturn>);

impl<'a> Visit<'a> for EarlyReturns {
    fn visit_expr_return(&mut self, early: &'a ExprReturn) {
        self.0.push(early.clone());
    }

    // A return in one of these is not one from the function.
    fn visit_expr_async(&mut self, _: &'a ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'a syn::Item) {}
}
