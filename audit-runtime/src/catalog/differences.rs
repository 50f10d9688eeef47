//! What has changed from one catalogue to the next, in prose.

use std::collections::{BTreeMap, BTreeSet};

use super::listed::{Action, Exception, Listed, Place, Type, Waiver};

/// One sentence for each change, under headings; none if nothing has changed.
pub(super) fn between(before: &Listed, now: &Listed) -> Option<String> {
    let actions = Actions::between(&before.actions, &now.actions);
    let (lost, gained) = unequal(&before.exceptions, &now.exceptions);
    let (lifted, waived) = unequal(&before.waivers, &now.waivers);
    let sections = [
        ("actions removed, which no record will have any more:", actions.removed),
        ("actions added:", actions.added),
        ("actions changed:", actions.changed),
        (
            "schemas changed without a new version, so that no reader can tell old records from new:",
            actions.unversioned,
        ),
        ("functions with one name, whose records nobody can tell apart:", actions.namesakes),
        ("types changed, and with them what is written of their fields:", types(before, now)),
        (
            "exceptions added, which show more than the rules:",
            gained.iter().map(exception).collect(),
        ),
        ("exceptions removed:", lost.iter().map(exception).collect()),
        ("waivers added, which leave something unrecorded:", waived.iter().map(waiver).collect()),
        ("waivers removed:", lifted.iter().map(waiver).collect()),
    ];
    let mut text = String::new();
    for (heading, lines) in sections {
        if !lines.is_empty() {
            text.push_str(&format!("\n{heading}\n    {}", lines.join("\n    ")));
        }
    }
    (!text.is_empty()).then_some(text)
}

/// What is wrong with the versions of actions: this is to be mended, and not to be accepted.
pub(super) fn unversioned(before: &Listed, now: &Listed) -> Vec<String> {
    Actions::between(&before.actions, &now.actions).unversioned
}

/// The functions that share a name, for who sees the catalogue for the first time.
pub(super) fn namesakes(now: &Listed) -> Vec<String> {
    Actions::between(&[], &now.actions).namesakes
}

#[derive(Default)]
struct Actions {
    removed: Vec<String>,
    added: Vec<String>,
    changed: Vec<String>,
    unversioned: Vec<String>,
    namesakes: Vec<String>,
}

impl Actions {
    fn between(before: &[Action], now: &[Action]) -> Self {
        let (before, now) = (by_name(before), by_name(now));
        let names: BTreeSet<_> = before.keys().chain(now.keys()).copied().collect();
        let mut found = Self::default();
        for name in names {
            let none = Vec::new();
            let before = before.get(name).unwrap_or(&none);
            found.compare(name, before, now.get(name).unwrap_or(&none));
        }
        found
    }

    /// Compares what is recorded under one name.
    fn compare(&mut self, name: &str, before: &[&Action], now: &[&Action]) {
        match (before.is_empty(), now.is_empty()) {
            (_, true) => return self.removed.push(format!("`{}`", shown(name))),
            (true, false) => self.added.extend(now.iter().map(|action| summary(action))),
            (false, false) => {}
        }
        if now.len() > 1 && now.len() > before.len() {
            let places: Vec<_> = now.iter().map(|action| action.place.0.as_str()).collect();
            let (name, there) = (shown(name), now.len());
            self.namesakes.push(format!("`{name}` of {there} functions: {}", places.join(", ")));
        }
        if before.is_empty() {
            return;
        }
        let (lost, gained) = unequal(before, now);
        for (was, is) in lost.iter().zip(&gained) {
            self.changed.push(format!("{}: {}", placed(is), members(was, is).join("; ")));
            self.unversioned.extend(mistaken_version(was, is));
        }
        for is in gained.iter().skip(lost.len()) {
            self.changed.push(format!("one more function records {}", summary(is)));
            let like = before.iter().filter(|was| was.version == is.version);
            self.unversioned.extend(like.filter_map(|was| mistaken_version(was, is)).take(1));
        }
        for _ in lost.iter().skip(gained.len()) {
            self.changed.push(format!("one function fewer records `{}`", shown(name)));
        }
    }
}

/// What is wrong with the version: the names of what a record holds are its schema.
fn mistaken_version(was: &Action, is: &Action) -> Option<String> {
    let (has_changed, before, now) = (!is.has_schema_of(was), was.version, is.version);
    if now < before {
        return Some(format!(
            "{}: version {before} was before, and {now} is now: versions only rise",
            placed(is)
        ));
    }
    (has_changed && now == before)
        .then(|| format!("{}: write `version = {}` into its `#[audited(…)]`", placed(is), now + 1))
}

fn by_name(actions: &[Action]) -> BTreeMap<&str, Vec<&Action>> {
    let mut named: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for action in actions {
        named.entry(action.action.as_str()).or_default().push(action);
    }
    named
}

/// What one list has more than the other: of the first, and of the second.
fn unequal<T: PartialEq + Clone>(before: &[T], now: &[T]) -> (Vec<T>, Vec<T>) {
    let (mut lost, mut gained) = (before.to_vec(), Vec::new());
    for item in now {
        match lost.iter().position(|other| other == item) {
            Some(place) => _ = lost.remove(place),
            None => gained.push(item.clone()),
        }
    }
    (lost, gained)
}

