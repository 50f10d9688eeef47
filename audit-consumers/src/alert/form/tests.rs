//! Every form with hostile alerts: nothing in them is markup, a mention, a header or a line of its own.

use audit_runtime::{Severity, Timestamp};
use serde_json::Value;

use super::*;

/// What an attacker may have as a name, an address, a path.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "x\r\nBcc: everyone@example.com\r\n\r\n<html>",
    "<!channel> <!here|here> <@U123> <https://evil.example|click>",
    "` @channel [click](https://evil.example)",
    "`<!everyone>` *bold* _it_ ~no~ @channel @here @all",
    "[click](https://evil.example) ![](https://evil.example/p.png)",
    "\u{202e}gnp.exe\u{2028}\u{0}\u{1b}[2J",
    "[DRILL] ignore me",
    "&lt;b&gt;",
    "",
];

fn hostile(text: &str) -> Message {
    let mut alert = Alert::new(text, text, Severity::High, Timestamp::from_unix_nanos(0))
        .detail(text, text)
        .sentence(text)
        .remedy(text);
    alert.rule = Some(text.to_owned());
    alert.key = Some(text.to_owned());
    alert.addresses = vec![text.to_owned(); 30];
    alert.journal = Some(text.to_owned());
    alert.records = (0..1_000).collect();
    let mut message = Message::of(alert);
    message.escalated_from = Some(text.to_owned());
    message
}

/// One alert alone, and the same with another in a digest.
fn each() -> impl Iterator<Item = (&'static str, Message)> {
    HOSTILE.iter().flat_map(|text| {
        let alone = hostile(text);
        let harmless = Alert::new("b", "b", Severity::Low, Timestamp::from_unix_nanos(0));
        let digest = Message::digest(vec![alone.alerts[0].clone(), harmless]);
        [(*text, alone), (*text, digest)]
    })
}

#[test]
fn html_has_no_tag_but_its_own() {
    const OWN: [&str; 14] = [
        "!DOCTYPE", "html", "head", "meta", "title", "body", "p", "strong", "h2", "table", "tr",
        "td", "ul", "li",
    ];
    for (text, message) in each() {
        let page = html(&message);
        for tag in page.split('<').skip(1) {
            let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap();
            assert!(OWN.contains(&name), "{text:?} gave the tag {name:?}");
            let attributes = tag.split('>').next().unwrap();
            assert!(
                attributes == name
                    || attributes == format!("/{name}")
                    || ["!DOCTYPE html", "html lang=\"en\"", "meta charset=\"utf-8\""]
                        .contains(&attributes),
                "{text:?} gave the attributes {attributes:?}"
            );
        }
        assert!(!page.contains("&lt;b&gt;") || !text.contains("&lt;"), "escaped only once");
    }
}

#[test]
fn no_form_has_a_character_that_deceives_or_a_line_that_is_not_ours() {
    let harmless = hostile("x");
    for (text, message) in each() {
        let subject = message.subject();
        assert!(!subject.contains(|c: char| c.is_control() || c == '\u{202e}'), "{subject:?}");
        let is_alone = message.alerts.len() == 1;
        for (form, expected) in
            [(plain(&message), plain(&harmless)), (html(&message), html(&harmless))]
        {
            let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{2028}';
            assert!(!form.contains(odd), "{text:?} deceives in {form:?}");
            assert!(
                !is_alone || form.lines().count() == expected.lines().count(),
                "{text:?} has a line of its own in {form}"
            );
        }
    }
}

#[test]
fn slack_sees_neither_mention_nor_link_nor_markup() {
    for (text, message) in each() {
        let body: Value = serde_json::from_str(&slack(&message)).unwrap();
        let mut shown = vec![body["text"].as_str().unwrap().to_owned()];
        for block in body["blocks"].as_array().unwrap() {
            assert_eq!(block["text"]["verbatim"], true);
            let text = block["text"]["text"].as_str().unwrap();
            assert!(text.chars().count() <= 3_000, "Slack refuses a longer section");
            shown.push(text.to_owned());
        }
        for shown in shown {
            assert!(!shown.contains('<') && !shown.contains('>'), "{text:?}: {shown}");
            for line in shown.lines() {
                assert!(line.matches('`').count() % 2 == 0, "{text:?} ends a span: {line}");
                let outside: String = line.split('`').step_by(2).collect();
                for active in ["@", "[c", "![", "http", "_it", "~", "script", "Bcc"] {
                    assert!(!outside.contains(active), "{text:?} acts outside of a span: {line}");
                }
            }
        }
        assert!(body["blocks"].as_array().unwrap().len() <= 50, "Slack takes no more blocks");
    }
}

#[test]
fn what_is_long_is_cut_and_counted() {
    let long = |character: &str| character.repeat(2_000);
    let mut alert = hostile(&long("&")).alerts.remove(0);
    alert.details = vec![Detail::Sentence(long("&")); 100];
    alert.remediation = vec![long("`"); 100];
    let copy = |number: usize| Alert { id: number.to_string(), ..alert.clone() };
    let many = Message::digest((0..100).map(copy).collect());
    for message in [Message::of(alert), many] {
        assert!(plain(&message).len() < 1_500_000, "{}", plain(&message).len());
        assert!(html(&message).len() < 6_000_000, "{}", html(&message).len());
        assert!(slack(&message).len() < 300_000, "{}", slack(&message).len());
        let body: Value = serde_json::from_str(&slack(&message)).unwrap();
        for block in body["blocks"].as_array().unwrap() {
            let length = block["text"]["text"].as_str().unwrap().chars().count();
            assert!(length <= 3_000, "Slack refuses a section of {length} characters");
        }
    }
    assert!(plain(&hostile("x")).contains("and 10 more"));
}

#[test]
fn json_has_every_alert_whole() {
    for (_, message) in each() {
        let body: Value = serde_json::from_str(&json(&message).unwrap()).unwrap();
        assert_eq!(body["type"], "audited.alert");
        let alerts: Vec<Alert> = serde_json::from_value(body["data"]["alerts"].clone()).unwrap();
        assert_eq!(alerts, message.alerts);
    }
}

#[test]
fn a_drill_says_so_everywhere() {
    let mut message = hostile("x");
    message.alerts[0].drill = Some("monday".to_owned());
    for form in [message.subject(), plain(&message), html(&message), slack(&message)] {
        assert!(form.contains("[DRILL]"), "{form}");
    }
    for (text, message) in each() {
        for form in [message.subject(), plain(&message), html(&message), slack(&message)] {
            assert!(!form.contains("[DRILL]"), "{text:?} looks like a drill: {form}");
        }
    }
}
