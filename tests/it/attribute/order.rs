//! The attribute above, below and between other attributes.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, Responder, get, post, route, routes};
use async_trait::async_trait;
use audit_runtime::audited;
use tracing::instrument;

use super::Failure;
use crate::support::{block_on, run, summary};

#[get("/a")]
#[audited(action = "GetBelow")]
async fn below() -> impl Responder {
    HttpResponse::Ok()
}

#[audited(action = "GetAbove")]
#[get("/b")]
async fn above() -> impl Responder {
    HttpResponse::Ok()
}

#[post("/c")]
#[instrument(skip_all)]
#[audited(action = "PostBelow")]
async fn stacked_below() -> HttpResponse {
    HttpResponse::Forbidden().finish()
}

#[audited(action = "PostAbove")]
#[post("/d")]
#[instrument(skip_all)]
async fn stacked_above() -> HttpResponse {
    HttpResponse::Forbidden().finish()
}

#[audited(action = "RouteAbove")]
#[route("/e", method = "GET", method = "POST")]
async fn route_above() -> impl Responder {
    HttpResponse::Ok()
}

#[routes]
#[get("/f")]
#[get("/g")]
#[audited(action = "RoutesBelow")]
async fn routes_below() -> impl Responder {
    HttpResponse::Ok()
}

#[audited(action = "RoutesAbove")]
#[routes]
#[get("/h")]
#[post("/i")]
async fn routes_above() -> impl Responder {
    HttpResponse::Ok()
}

#[routes]
#[get("/j")]
#[audited(action = "RoutesBetween")]
#[post("/k")]
async fn routes_between() -> impl Responder {
    HttpResponse::Ok()
}

#[test]
fn actix_routes() {
    let (_, records) = run(async {
        let app = App::new().service(below).service(above);
        let app = app.service(stacked_below).service(stacked_above).service(route_above);
        let app = app.service(routes_below).service(routes_above).service(routes_between);
        let app = init_service(app).await;
        for path in ["/a", "/b", "/e", "/f", "/g", "/h", "/j"] {
            let answer = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert!(answer.status().is_success(), "{path}");
        }
        for path in ["/c", "/d", "/e", "/i", "/k"] {
            let answer = call_service(&app, TestRequest::post().uri(path).to_request()).await;
            assert_ne!(answer.status(), 404, "{path}");
        }
    });
    let expected = [
        "GetBelow success",
        "GetAbove success",
        "RouteAbove success",
        "RoutesBelow success",
        "RoutesBelow success",
        "RoutesAbove success",
        "RoutesBetween success",
        "PostBelow denied",
        "PostAbove denied",
        "RouteAbove success",
        "RoutesAbove success",
        "RoutesBetween success",
    ];
    assert_eq!(summary(&records), expected);
}

#[instrument(skip_all, err(Debug), ret)]
#[audited(action = "TraceBelow", target(Text, id = text))]
async fn traced_below(text: &str) -> Result<usize, Failure> {
    text.parse().map_err(|_| Failure::Broken)
}

#[audited(action = "TraceAbove", target(Text, id = text))]
#[instrument(skip_all, err(Debug), ret)]
async fn traced_above(text: &str) -> Result<usize, Failure> {
    text.parse().map_err(|_| Failure::Broken)
}

#[instrument(skip_all, err(Debug), ret)]
#[audited(action = "TracePlainBelow")]
fn plain_below(text: &str) -> Result<usize, Failure> {
    text.parse().map_err(|_| Failure::Broken)
}

#[audited(action = "TracePlainAbove")]
#[instrument(skip_all, err(Debug), ret)]
fn plain_above(text: &str) -> Result<usize, Failure> {
    text.parse().map_err(|_| Failure::Broken)
}

#[test]
fn spans_of_tracing() {
    let (_, records) = run(async {
        let _ = traced_below("1").await;
        let _ = traced_above("x").await;
        let _ = plain_below("x");
        let _ = plain_above("1");
    });
    let expected = [
        "TraceBelow success",
        "TraceAbove error",
        "TracePlainBelow error",
        "TracePlainAbove success",
    ];
    assert_eq!(summary(&records), expected);
    assert_eq!(records[0]["targets"][0]["id"], "1");
}

#[async_trait]
trait Service {
    #[audited(action = "GetDefault")]
    async fn default(&self) -> u8 {
        1
    }

    async fn pair(&self, (x, y): (u8, u8)) -> Result<u8, Failure>;
    async fn change(&mut self, text: &str) -> Result<&u8, Failure>;
    async fn share(self: Arc<Self>, mut count: u8) -> Result<u8, Failure>;
    async fn trace(&self, text: &str) -> Result<usize, Failure>;
    async fn traced(&self, text: &str) -> Result<usize, Failure>;
    async fn nothing(&self);
}

