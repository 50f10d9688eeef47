//! Bad logins in a flood: counted if that is asked for, and found by detection all the same.

use audit_consumers::detect::{Detector, Engine, Observed, Rules, StateKey};
use audit_runtime::journal::Reader;
use audit_runtime::{AuditMiddleware, Record};

use super::counted;
use super::served::{FRAMEWORKS, serve};
use crate::support::Trail;
use crate::web::client::{request, status};
use crate::web::server::Records;

const WRITTEN: u64 = 32;
const ATTEMPTS: u64 = 120;

fn logins<'a>(
    records: &'a Records,
    outcome: &'a str,
) -> impl Iterator<Item = &'a serde_json::Value> {
    let is_login = |record: &&serde_json::Value| record["category"] == "authentication";
    records.0.iter().filter(is_login).filter(move |record| record["outcome"] == outcome)
}

/// What the built-in rules find in a closed journal.
fn found(storage: &audit_runtime::journal::MemoryStorage) -> Vec<String> {
    let mut engine = Engine::new(Rules::builtin(), StateKey::random().unwrap());
    let mut cursor = Reader::over(std::sync::Arc::new(storage.clone())).cursor(0).unwrap();
    let mut findings = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        if let Some(observed) = Observed::of(&Record::parse(&line).unwrap()) {
            engine.observe(&observed, &mut findings);
        }
    }
    findings.iter().map(|finding| finding.rule.to_string()).collect()
}

#[test]
fn bad_logins_are_counted_where_that_is_asked_for_and_guessing_is_found() {
    for framework in FRAMEWORKS {
        for path in ["login", "form"] {
            let trail =
                Trail::with(|settings| settings.flood_source_max(WRITTEN).summarise_logins(true));
            let storage = trail.storage.clone();
            let server = serve(framework, trail, AuditMiddleware::new());
            for number in 0..ATTEMPTS {
                // One account is known, and guessed at beside names that nobody has.
                let name = if number % 4 != 0 { "bob".to_owned() } else { format!("u{number}") };
                let answer = request(server.address, &format!("POST /{path}/{name}"), &[], "");
                assert_eq!(status(&answer), if path == "login" { 401 } else { 303 });
            }
            request(server.address, &format!("POST /{path}/ada"), &[], "");
            let records = server.finish();
            let written = logins(&records, "failure").count() as u64;
            assert!((WRITTEN..=2 * WRITTEN).contains(&written), "{written}");
            assert_eq!(written + counted(&records, "LoginFlood"), ATTEMPTS);
            assert_eq!(logins(&records, "success").count(), 1);
            let floods = records.0.iter().filter(|record| record["action"] == "LoginFlood");
            for flood in floods {
                assert_eq!(flood["outcome"], "failure");
                let tried = flood["args"]["users"]["2"].as_u64().unwrap();
                assert!(
                    tried.abs_diff(flood["args"]["count"].as_u64().unwrap() * 3 / 4) < 3,
                    "{flood}"
                );
                assert!(!flood.to_string().contains("u36"), "a name that nobody has: {flood}");
            }
            // Neither do the requests of logins that failed fill the disk, whatever they answer.
            let failed = records.accesses().into_iter();
            let failed = failed.filter(|record| record["actor"]["id"] != "1").count() as u64;
            assert!(failed <= 2 * WRITTEN, "{framework:?} {path}: {failed}");
            assert_eq!(failed + counted(&records, "AccessFlood"), ATTEMPTS);
            let found = found(&storage);
            for rule in ["bf_ip", "bf_user", "compromise_ip"] {
                assert!(found.iter().any(|found| found == rule), "{rule} is not in {found:?}");
            }
        }
    }
}

#[test]
fn without_being_asked_each_bad_login_has_its_record() {
    for framework in FRAMEWORKS {
        let trail = Trail::with(|settings| settings.flood_source_max(WRITTEN));
        let server = serve(framework, trail, AuditMiddleware::new());
        for number in 0..ATTEMPTS {
            request(server.address, &format!("POST /login/u{number}"), &[], "");
        }
        let records = server.finish();
        assert_eq!(logins(&records, "failure").count() as u64, ATTEMPTS);
        let accesses = records.accesses().len() as u64;
        assert!(accesses <= 2 * WRITTEN);
        assert_eq!(accesses + counted(&records, "AccessFlood"), ATTEMPTS);
    }
}
