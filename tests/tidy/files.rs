//! Rule: of audit-runtime only the journal's storage opens files, and who else does is listed.

use crate::source::Source;
use crate::tokens::{self, continuations, is_word, line};

/// Where files may be opened, and why.
const ALLOWED: &[(&str, &str)] = &[
    ("journal/storage", "the one place that touches the journal's directory"),
    ("recorder/key_file.rs", "the key lies beside the journal, never in it"),
    ("recorder/service.rs", "reads the machine's name"),
    ("recorder/config/mod.rs", "reads `audited.toml`"),
    ("recorder/mirror.rs", "writes to a duplicate of standard output"),
];

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let watched = sources.iter().filter(|source| {
        let inner = source.in_runtime();
        inner.is_some_and(|inner| !ALLOWED.iter().any(|(place, _)| inner.starts_with(place)))
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
                    "{}:{}: `std::fs` is for `journal::storage`; go through `Storage`",
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

    fn findings(inner: &str, text: &str) -> usize {
        check(&[Source::new(&format!("audit-runtime/src/{inner}"), text)]).len()
    }

    #[test]
    fn opening_files_elsewhere_is_reported_but_not_in_tests() {
        assert_eq!(findings("event/mod.rs", "use std::fs;"), 1);
        assert_eq!(findings("journal/reader.rs", "use std::{io, fs::File};"), 1);
        assert_eq!(findings("time.rs", "fn f() { std::fs::read(x) }"), 1);
        assert_eq!(findings("time.rs", "#[cfg(test)] mod tests { use std::fs; }"), 0);
        assert_eq!(findings("journal/storage/directory.rs", "use std::fs;"), 0);
    }
}
