//! A description names what the record knows.

use audit_runtime::audited;

#[audited(action = "GetUser", fields(role = 1), description = "{actor} has {rol} of {user}")]
fn unknown() {}

#[audited(action = "GetUser", description = "{actor} {")]
fn lone_brace() {}

fn main() {}
