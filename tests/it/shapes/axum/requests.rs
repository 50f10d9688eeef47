//! Whole requests, middleware functions and closures (shapes 28, 18 and 30 in axum).

use std::net::SocketAddr;

use audit_runtime::{Actor, audited};
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Path, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Router, debug_handler};
use tracing::instrument;

use super::super::{ADA, Service};

const SERVICE: Service = Service::Axum(routes);

fn routes() -> Router {
    let guarded = Router::new().route("/{id}", post(close)).layer(from_fn(authorize));
    let exported = Router::new().route("/", any(async || "fine")).layer(from_fn(export));
    Router::new()
        .route("/proxy/{*rest}", any(forward))
        .nest("/guarded", guarded)
        .nest("/exported", exported)
        .route("/closures/{id}", post(async |id: Path<u32>| close(id).await))
}

/// Takes the request as it came.
#[debug_handler]
#[instrument(skip_all)]
#[audited(
    action = "ForwardRequest",
    target(Path, id = request.uri().path()),
    fields(local = addr.ip().is_loopback())
)]
async fn forward(ConnectInfo(addr): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, 16).await {
        Ok(body) => (StatusCode::OK, format!("{} {}", parts.method, body.len())).into_response(),
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

#[test]
fn shape_28_the_whole_request_and_where_it_came_from() {
    let seen = SERVICE.ask("PUT /proxy/a/b?token=private", &[], "four");
    assert_eq!(seen.told(), "200; ForwardRequest success anonymous Path:/proxy/a/b");
    assert_eq!(seen.actions[0]["args"]["local"], true);
    assert!(seen.answer.ends_with("PUT 4") && !seen.records_say("private"));
    let seen = SERVICE.ask("PUT /proxy/a", &[], "more than sixteen bytes");
    assert_eq!(seen.told(), "413; ForwardRequest failure anonymous Path:/proxy/a");
    SERVICE.refuses("PUT /proxy/a", &[], "four");
}

#[audited(action = "CloseAccount", target(Account, id = id))]
async fn close(Path(id): Path<u32>) -> impl IntoResponse {
    if id == 9 { StatusCode::NOT_FOUND } else { StatusCode::NO_CONTENT }
}

/// Decides who may go on, in front of every handler of its router.
#[audited(action = "Authorize", category = authorization, target(Path, id = req.uri().path()))]
async fn authorize(mut req: Request, next: Next) -> Result<Response, StatusCode> {
    let user = req.headers_mut().remove("x-user").ok_or(StatusCode::UNAUTHORIZED)?;
    let user = user.to_str().map_err(|_| StatusCode::UNAUTHORIZED)?;
    audit_runtime::set_actor(Actor::user(user.to_owned()));
    if user != "7" {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(next.run(req).await)
}

#[test]
fn shape_18_a_middleware_function_of_axum() {
    let seen = SERVICE.ask("POST /guarded/1", &[ADA], "");
    let expected = "204; CloseAccount success user:7 Account:1; Authorize success user:7 Path:/1";
    assert_eq!(seen.told(), expected);
    assert_eq!(seen.actions[0]["causation_id"], seen.actions[1]["id"]);
    let seen = SERVICE.ask("POST /guarded/1", &["x-user: 8"], "");
    assert_eq!(seen.told(), "403; Authorize denied user:8 Path:/1");
    let seen = SERVICE.ask("POST /guarded/9", &[ADA], "");
    let expected = "404; CloseAccount failure user:7 Account:9; Authorize failure user:7 Path:/9";
    assert_eq!(seen.told(), expected);
    SERVICE.refuses("POST /guarded/1", &[ADA], "");
}

/// Audits whatever handlers a router has.
#[audited(action = "ExportAccounts")]
async fn export(request: Request, next: Next) -> impl IntoResponse {
    next.run(request).await
}

#[test]
fn shape_30_closures_of_axum() {
    let seen = SERVICE.ask("POST /closures/1", &[], "");
    assert_eq!(seen.told(), "204; CloseAccount success anonymous Account:1");
    let seen = SERVICE.ask("GET /exported", &[], "");
    assert_eq!(seen.told(), "200; ExportAccounts success anonymous");
    SERVICE.refuses("POST /closures/1", &[], "");
    SERVICE.refuses("GET /exported", &[], "");
}
