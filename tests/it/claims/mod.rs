//! What clients and proxies claim of a request, addresses and ids: in every framework believed no
//! further than fits.

mod addresses;
mod ids;
mod refused;

use std::net::SocketAddr;

use audit_runtime::{AuditMiddleware, TrustedProxies};
use serde_json::Value;

use crate::web::client::request;
use crate::web::server::Records;
use crate::{tower, web};

/// What came of one request in one framework.
struct Exchanged {
    framework: &'static str,
    answer: String,
    access: Value,
}

/// Sends one request with these headers to a server of each framework.
fn exchange(audit: &AuditMiddleware, line: &str, headers: &[&str]) -> [Exchanged; 2] {
    served(audit, |address| request(address, line, headers, "")).map(|served| {
        let (framework, answer, records) = served;
        Exchanged { framework, answer, access: records.access().clone() }
    })
}

/// Sends a request with each of these values of a header to one server of each framework; each value
/// comes back with what came of it.
fn each_exchange<'a>(
    audit: &AuditMiddleware,
    header: &str,
    values: &'a [String],
) -> Vec<(&'a str, Exchanged)> {
    let ask_each = |address| {
        let ask = |value| request(address, "GET /", &[&format!("{header}: {value}")], "");
        values.iter().map(ask).collect::<Vec<_>>()
    };
    let mut exchanged = Vec::new();
    for (framework, answers, records) in served(audit, ask_each) {
        // A client has its whole answer after the record was queued.
        let accesses = records.accesses();
        assert_eq!(accesses.len(), values.len(), "{framework}");
        for ((value, answer), access) in values.iter().zip(answers).zip(accesses) {
            let access = access.clone();
            exchanged.push((value.as_str(), Exchanged { framework, answer, access }));
        }
    }
    exchanged
}

/// Starts a server of each framework, and gives what came of what was sent there.
fn served<T>(
    audit: &AuditMiddleware,
    send: impl Fn(SocketAddr) -> T,
) -> [(&'static str, T, Records); 2] {
    let actix = web::server::Server::with(audit.clone(), actix::routes);
    let axum = tower::server::Server::with(audit.clone(), axum::routes());
    let sent = (send(actix.address), send(axum.address));
    [("actix-web", sent.0, actix.finish()), ("axum", sent.1, axum.finish())]
}

fn behind(network: &str) -> AuditMiddleware {
    AuditMiddleware::new().trusted_proxies(TrustedProxies::parse([network]).unwrap())
}

/// The routes in actix-web.
mod actix {
    use actix_web::HttpResponse;
    use actix_web::body::MessageBody;
    use actix_web::dev::{ServiceRequest, ServiceResponse};
    use actix_web::error::ErrorUnauthorized;
    use actix_web::middleware::{Next, from_fn};
    use actix_web::web::{self, ServiceConfig};

    pub(super) fn routes(config: &mut ServiceConfig) {
        let broken = async || HttpResponse::BadGateway().body("broken");
        let guarded = web::scope("/guarded").wrap(from_fn(reject));
        config
            .route("/", web::get().to(HttpResponse::Ok))
            .route("/error", web::get().to(broken))
            .service(guarded.route("", web::get().to(HttpResponse::Ok)));
    }

    async fn reject(
        _: ServiceRequest,
        _: Next<impl MessageBody>,
    ) -> Result<ServiceResponse, actix_web::Error> {
        Err(ErrorUnauthorized("who are you?"))
    }
}

/// The same routes in axum.
mod axum {
    use axum::Router;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::middleware::{Next, from_fn};
    use axum::routing::get;

    pub(super) fn routes() -> Router {
        let guarded = Router::new().route("/guarded", get(StatusCode::OK)).layer(from_fn(reject));
        Router::new()
            .route("/", get(StatusCode::OK))
            .route("/error", get((StatusCode::BAD_GATEWAY, "broken")))
            .merge(guarded)
    }

    async fn reject(_: Request, _: Next) -> (StatusCode, &'static str) {
        (StatusCode::UNAUTHORIZED, "who are you?")
    }
}
