//! Finds marked fields in the texts that other derives print: `#[error("…")]`, `#[display("…")]`.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, LitStr, Member, Meta};

use super::model::{Class, Fields};
use crate::attributes::is_named;
use crate::errors::Errors;

/// The attributes by which thiserror, derive_more and strum are given a text.
const ATTRIBUTES: &[&str] =
    &["error", "display", "lower_hex", "upper_hex", "binary", "octal", "strum"];

/// The options of these attributes whose value is a text with places for fields.
const FORMATS: &[&str] = &["fmt", "to_string"];

/// Stands in the text of an enum for the text of the variant.
const OF_VARIANT: &str = "_variant";

/// The attributes that hold the text of a type or a variant.
pub(super) fn of(attributes: &[Attribute]) -> Vec<Attribute> {
    let is_text = |a: &&Attribute| is_named(a.path(), ATTRIBUTES);
    attributes.iter().filter(is_text).cloned().collect()
}

/// The attributes above an enum that hold the text of a variant with these attributes.
pub(super) fn inherited(above: &[Attribute], own: &[Attribute]) -> Vec<Attribute> {
    let own: Vec<_> = of(own).into_iter().filter(|text| Text::read(text).is_some()).collect();
    let mut above = of(above);
    above.retain(|text| {
        let surrounds = Text::read(text).is_some_and(|text| text.surrounds());
        surrounds || !own.iter().any(|own| own.path().get_ident() == text.path().get_ident())
    });
    above
}

/// Refuses texts that show a marked field.
///
/// One that is a `Sensitive` is left to the compiler, which lets nothing but `[redacted]` through.
pub(super) fn check(parts: &[&Fields<Class>], errors: &mut Errors) {
    // The text above an enum is one mistake, however many variants have the field.
    let mut told = HashSet::new();
    for fields in parts {
        let secrets: Vec<&Member> =
            fields.list.iter().filter(|field| field.is_shown_plain()).map(|f| &f.member).collect();
        let own = fields.texts.iter().map(|text| (text, false));
        for (text, is_inherited) in own.chain(fields.inherited.iter().map(|text| (text, true))) {
            let Some(text) = Text::read(text) else {
                continue;
            };
            for secret in &secrets {
                let Some((place, message)) = text.judge(secret) else {
                    continue;
                };
                if !is_inherited || told.insert(format!("{} {message}", place.to_token_stream())) {
                    errors.at(place, message);
                }
            }
        }
    }
}

/// True if an attribute says what is printed of the struct or the variant.
pub(super) fn is_said(fields: &Fields<Class>) -> bool {
    let says = |text: &Attribute| Text::read(text).is_some_and(|text| !text.surrounds());
    fields.texts.iter().chain(&fields.inherited).any(says)
}

/// True if the text is that of the only field.
pub(super) fn is_transparent(fields: &Fields<Class>) -> bool {
    let is_it = |text: &Attribute| Text::read(text).is_some_and(|text| text.transparent.is_some());
    fields.texts.iter().chain(&fields.inherited).any(is_it)
}

/// True if another derive makes the struct or the variant an error.
pub(super) fn is_error(fields: &Fields<Class>) -> bool {
    fields.texts.iter().chain(&fields.inherited).any(|text| text.path().is_ident("error"))
}

/// A format string and its arguments.
#[derive(Default)]
struct Text {
    format: Option<LitStr>,
    /// The arguments in order, each with its name if it has one.
    arguments: Vec<(Option<Ident>, Vec<TokenTree>)>,
    /// `transparent`, which stands for the text of the only field.
    transparent: Option<Ident>,
    /// The function that is given all fields.
    function: Option<TokenStream>,
}

impl Text {
    /// The text of an attribute, if that has one.
    fn read(attribute: &Attribute) -> Option<Self> {
        let Meta::List(list) = &attribute.meta else {
            return None;
        };
        let text = Self::of(list.tokens.clone());
        let is_there =
            text.format.is_some() || text.transparent.is_some() || text.function.is_some();
        is_there.then_some(text)
    }

