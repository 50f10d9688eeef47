//! Middleware that is audited itself tells who asks: neither that a handler began, nor what it did.

use std::future::Future;
use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use audit_consumers::detect::{Detector, Engine, Observed, Rules, StateKey};
use audit_runtime::testing::Trail;
use audit_runtime::{
    Actor, AuditLayer, AuditMiddleware, Category, Event, Target, assert_audited,
    assert_not_audited, audited, record, run_as,
};
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, post};
use tokio::sync::oneshot;

use super::{ADMIN, ANYBODY, GUEST, REASON, ask};

#[audited(action = "CheckToken", category = authentication, on_unrecorded = fail_open)]
async fn check_token(who: &str) -> Result<(), &'static str> {
    match who {
        "nobody" => Err("no token"),
        _ => Ok(()),
    }
}

/// What both frameworks' middleware does for each request: the status of its denial, if it denies.
async fn admit(who: &str) -> Option<u16> {
    if check_token(who).await.is_err() {
        return Some(401);
    }
    let asked = Event::authorization(Target::new("Service", "notes"), "EnterService");
    match who {
        "guest" => {
            drop(record(asked.denied("guests_stay_out")));
            Some(403)
        }
        _ => {
            drop(record(asked.allowed()));
            None
        }
    }
}

#[audited(action = "PurgeNote", on_unrecorded = fail_open, target(Note, id = id), route = "DELETE /inside/purged/{id}")]
async fn purge(id: u32) {}

#[audited(action = "KeepNote", on_unrecorded = fail_open, target(Note, id = id))]
async fn keep(id: u32) {}

/// Somebody else does it, and the request is denied all the same.
async fn purge_as_service() {
    run_as(Actor::service("cleaner"), purge(7)).await;
}

async fn keep_as_service() {
    run_as(Actor::service("keeper"), keep(7)).await;
}

#[audited(action = "DeleteInside", target(Note, id = id), route = "DELETE /inside/notes/{id}")]
async fn delete_note(id: Path<u32>) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

// Its route is that of the other one.
#[audited(action = "DeleteInside", target(Note, id = id))]
async fn axum_delete_note(axum::extract::Path(id): axum::extract::Path<u32>) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Nothing tells the route that leads here.
#[audited(action = "LogInInside", category = authentication)]
async fn log_in() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

#[audited(action = "OpenSession", category = authentication, route = "POST /inside/session")]
async fn open_session() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

#[audited(action = "LogInInside", category = authentication)]
async fn axum_log_in() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn save() -> HttpResponse {
    HttpResponse::Ok().finish()
}

fn routes(config: &mut ServiceConfig) {
    let forbidden = async || {
        purge_as_service().await;
        HttpResponse::Forbidden().finish()
    };
    let kept = async || {
        keep_as_service().await;
        HttpResponse::Ok().finish()
    };
    config
        .route("/inside/notes/{id}", web::delete().to(delete_note))
        .route("/inside/login", web::post().to(log_in))
        .route("/inside/session", web::post().to(open_session))
        .route("/inside/plain", web::post().to(save))
        .route("/inside/other", web::put().to(save))
        .route("/inside/purged/{id}", web::delete().to(forbidden))
        .route("/inside/kept", web::post().to(kept));
}

fn router(trail: &Trail) -> Router {
    let purged = async || {
        purge_as_service().await;
        StatusCode::FORBIDDEN
    };
    let kept = async || keep_as_service().await;
    Router::new()
        .route("/inside/notes/{id}", delete(axum_delete_note))
        .route("/inside/login", post(axum_log_in))
        .route("/inside/session", post(axum_log_in))
        .route("/inside/plain", post(StatusCode::CREATED))
        .route("/inside/other", axum::routing::put(StatusCode::CREATED))
        .route("/inside/purged/{id}", delete(purged))
        .route("/inside/kept", post(kept))
        .layer(axum::middleware::from_fn(axum_check))
        .layer(AuditLayer::new().recorder(trail.recorder()))
}

async fn axum_check(
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let who = request.headers().get("x-as").and_then(|who| who.to_str().ok()).unwrap_or_default();
    match admit(who).await {
        Some(status) => StatusCode::from_u16(status).unwrap().into_response(),
        None => next.run(request).await,
    }
}

