//! The service that the matrix is made with: a process of its own, with its journal on disk.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorGatewayTimeout;
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::{self, time::sleep, time::timeout};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpServer};
use audit_runtime::{AuditMiddleware, Recorder, health};

use super::grid::DURABILITIES;
use super::marks::{LOOK, Marks, Sign};
use super::{process, shapes};
use crate::web::HeldClock;

/// How long a request below `/hasty` may take.
pub(super) const LIMIT: Duration = Duration::from_millis(200);
/// How long the server waits for its requests when it is stopped.
const STOP_SECONDS: u64 = 1;
const PATIENCE: Duration = Duration::from_secs(20);

static MUST_STOP: AtomicBool = AtomicBool::new(false);
static CLOCK: LazyLock<Arc<HeldClock>> = LazyLock::new(Arc::default);

/// Serves until killed or told to stop, and ends the process.
pub(super) fn serve() -> ! {
    silence_wanted_panics();
    let recorder = Recorder::builder(process::journal()).clock(CLOCK.clone());
    // The slowest machine is in no danger to be taken for a disk that does not answer.
    let recorder = recorder.wait_ms_max(60_000).install().unwrap();
    rt::System::new().block_on(async {
        let server = HttpServer::new(|| App::new().configure(routes)).workers(2);
        let server = server.disable_signals().shutdown_timeout(STOP_SECONDS);
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let running = server.handle();
        rt::spawn(server);
        process::announce(address);
        while !MUST_STOP.load(SeqCst) {
            sleep(LOOK).await;
        }
        running.stop(true).await;
        // The workers drop what they could not finish, each in its own time. What runs on threads
        // is left: a function for each durability.
        let begun = Instant::now();
        while recorder.health().open_scopes > DURABILITIES.len() as u64 {
            assert!(begun.elapsed() < PATIENCE, "the workers keep what they could not finish");
            sleep(LOOK).await;
        }
    });
    recorder.shutdown(PATIENCE).unwrap();
    // Nothing waits for the threads.
    std::process::exit(0)
}

fn routes(config: &mut ServiceConfig) {
    let audited = || web::scope("").configure(shapes::routes);
    config
        .route("/open", web::get().to(async || health().open_scopes.to_string()))
        .route("/stop", web::post().to(stop))
        .route("/hold", web::post().to(hold))
        .service(
            web::scope("/hasty")
                .service(audited())
                .wrap(from_fn(limit))
                .wrap(AuditMiddleware::new())
                .wrap(from_fn(watch)),
        )
        .service(
            web::scope("/patient")
                .service(audited())
                .wrap(AuditMiddleware::new())
                .wrap(from_fn(watch)),
        );
}

async fn stop() -> &'static str {
    MUST_STOP.store(true, SeqCst);
    ""
}

/// From now on nothing is written: the journal looks at the clock for every record.
async fn hold() -> &'static str {
    std::mem::forget(CLOCK.hold());
    ""
}

/// The layer that gives requests up.
async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let answer = timeout(LIMIT, next.call(request)).await;
    answer.unwrap_or_else(|_| Err(ErrorGatewayTimeout("it took too long")))
}

/// Tells when a request is over.
async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let name = request.headers().get("x-correlation-id");
    let name = name.and_then(|name| name.to_str().ok()).unwrap_or_default();
    // What comes later is dropped before it.
    let _over = Over(name.to_owned());
    next.call(request).await
}

struct Over(String);

impl Drop for Over {
    fn drop(&mut self) {
        Marks::of(&process::journal()).set(Sign::Over, &self.0);
    }
}

fn silence_wanted_panics() {
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref() != Some(&shapes::PANIC) {
            next(panic);
        }
    }));
}
