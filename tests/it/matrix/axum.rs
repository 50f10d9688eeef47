//! The service with axum: its server, its routes and its layers.

use std::net::SocketAddr;

use audit_runtime::AuditLayer;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router as Routes};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::{spawn, spawn_blocking};
use tokio::time::timeout;

use super::process;
use super::service::{self, LIMIT, Over, STOP};
use super::shapes::{ANSWER, Done, shapes};

type Answer = Response;
type Failure = (StatusCode, String);

shapes!(queued synced write_ahead);

/// Serves until told to stop, and gives the runtime in which what could not be finished runs on, unless
/// that has to be dropped, too.
pub(super) fn serve() -> Option<Runtime> {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = routes().into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, app).with_graceful_shutdown(service::told_to_stop());
        let server = spawn(server.into_future());
        process::announce(address);
        service::told_to_stop().await;
        // axum itself would wait for its requests as long as they take.
        assert!(timeout(STOP, server).await.is_err(), "nothing was left unfinished");
    });
    if service::must_drop() {
        runtime.shutdown_background();
        return None;
    }
    Some(runtime)
}

fn routes() -> Routes {
    let all = || shapes().fold(no_routes(), |all, (path, routes)| all.nest(path, routes));
    let recorded = |routes: Routes| routes.layer(AuditLayer::new()).layer(from_fn(watch));
    no_routes()
        .route("/open", get(service::open))
        .route("/stop", post(service::stop))
        .route("/drop", post(service::stop_and_drop))
        .route("/hold", post(service::hold))
        .nest("/hasty", recorded(all().layer(from_fn(limit))))
        .nest("/patient", recorded(all()))
}

/// The layer that gives requests up.
async fn limit(request: Request, next: Next) -> Result<Response, Failure> {
    let answer = timeout(LIMIT, next.run(request)).await;
    answer.map_err(|_| (StatusCode::GATEWAY_TIMEOUT, "it took too long".to_owned()))
}

/// Tells when a request is over.
async fn watch(request: Request, next: Next) -> Response {
    let id = request.headers().get("x-correlation-id");
    let _over = Over::of(id.map(|id| id.as_bytes()));
    next.run(request).await
}

fn no_routes() -> Routes {
    Routes::new()
}

fn answered(status: u16) -> Answer {
    (StatusCode::from_u16(status).unwrap(), ANSWER).into_response()
}

fn broken(error: String) -> Failure {
    (StatusCode::INTERNAL_SERVER_ERROR, error)
}

async fn on_thread(work: impl FnOnce() -> Done + Send + 'static) -> Done {
    spawn_blocking(work).await.unwrap_or_else(|panicked| Err(panicked.to_string()))
}

async fn in_task(work: impl Future<Output = Done> + Send + 'static) -> Done {
    spawn(work).await.unwrap_or_else(|panicked| Err(panicked.to_string()))
}
