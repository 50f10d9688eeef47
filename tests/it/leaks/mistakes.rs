//! Rows of annotations that are missing, wrong or at odds with each other.

use audit_runtime::Redact;
use url::Url;

use super::canary::TEXT;
use super::open as found;
use super::table::{Cell, Layer, Row, open, parts, refused, runs};

const WRAPPED: Cell = refused(Layer::Derive, "wrapped/mistakes.rs");
const WRAPPED_RULES: Cell = refused(Layer::Derive, "wrapped/rules.rs");
const WRAPPED_PUBLIC: Cell = refused(Layer::Derive, "wrapped/public.rs");
const PLAIN_PUBLIC: Cell = refused(Layer::Derive, "plain/public.rs");
const PLAIN: Cell = refused(Layer::Derive, "plain/mistakes.rs");
const PLAIN_RULES: Cell = refused(Layer::Derive, "plain/rules.rs");
const AUDITED: Cell = refused(Layer::Audited, "plain/audited.rs");
const CAPTURED: Cell = refused(Layer::Audited, "plain/captured.rs");

macro_rules! row {
    ($id:literal, $path:literal, $code:literal, $wrapped:ident, $plain:ident) => {
        Row { id: $id, path: $path, code: $code, wrapped: $wrapped, plain: $plain }
    };
}

pub(super) const ROWS: &[Row] = &[
    row!(
        "second-debug",
        "the standard `Debug` beside the derive",
        "#[derive(Debug, Redact)]",
        WRAPPED,
        PLAIN
    ),
    row!(
        "debug-by-hand",
        "a `Debug` by hand beside the derive",
        "impl Debug for Login",
        WRAPPED,
        PLAIN
    ),
    row!("forgotten-mark", "a secret's name without a mark", "password: String", WRAPPED, PLAIN),
    row!(
        "marked-public",
        "a secret's name marked public",
        "#[public] password: String",
        WRAPPED,
        PLAIN
    ),
    row!(
        "two-marks",
        "a field marked both ways",
        "#[public] #[sensitive] password: String",
        WRAPPED,
        PLAIN
    ),
    row!(
        "forgotten-text",
        "free text without a mark, for the log serializer",
        "comment: String",
        WRAPPED_RULES,
        PLAIN_RULES
    ),
    row!(
        "nested-type",
        "a type inside whose `Debug` is the standard one",
        "card: Card",
        WRAPPED_RULES,
        PLAIN_RULES
    ),
    row!(
        "envelope-of-text",
        "text in a generic envelope",
        r#"format!("{:?}", Envelope { body: text })"#,
        WRAPPED_RULES,
        PLAIN_RULES
    ),
    row!(
        "public-with-secrets",
        "a type with secrets inside, marked public",
        "#[public] login: Login",
        WRAPPED_PUBLIC,
        PLAIN_PUBLIC
    ),
    row!(
        "public-function",
        "a value with secrets inside, called public",
        "public(&login)",
        WRAPPED_PUBLIC,
        PLAIN_PUBLIC
    ),
    row!(
        "foreign-types",
        "types of other crates that carry secrets",
        "uri: Uri, headers: HeaderMap, profile: Value",
        WRAPPED_RULES,
        PLAIN_RULES
    ),
    row!(
        "text-to-the-sink",
        "text captured for a record",
        "#[audited(fields(comment))]",
        AUDITED,
        AUDITED
    ),
    row!(
        "secret-to-the-sink",
        "a secret captured for a record",
        "#[audited(fields(password))]",
        CAPTURED,
        CAPTURED
    ),
    row!(
        "type-to-the-sink",
        "a type without any rule captured for a record",
        "#[audited(fields(card))]",
        AUDITED,
        AUDITED
    ),
    Row {
        id: "foreign-url",
        path: "the address of another crate, with a password in it",
        code: "upstream: Url",
        wrapped: runs(Layer::Derive, url_redacted, url_shown),
        plain: runs(Layer::Derive, url_redacted, url_shown),
    },
    Row {
        id: "no-derive",
        path: "a type of which everything was forgotten, in a log",
        code: "#[derive(Debug)] struct Login { password: String }",
        wrapped: open("no mark and no derive is there to tell of the type", found::no_derive),
        plain: open("no mark and no derive is there to tell of the type", found::no_derive),
    },
];

fn upstream() -> Url {
    Url::parse(&format!("https://ada:{TEXT}@example.org/users?token={TEXT}#{TEXT}")).unwrap()
}

fn url_redacted() -> String {
    #[derive(Redact)]
    struct Proxy {
        upstream: Url,
    }
    let proxy = Proxy { upstream: upstream() };
    parts([format!("{proxy:?}"), serde_json::to_string(&proxy.redacted()).unwrap()])
}

fn url_shown() -> String {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by the derived `Debug`")]
    struct Proxy {
        upstream: Url,
    }
    // What a serializer writes of it is its text.
    parts([format!("{:?}", Proxy { upstream: upstream() }), upstream().to_string()])
}
