//! Secrets that are watched: found in every form an encoder gives them, and forgotten with their watch.

use audit_guard::{Kind, Unwatched, scrub, watch};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

/// The tests of this file share what is watched, so each has secrets of its own.
const MARK: &str = "[REDACTED:live]";

fn scrubbed(text: &str) -> String {
    scrub(text).text.into_owned()
}

#[test]
fn a_watched_secret_is_found_in_each_form() {
    let secret = "p\u{e4}ss \"w\\rd\" 1/2\n";
    let _watch = watch(secret.as_bytes()).unwrap();
    let json = serde_json::to_string(secret).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let in_object = serde_json::to_string(&serde_json::json!({ "body": json })).unwrap();
    assert_eq!(scrubbed(&format!("a {secret} b")), format!("a {MARK} b"));
    assert_eq!(scrubbed(&json), format!("\"{MARK}\""));
    assert_eq!(scrubbed(&twice), format!("\"\\\"{MARK}\\\"\""));
    assert_eq!(scrubbed(&in_object), format!("{{\"body\":\"\\\"{MARK}\\\"\"}}"));
    assert_eq!(scrubbed("x p\\u00e4ss \\\"w\\\\rd\\\" 1/2\\n y"), format!("x {MARK} y"));
    assert_eq!(scrubbed("?q=p%C3%A4ss%20%22w%5Crd%22%201%2F2%0A&x"), format!("?q={MARK}&x"));
    assert_eq!(scrubbed("?q=p%c3%a4ss%20%22w%5crd%22%201%2f2%0a&x"), format!("?q={MARK}&x"));
    assert_eq!(scrubbed("?q=p%C3%A4ss+%22w%5Crd%22+1%2F2%0A&x"), format!("?q={MARK}&x"));
}

#[test]
fn all_of_an_encoded_text_goes_that_holds_one() {
    let secret = "quite~another>secret?";
    let _watch = watch(secret.as_bytes()).unwrap();
    for before in ["", "u", "us", "use", "user:"] {
        for behind in ["", ":", ":x", ":xy"] {
            let bytes = format!("{before}{secret}{behind}");
            for encoded in [
                STANDARD.encode(&bytes),
                STANDARD_NO_PAD.encode(&bytes),
                URL_SAFE_NO_PAD.encode(&bytes),
            ] {
                assert_eq!(scrubbed(&format!("to {encoded}.")), format!("to {MARK}."), "{bytes}");
            }
        }
    }
}

#[test]
fn a_secret_is_found_as_long_as_one_watch_of_it_lives() {
    let text = "sent Zebra-Crossing-9 there";
    let (one, other) = (watch(b"Zebra-Crossing-9").unwrap(), watch(b"Zebra-Crossing-9").unwrap());
    let similar = watch(b"Zebra-Crossing-8").unwrap();
    drop(one);
    assert_eq!(scrubbed(text), format!("sent {MARK} there"));
    assert_eq!(scrub(text).caught.of(Kind::Live), 1);
    drop(other);
    assert_eq!(scrubbed(text), text);
    assert_eq!(scrubbed("Zebra-Crossing-8"), MARK);
    drop(similar);
    assert_eq!(scrubbed("Zebra-Crossing-8"), "Zebra-Crossing-8");
}

/// A word that no other rule would look at, and a number that is part of longer ones.
#[test]
fn short_words_and_numbers_are_found_with_their_boundaries() {
    let _word = watch(b"bluefish").unwrap();
    let _number = watch(b"73910264").unwrap();
    assert_eq!(scrubbed("bluefish"), MARK);
    assert_eq!(scrubbed("xbluefishx"), format!("x{MARK}x"));
    assert_eq!(scrubbed("73910264"), MARK);
    for longer in ["173910264", "739102640", "0x73910264f0 739102645"] {
        assert!(!scrubbed(longer).starts_with(MARK), "{longer}");
    }
    assert_eq!(scrubbed("9739102645"), "9739102645");
}

#[test]
fn what_cannot_be_told_from_other_text_is_not_watched() {
    let why = |secret: &[u8]| watch(secret).map(drop).unwrap_err();
    assert_eq!(why(b"hunter2"), Unwatched::Short);
    assert_eq!(why(&[7; 1_025]), Unwatched::Long);
    assert_eq!(why(b"aaaabbbbcccc"), Unwatched::Plain);
    assert_eq!(why(b"password"), Unwatched::Plain);
    assert_eq!(why(b"changeme"), Unwatched::Plain);
}

/// A secret may hold signs that no reader sees, and stand with others in it.
#[test]
fn signs_that_are_not_seen_hide_no_watched_secret() {
    let _watch = watch(b"nul\0 and \x01 in it").unwrap();
    let _plain = watch(b"Lighthouse-77").unwrap();
    assert_eq!(scrubbed("x nul\0 and \x01 in it y"), format!("x {MARK} y"));
    assert_eq!(scrubbed("x Light\u{1b}[31mhouse-77 y"), format!("x {MARK} y"));
}

/// The secrets of bytes may be no text, and lie within characters.
#[test]
fn bytes_are_found_without_breaking_a_character() {
    let _watch = watch(b"\x84key-of-bytes\xc3").unwrap();
    assert_eq!(scrubbed("x\u{e4}yz \u{1f644}"), "x\u{e4}yz \u{1f644}");
    assert_eq!(scrubbed("a\u{c4}key-of-bytes\u{e4}b"), format!("a{MARK}b"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// No part of a secret is left, whatever stands about it.
    #[test]
    fn a_watched_secret_is_gone_wherever_it_stands(
        secret in "[A-Za-z0-9\"\\\\ é/+%&]{12,60}",
        before in "\\PC{0,40}",
        behind in "\\PC{0,40}",
    ) {
        let Ok(watch) = watch(secret.as_bytes()) else { return Ok(()) };
        let text = format!("{before}{secret}{behind}");
        let json = serde_json::to_string(&text).unwrap();
        for text in [&text, &json] {
            let once = scrub(text);
            prop_assert!(once.caught.of(Kind::Live) > 0, "{}", once.text);
            prop_assert!(!once.text.contains(&secret));
            prop_assert_eq!(&*scrub(&once.text).text, &*once.text);
        }
        drop(watch);
    }
}
