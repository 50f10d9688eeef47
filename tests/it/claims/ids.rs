//! The ids of a request: correlation id, request id and trace, taken as they are specified or not at
//! all.

use audit_runtime::AuditMiddleware;

use super::{Exchanged, behind, each_exchange, exchange};
use crate::web::client::{header, status};

fn plainly(line: &str, headers: &[&str]) -> [Exchanged; 2] {
    exchange(&AuditMiddleware::new(), line, headers)
}

fn each<'a>(header: &str, values: &'a [String]) -> Vec<(&'a str, Exchanged)> {
    each_exchange(&AuditMiddleware::new(), header, values)
}

#[test]
fn a_fitting_correlation_id_is_recorded_and_echoed_also_with_an_error() {
    for line in ["GET /", "GET /error", "GET /guarded", "GET /missing"] {
        let sent = ["X-Correlation-Id: job-7/a"];
        for Exchanged { framework, answer, access } in plainly(line, &sent) {
            assert_eq!(access["correlation_id"], "job-7/a", "{framework}: {line}");
            let echoed = header(&answer, "x-correlation-id");
            assert_eq!(echoed, Some("job-7/a"), "{framework}: {line}");
        }
    }
}

/// What is no id: each has a secret, so that it can be searched for.
fn hostile() -> Vec<String> {
    let mut hostile: Vec<String> = [
        "",
        "a secret",
        "a\tsecret",
        "\"secret\"",
        "back\\secret",
        "secret-caf\u{e9}",
        "\u{202e}secret",
        "secret\u{85}",
    ]
    .map(str::to_owned)
    .to_vec();
    hostile.push("secret".to_owned() + &"a".repeat(123));
    hostile.push("secret".repeat(10_000));
    hostile
}

#[test]
fn a_hostile_correlation_id_is_replaced() {
    for (value, Exchanged { framework, answer, access }) in each("x-correlation-id", &hostile()) {
        let recorded = access["correlation_id"].as_str().unwrap();
        assert_eq!(recorded.len(), 36, "{framework}: {value:.99}");
        assert_eq!(header(&answer, "x-correlation-id"), Some(recorded), "{framework}: {value:.99}");
        assert!(!answer.contains("secret"), "{framework}: {value:.99}");
        assert!(!access.to_string().contains("secret"), "{framework}: {value:.99}");
    }
}

#[test]
fn a_hostile_request_id_is_left_out() {
    for (value, Exchanged { framework, access, .. }) in each("x-request-id", &hostile()) {
        assert!(access["http"].get("request_id").is_none(), "{framework}: {value:.99}");
        assert!(!access.to_string().contains("secret"), "{framework}: {value:.99}");
    }
}

#[test]
fn an_id_of_the_longest_form_is_taken() {
    let id = "a".repeat(128);
    let sent = [format!("x-correlation-id: {id}"), format!("x-request-id: {id}")];
    for Exchanged { framework, access, .. } in plainly("GET /", &[&sent[0], &sent[1]]) {
        assert_eq!(access["correlation_id"], *id, "{framework}");
        assert_eq!(access["http"]["request_id"], *id, "{framework}");
    }
}

#[test]
fn of_several_ids_the_first_counts() {
    let sent = ["x-correlation-id: 1", "x-correlation-id: 2", "x-request-id: 3", "x-request-id: 4"];
    for Exchanged { framework, answer, access } in plainly("GET /", &sent) {
        assert_eq!(access["correlation_id"], "1", "{framework}");
        assert_eq!(access["http"]["request_id"], "3", "{framework}");
        assert_eq!(header(&answer, "x-correlation-id"), Some("1"), "{framework}");
        assert_eq!(answer.matches("x-correlation-id").count(), 1, "{framework}");
    }
}

#[test]
fn an_escaped_line_break_in_an_id_adds_no_header() {
    let id = "a%0d%0aset-cookie:b";
    for Exchanged { framework, answer, access } in
        plainly("GET /", &[&format!("x-correlation-id: {id}")])
    {
        assert_eq!(access["correlation_id"], id, "{framework}");
        assert_eq!(header(&answer, "x-correlation-id"), Some(id), "{framework}");
        assert_eq!(header(&answer, "set-cookie"), None, "{framework}");
    }
}

#[test]
fn an_error_of_other_middleware_answers_with_the_correlation_header_and_otherwise_as_before() {
    for Exchanged { framework, answer, access } in
        plainly("GET /guarded", &["x-correlation-id: req-1"])
    {
        assert_eq!(status(&answer), 401, "{framework}");
        assert_eq!(header(&answer, "x-correlation-id"), Some("req-1"), "{framework}");
        let content = header(&answer, "content-type");
        assert_eq!(content, Some("text/plain; charset=utf-8"), "{framework}");
        assert!(answer.ends_with("\r\n\r\nwho are you?"), "{framework}: {answer}");
        assert_eq!(access["correlation_id"], "req-1", "{framework}");
        assert_eq!(access["http"]["status"], 401, "{framework}");
    }
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

    let found_in = |text: &str| {
        let found = sent.iter().filter(|(_, _, mark)| text.contains(mark));
        found.map(|(name, _, _)| *name).collect::<Vec<_>>()
    };
    for Exchanged { framework, answer, access } in exchange(&behind("127.0.0.0/8"), "GET /", &lines)
    {
        assert_eq!(
            found_in(&access.to_string()),
            ["traceparent", "x-forwarded-for", "user-agent", "x-correlation-id", "x-request-id"],
            "{framework}"
        );
        assert_eq!(found_in(&answer), ["x-correlation-id"], "{framework}");
    }
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
    let sent = ["x-flow: 1", "x-correlation-id: 2"];
    for Exchanged { framework, answer, access } in exchange(&audit, "GET /", &sent) {
        assert_eq!(access["correlation_id"], "1", "{framework}");
        assert_eq!(header(&answer, "x-flow"), Some("1"), "{framework}");
        assert_eq!(header(&answer, "x-correlation-id"), None, "{framework}");
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

#[test]
fn request_id_and_trace_are_taken_as_they_are_specified() {
    // A later version may say more.
    for traceparent in [
        format!("traceparent: 00-{TRACE}-{SPAN}-01"),
        format!("traceparent: cc-{TRACE}-{SPAN}-01-{}", "secret".repeat(5000)),
    ] {
        let sent = [traceparent.as_str(), "x-request-id: req-1"];
        for Exchanged { framework, access, .. } in plainly("GET /", &sent) {
            assert_eq!(access["trace_id"], TRACE, "{framework}");
            assert_eq!(access["span_id"], SPAN, "{framework}");
            assert_eq!(access["http"]["request_id"], "req-1", "{framework}");
            assert!(!access.to_string().contains("secret"), "{framework}");
        }
    }
}

#[test]
fn a_hostile_trace_is_left_out() {
    let hostile = [
        String::new(),
        "secret".to_owned(),
        format!("00-{TRACE}-{SPAN}"),
        format!("00-{TRACE}-{SPAN}-secret"),
        format!("00-secret-{SPAN}-01"),
        format!("00-{TRACE}-secret-01"),
        format!("00-{TRACE}-{SPAN}-01-secret"),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-{SPAN}-01\u{e9}"),
        format!("00-{}-{SPAN}-01", "secret".repeat(10_000)),
    ];
    for (value, Exchanged { framework, access, .. }) in each("traceparent", &hostile) {
        assert!(access.get("trace_id").is_none(), "{framework}: {value:.99}");
        assert!(access.get("span_id").is_none(), "{framework}: {value:.99}");
        assert!(!access.to_string().contains("secret"), "{framework}: {value:.99}");
    }
}
