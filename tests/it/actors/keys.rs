//! API keys, which the application looks up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::{self, ServiceConfig};
use audit_runtime::{Actor, ActorLayer, ActorMiddleware, ApiKeyActor, Sensitive};

use super::{Routes, books, books_in_axum};

const KEY: &str = "canary-key-8c1f5a90";

/// The application's table of keys; an answer takes its time.
async fn find(key: Sensitive<String>) -> Option<(String, Actor)> {
    tokio::task::yield_now().await;
    (key.expose() == KEY).then(|| ("key-3".to_owned(), Actor::service("billing")))
}

fn routes(config: &mut ServiceConfig) {
    let keys = ApiKeyActor::header("X-Api-Key", find).unwrap();
    config.service(web::scope("").wrap(ActorMiddleware::new(keys)).configure(books));
}

#[test]
fn a_key_names_its_owner_and_its_id() {
    let keys = ApiKeyActor::header("X-Api-Key", find).unwrap();
    assert_eq!(format!("{keys:?}"), r#"ApiKeyActor { header: "X-Api-Key", .. }"#);
    for routes in
        [Routes::Actix(routes), Routes::Axum(books_in_axum().layer(ActorLayer::new(keys)))]
    {
        let journal = routes.serve(|client| {
            client.ask("GET /books", &[], 200);
            client.ask("GET /books", &["x-api-key: canary-key-wrong"], 200);
            client.ask("DELETE /books", &[&format!("x-api-key: {KEY}")], 403);
        });
        let nobody = ["ListBooks success anonymous", "200 success anonymous"];
        let owner = ["BurnBooks denied service:billing", "403 denied service:billing"];
        assert_eq!(journal.told(), [nobody, nobody, owner].concat());
        let auth = &journal.of("BurnBooks")["actor"]["auth"];
        assert_eq!(*auth, serde_json::json!({"method": "api_key", "credential_id": "key-3"}));
        assert!(!journal.says("canary-key"));
    }
}

#[test]
fn of_two_keys_in_one_request_neither_counts() {
    let keys = ApiKeyActor::header("X-Api-Key", find).unwrap();
    let axum = Routes::Axum(books_in_axum().layer(ActorLayer::new(keys)));
    for routes in [Routes::Actix(routes), axum] {
        let own = format!("x-api-key: {KEY}");
        let journal = routes.serve(|client| {
            client.ask("GET /books", &[&own, "x-api-key: canary-key-wrong"], 200);
            client.ask("GET /books", &[&own, &own], 200);
        });
        let nobody = ["ListBooks success anonymous", "200 success anonymous"];
        assert_eq!(journal.told(), [nobody, nobody].concat());
    }
}

#[test]
fn a_key_that_is_said_to_be_its_own_id_is_not_recorded() {
    let itself = |key: Sensitive<String>| async move {
        Some((key.expose().to_owned(), Actor::service("billing")))
    };
    let keys = ApiKeyActor::header("X-Api-Key", itself).unwrap();
    let routes = Routes::Axum(books_in_axum().layer(ActorLayer::new(keys)));
    let journal = routes.serve(|client| {
        client.ask("DELETE /books", &[&format!("x-api-key: {KEY}")], 403);
    });
    let actor = &journal.of("BurnBooks")["actor"];
    assert_eq!(actor["id"], "billing");
    assert_eq!(actor["auth"], serde_json::json!({"method": "api_key"}));
    assert!(!journal.says("canary-key"));
}

#[test]
fn a_name_that_no_header_has_is_refused() {
    for name in ["x api key", "", "x-api-key:", "x-äpi-key"] {
        let error = ApiKeyActor::header(name, find).map(drop).unwrap_err().to_string();
        assert!(error.contains("cannot be the header of API keys"), "{name}: {error}");
    }
}

#[test]
fn a_bearer_token_is_looked_up_once_whatever_comes_of_it() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let keys = ApiKeyActor::bearer(move |key| {
        count.fetch_add(1, Ordering::Relaxed);
        find(key)
    });
    let routes = Routes::Axum(books_in_axum().layer(ActorLayer::new(keys)));
    let journal = routes.serve(|client| {
        client.ask("GET /books", &[&format!("authorization: bearer {KEY}")], 200);
        client.ask("GET /books", &["authorization: Bearer canary-key-wrong"], 200);
        client.ask("GET /books", &[&format!("authorization: Basic {KEY}")], 200);
        client.ask("GET /books", &["authorization: Bearer "], 200);
    });
    let actors: Vec<_> = journal.records.iter().map(|record| &record["actor"]["type"]).collect();
    assert_eq!(actors[..2], ["service", "service"]);
    assert!(actors[2..].iter().all(|kind| *kind == "anonymous"), "{actors:?}");
    assert_eq!((actors.len(), asked.load(Ordering::Relaxed)), (8, 2));
    assert!(!journal.says("canary-key"));
}