struct Node {
    id: u8,
}

#[async_trait]
impl Service for Node {
    #[audited(action = "AddPair", target(Node, id = self.id), fields(x, y = y + 1))]
    async fn pair(&self, (x, y): (u8, u8)) -> Result<u8, Failure> {
        Ok(x + y + self.id)
    }

    #[audited(action = "ChangeNode", target(Node, id = self.id, name = text))]
    async fn change(&mut self, text: &str) -> Result<&u8, Failure> {
        self.id = text.parse().map_err(|_| Failure::Broken)?;
        Ok(&self.id)
    }

    #[audited(action = "ShareNode", target(Node, id = self.id), fields(count))]
    async fn share(self: Arc<Self>, mut count: u8) -> Result<u8, Failure> {
        count += self.id;
        Ok(count)
    }

    #[audited(action = "TraceNode", target(Node, id = self.id))]
    #[instrument(skip_all, err(Debug))]
    async fn trace(&self, text: &str) -> Result<usize, Failure> {
        text.parse().map_err(|_| Failure::Broken)
    }

    #[instrument(skip_all, err(Debug))]
    #[audited(action = "TraceInNode", target(Node, id = self.id))]
    async fn traced(&self, text: &str) -> Result<usize, Failure> {
        text.parse().map_err(|_| Failure::Broken)
    }

    #[audited(action = "GetNothingOfNode")]
    async fn nothing(&self) {}
}

#[async_trait(?Send)]
trait Local {
    async fn local(&self) -> u8;
}

#[async_trait(?Send)]
impl Local for Node {
    #[audited(action = "GetLocal")]
    async fn local(&self) -> u8 {
        let shared = Rc::new(self.id);
        tokio::task::yield_now().await;
        *shared
    }
}

#[test]
fn methods_of_async_traits() {
    let (_, records) = run(async {
        let mut node = Node { id: 3 };
        assert_eq!(node.default().await, 1);
        assert_eq!(node.pair((1, 2)).await.unwrap(), 6);
        assert_eq!(node.change("4").await.unwrap(), &4);
        assert!(node.change("x").await.is_err());
        assert!(node.trace("x").await.is_err());
        assert!(node.traced("x").await.is_err());
        node.nothing().await;
        assert_eq!(node.local().await, 4);
        assert_eq!(Arc::new(node).share(1).await.unwrap(), 5);
    });
    let expected = [
        "GetDefault success",
        "AddPair success",
        "ChangeNode success",
        "ChangeNode error",
        "TraceNode error",
        "TraceInNode error",
        "GetNothingOfNode success",
        "GetLocal success",
        "ShareNode success",
    ];
    assert_eq!(summary(&records), expected);
    assert_eq!(records[1]["targets"][0]["id"], "3");
    assert_eq!(records[1]["args"], serde_json::json!({ "x": 1, "y": 3 }));
    assert_eq!(records[2]["targets"][0]["id"], "3");
    assert_eq!(records[3]["targets"][0]["id"], "4");
    assert_eq!(records[8]["args"]["count"], 1);
}

#[tokio::main(flavor = "current_thread")]
#[audited(action = "RunMainBelow", on_unrecorded = fail_open)]
async fn main_below() -> u8 {
    1
}

#[audited(action = "RunMainAbove", on_unrecorded = fail_open)]
#[actix_web::main]
async fn main_above() -> u8 {
    2
}

#[tokio::test]
#[audited(action = "TestBelow", on_unrecorded = fail_open)]
async fn tests_of_tokio_below() {
    tokio::task::yield_now().await;
}

#[audited(action = "TestAbove", on_unrecorded = fail_open)]
#[tokio::test]
async fn tests_of_tokio_above() {
    let mut ready = pin!(async { 1 });
    assert_eq!(ready.as_mut().await, 1);
}

#[audited(action = "TestPlain", on_unrecorded = fail_open)]
#[test]
fn tests_without_async() {
    assert_eq!(block_on(async { 1 }), 1);
}

#[test]
fn entry_points() {
    let records = std::thread::spawn(|| {
        let trail = crate::support::Trail::new();
        assert_eq!(trail.recorder.enter(main_below), 1);
        assert_eq!(trail.recorder.enter(main_above), 2);
        trail.records()
    });
    let records = records.join().unwrap();
    assert_eq!(summary(&records), ["RunMainBelow success", "RunMainAbove success"]);
}
