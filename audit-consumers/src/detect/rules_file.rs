//! Reads rules from JSON and names every mistake with its line.

mod fields;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use audit_runtime::{Category, Outcome, Severity};
use audit_syntax::nearest;
use serde_json::value::RawValue;

use super::finding::SATURATED;
use super::rule::{Events, Field, Kind, Rule, Rules, Selection, category_bit, outcome_bit};
use fields::{Fields, Words};

/// The longest window and cool-down: 366 days.
const SECONDS_MAX: u64 = 366 * 86_400;
const EVENTS_MAX: u64 = 10_000;
const VALUES_MAX: u64 = 1_000;
const KEYS_MAX: u64 = 10_000_000;
/// How many events all keys of a rule may hold together: a gigabyte at the most, as a ring has room for up to twice what is in it.
const HELD_MAX: usize = 20_000_000;
const EXEMPLARS_MAX: u64 = 16;
const RULES_MAX: usize = 1_000;
const ID_BYTES_MAX: usize = 64;

/// What is wrong with a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError {
    file: PathBuf,
    mistakes: Vec<(usize, String)>,
}

impl RulesError {
    /// Every mistake, as `FILE:LINE: what is wrong; what to do`.
    pub fn mistakes(&self) -> impl Iterator<Item = String> {
        let file = self.file.display();
        self.mistakes.iter().map(move |(line, what)| format!("{file}:{line}: {what}"))
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.mistakes().collect();
        f.write_str(&all.join("\n"))
    }
}

impl std::error::Error for RulesError {}

impl Rules {
    /// Reads rules from JSON, as `docs/detection.md` describes it; `file` is named in errors.
    ///
    /// # Errors
    /// Names every mistake with its line: nothing is passed over.
    pub fn parse(file: &Path, text: &str) -> Result<Self, RulesError> {
        parse(file, text).map(Self::hashed)
    }
}

/// Reads a list of rules, and checks that they can be applied together.
fn parse(file: &Path, text: &str) -> Result<Vec<Rule>, RulesError> {
    let refused = |mistakes| RulesError { file: file.to_owned(), mistakes };
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        let what = "the file is empty; write rules, `[{\"id\": …}, …]`, or leave it out for the built-in ones";
        return Err(refused(vec![(1, what.to_owned())]));
    }
    let listed: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        let what = format!(
            "this is no JSON list of rules, at column {}: write `[{{\"id\": …}}, …]`",
            error.column()
        );
        refused(vec![(error.line().max(1), what)])
    })?;
    if listed.is_empty() || listed.len() > RULES_MAX {
        let what = format!("there are {} rules; write 1 to {RULES_MAX}", listed.len());
        return Err(refused(vec![(1, what)]));
    }
    let mut mistakes = Vec::new();
    let mut rules = Vec::new();
    for raw in listed {
        let mut fields = Fields::of(text, raw);
        let rule = rule(&mut fields);
        rules.push((fields.line(), rule));
        mistakes.append(&mut fields.into_mistakes());
    }
    check_together(&rules, &mut mistakes);
    if mistakes.is_empty() {
        return Ok(rules.into_iter().map(|(_, rule)| rule).collect());
    }
    mistakes.sort_by_key(|(line, _)| *line);
    Err(refused(mistakes))
}

