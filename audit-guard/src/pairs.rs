//! Names that look sensitive and their values: `password=…`, `"token": "…"`, `Cookie: …`.

use crate::names::Names;
use crate::text::Text;
use crate::value::Value;
use crate::vendors;

/// The longest name that is looked at, to either side of its sensitive part.
const NAME_BYTES_MAX: usize = 64;
const BLANKS_MAX: usize = 16;
/// Quotes, escapes and brackets that close a name.
const CLOSING_MAX: usize = 8;

/// How a name and its value are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// `name=value` in code, shells and queries.
    Equals,
    /// `name: value` without quotes about the name: headers, YAML, and prose.
    Colon,
    /// `"name": value`.
    Member,
    /// `--name value`.
    Option,
    /// `<name>value</name>`.
    Element,
}

/// The value of the name in which a sensitive part begins at `start`, or behind the sign there.
pub(crate) fn at<'t>(text: &Text<'t>, names: &mut Names<'t>, start: usize) -> Option<Value> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let start = if text.at(start).is_some_and(is_name) { start } else { start + 1 };
    let from = text.run_back(start, NAME_BYTES_MAX, is_name);
    let to = text.run(start, NAME_BYTES_MAX, |byte| is_name(byte) || byte == b'.');
    let (joint, value) = joint(text, from, to)?;
    // The name of a mark is no name of a value.
    if text.is_in_mark(from) {
        return None;
    }
    let name = std::str::from_utf8(text.slice(from..to)).ok()?;
    // The last part of a path says what its value is.
    let name = name.rsplit('.').next()?;
    let term = names
        .term(name)
        .or_else(|| glued(text, names, start, to))
        .or_else(|| vendors::term(name))?;
    Some(Value::of(text, term, joint, value))
}

/// The term at `start` of a name that has no sign between its words: `PGPASSWORD`, `dbpassword`.
fn glued<'t>(
    text: &Text<'t>,
    names: &mut Names<'t>,
    start: usize,
    to: usize,
) -> Option<&'static str> {
    let is_glued = text.before(start).is_some_and(|byte| byte.is_ascii_alphabetic());
    let name = std::str::from_utf8(text.slice(start..to)).ok().filter(|_| is_glued)?;
    let is_password = |term: &&str| term.starts_with("pass") || term.ends_with("_pass");
    names.term(name).filter(is_password).filter(|term| term.len() > 5)
}

/// How the name from `from` to `to` is joined to what follows, and where that begins.
fn joint(text: &Text<'_>, from: usize, to: usize) -> Option<(Joint, usize)> {
    let blank = |byte: u8| byte == b' ' || byte == b'\t';
    let closed =
        text.run(to, CLOSING_MAX, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']'));
    let sign = text.run(closed, BLANKS_MAX, blank);
    let quoted = closed > to;
    let (joint, end) = match (text.at(sign)?, text.at(sign + 1)) {
        (b'=', Some(b'=' | b'~')) => return None,
        (b'=', Some(b'>')) | (b':', Some(b'=')) => (Joint::Equals, sign + 2),
        (b'=', _) => (Joint::Equals, sign + 1),
        (b':', Some(b':')) => return None,
        (b':', _) if quoted => (Joint::Member, sign + 1),
        (b':', _) => (Joint::Colon, sign + 1),
        (b'%', Some(b'3')) if matches!(text.at(sign + 2), Some(b'D' | b'd')) => {
            (Joint::Equals, sign + 3)
        }
        (b'>', _) if text.before(from) == Some(b'<') && sign == to => (Joint::Element, sign + 1),
        _ if sign > to && !quoted && text.at(from) == Some(b'-') => (Joint::Option, sign),
        _ => return None,
    };
    Some((joint, text.run(end, BLANKS_MAX, blank)))
}
