//! The tables of `docs/outcomes.md`, made of what was seen.

use std::collections::HashMap;
use std::path::Path;

use super::grid::{Cell, DURABILITIES, ENDINGS, SHAPES};
use super::seen::Seen;

const PAGE: &str = "../docs/outcomes.md";
const RENEW: &str = "GOLDEN=write cargo test -p audit-tests --test it matrix::";

/// Compares the tables of the page with what was seen, or writes them anew.
pub(super) fn compare(seen: &HashMap<Cell, Seen>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let mut renewed = page.clone();
    for durability in DURABILITIES {
        renewed = with_table(&renewed, durability, &table(durability, seen));
    }
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(&path, renewed).unwrap();
        return;
    }
    let differences = page.lines().zip(renewed.lines()).filter(|(told, seen)| told != seen);
    let told: String = differences
        .map(|(told, seen)| format!("  the page: {told}\n  was seen: {seen}\n"))
        .collect();
    assert!(
        page == renewed,
        "docs/outcomes.md does not tell what was seen:\n{told}if that is meant, write it anew: {RENEW}"
    );
}

/// What the matrix says of one durability.
fn table(durability: &'static str, seen: &HashMap<Cell, Seen>) -> String {
    let columns: Vec<_> = SHAPES.iter().map(|(_, title, _)| *title).collect();
    let mut table = format!("| | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(4));
    for (ending, title) in ENDINGS {
        let cells = Cell::row(durability, ending).map(|cell| seen[&cell].to_string());
        table.push_str(&format!("| {title} | {} |\n", cells.join(" | ")));
    }
    table
}

/// The page with another table between the marks of this durability.
fn with_table(page: &str, durability: &str, table: &str) -> String {
    let (begin, end) =
        (format!("<!-- {durability} -->\n"), format!("<!-- end of {durability} -->"));
    let found = page.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}{table}{end}{after}"))
    });
    found.unwrap_or_else(|| panic!("docs/outcomes.md has no place for {durability}"))
}

#[test]
fn a_table_takes_the_place_of_another() {
    let page = "head\n<!-- synced -->\nold\n<!-- end of synced -->\ntail\n";
    let expected = "head\n<!-- synced -->\n| new |\n<!-- end of synced -->\ntail\n";
    assert_eq!(with_table(page, "synced", "| new |\n"), expected);
    assert_eq!(with_table(expected, "synced", "| new |\n"), expected);
}
