//! Whoever misspells an option or a word in it is told the word.

use audit_runtime::{audited, deny_leaks};

#[audited(action = "GetUser", severty = high, target(User, id = 1, nam = 2))]
fn options() {}

#[audited(action = "GetUser", severity = hihg, category = "acces", op = craete)]
fn words() {}

#[audited(action = "GetUser", durability = write_ahaed, on_unrecorded = fail_opne)]
fn more_words() {}

#[deny_leaks(crat = "audit_runtime")]
fn checked() {}

fn main() {}
