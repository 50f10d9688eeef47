//! A value without its option's name is told where it belongs.

use audit_runtime::audited;

#[audited("DeleteUser")]
fn action() {}

#[audited(action = "DeleteUser", "removes {target}")]
fn second() {}

#[audited(42)]
fn number() {}

fn main() {}
