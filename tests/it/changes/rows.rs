//! Rows before and after real handlers of both frameworks, and many deleted at once.

use std::sync::{LazyLock, Mutex, MutexGuard};

use actix_web::web::{self, Json, Path, ServiceConfig};
use actix_web::{HttpResponse, error};
use audit_runtime::{
    AuditLayer, AuditMiddleware, ChangeSet, Redact, Sensitive, audited, deny, set_changes,
};
use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, patch};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::CANARY;
use crate::support::Trail;
use crate::tower::server::Server as AxumServer;
use crate::web::client::{request, status};
use crate::web::server::Server as ActixServer;

const JSON: &str = "content-type: application/json";

#[derive(Redact, Clone)]
#[redact(diff)]
struct User {
    id: i64,
    #[public]
    city: String,
    #[sensitive(mask(last = 4))]
    iban: String,
    #[sensitive(pseudonym)]
    email: String,
    password: Sensitive<String>,
}

#[derive(serde::Deserialize)]
struct Update {
    city: String,
    iban: String,
    email: String,
    password: String,
}

static DATABASE: LazyLock<Mutex<Connection>> = LazyLock::new(|| {
    let connection = Connection::open_in_memory().unwrap();
    let table = "CREATE TABLE user (id INTEGER PRIMARY KEY, city TEXT NOT NULL, iban TEXT NOT NULL,
                 email TEXT NOT NULL, password TEXT NOT NULL)";
    connection.execute_batch(table).unwrap();
    Mutex::new(connection)
});

fn database() -> MutexGuard<'static, Connection> {
    DATABASE.lock().unwrap()
}

fn insert(id: i64) {
    let row = (id, "Ulm", "DE02120300000000202051", "ada@example.org", format!("{CANARY}-1"));
    let insert = "INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5)";
    assert_eq!(database().execute(insert, row), Ok(1));
}

fn load(id: i64) -> Option<User> {
    let read = |row: &rusqlite::Row<'_>| {
        let [city, iban, email] = [row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(User { id: row.get(0)?, city, iban, email, password: row.get(4)? })
    };
    database().query_row("SELECT * FROM user WHERE id = ?1", [id], read).ok()
}

async fn load_later(id: i64) -> Option<User> {
    tokio::task::yield_now().await;
    load(id)
}

fn update(id: i64, update: &Update) {
    let row = (id, &update.city, &update.iban, &update.email, &update.password);
    let set = "UPDATE user SET city = ?2, iban = ?3, email = ?4, password = ?5 WHERE id = ?1";
    assert_eq!(database().execute(set, row), Ok(1));
}

#[audited(
    action = "UpdateUser",
    target(User, id = id),
    changes(before = load(*id), after = load_later(*id).await)
)]
async fn update_user(id: Path<i64>, body: Json<Update>) -> actix_web::Result<HttpResponse> {
    if load(*id).is_none() {
        return Err(error::ErrorNotFound("no such user"));
    }
    update(*id, &body);
    if body.city == "Bonn" {
        deny("not_in_bonn");
    }
    if body.city == "Köln" {
        return Err(error::ErrorConflict("full"));
    }
    Ok(HttpResponse::NoContent().finish())
}

fn routes(config: &mut ServiceConfig) {
    config.route("/users/{id}", web::put().to(update_user));
}

/// Sends an update to a service of its own, and answers with the status and the action's record.
fn put(id: i64, body: &Value) -> (u16, Value) {
    let server = ActixServer::recording(Trail::new(), AuditMiddleware::new(), routes);
    let answer = request(server.address, &format!("PUT /users/{id}"), &[JSON], &body.to_string());
    let records = server.finish();
    let action = records.0.iter().find(|record| record["action"] == "UpdateUser");
    (status(&answer), action.unwrap().clone())
}

fn moved(city: &str) -> Value {
    json!({ "city": city, "iban": "DE02120300000000202051", "email": "ada@example.org",
            "password": format!("{CANARY}-1") })
}

#[test]
fn a_row_before_and_after_an_actix_handler() {
    insert(1);
    let body = json!({ "city": "Rom", "iban": "DE02100500000054542051",
                       "email": "grace@example.org", "password": format!("{CANARY}-2") });
    let (code, record) = put(1, &body);
    assert_eq!((code, &record["outcome"]), (204, &json!("success")));
    assert_eq!(record["changes"][0], json!({ "path": "city", "old": "Ulm", "new": "Rom" }));
    // Another number with the same last digits: that it changed is told, and nothing else.
    assert_eq!(record["changes"][1], json!({ "path": "iban", "masked": true }));
    assert_eq!(record["changes"][3], json!({ "path": "password", "masked": true }));
    let email = &record["changes"][2];
    let pseudonym = |side: &str| email[side].as_str().unwrap().split_once(':').unwrap().1.len();
    assert_eq!(
        (email["path"].as_str(), pseudonym("old"), pseudonym("new")),
        (Some("email"), 22, 22)
    );
    assert_ne!(email["old"], email["new"]);
    assert_eq!(record["changes"].as_array().unwrap().len(), 4);
    let hidden = ["changes.iban", "changes.email", "changes.password"];
    assert_eq!(record["redaction"]["fields"], json!(hidden));
    assert!(record.get("truncated").is_none());
    for clear in [CANARY, "example.org", "DE02"] {
        assert!(!record.to_string().contains(clear), "{record}");
    }
}

