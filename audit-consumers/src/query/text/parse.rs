//! From the text of a query to its value; whatever is wrong is told with its place.

use std::ops::Range;

use super::TEXT_BYTES_MAX;
use super::error::{QueryError, word};
use super::meant;
use super::mistake;
use super::value::{Scanner, Value};
use crate::query::Query;
use crate::query::condition::{Bound, Condition, Test};
use crate::query::field::{Field, Kind};
use crate::query::network::Network;
use crate::query::pattern::Pattern;
use crate::query::when::{self, Start};

/// What stands between a name and its values, the longer before what they begin with.
const OPERATORS: [&str; 6] = ["!=", ">=", "<=", "=", ">", "<"];

/// Reads a whole query.
pub(in crate::query) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut scanner = Scanner { text, at: 0 };
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the query has {} bytes, more than {TEXT_BYTES_MAX}", text.len());
        return Err(scanner.error(0..0, message, "ask for less at once"));
    }
    let mut query = Query::new();
    loop {
        scanner.skip_spaces();
        if scanner.is_at_end() {
            return Ok(query);
        }
        term(&mut scanner, &mut query)?;
    }
}

fn term(scanner: &mut Scanner<'_>, query: &mut Query) -> Result<(), QueryError> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let (name, place) = scanner.take_while(is_name);
    let follows = scanner.rest().chars().next();
    let is_alone = follows.is_none_or(char::is_whitespace);
    match name {
        "and" if is_alone => Ok(()),
        _ if is_alone && when::TIMES.contains(&name) => time(scanner, query, name, place),
        _ => {
            let operator = OPERATORS.into_iter().find(|operator| scanner.take(operator));
            let Some(operator) = operator else {
                return Err(mistake::no_operator(scanner, name, place));
            };
            let operator_place = scanner.at - operator.len()..scanner.at;
            let field = Field::parse(name).ok_or_else(|| mistake::unknown(scanner, name, place))?;
            query.conditions.push(condition(scanner, field, operator, operator_place)?);
            Ok(())
        }
    }
}

fn condition(
    scanner: &mut Scanner<'_>,
    field: Field,
    operator: &str,
    place: Range<usize>,
) -> Result<Condition, QueryError> {
    let bound = match operator {
        ">" => Some(Bound::Above),
        ">=" => Some(Bound::AtLeast),
        "<" => Some(Bound::Below),
        "<=" => Some(Bound::AtMost),
        _ => None,
    };
    let name = field.name();
    let kind = field.kind();
    // Of what is no number another message says that `>` does not compare it.
    if bound.is_none() || matches!(kind, Kind::Number(..)) {
        mistake::unless_comparison(scanner, &field, &place)?;
    }
    let Some(bound) = bound else {
        let values = values(scanner, name)?;
        let test = test(scanner, &kind, name, &values)?;
        return Ok(Condition { field, is_negated: operator == "!=", test });
    };
    let Kind::Number(least, most) = kind else {
        let message = format!("`{name}` is no number, which `{operator}` compares");
        return Err(scanner.error(place, message, &format!("write `{name}=` or `{name}!=`")));
    };
    let value = scanner.value(name)?;
    let limit = number(scanner, name, least, most, &value)?;
    if scanner.take(",") {
        let message = format!("`{operator}` compares with one number");
        return Err(scanner.error(scanner.at - 1..scanner.at, message, "leave out the others"));
    }
    Ok(Condition::new(field, Test::Bound(bound, limit)))
}

fn values(scanner: &mut Scanner<'_>, name: &str) -> Result<Vec<Value>, QueryError> {
    let start = scanner.at;
    let mut values = vec![scanner.value(name)?];
    while scanner.take(",") {
        mistake::unless_spaced(scanner, start)?;
        values.push(scanner.value(name)?);
    }
    Ok(values)
}

fn test(
    scanner: &Scanner<'_>,
    kind: &Kind,
    name: &str,
    values: &[Value],
) -> Result<Test, QueryError> {
    if *kind != Kind::Text
        && let Some(value) = values.iter().find(|value| value.is_prefix)
    {
        let message = format!("a value of `{name}` has no `*`");
        let advice = "write the value whole; several are joined by a comma";
        return Err(scanner.error(value.place.end - 1..value.place.end, message, advice));
    }
    match kind {
        Kind::Text => Ok(Test::Texts(values.iter().map(pattern).collect())),
        Kind::Words(words) => {
            each(values, |value| one_of(scanner, name, words, value)).map(Test::Words)
        }
        Kind::Network => each(values, |value| network(scanner, value)).map(Test::Networks),
        Kind::Number(least, most) => {
            each(values, |value| number(scanner, name, *least, *most, value)).map(Test::Numbers)
        }
        Kind::Flag => flag(scanner, name, values).map(Test::Flag),
    }
}

