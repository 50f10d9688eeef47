//! What cannot tell who made a request is no source of actors.

use audit_runtime::ActorLayer;
use axum::Router;
use axum::http::request::Parts;

struct Sessions;

fn main() {
    let _ = Router::<()>::new().layer(ActorLayer::new(Sessions));
    let _ = Router::<()>::new().layer(ActorLayer::new(|_: &Parts| Some("ada")));
}
