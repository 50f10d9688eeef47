//! Audited handlers of axum: their outcomes, and what they share with their request.

use audit_runtime::{Unrecorded, audited};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::server::Server;
use crate::web::client::{request, status};

fn routes() -> Router {
    Router::new()
        .route("/written/{id}", post(written))
        .route("/own/{id}", post(own))
        .route("/opaque/{id}", post(opaque))
        .route("/response/{id}", post(response))
        .route("/login", post(login))
        .with_state(Limit(5))
}

#[derive(Clone)]
struct Limit(u32);

#[derive(Serialize)]
struct Account {
    id: u32,
}

/// The error of an application, which only its response tells the status of.
#[derive(Debug)]
enum Problem {
    Forbidden,
    Refused,
}

impl From<Unrecorded> for Problem {
    fn from(_: Unrecorded) -> Self {
        Self::Refused
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Forbidden => (StatusCode::FORBIDDEN, "secret text").into_response(),
            Self::Refused => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

#[audited(action = "Write", target(Account, id = id))]
async fn written(
    State(Limit(limit)): State<Limit>,
    Path(id): Path<u32>,
) -> Result<Json<Account>, (StatusCode, String)> {
    match id {
        0 => Err((StatusCode::CONFLICT, "secret text".into())),
        id if id > limit => Err((StatusCode::FORBIDDEN, "secret text".into())),
        id => Ok(Json(Account { id })),
    }
}

#[audited(action = "Own", target(Account, id = id))]
async fn own(Path(id): Path<u32>) -> Result<Json<Account>, Problem> {
    if id > 5 { Err(Problem::Forbidden) } else { Ok(Json(Account { id })) }
}

#[audited(action = "Opaque", target(Account, id = id))]
async fn opaque(Path(id): Path<u32>) -> impl IntoResponse {
    if id > 5 { (StatusCode::FORBIDDEN, "no").into_response() } else { "yes".into_response() }
}

#[audited(action = "Response", target(Account, id = id))]
async fn response(Path(id): Path<u32>) -> Response {
    if id > 5 { StatusCode::NOT_FOUND.into_response() } else { "yes".into_response() }
}

#[derive(Deserialize)]
struct Login {
    name: String,
}

/// A failed login that sends the client back to its form.
struct BackToForm;

impl From<Unrecorded> for BackToForm {
    fn from(_: Unrecorded) -> Self {
        Self
    }
}

impl IntoResponse for BackToForm {
    fn into_response(self) -> Response {
        Redirect::to("/login").into_response()
    }
}

#[audited(action = "Login", category = authentication)]
async fn login(Form(login): Form<Login>) -> Result<Redirect, BackToForm> {
    if login.name == "ada" { Ok(Redirect::to("/")) } else { Err(BackToForm) }
}

/// Status of the answer, and the records of the action and of its request.
fn act(line: &str, body: &str) -> (u16, Value, Value) {
    let server = Server::start(routes());
    let headers = ["content-type: application/x-www-form-urlencoded"];
    let answer = request(server.address, line, &headers, body);
    let records = server.finish();
    let access = records.access().clone();
    let mut actions = records.0.iter().filter(|record| record["category"] != "access");
    let action = actions.next().unwrap().clone();
    assert!(actions.next().is_none(), "{records:?}", records = records.0);
    assert_eq!(action["correlation_id"], access["correlation_id"]);
    assert_eq!(action["causation_id"], access["id"]);
    (status(&answer), action, access)
}

#[test]
fn the_outcome_of_an_action_is_that_of_its_response() {
    for (line, expected) in [
        ("POST /written/1", (200, "success")),
        ("POST /written/7", (403, "denied")),
        ("POST /written/0", (409, "failure")),
        ("POST /own/1", (200, "success")),
        ("POST /own/7", (403, "denied")),
        ("POST /opaque/1", (200, "success")),
        ("POST /opaque/7", (403, "denied")),
        ("POST /response/1", (200, "success")),
        ("POST /response/7", (404, "failure")),
    ] {
        let (status, action, access) = act(line, "");
        assert_eq!((status, action["outcome"].as_str().unwrap()), expected, "{line}");
        assert_eq!(action["targets"][0]["type"], "Account", "{line}");
        assert_eq!(access["outcome"], action["outcome"], "{line}");
    }
}

#[test]
fn of_an_error_its_type_is_recorded_and_never_its_text() {
    for line in ["POST /written/7", "POST /own/7"] {
        let (_, action, access) = act(line, "");
        assert!(action["error"]["type"].is_string(), "{line}: {action}");
        assert!(!action.to_string().contains("secret"), "{action}");
        assert!(!access.to_string().contains("secret"), "{access}");
    }
}

#[test]
fn a_failed_login_that_sends_back_to_its_form_is_no_success() {
    let (status, action, access) = act("POST /login", "name=eve");
    assert_eq!((status, &action["outcome"]), (303, &"failure".into()));
    // Of the request nothing more is known than its status.
    assert_eq!(access["outcome"], "success");
    let (_, action, _) = act("POST /login", "name=ada");
    assert_eq!(action["outcome"], "success");
}