#[test]
fn what_did_not_change_and_what_did_not_succeed_has_no_changes() {
    for (id, city, code, outcome) in
        [(2, "Ulm", 204, "success"), (3, "Bonn", 204, "denied"), (4, "Köln", 409, "failure")]
    {
        insert(id);
        let (answer, record) = put(id, &moved(city));
        assert_eq!((answer, record["outcome"].as_str()), (code, Some(outcome)));
        assert!(record.get("changes").is_none(), "{record}");
        assert!(record.get("redaction").is_none(), "{record}");
    }
    let (answer, record) = put(-1, &moved("Rom"));
    assert_eq!((answer, record.get("changes")), (404, None));
}

/// A response whose status nobody knows before it is made.
struct Answer(StatusCode);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

#[audited(action = "MoveUser", target(User, id = id), changes(before = load(id), after = load(id)))]
async fn move_user(extract::Path(id): extract::Path<i64>, city: String) -> impl IntoResponse {
    match load(id) {
        None => Answer(StatusCode::NOT_FOUND),
        Some(user) => {
            let set = "UPDATE user SET city = ?2 WHERE id = ?1";
            assert_eq!(database().execute(set, (user.id, &city)), Ok(1));
            Answer(if city == "Bonn" { StatusCode::FORBIDDEN } else { StatusCode::OK })
        }
    }
}

#[audited(action = "DeleteUsers", target(Table, id = "user"))]
async fn delete_users(from: extract::Path<i64>) -> Result<String, StatusCode> {
    let mut changes = ChangeSet::bulk("User");
    let database = database();
    let mut ids = database.prepare("SELECT id FROM user WHERE id >= ?1 ORDER BY id").unwrap();
    for id in ids.query_map([*from], |row| row.get::<_, i64>(0)).unwrap() {
        let id = id.unwrap();
        let what = if id % 1000 == 0 { "skipped" } else { "deleted" };
        changes.done(what, id);
    }
    let deletes = "DELETE FROM user WHERE id >= ?1 AND id % 1000 != 0";
    let count = database.execute(deletes, [*from]).unwrap();
    set_changes(changes);
    Ok(count.to_string())
}

#[audited(action = "BlockUser", target(User, id = *id), changes(before = load(*id), after = ret.0))]
async fn block_user(id: extract::Path<i64>) -> Result<(Option<User>, ()), StatusCode> {
    let mut user = load(*id).ok_or(StatusCode::NOT_FOUND)?;
    "-".clone_into(&mut user.city);
    Ok((Some(user), ()))
}

fn router() -> Router {
    let block = |id: extract::Path<i64>| async { block_user(id).await.map(|_| ()) };
    Router::new()
        .route("/users/{id}/city", patch(move_user))
        .route("/users/{id}", delete(delete_users))
        .route("/users/{id}/block", patch(block))
}

fn axum(line: &str, body: &str) -> (u16, Value) {
    let server = AxumServer::recording(Trail::new(), AuditLayer::new(), router());
    let answer = request(server.address, line, &[], body);
    let records = server.finish();
    let action = records.0.iter().find(|record| record["category"] == "activity");
    (status(&answer), action.unwrap().clone())
}

#[test]
fn a_row_before_and_after_an_axum_handler_whose_response_tells_the_outcome() {
    insert(10);
    let (code, record) = axum("PATCH /users/10/city", "Rom");
    assert_eq!((code, &record["outcome"]), (200, &json!("success")));
    assert_eq!(record["changes"], json!([{ "path": "city", "old": "Ulm", "new": "Rom" }]));
    let (code, record) = axum("PATCH /users/10/city", "Bonn");
    assert_eq!((code, &record["outcome"], record.get("changes")), (403, &json!("denied"), None));
    let (code, record) = axum("PATCH /users/-1/city", "Rom");
    assert_eq!((code, record.get("changes")), (404, None));
}

#[test]
fn what_the_function_returned_is_what_is_there_afterwards() {
    insert(11);
    let (code, record) = axum("PATCH /users/11/block", "");
    assert_eq!(code, 200);
    assert_eq!(record["changes"], json!([{ "path": "city", "old": "Ulm", "new": "-" }]));
    let (code, record) = axum("PATCH /users/-1/block", "");
    assert_eq!(
        (code, record["outcome"].as_str(), record.get("changes")),
        (404, Some("error"), None)
    );
}

#[test]
fn twelve_thousand_deleted_rows_are_one_bounded_record() {
    {
        let mut database = database();
        let rows = database.transaction().unwrap();
        for id in 1_000_001..=1_012_000 {
            rows.execute("INSERT INTO user VALUES (?1, '', '', '', '')", [id]).unwrap();
        }
        rows.commit().unwrap();
    }
    let (code, record) = axum("DELETE /users/1000001", "");
    let bulk = &record["bulk"][0];
    assert_eq!((code, &bulk["type"], &bulk["total"]), (200, &json!("User"), &json!(12_000)));
    assert_eq!(bulk["counts"], json!({ "deleted": 11_988, "skipped": 12 }));
    let first: Vec<String> = (1_000_001..=1_000_032).map(|id| id.to_string()).collect();
    assert_eq!(bulk["first"], json!(first));
    // `seq 1000001 1012000 | sha256sum`
    let digest = "fd98ace03b4e37579be5be14e951cc430529c3859542de1f6538a118b38f7f5e";
    assert_eq!(bulk["sha256"], digest);
    assert_eq!(record["truncated"], json!(["bulk"]));
    assert!(record.to_string().len() < 4096);
}