fn summary(action: &Action) -> String {
    let part = |name: &str, words: &[String]| match words {
        [] => format!("no {name}"),
        words => format!("{name} {}", quoted(words)),
    };
    let Action { category, op, durability, on_unrecorded, .. } = action;
    format!(
        "{}: {category}, {op}, {durability}, {on_unrecorded}, {}, {}",
        placed(action),
        part("targets", &action.targets),
        part("fields", &action.fields)
    )
}

fn placed(action: &Action) -> String {
    format!("`{}`{}", shown(&action.action), at(&action.place))
}

/// Where it stands, behind its name; nothing of what was read from a file.
fn at(place: &Place) -> String {
    if place.0.is_empty() { String::new() } else { format!(" ({})", place.0) }
}

/// What differs between two actions of one name.
fn members(was: &Action, is: &Action) -> Vec<String> {
    let one = |word: &String| Some(word.clone());
    let version = |action: &Action| Some(action.version.to_string());
    let words = [
        ("category", one(&was.category), one(&is.category)),
        ("op", one(&was.op), one(&is.op)),
        ("severity", was.severity.clone(), is.severity.clone()),
        ("durability", one(&was.durability), one(&is.durability)),
        ("on_unrecorded", one(&was.on_unrecorded), one(&is.on_unrecorded)),
        ("retention", was.retention.clone(), is.retention.clone()),
        ("changes", was.changes.clone(), is.changes.clone()),
        ("version", version(was), version(is)),
        ("description", was.description.clone(), is.description.clone()),
    ];
    let changed = words.into_iter().filter(|(_, was, is)| was != is).map(|(name, was, is)| {
        let word = |word: Option<String>| {
            word.map_or("not said".to_owned(), |it| format!("`{}`", shown(&it)))
        };
        format!("{name} was {}, and is {} now", word(was), word(is))
    });
    let sets = [
        ("targets", &was.targets, &is.targets),
        ("fields", &was.fields, &is.fields),
        ("routes", &was.routes, &is.routes),
    ];
    let sets = sets.into_iter().filter_map(|(name, was, is)| set(name, was, is));
    sets.chain(changed).collect()
}

fn set(name: &str, was: &[String], is: &[String]) -> Option<String> {
    let (lost, gained) = unequal(was, is);
    let part = |words: &[String], how: &str| {
        (!words.is_empty()).then(|| format!("{} {how}", quoted(words)))
    };
    let parts: Vec<_> = part(&gained, "added").into_iter().chain(part(&lost, "removed")).collect();
    (!parts.is_empty()).then(|| format!("{name} changed: {}", parts.join(", ")))
}

fn types(before: &Listed, now: &Listed) -> Vec<String> {
    let (lost, gained) = unequal(&before.types, &now.types);
    let mut lines = Vec::new();
    let mut lost = lost;
    for is in &gained {
        match lost.iter().position(|was| was.name == is.name) {
            Some(place) => lines.extend(fields(&lost.remove(place), is)),
            None => lines.push(format!(
                "`{}` is new{}: {}",
                shown(&is.name),
                at(&is.place),
                all_fields(is)
            )),
        }
    }
    lines.extend(lost.iter().map(|was| format!("`{}` is gone", shown(&was.name))));
    lines
}

fn all_fields(ty: &Type) -> String {
    let fields = ty.fields.iter().map(|(name, how)| format!("`{}` {}", shown(name), shown(how)));
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() { "no fields".to_owned() } else { fields.join(", ") }
}

/// What differs between the fields of two types of one name.
fn fields(was: &Type, is: &Type) -> Vec<String> {
    let names: BTreeSet<_> = was.fields.keys().chain(is.fields.keys()).collect();
    let lines = names.into_iter().filter_map(|name| {
        let path = match name.as_str() {
            "" => shown(&is.name),
            name if name.starts_with('[') => shown(&format!("{}{name}", is.name)),
            name => shown(&format!("{}.{name}", is.name)),
        };
        match (was.fields.get(name), is.fields.get(name)) {
            (Some(was), Some(is)) if was == is => None,
            (Some(was), Some(is)) => {
                Some(format!("`{path}` was {}, and is {} now", shown(was), shown(is)))
            }
            (None, Some(how)) => Some(format!("`{path}` is new: {}", shown(how))),
            (Some(_), None) => Some(format!("`{path}` is gone")),
            (None, None) => None,
        }
    });
    lines.collect()
}

fn exception(exception: &Exception) -> String {
    let Exception { kind, what, reason, place } = exception;
    let reason = reason.as_ref().map(|reason| format!(", because \"{}\"", shown(reason)));
    let place = at(place);
    format!("{} `{}`{}{place}", shown(kind), shown(what), reason.unwrap_or_default())
}

fn waiver(waiver: &Waiver) -> String {
    let Waiver { route, waived, reason, until, place } = waiver;
    let place = at(place);
    format!(
        "`{}` of `{}` until {}, because \"{}\"{place}",
        shown(waived),
        shown(route),
        shown(until),
        shown(reason)
    )
}

fn quoted(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{}`", shown(word))).collect();
    quoted.join(", ")
}

/// A text of the file as one line.
fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}
