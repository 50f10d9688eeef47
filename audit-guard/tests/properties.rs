//! What holds of every text: idempotent, valid, as long as it must be, untouched without secrets.

use std::time::{Duration, Instant};

use audit_guard::{Kind, scrub};
use proptest::prelude::*;

/// Pieces that begin, end, hold or break a secret of some kind.
const PIECES: &[&str] = &[
    "password",
    "token",
    "authorization",
    "cookie",
    "Cookie: ",
    "pin",
    "pw",
    "api_key",
    "session_id",
    "secret",
    "=",
    ":",
    ": ",
    "\"",
    "'",
    "\\\"",
    "`",
    "\\",
    "]",
    ">",
    "<",
    "[",
    "(",
    ")",
    "&",
    ";",
    ",",
    ", ",
    " ",
    "  ",
    "\n",
    "Bearer ",
    "Basic ",
    "bearer ",
    "curl ",
    " -u ",
    " --user=",
    "%3D",
    "--",
    "-",
    "_",
    ".",
    "@",
    "://",
    "/",
    "|",
    "hunter2",
    "a8Zk20fjQ9x",
    "a8Zk20fjQ9xAAAbbbCCC11",
    "YWRhOmh1bnRlcjI=",
    "é",
    "漢",
    "\u{1b}[31m",
    "\u{1b}",
    "\u{0}",
    "\u{200b}",
    "\u{202e}",
    "x",
    "0x12",
    "4111111111111111",
    "4111 1111 ",
    "1111 1111",
    "5555-5555-5555-4444",
    "536-22-1234",
    "-22-",
    "1234",
    "536",
    "DE89370400440532013000",
    "GB29 NWBK 6016 1331 9268 19",
    "eyJhbGciOiJIUzI1NiJ9",
    ".eyJzdWIiOiIxMjM0NTY3ODkwIn0",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "MIIEpQIBAAKCAQEAn6",
    "https://ada:",
    "AKIA",
    "QYLPMN5HHHFPZAM2",
    "ghp_",
    "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx",
    "110201543:AA",
    "sk_live_",
    "HdqTcvCH1vGWJxfSe1ofSAs0K5PALDsaw",
    "7Q~",
    "4AkLZBNEbz4Jxlm~O5G6SsyFxYg6zMR",
    "911602140448729|",
    "AY-lRJZq9BoDLobvAiP25L7RcMg",
    "[REDACTED:",
    "[REDACTED:card]",
    "[REDACTED:secret]",
    "card]",
    "[REDACTED:none]",
    "hunter2S3cret",
    "$",
    "*",
    "{{",
    "example",
    "hooks.slack.com/services/",
    "a2937653ed38c31a43ea46e2b19257db",
    "-us2",
    "OTUyNTk1MDk2MTMxNzc2MTEz",
    ".YjESug.UNf-1GhsIG8zWT409q2C7Bh_zWQ",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..14).prop_map(|pieces| pieces.concat())
}

fn mixed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<String>().prop_map(|text| text.chars().take(12).collect()),
        1 => "[A-Za-z0-9_.=: \"'-]{0,40}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A keyed hash as records write them. It ends with the name of a secret.
const TAG: &str = "2f61c0de:AbCdEfGhIjKlMnOpQr-pin";

