//! Reads the options of the attribute and the type below it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Ident, LitStr, Path, Token, parse_quote};

use crate::attributes;
use crate::errors::Errors;
use crate::runtime;

const OPTIONS: &str = "`#[wrap_sensitive]` accepts only `crate = \"path::to::audit_runtime\"`";
const NO_TYPE: &str = "`#[wrap_sensitive]` goes above a struct or an enum, whose fields it wraps: a \
                       parameter or a variable is wrapped by its type, `Sensitive<String>`";
const UNION: &str = "`#[wrap_sensitive]` cannot wipe a union, which does not know what it holds: use \
                     an enum";

/// Where the names of the runtime are found.
pub(super) struct Runtime(Option<Path>);

impl Runtime {
    /// The path of one of its names.
    pub(super) fn name(&self, name: &str, span: Span) -> TokenStream {
        let name = Ident::new(name, span);
        match &self.0 {
            Some(path) => quote_spanned!(span=> #path::#name),
            None => quote_spanned!(span=> ::audit_runtime::#name),
        }
    }

    /// The path of one of its names as it stands in the text of an attribute.
    pub(super) fn text(&self, name: &str) -> String {
        let path = self.0.as_ref().map(|path| path.to_token_stream().to_string().replace(' ', ""));
        format!("{}::{name}", path.as_deref().unwrap_or("audit_runtime"))
    }
}

/// A struct or an enum, and the paths in the derives below the attribute.
pub(super) struct Item {
    pub(super) input: DeriveInput,
    derives: Vec<Path>,
}

impl Item {
    /// The path in the derives below that ends in `name`, if there is one.
    pub(super) fn derived(&self, name: &str) -> Option<&Path> {
        self.derives.iter().find(|path| path.segments.last().is_some_and(|last| last.ident == name))
    }

    /// Takes `name` out of the derives.
    pub(super) fn underive(&mut self, name: &str) {
        for list in self.input.attrs.iter_mut().filter(|a| a.path().is_ident("derive")) {
            let kept = derives(std::slice::from_ref(list)).into_iter();
            let kept = kept.filter(|path| path.segments.last().is_none_or(|p| p.ident != name));
            list.meta = parse_quote!(derive(#(#kept),*));
        }
    }
}

pub(super) fn arguments(arguments: TokenStream, errors: &mut Errors) -> Runtime {
    let mut runtime = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("crate") {
            return Err(meta.error(attributes::unknown(&meta.path, &["crate"], OPTIONS)));
        }
        if runtime.is_some() {
            return Err(meta.error("this option is there twice: remove one"));
        }
        let text: LitStr = meta.value()?.parse()?;
        runtime = Some(runtime::path(&text)?);
        Ok(())
    });
    if let Err(error) = parser.parse2(arguments) {
        errors.push(error);
    }
    Runtime(runtime)
}

/// The struct or enum; none if it is something else, or unreadable.
pub(super) fn item(item: TokenStream, errors: &mut Errors) -> Option<Item> {
    let Ok(input) = syn::parse2::<DeriveInput>(item.clone()) else {
        let is_type = |token: TokenTree| matches!(token, TokenTree::Ident(word) if word == "struct" || word == "enum");
        if !item.into_iter().any(is_type) {
            errors.push(syn::Error::new(Span::call_site(), NO_TYPE));
        }
        return None;
    };
    if let Data::Union(union) = &input.data {
        errors.at(union.union_token, UNION);
        return None;
    }
    let derives = derives(&input.attrs);
    Some(Item { input, derives })
}

fn derives(attributes: &[Attribute]) -> Vec<Path> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let parse = |input: ParseStream<'_>| Punctuated::<Path, Token![,]>::parse_terminated(input);
    // What is no list of paths, rustc reports itself.
    lists.filter_map(|list| list.parse_args_with(parse).ok()).flatten().collect()
}
