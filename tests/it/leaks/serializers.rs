//! Rows in which serde carries the secret: to a log, into another value, under a key.

use serde::Serialize;
use serde_json::json;

use super::open as found;
use super::outputs::{logged, traced, traced_as_json};
use super::served::{Served, bare, plain, wrapped};
use super::table::{Layer, Row, open, parts, refused, runs};

/// One function, run with the type of each form, where the same layer stops both.
macro_rules! row {
    ($layer:ident, $id:literal, $path:literal, $code:literal, $run:ident) => {
        Row {
            id: $id,
            path: $path,
            code: $code,
            wrapped: runs(Layer::$layer, $run::<wrapped::Account>, $run::<bare::Account>),
            plain: runs(Layer::$layer, $run::<plain::Account>, $run::<bare::Account>),
        }
    };
}

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "derive-serialize",
        path: "serde's derive, and nothing said about the wire",
        code: "#[derive(Serialize)]",
        wrapped: refused(Layer::Types, "wrapped/serialize.rs"),
        plain: open(
            "the derive of serde reads the field past the mark, unless the field says `wire_plain`",
            found::serialized,
        ),
    },
    row!(
        Wire,
        "json-in-a-log",
        "made JSON in a log macro",
        r#"info!("{}", serde_json::to_string(&u)?)"#,
        json_in_a_log
    ),
    row!(Wire, "json-macro", "put into a JSON value", r#"json!({ "user": u })"#, json_macro),
    row!(
        Derive,
        "log-serializer",
        "the log form, serialized",
        "serde_json::to_string(&u.redacted())",
        log_serializer
    ),
    row!(Wire, "flatten", "flattened into another type", "#[serde(flatten)] user: User", flatten),
    row!(
        Derive,
        "flatten-log-form",
        "the log form, flattened into another type",
        "#[serde(flatten)] user: Redacted<User>",
        flatten_log_form
    ),
    row!(Wire, "erased", "behind an erased type", "&dyn erased_serde::Serialize", erased),
    row!(
        Derive,
        "erased-log-form",
        "the log form, behind an erased type",
        "&u.redacted() as &dyn erased_serde::Serialize",
        erased_log_form
    ),
    row!(
        Derive,
        "map-key-debug",
        "the key of a map, printed",
        r#"format!("{u:?}")"#,
        map_key_debug
    ),
    row!(
        Wire,
        "map-key-json",
        "the key of a map, serialized",
        "serde_json::to_string(&u)",
        map_key_json
    ),
    row!(
        Wire,
        "value-field",
        "a field that is a JSON value",
        "profile: serde_json::Value",
        value_field
    ),
    Row {
        id: "flattened-map",
        path: "a flattened map that takes what nobody expected",
        code: "#[serde(flatten)] extra: HashMap<String, Value>",
        wrapped: refused(Layer::Derive, "wrapped/flattened.rs"),
        plain: refused(Layer::Derive, "plain/flattened.rs"),
    },
    Row {
        id: "secret-as-key",
        path: "the secret itself as the key of a map",
        code: "HashMap<…, u32>",
        wrapped: refused(Layer::Types, "wrapped/keys.rs"),
        plain: refused(Layer::Derive, "plain/rules.rs"),
    },
    Row {
        id: "stored-copy",
        path: "the redacted copy, stored as if it were the value",
        code: "let stored: User = u.redacted()",
        wrapped: refused(Layer::Derive, "wrapped/stored.rs"),
        plain: refused(Layer::Derive, "plain/stored.rs"),
    },
];

fn json_in_a_log<S: Served>() -> String {
    let account = S::filled();
    let text = || serde_json::to_string(&account).unwrap();
    parts([
        traced(|| tracing::info!("{}", text())),
        traced_as_json(|| tracing::info!(account = text())),
        logged(|| log::info!("{}", serde_yaml::to_string(&account).unwrap())),
        toml::to_string(&account).unwrap(),
    ])
}

fn json_macro<S: Served>() -> String {
    let account = S::filled();
    let value = json!({ "account": account, "again": [serde_json::to_value(&account).unwrap()] });
    parts([value["account"].to_string(), value["again"].to_string(), format!("{value:?}")])
}

fn log_serializer<S: Served>() -> String {
    let account = S::filled();
    parts([
        serde_json::to_string_pretty(&account.log_form()).unwrap(),
        serde_yaml::to_string(&account.log_form()).unwrap(),
        format!("{:?}", account.log_form()),
    ])
}

#[derive(Serialize)]
struct Line<T> {
    at: u32,
    #[serde(flatten)]
    account: T,
}

fn flatten<S: Served>() -> String {
    serde_json::to_string(&Line { at: 1, account: S::filled() }).unwrap()
}

fn flatten_log_form<S: Served>() -> String {
    serde_json::to_string(&Line { at: 1, account: S::filled().log_form() }).unwrap()
}

fn erased<S: Served>() -> String {
    through_erasure(&S::filled())
}

fn erased_log_form<S: Served>() -> String {
    through_erasure(&S::filled().log_form())
}

fn through_erasure(value: &dyn erased_serde::Serialize) -> String {
    parts([serde_json::to_string(value).unwrap(), json!({ "value": value }).to_string()])
}

fn map_key_debug<S: Served>() -> String {
    format!("{:?}", S::keyed())
}

fn map_key_json<S: Served>() -> String {
    serde_json::to_string(&S::keyed()).unwrap()
}

fn value_field<S: Served>() -> String {
    let profile = S::profile();
    parts([format!("{profile:?}"), serde_json::to_string(&profile).unwrap()])
}
