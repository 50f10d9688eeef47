//! Rule: a module of audit-runtime uses only lower floors, and the journal's ground only its own.

use proc_macro2::TokenTree;

use crate::source::Source;
use crate::tokens::{self, is_punct, is_word};

/// The floors of audit-runtime from the ground up. A module uses only what stands in a row above
/// its own. The crate audit-journal stands below them all; Cargo sees to that.
const FLOORS: &[&[&str]] = &[
    &["say"],
    &["event"],
    &["context", "catalog", "record"],
    &["recorder"],
    &["scope", "outbox", "guard", "testing"],
    &["web", "private"],
];

/// The ground of audit-journal, in rows as above: ids carry times, and the encoding writes both.
/// Every other module of that crate stands on these.
const JOURNAL_GROUND: &[&[&str]] = &[&["time", "digest"], &["id"], &["encode"]];

/// The crate's root stands on everything, so nothing may stand on what it re-exports.
const ROOT: &str = "lib";

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let runtime = sources.iter().filter_map(|source| Some((source, source.in_runtime()?)));
    let journal = sources.iter().filter_map(|source| Some((source, source.in_journal()?)));
    let of_runtime = runtime.flat_map(|(source, inner)| check_runtime(source, inner));
    let of_journal = journal.flat_map(|(source, inner)| check_journal(source, inner));
    of_runtime.chain(of_journal).collect()
}

fn check_runtime(source: &Source, inner: &str) -> Vec<String> {
    let place = module_path(inner);
    let own = place.first().map_or(ROOT, String::as_str);
    let above = if own == ROOT { Some(FLOORS.len()) } else { row(FLOORS, own) };
    let Some(above) = above else {
        return vec![format!(
            "{}:1: the module `{own}` stands on no floor; give it one in tests/tidy/floors.rs and \
             ARCHITECTURE.md",
            source.path
        )];
    };
    refused_uses(source, &place, FLOORS, above)
}

fn check_journal(source: &Source, inner: &str) -> Vec<String> {
    let place = module_path(inner);
    let own = place.first().map_or(ROOT, String::as_str);
    let above = row(JOURNAL_GROUND, own);
    above.map_or_else(Vec::new, |above| refused_uses(source, &place, JOURNAL_GROUND, above))
}

/// What the module at `place` uses that does not stand in one of the first `above` rows.
fn refused_uses(
    source: &Source,
    place: &[String],
    floors: &[&[&str]],
    above: usize,
) -> Vec<String> {
    let own = place.first().map_or(ROOT, String::as_str);
    let mut uses = Vec::new();
    crate_uses(&tokens::of(source), place, &mut uses);
    // Names that are no modules are re-exports of the root, which stands below nothing.
    let stands_below =
        |used: &str| row(floors, used.trim_start_matches("__")).is_some_and(|row| row < above);
    let refused = uses.into_iter().filter(|(used, _)| used != own && !stands_below(used));
    let told = refused.map(|(used, line)| {
        format!(
            "{}:{line}: `{own}` uses `crate::{used}`, which does not stand below it; move what both \
             need to a lower floor",
            source.path
        )
    });
    told.collect()
}

/// `event/line.rs` is `event::line`; `event/mod.rs` is `event`; the root is empty.
fn module_path(inner: &str) -> Vec<String> {
    let stem = inner.trim_end_matches(".rs").trim_end_matches("/mod");
    let parts = stem.split('/').filter(|part| *part != ROOT);
    parts.map(str::to_owned).collect()
}

fn row(floors: &[&[&str]], module: &str) -> Option<usize> {
    floors.iter().position(|modules| modules.contains(&module))
}

/// Collects what the tokens of the module at `place` name of the crate's root, with the lines.
fn crate_uses(tokens: &[TokenTree], place: &[String], uses: &mut Vec<(String, usize)>) {
    for (index, token) in tokens.iter().enumerate() {
        if is_word(token, "crate") {
            uses.extend(tokens::continuations(tokens, index + 1));
        } else if is_word(token, "super") && !follows_colons(tokens, index) {
            uses.extend(above(tokens, index, place.len()));
        } else if let TokenTree::Group(group) = token {
            let inner: Vec<_> = group.stream().into_iter().collect();
            match module_name(tokens, index) {
                Some(name) => crate_uses(&inner, &[place, &[name]].concat(), uses),
                None => crate_uses(&inner, place, uses),
            }
        }
    }
}

/// What a path of `super`s names of the root, if it climbs that far from a module so deep.
fn above(tokens: &[TokenTree], mut index: usize, depth: usize) -> Vec<(String, usize)> {
    for _ in 1..depth {
        index += 3;
        if !tokens.get(index).is_some_and(|token| is_word(token, "super")) {
            return Vec::new();
        }
    }
    tokens::continuations(tokens, index + 1)
}

fn follows_colons(tokens: &[TokenTree], index: usize) -> bool {
    index > 0 && is_punct(&tokens[index - 1], ':')
}

/// The name of the module whose body is the group at `index`.
fn module_name(tokens: &[TokenTree], index: usize) -> Option<String> {
    let [module, name] = tokens.get(index.checked_sub(2)?..index)? else {
        return None;
    };
    is_word(module, "mod").then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(inner: &str, text: &str) -> usize {
        check(&[Source::new(&format!("audit-runtime/src/{inner}"), text)]).len()
    }

    fn findings_in_journal(inner: &str, text: &str) -> usize {
        check(&[Source::new(&format!("audit-journal/src/{inner}"), text)]).len()
    }

    #[test]
    fn lower_floors_and_the_own_module_may_be_used() {
        assert_eq!(findings("event/line.rs", "use crate::say;"), 0);
        assert_eq!(findings("event/line.rs", "use super::Event; use crate::event::Actor;"), 0);
        assert_eq!(
            findings("event/line.rs", "mod tests { use super::*; use super::super::X; }"),
            0
        );
        assert_eq!(findings("lib.rs", "pub use crate::scope::Scope;"), 0);
        assert_eq!(findings("private.rs", "pub(crate) use crate::scope::Scope;"), 0);
        assert_eq!(findings_in_journal("encode.rs", "fn f(id: crate::id::EventId) {}"), 0);
        assert_eq!(findings_in_journal("cursor.rs", "use crate::reader::Reader;"), 0);
    }

    #[test]
    fn higher_floors_siblings_and_the_root_are_reported_in_every_spelling() {
        for (inner, text) in [
            ("say.rs", "use crate::event::Event;"),
            ("event/mod.rs", "use crate::recorder;"),
            ("event/mod.rs", "use crate::{say, record::Record};"),
            ("event/mod.rs", "fn f() { crate::recorder::record() }"),
            ("event/mod.rs", "fn f() { vec![crate::scope::A] }"),
            ("event/mod.rs", "use super::context::Context;"),
            ("event/line.rs", "use super::super::context::Context;"),
            ("event/line.rs", "mod tests { use super::super::super::context::Context; }"),
            ("event/line.rs", "use crate::Recorder;"),
            ("context.rs", "use crate::catalog;"),
            ("scope/mod.rs", "use crate::__private::x;"),
        ] {
            assert_eq!(findings(inner, text), 1, "{inner}: {text}");
        }
        assert_eq!(findings_in_journal("time.rs", "use crate::id::EventId;"), 1);
        assert_eq!(findings_in_journal("encode.rs", "use crate::writer::Journal;"), 1);
        assert_eq!(findings_in_journal("id.rs", "use crate::Timestamp;"), 1);
    }

    #[test]
    fn a_module_without_a_floor_is_reported() {
        assert_eq!(findings("new.rs", ""), 1);
    }
}
