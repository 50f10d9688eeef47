//! What the attribute captures: targets, fields, sentences, and never a secret.

use std::panic::{AssertUnwindSafe, catch_unwind};

use audit_runtime::{
    Category, Durability, OnUnrecorded, Operation, Redact, Severity, audited, catalog, public,
};

use super::Failure;
use crate::support::{Trail, only, run, summary};

#[derive(Redact)]
struct Update {
    role: Role,
    #[sensitive]
    password: String,
    #[public]
    note: String,
}

#[derive(Clone, Copy, Redact)]
enum Role {
    Admin,
}

struct User {
    id: u64,
    name: String,
}

#[audited(
    action = "UpdateUser",
    target(User, id = user.id, name = user.name),
    target(Tenant, id = tenant),
    fields(update, role = update.role, note = public(&update.note), dry_run = !for_real),
    description = "role of {target} set to {role} by {actor}: {note} {{{dry_run}}}",
    severity = high,
    retention = "payments",
)]
async fn update(
    user: User,
    tenant: &str,
    update: Update,
    for_real: bool,
) -> Result<String, Failure> {
    // Everything that was captured still belongs to the body.
    drop(user.name);
    for_real.then_some(update.password).ok_or(Failure::Broken)
}

#[test]
fn captures_are_redacted_and_still_belong_to_the_body() {
    let user = User { id: 42, name: "Ada".into() };
    let password = "correct horse".to_owned();
    let form = Update { role: Role::Admin, password, note: "on \"request\"".into() };
    let (output, records) = run(update(user, "acme", form, true));
    assert_eq!(output.unwrap(), "correct horse");
    let record = only(records);
    assert!(!record.to_string().contains("correct horse"));
    assert_eq!(record["targets"][0]["type"], "User");
    assert_eq!(record["targets"][0]["id"], "42");
    assert_eq!(record["targets"][0]["name"], "Ada");
    assert_eq!(record["targets"][1]["id"], "acme");
    assert_eq!(record["args"]["update"]["role"], "Admin");
    assert_eq!(record["args"]["update"]["password"], "[redacted]");
    assert_eq!(record["args"]["role"], "Admin");
    assert_eq!(record["args"]["dry_run"], false);
    assert_eq!(record["redaction"]["fields"][0], "args.update.password");
    let sentence = "role of User 42 set to Admin by system: on \"request\" {false}";
    assert_eq!(record["description"], sentence);
    assert_eq!(record["severity"], 4);
    assert_eq!(record["class"]["retention"], "payments");
}

#[audited(
    action = "RevokeToken",
    target(Token, #[public(reason = "the part that a list of tokens shows")] id = token),
    fields(#[public(reason = "the part that a list of tokens shows")] token),
)]
fn revoke(token: u64) -> Result<(), Failure> {
    (token == 7).then_some(()).ok_or(Failure::Broken)
}

#[test]
fn what_is_named_like_a_secret_is_captured_for_a_reason() {
    let trail = Trail::new();
    trail.recorder.enter(|| revoke(7)).unwrap();
    let record = only(trail.records());
    assert_eq!(record["targets"][0]["id"], "7");
    assert_eq!(record["args"]["token"], 7);
}

#[audited(action = "ReadIndex", target(Index, id = at), fields(value = values[at]))]
fn index(values: &[u8], at: usize) -> u8 {
    values.len() as u8
}

#[test]
fn a_panic_in_a_captured_expression_is_a_panic_of_the_call() {
    let trail = Trail::new();
    let call = || trail.recorder.enter(|| index(&[1], 1));
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    assert_eq!(trail.recorder.enter(|| index(&[1], 0)), 1);
    let records = trail.records();
    assert_eq!(summary(&records), ["ReadIndex panic", "ReadIndex success"]);
    assert_eq!(records[0]["targets"][0]["id"], "1", "what was captured before the panic is kept");
}

/// Nothing is captured that the attribute does not name.
#[audited(action = "LoginUser", category = authentication, op = execute, severity = critical)]
async fn login(name: &str, password: String) -> Result<usize, Failure> {
    Ok(name.len() + password.len())
}

#[test]
fn parameters_are_not_captured_unasked() {
    let (_, records) = run(login("ada", "correct horse".into()));
    let record = only(records);
    assert_eq!(record["category"], "authentication");
    assert!(record["args"].is_null());
    assert!(!record.to_string().contains("correct horse"));
}

#[audited(action = "QueryUsers", category = access)]
fn query() {}

#[audited(action = "PurgeUsers", durability = queued, target(User, id = 0), fields(all = true))]
fn purge() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn the_catalogue_knows_every_action_and_its_defaults() {
    assert!(run(async { purge() }).0.is_ok());
    query();
    let find = |name: &str| {
        let actions = catalog::actions();
        // Other files of this program may audit actions of the same name.
        let here = actions.into_iter().filter(|spec| spec.file.ends_with("captures.rs"));
        let mut found = here.filter(|spec| spec.action == name);
        let spec = found.next().unwrap();
        assert!(found.next().is_none(), "{name} is there twice");
        spec
    };
    let spec = find("QueryUsers");
    assert_eq!(spec.category, Category::Access);
    assert_eq!(spec.durability, Durability::Queued);
    assert_eq!(spec.on_unrecorded, OnUnrecorded::FailOpen);
    let spec = find("PurgeUsers");
    assert_eq!(spec.category, Category::Activity);
    assert_eq!(spec.operation, Operation::Delete);
    assert_eq!(spec.durability, Durability::Queued);
    assert_eq!(spec.on_unrecorded, OnUnrecorded::FailClosed);
    assert_eq!((spec.targets, spec.fields), (&["User"][..], &["all"][..]));
    let spec = find("UpdateUser");
    assert_eq!(spec.durability, Durability::Synced);
    assert_eq!(spec.severity, Some(Severity::High));
    assert!(spec.line > 1 && spec.column > 0);
}
