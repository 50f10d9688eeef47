//! Finds marked fields in the texts that other derives print: `#[error("…")]`, `#[display("…")]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, LitStr, Member, Meta};

use super::check;
use super::model::{Class, Field, Fields};
use crate::errors::Errors;

/// The attributes by which thiserror and derive_more are given a text.
const ATTRIBUTES: &[&str] = &["error", "display"];

/// The attributes that hold the text of a type or a variant.
pub(super) fn of(attributes: &[Attribute]) -> Vec<Attribute> {
    let is_text = |a: &&Attribute| ATTRIBUTES.iter().any(|name| a.path().is_ident(name));
    attributes.iter().filter(is_text).cloned().collect()
}

/// Refuses a text that shows a marked field.
///
/// One that is a `Sensitive` is left to the compiler, which lets nothing but `[redacted]` through.
pub(super) fn check(fields: &Fields<Class>, errors: &mut Errors) {
    let is_shown = |field: &&Field<Class>| {
        matches!(field.mark, Class::Sensitive(_)) && !check::is_secret(&field.ty)
    };
    let secrets: Vec<&Member> = fields.list.iter().filter(is_shown).map(|f| &f.member).collect();
    for attribute in &fields.texts {
        let Meta::List(list) = &attribute.meta else {
            continue;
        };
        let text = Text::of(list.tokens.clone());
        for secret in &secrets {
            if let Some(place) = text.shows(secret) {
                let name = secret.to_token_stream();
                let message = format!(
                    "this text shows the field `{name}`, which is `#[sensitive]`: leave it out, or let the \
                     field be a `Sensitive`, which is printed as `[redacted]` only"
                );
                errors.at(place, message);
            }
        }
    }
}

/// A format string and its arguments.
struct Text {
    format: Option<LitStr>,
    /// The arguments in order, each with its name if it has one.
    arguments: Vec<(Option<Ident>, Vec<TokenTree>)>,
    /// `transparent`, which stands for the text of the only field.
    transparent: Option<Ident>,
}

impl Text {
    fn of(tokens: TokenStream) -> Self {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
        let mut text = Self { format: None, arguments: Vec::new(), transparent: None };
        for part in tokens.split(is_comma) {
            let (name, value) = match part {
                [TokenTree::Ident(name), TokenTree::Punct(is), value @ ..]
                    if is.as_char() == '=' =>
                {
                    (Some(name.clone()), value)
                }
                value => (None, value),
            };
            match value {
                [TokenTree::Literal(literal)] if text.format.is_none() => {
                    text.format = syn::parse2(literal.to_token_stream()).ok();
                }
                [TokenTree::Ident(word)] if word == "transparent" => {
                    text.transparent = Some(word.clone());
                }
                value => text.arguments.push((name, value.to_vec())),
            }
        }
        text
    }

    /// Where the field is shown.
    fn shows(&self, secret: &Member) -> Option<TokenStream> {
        if let Some(transparent) = &self.transparent {
            return Some(transparent.to_token_stream());
        }
        let format = self.format.as_ref();
        if let Some(format) = format.filter(|format| self.names(&format.value(), secret)) {
            return Some(format.to_token_stream());
        }
        self.arguments.iter().find_map(|(_, value)| shown_in(value, secret))
    }

    /// True if a place of the format string is the field itself.
    fn names(&self, format: &str, secret: &Member) -> bool {
        let format = format.replace("{{", "").replace("}}", "");
        let mut places = format.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
        let is_given = |name: &str| {
            self.arguments
                .iter()
                .any(|(given, _)| given.as_ref().is_some_and(|given| given == name))
        };
        let has_order = self.arguments.iter().any(|(name, _)| name.is_none());
        places.any(|place| match secret {
            Member::Named(name) => name.unraw() == place && !is_given(place),
            Member::Unnamed(index) => {
                let at = index.index.to_string();
                place == at && !has_order || place.strip_prefix('_') == Some(&at)
            }
        })
    }
}

/// The first token of an argument that stands for the field, unless only its length or state is asked.
fn shown_in(tokens: &[TokenTree], secret: &Member) -> Option<TokenStream> {
    for (at, token) in tokens.iter().enumerate() {
        let after_point = at.checked_sub(1).is_some_and(|before| is_point(&tokens[before]));
        let is_secret = match (token, secret) {
            (TokenTree::Group(group), _) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                match shown_in(&inner, secret) {
                    Some(found) => return Some(found),
                    None => false,
                }
            }
            (TokenTree::Ident(word), Member::Named(name)) => word.unraw() == name.unraw(),
            (TokenTree::Ident(word), Member::Unnamed(index)) => {
                word.to_string().strip_prefix('_') == Some(&index.index.to_string())
            }
            (TokenTree::Literal(number), Member::Unnamed(index)) => {
                after_point && number.to_string() == index.index.to_string()
            }
            _ => false,
        };
        if is_secret && !is_only_asked(&tokens[at + 1..]) {
            return Some(token.to_token_stream());
        }
    }
    None
}

/// True before `.len()`, `.is_empty()` and the like.
fn is_only_asked(rest: &[TokenTree]) -> bool {
    match rest {
        [point, TokenTree::Ident(method), ..] if is_point(point) => {
            let method = method.to_string();
            method == "len" || method.starts_with("is_")
        }
        _ => false,
    }
}

fn is_point(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(point) if point.as_char() == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(arguments: &str, secret: &str) -> bool {
        let text = Text::of(arguments.parse().unwrap());
        text.shows(&syn::parse_str(secret).unwrap()).is_some()
    }

    #[test]
    fn a_text_that_shows_the_field_is_found() {
        for guilty in [
            r#""{pin}""#,
            r#""{pin:?}""#,
            r#""{}", pin"#,
            r#""{}", .pin"#,
            r#""{x}", x = self.pin.to_string()"#,
            r#""{}", mask(&self.pin)"#,
            r#"fmt = "{}", pin"#,
            "transparent",
        ] {
            assert!(shows(guilty, "pin"), "{guilty}");
        }
        for guilty in [r#""{0}""#, r#""{_0:?}""#, r#""{}", .0"#, r#""{}", _0"#, r#""{}", self.0"#] {
            assert!(shows(guilty, "0"), "{guilty}");
        }
    }

    #[test]
    fn a_text_about_the_field_is_not() {
        for innocent in [
            r#""pin""#,
            r#""{{pin}}""#,
            r#""{pin}", pin = "hidden""#,
            r#""{}", pin.len()"#,
            r#""{}", .pin.is_some()"#,
            r#""{pin_count}""#,
        ] {
            assert!(!shows(innocent, "pin"), "{innocent}");
        }
        for innocent in [r#""{0}", id"#, r#""{1}""#, r#""{_1}""#, r#""{}", 0"#, r#""{}", .1"#] {
            assert!(!shows(innocent, "0"), "{innocent}");
        }
    }
}
