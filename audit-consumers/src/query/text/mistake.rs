//! What is said of a text that is no query: each mistake with its place and what to write instead.

use std::ops::Range;

use audit_syntax::nearest;

use super::error::{QueryError, WORD_MAX, shown, word};
use super::meant;
use super::value::Scanner;
use crate::query::field::{Field, Kind};
use crate::query::when::{self, TIMES};

const TIME_FORMS: &str = "write `2026-11-22` or, in UTC, `2026-11-22T10:30Z`";

/// A word that is no term: it may be half of one.
pub(super) fn no_operator(
    scanner: &mut Scanner<'_>,
    name: &str,
    place: Range<usize>,
) -> QueryError {
    let follows = scanner.rest();
    let (_, rest) = scanner.take_word();
    let whole = place.start..rest.end;
    let text = &scanner.text[whole.clone()];
    if let Some(advice) = joining(text) {
        return scanner.error(whole, format!("{} joins no terms", word(text)), advice);
    }
    if let Some(value) = text.strip_prefix(',') {
        let value = example(value, "VALUE");
        let advice = format!("leave out the space before the comma, as in `…,{value}`");
        return scanner.error(whole, "a comma stands alone".to_owned(), &advice);
    }
    if Field::parse(name).is_some() {
        if follows.starts_with(':') || follows.starts_with('~') {
            let message = format!("{} stands behind `{name}`", word(&follows[..1]));
            let advice = format!("write `{name}=VALUE`");
            return scanner.error(rest.start..rest.start + 1, message, &advice);
        }
        let advice = format!("write `{name}=VALUE`, without spaces around `=`");
        return scanner.error(whole, format!("{} has no value", word(text)), &advice);
    }
    let message = format!("{} is no term of a query", word(text));
    let meant = nearest(text, TIMES.into_iter().chain(Field::names()));
    match meant {
        Some(meant) if TIMES.contains(&meant) => {
            scanner.error(whole, message, &format!("did you mean `{meant}`?"))
        }
        Some(meant) => scanner.error(whole, message, &format!("did you mean `{meant}=VALUE`?")),
        None => {
            let advice = "write what it is of, as in `action=UpdateUser` or `actor=user:42`";
            scanner.error(whole, message, advice)
        }
    }
}

/// A name that stands before an operator, and that no field has.
pub(super) fn unknown(scanner: &Scanner<'_>, name: &str, place: Range<usize>) -> QueryError {
    if name.is_empty() {
        let advice = "write a name before it, as in `action=UpdateUser`";
        return scanner.error(place, "there is no name here".to_owned(), advice);
    }
    let message = format!("a query knows no {}", word(name));
    if TIMES.contains(&name) {
        let advice = format!("write `{name}` and the time with a space between, without `=`");
        return scanner.error(place, message, &advice);
    }
    let advice = match meant::name(name) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it knows {}", Field::names().collect::<Vec<_>>().join(", ")),
    };
    scanner.error(place, message, &advice)
}

/// What to do with a word that joins terms elsewhere.
fn joining(text: &str) -> Option<&'static str> {
    match text {
        "AND" | "And" | "&&" | "&" => Some("leave it out: terms are joined by themselves"),
        "or" | "OR" | "Or" | "||" | "|" => Some(
            "several values of one name are joined by a comma; else ask twice, as all terms must hold",
        ),
        "not" | "NOT" | "Not" | "!" => {
            Some("write `NAME!=VALUE`, which holds for all other values")
        }
        _ => None,
    }
}