/// Asserts what holds of every text. Valid UTF-8 and no panic are in the types and in the call.
fn check(text: &str) -> Result<(), TestCaseError> {
    let once = scrub(text);
    let twice = scrub(&once.text);
    prop_assert_eq!(&*twice.text, &*once.text);
    prop_assert!(twice.caught.is_empty());
    prop_assert_eq!(once.caught.is_empty(), *once.text == *text);
    let marks: usize =
        Kind::ALL.iter().map(|kind| once.caught.of(*kind) as usize * kind.mark().len()).sum();
    prop_assert!(once.text.len() <= text.len() + marks);
    if let Some(tagged) = once.tagged(TAG) {
        prop_assert_eq!(&*scrub(&tagged).text, &*tagged);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scrubbed_text_is_left_as_it_is(text in pieces()) {
        check(&text)?;
    }

    /// Such neighbours are read in one go, and a mark that came between them changes nothing.
    #[test]
    fn a_card_behind_a_key_is_left_as_it_is(card in "(4111111111111111|5555 5555 5555 4444)") {
        let lines = ["-----BEGIN RSA PRIVATE KEY-----", &card, "-----END RSA PRIVATE KEY-----"];
        check(&format!("{}{card}=", lines.concat()))?;
    }

    #[test]
    fn any_text_is_scrubbed_to_one_that_is_left_as_it_is(text in mixed()) {
        check(&text)?;
    }

    #[test]
    fn prose_ids_and_times_are_left_as_they_are(
        words in prop::collection::vec("[a-z]{1,12}", 0..12),
        id in any::<u128>(),
        number in any::<u32>(),
        hash in "[0-9a-f]{64}",
    ) {
        let uuid = format!("{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
            id as u32, (id >> 32) as u16, (id >> 48) as u16 & 0xfff, (id >> 64) as u16 & 0xfff, (id >> 80) as u64 & 0xffff_ffff_ffff);
        let text = format!("2026-11-22T15:27:58.{:09}Z {} {uuid} {hash} {number} 10.0.{}.{}:{}",
            number % 1_000_000_000, words.join(" "), number % 256, number / 256 % 256, number % 65_536);
        prop_assert_eq!(&*scrub(&text).text, &*text);
    }

    #[test]
    fn a_card_is_found_wherever_it_stands(before in "[a-z ,;]{0,40}", behind in "[a-z ,;]{0,40}") {
        let text = format!("{before} 4111111111111111 {behind}");
        prop_assert_eq!(scrub(&text).caught.of(Kind::Card), 1);
    }
}

/// Texts in which the mark of one secret shows another: behind a name that had no value, in a command that
/// had ended, in a URL that had another host.
#[test]
fn what_a_mark_shows_is_found_as_well() {
    for (text, scrubbed) in [
        ("p://pwd::b@rd:", "p://pwd:[REDACTED:url_password][REDACTED:secret]"),
        ("curl PASS=curl -u tp:", "curl PASS=[REDACTED:secret] -u [REDACTED:basic]"),
        (
            "p://:2@REDACTEDpasswd=@\\=",
            "p://:[REDACTED:url_password]@REDACTEDpasswd=[REDACTED:secret]",
        ),
    ] {
        assert_eq!(scrub(text).text, scrubbed);
        check(text).unwrap();
    }
}

/// A mark in a key is what somebody else made of a part of it.
#[test]
fn a_key_is_taken_up_to_a_mark_in_it() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEpQIBAAKCAQEAn6MIIEpQIBAAKCAQEAn6[REDACTED:card]Q\n";
    assert_eq!(scrub(key).text, "[REDACTED:private_key][REDACTED:card]Q\n");
    check(key).unwrap();
}

/// The time for a text of ten times the length, in multiples of the time for the text; the least of several.
fn growth(piece: &str) -> f64 {
    let time = |times: usize| {
        let text = piece.repeat(times);
        let tries = (0..3).map(|_| {
            let start = Instant::now();
            std::hint::black_box(scrub(&text));
            start.elapsed().max(Duration::from_micros(20))
        });
        tries.min().unwrap_or_default().as_secs_f64()
    };
    let times = 4_000 / piece.len();
    time(times * 10) / time(times)
}

/// A text that was made to be slow to read takes ten times as long if it is ten times as long, not a hundred.
#[test]
fn every_piece_in_a_row_is_read_in_linear_time() {
    let joined = PIECES.iter().zip(PIECES.iter().cycle().skip(7));
    let joined = joined.map(|(one, other)| format!("{one}{other}"));
    // A key that ends before it begins asked for all that follows, at each beginning.
    let keys =
        ["-----END -----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"].map(str::to_owned);
    let pieces = PIECES.iter().map(|piece| (*piece).to_owned()).chain(joined).chain(keys);
    let measured = pieces.map(|piece| (growth(&piece), piece));
    let slow: Vec<(f64, String)> = measured.filter(|(growth, _)| *growth > 40.0).collect();
    // A machine that is busy may make one look slow once.
    let slow: Vec<_> = slow.into_iter().filter(|(_, piece)| growth(piece) > 40.0).collect();
    assert!(slow.is_empty(), "{slow:?}");
}
