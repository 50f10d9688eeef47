//! The layer around a service of tower that is no axum: what it tells of route, peer and errors.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::task::{Context, Poll};

use audit_runtime::{AuditLayer, Peer, RouteTemplate};
use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::Value;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Trail, block_on, only};

/// A router of its own kind: it knows a route, and fails where it knows none.
#[derive(Clone)]
struct Router;

#[derive(Debug)]
struct NoRoute;

impl Service<Request<Body>> for Router {
    type Response = Response<Body>;
    type Error = NoRoute;
    type Future = Ready<Result<Response<Body>, NoRoute>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoRoute>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() != "/users/7" {
            return ready(Err(NoRoute));
        }
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(RouteTemplate("/users/{id}".into()));
        ready(Ok(response))
    }
}

fn ask(request: Request<Body>) -> (bool, Value) {
    let trail = Trail::new();
    let mut service = AuditLayer::new().recorder(&trail.recorder).layer(Router);
    let answered = block_on(async { service.call(request).await.is_ok() });
    (answered, only(trail.records()))
}

#[test]
fn a_router_tells_the_route_and_a_server_the_peer() {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = "/users/7?token=secret".parse().unwrap();
    let peer: SocketAddr = "192.0.2.7:4000".parse().unwrap();
    request.extensions_mut().insert(Peer::Address(peer));
    let (answered, record) = ask(request);
    assert!(answered);
    assert_eq!(record["http"]["route"], "/users/{id}");
    assert_eq!(record["origin"]["ip"], "192.0.2.7");
    assert_eq!(record["outcome"], "success");
    assert!(!record.to_string().contains("secret"));
}

#[test]
fn an_error_in_place_of_an_answer_is_an_error() {
    let (answered, record) = ask(Request::new(Body::empty()));
    assert!(!answered);
    assert_eq!(record["outcome"], "error");
    assert!(record["http"].get("status").is_none());
    // Nobody says whence it came.
    assert!(record.get("origin").is_none());
}
