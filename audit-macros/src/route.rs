//! Reads a route as access records have it: a method, and the template of a path.

use proc_macro2::Span;
use syn::{Error, LitStr};

const FORM: &str = "write a method and the whole template of a path, as access records have them: \
                    `route = \"PUT /users/{id}\"`";

/// A method and a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
}

impl Route {
    /// Reads `PUT /users/{id}`.
    ///
    /// # Errors
    /// Fails, at the text, where it is nothing that a router could have matched.
    pub(crate) fn read(text: &LitStr) -> syn::Result<Self> {
        let route = text.value();
        let Some((method, path)) = route.split_once(' ') else {
            return Err(Error::new(text.span(), FORM));
        };
        check_method(method, text.span())?;
        check_path(path, text.span())?;
        Ok(Self { method: method.to_owned(), path: path.to_owned() })
    }

    /// As records and the catalogue have it.
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn check_method(method: &str, place: Span) -> syn::Result<()> {
    let is_method = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
    let upper = method.to_ascii_uppercase();
    match (is_method(method), is_method(&upper)) {
        (true, _) => Ok(()),
        (false, true) => {
            Err(Error::new(place, format!("methods are written in capitals: `{upper}`")))
        }
        (false, false) => Err(Error::new(place, FORM)),
    }
}

fn check_path(path: &str, place: Span) -> syn::Result<()> {
    let is_legible = |letter: char| !letter.is_whitespace() && !letter.is_control();
    if !path.starts_with('/') || !path.chars().all(is_legible) {
        return Err(Error::new(place, FORM));
    }
    if path.contains(['?', '#']) {
        let message = "a route has no query and no fragment: write the path alone";
        return Err(Error::new(place, message));
    }
    match path.split('/').find_map(|segment| segment.strip_prefix(':')) {
        Some(name) => {
            let message =
                format!("a part of the path that varies is written `{{{name}}}`, not `:{name}`");
            Err(Error::new(place, message))
        }
        None => Ok(()),
    }
}
