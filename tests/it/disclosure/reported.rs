//! A forgotten `Disclosed` is recorded once for each field, in builds that check themselves.

#![cfg(debug_assertions)]

use actix_web::web::{self, Json, ServiceConfig};
use audit_runtime::{Redact, Sensitive, disclose};
use serde::Serialize;
use serde_json::Value;

use super::{CANARY, REDACTED, secret};
use crate::support::Trail;
use crate::web::client::request;
use crate::web::server::Server;

#[derive(Serialize)]
struct Forgotten {
    #[serde(serialize_with = "audit_runtime::wire")] // the place that is recorded
    key: Sensitive<String>,
}
const PLACE: u32 = line!() - 3;

impl audit_runtime::Plain for Forgotten {}

#[test]
fn a_field_is_recorded_once_with_its_place() {
    let forgotten = Forgotten { key: secret() };
    let json = || serde_json::to_string(&forgotten).unwrap();
    // Neither an answer nor a log form is one that was forgotten, and nobody hears this one.
    disclose(json);
    json();
    let trail = Trail::new();
    trail.recorder.enter(|| {
        disclose(json);
        serde_json::to_string(&audit_runtime::public(&forgotten).redacted()).unwrap();
    });
    assert_eq!(trail.records(), Vec::<Value>::new());

    let trail = Trail::new();
    trail.recorder.enter(|| (json(), json()));
    let [record] = <[Value; 1]>::try_from(trail.records()).unwrap();
    assert_eq!(record["category"], "security");
    assert_eq!(record["action"], "SensitiveWithheld");
    assert_eq!(record["outcome"], "denied");
    assert_eq!(record["targets"][0]["type"], "SerializedField");
    let place = record["targets"][0]["id"].as_str().unwrap();
    assert!(place.contains(&format!("disclosure/reported.rs:{PLACE}:")), "{place}");
    assert!(!record.to_string().contains(CANARY));
}

#[derive(Serialize)]
struct Answer {
    #[serde(serialize_with = "audit_runtime::wire_plain")]
    key: String,
}

fn routes(config: &mut ServiceConfig) {
    config.route("/", web::to(|| async { Json(Answer { key: CANARY.into() }) }));
}

#[test]
fn a_forgotten_response_shows_at_the_client_and_in_the_journal() {
    let server = Server::start(routes);
    let answers = ["GET /", "GET /"].map(|line| request(server.address, line, &[], ""));
    let records = server.finish();
    assert!(answers.iter().all(|answer| answer.contains(REDACTED)), "{answers:?}");
    let reports: Vec<_> =
        records.0.iter().filter(|record| record["action"] == "SensitiveWithheld").collect();
    assert_eq!(reports.len(), 1, "{reports:#?}");
    // It is joined to the first request.
    assert_eq!(reports[0]["correlation_id"], records.accesses()[0]["correlation_id"]);
    assert_eq!(reports[0]["causation_id"], records.accesses()[0]["id"]);
}
