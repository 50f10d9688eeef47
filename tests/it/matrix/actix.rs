//! The service with actix-web: its server, its routes and its middleware.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorGatewayTimeout, ErrorInternalServerError};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::{self, time::timeout};
use actix_web::web::{self, Json, ServiceConfig};
use actix_web::{
    App, Error as Failure, FromRequest, Handler, HttpResponse as Answer, HttpServer, Responder,
    Route, Scope as Routes,
};
use audit_runtime::AuditMiddleware;
use tokio::runtime::Runtime;

use super::process;
use super::service::{self, LIMIT, Over, STOP};
use super::shapes::{ANSWER, Done, shapes};

shapes!(queued synced write_ahead);

/// Serves until told to stop, and returns when the workers were told to drop what they could not
/// finish: without a runtime, for there is none in which that runs on.
pub(super) fn serve() -> Option<Runtime> {
    rt::System::new().block_on(async {
        let server = HttpServer::new(|| App::new().configure(routes)).workers(2);
        let server = server.disable_signals().shutdown_timeout(STOP.as_secs());
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let running = server.handle();
        rt::spawn(server);
        process::announce(address);
        service::told_to_stop().await;
        running.stop(true).await;
    });
    None
}

fn routes(config: &mut ServiceConfig) {
    let below = |path| {
        shapes().fold(web::scope(path), |scope, (path, routes)| {
            scope.service(web::scope(path).service(routes))
        })
    };
    config
        .route("/open", web::get().to(service::open))
        .route("/stop", post(service::stop))
        .route("/hold", post(service::hold))
        .service(
            below("/hasty").wrap(from_fn(limit)).wrap(AuditMiddleware::new()).wrap(from_fn(watch)),
        )
        .service(below("/patient").wrap(AuditMiddleware::new()).wrap(from_fn(watch)));
}

/// The layer that gives requests up.
async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Failure> {
    let answer = timeout(LIMIT, next.call(request)).await;
    answer.unwrap_or_else(|_| Err(ErrorGatewayTimeout("it took too long")))
}

/// Tells when a request is over.
async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Failure> {
    let id = request.headers().get("x-correlation-id");
    let _over = Over::of(id.map(|id| id.as_bytes()));
    next.call(request).await
}

fn no_routes() -> Routes {
    web::scope("")
}

fn post<F, Arguments>(handler: F) -> Route
where
    F: Handler<Arguments, Output: Responder + 'static>,
    Arguments: FromRequest + 'static,
{
    web::post().to(handler)
}

fn answered(status: u16) -> Answer {
    Answer::build(StatusCode::from_u16(status).unwrap()).body(ANSWER)
}

fn broken(error: String) -> Failure {
    ErrorInternalServerError(error)
}

async fn on_thread(work: impl FnOnce() -> Done + Send + 'static) -> Done {
    web::block(work).await.unwrap_or_else(|panicked| Err(panicked.to_string()))
}

async fn in_task(work: impl Future<Output = Done> + 'static) -> Done {
    rt::spawn(work).await.unwrap_or_else(|panicked| Err(panicked.to_string()))
}
