//! The table of `docs/owasp-vocabulary.md`, made of the rows and of the records that they left.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use audit_runtime::Record;

use super::actions;
use super::rows::{Call, ROWS};

const PAGE: &str = "../docs/owasp-vocabulary.md";
const RENEW: &str = "GOLDEN=write cargo test -p audit-tests --test it vocabulary::";
const BEGIN: &str = "<!-- the table, written by tests/it/vocabulary -->\n";
const END: &str = "<!-- end of the table -->";

/// Compares the table of the page with what was seen, or writes it anew.
pub(super) fn compare(seen: &BTreeMap<&str, Record>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let found = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{BEGIN}{}{END}{after}", table(seen)))
    });
    let renewed = found.expect("docs/owasp-vocabulary.md has no place for the table");
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        return std::fs::write(&path, renewed).unwrap();
    }
    let place = page.lines().zip(renewed.lines()).position(|(told, made)| told != made);
    assert!(
        page == renewed,
        "docs/owasp-vocabulary.md:{}: not what was seen; if that is meant, write it anew: {RENEW}",
        place.map_or_else(|| "the end".to_owned(), |line| (line + 1).to_string()),
    );
}

fn table(seen: &BTreeMap<&str, Record>) -> String {
    let mut table = "\n| term | call | category | name | outcome | severity | `audited query` |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in ROWS {
        let call = match row.call {
            Call::Event(_, call) => one_line(call),
            Call::Action(_, function) => actions::attribute(function),
            Call::Journal(call) => call.to_owned(),
        };
        let record = &seen[row.term];
        _ = writeln!(
            table,
            "| `{}` | `{call}` | {} | `{}` | {} | {} | `{}` |",
            row.term, record.category, record.name, record.outcome, record.severity, row.query
        );
    }
    table + "\n"
}

/// Code on one line.
pub(super) fn one_line(code: &str) -> String {
    let words: Vec<&str> = code.split_whitespace().collect();
    words.join(" ").replace(" .", ".").replace("( ", "(").replace(", )", ")").replace(" )", ")")
}

#[test]
fn code_is_put_on_one_line() {
    let code = "Event::signal(\n    Signal::TokenReused,\n)\n.denied( \"revoked\" )";
    assert_eq!(one_line(code), "Event::signal(Signal::TokenReused).denied(\"revoked\")");
}
