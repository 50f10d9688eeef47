//! With axum: the layer that denies stands inside the audit layer, behind the router.

use std::net::SocketAddr;
use std::sync::mpsc;

use audit_runtime::testing::Trail;
use audit_runtime::{
    AuditLayer, Connection, Context, Event, Recorder, assert_audited, assert_not_audited, audited,
    deny, record,
};
use axum::Router;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, post};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{ADMIN, ANYBODY, GUEST, NOBODY, SENT_BACK, actions, ask, assert_blocked};

#[audited(
    action = "DeleteListedUser",
    target(User, id = id),
    description = "{target} is deleted",
    severity = high,
    retention = "accounts",
    route = "DELETE /listed/people/{id}",
    route = "DELETE /v1/listed/people/{id}",
    version = 3
)]
async fn delete_user(Path(id): Path<u32>) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Its route is nowhere said.
#[audited(action = "DeleteListedNote", target(Note, id = id))]
async fn delete_note(Path(id): Path<u32>) -> StatusCode {
    StatusCode::NO_CONTENT
}

struct Moderator;

impl<S: Sync> FromRequestParts<S> for Moderator {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Err(StatusCode::FORBIDDEN)
    }
}

#[audited(action = "HideListedPost", route = "POST /listed/hidden")]
async fn hide_post(_: Moderator) -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn authorize(request: Request, next: Next) -> Response {
    match request.headers().get("x-as").and_then(|who| who.to_str().ok()) {
        Some("nobody") => StatusCode::UNAUTHORIZED.into_response(),
        Some("guest") => StatusCode::FORBIDDEN.into_response(),
        Some("sent-back") => {
            deny("session_expired");
            Redirect::to("/login").into_response()
        }
        _ => next.run(request).await,
    }
}

/// Something audited in a task of its own, which takes its request along.
async fn save_elsewhere(recorder: Recorder) -> StatusCode {
    let work =
        Context::current().scope(async { drop(record(Event::activity("Save").succeeded())) });
    tokio::spawn(recorder.scope(work)).await.unwrap();
    StatusCode::OK
}

/// What it opens stays open: of its end nothing is known yet.
async fn open() -> StatusCode {
    let opening = Event::activity("OpenListed");
    std::mem::forget(Connection::open(opening, "CloseListed").await.unwrap());
    StatusCode::OK
}

/// What a service leaves in a trail when it is asked for these in turn, and the statuses.
fn serve(requests: &[(&str, &str)]) -> (Trail, Vec<u16>) {
    let trail = Trail::new();
    let recorder = trail.recorder().clone();
    let app = Router::new()
        .route("/listed/people/{id}", delete(delete_user))
        .route("/listed/notes/{id}", delete(delete_note))
        .route("/listed/hidden", post(hide_post))
        .route("/listed/plain", post(StatusCode::CREATED))
        .route("/listed/elsewhere", post(move || save_elsewhere(recorder)))
        .route("/listed/opened", post(open))
        .route("/waived", post(StatusCode::OK))
        .route("/listed/refused", post(StatusCode::CONFLICT))
        .nest("/v1", Router::new().route("/listed/people/{id}", delete(delete_user)))
        .layer(from_fn(authorize))
        .layer(AuditLayer::new().recorder(trail.recorder()));
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            let stopped = async { stopped.await.unwrap_or_default() };
            axum::serve(listener, app).with_graceful_shutdown(stopped).await.unwrap();
        });
    });
    let statuses = ask(told.recv().unwrap(), requests);
    stop.send(()).unwrap();
    thread.join().unwrap();
    (trail, statuses)
}

#[test]
fn a_denial_before_the_handler_names_the_action_that_it_blocked() {
    for (who, expected) in [(NOBODY, 401), (GUEST, 403), (SENT_BACK, 303)] {
        for (line, route) in [
            ("DELETE /listed/people/7", "/listed/people/{id}"),
            ("DELETE /v1/listed/people/7", "/v1/listed/people/{id}"),
        ] {
            let (trail, statuses) = serve(&[(line, who)]);
            assert_eq!(statuses, [expected], "{who}");
            assert_blocked(&trail, "DeleteListedUser", route, expected);
        }
    }
}

#[test]
fn an_extractor_that_denies_blocks_its_handler() {
    let (trail, statuses) = serve(&[("POST /listed/hidden", ANYBODY)]);
    assert_eq!(statuses, [403]);
    assert_audited!(trail, action = "HideListedPost", outcome = denied, count = 1);
    assert_eq!(actions(&trail).len(), 1);
}

#[test]
fn what_began_or_cannot_be_known_is_not_attributed() {
    let (trail, statuses) = serve(&[
        ("DELETE /listed/people/7", ADMIN),
        ("DELETE /listed/people/nobody", ADMIN),
        ("GET /listed/people/7", ADMIN),
        ("DELETE /missing", NOBODY),
        ("DELETE /listed/notes/7", NOBODY),
    ]);
    // The layers of a router are around its fallback, too.
    assert_eq!(statuses, [204, 400, 405, 401, 401]);
    assert_audited!(trail, action = "DeleteListedUser", outcome = success, count = 1);
    assert_not_audited!(trail, reason = super::REASON);
}

#[test]
fn a_change_without_a_record_is_told_once_for_its_route() {
    let (trail, statuses) = serve(&[
        ("POST /listed/plain", ANYBODY),
        ("POST /listed/plain", ANYBODY),
        ("POST /listed/elsewhere", ANYBODY),
        ("POST /listed/opened", ANYBODY),
        ("POST /waived", ANYBODY),
        ("POST /listed/refused", ANYBODY),
        ("DELETE /listed/notes/7", ADMIN),
        ("POST /listed/people/7", ANYBODY),
    ]);
    assert_eq!(statuses, [201, 201, 200, 200, 200, 409, 204, 405]);
    assert_eq!(trail.unaudited_routes(), ["POST /listed/plain"]);
}
