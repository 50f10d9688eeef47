//! Connections that stay: a record of the opening and one of the end, over real sockets and by hand.

mod begun;
mod streams;
mod websockets;

use std::net::SocketAddr;

use actix_web::web::ServiceConfig;
use audit_runtime::AuditMiddleware;
use axum::Router;
use serde_json::Value;

use crate::flood::served::{FRAMEWORKS, Framework, serve_routes};
use crate::support::{Trail, wait_for};

/// Those of actix-web, and those of axum.
type Routes = (fn(&mut ServiceConfig), fn() -> Router);

/// What is recorded while `talk` speaks with a server, until nothing runs any more: no request, no connection.
#[track_caller]
fn served(
    (routes, router): Routes,
    framework: Framework,
    trail: Trail,
    talk: impl FnOnce(SocketAddr),
) -> Vec<Value> {
    let recorder = trail.recorder.clone();
    let server = serve_routes(framework, trail, AuditMiddleware::new(), routes, router());
    talk(server.address);
    wait_for(|| recorder.health().open_scopes == 0);
    server.finish().0
}

/// All records of this action.
fn all<'a>(records: &'a [Value], action: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["action"] == action).collect()
}

/// The one record of this action.
#[track_caller]
fn one<'a>(records: &'a [Value], action: &str) -> &'a Value {
    let [record] = all(records, action)[..] else { panic!("{action}: {records:#?}") };
    record
}

/// How it ended, and why if that is known.
fn end(record: &Value) -> String {
    let outcome = record["outcome"].as_str().unwrap_or("?");
    let why = record["reason"]["code"].as_str().or(record["error"]["type"].as_str());
    why.map_or(outcome.to_owned(), |why| format!("{outcome}: {why}"))
}

/// Who acted, by id, or else by kind.
fn actor(record: &Value) -> &str {
    let actor = &record["actor"];
    actor["id"].as_str().or(actor["type"].as_str()).unwrap_or("?")
}

/// Checks what every connection's records have in common, and returns the closing.
#[track_caller]
fn closing<'a>(records: &'a [Value], opening: &str, closing: &str) -> &'a Value {
    let (opening, closing) = (one(records, opening), one(records, closing));
    assert_eq!(opening["outcome"], "success");
    assert_eq!(closing["causation_id"], opening["id"]);
    assert_eq!(closing["correlation_id"], opening["correlation_id"]);
    assert!(closing["correlation_id"].is_string(), "{closing}");
    assert_eq!(closing["targets"], opening["targets"]);
    assert_eq!(closing["category"], opening["category"]);
    assert!(closing["duration_ns"].as_u64() > Some(0), "{closing}");
    closing
}
