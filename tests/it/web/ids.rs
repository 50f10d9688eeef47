//! What clients and proxies claim of a request: addresses and ids, believed no further than fits.

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorUnauthorized;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use audit_runtime::{AuditMiddleware, ForwardingHeader, TrustedProxies};
use serde_json::Value;

use super::client::{header, request, status};
use super::server::Server;

fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(HttpResponse::Ok))
        .route("/error", web::get().to(async || HttpResponse::BadGateway().body("broken")));
    config.service(
        web::scope("/guarded").wrap(from_fn(reject)).route("", web::get().to(HttpResponse::Ok)),
    );
}

async fn reject(
    _: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    Err(ErrorUnauthorized("who are you?"))
}

/// Sends one request with these headers and gives the answer and the access record.
fn exchange(audit: AuditMiddleware, line: &str, headers: &[&str]) -> (String, Value) {
    let server = Server::with(audit, routes);
    let answer = request(server.address, line, headers, "");
    (answer, server.finish().access().clone())
}

fn origin(audit: AuditMiddleware, headers: &[&str]) -> (String, String) {
    let (_, access) = exchange(audit, "GET /", headers);
    let text = |name: &str| access["origin"][name].as_str().unwrap().to_owned();
    (text("ip"), text("trust"))
}

fn behind(network: &str) -> AuditMiddleware {
    AuditMiddleware::new().trusted_proxies(TrustedProxies::parse([network]).unwrap())
}

#[test]
fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    let forged =
        ["x-forwarded-for: 203.0.113.9", "forwarded: for=203.0.113.9", "x-real-ip: 6.6.6.6"];
    let peer = ("127.0.0.1".to_owned(), "peer".to_owned());
    assert_eq!(origin(AuditMiddleware::new(), &forged), peer);
    assert_eq!(origin(behind("10.0.0.0/8"), &forged), peer);
    let client = ("203.0.113.9".to_owned(), "trusted_proxy".to_owned());
    assert_eq!(origin(behind("127.0.0.0/8"), &forged), client);
}

#[test]
fn the_client_is_the_last_address_that_no_proxy_of_ours_wrote() {
    let chain = ["x-forwarded-for: 6.6.6.6", "x-forwarded-for: 203.0.113.9, 127.0.0.2"];
    let (ip, trust) = origin(behind("127.0.0.0/8"), &chain);
    assert_eq!((ip.as_str(), trust.as_str()), ("203.0.113.9", "trusted_proxy"));
}

#[test]
fn only_the_header_that_the_proxies_write_is_read() {
    let both = ["x-forwarded-for: 6.6.6.6", "forwarded: for=\"[2001:db8::9]:4711\";proto=https"];
    let audit = behind("127.0.0.1").forwarding_header(ForwardingHeader::Forwarded);
    assert_eq!(origin(audit, &both).0, "2001:db8::9");
    assert_eq!(origin(behind("127.0.0.1"), &both).0, "6.6.6.6");
}

#[test]
fn a_long_user_agent_is_cut_and_the_cut_confessed() {
    let agent = format!("user-agent: {}", "a".repeat(5000));
    let (_, access) = exchange(AuditMiddleware::new(), "GET /", &[&agent]);
    assert_eq!(access["origin"]["user_agent"].as_str().unwrap().len(), 256);
    assert_eq!(access["truncated"][0], "origin.user_agent");
}

#[test]
fn a_fitting_correlation_id_is_recorded_and_echoed_also_with_an_error() {
    for line in ["GET /", "GET /error", "GET /missing"] {
        let (answer, access) =
            exchange(AuditMiddleware::new(), line, &["X-Correlation-Id: job-7/a"]);
        assert_eq!(access["correlation_id"], "job-7/a", "{line}");
        assert_eq!(header(&answer, "x-correlation-id"), Some("job-7/a"), "{line}");
    }
}

#[test]
fn a_hostile_correlation_id_is_replaced() {
    let long = format!("x-correlation-id: {}", "a".repeat(129));
    for hostile in [
        "x-correlation-id: ",
        "x-correlation-id: two words",
        "x-correlation-id: \"quoted\"",
        "x-correlation-id: back\\slash",
        "x-correlation-id: caf\u{e9}",
        "x-correlation-id: \u{202e}evil",
        &long,
    ] {
        let (answer, access) = exchange(AuditMiddleware::new(), "GET /", &[hostile]);
        let recorded = access["correlation_id"].as_str().unwrap();
        assert_eq!(recorded.len(), 36, "{hostile}: {recorded}");
        assert_eq!(header(&answer, "x-correlation-id"), Some(recorded), "{hostile}");
    }
}

