//! Results of many kinds, and bodies that are the last argument (shapes 19, 20, 21 and 23).

use audit_runtime::{Actor, Redact, Unrecorded, audited};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{patch, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{ADA, JSON, Service};

const SERVICE: Service = Service::Axum(routes);

fn routes() -> Router {
    Router::new()
        .route("/users/{id}", put(replace_user).patch(rename_user))
        .route("/imports", post(import))
        .route("/roles/{id}", patch(change_role).put(replace_role))
        .with_state(Pool(8))
}

#[derive(Clone)]
struct Pool(u32);

#[derive(Deserialize, Serialize, Redact)]
struct Change {
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    name: String,
    version: u32,
}

const CHANGE: &str = r#"{"name":"private","version":4}"#;

/// The error of a whole application.
#[derive(Debug)]
enum AppError {
    NotFound,
    Conflict(String),
    Unrecorded(Unrecorded),
}

impl From<Unrecorded> for AppError {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::Unrecorded(unrecorded)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Conflict(with) => (StatusCode::CONFLICT, with).into_response(),
            Self::Unrecorded(unrecorded) => unrecorded.into_response(),
        }
    }
}

type Result<T> = std::result::Result<T, AppError>;

#[audited(action = "ReplaceUser", target(User, id = id), fields(change))]
async fn replace_user(
    State(pool): State<Pool>,
    Path(id): Path<u32>,
    Json(change): Json<Change>,
) -> Result<Json<Change>> {
    if id > pool.0 {
        return Err(AppError::NotFound);
    }
    if change.version == 0 {
        return Err(AppError::Conflict(change.name));
    }
    Ok(Json(change))
}

