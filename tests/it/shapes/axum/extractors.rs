//! Shapes that both frameworks have, once more with axum's extractors (shapes 13, 15, 26 and 27).

use std::convert::Infallible;

use audit_runtime::{Actor, Redact, audited};
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router, debug_handler};
use serde::{Deserialize, Serialize};

use super::super::{ADA, JSON, Service};

const SERVICE: Service = Service::Axum(routes);

fn routes() -> Router {
    Router::new()
        .route("/hello/{name}", post(greet))
        .route("/profile", get(profile))
        .route("/login", post(log_in))
        .route("/tokens", post(renew_tokens).delete(count_tokens))
}

#[debug_handler]
#[audited(action = "GreetUser", target(User, id = name))]
async fn greet(Path((name,)): Path<(String,)>) -> Result<String, (StatusCode, &'static str)> {
    match name.as_str() {
        "eve" => Err((StatusCode::FORBIDDEN, "not you")),
        _ => Ok(format!("hello {name}")),
    }
}

#[test]
fn shape_13_a_tuple_of_one_in_its_pattern() {
    let seen = SERVICE.ask("POST /hello/ada", &[], "");
    assert_eq!(seen.told(), "200; GreetUser success anonymous User:ada");
    let seen = SERVICE.ask("POST /hello/eve", &[], "");
    assert_eq!(seen.told(), "403; GreetUser denied anonymous User:eve");
    SERVICE.refuses("POST /hello/ada", &[], "");
}

/// Who is logged in, as an extractor that tells the trail.
struct Identity(String);

impl Identity {
    fn of(parts: &Parts) -> Option<Self> {
        let user = parts.headers.get("x-user")?.to_str().ok()?.to_owned();
        audit_runtime::set_actor(Actor::user(user.clone()));
        Some(Self(user))
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Self::of(parts).ok_or(StatusCode::UNAUTHORIZED)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(parts))
    }
}

#[audited(action = "GetProfile", fields(known = identity.is_some()))]
async fn profile(identity: Option<Identity>) -> String {
    identity.map_or("nobody".to_owned(), |user| user.0)
}

#[test]
fn shape_15_somebody_or_nobody_in_axum() {
    assert_eq!(SERVICE.ask("GET /profile", &[ADA], "").told(), "200; GetProfile success user:7");
    let nobody = SERVICE.ask("GET /profile", &[], "");
    assert_eq!(nobody.told(), "200; GetProfile success anonymous");
    assert_eq!(nobody.actions[0]["args"]["known"], false);
}

#[derive(Deserialize, Redact)]
struct LoginRequest {
    #[public]
    name: String,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
}

#[derive(Serialize, Redact)]
struct LoginResponse {
    #[sensitive]
    token: String,
}

/// What this returns has no room for a refusal, so it proceeds.
#[audited(action = "LogIn", category = authentication, fields(request), on_unrecorded = fail_open)]
async fn log_in(Json(request): Json<LoginRequest>) -> Json<LoginResponse> {
    Json(LoginResponse { token: "token-of-".to_owned() + &request.password })
}

#[test]
fn shape_26_an_answer_that_is_the_secret_and_cannot_refuse() {
    let body = r#"{"name":"ada","password":"correct-horse"}"#;
    let seen = SERVICE.ask("POST /login", &[JSON], body);
    assert_eq!(seen.told(), "200; LogIn success anonymous");
    assert!(seen.answer.ends_with(r#"{"token":"token-of-correct-horse"}"#), "{}", seen.answer);
    assert_eq!(seen.actions[0]["args"]["request"]["name"], "ada");
    assert!(!seen.records_say("correct-horse") && !seen.records_say("token-of"));
    assert!(SERVICE.unrecorded("POST /login", &[JSON], body).contains("200 OK"));
}

#[audited(action = "RenewTokens")]
async fn renew_tokens(_: Identity) -> StatusCode {
    StatusCode::RESET_CONTENT
}

#[audited(action = "RevokeTokens")]
async fn count_tokens(_: Identity) -> Result<(), StatusCode> {
    Ok(())
}

#[test]
fn shape_27_a_guard_without_a_name_in_axum() {
    let seen = SERVICE.ask("POST /tokens", &[ADA], "");
    assert_eq!(seen.told(), "205; RenewTokens success user:7");
    let seen = SERVICE.ask("DELETE /tokens", &[ADA], "");
    assert_eq!(seen.told(), "200; RevokeTokens success user:7");
    let nobody = SERVICE.ask("DELETE /tokens", &[], "");
    assert_eq!((nobody.told().as_str(), &nobody.access["outcome"]), ("401", &"failure".into()));
    SERVICE.refuses("POST /tokens", &[ADA], "");
    SERVICE.refuses("DELETE /tokens", &[ADA], "");
}
