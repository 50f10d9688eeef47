//! Fields have names of their own.

use audit_runtime::audited;

struct User {
    id: u8,
}

#[audited(action = "GetUser", fields(user.id))]
fn nameless(user: User) -> u8 {
    user.id
}

#[audited(action = "GetUser", fields(actor = 1, target = 2))]
fn reserved() {}

#[audited(action = "GetUser", fields)]
fn without_list() {}

#[audited(action = "GetUser", fields(absent))]
fn unknown() {}

fn main() {}
