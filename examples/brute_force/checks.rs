//! The checks: what was expected was found and told, each once, and no secret was written anywhere.

use std::fs;
use std::io;
use std::path::Path;

use audit_consumers::alert::Alert;
use audit_consumers::watch::alert_id;
use audit_runtime::Record;

use crate::screen::said;
use crate::script::{ACTS, SPRAYER};

/// What is wrong with the findings and their alerts: each that is expected is there once, and no other.
pub(crate) fn told(findings: &[Record], alerts: &[Alert]) -> Vec<String> {
    let mut expected: Vec<_> = ACTS.iter().flat_map(|act| act.expected).collect();
    expected.sort();
    let mut found: Vec<_> = findings
        .iter()
        .map(|it| {
            let [id, rule, key] = ["id", "rule", "key"].map(|name| said(it, name));
            [alert_id(&id, &rule, it.severity), rule, key]
        })
        .collect();
    let mut told: Vec<_> = alerts
        .iter()
        .filter(|alert| !alert.remediation.is_empty())
        .map(|it| [Some(&it.id), it.rule.as_ref(), it.key.as_ref()])
        .map(|parts| parts.map(|part| part.cloned().unwrap_or_default()))
        .collect();
    found.sort_by(|a, b| a[1..].cmp(&b[1..]));
    told.sort_by(|a, b| a[1..].cmp(&b[1..]));
    let is_expected = found.iter().map(|[_, rule, key]| (rule.as_str(), key.as_str()));
    let mut wrong = Vec::new();
    if !is_expected.eq(expected.into_iter().copied()) {
        wrong.push(format!("these were found: {found:?}"));
    }
    if found != told {
        wrong.push(format!("these came with a remedy: {told:?}"));
    }
    wrong
}

/// Where secrets stand: in a file below `directory`, or in `other` places.
pub(crate) fn leaks(
    secrets: &[String],
    directory: &Path,
    other: [(&str, &str); 2],
) -> io::Result<Vec<String>> {
    let mut places: Vec<_> =
        other.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    read_below(directory, &mut places)?;
    let count = |bytes: &[u8]| secrets.iter().filter(|secret| holds(bytes, secret)).count();
    let leaks = places.iter().map(|(place, bytes)| (place, count(bytes)));
    let leaks = leaks.filter(|(_, count)| *count > 0);
    let mut wrong: Vec<_> = leaks.map(|(place, count)| format!("{count} in {place}")).collect();
    // A search must be able to find: this address stands in both, in the journal and in the outbox.
    if places.iter().filter(|(_, bytes)| holds(bytes, SPRAYER)).count() < 4 {
        wrong.push("the search does not even find what must be there".to_owned());
    }
    Ok(wrong)
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

fn read_below(directory: &Path, places: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            read_below(&path, places)?;
        } else if kind.is_file() {
            places.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}
