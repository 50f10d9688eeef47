//! The tables of `docs/leak-paths.md`, made of the rows.

use std::fmt::Write as _;
use std::path::Path;

use super::cases;
use super::table::{Cell, Layer, Proof, Row};

const PAGE: &str = "../docs/leak-paths.md";
const RENEW: &str = "GOLDEN=write cargo test -p audit-tests --test it leaks::";
const BEGIN: &str = "<!-- the table, written by tests/it/leaks -->\n";
const END: &str = "<!-- end of the table -->";

/// Compares the tables of the page with the rows, or writes them anew.
pub(super) fn compare(groups: &[(&str, &[Row])]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let found = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{BEGIN}{}{END}{after}", tables(groups)))
    });
    let renewed = found.expect("docs/leak-paths.md has no place for the table");
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        return std::fs::write(&path, renewed).unwrap();
    }
    let place = page.lines().zip(renewed.lines()).position(|(told, made)| told != made);
    assert!(
        page == renewed,
        "docs/leak-paths.md:{}: not what the rows say; if that is meant, write it anew: {RENEW}",
        place.map_or_else(|| "the end".to_owned(), |line| (line + 1).to_string()),
    );
}

fn tables(groups: &[(&str, &[Row])]) -> String {
    let rows: Vec<&Row> = groups.iter().flat_map(|(_, rows)| rows.iter()).collect();
    let mut page = summary(&rows);
    for (title, rows) in groups {
        _ = write!(page, "\n## {title}\n\n| | | wrapped | plain |\n|---|---|---|---|\n");
        for row in *rows {
            let (wrapped, plain) = (told(row, &row.wrapped), told(row, &row.plain));
            let code = row.code.replace('|', "\\|");
            _ = writeln!(page, "| {} | `{code}` | {wrapped} | {plain} |", row.path);
        }
    }
    page
}

/// How many rows each layer stops, and by name those that stay open.
fn summary(rows: &[&Row]) -> String {
    let count =
        |layer, cell: fn(&Row) -> &Cell| rows.iter().filter(|row| cell(row).layer == layer).count();
    let mut text =
        format!("\n{} rows.\n\n| stopped by | wrapped | plain |\n|---|---|---|\n", rows.len());
    for layer in Layer::ALL {
        let (wrapped, plain) = (count(layer, |row| &row.wrapped), count(layer, |row| &row.plain));
        if wrapped + plain > 0 {
            _ = writeln!(text, "| {} | {wrapped} | {plain} |", layer.name());
        }
    }
    for (form, cell) in
        [("wrapped", (|row| &row.wrapped) as fn(&Row) -> &Cell), ("plain", |row| &row.plain)]
    {
        let open: Vec<&str> =
            rows.iter().filter(|row| cell(row).layer == Layer::Lint).map(|row| row.path).collect();
        let list = if open.is_empty() { "none".to_owned() } else { open.join("; ") };
        _ = writeln!(text, "\nOpen, until a lint finds it, {form} ({}): {list}.", open.len());
    }
    text
}

fn told(row: &Row, cell: &Cell) -> String {
    let layer = cell.layer.name();
    match cell.proof {
        Proof::Refused(file) => {
            let line = cases::line(file, row.id).unwrap_or_default();
            format!("{layer}: [error](../tests/ui/leaks/{file}#L{line})")
        }
        Proof::Runs { .. } => format!("{layer}: redacted"),
        Proof::Tested(file, _) => format!("{layer}: [wiped](../{file})"),
        Proof::Open { why, .. } => format!("**{layer}**: {why}"),
    }
}