#[test]
fn an_error_of_other_middleware_answers_with_the_correlation_header_and_otherwise_as_before() {
    let sent = ["x-correlation-id: req-1"];
    let (answer, access) = exchange(AuditMiddleware::new(), "GET /guarded", &sent);
    assert_eq!(status(&answer), 401);
    assert_eq!(header(&answer, "x-correlation-id"), Some("req-1"));
    assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=utf-8"));
    assert!(answer.ends_with("\r\n\r\nwho are you?"), "{answer}");
    assert_eq!(access["correlation_id"], "req-1");
    assert_eq!(access["http"]["status"], 401);
}

#[test]
fn of_all_headers_only_these_are_recorded_and_only_the_correlation_id_is_echoed() {
    // Each value is of the form that its header wants, or else that of an id.
    let trace = "5ec2e7000000000000000000000000a1";
    let span = "5ec2e700000000b2";
    let traceparent = format!("00-{trace}-{span}-01");
    let shaped = [
        ("traceparent", traceparent.as_str(), trace),
        ("x-forwarded-for", "203.0.113.77", "203.0.113.77"),
        ("forwarded", "for=203.0.113.78", "203.0.113.78"),
        ("x-real-ip", "203.0.113.79", "203.0.113.79"),
    ];
    let mut sent: Vec<(&str, String, String)> =
        shaped.map(|(name, value, mark)| (name, value.to_owned(), mark.to_owned())).to_vec();
    for name in PLAIN_HEADERS {
        sent.push((name, format!("secret-{name}"), format!("secret-{name}")));
    }
    let lines: Vec<String> = sent.iter().map(|(n, v, _)| format!("{n}: {v}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (answer, access) = exchange(behind("127.0.0.0/8"), "GET /", &lines);

    let found_in = |text: &str| {
        let found = sent.iter().filter(|(_, _, mark)| text.contains(mark));
        found.map(|(name, _, _)| *name).collect::<Vec<_>>()
    };
    assert_eq!(
        found_in(&access.to_string()),
        ["traceparent", "x-forwarded-for", "user-agent", "x-correlation-id", "x-request-id",]
    );
    assert_eq!(found_in(&answer), ["x-correlation-id"]);
}

/// Headers whose values here look like ids.
const PLAIN_HEADERS: [&str; 24] = [
    "accept",
    "accept-language",
    "authorization",
    "baggage",
    "cache-control",
    "content-type",
    "cookie",
    "dpop",
    "from",
    "if-none-match",
    "origin",
    "proxy-authorization",
    "range",
    "referer",
    "tracestate",
    "user-agent",
    "via",
    "x-amzn-trace-id",
    "x-api-key",
    "x-auth-token",
    "x-correlation-id",
    "x-csrf-token",
    "x-request-id",
    "x-session-id",
];

#[test]
fn the_correlation_header_can_have_another_name() {
    let audit = AuditMiddleware::new().correlation_header("X-Flow").unwrap();
    let (answer, access) = exchange(audit, "GET /", &["x-flow: 1", "x-correlation-id: 2"]);
    assert_eq!(access["correlation_id"], "1");
    assert_eq!(header(&answer, "x-flow"), Some("1"));
    assert_eq!(header(&answer, "x-correlation-id"), None);
}

#[test]
fn request_id_and_trace_are_taken_only_as_they_are_specified() {
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let traceparent = format!("traceparent: 00-{trace}-b7ad6b7169203331-01");
    let headers = [traceparent.as_str(), "x-request-id: req-1"];
    let (_, access) = exchange(AuditMiddleware::new(), "GET /", &headers);
    assert_eq!(access["trace_id"], trace);
    assert_eq!(access["span_id"], "b7ad6b7169203331");
    assert_eq!(access["http"]["request_id"], "req-1");

    let headers = ["traceparent: 00-secret-b7ad6b7169203331-01", "x-request-id: a secret"];
    let (_, access) = exchange(AuditMiddleware::new(), "GET /", &headers);
    assert!(!access.to_string().contains("secret"), "{access:#}");
}