    fn of(tokens: TokenStream) -> Self {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
        let mut text = Self::default();
        for part in tokens.split(is_comma) {
            let (name, value) = match part {
                [TokenTree::Ident(name), TokenTree::Punct(is), value @ ..]
                    if is.as_char() == '=' =>
                {
                    (Some(name.clone()), value)
                }
                value => (None, value),
            };
            let is_format =
                name.as_ref().is_none_or(|name| FORMATS.iter().any(|known| name == known));
            match value {
                [TokenTree::Literal(literal)] if text.format.is_none() && is_format => {
                    text.format = syn::parse2(literal.to_token_stream()).ok();
                }
                [TokenTree::Ident(word)] if name.is_none() && word == "transparent" => {
                    text.transparent = Some(word.clone());
                }
                path if text.format.is_none() && name.as_ref().is_some_and(|n| n == "fmt") => {
                    text.function = Some(path.iter().cloned().collect());
                }
                value => text.arguments.push((name, value.to_vec())),
            }
        }
        text
    }

    /// True if it is put around the text of each variant.
    fn surrounds(&self) -> bool {
        let variant = Member::Named(Ident::new(OF_VARIANT, proc_macro2::Span::call_site()));
        self.format.as_ref().is_some_and(|format| self.names(&format.value(), &variant))
    }

    /// Where the field is shown, and what to do about it.
    fn judge(&self, secret: &Member) -> Option<(TokenStream, String)> {
        let name = secret.to_token_stream();
        if let Some(function) = &self.function {
            let message = format!(
                "this function is given the field `{name}`, which is `#[sensitive]`: let the field be a \
                 `Sensitive`, which is printed as `[redacted]` only, or write a text that leaves it out"
            );
            return Some((function.clone(), message));
        }
        let message = format!(
            "this text shows the field `{name}`, which is `#[sensitive]`: leave it out, or let the \
             field be a `Sensitive`, which is printed as `[redacted]` only"
        );
        self.shows(secret).map(|place| (place, message))
    }

    /// Where the text shows the field.
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
            r#"serialize = "x", to_string = "pin {pin}""#,
            "transparent",
        ] {
            assert!(shows(guilty, "pin"), "{guilty}");
        }
        let function = Text::of("fmt = write".parse().unwrap());
        assert!(function.judge(&syn::parse_str("pin").unwrap()).is_some());
        for guilty in [r#""{0}""#, r#""{_0:?}""#, r#""{}", .0"#, r#""{}", _0"#, r#""{}", self.0"#] {
            assert!(shows(guilty, "0"), "{guilty}");
        }
    }

    #[test]
    fn a_text_above_an_enum_holds_where_there_is_no_other() {
        let attributes = |text: &str| -> Vec<Attribute> {
            let item: syn::DeriveInput = syn::parse_str(&format!("{text} struct S;")).unwrap();
            item.attrs
        };
        let count = |above: &str, own: &str| inherited(&attributes(above), &attributes(own)).len();
        assert_eq!(count(r#"#[error("{pin}")]"#, ""), 1);
        assert_eq!(count(r#"#[error("{pin}")]"#, "#[error(ignore)]"), 1);
        assert_eq!(count(r#"#[error("{pin}")]"#, r#"#[error("x")]"#), 0);
        assert_eq!(count(r#"#[display("{pin}")]"#, r#"#[error("x")]"#), 1);
        assert_eq!(count(r#"#[display("{_variant}")]"#, r#"#[display("x")]"#), 1);
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
            r#"rename_all = "{pin}""#,
        ] {
            assert!(!shows(innocent, "pin"), "{innocent}");
        }
        for innocent in [r#""{0}", id"#, r#""{1}""#, r#""{_1}""#, r#""{}", 0"#, r#""{}", .1"#] {
            assert!(!shows(innocent, "0"), "{innocent}");
        }
    }
}
