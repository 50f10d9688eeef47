//! Work beside the request: done as somebody else, in tasks and on threads of its own.

mod acting;
mod ends;
mod taken;

use audit_runtime::audited;
use serde_json::Value;

/// What is audited in all of these.
#[audited(action = "SendReceipt", on_unrecorded = fail_open)]
async fn send_receipt() {}

/// The same as a function.
#[audited(action = "ChargeCard", on_unrecorded = fail_open)]
fn charge() {}

/// The one record of this action.
#[track_caller]
fn one<'a>(records: &'a [Value], action: &str) -> &'a Value {
    let found: Vec<_> = records.iter().filter(|record| record["action"] == action).collect();
    let [record] = found[..] else { panic!("{action}: {records:#?}") };
    record
}

/// Who acted, and on whose behalf: `service:mailer for user:7`.
fn actor(record: &Value) -> String {
    let name = |actor: &Value| match (actor["type"].as_str(), actor["id"].as_str()) {
        (Some(kind), Some(_)) if actor["known"] == false => format!("{kind}:(unknown)"),
        (Some(kind), Some(id)) => format!("{kind}:{id}"),
        (kind, _) => kind.unwrap_or("?").to_owned(),
    };
    let principals = record["actor"]["on_behalf_of"].as_array();
    let principals = principals.into_iter().flatten().map(name);
    std::iter::once(name(&record["actor"])).chain(principals).collect::<Vec<_>>().join(" for ")
}
