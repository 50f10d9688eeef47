//! Work done as somebody: jobs, programs of the command line, steps in another's name.

use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use audit_runtime::{
    Actor, Authenticated, Context, CorrelationId, Event, Outcome, Recorder, audited, enter_as,
    run_as, set_actor,
};
use axum::Router;
use axum::routing::post;
use serde_json::{Value, json};

use super::{actor, charge, one, send_receipt};
use crate::support::{Trail, only, run, summary};
use crate::tower::server::Server as AxumServer;
use crate::web::client::request;
use crate::web::server::Server as ActixServer;

#[test]
fn a_job_has_an_actor_and_a_correlation_id_of_its_own() {
    let job = async {
        send_receipt().await;
        charge();
    };
    let nightly = Actor::service("nightly-report");
    let ((), records) = run(async {
        run_as(nightly.clone(), job).await;
        run_as(nightly, send_receipt()).await;
        send_receipt().await;
    });
    let ids: Vec<_> = records.iter().map(|record| &record["correlation_id"]).collect();
    assert!(ids[0].is_string());
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(ids[3], &Value::Null, "nothing of it is left");
    let actors: Vec<_> = records.iter().map(actor).collect();
    let job = "service:nightly-report";
    assert_eq!(actors, [job, job, job, "system"]);
    assert!(records.iter().all(|record| record["causation_id"].is_null()));
}

#[test]
fn a_program_of_the_command_line_leaves_its_trail_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let recorder = Recorder::builder(&journal).open().unwrap();
    recorder.enter(|| enter_as(Actor::user("1000").named("ada"), charge));
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let mut cursor = audit_runtime::journal::Reader::open(&journal).unwrap().cursor(0).unwrap();
    let mut lines = std::iter::from_fn(|| cursor.next().unwrap());
    let found = lines.find_map(|line| {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        (record["action"] == "ChargeCard").then_some(record)
    });
    assert_eq!(actor(&found.unwrap()), "user:1000");
}

#[audited(action = "PayOrder", on_unrecorded = fail_open)]
async fn pay() -> &'static str {
    set_actor(Actor::user("7").named("ada"));
    run_as(Actor::service("mailer"), send_receipt()).await;
    let context = Context::current();
    let charging = std::thread::spawn(move || {
        context
            .enter(|| enter_as(Actor::agent("till").on_behalf_of(Actor::service("shop")), charge))
    });
    charging.join().unwrap();
    "paid"
}

fn actix(config: &mut ServiceConfig) {
    config.route("/orders", web::post().to(pay));
}

#[test]
fn a_step_of_a_request_is_done_for_its_actor_and_leaves_that_one_as_it_was() {
    let server = ActixServer::start(actix);
    request(server.address, "POST /orders", &[], "");
    check_paid(&server.finish().0);
    let server = AxumServer::start(Router::new().route("/orders", post(pay)));
    request(server.address, "POST /orders", &[], "");
    check_paid(&server.finish().0);
}

fn check_paid(records: &[Value]) {
    let (paid, access) = (one(records, "PayOrder"), one(records, "HttpRequest"));
    let (sent, charged) = (one(records, "SendReceipt"), one(records, "ChargeCard"));
    assert_eq!(actor(sent), "service:mailer for user:7");
    assert_eq!(sent["actor"]["on_behalf_of"][0]["name"], "ada");
    assert_eq!(actor(charged), "agent:till for service:shop for user:7");
    for step in [sent, charged] {
        assert_eq!(step["correlation_id"], access["correlation_id"]);
        assert_eq!(step["origin"]["ip"], "127.0.0.1");
        assert_eq!(step["causation_id"], paid["id"]);
    }
    assert_eq!((actor(paid), actor(access)), ("user:7".to_owned(), "user:7".to_owned()));
}