fn each<T>(
    values: &[Value],
    read: impl Fn(&Value) -> Result<T, QueryError>,
) -> Result<Vec<T>, QueryError> {
    values.iter().map(read).collect()
}

fn pattern(value: &Value) -> Pattern {
    let text = value.text.clone();
    if value.is_prefix { Pattern::prefix(text) } else { Pattern::exact(text) }
}

fn one_of(
    scanner: &Scanner<'_>,
    name: &str,
    words: &[&'static str],
    value: &Value,
) -> Result<&'static str, QueryError> {
    if let Some(word) = words.iter().find(|word| **word == value.text) {
        return Ok(word);
    }
    let message = format!("`{name}` is never {}", word(&value.text));
    let advice = match crate::meant::word(&value.text, words) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it is one of {}", words.join(", ")),
    };
    Err(scanner.error(value.place.clone(), message, &advice))
}

fn network(scanner: &Scanner<'_>, value: &Value) -> Result<Network, QueryError> {
    Network::parse(&value.text).ok_or_else(|| {
        let message = format!("{} is neither an address nor a network", word(&value.text));
        let advice = "write `10.1.2.3`, `10.0.0.0/8`, `fd00::1` or `fd00::/8`";
        scanner.error(value.place.clone(), message, advice)
    })
}

fn number(
    scanner: &Scanner<'_>,
    name: &str,
    least: u64,
    most: u64,
    value: &Value,
) -> Result<u64, QueryError> {
    let number = value.text.parse().ok().filter(|number| (least..=most).contains(number));
    number.filter(|_| !value.is_prefix).ok_or_else(|| {
        let message = format!("{} is no `{name}`", word(&value.text));
        let advice = match (meant::severity(name, &value.text), most) {
            (Some(severity), _) => format!("write its number, {severity}"),
            (None, u64::MAX) => "write a whole number".to_owned(),
            (None, most) => format!("write a number from {least} to {most}"),
        };
        scanner.error(value.place.clone(), message, &advice)
    })
}

fn flag(scanner: &Scanner<'_>, name: &str, values: &[Value]) -> Result<bool, QueryError> {
    match values {
        [Value { text, .. }] if text == "yes" => Ok(true),
        [Value { text, .. }] if text == "no" => Ok(false),
        [first, .., last] => {
            let place = first.place.start..last.place.end;
            Err(scanner.error(place, format!("`{name}` has one value"), "write `yes` or `no`"))
        }
        _ => {
            let place = values.first().map_or(0..0, |value| value.place.clone());
            Err(scanner.error(place, format!("`{name}` is yes or no"), "write one of them"))
        }
    }
}

fn time(
    scanner: &mut Scanner<'_>,
    query: &mut Query,
    name: &str,
    place: Range<usize>,
) -> Result<(), QueryError> {
    scanner.skip_spaces();
    let (text, at) = scanner.take_word();
    let is_start = name != "until";
    let is_end = name == "until" || name == "on";
    if (is_start && query.start.is_some()) || (is_end && query.end.is_some()) {
        let edge = if is_start && query.start.is_some() { "begins" } else { "ends" };
        let message = format!("it was said before where the time {edge}");
        return Err(scanner.error(place.start..at.end, message, "leave out one of the two"));
    }
    match name {
        "last" => {
            query.start = Some(Start::Last(
                when::span(text).ok_or_else(|| mistake::no_span(scanner, text, &at))?,
            ))
        }
        "on" => {
            let day = when::time(text).filter(|_| !text.contains('T'));
            let days = day.and_then(|day| Some((day, when::next_day(day)?)));
            let (day, next) = days.ok_or_else(|| mistake::no_day(scanner, text, &at))?;
            (query.start, query.end) = (Some(Start::At(day)), Some(next));
        }
        _ => {
            let time =
                when::time(text).ok_or_else(|| mistake::no_time(scanner, name, text, &at))?;
            if is_end { query.end = Some(time) } else { query.start = Some(Start::At(time)) }
        }
    }
    if let (Some(Start::At(from)), Some(to)) = (query.start, query.end)
        && from >= to
    {
        let message = "the time ends before it begins".to_owned();
        let advice =
            "write the earlier time behind `since`, the later behind `until`, which is exclusive";
        return Err(scanner.error(place.start..at.end, message, advice));
    }
    Ok(())
}
