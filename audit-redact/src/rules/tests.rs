//! The log form of every type with a rule, and the types that must have none.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroU8, Saturating, Wrapping};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use audit_journal::{Digest, Timestamp};

use crate::{HiddenPaths, Redact, Redaction, public};

/// Asserts the JSON and the `Debug` text of a value's log form.
#[track_caller]
fn check(value: impl Redact, json: &str, debug: &str) {
    assert_eq!(serde_json::to_string(&value.redacted()).unwrap(), json);
    assert_eq!(format!("{:?}", value.redacted()), debug);
}

#[test]
fn scalars_are_shown_as_they_are() {
    check(7_u8, "7", "7");
    check(-7_i128, "-7", "-7");
    check(1.5_f64, "1.5", "1.5");
    check(true, "true", "true");
    check('x', "\"x\"", "'x'");
    check((), "null", "()");
    check(NonZeroU8::MAX, "255", "255");
    check(Wrapping(3_u32), "3", "3");
    check(Saturating(3_u32), "3", "3");
    check(PhantomData::<String>, "null", "PhantomData");
}

#[test]
fn addresses_and_our_own_ids_are_shown_as_text() {
    check(Ipv4Addr::LOCALHOST, r#""127.0.0.1""#, r#""127.0.0.1""#);
    check(IpAddr::V6(Ipv6Addr::LOCALHOST), r#""::1""#, r#""::1""#);
    let socket = SocketAddr::from(([10, 0, 0, 1], 443));
    check(socket, r#""10.0.0.1:443""#, r#""10.0.0.1:443""#);
    let digest = Digest::from_bytes([0; 32]);
    let text = format!("{:?}", "A".repeat(43));
    check(digest, &text, &text);
}

#[test]
fn times_are_shown_in_iso_8601() {
    check(Duration::from_millis(1_500), r#""PT1.5S""#, r#""PT1.5S""#);
    check(Duration::ZERO, r#""PT0S""#, r#""PT0S""#);
    check(Duration::from_nanos(1), r#""PT0.000000001S""#, r#""PT0.000000001S""#);
    let text = r#""1970-01-01T00:00:01.000000000Z""#;
    check(Timestamp::from_unix_nanos(1_000_000_000), text, text);
    check(SystemTime::UNIX_EPOCH + Duration::from_secs(1), text, text);
    let text = r#""1969-12-31T23:59:59.000000000Z""#;
    check(SystemTime::UNIX_EPOCH - Duration::from_secs(1), text, text);
    // What a record cannot hold is shown as the record would hold it.
    let long_ago = SystemTime::UNIX_EPOCH - Duration::from_secs(400 * 365 * 86_400);
    let text = format!("{:?}", Timestamp::from(long_ago).to_string());
    check(long_ago, &text, &text);
}

#[test]
fn wrappers_show_what_is_in_them() {
    check([1].as_slice(), "[1]", "[1]");
    check(Box::new(1), "1", "1");
    check(Rc::new(1), "1", "1");
    check(Arc::<[u32]>::from([1, 2]), "[1,2]", "[1, 2]");
    check(Cow::<'_, [u32]>::Borrowed(&[1]), "[1]", "[1]");
    check(Some(1), "1", "Some(1)");
    check(None::<u32>, "null", "None");
    check(Ok::<u32, bool>(1), r#"{"Ok":1}"#, "Ok(1)");
    check(Err::<u32, bool>(true), r#"{"Err":true}"#, "Err(true)");
}

#[test]
fn lists_sets_maps_and_tuples_show_their_parts() {
    check(vec![1, 2], "[1,2]", "[1, 2]");
    check([1; 40], &format!("[{}1]", "1,".repeat(39)), &format!("[{}1]", "1, ".repeat(39)));
    check(VecDeque::from([1]), "[1]", "[1]");
    check(LinkedList::from([1]), "[1]", "[1]");
    check(BinaryHeap::from([1]), "[1]", "[1]");
    check(BTreeSet::from([1]), "[1]", "[1]");
    check(HashSet::<_>::from([1]), "[1]", "[1]");
    check(BTreeMap::from([(1, true)]), r#"{"1":true}"#, "{1: true}");
    check(HashMap::<_, _>::from([('k', 1)]), r#"{"k":1}"#, "{'k': 1}");
    check((1, true), "[1,true]", "(1, true)");
    check((1, 2, 3, 4, 5, 6, 7, 8), "[1,2,3,4,5,6,7,8]", "(1, 2, 3, 4, 5, 6, 7, 8)");
}

#[test]
fn public_shows_free_text_on_purpose() {
    check(public("a\n\u{202e}b"), "\"a\\n\u{202e}b\"", r#""a\n\u{202e}b""#);
    check(vec![public("a".to_owned())], r#"["a"]"#, r#"["a"]"#);
    check(BTreeMap::from([(public("k"), 1)]), r#"{"k":1}"#, r#"{"k": 1}"#);
    assert_eq!(format!("{:?}", public("a")), r#""a""#);
}

#[test]
fn debug_names_a_part_that_cannot_be_serialized_and_does_not_panic() {
    struct Failing;
    impl crate::Plain for Failing {}
    impl serde::Serialize for Failing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("canary-7f3a"))
        }
    }
    assert_eq!(format!("{:?}", (1, public(Failing)).redacted()), "(1, [unserializable])");
}

#[test]
fn debug_escapes_the_text_of_a_display_as_it_does_strings() {
    struct Shown<T>(T);
    impl<T: std::fmt::Display> Redact for Shown<T> {
        fn redact<S: serde::Serializer>(&self, s: S, _: Redaction<'_>) -> Result<S::Ok, S::Error> {
            s.collect_str(&self.0)
        }
    }
    struct GivesUp;
    impl std::fmt::Display for GivesUp {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a part")?;
            Err(std::fmt::Error)
        }
    }
    for c in ('\0'..'\u{3100}').chain(['\u{fe0f}', '\u{1f600}', '\u{e0001}']) {
        for text in [format!("{c}"), format!("a{c}{c}b"), format!("{c}'\"x")] {
            assert_eq!(format!("{:?}", Shown(&text).redacted()), format!("{text:?}"));
        }
    }
    let parts = format!("{:?}", Shown(format_args!("{}{}", "\n", 7)).redacted());
    assert_eq!(parts, r#""\n7""#);
    let cut = format!("{:?}", (1, public(7), Shown(GivesUp)).redacted());
    assert_eq!(cut, r#"(1, 7, "a part"[unserializable])"#);
}

#[test]
fn containers_report_the_paths_that_their_elements_hide() {
    struct Card;
    impl Redact for Card {
        fn redact<S: serde::Serializer>(
            &self,
            serializer: S,
            _how: Redaction<'_>,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }

        fn hidden(report: &mut HiddenPaths) {
            report.hide("number");
        }
    }
    impl crate::Element for Card {}

    assert_eq!(HiddenPaths::of::<u32>(), [""; 0]);
    assert_eq!(HiddenPaths::of::<Card>(), ["number"]);
    assert_eq!(HiddenPaths::of::<Option<Box<Card>>>(), ["number"]);
    assert_eq!(HiddenPaths::of::<Vec<Option<Card>>>(), ["[].number"]);
    assert_eq!(HiddenPaths::of::<Wrapping<Card>>(), ["number"]);
    assert_eq!(HiddenPaths::of::<Option<Saturating<Card>>>(), ["number"]);
    assert_eq!(HiddenPaths::of::<BTreeMap<u8, [Card; 2]>>(), ["*[].number"]);
    assert_eq!(HiddenPaths::of::<(u8, Card)>(), ["[1].number"]);
    assert_eq!(HiddenPaths::of::<Result<u8, Card>>(), ["Err.number"]);
}

#[cfg(feature = "url")]
#[test]
fn an_address_hides_user_query_and_fragment() {
    let check = |address: &str, shown: &str| {
        let url = url::Url::parse(address).unwrap();
        let json = serde_json::to_string(&url.redacted()).unwrap();
        assert_eq!(json, format!("\"{shown}\""), "{address}");
        assert!(!json.contains("canary"), "{address}");
    };
    check(
        "https://canary:canary@example.org:8443/a/b?canary=canary#canary",
        "https://[redacted]@example.org:8443/a/b?[redacted]#[redacted]",
    );
    check("https://:canary@example.org/", "https://[redacted]@example.org/");
    check("https://example.org", "https://example.org/");
    check("postgres://u:canary@[::1]/db", "postgres://[redacted]@[::1]/db");
    check("data:text/plain,canary", "data:[redacted]");
    check("mailto:canary@example.org", "mailto:[redacted]");
    check("file:///etc/hosts", "file:/etc/hosts");
    assert_eq!(HiddenPaths::of::<Vec<url::Url>>(), ["[]"]);
}

#[cfg(feature = "uuid")]
#[test]
fn uuids_are_shown_as_text() {
    let text = r#""00000000-0000-0000-0000-000000000000""#;
    check(uuid::Uuid::nil(), text, text);
}

#[cfg(feature = "rust_decimal")]
#[test]
fn decimals_keep_every_digit() {
    let decimal = rust_decimal::Decimal::new(1_050, 2);
    check(decimal, r#""10.50""#, r#""10.50""#);
}

#[cfg(feature = "chrono")]
#[test]
fn times_of_chrono_are_shown_in_iso_8601() {
    let time = chrono::DateTime::from_timestamp(1, 0).unwrap();
    check(time, r#""1970-01-01T00:00:01Z""#, r#""1970-01-01T00:00:01Z""#);
    check(time.date_naive(), r#""1970-01-01""#, r#""1970-01-01""#);
    check(chrono::TimeDelta::seconds(90), r#""PT90S""#, r#""PT90S""#);
}

#[cfg(feature = "time")]
#[test]
fn times_of_time_are_shown_in_iso_8601() {
    let time = time::OffsetDateTime::UNIX_EPOCH;
    check(time, r#""1970-01-01T00:00:00Z""#, r#""1970-01-01T00:00:00Z""#);
    check(time.date(), r#""1970-01-01""#, r#""1970-01-01""#);
}

#[cfg(feature = "jiff")]
#[test]
fn times_of_jiff_are_shown_in_iso_8601() {
    let text = r#""1970-01-01T00:00:00Z""#;
    check(jiff::Timestamp::UNIX_EPOCH, text, text);
    check(jiff::SignedDuration::from_secs(90), r#""PT1M30S""#, r#""PT1M30S""#);
}

/// The inherent constant wins where the type has a rule.
struct Ask<T>(PhantomData<T>);

trait Otherwise {
    const HAS_RULE: bool = false;
}

impl<T> Otherwise for Ask<T> {}

impl<T: Redact> Ask<T> {
    const HAS_RULE: bool = true;
}

/// Those of the types that have a rule, asked of the compiler.
macro_rules! with_rule {
    ($($ty:ty),* $(,)?) => {
        [$((stringify!($ty), <Ask<$ty>>::HAS_RULE)),*]
            .into_iter()
            .filter_map(|(name, has_rule)| has_rule.then_some(name))
            .collect::<Vec<_>>()
    };
}

#[test]
fn free_text_has_no_rule_in_any_wrapping() {
    assert_eq!(with_rule![u8, char, Vec<u32>, String].len(), 3);
    let none = [""; 0];
    assert_eq!(with_rule![String, &str, Box<str>, Cow<'_, str>, Option<String>], none);
    assert_eq!(with_rule![(u8, String), Vec<String>, Result<u8, String>], none);
    assert_eq!(with_rule![Vec<u8>, Vec<i8>, Vec<char>, Vec<Option<u8>>, Vec<Box<u8>>], none);
    assert_eq!(with_rule![[u8; 16], &[u8], Arc<[u8]>, VecDeque<u8>, BTreeSet<u8>], none);
    assert_eq!(with_rule![Vec<(u8,)>, Vec<(u32, char)>, [((i8,), u32); 4]], none);
    assert_eq!(with_rule![Vec<(u32, bool)>, (u8, char)].len(), 2);
    assert_eq!(with_rule![HashMap<String, u32>, BTreeMap<&str, u32>, BTreeMap<u32, String>], none);
    assert_eq!(with_rule![serde_json::Value, std::path::PathBuf, std::ffi::OsString], none);
    assert_eq!(with_rule![std::sync::Mutex<u32>, std::cell::Cell<u32>], none);
}
