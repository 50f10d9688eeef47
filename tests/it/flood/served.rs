//! The flooded service, on actix-web and on axum.

use std::net::SocketAddr;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use audit_runtime::{self as audit, Actor, AuditMiddleware, Authenticated, Event, audited};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::support::Trail;
use crate::web::server::Records;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Framework {
    Actix,
    Axum,
}

pub(crate) const FRAMEWORKS: [Framework; 2] = [Framework::Actix, Framework::Axum];

/// A running service of either framework.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stop: Box<dyn FnOnce() -> Records>,
}

impl Served {
    pub(crate) fn finish(self) -> Records {
        (self.stop)()
    }
}

pub(super) fn serve(framework: Framework, trail: Trail, audit: AuditMiddleware) -> Served {
    serve_routes(framework, trail, audit, routes, router())
}

/// Serves these routes of actix-web, or those of axum.
pub(crate) fn serve_routes(
    framework: Framework,
    trail: Trail,
    audit: AuditMiddleware,
    routes: fn(&mut ServiceConfig),
    router: Router,
) -> Served {
    match framework {
        Framework::Actix => {
            let server = crate::web::server::Server::recording(trail, audit, routes);
            Served { address: server.address, stop: Box::new(move || server.finish()) }
        }
        Framework::Axum => {
            let server = crate::tower::server::Server::recording(trail, audit, router);
            Served { address: server.address, stop: Box::new(move || server.finish()) }
        }
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/page").route(web::get().to(async || "a page")))
        .route("/me", web::get().to(me))
        .route("/action", web::post().to(close_account))
        .service(
            web::scope("/guarded").wrap(actix_web::middleware::from_fn(reject)).service(guarded),
        )
        .route("/login/{name}", web::post().to(log_in))
        .route("/form/{name}", web::post().to(log_in_by_form));
}

fn router() -> Router {
    Router::new()
        .route("/page", get(async || "a page"))
        .route("/me", get(async || identify()))
        .route("/action", post(axum_close_account))
        .nest(
            "/vault",
            Router::new()
                .route("/open", post(axum_guarded))
                .layer(axum::middleware::from_fn(axum_reject)),
        )
        .route("/login/{name}", post(axum_log_in))
        .route("/form/{name}", post(axum_log_in_by_form))
}

/// What an authentication middleware does.
fn identify() -> &'static str {
    audit::set_actor(Actor::user("42").authenticated(Authenticated::by("session")));
    "me"
}

async fn me() -> &'static str {
    identify()
}

#[audited(action = "CloseAccount")]
async fn close_account() -> impl Responder {
    HttpResponse::Ok()
}

#[audited(action = "CloseAccount")]
async fn axum_close_account() -> StatusCode {
    StatusCode::OK
}

async fn reject(
    _: actix_web::dev::ServiceRequest,
    _: actix_web::middleware::Next<impl actix_web::body::MessageBody>,
) -> Result<actix_web::dev::ServiceResponse, actix_web::Error> {
    Err(actix_web::error::ErrorUnauthorized("who are you?"))
}

async fn axum_reject(_: axum::extract::Request, _: axum::middleware::Next) -> StatusCode {
    StatusCode::UNAUTHORIZED
}

#[audited(action = "OpenVault", route = "POST /guarded/open")]
#[actix_web::post("/open")]
async fn guarded() -> impl Responder {
    HttpResponse::Ok()
}

#[audited(action = "OpenVault", route = "POST /vault/open")]
async fn axum_guarded() -> StatusCode {
    StatusCode::OK
}

/// True if the login is right; of the names only `ada` and `bob` are known.
fn check(name: &str) -> bool {
    match name {
        "ada" => audit::set_actor(Actor::user("1").authenticated(Authenticated::by("password"))),
        "bob" => audit::set_actor(Actor::user("2")),
        other => audit::set_actor(Actor::unknown_user(other)),
    }
    if name != "ada" {
        audit::fail("wrong_credentials");
    }
    name == "ada"
}

#[audited(action = "Login", category = authentication)]
async fn log_in(name: web::Path<String>) -> HttpResponse {
    match check(&name) {
        true => HttpResponse::NoContent().finish(),
        false => HttpResponse::Unauthorized().finish(),
    }
}

#[audited(action = "Login", category = authentication)]
async fn axum_log_in(name: axum::extract::Path<String>) -> StatusCode {
    match check(&name) {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::UNAUTHORIZED,
    }
}

/// A form sends back to itself whoever mistypes, and records the login by hand.
fn record_by_hand(name: &str) {
    let login = Event::authentication("password");
    drop(audit::record(match check(name) {
        true => login.succeeded(),
        false => login.failed("wrong_credentials"),
    }));
}

async fn log_in_by_form(name: web::Path<String>) -> HttpResponse {
    record_by_hand(&name);
    HttpResponse::SeeOther().insert_header(("location", "/form")).finish()
}

async fn axum_log_in_by_form(name: axum::extract::Path<String>) -> Redirect {
    record_by_hand(&name);
    Redirect::to("/form")
}
