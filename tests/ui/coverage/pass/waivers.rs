//! A waiver stands where an item can; one whose day is over fails the check, whatever the file says.

use audit_runtime::catalog::{self, Waived, check};
use audit_runtime::waive;

waive!(route = "GET /health", access = none, reason = "a probe", until = "2199-12-31");

mod hooks {
    audit_runtime::waive! {
        route = "POST /hooks/{id}", audited = none, reason = "the sender keeps a log", until = "2020-02-29",
    }
}

#[audit_runtime::audited(action = "PublishDraft", route = "POST /drafts", on_unrecorded = fail_open)]
fn publish() {}

waive!(route = "POST /drafts", audited = none, reason = "not done yet", until = "2199-12-31");

fn main() {
    publish();
    waive!(route = "PUT /drafts/{id}", audited = none, reason = "nobody else sees one", until = "2199-12-31");
    let waivers = catalog::waivers();
    let words: Vec<_> = waivers.iter().map(|it| (it.route, it.waived, it.reason)).collect();
    assert_eq!(
        words,
        [
            ("GET /health", Waived::Access, "a probe"),
            ("POST /drafts", Waived::Audit, "not done yet"),
            ("POST /hooks/{id}", Waived::Audit, "the sender keeps a log"),
            ("PUT /drafts/{id}", Waived::Audit, "nobody else sees one"),
        ]
    );
    assert_eq!(waivers[2].line, 9);

    let path = std::env::temp_dir().join(format!("audit-catalog-{}.json", std::process::id()));
    // Where `CI` is set the first one writes no file, and says so before it speaks of the waivers.
    for _written_first_and_then_compared in 0..2 {
        let (path, refused) = (path.clone(), std::panic::catch_unwind);
        let why = refused(move || check(path)).unwrap_err();
        let why = why.downcast::<String>().unwrap();
        assert!(
            why.contains("waivers that are stale:\n    the waiver `audited = none` of `POST /hooks/{id}` (")
                && why.contains("waivers.rs:9) has held until 2020-02-29\n    the waiver")
                && why.contains("`audited = none` of `POST /drafts` (")
                && why.contains("is for what `PublishDraft` records\n"),
            "{why}"
        );
    }
    let _missing_where_ci_is_set = std::fs::remove_file(path);
}