/// The rule in an object; where a member is wrong, something stands in for it.
fn rule(fields: &mut Fields<'_>) -> Rule {
    let id = id(fields);
    let kind = kind(fields);
    let by = by(fields);
    let n = match kind {
        Some(Kind::EventCount) => fields.number("n", 1, EVENTS_MAX),
        Some(Kind::ValueCount(_)) => fields.number("n", 1, VALUES_MAX),
        Some(Kind::TemporalOrdered { .. }) => Some(1),
        // Which numbers are right is not known.
        None => fields.passed("n"),
    };
    let window_s = fields.number("W", 1, SECONDS_MAX).unwrap_or(1) as u32;
    if let Some(Kind::ValueCount(field)) = kind
        && by.contains(&field)
    {
        let word = field.word();
        fields.wrong(
            "field",
            &format!("is `{word}`, which is in `by` too: a key has only one; name another"),
        );
    }
    let kind = kind.unwrap_or(Kind::EventCount);
    let outcome = matches!(kind, Kind::TemporalOrdered { .. }).then_some(Outcome::Success);
    let new = Rule::new(&id, kind, &by, n.unwrap_or(1) as usize, window_s);
    let cooldown_s = fields.optional_number("cooldown", 0, SECONDS_MAX);
    let keys_max = fields.optional_number("max_keys", 1, KEYS_MAX).map(|keys| keys as usize);
    let rule = Rule {
        events: events(fields, outcome),
        cooldown_s: cooldown_s.map_or(window_s, |seconds| seconds as u32),
        lateness_s: fields
            .optional_number("lateness", 0, SECONDS_MAX)
            .map(|seconds| seconds as u32),
        keys_max: keys_max.unwrap_or(new.keys_max),
        exemplars: fields
            .optional_number("exemplars", 0, EXEMPLARS_MAX)
            .map_or(new.exemplars, |count| count as usize),
        allow: fields.inner("allow", selection).unwrap_or_default(),
        severity: fields.word("severity", &severities(), Severity::parse).unwrap_or(new.severity),
        severity_if: fields.each("severity_if", special).into_iter().flatten().collect(),
        title: fields.text("title").map_or_else(|| new.title.clone(), Into::into),
        remediation: fields.texts("remediation").unwrap_or_default().into(),
        simulate: fields.flag("simulate").unwrap_or(false),
        ..new
    };
    if rule.n.saturating_mul(rule.keys_max) > HELD_MAX {
        let most = HELD_MAX / rule.n;
        fields.wrong(
            "max_keys",
            &format!("times `n` is more than {HELD_MAX}; set it to {most} or less"),
        );
    }
    fields.finish();
    rule
}

fn id(fields: &mut Fields<'_>) -> String {
    let id = fields.required("id", "a text").unwrap_or_default();
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    if (id.is_empty() || id.len() > ID_BYTES_MAX || !id.bytes().all(is_plain)) && fields.has("id") {
        let form =
            format!("must have 1 to {ID_BYTES_MAX} of the characters a-z, 0-9, `_`, `-` and `.`");
        fields.wrong("id", &form);
        return String::new();
    }
    if id == SATURATED {
        fields.wrong("id", "is the name of a finding of the engine itself; choose another");
    }
    id
}

fn kind(fields: &mut Fields<'_>) -> Option<Kind> {
    let word = fields.required("kind", "a text")?;
    match word.as_str() {
        "event_count" => Some(Kind::EventCount),
        "value_count" => {
            fields.require("field");
            Some(Kind::ValueCount(fields.word("field", &FIELDS, field).unwrap_or(Field::Target)))
        }
        "temporal_ordered" => {
            let first = fields.required("first", "the id of the rule that has to hold before");
            if first.as_ref().is_some_and(String::is_empty) {
                fields.wrong("first", "is empty; write the id of the rule that has to hold before");
            }
            Some(Kind::TemporalOrdered { first: first.unwrap_or_default() })
        }
        _ => {
            fields.wrong("kind", "must be `event_count`, `value_count` or `temporal_ordered`");
            fields.pass(&["field", "first"]);
            None
        }
    }
}

fn by(fields: &mut Fields<'_>) -> Vec<Field> {
    fields.require("by");
    let words = fields.texts("by").unwrap_or_default();
    let by: Vec<Field> = words.iter().filter_map(|word| field(word)).collect();
    let is_twice = by.iter().enumerate().any(|(index, field)| by[..index].contains(field));
    if (words.is_empty() || by.len() < words.len() || is_twice) && fields.has("by") {
        fields.wrong("by", "must list one to three of `user`, `ip` and `target`, each once");
    }
    by
}

