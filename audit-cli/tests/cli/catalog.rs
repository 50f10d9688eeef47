//! `audited catalog`: a file of a program's test as Markdown, what has changed in it, and what no test asserts.

use std::fs;

use audit_runtime::Timestamp;

use crate::fixture::Fixture;

const FILE: &str = r#"{
  "format": 1,
  "about": "a shop",
  "actions": [
    {"action": "ChargeCard", "category": "activity", "op": "execute", "durability": "synced",
     "on_unrecorded": "fail_closed", "targets": ["Order"], "fields": ["cents", "note"],
     "version": 2, "routes": ["POST /orders/{id}/charge"]},
    {"action": "GetOrder", "category": "activity", "op": "read", "durability": "queued",
     "on_unrecorded": "fail_open", "targets": [], "fields": []}
  ],
  "types": [{"type": "shop::Login", "fields": {"name": "public", "pin": "sensitive"}}],
  "exceptions": [{"kind": "public field", "what": "shop::Login.name", "reason": "a|b\u001b[2J<i>"}],
  "waivers": [
    {"route": "GET /health", "waived": "access = none", "reason": "a probe", "until": "DAY"}
  ]
}"#;

/// A file in the fixture's directory, with this last day of its waiver.
fn file(fixture: &Fixture, name: &str, day: &str) -> String {
    let path = fixture.directory().join(name);
    fs::write(&path, FILE.replace("DAY", day)).unwrap();
    path.display().to_string()
}

#[test]
fn a_catalogue_is_printed_as_markdown() {
    let fixture = Fixture::new();
    let out = fixture.run(&["catalog", &file(&fixture, "catalog.json", "2199-12-31")]).ok();
    for line in [
        "## Actions: 2",
        "| ChargeCard | 2 | activity | execute |  | synced | fail_closed |  | Order | cents, note | \
         POST /orders/{id}/charge |",
        "| GetOrder | 1 | activity | read |  | queued | fail_open |  |  |  |  |",
        "| shop::Login | name: public, pin: sensitive |",
        "| public field | shop::Login.name | a\\|b\\u{1b}[2J&lt;i> |",
        "## Waivers: 1, of which 0 have expired",
        "| GET /health | access = none | 2199-12-31 | a probe |",
    ] {
        assert!(out.lines().any(|printed| printed == line), "{line}\n{out}");
    }
}

#[test]
fn a_waiver_expires_after_its_last_day() {
    let fixture = Fixture::new();
    let today = Timestamp::now().to_string()[..10].to_owned();
    fixture.run(&["catalog", &file(&fixture, "today.json", &today)]).ok();
    let run = fixture.run(&["catalog", &file(&fixture, "over.json", "2020-12-31")]);
    assert_eq!(run.code, Some(2));
    assert!(run.out.contains("## Waivers: 1, of which 1 have expired"), "{}", run.out);
}

#[test]
fn what_has_changed_since_an_older_file_is_told() {
    let fixture = Fixture::new();
    let (old, new) =
        (file(&fixture, "old.json", "2098-12-31"), file(&fixture, "new.json", "2099-12-31"));
    let told = fixture.run(&["catalog", &new, "--against", &old]).ok();
    assert!(
        told.starts_with("waivers added, which leave something unrecorded:\n    `access = none`"),
        "{told}"
    );
    assert!(told.contains("until 2099-12-31") && told.contains("until 2098-12-31"), "{told}");
    assert_eq!(fixture.run(&["catalog", &new, "--against", &new]).ok(), "nothing has changed\n");
    let missing = fixture.directory().join("missing.json").display().to_string();
    fixture
        .run(&["catalog", &new, "--against", &missing])
        .fails(2, &["missing.json", "is missing"]);
    fixture.run(&["catalog", &missing]).fails(2, &["missing.json"]);
}

#[test]
fn actions_that_no_test_asserts_are_named() {
    let fixture = Fixture::new();
    let catalog = file(&fixture, "catalog.json", "2199-12-31");
    let directory = fixture.directory().join("coverage");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("asserted-1"), "GetOrder\nOther\n").unwrap();
    let tested = directory.display().to_string();
    let run = fixture.run(&["catalog", &catalog, "--tested", &tested]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (Some(2), "no test asserts a record of 1 of 2 actions\n    ChargeCard\n")
    );
    fs::write(directory.join("asserted-2"), "ChargeCard\n").unwrap();
    let out = fixture.run(&["catalog", &catalog, "--tested", &tested]).ok();
    assert_eq!(out, "no test asserts a record of 0 of 2 actions\n");
}
