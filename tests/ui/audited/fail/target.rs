//! A target has a type and an id that can be written.

use audit_runtime::audited;

struct Opaque;

#[audited(action = "GetUser", target(User))]
fn without_id() {}

#[audited(action = "GetUser", target = User)]
fn without_list() {}

#[audited(action = "GetUser", target("User", id = 1))]
fn quoted() {}

#[audited(action = "GetUser", target(User, id = id))]
fn unwritable(id: Opaque) {
    drop(id);
}

fn main() {}
