//! One value in the text of a query: bare, in quotes, or the beginning of a text.

use std::ops::Range;

use super::error::{QueryError, word};
use crate::query::field::{Field, Kind};

/// A value as it was written.
pub(super) struct Value {
    pub(super) text: String,
    /// A `*` follows it.
    pub(super) is_prefix: bool,
    pub(super) place: Range<usize>,
}

/// The text of a query, and how far it is read.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Goes behind `token` if it stands here.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let stands_here = self.rest().starts_with(token);
        self.at += if stands_here { token.len() } else { 0 };
        stands_here
    }

    /// Goes behind the characters that are `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> (&'a str, Range<usize>) {
        let rest = self.rest();
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        (&rest[..length], start..self.at)
    }

    /// Everything up to the next space.
    pub(super) fn take_word(&mut self) -> (&'a str, Range<usize>) {
        self.take_while(|character| !character.is_whitespace())
    }

    pub(super) fn error(&self, place: Range<usize>, message: String, advice: &str) -> QueryError {
        QueryError { message, advice: advice.to_owned(), text: self.text.to_owned(), place }
    }

    /// Reads the value that must stand here; `name` is what it is the value of.
    pub(super) fn value(&mut self, name: &str) -> Result<Value, QueryError> {
        let start = self.at;
        let is_quoted = self.rest().starts_with('"');
        let text = if is_quoted {
            self.quoted()?
        } else {
            let is_bare =
                |character: char| !character.is_whitespace() && !"\",*".contains(character);
            self.take_while(is_bare).0.to_owned()
        };
        let is_prefix = self.take("*");
        if text.is_empty() && !is_prefix && !is_quoted {
            let is_text = Field::parse(name).is_some_and(|field| field.kind() == Kind::Text);
            let advice = match is_text {
                true => format!("write a value, `{name}=*` for any, or `\"\"` for an empty one"),
                false => "write a value".to_owned(),
            };
            return Err(self.error(start..start, format!("`{name}` has no value here"), &advice));
        }
        let stop = self.rest().chars().next();
        if stop.is_some_and(|stop| stop != ',' && !stop.is_whitespace()) {
            return Err(self.goes_on(start, is_prefix));
        }
        Ok(Value { text, is_prefix, place: start..self.at })
    }

    /// A value goes on where it must have ended.
    fn goes_on(&mut self, start: usize, is_prefix: bool) -> QueryError {
        let star = self.at - 1;
        let (_, rest) = self.take_word();
        if is_prefix {
            let message = "`*` stands at the end of a value only".to_owned();
            let advice = "put the value in quotes if this star belongs to it";
            return self.error(star..star + 1, message, advice);
        }
        let written = word(&self.text[start..rest.end]);
        let advice = "put the whole value in quotes, and write a quote in it as `\\\"`";
        self.error(rest, format!("a quote stands inside the value {written}"), advice)
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let (plain, _) = self.take_while(|character| character != '"' && character != '\\');
            text.push_str(plain);
            if self.take("\"") {
                return Ok(text);
            }
            if self.is_at_end() {
                let message = "the quote that opens here is not closed".to_owned();
                return Err(self.error(open..open + 1, message, "close it with `\"`"));
            }
            text.push(self.escaped()?);
        }
    }

    /// What a backslash stands for.
    fn escaped(&mut self) -> Result<char, QueryError> {
        let start = self.at;
        for (form, character) in [("\\\"", '"'), ("\\\\", '\\')] {
            if self.take(form) {
                return Ok(character);
            }
        }
        if self.take("\\u{") {
            let (digits, _) = self.take_while(|character| character.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
            if let Some(character) = code.filter(|_| self.take("}")) {
                return Ok(character);
            }
        }
        let message = "this backslash stands for nothing".to_owned();
        let advice = "in quotes a backslash is `\\\\`, a quote `\\\"`, any character `\\u{1f980}`";
        Err(self.error(start..start + 1, message, advice))
    }
}
