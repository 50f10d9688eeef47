//! Heads that a server refuses before they make a request: without a record, and without a trace in
//! those of other requests.

use std::net::SocketAddr;

use audit_runtime::AuditMiddleware;

use super::served;
use crate::web::client::{Client, head, request, status};

/// The header lines of heads that are no heads, or too large.
fn refused() -> Vec<String> {
    let mut refused: Vec<String> = [
        "x-correlation-id: a\rset-cookie: secret",
        "x-correlation-id: a\nset-cookie secret",
        "x-correlation-id: a\r\n secret",
        "x-request-id: secret\0",
        "x-request-id: secret\u{7f}",
        "x-forwarded-for : 203.0.113.9",
        "traceparent\t: secret",
        "x correlation-id: secret",
    ]
    .map(str::to_owned)
    .to_vec();
    refused.push(["x-forwarded-for: 6.6.6.6"; 200].join("\r\n"));
    refused.push(format!("x-request-id: {}", "secret".repeat(200_000)));
    refused
}

/// Sends a head with this line, and then a request that is as it should be.
fn ask(address: SocketAddr, line: &str, id: usize) -> (String, String) {
    let mut client = Client::connect(address);
    client.send_what_is_taken(head("GET /", &[line], 0).as_bytes());
    let answer = client.read_to_end();
    (answer, request(address, "GET /", &[&format!("x-correlation-id: after-{id}")], ""))
}

#[test]
fn a_refused_head_leaves_no_record_and_the_next_request_its_own() {
    let lines = refused();
    let ask_each = |address| {
        let asked = lines.iter().enumerate().map(|(id, line)| ask(address, line, id));
        asked.collect::<Vec<_>>()
    };
    for (framework, answers, records) in served(&AuditMiddleware::new(), ask_each) {
        for (id, (answer, after)) in answers.into_iter().enumerate() {
            // A head that is too large may be refused without an answer.
            let answered = status(&answer);
            assert!([0, 400, 431].contains(&answered), "{framework}: head {id}: {answer}");
            assert!(!answer.contains("secret"), "{framework}: head {id}: {answer}");
            assert_eq!(status(&after), 200, "{framework}: head {id}");
            records.access_of(&format!("after-{id}"));
        }
        assert_eq!(
            records.accesses().len(),
            lines.len(),
            "{framework}: a refused head has a record"
        );
        let recorded = serde_json::to_string(&records.0).unwrap();
        assert!(!recorded.contains("secret"), "{framework}: {recorded}");
    }
}
