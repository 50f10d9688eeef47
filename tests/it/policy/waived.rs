//! A waiver leaves out the record of what went well on its route, and of nothing else.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use audit_runtime::{Actor, AuditMiddleware, Authenticated, waive};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use crate::flood::served::{FRAMEWORKS, serve_routes};
use crate::support::Trail;
use crate::web::client::{header, request};

waive!(route = "GET /health", access = none, reason = "a probe each second", until = "2199-12-31");
waive!(route = "GET /panic", access = none, reason = "a probe each second", until = "2199-12-31");
waive!(route = "GET /changed", audited = none, reason = "another waiver", until = "2199-12-31");

fn routes(config: &mut ServiceConfig) {
    config
        .route("/health", web::get().to(async || HttpResponse::build(health()).finish()))
        .route("/panic", web::get().to(async || -> HttpResponse { panic!("in a waived route") }))
        .route("/changed", web::get().to(async || "changed"));
}

fn router() -> Router {
    Router::new()
        .route("/health", get(async || StatusCode::from_u16(health().as_u16()).unwrap()))
        .route("/panic", get(async || -> StatusCode { panic!("in a waived route") }))
        .route("/changed", get(async || "changed"))
}

/// Well, and every third time not: that is what a record is for.
fn health() -> actix_web::http::StatusCode {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    static ASKED: AtomicU32 = AtomicU32::new(0);
    match ASKED.fetch_add(1, SeqCst) % 3 {
        0 => actix_web::http::StatusCode::OK,
        1 => {
            let me = Actor::service("probe").authenticated(Authenticated::by("mtls"));
            audit_runtime::set_actor(me);
            actix_web::http::StatusCode::NO_CONTENT
        }
        _ => actix_web::http::StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[test]
fn what_went_well_on_a_waived_route_has_no_record_and_all_else_has() {
    for framework in FRAMEWORKS {
        let trail = Trail::new();
        let audit = AuditMiddleware::new();
        let server = serve_routes(framework, trail, audit, routes, router());
        for _ in 0..6 {
            let answer = request(server.address, "GET /health", &["x-correlation-id: probe"], "");
            assert_eq!(header(&answer, "x-correlation-id"), Some("probe"));
        }
        request(server.address, "POST /health", &[], "");
        request(server.address, "GET /health/x", &[], "");
        request(server.address, "GET /panic", &[], "");
        request(server.address, "GET /changed", &[], "");
        let records = server.finish();
        let mut ends: Vec<String> = records
            .accesses()
            .iter()
            .map(|record| {
                let http = &record["http"];
                format!("{} {} {}", http["method"], http["route"], record["outcome"])
            })
            .collect();
        ends.sort();
        let post = ends.remove(ends.iter().position(|end| end.contains("POST")).unwrap());
        assert!(post.ends_with("\"failure\""), "{post}");
        assert_eq!(
            ends,
            [
                r#""GET" "/changed" "success""#,
                r#""GET" "/health" "error""#,
                r#""GET" "/health" "error""#,
                r#""GET" "/panic" "panic""#,
                r#""GET" null "failure""#,
            ],
            "{framework:?}"
        );
    }
}
