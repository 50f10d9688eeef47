//! The tables of `docs/outcomes.md`, made of what was seen.

use std::collections::HashMap;
use std::path::Path;

use super::grid::{Cell, DURABILITIES, ENDINGS, Ending, FRAMEWORKS, Framework, SHAPES};
use super::seen::Seen;

const PAGE: &str = "../docs/outcomes.md";
const RENEW: &str = "GOLDEN=write cargo test -p audit-tests --test it matrix::";

/// Compares the tables of the page with what was seen, or writes them anew.
pub(super) fn compare(seen: &HashMap<Cell, Seen>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let mut renewed = with_table(&page, "cases", &cases());
    for durability in DURABILITIES {
        renewed = with_table(&renewed, durability, &table(durability, seen));
    }
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(&path, renewed).unwrap();
        return;
    }
    let told = lines_of_one(&page, &renewed);
    let was_seen = lines_of_one(&renewed, &page);
    assert!(
        page == renewed,
        "docs/outcomes.md does not tell what was seen. It tells:\n{told}and was seen:\n{was_seen}if \
         that is meant, write it anew: {RENEW}"
    );
}

/// The lines that only `one` of two pages has.
fn lines_of_one(one: &str, other: &str) -> String {
    let only = one.lines().filter(|line| !other.lines().any(|known| known == *line));
    only.map(|line| format!("  {line}\n")).collect()
}

/// How large the matrix is.
fn cases() -> String {
    let [frameworks, endings] = [FRAMEWORKS.len(), ENDINGS.len()];
    let [durabilities, shapes] = [DURABILITIES.len(), SHAPES.len()];
    format!(
        "These are {} cases: {frameworks} frameworks, {endings} ways to end, of which one only axum \
         has, {durabilities} durabilities, {shapes} shapes.\n",
        Cell::all().count()
    )
}

/// What the matrix says of one durability: where the frameworks agree, in one row, or else in a row
/// for each.
fn table(durability: &'static str, seen: &HashMap<Cell, Seen>) -> String {
    let columns: Vec<_> = SHAPES.iter().map(|(_, title, _)| *title).collect();
    let mut table = format!("| | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(4));
    for (ending, title, note) in ENDINGS {
        let having = FRAMEWORKS.iter().filter(|(framework, _)| framework.has(ending));
        let rows: Vec<_> = having
            .map(|(framework, name)| (name, row(*framework, durability, ending, seen)))
            .collect();
        let agree =
            rows.len() == FRAMEWORKS.len() && rows.windows(2).all(|two| two[0].1 == two[1].1);
        for (name, cells) in &rows[..if agree { 1 } else { rows.len() }] {
            let of = if agree { String::new() } else { format!(", {name}") };
            table.push_str(&format!("| {title}{of}{note} | {cells} |\n"));
        }
    }
    table
}

fn row(
    framework: Framework,
    durability: &'static str,
    ending: Ending,
    seen: &HashMap<Cell, Seen>,
) -> String {
    Cell::row(framework, durability, ending).map(|cell| seen[&cell].to_string()).join(" | ")
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
