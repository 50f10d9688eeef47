//! Sources of an application's own, and delegation by hand.

use std::pin::Pin;

use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use audit_runtime::{
    Actor, ActorLayer, ActorMiddleware, ActorSource, Authenticated, audited, set_session,
};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};

use super::{Routes, books, books_in_axum};
use crate::web::client::request;

/// An assistant that says whom it works for; a proxy has checked both headers.
fn delegated(header: impl Fn(&str) -> Option<String>) -> Option<Actor> {
    set_session(header("x-conversation")?);
    let assistant = Actor::agent(header("x-agent")?).authenticated(Authenticated::by("proxy"));
    Some(assistant.on_behalf_of(Actor::user(header("x-user")?).named("ada")))
}

fn in_actix(request: &HttpRequest) -> Option<Actor> {
    delegated(|name| Some(request.headers().get(name)?.to_str().ok()?.to_owned()))
}

fn in_axum(parts: &Parts) -> Option<Actor> {
    delegated(|name| Some(parts.headers.get(name)?.to_str().ok()?.to_owned()))
}

fn routes(config: &mut ServiceConfig) {
    config.service(web::scope("").wrap(ActorMiddleware::new(in_actix)).configure(books));
}

#[test]
fn a_function_tells_who_acts_for_whom() {
    let headers = ["x-agent: assistant", "x-user: 7", "x-conversation: conversation-canary"];
    let in_axum = books_in_axum().layer(ActorLayer::new(in_axum));
    for routes in [Routes::Actix(routes), Routes::Axum(in_axum)] {
        let journal = routes.serve(|client| {
            client.ask("GET /books", &[], 200);
            client.ask("DELETE /books", &headers, 403);
        });
        let nobody = ["ListBooks success anonymous", "200 success anonymous"];
        let assistant = ["BurnBooks denied agent:assistant", "403 denied agent:assistant"];
        assert_eq!(journal.told(), [nobody, assistant].concat());
        let record = journal.of("BurnBooks");
        let ada = serde_json::json!([{"type": "user", "id": "7", "name": "ada"}]);
        assert_eq!(record["actor"]["on_behalf_of"], ada);
        assert!(record["session"].is_string() && !journal.says("conversation-canary"));
    }
}

/// It keeps the request while it waits.
struct Patient;

impl ActorSource<HttpRequest> for Patient {
    type Answer = Pin<Box<dyn Future<Output = Option<Actor>>>>;

    fn actor(&self, request: &HttpRequest) -> Self::Answer {
        let request = request.clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            Some(Actor::user(request.headers().get("x-user")?.to_str().ok()?.to_owned()))
        })
    }
}

fn patient(config: &mut ServiceConfig) {
    let scope = web::scope("").wrap(ActorMiddleware::new(Patient));
    config.service(scope.route("/books/{id}", web::put().to(edit_book)));
}

#[audited(action = "EditBook", target(Book, id = id))]
async fn edit_book(id: Path<u32>) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

#[test]
fn a_source_may_keep_the_request_until_it_answers() {
    let journal = Routes::Actix(patient).serve(|client| {
        client.ask("PUT /books/3", &["x-user: 7"], 204);
    });
    assert_eq!(journal.told(), ["EditBook success user:7", "204 success user:7"]);
    assert_eq!(journal.of("EditBook")["targets"][0]["id"], "3");
}

#[test]
fn of_several_sources_the_innermost_that_knows_somebody_counts() {
    let user =
        |parts: &Parts| Some(Actor::user(parts.headers.get("x-user")?.to_str().ok()?.to_owned()));
    let routes = books_in_axum()
        .layer(ActorLayer::new(user))
        .layer(ActorLayer::new(|_: &Parts| Some(Actor::service("gateway"))));
    let journal = Routes::Axum(routes).serve(|client| {
        client.ask("GET /books", &["x-user: 7"], 200);
        client.ask("DELETE /books", &[], 403);
    });
    assert_eq!(journal.told()[0], "ListBooks success user:7");
    assert_eq!(journal.told()[2], "BurnBooks denied service:gateway");
}

async fn forbid(_: Request, _: Next) -> StatusCode {
    StatusCode::FORBIDDEN
}

#[test]
fn what_is_refused_before_the_handler_names_its_actor() {
    let routes = books_in_axum().layer(from_fn(forbid)).layer(ActorLayer::new(in_axum));
    let journal = Routes::Axum(routes).serve(|client| {
        client.ask("GET /books", &["x-agent: assistant", "x-user: 7", "x-conversation: c"], 403);
    });
    assert_eq!(journal.told(), ["403 denied agent:assistant"]);
}

fn panicking(config: &mut ServiceConfig) {
    let source = ActorMiddleware::new(|_: &HttpRequest| panic!("panic-canary"));
    config.service(web::scope("").wrap(source).configure(books));
}

#[test]
fn a_source_that_panics_leaves_the_record_of_a_panic() {
    let in_axum = books_in_axum().layer(ActorLayer::new(|_: &Parts| panic!("panic-canary")));
    for routes in [Routes::Actix(panicking), Routes::Axum(in_axum)] {
        let journal = routes.serve(|client| {
            assert_eq!(request(client.0, "GET /books", &[], ""), "");
        });
        assert_eq!(journal.told(), ["HttpRequest panic anonymous"]);
        assert!(!journal.says("panic-canary"));
    }
}
