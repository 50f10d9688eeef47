//! The text of a query says what the builder says, and what is wrong is told at its place.

use std::fmt::Write as _;
use std::time::Duration;

use audit_runtime::{Category, EventId, Outcome, Severity, Timestamp};
use proptest::prelude::*;

use super::HELP;
use crate::query::{Pattern, Query};

/// What the parser says to each of these, reviewed: `BLESS=1` writes it anew.
const MESSAGES: &str = include_str!("messages.txt");

const MISTAKES: &[&str] = &[
    "actoin=user:42 last 24h",
    "user=42",
    "UpdateUser",
    "action UpdateUser",
    "action:UpdateUser",
    "action = UpdateUser",
    "outcome=denied or outcome=failure",
    "action=UpdateUser AND outcome=denied",
    "action=UpdateUser && outcome=denied",
    "NOT outcome=denied",
    "seq=>5",
    "severity=<3",
    "status==404",
    "seq>!7",
    "action==UpdateUser",
    "action!==UpdateUser",
    "route=>\u{1b}[2J",
    "outcome==denied",
    "origin=!10.0.0.1",
    "drill=<yes",
    "outcome=denied, failure",
    "outcome=denied ,failure",
    "outcome=denied, category=access",
    "outcome=failed",
    "outcome=DENIED",
    "category=authn,authz",
    "ip=10.0.0.1",
    "rul=bf_user",
    "=denied",
    "outcome=",
    "outcome=denied,",
    "action=",
    "outcome=deneid,failure",
    "outcome=bad",
    "category=auth",
    "outcome=den*",
    "action=Upd*User",
    "action=\"Update User",
    "action=Update\"User\"",
    "action=\"a\\d\"",
    "origin=10.0.0/8",
    "origin=10.*",
    "severity>=high",
    "severity>=7",
    "severity>=4,5",
    "status=2000",
    "seq<-1",
    "actor>=5",
    "drill=true",
    "drill=yes,no",
    "lats 24h",
    "last",
    "last 24",
    "last 24 h",
    "last=24h",
    "since yesterday",
    "since 24h",
    "since 2026-11-22T10:30",
    "since",
    "until 22.11.2026",
    "on 2026-02-30",
    "on 2026-11-22T10:30Z",
    "last 24h since 2026-11-22",
    "on 2026-11-22 until 2026-11-23",
    "since 2026-11-22 until 2026-11-22",
    "actor=\u{1b}[2J\u{202e}a\"b",
    "Gr\u{fc}\u{df}e",
    "target=\"\u{6f22}\u{5b57}\" outcome=\u{6f22}\u{5b57}",
    "reason=e\u{301}\u{1f980} actoin=b",
];

#[test]
fn messages_name_the_place_and_what_to_write_instead() {
    let mut said = String::new();
    for text in MISTAKES {
        let error = Query::parse(text).expect_err(text);
        assert!(text.get(error.place()).is_some(), "{text}");
        writeln!(said, "{error}\n").unwrap();
    }
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/query/text/messages.txt");
        std::fs::write(path, &said).unwrap();
    }
    assert_eq!(said, MESSAGES);
}

#[test]
fn a_long_text_is_shown_around_its_mistake_only() {
    let text = format!("action={} actoin=b {}", "a".repeat(500), "c".repeat(500));
    let said = Query::parse(&text).unwrap_err().to_string();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[1].len() < 140, "{said}");
    assert_eq!(lines[1].find("actoin"), lines[2].find("^^^^^^ did you mean `action`?"), "{said}");
    let endless = "a".repeat(5_000);
    let said = Query::parse(&endless).unwrap_err().to_string();
    assert!(said.starts_with("the query has 5000 bytes, more than 4096"), "{said}");
}