#[test]
fn who_is_named_already_is_not_named_again_and_nobody_is_nobody() {
    let (ada, admin) = (|| Actor::user("7"), || Actor::user("1"));
    let cases = [
        // An administrator in the role of a user: the administrator acts.
        (admin(), admin().on_behalf_of(ada()), "user:1 for user:7"),
        (ada(), ada(), "user:7"),
        (ada(), Actor::service("7"), "service:7 for user:7"),
        (Actor::agent("bot").on_behalf_of(ada()), ada(), "user:7 for agent:bot"),
        (Actor::agent("bot").on_behalf_of(ada()), admin(), "user:1 for agent:bot for user:7"),
        (Actor::anonymous(), Actor::service("mailer"), "service:mailer"),
        (Actor::system(), Actor::service("mailer"), "service:mailer"),
        (
            Actor::unknown_user("adda"),
            Actor::service("mailer"),
            "service:mailer for user:(unknown)",
        ),
    ];
    for (around, given, expected) in cases {
        let trail = Trail::new();
        trail.recorder.enter(|| Context::new().actor(around).enter(|| enter_as(given, charge)));
        let record = only(trail.records());
        assert_eq!(actor(&record), expected);
        assert!(!record.to_string().contains("adda"));
        assert_eq!(expected.contains("unknown"), record["redaction"]["key_id"].is_string());
    }
}

#[test]
fn who_is_the_same_in_another_tenant_is_somebody_else() {
    let ada = |tenant: &'static str| Actor::user("7").tenant(tenant);
    let records = stepped(ada("b"), ada("a"));
    let actor = &records["actor"];
    assert_eq!((&actor["tenant"], &actor["on_behalf_of"][0]["tenant"]), (&json!("a"), &json!("b")));
    assert!(stepped(ada("a"), ada("a"))["actor"].get("on_behalf_of").is_none());
}

#[test]
fn what_proved_an_identity_still_does_in_a_step_of_the_same_actor_and_of_no_other() {
    let known = || Actor::user("7").authenticated(Authenticated::by("password"));
    let method = |given| stepped(known(), given)["actor"]["auth"]["method"].clone();
    assert_eq!(method(Actor::user("7")), "password");
    assert_eq!(method(Actor::user("7").authenticated(Authenticated::by("oidc"))), "oidc");
    assert_eq!(method(Actor::user("8")), Value::Null);
}

/// The record of a step that `given` does where `around` acts.
fn stepped(around: Actor, given: Actor) -> Value {
    let trail = Trail::new();
    trail.recorder.enter(|| Context::new().actor(around).enter(|| enter_as(given, charge)));
    only(trail.records())
}

#[test]
fn however_deep_the_chain_a_record_holds_its_first_links_and_says_that_more_are_cut() {
    fn deeper(depth: u32) {
        match depth {
            0 => charge(),
            depth => enter_as(Actor::service(depth.to_string()), || deeper(depth - 1)),
        }
    }
    let trail = Trail::new();
    trail.recorder.enter(|| deeper(300));
    let record = only(trail.records());
    let expected = "service:1 for service:2 for service:3 for service:4 for service:5";
    assert_eq!(actor(&record), expected);
    assert_eq!(record["truncated"], serde_json::json!(["actor"]));
}

#[test]
fn an_actor_set_inside_is_not_known_outside() {
    let id = CorrelationId::from_client("order-7").unwrap();
    let around = Context::new().actor(Actor::user("7")).correlation_id(id);
    let ((), records) = run(around.scope(async {
        run_as(Actor::system(), async {
            charge();
            set_actor(Actor::service("found-later"));
            send_receipt().await;
        })
        .await;
        let event = Event::activity("GoOn").ended(Outcome::Success);
        audit_runtime::record(event).await.unwrap();
    }));
    let told: Vec<_> = records.iter().map(actor).collect();
    assert_eq!(told, ["system for user:7", "service:found-later", "user:7"]);
    assert!(records.iter().all(|record| record["correlation_id"] == "order-7"));
}

#[test]
fn what_is_spawned_as_somebody_needs_no_context_beside() {
    let ((), records) = run(async {
        let task = run_as(Actor::service("mailer"), send_receipt());
        actix_web::rt::spawn(task).await.unwrap();
    });
    assert_eq!(summary(&records), ["SendReceipt success"]);
    assert_eq!(actor(&records[0]), "service:mailer");
}
