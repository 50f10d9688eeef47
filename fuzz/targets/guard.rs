//! Any text through the guard: what it leaves is left as it is, and nothing of a watched secret is.
//!
//! The first line of the input is the secret, the second a tag; the rest is the text, with the secret for each `\u{1}`.

#![no_main]

use audit_guard::{scrub, scrub_field, watch, written_out};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let input = String::from_utf8_lossy(input);
    let mut lines = input.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (secret, tag, text) = (line(), line(), line());
    let watch = watch(secret.as_bytes());
    let text = text.replace('\u{1}', secret);
    let once = scrub(&text);
    let twice = scrub(&once.text);
    assert_eq!(twice.text, once.text, "{text:?}");
    assert!(twice.caught.is_empty(), "{text:?}");
    assert_eq!(once.caught.is_empty(), *once.text == *text, "{text:?}");
    if let Some(tagged) = once.tagged(tag) {
        assert_eq!(scrub(&tagged).text, tagged, "{text:?}");
    }
    // A secret may stand in a mark, or a mark in it.
    let is_mark = text.contains("[REDACTED:") || "[REDACTED:]".contains(secret);
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    if watch.is_ok() && !is_mark && !is_number && !secret.contains("REDACTED") {
        assert!(!once.text.contains(secret), "{text:?}");
    }
    scrub_field(tag, &text);
    let shown = written_out(&text);
    assert_eq!(written_out(&shown), shown);
    assert!(!shown.contains(['\n', '\r', '\u{1b}']), "{shown:?}");
});