/// Fails if behind an operator stands the rest of another one, as in `seq=>5` or `action==UpdateUser`. A
/// text that begins so is written in quotes.
pub(super) fn unless_comparison(
    scanner: &mut Scanner<'_>,
    field: &Field,
    operator: &Range<usize>,
) -> Result<(), QueryError> {
    let (more, rest) = scanner.take_while(|character| "=<>!".contains(character));
    if more.is_empty() {
        return Ok(());
    }
    let whole = operator.start..rest.end;
    let written = scanner.text.get(whole.clone()).unwrap_or_default();
    let is_number = matches!(field.kind(), Kind::Number(..));
    let meant = match written {
        "=>" if is_number => Some(">="),
        "=<" if is_number => Some("<="),
        "==" | "===" => Some("="),
        "<>" | "=!" | "!==" => Some("!="),
        _ => None,
    };
    let (value, _) = scanner.take_word();
    let value = example(value, if is_number { "NUMBER" } else { "VALUE" });
    let name = field.name();
    let mut advice = match meant {
        Some(meant) => format!("write `{name}{meant}{value}`"),
        None if is_number => format!("write one of = != > >= < <=, as in `{name}>={value}`"),
        None => format!("write `{name}={value}` or `{name}!={value}`"),
    };
    if field.kind() == Kind::Text {
        advice += &format!("; put the value in quotes if `{more}` belongs to it");
    }
    Err(scanner.error(whole, format!("{} compares nothing", word(written)), &advice))
}

/// Fails if behind the comma that was just read there is a space, and not the next value.
pub(super) fn unless_spaced(scanner: &mut Scanner<'_>, start: usize) -> Result<(), QueryError> {
    let comma = scanner.at - 1;
    scanner.skip_spaces();
    if scanner.at == comma + 1 {
        return Ok(());
    }
    let place = comma + 1..scanner.at;
    let before = scanner.text.get(start..=comma).unwrap_or_default();
    let (next, _) = scanner.take_word();
    let is_value = !next.is_empty() && !next.contains(['=', '<', '>']) && !TIMES.contains(&next);
    if !is_value {
        let advice = "leave out the comma, or write another value right behind it";
        return Err(scanner.error(comma..comma + 1, "no value follows the comma".into(), advice));
    }
    let (before, next) = (example(before, "…,"), example(next, "VALUE"));
    let advice = format!("write no space there: `{before}{next}`");
    Err(scanner.error(place, "a space follows the comma".to_owned(), &advice))
}

/// What was written, for an advice that repeats it; `instead` if that is nothing, or too much.
fn example(written: &str, instead: &str) -> String {
    let is_short = (1..=WORD_MAX).contains(&written.chars().count());
    if is_short { shown(written) } else { instead.to_owned() }
}

pub(super) fn no_span(scanner: &Scanner<'_>, text: &str, at: &Range<usize>) -> QueryError {
    let message = match text {
        "" => "`last` has no span of time behind it".to_owned(),
        text => format!("{} is no span of time", word(text)),
    };
    let advice = "write a number and w, d, h, m or s, as in `last 24h`, `last 7d`, `last 30m`";
    scanner.error(at.clone(), message, advice)
}

pub(super) fn no_day(scanner: &Scanner<'_>, text: &str, at: &Range<usize>) -> QueryError {
    let message = match text {
        "" => "`on` has no day behind it".to_owned(),
        text => format!("{} is no day", word(text)),
    };
    scanner.error(at.clone(), message, "write `on 2026-11-22`; days are those of UTC")
}

pub(super) fn no_time(
    scanner: &Scanner<'_>,
    name: &str,
    text: &str,
    at: &Range<usize>,
) -> QueryError {
    if when::span(text).is_some() && name == "since" {
        let message = format!("{} is a span, and `since` takes a time", word(text));
        return scanner.error(at.clone(), message, &format!("write `last {text}`"));
    }
    if when::time(&format!("{text}Z")).is_some() {
        let message = format!("{} does not say in which zone it is", word(text));
        return scanner.error(at.clone(), message, &format!("write `{text}Z`: times are in UTC"));
    }
    let message = match text {
        "" => format!("`{name}` has no time behind it"),
        text => format!("{} is no time", word(text)),
    };
    scanner.error(at.clone(), message, TIME_FORMS)
}
