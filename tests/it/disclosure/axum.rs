//! Responses of a real axum server, and what its extractors say of input that they refuse.

use std::net::SocketAddr;
use std::sync::mpsc;

use audit_runtime::{Disclosed, Sensitive, disclose};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{CANARY, INSIDE, NewKey, OUTSIDE};
use crate::web::client::{header, request, status};

fn routes() -> Router {
    Router::new()
        .route("/json", get(|| async { Disclosed(Json(NewKey::new())) }))
        .route("/tuple", get(|| async { Disclosed((StatusCode::CREATED, Json(NewKey::new()))) }))
        .route("/result", get(result))
        .route("/form", get(|| async { Disclosed(Form(NewKey::new())) }))
        .route("/forgotten", get(|| async { Json(NewKey::new()) }))
        .route("/logging", get(logging))
        .route("/streamed", get(|| async { Disclosed(streamed(|item| disclose(|| bytes(item)))) }))
        .route("/streamed-forgotten", get(|| async { Disclosed(streamed(bytes)) }))
        .route("/login", post(|_: Json<Login>| async { "here" }))
        .route("/login-plain", post(|_: Json<PlainLogin>| async { "here" }))
        .route("/login-echoed", post(|_: Json<EchoedLogin>| async { "here" }))
}

async fn result() -> Result<Disclosed<Json<NewKey>>, StatusCode> {
    Ok(Disclosed(Json(NewKey::new())))
}

/// Logs its answer, by a header that the test sees, before and after it waits.
async fn logging() -> impl IntoResponse {
    let key = NewKey::new();
    let before = serde_json::to_string(&key).unwrap();
    tokio::task::yield_now().await;
    let after = serde_json::to_string(&key).unwrap();
    Disclosed(([("x-log", before + &after)], Json(key)))
}

/// A body whose items are serialized by `write` one by one, each when the server asks for it.
fn streamed(write: fn(&NewKey) -> Bytes) -> Response {
    let items = stream::iter([NewKey::new(), NewKey::new()]);
    let items = items.map(move |item| Ok::<_, std::io::Error>(write(&item)));
    Body::from_stream(items).into_response()
}

fn bytes(item: &NewKey) -> Bytes {
    (serde_json::to_string(item).unwrap() + "\n").into()
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the fields are there to be refused")]
struct Login {
    user: u32,
    pin: Sensitive<u32>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the fields are there to be refused")]
struct PlainLogin {
    user: u32,
    #[serde(deserialize_with = "audit_runtime::withheld")]
    pin: u32,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the fields are there to be refused")]
struct EchoedLogin {
    user: u32,
    pin: u32,
}

/// Runs `client` while a server answers on a port of its own.
fn serve<R>(client: impl FnOnce(SocketAddr) -> R) -> R {
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let server = axum::serve(listener, routes());
            server.with_graceful_shutdown(async { _ = stopped.await }).await.unwrap();
        });
    });
    let output = client(told.recv().unwrap());
    drop(stop);
    server.join().unwrap();
    output
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn disclosed_responses_are_clear_and_others_are_not() {
    serve(|address| {
        let ask = |path: &str| request(address, &format!("GET {path}"), &[], "");
        for (path, code) in [("/json", 200), ("/tuple", 201), ("/result", 200)] {
            let answer = ask(path);
            assert_eq!((status(&answer), body(&answer)), (code, INSIDE), "{path}");
        }
        assert_eq!(body(&ask("/form")), "id=7&api_key=c4n4ry&recovery_code=c4n4ry");
        assert_eq!(body(&ask("/forgotten")), OUTSIDE);
        let logging = ask("/logging");
        assert_eq!(body(&logging), INSIDE);
        assert_eq!(header(&logging, "x-log"), Some(OUTSIDE.repeat(2).as_str()));
    });
}

#[test]
fn items_of_a_stream_are_disclosed_one_by_one_or_not_at_all() {
    serve(|address| {
        let clear = request(address, "GET /streamed", &[], "");
        assert_eq!(clear.matches(INSIDE).count(), 2, "{clear}");
        let forgotten = request(address, "GET /streamed-forgotten", &[], "");
        assert_eq!(forgotten.matches(OUTSIDE).count(), 2, "{forgotten}");
        assert!(!forgotten.contains(CANARY));
    });
}

#[test]
fn extractors_do_not_echo_what_a_sensitive_field_refuses() {
    serve(|address| {
        let send = |path: &str| {
            let json = r#"{"user":1,"pin":"c4n4ry"}"#;
            request(address, &format!("POST {path}"), &["content-type: application/json"], json)
        };
        for path in ["/login", "/login-plain"] {
            let answer = send(path);
            assert_eq!(status(&answer), 422, "{answer}");
            assert!(!answer.contains(CANARY), "{path}: {answer}");
        }
        assert!(send("/login-echoed").contains(CANARY), "axum no longer echoes");
    });
}
