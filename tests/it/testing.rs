//! Users' own tests: trails in memory, what assertions see of real handlers, and the catalogue in a file.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{Json, Path as Route};
use actix_web::{App, HttpResponse, put};
use audit_runtime::testing::Trail;
use audit_runtime::{
    Actor, AuditLayer, AuditMiddleware, Outcome, Redact, Target, assert_audited,
    assert_not_audited, audited, catalog, deny, set_actor, withheld,
};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tower_service::Service;

use crate::support::block_on;

mod renamed {
    pub(super) use audit_runtime as audit;
}

#[derive(serde::Deserialize, Redact)]
struct Change {
    amount_cents: i64,
    #[public]
    currency: String,
    #[sensitive]
    #[serde(deserialize_with = "withheld")]
    note: String,
    lines: Vec<u32>,
}

#[audited(action = "ChangeInvoice", target(Invoice, id = id), fields(change))]
#[put("/invoices/{id}")]
async fn change_invoice(
    id: Route<u64>,
    Json(change): Json<Change>,
) -> actix_web::Result<HttpResponse> {
    set_actor(Actor::user("42").named("ada"));
    if change.amount_cents > 10_000 {
        deny("limit_exceeded");
        return Ok(HttpResponse::Forbidden().finish());
    }
    let _ = (change.currency, change.note, change.lines);
    Ok(HttpResponse::NoContent().finish())
}

#[audited(action = "ImportInvoices", on_unrecorded = fail_open)]
async fn import(rows: u32) {
    for _ in 0..rows {
        tokio::task::yield_now().await;
    }
}

#[audited(action = "ChargeInvoice", target(Invoice, id = id), fields(cents), on_unrecorded = fail_open)]
fn charge(id: u64, cents: u128) -> Result<(), std::num::TryFromIntError> {
    u32::try_from(cents).map(drop)
}

/// Sends one change to a service of its own, and answers with the status.
fn change(trail: &Trail, id: u64, cents: i64) -> u16 {
    let body = json!({
        "amount_cents": cents, "currency": "EUR", "note": "hunter2", "lines": [1, 2]
    });
    block_on(async {
        let audit = AuditMiddleware::new().recorder(trail.recorder());
        let service = init_service(App::new().service(change_invoice).wrap(audit)).await;
        let request = TestRequest::put().uri(&format!("/invoices/{id}")).set_json(body);
        let response = call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        read_body(response).await;
        status
    })
}

#[test]
fn a_handler_behind_the_middleware_is_seen_with_its_request() {
    let trail = Trail::new();
    assert_eq!((change(&trail, 7, 500), change(&trail, 8, 20_000)), (204, 403));
    let id = 7;
    assert_audited!(
        trail,
        action = "ChangeInvoice",
        outcome = success,
        op = update,
        actor = "user:ada",
        target(Invoice, id = id),
        fields(change.amount_cents = 500, change.note = "[redacted]", change.lines = [1, 2]),
        count = 1,
    );
    assert_audited!(trail, action = "ChangeInvoice", outcome = denied, reason = "limit_exceeded");
    assert_audited!(trail, category = access, route = "/invoices/{id}", status = 403, count = 1);
    assert_audited!(trail, actor = "user:42", count = 4);
    assert!(!trail.mentions("hunter2"));

    let records = trail.records();
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(|record| record.outcome != Outcome::Error));
    let correlation = records[0].correlation_id.clone().unwrap();
    assert_audited!(trail, correlation = correlation, count = 2);
}

#[test]
fn a_service_of_tower_is_seen_with_its_request() {
    let trail = Trail::new();
    let handler = || async {
        import(3).await;
        "done"
    };
    let mut router: Router = Router::new()
        .route("/import", axum::routing::post(handler))
        .layer(AuditLayer::new().recorder(trail.recorder()));
    let answered = block_on(async {
        let request = Request::post("/import").body(Body::empty()).unwrap();
        let response = router.call(request).await.unwrap();
        axum::body::to_bytes(response.into_body(), 100).await.unwrap()
    });
    assert_eq!(&answered[..], b"done");
    assert_audited!(trail, action = "ImportInvoices", outcome = success, count = 1);
    assert_audited!(trail, category = access, route = "/import", status = 200);
}

#[test]
fn what_is_given_up_fails_or_runs_in_another_task_is_seen() {
    let trail = Trail::new();
    block_on(async {
        let mut given_up = Box::pin(trail.run(import(10)));
        assert!((&mut given_up).now_or_never().is_none());
        drop(given_up);
        actix_web::rt::spawn(trail.run(import(1))).await.unwrap();
    });
    let inside = trail.enter(|| charge(7, u128::MAX).is_err());
    assert!(inside);
    assert_audited!(trail, action = "ImportInvoices", outcome = cancelled, count = 1);
    assert_audited!(trail, action = "ImportInvoices", outcome = success, count = 1);
    assert_audited!(
        trail,
        action = "ChargeInvoice",
        outcome = error,
        error = "core::num::error::TryFromIntError",
        fields(cents = u128::MAX),
    );
}

#[test]
fn the_macros_follow_the_runtime_under_another_name() {
    let trail = Trail::new();
    trail.enter(|| charge(1, 1)).unwrap();
    renamed::audit::assert_audited!(trail, action = "ChargeInvoice", fields(cents = 1_u8));
    renamed::audit::assert_not_audited!(trail, outcome = error);
}

#[test]
#[should_panic(
    expected = "the nearest is record 2:\n    target(Invoice, id = \"2\"): the record has Invoice:1"
)]
fn a_test_fails_with_what_is_there_instead() {
    let trail = Trail::new();
    trail.enter(|| charge(1, 1)).unwrap();
    assert_audited!(trail, action = "ChargeInvoice", target(Invoice, id = 2));
}

