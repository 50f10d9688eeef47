//! The tables of `docs/adopting.md`, made of what lies between the services.

use std::path::Path;

use super::diff::Change;

const PAGE: &str = "../docs/adopting.md";
const RENEW: &str = "GOLDEN=write cargo test -p audit-tests --test adopt page::";

/// The services, by their folders and by what the page calls them.
const SERVICES: [(&str, &str); 3] = [
    ("form_login", "form login, actix-web"),
    ("jwt_api", "JWT API, actix-web"),
    ("axum_login", "login backend, axum"),
];

#[test]
fn the_page_tells_the_size_of_each_change() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let mut renewed = with(&page, "sizes", &sizes());
    for (service, _) in SERVICES {
        renewed = with(&renewed, service, &lines(service));
    }
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        return std::fs::write(&path, renewed).unwrap();
    }
    assert!(page == renewed, "docs/adopting.md tells another change; write it anew: {RENEW}");
}

#[test]
fn no_signature_changes_and_at_most_five_lines_stand_around_the_handlers() {
    for (service, _) in SERVICES {
        let change = Change::of(service);
        assert_eq!(change.signatures, [""; 0], "{service}");
        assert_eq!(change.removed, 0, "{service}");
        assert_eq!(change.attributes, change.handlers, "{service}");
        assert!(change.around.len() <= 5, "{service}: {:#?}", change.around);
    }
}

fn sizes() -> String {
    let head = "| service | lines before | handlers audited | lines, all | one for each handler | around them | \
                inside them | beyond five and one each | signatures changed |\n";
    let mut table = head.to_owned() + &"|---".repeat(9) + "|\n";
    for (service, title) in SERVICES {
        let change = Change::of(service);
        table += &format!(
            "| {title} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            change.lines,
            change.handlers,
            change.added,
            change.attributes,
            change.around.len(),
            change.inside.len(),
            change.added.saturating_sub(5 + change.handlers),
            change.signatures.len()
        );
    }
    table
}

/// The lines of one service that are no attributes.
fn lines(service: &str) -> String {
    let Change { around, inside, .. } = Change::of(service);
    let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    format!(
        "```rust,ignore\n// around the handlers\n{}// inside them\n{}```\n",
        text(&around),
        text(&inside)
    )
}

/// The page with another text between the marks of this name.
fn with(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let found = page.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}{text}{end}{after}"))
    });
    found.unwrap_or_else(|| panic!("{PAGE} has no place for {name}"))
}