#[test]
fn shape_19_the_body_comes_last_and_an_alias_hides_the_error() {
    let seen = SERVICE.ask("PUT /users/1", &[JSON], CHANGE);
    assert_eq!(seen.told(), "200; ReplaceUser success anonymous User:1");
    let expected = json!({ "change": { "name": "[redacted]", "version": 4 } });
    assert_eq!(seen.actions[0]["args"], expected);
    let seen = SERVICE.ask("PUT /users/9", &[JSON], CHANGE);
    assert_eq!(seen.told(), "404; ReplaceUser failure anonymous User:9");
    let seen = SERVICE.ask("PUT /users/1", &[JSON], r#"{"name":"private","version":0}"#);
    assert_eq!(seen.told(), "409; ReplaceUser failure anonymous User:1");
    assert!(seen.answer.ends_with("private") && !seen.records_say("private"));
    SERVICE.refuses("PUT /users/1", &[JSON], CHANGE);
}

#[audited(action = "RenameUser", target(User, id = id), fields(version = req.version))]
async fn rename_user(Path(id): Path<u32>, Json(mut req): Json<Change>) -> impl IntoResponse {
    req.version += 1;
    match req.version {
        1 => Err(StatusCode::PRECONDITION_FAILED),
        _ => Ok(Json(req)),
    }
}

#[test]
fn shape_20_a_body_that_is_changed_where_it_is_taken_apart() {
    let seen = SERVICE.ask("PATCH /users/1", &[JSON], CHANGE);
    assert_eq!(seen.told(), "200; RenameUser success anonymous User:1");
    // What came, and not what became of it.
    assert_eq!(seen.actions[0]["args"]["version"], 4);
    assert!(seen.answer.contains(r#""version":5"#), "{}", seen.answer);
    let seen = SERVICE.ask("PATCH /users/1", &[JSON], r#"{"name":"private","version":0}"#);
    assert_eq!(seen.told(), "412; RenameUser failure anonymous User:1");
    SERVICE.refuses("PATCH /users/1", &[JSON], CHANGE);
}

#[audited(action = "ImportChange", fields(given = input.is_ok()))]
async fn import(
    input: std::result::Result<Json<Change>, JsonRejection>,
) -> std::result::Result<StatusCode, (StatusCode, String)> {
    match input {
        Ok(Json(change)) => {
            audit_runtime::set_target("Version", change.version);
            Ok(StatusCode::ACCEPTED)
        }
        Err(rejection) => Err((rejection.status(), rejection.body_text())),
    }
}

#[test]
fn shape_21_a_rejection_that_the_handler_answers() {
    let seen = SERVICE.ask("POST /imports", &[JSON], CHANGE);
    assert_eq!(seen.told(), "202; ImportChange success anonymous Version:4");
    let seen = SERVICE.ask("POST /imports", &[JSON], r#"{"name":"private","version":"wrong"}"#);
    assert_eq!(seen.told(), "422; ImportChange failure anonymous");
    assert_eq!(seen.actions[0]["args"]["given"], false);
    // The client is told what it sent; the journal is not.
    assert!(seen.answer.contains("wrong") && !seen.records_say("wrong"));
    SERVICE.refuses("POST /imports", &[JSON], CHANGE);
}

type Users = State<Pool>;

/// An extractor that lets only administrators in.
struct AdminUser;

impl<S: Sync> FromRequestParts<S> for AdminUser {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> std::result::Result<Self, Self::Rejection> {
        let user = parts.headers.get("x-user").and_then(|user| user.to_str().ok());
        let user = user.ok_or((StatusCode::UNAUTHORIZED, "nobody"))?;
        audit_runtime::set_actor(Actor::user(user.to_owned()));
        if user == "7" { Ok(Self) } else { Err((StatusCode::FORBIDDEN, "no administrator")) }
    }
}

#[derive(Serialize)]
struct ErrorBody {
    message: String,
}

impl From<Unrecorded> for ErrorBody {
    fn from(_: Unrecorded) -> Self {
        Self { message: "not now".to_owned() }
    }
}

#[audited(action = "ChangeRole", target(User, id = id))]
async fn change_role(
    users: Users,
    _user: AdminUser,
    Path(id): Path<u32>,
) -> std::result::Result<Json<u32>, (StatusCode, Json<ErrorBody>)> {
    if id > users.0.0 {
        let message = "there is no such user".to_owned();
        return Err((StatusCode::NOT_FOUND, Json(ErrorBody { message })));
    }
    Ok(Json(id))
}

#[audited(action = "ReplaceRole", target(User, id = id))]
async fn replace_role(
    State(users): Users,
    _: AdminUser,
    Path(id): Path<u32>,
) -> std::result::Result<(StatusCode, Json<Value>), (StatusCode, Json<Value>)> {
    if id > users.0 {
        return Err((StatusCode::NOT_FOUND, Json(json!({ "error": "there is no such user" }))));
    }
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

#[test]
fn shape_23_aliases_of_extractors_and_errors_in_json() {
    for (method, action, status) in [("PATCH", "ChangeRole", 200), ("PUT", "ReplaceRole", 201)] {
        let line = |id: u32| format!("{method} /roles/{id}");
        let seen = SERVICE.ask(&line(1), &[ADA], "");
        assert_eq!(seen.told(), format!("{status}; {action} success user:7 User:1"));
        let seen = SERVICE.ask(&line(9), &[ADA], "");
        assert_eq!(seen.told(), format!("404; {action} failure user:7 User:9"));
        // The extractor refused: the request tells by whom it came, and no action was begun.
        let seen = SERVICE.ask(&line(1), &["x-user: 8"], "");
        assert_eq!(seen.told(), "403");
        assert_eq!(seen.access["actor"]["id"], "8");
        SERVICE.refuses(&line(1), &[ADA], "");
    }
    let answer = SERVICE.unrecorded("PATCH /roles/1", &[ADA], "");
    assert!(answer.ends_with(r#"{"message":"not now"}"#), "{answer}");
    let answer = SERVICE.unrecorded("PUT /roles/1", &[ADA], "");
    assert!(answer.contains(r#"{"error":"the action was refused"#), "{answer}");
}
