//! Rule: of journal and runtime only the storage opens files, and who else does is listed.

use crate::source::Source;
use crate::tokens::{self, continuations, is_word, line};

/// Where files may be opened, and why.
const ALLOWED: &[(&str, &str)] = &[
    ("audit-journal/src/storage", "the one place that touches the journal's directory"),
    ("audit-runtime/src/recorder/key_file.rs", "the key lies beside the journal, never in it"),
    ("audit-runtime/src/recorder/service.rs", "reads the machine's name"),
    ("audit-runtime/src/recorder/config/mod.rs", "reads `audited.toml`"),
    ("audit-runtime/src/recorder/mirror.rs", "writes to a duplicate of standard output"),
    (
        "audit-runtime/src/catalog/check.rs",
        "the catalogue beside a user's tests, which is no journal",
    ),
    ("audit-runtime/src/testing/coverage.rs", "tells what a user's tests have asserted"),
];

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let watched = sources.iter().filter(|source| {
        let is_shipped = source.in_journal().or(source.in_runtime()).is_some();
        is_shipped && !ALLOWED.iter().any(|(place, _)| source.path.starts_with(place))
    });
    watched.flat_map(check_file).collect()
}

fn check_file(source: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    tokens::each_level(&tokens::shipped(source), &mut |level| {
        for (index, token) in level.iter().enumerate() {
            let opens = |(name, _): &(String, usize)| name == "fs";
            if is_word(token, "std") && continuations(level, index + 1).iter().any(opens) {
                findings.push(format!(
                    "{}:{}: `std::fs` is for the journal's storage; go through `Storage`",
                    source.path,
                    line(token)
                ));
            }
        }
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[Source::new(path, text)]).len()
    }

    #[test]
    fn opening_files_elsewhere_is_reported_but_not_in_tests() {
        assert_eq!(findings("audit-runtime/src/event/mod.rs", "use std::fs;"), 1);
        assert_eq!(findings("audit-journal/src/reader.rs", "use std::{io, fs::File};"), 1);
        assert_eq!(findings("audit-journal/src/time.rs", "fn f() { std::fs::read(x) }"), 1);
        let in_tests = "#[cfg(test)] mod tests { use std::fs; }";
        assert_eq!(findings("audit-journal/src/time.rs", in_tests), 0);
        assert_eq!(findings("audit-journal/src/storage/directory.rs", "use std::fs;"), 0);
    }
}
