//! What an attacker writes into an alert, as a real mail server and a parser of its own see it.

use audit_consumers::alert::Alert;
use audit_consumers::alert::email::Tls;
use audit_runtime::{Severity, Timestamp};

use crate::certificates::Certificates;
use crate::letters::{email, send};
use crate::server::Server;

const HOSTILE: &[&str] = &[
    "x\r\nBcc: everyone@example.com\r\nX-Injected: yes",
    "x\r\n\r\n<html><script>alert(1)</script>",
    "x\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.com>",
    "<script>alert(1)</script><img src=https://evil.example/p.png>",
    "=?utf-8?q?=0D=0ABcc:_x@example.com?=",
    "--boundary\r\nContent-Type: text/html\r\n\r\n",
    "\u{202e}gnp.exe\u{0}",
];

#[test]
fn no_title_adds_a_header_a_recipient_a_tag_or_a_message() {
    let certificates = Certificates::make();
    let server = Server::start("smtp.py", "starttls", &certificates);
    for hostile in HOSTILE {
        let alert = Alert::new(*hostile, *hostile, Severity::High, Timestamp::now())
            .detail(*hostile, *hostile)
            .sentence(*hostile)
            .remedy(*hostile);
        send(email(&server, Tls::Required, &certificates), alert).unwrap();
    }
    let told = server.wait_for(HOSTILE.len());
    assert_eq!(told.len(), HOSTILE.len(), "a title ended a message and began another");
    for message in &told {
        let headers = message["headers"].as_array().unwrap();
        let mut names: Vec<&str> =
            headers.iter().map(|header| header[0].as_str().unwrap()).collect();
        names.sort_unstable();
        let expected = [
            "Auto-Submitted",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To",
            "X-Audit-Alert-Id",
        ];
        assert_eq!(names, expected, "{message}");
        assert_eq!(message["to"].as_array().unwrap().len(), 2, "{message}");
        let html = message["html"].as_str().unwrap();
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        let subject = headers.iter().find(|header| header[0] == "Subject").unwrap();
        let subject = subject[1].as_str().unwrap();
        assert!(subject.starts_with("[Security Alert] "), "{subject}");
        assert!(!subject.contains(char::is_control), "{subject:?}");
    }
}
