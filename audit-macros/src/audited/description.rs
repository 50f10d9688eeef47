//! Reads the sentence that describes an action: text, and placeholders for redacted values.

use syn::LitStr;
use syn::ext::IdentExt;

use super::model::{Field, Part};
use crate::errors::Errors;

/// The placeholders that every description may use.
pub(super) const ALWAYS_KNOWN: &[&str] = &["actor", "target"];

const LONE_BRACE: &str =
    "a brace that belongs to no `{placeholder}`: double it to write it as text";

/// The parts of `description`; unknown placeholders are mistakes.
pub(super) fn parts(description: &LitStr, fields: &[Field], errors: &mut Errors) -> Vec<Part> {
    let sentence = description.value();
    let mut rest = sentence.as_str();
    let mut parts = Vec::new();
    let mut text = String::new();
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let name = rest.split_once('}').filter(|(name, _)| brace == "{" && !name.contains('{'));
        let Some((name, after)) = name else {
            errors.at(description, LONE_BRACE);
            continue;
        };
        rest = after;
        match place(name, fields) {
            Some(part) => {
                push_text(&mut parts, &mut text);
                parts.push(part);
            }
            None => errors.at(description, unknown(name, fields)),
        }
    }
    text.push_str(rest);
    push_text(&mut parts, &mut text);
    parts
}

fn place(name: &str, fields: &[Field]) -> Option<Part> {
    match name {
        "actor" => Some(Part::Actor),
        "target" => Some(Part::Target),
        _ => {
            let is_known = fields.iter().any(|field| field.name.unraw() == name);
            is_known.then(|| Part::Field(name.to_owned()))
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &mut String) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

fn unknown(name: &str, fields: &[Field]) -> String {
    let fields = fields.iter().map(|field| field.name.unraw().to_string());
    let known = ALWAYS_KNOWN.iter().map(|known| (*known).to_owned()).chain(fields);
    let known: Vec<String> = known.map(|name| format!("`{{{name}}}`")).collect();
    let known = known.join(", ");
    format!("nothing is known as `{{{name}}}`: the description may use {known}")
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::parse_quote;

    use super::*;
    use crate::audited::model::Value;

    /// The parts of `text`, and how many mistakes it has, where the field `role` is captured.
    fn read(text: &str) -> (Vec<Part>, usize) {
        let value = Value { expression: parse_quote!(role), reason: None };
        let fields = [Field { name: parse_quote!(role), value }];
        let mut errors = Errors::default();
        let parts = parts(&LitStr::new(text, Span::call_site()), &fields, &mut errors);
        let tokens = errors.into_tokens().to_string();
        (parts, tokens.matches("compile_error").count())
    }

    #[test]
    fn a_sentence_is_text_and_places() {
        let (parts, mistakes) = read("role of {target} set to {role} by {actor}");
        let expected = [
            Part::Text("role of ".into()),
            Part::Target,
            Part::Text(" set to ".into()),
            Part::Field("role".into()),
            Part::Text(" by ".into()),
            Part::Actor,
        ];
        assert_eq!(parts, expected);
        assert_eq!(mistakes, 0);
    }

    #[test]
    fn doubled_braces_are_text() {
        assert_eq!(read("{{role}} é"), (vec![Part::Text("{role} é".into())], 0));
        assert_eq!(read(""), (vec![], 0));
    }

    #[test]
    fn each_bad_place_is_a_mistake() {
        for (text, expected) in
            [("{rol} {x}", 2), ("{role", 1), ("a } b", 1), ("{}", 1), ("{{}", 1)]
        {
            assert_eq!(read(text).1, expected, "{text}");
        }
    }
}
