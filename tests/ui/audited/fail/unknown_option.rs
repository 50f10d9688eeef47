//! Options that do not exist are errors, not wishes.

use audit_runtime::audited;

#[audited(action = "GetUser", skip_all = true)]
fn unknown() {}

#[audited(action = "GetUser", skip(password, "x"), capture)]
fn unknown_forms() {}

#[audited(action = "GetUser", target(User, id = 1, role = "source"))]
fn unknown_in_target() {}

#[audited(acton = "GetUser")]
fn misspelt() {}

fn main() {}
