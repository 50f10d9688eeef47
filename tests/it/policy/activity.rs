//! A request to an activity's route is on disk before its response, or is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use audit_runtime::{AuditMiddleware, RouteTemplate};
use axum::Router;
use axum::extract::Extension;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::flood::served::{FRAMEWORKS, Framework, Served, serve_routes};
use crate::support::{Trail, wait_for};
use crate::web::HeldClock;
use crate::web::client::{Client, head, header, request, status};

/// How often the handlers of one framework have run.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicU32>);

thread_local! {
    static RUNS: Runs = Runs::default();
}

fn run() {
    RUNS.with(|runs| _ = runs.0.fetch_add(1, SeqCst));
}

fn routes(config: &mut ServiceConfig) {
    config
        .route(
            "/patients/{id}",
            web::get().to(async || {
                run();
                "a diagnosis"
            }),
        )
        .route("/patients/{id}", web::delete().to(async || -> &'static str { panic!("no") }))
        .route("/runs", web::get().to(async || RUNS.with(|runs| runs.0.load(SeqCst).to_string())));
}

fn router() -> Router {
    let diagnosis = async |Extension(Runs(runs)): Extension<Runs>| {
        runs.fetch_add(1, SeqCst);
        "a diagnosis"
    };
    let count = async |Extension(Runs(runs)): Extension<Runs>| runs.load(SeqCst).to_string();
    Router::new()
        .route("/patients/{id}", get(diagnosis).delete(async || -> &'static str { panic!("no") }))
        .route("/runs", get(count))
        .layer(Extension(Runs::default()))
}

fn serve(framework: Framework, trail: Trail) -> Served {
    let audit = AuditMiddleware::new().activities(["GET /patients/{id}", "DELETE /patients/{id}"]);
    serve_routes(framework, trail, audit.unwrap(), routes, router())
}

/// How often the handler has run.
fn runs(server: &Served) -> String {
    let answer = request(server.address, "GET /runs", &[], "");
    answer.rsplit("\r\n").next().unwrap().to_owned()
}

#[test]
fn the_record_of_an_activity_is_on_disk_before_its_response_is_sent() {
    for framework in FRAMEWORKS {
        let clock = Arc::new(HeldClock::default());
        let server = serve(framework, Trail::with(|settings| settings.clock(clock.clone())));
        let mut client = Client::connect(server.address);
        let held = clock.hold();
        client.send(head("GET /patients/7", &[], 0).as_bytes());
        assert!(client.hears_nothing_for(Duration::from_millis(200)), "{framework:?}");
        drop(held);
        assert!(client.read_to_end().ends_with("a diagnosis"));
        let records = server.finish();
        assert_eq!(records.0.len(), 1);
        let record = &records.0[0];
        assert_eq!((&record["category"], &record["op"]), (&"activity".into(), &"read".into()));
        assert_eq!(
            (&record["action"], &record["outcome"]),
            (&"HttpRequest".into(), &"success".into())
        );
        assert_eq!(record["http"]["route"], "/patients/{id}");
        assert_eq!(record["http"]["status"], 200);
    }
}

#[test]
fn an_activity_that_cannot_be_recorded_is_refused_before_its_handler_runs() {
    for framework in FRAMEWORKS {
        let trail = Trail::new();
        let recorder = trail.recorder.clone();
        let server = serve(framework, trail);
        recorder.shutdown(Duration::from_secs(20)).unwrap();
        let answer = request(server.address, "GET /patients/7", &["x-correlation-id: mine"], "");
        assert_eq!(status(&answer), 503, "{framework:?}: {answer}");
        assert_eq!(header(&answer, "x-correlation-id"), Some("mine"));
        assert!(!answer.contains("diagnosis") && !answer.contains("shut down"), "{answer}");
        assert_eq!(recorder.health().unrecorded, 1);
        assert_eq!(runs(&server), "0", "{framework:?}");
        assert_eq!(server.finish().0.len(), 0);
    }
}

#[test]
fn a_response_whose_record_does_not_come_in_time_is_not_sent() {
    for framework in FRAMEWORKS {
        let clock = Arc::new(HeldClock::default());
        let trail = Trail::with(|settings| settings.clock(clock.clone()).wait_ms_max(300));
        let recorder = trail.recorder.clone();
        let server = serve(framework, trail);
        let held = clock.hold();
        let answer = request(server.address, "GET /patients/7", &["x-correlation-id: mine"], "");
        drop(held);
        assert_eq!(status(&answer), 503, "{framework:?}: {answer}");
        assert_eq!(header(&answer, "x-correlation-id"), Some("mine"));
        assert!(!answer.contains("diagnosis"), "{answer}");
        assert_eq!(runs(&server), "1");
        assert_eq!(recorder.health().unrecorded, 1);
        server.finish();
    }
}

#[test]
fn an_activity_that_is_refused_while_the_disk_is_silent_leaves_an_access_record() {
    for framework in FRAMEWORKS {
        let clock = Arc::new(HeldClock::default());
        let trail = Trail::with(|settings| settings.clock(clock.clone()).wait_ms_max(100));
        let recorder = trail.recorder.clone();
        let server = serve(framework, trail);
        let held = clock.hold();
        // The handler of the first runs, and its record comes too late; the second one is refused.
        for _ in 0..2 {
            let answer = request(server.address, "GET /patients/7", &[], "");
            assert_eq!(status(&answer), 503, "{framework:?}: {answer}");
            // A disk that is silent for longer than a record may wait is known to be so.
            let is_silent = |reason: String| reason.starts_with("the disk has not answered");
            wait_for(|| recorder.health().reason.is_some_and(is_silent));
        }
        assert_eq!(recorder.health().unrecorded, 2);
        drop(held);
        assert_eq!(runs(&server), "1", "{framework:?}");
        let records = server.finish();
        let refused =
            records.accesses().into_iter().filter(|record| record["http"]["status"] == 503);
        let refused: Vec<_> = refused.collect();
        assert_eq!(refused.len(), 1, "{framework:?}: {:?}", records.0);
        assert_eq!(refused[0]["http"]["route"], "/patients/{id}");
        assert_eq!((&refused[0]["outcome"], refused[0].get("op")), (&"error".into(), None));
    }
}

#[test]
fn an_activity_ends_once_however_it_ends_and_is_never_counted_only() {
    for framework in FRAMEWORKS {
        let server = serve(framework, Trail::with(|settings| settings.flood_source_max(32)));
        for _ in 0..50 {
            assert_eq!(status(&request(server.address, "GET /patients/7", &[], "")), 200);
        }
        request(server.address, "HEAD /patients/7", &[], "");
        request(server.address, "DELETE /patients/7", &[], "");
        let records = server.finish();
        let ends = |outcome: &str| {
            let is_one = |record: &&serde_json::Value| {
                record["category"] == "activity" && record["outcome"] == outcome
            };
            records.0.iter().filter(is_one).count()
        };
        // axum answers HEAD where there is GET; actix-web has no such route.
        let answered = if matches!(framework, Framework::Axum) { 51 } else { 50 };
        assert_eq!((ends("success"), ends("panic")), (answered, 1), "{framework:?}");
        assert_eq!(records.0.len(), 52);
    }
}

/// A router that tells the route with its response only.
#[test]
fn a_route_that_is_known_late_makes_an_activity_all_the_same() {
    let answer = async || {
        let mut response = "late".into_response();
        response.extensions_mut().insert(RouteTemplate("/late/{id}".into()));
        response
    };
    let router = Router::new().fallback(answer);
    let audit = AuditMiddleware::new().activities(["/late/{id}"]).unwrap();
    let server = serve_routes(Framework::Axum, Trail::new(), audit, routes, router);
    assert!(request(server.address, "PUT /late/7", &[], "").ends_with("late"));
    let records = server.finish();
    assert_eq!(records.0.len(), 1);
    assert_eq!(
        (&records.0[0]["category"], &records.0[0]["op"]),
        (&"activity".into(), &"update".into())
    );
}