#[actix_web::test]
async fn a_test_of_an_async_runtime_may_look_in_the_middle() {
    let trail = Trail::with(|settings| settings.service("shop", "1.0"));
    for rounds in 1..=3_usize {
        trail.run(import(1)).await;
        assert_audited!(trail, action = "ImportInvoices", count = rounds);
    }
    let shop = |record: &audit_runtime::Record| {
        record.service.as_ref().is_some_and(|service| service.name.as_deref() == Some("shop"))
    };
    assert!(trail.records().iter().all(shop));
}

#[test]
fn an_action_that_was_running_at_the_shutdown_is_seen_as_unknown() {
    let trail = Trail::new();
    block_on(async {
        let mut running = Box::pin(trail.run(import(10)));
        assert!((&mut running).now_or_never().is_none());
        trail.recorder().shutdown(Duration::from_secs(20)).unwrap();
        drop(running);
    });
    assert_audited!(trail, action = "ImportInvoices", outcome = unknown, count = 1);
    let target = Target::new("Invoice", 7);
    assert_not_audited!(trail, target(Invoice, id = target.id()));
}

/// The variable that names the file of the child below.
const FILE: &str = "CATALOGUE_OF_A_USER";

/// The one-line test of a user, in a process of its own, since it reads the environment.
#[test]
fn catalogue_of_a_user() {
    if let Some(path) = std::env::var_os(FILE) {
        catalog::check(path);
    }
}

/// Runs the user's test with a file; answers with what it printed, and whether it would have passed but for
/// the waivers of these tests: with a day that an honest one could have, they would break some day.
fn checked(path: &Path, environment: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "testing::catalogue_of_a_user", "--nocapture"]);
    command.env_remove("CI").env_remove("AUDIT_CATALOG").env(FILE, path);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!output.status.success(), "a waiver until 2199 has no end: {text}");
    let only_waivers = text.split_once(":\nwaivers that are stale:\n").map(|(_, told)| told);
    let told =
        only_waivers.into_iter().flat_map(str::lines).take_while(|it| it.starts_with("    "));
    let (mut is_any, mut is_all) = (false, true);
    for line in told {
        (is_any, is_all) = (true, is_all && line.contains("until 2199-12-31, more than two years"));
    }
    (is_any && is_all, text)
}

/// Changes what the file says of an action, or of another entry, as if the source had been another.
fn edit(path: &Path, list: &str, named: &str, change: impl FnOnce(&mut Value)) {
    let mut file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let entries = file[list].as_array_mut().unwrap();
    let is_named = |entry: &&mut Value| entry.as_object().unwrap().values().any(|v| *v == named);
    change(entries.iter_mut().find(is_named).unwrap());
    fs::write(path, file.to_string()).unwrap();
}

#[test]
fn the_catalogue_of_a_program_is_kept_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit-catalog.json");
    let (passed, text) = checked(&path, &[("CI", "true")]);
    assert!(!passed && text.contains("is missing") && !path.exists(), "{text}");
    let (passed, text) = checked(&path, &[]);
    assert!(passed && text.contains("is written: "), "{text}");
    assert!(checked(&path, &[("CI", "true")]).0);
    assert!(!fs::read_to_string(&path).unwrap().contains("testing.rs"), "a place may move");

    edit(&path, "actions", "ChargeInvoice", |action| action["fields"] = json!(["cents", "note"]));
    edit(&path, "actions", "DeleteCoveredUser", |action| action["version"] = 4.into());
    edit(&path, "actions", "ImportInvoices", |action| action["durability"] = "queued".into());
    edit(&path, "actions", "ChangeInvoice", |action| action["action"] = "AlterInvoice".into());
    edit(&path, "types", "it::testing::Change", |ty| ty["fields"]["currency"] = "sensitive".into());
    edit(&path, "exceptions", "it::exceptions::Login.secret_word", |it| it["reason"] = "x".into());
    let before = fs::read(&path).unwrap();
    let (passed, text) = checked(&path, &[]);
    assert!(!passed, "{text}");
    for part in [
        "actions removed, which no record will have any more:\n    `AlterInvoice`\n",
        "actions added:\n    `ChangeInvoice` (",
        "testing.rs:",
        "fields changed: `note` removed",
        "`ChargeInvoice` (tests/it/testing.rs:",
        "): write `version = 2` into its `#[audited(…)]`",
        "): version 4 was before, and 3 is now: versions only rise",
        "durability was `queued`, and is `synced` now",
        "`it::testing::Change.currency` was sensitive, and is public now",
        "exceptions added, which show more than the rules:\n    public field \
         `it::exceptions::Login.secret_word`, because \"a word that everybody may know\"",
        "run the test once with AUDIT_CATALOG=write",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);

    assert!(!checked(&path, &[("AUDIT_CATALOG", "yes")]).0);
    let (passed, text) = checked(&path, &[("AUDIT_CATALOG", "write")]);
    assert!(!passed && text.contains("is not written, since schemas have changed"), "{text}");
    assert_eq!(fs::read(&path).unwrap(), before);
    edit(&path, "actions", "ChargeInvoice", |action| action["fields"] = json!(["cents"]));
    edit(&path, "actions", "DeleteCoveredUser", |action| action["version"] = 3.into());
    assert!(checked(&path, &[("AUDIT_CATALOG", "write"), ("CI", "true")]).0);
    assert!(checked(&path, &[]).0);
}
