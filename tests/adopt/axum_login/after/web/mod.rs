//! The routes, in groups by what they ask of a user.

mod auth;
mod error;
mod items;
mod users;

use axum::Router;
use axum_login::tower_sessions::{MemoryStore, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, login_required, permission_required};

use super::users::Backend;

pub fn router(backend: Backend) -> Router {
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    let auth = AuthManagerLayerBuilder::new(backend.clone(), sessions).build();
    Router::new()
        .merge(users::routes().route_layer(permission_required!(Backend, "users.manage")))
        .merge(items::management().route_layer(permission_required!(Backend, "items.manage")))
        .merge(items::routes())
        .route_layer(login_required!(Backend, login_url = "/login"))
        .merge(auth::routes())
        .layer(audit_runtime::ActorLayer::new(audit_runtime::LoginActor::<Backend>::new()))
        .layer(auth)
        .layer(audit_runtime::AuditLayer::new())
        .with_state(backend)
}