fn events(fields: &mut Fields<'_>, outcome: Option<Outcome>) -> Events {
    let default = Events::default();
    let known = Words::Of(Category::ALL.iter().map(|one| one.as_str()).collect());
    let category = |word: &str| Category::parse(word).map(|one| category_bit(Some(one)));
    let categories = fields.words("category", &known, category);
    let known = Words::Of(Outcome::ALL.iter().map(|one| one.as_str()).collect());
    let outcome_of = |word: &str| Outcome::parse(word).map(|one| outcome_bit(Some(one)));
    let outcomes = fields.words("outcome", &known, outcome_of);
    let usual = outcome.map_or(default.outcomes, |outcome| outcome_bit(Some(outcome)));
    Events {
        categories: categories
            .map_or(default.categories, |bits| bits.iter().fold(0, |all, bit| all | bit)),
        outcomes: outcomes.map_or(usual, |bits| bits.iter().fold(0, |all, bit| all | bit)),
        actions: fields
            .words("action", &Words::Written("a name such as UpdateUser"), |word| {
                (!word.is_empty()).then(|| word.to_owned())
            })
            .unwrap_or_default(),
    }
}

fn special(fields: &mut Fields<'_>) -> Option<(Selection, Severity)> {
    let selection = selection(fields);
    fields.require("severity");
    Some((selection, fields.word("severity", &severities(), Severity::parse)?))
}

/// Users and networks, at least one of them.
fn selection(fields: &mut Fields<'_>) -> Selection {
    let users = fields.texts("users");
    let form = Words::Written("an address or a network, such as 10.0.0.0/8");
    let networks = fields.words("networks", &form, network);
    if users.is_none() && networks.is_none() && !fields.has("users") && !fields.has("networks") {
        fields.lacks("`users` or `networks`");
    }
    Selection { users: users.unwrap_or_default(), networks: networks.unwrap_or_default() }
}

fn network(text: &str) -> Option<ipnet::IpNet> {
    let network = text.parse().ok();
    network.or_else(|| text.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_canonical().into()))
}

/// The words of fields.
const FIELDS: [&str; 3] = [Field::User.word(), Field::Address.word(), Field::Target.word()];

fn severities() -> Vec<&'static str> {
    Severity::ALL.iter().map(|one| one.as_str()).collect()
}

fn field(word: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.word() == word)
}

/// What is wrong between rules that may each be right.
fn check_together(rules: &[(usize, Rule)], mistakes: &mut Vec<(usize, String)>) {
    let mut known: HashMap<&str, &Rule> = HashMap::new();
    for (line, rule) in rules.iter().filter(|(_, rule)| !rule.id.is_empty()) {
        if known.insert(&rule.id, rule).is_some() {
            let id = &rule.id;
            mistakes.push((*line, format!("there is another rule `{id}` before; rename one")));
        }
    }
    for (line, rule) in rules {
        let Kind::TemporalOrdered { first } = &rule.kind else {
            continue;
        };
        let what = match known.get(first.as_str()) {
            _ if first.is_empty() => continue,
            None => match nearest(first.as_str(), known.keys().copied()) {
                Some(meant) => format!("names no rule of this file; did you mean `{meant}`?"),
                None => "names no rule of this file; write that rule, too".to_owned(),
            },
            Some(first) if matches!(first.kind, Kind::TemporalOrdered { .. }) => {
                "names a `temporal_ordered` rule; name one that counts".to_owned()
            }
            Some(first) if first.by != rule.by => {
                "names a rule with another `by`; make both the same".to_owned()
            }
            Some(_) => continue,
        };
        mistakes.push((*line, format!("rule `{}`: `first` {what}", rule.id)));
    }
}

#[cfg(test)]
mod tests;
