//! The intent: durable before the body, whatever the function looks like, and never without an end.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use actix_web::{App, HttpResponse, Responder, delete, get};
use async_trait::async_trait;
use audit_runtime::journal::MemoryStorage;
use audit_runtime::{AuditMiddleware, Recorder, audited};
use serde_json::Value;

use super::super::Failure;
use super::{all_records, pairs, send};
use crate::support::{Trail, block_on, run, summary};

/// What can be read of an action's own trail while its body runs: its intent and no end.
fn sees_its_intent(storage: &MemoryStorage, action: &str) -> bool {
    let records = all_records(storage.clone());
    let own: Vec<_> = records.iter().filter(|record| record["action"] == action).collect();
    matches!(own.as_slice(), [intent] if intent["phase"] == "intent")
}

#[audited(action = "PaySync", durability = write_ahead)]
fn pay_sync(storage: &MemoryStorage) -> Result<bool, Failure> {
    Ok(sees_its_intent(storage, "PaySync"))
}

#[audited(action = "PayAsync", durability = write_ahead)]
async fn pay_async(storage: &MemoryStorage) -> Result<bool, Failure> {
    Ok(sees_its_intent(storage, "PayAsync"))
}

#[audited(action = "PayOpenly", durability = write_ahead, on_unrecorded = fail_open)]
async fn pay_openly(storage: &MemoryStorage) -> bool {
    sees_its_intent(storage, "PayOpenly")
}

#[audited(action = "PayInBlock", durability = write_ahead)]
fn pay_in_block(
    storage: MemoryStorage,
) -> Pin<Box<dyn Future<Output = Result<bool, Failure>> + Send>> {
    Box::pin(async move { Ok(sees_its_intent(&storage, "PayInBlock")) })
}

#[async_trait]
trait Purse {
    async fn pay(&mut self, storage: &MemoryStorage) -> Result<bool, Failure>;
}

#[async_trait]
impl Purse for u32 {
    #[audited(action = "PayFromPurse", durability = write_ahead, target(Purse, id = self))]
    async fn pay(&mut self, storage: &MemoryStorage) -> Result<bool, Failure> {
        *self += 1;
        Ok(sees_its_intent(storage, "PayFromPurse"))
    }
}

#[test]
fn functions_of_every_shape_run_after_their_intents_are_durable() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    block_on(recorder.scope(async {
        assert!(pay_sync(&storage).unwrap());
        assert!(pay_async(&storage).await.unwrap());
        assert!(pay_openly(&storage).await);
        assert!(pay_in_block(storage.clone()).await.unwrap());
        assert!(7_u32.pay(&storage).await.unwrap());
    }));
    drop(recorder);
    let records = all_records(storage);
    let pairs = pairs(&records);
    assert_eq!(pairs.len(), 5);
    for (intent, ends) in pairs.values() {
        assert_eq!(ends.len(), 1, "{intent}");
        assert_eq!(ends[0]["outcome"], "success");
    }
}

#[get("/above")]
#[audited(action = "PayAbove", durability = write_ahead)]
async fn above(storage: Data<MemoryStorage>) -> HttpResponse {
    HttpResponse::Ok().body(sees_its_intent(&storage, "PayAbove").to_string())
}

#[audited(action = "PayBelow", durability = write_ahead)]
#[delete("/below")]
async fn below(storage: Data<MemoryStorage>) -> actix_web::Result<String> {
    Ok(sees_its_intent(&storage, "PayBelow").to_string())
}

#[get("/responder")]
#[audited(action = "PayResponder", durability = write_ahead)]
async fn responder(storage: Data<MemoryStorage>) -> impl Responder {
    let seen = sees_its_intent(&storage, "PayResponder").to_string();
    HttpResponse::Accepted().body(seen)
}

#[test]
fn handlers_run_after_their_intents_are_durable() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    block_on(async {
        let audit = AuditMiddleware::new().recorder(&recorder);
        let app = App::new().app_data(Data::new(storage.clone()));
        let app = app.service(above).service(below).service(responder).wrap(audit);
        let app = init_service(app).await;
        for request in [
            TestRequest::get().uri("/above"),
            TestRequest::delete().uri("/below"),
            TestRequest::get().uri("/responder"),
        ] {
            let answer = call_service(&app, request.to_request()).await;
            assert_eq!(read_body(answer).await, "true");
        }
    });
    drop(recorder);
    let records = all_records(storage);
    let pairs = pairs(&records);
    let ends: Vec<_> = pairs.values().map(|(_, ends)| ends[0]["outcome"].clone()).collect();
    assert_eq!(ends, ["success"; 3]);
}

async fn pay_within(end: impl AsyncFnOnce()) -> Result<(), Failure> {
    #[audited(
        action = "PayInvoice",
        category = authorization,
        target(Invoice, id = 7),
        description = "{target} is paid",
        durability = write_ahead
    )]
    async fn pay(end: impl AsyncFnOnce()) -> Result<(), Failure> {
        end().await;
        Ok(())
    }
    pay(end).await
}

#[test]
fn an_intent_claims_nothing_and_its_end_names_it() {
    let (_, records) = run(pay_within(async || {
        audit_runtime::set_target("Invoice", 8);
        audit_runtime::deny("limit_exceeded");
        send(9).await.unwrap();
    }));
    let expected =
        ["PayInvoice unknown", "SendInvoice unknown", "SendInvoice success", "PayInvoice denied"];
    assert_eq!(summary(&records), expected);
    let (intent, inner, end) = (&records[0], &records[1], &records[3]);
    assert_eq!(intent["phase"], "intent");
    assert_eq!((&intent["intent_id"], &intent["authz"]), (&Value::Null, &Value::Null));
    assert_eq!(intent["severity"], 1);
    assert_eq!(intent["targets"].as_array().unwrap().len(), 1);
    assert_eq!(end["phase"], "end");
    assert_eq!(end["intent_id"], intent["id"]);
    assert_ne!(end["id"], intent["id"]);
    assert_eq!((&end["authz"]["decision"], &end["completed_by"]), (&"deny".into(), &Value::Null));
    assert_eq!(end["targets"].as_array().unwrap().len(), 2);
    assert_eq!((&end["time"], &end["description"]), (&intent["time"], &intent["description"]));
    // The intent is there whatever becomes of the action: so it is the cause of what is inside.
    assert_eq!(inner["causation_id"], intent["id"]);
}

#[audited(action = "SyncInvoice")]
async fn synced() -> Result<(), Failure> {
    Ok(())
}

#[audited(action = "QueueInvoice", durability = queued)]
async fn queued() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn other_durabilities_have_no_phase() {
    let (_, records) = run(async {
        synced().await.unwrap();
        queued().await.unwrap();
    });
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!((&record["phase"], &record["intent_id"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn a_body_that_breaks_off_has_an_end() {
    let trail = Trail::new();
    let panicking = trail.recorder.scope(pay_within(async || panic!("a test")));
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(panicking))).is_err());
    let runs = Cell::new(false);
    block_on(async {
        let mut paying = Box::pin(trail.recorder.scope(pay_within(async || {
            runs.set(true);
            std::future::pending().await
        })));
        while !runs.get() {
            let patience = Duration::from_millis(1);
            assert!(timeout(patience, &mut paying).await.is_err());
        }
    });
    let expected =
        ["PayInvoice unknown", "PayInvoice panic", "PayInvoice unknown", "PayInvoice cancelled"];
    let records = trail.records();
    assert_eq!(summary(&records), expected);
    assert!(pairs(&records).values().all(|(_, ends)| ends.len() == 1));
}