#[test]
fn text_and_calls_give_the_same_query() {
    let id = EventId::parse("019b76da-a800-7000-8000-000000000006").unwrap();
    let day = Timestamp::parse("2026-11-22T00:00:00.000000000Z").unwrap();
    let next = Timestamp::parse("2026-11-23T00:00:00.000000000Z").unwrap();
    let hour = Duration::from_secs(3600);
    for (text, query) in [
        ("", Query::new()),
        ("actor=user:42", Query::new().actor("user:42")),
        ("actor=user:4*", Query::new().actor(Pattern::prefix("user:4"))),
        ("actor=*", Query::new().actor(Pattern::prefix(""))),
        ("action=\"a*\"", Query::new().action("a*")),
        ("action=\"a b\"*", Query::new().action(Pattern::prefix("a b"))),
        ("action=\"\"", Query::new().action("")),
        ("action=\"=a\"", Query::new().action("=a")),
        ("action=a=b", Query::new().action("a=b")),
        ("on_behalf_of=ada", Query::new().on_behalf_of("ada")),
        ("target=User:7", Query::new().target("User", 7)),
        ("outcome=denied", Query::new().outcome(Outcome::Denied)),
        ("", Query::new().outcomes([])),
        ("category=access", Query::new().category(Category::Access)),
        ("origin=10.9.9.9/8", Query::new().origin("10.0.0.0/8").unwrap()),
        ("origin=::ffff:10.0.0.1", Query::new().origin("10.0.0.1").unwrap()),
        ("correlation=\"a,b\"", Query::new().correlation("a,b")),
        ("id=019b76da-a800-7000-8000-000000000006", Query::new().id(id)),
        ("rule=bf_*", Query::new().rule(Pattern::prefix("bf_"))),
        ("severity>=4", Query::new().severity_at_least(Severity::High)),
        ("drill=no", Query::new().drill(false)),
        ("last 60m", Query::new().last(hour)),
        ("since 2026-11-22 until 2026-11-23T00:00Z", Query::new().since(day).until(next)),
        ("on 2026-11-22", Query::new().since(day).until(next)),
        ("action=a and drill=yes", Query::new().action("a").and(Query::new().drill(true))),
    ] {
        let read = Query::parse(text).unwrap();
        assert_eq!(read, query, "{text}");
        assert_eq!(Query::parse(&read.to_string()), Ok(query), "{text}");
    }
    let refused = Query::new().origin("10.0.0/8").unwrap_err().to_string();
    assert!(refused.starts_with("`10.0.0/8` is neither an address nor a network"), "{refused}");
}

#[test]
fn the_page_has_the_help_and_the_messages_as_they_are() {
    let page = include_str!("../../../../docs/query.md");
    assert!(page.contains(&format!("```text\n{HELP}\n```")));
    let error = Query::parse("outcome=deneid,failure").unwrap_err();
    assert!(page.contains(&format!("audited: {error}\n")));
}

#[test]
fn every_example_of_the_help_is_a_query() {
    assert!(HELP.lines().all(|line| line.chars().count() <= 82), "one screen is 80 columns or so");
    assert!(HELP.lines().count() <= 31);
    let last = HELP.lines().last().unwrap();
    assert!(Query::parse(last.trim()).is_ok());
    for name in crate::query::field::Field::names() {
        assert!(HELP.contains(name), "{name}");
    }
}

/// A query of any conditions, made of the parts of its text.
fn texts() -> impl Strategy<Value = Query> {
    let text = || prop_oneof!["[a-z:*,\"\\\\ =<>!]{0,6}", any::<String>()];
    let pattern = (text(), any::<bool>())
        .prop_map(|(text, prefix)| if prefix { Pattern::prefix(text) } else { text.into() });
    let patterns = prop::collection::vec(pattern, 1..3);
    const NAMES: [&str; 8] =
        ["actor", "on_behalf_of", "action", "target", "reason", "correlation", "route", "rule"];
    let of_text = (prop::sample::select(&NAMES[..]), any::<bool>(), patterns).prop_map(
        |(name, not, patterns)| {
            let values: Vec<_> = patterns.iter().map(Pattern::to_string).collect();
            format!("{name}{}{}", if not { "!=" } else { "=" }, values.join(","))
        },
    );
    const OTHERS: [&str; 13] = [
        "outcome=denied,error",
        "category!=journal",
        "op=read",
        "phase=intent",
        "status=404,500",
        "status>=500",
        "severity<3",
        "seq>10",
        "seq<=20",
        "seq!=7",
        "drill=yes",
        "origin=fd00::/8",
        "origin!=10.0.0.1,192.168.0.0/16",
    ];
    let terms = prop::collection::vec(
        prop_oneof![of_text, prop::sample::select(&OTHERS[..]).prop_map(str::to_owned)],
        0..5,
    );
    let from = prop::option::of(any::<i64>());
    let span = prop::option::of(1..u64::from(u32::MAX));
    (terms, from, span).prop_map(|(terms, from, span)| {
        let query = Query::parse(&terms.join(" ")).unwrap();
        let query =
            from.map_or(query.clone(), |from| query.since(Timestamp::from_unix_nanos(from)));
        span.map_or(query.clone(), |span| query.last(Duration::from_nanos(span)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_reads_back_from_what_it_prints(query in texts()) {
        let printed = query.to_string();
        prop_assert_eq!(Query::parse(&printed), Ok(query), "{}", printed);
        prop_assert!(!printed.contains(char::is_control), "{:?}", printed);
    }

    #[test]
    fn whatever_is_typed_is_a_query_or_a_clear_mistake(
        text in prop_oneof![any::<String>(), "[a-z=!<>*,\" \\\\0-9:/-]{0,40}"],
    ) {
        if let Err(error) = Query::parse(&text) {
            let said = error.to_string();
            prop_assert_eq!(said.lines().count(), 3, "{:?}", said);
            prop_assert!(!said.replace('\n', "").contains(char::is_control), "{:?}", said);
            prop_assert!(text.get(error.place()).is_some());
        }
    }
}
