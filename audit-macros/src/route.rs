//! Reads a route as access records have it: a method, and the template of a path.

use proc_macro2::Span;
use syn::{Error, LitStr};

const FORM: &str = "write a method and the whole template of a path, as access records have them: \
                    `route = \"PUT /users/{id}\"`";

/// As records tell them apart; a client may send any other word, of which no route is known.
const METHODS: &[&str] =
    &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"];

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
    let upper = method.to_ascii_uppercase();
    match (METHODS.contains(&method), METHODS.contains(&&*upper)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_one_of_those_that_a_client_sends() {
        let read = |text| Route::read(&LitStr::new(text, Span::call_site()));
        assert!(read("QUERY /users").is_ok());
        for misread in ["PSOT /users", "USERS /users", "psot /users"] {
            assert_eq!(read(misread).unwrap_err().to_string(), FORM);
        }
        assert!(read("post /users").unwrap_err().to_string().ends_with("`POST`"));
    }
}