async fn check(
    request: ServiceRequest,
    next: actix_web::middleware::Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let who = request.headers().get("x-as").and_then(|who| who.to_str().ok()).unwrap_or_default();
    match admit(who).await {
        Some(status) => {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap();
            let answer = HttpResponse::build(status).finish();
            Ok(request.into_response(answer).map_into_right_body())
        }
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

/// What both services leave in a trail when they are asked for these in turn, and the statuses.
fn serve(requests: &[(&str, &str)]) -> [(Trail, Vec<u16>); 2] {
    let trails = [Trail::new(), Trail::new()];
    let audit = AuditMiddleware::new().recorder(trails[0].recorder());
    let app = move || App::new().configure(routes).wrap(from_fn(check)).wrap(audit.clone());
    let actix = run(requests, |tell, stopped| async move {
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let running = server.handle();
        tell.send(address).unwrap();
        actix_web::rt::spawn(async move {
            drop(stopped.await);
            running.stop(true).await;
        });
        server.await.unwrap();
    });
    let app = router(&trails[1]);
    let axum = run(requests, |tell, stopped| async move {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        tell.send(listener.local_addr().unwrap()).unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let stopped = async { stopped.await.unwrap_or_default() };
        axum::serve(listener, app).with_graceful_shutdown(stopped).await.unwrap();
    });
    let [first, second] = trails;
    [(first, actix), (second, axum)]
}

fn run<F: Future<Output = ()>>(
    requests: &[(&str, &str)],
    server: impl FnOnce(std::sync::mpsc::Sender<SocketAddr>, oneshot::Receiver<()>) -> F
    + Send
    + 'static,
) -> Vec<u16> {
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(server(tell, stopped));
    });
    let statuses = ask(told.recv().unwrap(), requests);
    stop.send(()).unwrap();
    thread.join().unwrap();
    statuses
}

#[test]
fn what_middleware_records_hides_no_blocked_action() {
    for (trail, statuses) in
        serve(&[("DELETE /inside/notes/7", GUEST), ("DELETE /inside/notes/7", super::NOBODY)])
    {
        assert_eq!(statuses, [403, 401]);
        assert_audited!(
            trail,
            action = "DeleteInside",
            reason = REASON,
            outcome = denied,
            count = 2
        );
    }
}

#[test]
fn what_middleware_records_hides_no_unaudited_route() {
    for (trail, statuses) in serve(&[
        ("POST /inside/plain", ANYBODY),
        ("POST /inside/login", ANYBODY),
        ("PUT /inside/other", ANYBODY),
        ("DELETE /inside/notes/7", ADMIN),
    ]) {
        assert!(statuses.iter().all(|status| (200..300).contains(status)), "{statuses:?}");
        // Of the first the token told, until the second came with it, too.
        assert_eq!(trail.unaudited_routes(), ["POST /inside/plain", "PUT /inside/other"]);
        assert_audited!(trail, action = "CheckToken", count = 4);
    }
}

#[test]
fn what_the_handler_has_done_as_somebody_else_it_has_done() {
    for (trail, statuses) in
        serve(&[("DELETE /inside/purged/7", ADMIN), ("POST /inside/kept", ADMIN)])
    {
        assert_eq!(statuses, [403, 200]);
        assert_audited!(trail, action = "PurgeNote", actor = "service:cleaner", count = 1);
        assert_audited!(trail, action = "KeepNote", actor = "service:keeper", count = 1);
        assert_not_audited!(trail, reason = REASON);
        trail.assert_routes_audited();
    }
}

#[test]
fn a_blocked_login_is_a_denial_and_no_failed_login() {
    for (trail, statuses) in serve(&[("POST /inside/session", GUEST); 10]) {
        assert_eq!(statuses, [403; 10]);
        let mut engine = Engine::new(Rules::builtin(), StateKey::random().unwrap());
        let (mut findings, mut blocked) = (Vec::new(), 0);
        for record in trail.records().iter().filter(|record| record.action == "OpenSession") {
            assert!(record.is_blocked() && record.category == Category::Authentication);
            let observed = Observed::of(record).unwrap();
            assert_eq!(observed.category, Some(Category::Authorization));
            engine.observe(&observed, &mut findings);
            blocked += 1;
        }
        assert_eq!(blocked, 10);
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule.to_string()).collect();
        assert!(
            !rules.iter().any(|rule| rule.starts_with("bf_") || rule == "spray_ip"),
            "{rules:?}"
        );
    }
}
