//! Each option accepts its own words, and they carry no quotes.

use audit_runtime::audited;

#[audited(action = "GetUser", category = acces)]
fn category() {}

#[audited(action = "GetUser", op = "read")]
fn quoted() {}

#[audited(action = "GetUser", severity = 3, durability = sync, on_unrecorded = open)]
fn others() {}

#[audited(action = "GetUser", durability)]
fn without_value() {}

#[audited(action = "GetUser", crate = "a path")]
fn path() {}

fn main() {}
