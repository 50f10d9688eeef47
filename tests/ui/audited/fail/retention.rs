//! A class of retention is a name that audited.toml can have.

use audit_runtime::audited;

#[audited(action = "Pay", retention = "Seven Years", on_unrecorded = fail_open)]
fn spoken() {}

#[audited(action = "Pay", retention = "", on_unrecorded = fail_open)]
fn nameless() {}

#[audited(action = "Pay", retention = payments, on_unrecorded = fail_open)]
fn bare() {}

fn main() {}
